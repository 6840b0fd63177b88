//! Proxies that answer in every way, by table, and one byte at a time.

use super::*;
use crate::model::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// Accepts what an authority vouches for.
pub(super) struct Nobody;

impl ConnectDelegate for Nobody {}

fn through(text: &str, password: Option<&str>) -> Through {
    Through { proxy: Proxy::parse(text).unwrap(), password: password.map(|word| word.to_owned().into()) }
}

/// What it comes to where the proxy sends `answer` and ends, and what it was sent. Each direction holds one byte at a time.
async fn asked(through: &Through, hostname: &str, answer: &[u8]) -> (Result<Vec<u8>, Failed>, Vec<u8>) {
    let (mut ours, theirs) = duplex(1);
    let (mut reading, mut writing) = tokio::io::split(theirs);
    let answer = answer.to_vec();
    let proxy = async move {
        let speak = async {
            // Who has heard enough has hung up.
            let _ = writing.write_all(&answer).await;
            let _ = writing.shutdown().await;
        };
        let mut heard = Vec::new();
        let listen = async {
            let _ = reading.read_to_end(&mut heard).await;
        };
        tokio::join!(speak, listen);
        heard
    };
    let client = async {
        let led = lead(&mut ours, through, hostname, 5901).await;
        let mut behind = Vec::new();
        if led.is_ok() {
            ours.read_to_end(&mut behind).await.unwrap();
        }
        drop(ours);
        led.map(|()| behind)
    };
    let both = async { tokio::join!(client, proxy) };
    timeout(Duration::from_secs(20), both).await.expect("both wait for each other")
}

/// The kind of a failure, as the table has it.
fn kind(failed: &Failed) -> &'static str {
    match failed {
        Failed::LoginWanted => "login wanted",
        Failed::Denied(_) => "denied",
        Failed::Prohibited(_) => "prohibited",
        Failed::Beyond(_) => "beyond",
        Failed::NotProxy(_) => "not a proxy",
        Failed::Broken(_) => "broken",
        Failed::Other(_) => "other",
    }
}

#[tokio::test]
async fn socks_says_what_it_wants_and_reads_not_a_byte_too_much() {
    let open = b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38RFB 003.008\n";
    let (behind, sent) = asked(&through("socks5://p", None), "studio.example", open).await;
    assert_eq!(behind.unwrap(), b"RFB 003.008\n");
    assert_eq!(sent, b"\x05\x01\x00\x05\x01\x00\x03\x0estudio.example\x17\x0d");

    let login = b"\x05\x02\x01\x00\x05\x00\x00\x03\x03box\x00\x00";
    let (behind, sent) = asked(&through("socks5://ann@p", Some("pä")), "büro.example", login).await;
    assert_eq!(behind.unwrap(), b"");
    assert_eq!(
        sent,
        b"\x05\x02\x00\x02\x01\x03ann\x03p\xc3\xa4\x05\x01\x00\x03\x16xn--bro-hoa.example\x17\x0d".map_length()
    );

    let (_, sent) = asked(&through("socks5://p", None), "192.168.1.20", open).await;
    assert!(sent.ends_with(b"\x05\x01\x00\x01\xc0\xa8\x01\x14\x17\x0d"), "{sent:?}");
    let (_, sent) = asked(&through("socks5://p", None), "::1", open).await;
    assert_eq!(sent[3..7], [5, 1, 0, 4]);
    assert_eq!(sent.len(), 3 + 4 + 16 + 2);
}

/// The length of the name within, which is counted rather than written down.
trait MapLength {
    fn map_length(&self) -> Vec<u8>;
}

impl<const N: usize> MapLength for [u8; N] {
    fn map_length(&self) -> Vec<u8> {
        let mut bytes = self.to_vec();
        let at = bytes.iter().position(|byte| *byte == 0x16).unwrap();
        bytes[at] = u8::try_from("xn--bro-hoa.example".len()).unwrap();
        bytes
    }
}

#[tokio::test]
async fn what_a_socks_proxy_may_answer() {
    let (open, ann) = (through("socks5://p", None), through("socks5://ann@p", Some("hunter2")));
    let long = [&b"\x05\x00\x05\x00\x00\x03\xff"[..], &[b'x'; 255 + 1]].concat();
    for (proxy, answer, expected) in [
        (&open, &b""[..], "broken"),
        (&open, b"\x05", "broken"),
        (&open, b"\x05\xff", "login wanted"),
        (&ann, b"\x05\xff", "other"),
        (&open, b"\x05\x02", "not a proxy"),
        (&open, b"\x05\x01", "not a proxy"),
        (&open, b"\x04\x00", "not a proxy"),
        (&open, b"\x00\x5b", "not a proxy"),
        (&open, b"HTTP/1.0 400 Bad Request\r\n\r\n", "not a proxy"),
        (&open, b"RFB 003.008\n", "not a proxy"),
        (&open, b"SSH-2.0-OpenSSH_9.2\r\n", "not a proxy"),
        (&open, b"\x15\x03\x01\x00\x02\x02\x28", "not a proxy"),
        (&ann, b"\x05\x02", "denied"),
        (&ann, b"\x05\x02\x01", "denied"),
        (&ann, b"\x05\x02\x01\x01", "denied"),
        (&ann, b"\x05\x02\x05\xff", "denied"),
        (&ann, b"\x05\x02\x07\x00", "not a proxy"),
        (&open, b"\x05\x00", "broken"),
        (&open, b"\x05\x00\x05\x00\x00", "broken"),
        (&open, b"\x05\x00\x04\x00\x00\x01", "not a proxy"),
        (&open, b"\x05\x00\x05\x01\x00\x01", "beyond"),
        (&open, b"\x05\x00\x05\x02\x00\x01", "prohibited"),
        (&open, b"\x05\x00\x05\x03\x00\x01", "beyond"),
        (&open, b"\x05\x00\x05\x04\x00\x01", "beyond"),
        (&open, b"\x05\x00\x05\x05\x00\x01", "beyond"),
        (&open, b"\x05\x00\x05\x06\x00\x01", "beyond"),
        (&open, b"\x05\x00\x05\x07\x00\x01", "other"),
        (&open, b"\x05\x00\x05\x08\x00\x01", "other"),
        (&open, b"\x05\x00\x05\x09\x00\x01", "not a proxy"),
        (&open, b"\x05\x00\x05\x00\x00\x02", "not a proxy"),
        (&open, b"\x05\x00\x05\x00\x00\x01\x7f\x00", "broken"),
        (&open, &long, "broken"),
    ] {
        let (led, _) = asked(proxy, "box", answer).await;
        let failed = led.expect_err(&format!("{answer:?}"));
        assert_eq!(kind(&failed), expected, "{answer:?}: {failed:?}");
    }
}

#[tokio::test]
async fn http_says_what_it_wants_and_reads_not_a_byte_too_much() {
    let open = b"HTTP/1.0 200 Connection established\r\nProxy-agent: p\r\n\r\nRFB 003.008\n";
    let (behind, sent) = asked(&through("http://p:3128", None), "studio.example", open).await;
    assert_eq!(behind.unwrap(), b"RFB 003.008\n");
    let sent = String::from_utf8(sent).unwrap();
    assert!(sent.starts_with("CONNECT studio.example:5901 HTTP/1.1\r\nHost: studio.example:5901\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n") && !sent.contains("Authorization"), "{sent}");

    let (_, sent) = asked(&through("http://ann@p", Some("hunter2")), "fe80::1", open).await;
    let sent = String::from_utf8(sent).unwrap();
    assert!(sent.starts_with("CONNECT [fe80::1]:5901 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\nProxy-Authorization: Basic YW5uOmh1bnRlcjI=\r\n"), "{sent}");
}

#[tokio::test]
async fn what_an_http_proxy_may_answer() {
    let (open, ann) = (through("http://p:3128", None), through("http://ann@p", Some("hunter2")));
    let endless = [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'x'; 64 * 1024]].concat();
    let many = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: y\r\n".repeat(101), b"\r\n".to_vec()].concat();
    for (answer, expected) in [
        (&b""[..], "broken"),
        (b"HTTP", "broken"),
        (b"HTTP/1.1 200", "broken"),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n", "broken"),
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n\r\n",
            "login wanted",
        ),
        (b"HTTP/1.1 407 X\r\nProxy-Authenticate: Negotiate, Basic realm=p\r\n\r\n", "login wanted"),
        (b"HTTP/1.1 407 X\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n", "other"),
        (b"HTTP/1.1 407 X\r\n\r\n", "login wanted"),
        (b"HTTP/1.1 403 Access violation\r\n\r\n", "prohibited"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "beyond"),
        (b"HTTP/1.1 500 Unable to connect\r\n\r\n", "beyond"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "beyond"),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", "beyond"),
        (b"HTTP/1.1 405 Not Allowed\r\nServer: nginx\r\n\r\n", "not a proxy"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://p\r\n\r\n", "not a proxy"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not a proxy"),
        (b"HTTP/1.0 401 Unauthorized\r\nProxy-Authenticate: Basic realm=\"tinyproxy\"\r\n\r\n", "login wanted"),
        (b"HTTP/1.1 429 Too Many\r\n\r\n", "other"),
        (b"HTTP/2 200 OK\r\n\r\n", "not a proxy"),
        (b"HTTP/1.1 2OO OK\r\n\r\n", "not a proxy"),
        (b"RFB 003.008\n", "not a proxy"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not a proxy"),
        (b"\x05\xff", "not a proxy"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "not a proxy"),
        (b"\n\n\n\n\n\n\n\n", "not a proxy"),
        (&endless, "not a proxy"),
        (&many, "not a proxy"),
    ] {
        let (led, _) = asked(&open, "box", answer).await;
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(60)]);
        let failed = led.expect_err(&shown);
        assert_eq!(kind(&failed), expected, "{shown}: {failed:?}");
        let (with_login, _) = asked(&ann, "box", answer).await;
        let expected = if expected == "login wanted" { "denied" } else { expected };
        assert_eq!(kind(&with_login.unwrap_err()), expected, "{shown}, with a login");
    }
}

#[tokio::test]
async fn no_login_of_a_proxy_is_in_an_error_or_printed() {
    let ann = through("http://ann@p", Some("hunter2"));
    for answer in [&b"HTTP/1.1 407 no\r\n\r\n"[..], b"HTTP/1.1 500 no\r\n\r\n", b"nonsense", b""] {
        let (led, _) = asked(&ann, "box", answer).await;
        let failed = led.unwrap_err();
        let printed = format!("{failed:?} {ann:?}");
        let error = failed.explain("http://p:1080".to_owned(), "box:5901".to_owned());
        let printed = format!("{printed} {error:?} {error}");
        assert!(!printed.contains("hunter2") && !printed.contains("YW5uOmh1bnRlcjI"), "{printed}");
    }
}

/// A proxy that takes the connection and falls silent.
#[tokio::test(start_paused = true)]
async fn a_silent_proxy_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = through(&format!("socks5://127.0.0.1:{port}"), None);
    let address = Address::parse("box:1").unwrap();
    let mut trace = ConnectTrace::default();
    let error = dial(&silent, ("box", 5901), &address, Setup::default(), &mut Nobody, &mut trace).await.err().unwrap();
    assert!(matches!(&error, ConnectError::ProxyTimeout { seconds: 30, .. }), "{error}");
    assert_eq!(trace.passed.len(), 1, "TCP was there");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_not_taken_for_the_machine() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let gone = through(&format!("http://127.0.0.1:{port}"), None);
    let address = Address::parse("box:1").unwrap();
    let error = dial(&gone, ("box", 5901), &address, Setup::default(), &mut Nobody, &mut ConnectTrace::default()).await;
    let error = error.err().unwrap();
    assert!(matches!(&error, ConnectError::ProxyUnreachable { .. }), "{error}");
}
