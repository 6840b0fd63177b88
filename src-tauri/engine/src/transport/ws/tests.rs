//! Scripted servers at the other end of a pipe: what is said, byte for byte, and what becomes of it.

use super::{
    bytes::BinaryStream,
    connect::{TIMEOUT, open},
    diagnose::{Rejection, closing, refusal},
    headers::HeaderName,
    opening::{BINARY, MAX_HEAD, Opening},
    *,
};
use crate::{
    error::{ConnectError, Result, WsMistake, WsRefusal},
    model::{Address, Secret, WebSocket},
    transport::{ConnectTrace, tls::Setup},
};
use rfb::Stream;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    net::TcpListener,
    time::{Instant, sleep, timeout},
};

/// The key and the accept value of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const GRANTED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn socket(text: &str) -> WebSocket {
    match Address::parse(text) {
        Ok(Address::Ws(socket)) => socket,
        other => panic!("{text} is {other:?}"),
    }
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn header(name: &str, value: &str) -> (HeaderName, Secret) {
    (name.parse().unwrap(), secret(value))
}

fn opening(headers: &Headers) -> Result<Opening, String> {
    Opening::new(&socket("wss://box:8443/a?token=b"), headers, Some(BINARY), KEY)
}

fn asked(headers: &Headers) -> String {
    String::from_utf8(opening(headers).unwrap().request().to_vec()).unwrap()
}

fn read(answer: &str) -> Result<Option<usize>, Rejection> {
    opening(&Headers::default()).unwrap().read(answer.as_bytes())
}

fn with(line: &str) -> String {
    GRANTED.replacen("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"), 1)
}

fn without(name: &str) -> String {
    GRANTED.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect()
}

/// Client and server, for as long as a test that fails may take.
async fn both<A, B>(client: impl Future<Output = A>, server: impl Future<Output = B>) -> (A, B) {
    let both = async { tokio::join!(client, server) };
    timeout(Duration::from_secs(20), both).await.expect("client and server wait for each other")
}

// ---- the request

#[test]
fn an_international_name_goes_out_as_dns_has_it_and_is_shown_as_typed() {
    let socket = socket("wss://büro.example:8443/x");
    let opening = Opening::new(&socket, &Headers::default(), None, KEY).unwrap();
    let request = String::from_utf8(opening.request().to_vec()).unwrap();
    assert!(request.contains("\r\nHost: xn--bro-hoa.example:8443\r\n"), "{request}");
    assert!(request.contains("\r\nOrigin: https://xn--bro-hoa.example:8443\r\n"), "{request}");
    assert_eq!(socket.site(), "wss://büro.example:8443");
}

#[test]
fn a_request_is_one_that_a_page_of_the_site_would_send() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        asked(&Headers::default()),
        format!(
            "GET /a?token=b HTTP/1.1\r\nHost: box:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: binary\r\n\
             Origin: https://box:8443\r\nUser-Agent: Portlight/{version}\r\n\r\n"
        )
    );
}

#[test]
fn headers_of_the_callers_own_take_the_place_of_ours() {
    let extra = vec![header("X-Forwarded-User", "ann"), header("Origin", "https://other"), header("user-agent", "x")];
    let headers = Headers { basic: Some(("ann".into(), secret("open:sesame ü"))), extra };
    let request = asked(&headers);
    assert!(request.contains("\r\nAuthorization: Basic YW5uOm9wZW46c2VzYW1lIMO8\r\n"), "{request}");
    assert!(request.contains("\r\norigin: https://other\r\n") && !request.contains("https://box"), "{request}");
    assert!(request.contains("\r\nx-forwarded-user: ann\r\n") && !request.contains("Portlight"), "{request}");

    let extra = vec![header("Authorization", "Bearer t")];
    let request = asked(&Headers { basic: Some(("ann".into(), secret("sesame"))), extra });
    assert!(request.contains("\r\nauthorization: Bearer t\r\n") && !request.contains("Basic"), "{request}");
}

#[test]
fn headers_that_would_make_another_request_are_not_sent() {
    let long = vec![header("a", "b\r\nHost: evil"), header("Host", "evil"), header("Sec-WebSocket-Protocol", "x")];
    for extra in long {
        let name = extra.0.to_string();
        let problem = opening(&Headers { basic: None, extra: vec![extra] }).err().unwrap();
        assert!(problem.contains(&name) && !problem.contains("evil"), "{problem}");
    }
    for (username, password) in [("a:b", "secret"), ("a\n", "secret"), ("a", "secret\r\n")] {
        let headers = Headers { basic: Some((username.into(), secret(password))), extra: vec![] };
        let problem = opening(&headers).err().unwrap();
        assert!(!problem.contains("secret"), "{problem}");
    }
    let headers = Headers { basic: Some(("ann".into(), secret("sesame"))), extra: vec![header("cookie", "sesame")] };
    assert!(!format!("{headers:?}").contains("sesame"));
}

// ---- the answer

#[test]
fn a_granted_websocket_ends_with_its_head() {
    assert_eq!(read(GRANTED), Ok(Some(GRANTED.len())));
    assert_eq!(read(&format!("{GRANTED}\u{2}RFB")), Ok(Some(GRANTED.len())));
    assert_eq!(read(&with("Sec-WebSocket-Protocol: binary")), Ok(Some(with("Sec-WebSocket-Protocol: binary").len())));
    assert!(read(&GRANTED.replace("Upgrade\r\n", "keep-alive, UPGRADE\r\n")).is_ok());
    assert!(read(&GRANTED.replace("websocket", "WebSocket")).is_ok());
    for length in 0..GRANTED.len() {
        assert_eq!(read(&GRANTED[..length]), Ok(None), "{length}");
    }
}

#[test]
fn an_answer_that_grants_something_else_is_no_answer() {
    let other_key = GRANTED.replace("s3pP", "S3pP");
    let answers = [
        other_key.clone(),
        with("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        without("Sec-WebSocket-Accept"),
        without("Upgrade"),
        without("Connection"),
        with("Sec-WebSocket-Extensions: permessage-deflate"),
        with("Sec-WebSocket-Protocol: chat"),
        GRANTED.replace("HTTP/1.1", "HTTP/1.0"),
        "ICY 200 OK\r\n\r\n".to_owned(),
        "\0\0\0".to_owned(),
    ];
    for answer in answers {
        let Err(Rejection::Not { looks_like: None, detail }) = read(&answer) else {
            panic!("{answer}: {:?}", read(&answer))
        };
        assert!(!detail.is_empty());
    }
}

#[test]
fn what_was_taken_for_a_websocket_is_named() {
    let looks = |answer: &str| match read(answer) {
        Err(Rejection::Not { looks_like, .. }) => looks_like,
        other => panic!("{answer}: {other:?}"),
    };
    assert_eq!(looks("RFB 003.008\n"), Some(WsMistake::Vnc));
    assert_eq!(looks("SSH-2.0-OpenSSH_9.2\r\n"), Some(WsMistake::Ssh));
    assert_eq!(looks("\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{28}"), Some(WsMistake::Tls));
    assert_eq!(looks(&with("Sec-WebSocket-Protocol: base64")), Some(WsMistake::Text));
}

#[test]
fn an_endless_head_is_read_to_its_limit() {
    let long = format!("{}X: {}", GRANTED.trim_end(), "a".repeat(MAX_HEAD));
    assert!(matches!(read(&long), Err(Rejection::Not { .. })));
    assert!(matches!(read(&with(&"X: y\r\n".repeat(200))), Err(Rejection::Not { .. })));
}

#[test]
fn statuses_come_with_the_words_that_say_more() {
    let no = |line: &str| match read(&format!("HTTP/1.1 {line}\r\n\r\n")) {
        Err(Rejection::Status { code, reason }) => (refusal(code), reason),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(no("401 Unauthorized"), (WsRefusal::Login, None));
    assert_eq!(no("401 No ticket"), (WsRefusal::Login, Some("No ticket".into())));
    assert_eq!(no("403 Invalid Origin"), (WsRefusal::Forbidden, Some("Invalid Origin".into())));
    assert_eq!(no("404 Not found"), (WsRefusal::NotFound, None));
    assert_eq!(no("429 Too Many Requests"), (WsRefusal::TooMany, None));
    assert_eq!(no("500 "), (WsRefusal::Behind, None));
    assert_eq!(no("502 Bad Gateway"), (WsRefusal::Behind, None));
    assert_eq!(no("503 Service Unavailable"), (WsRefusal::Busy, None));
    assert_eq!(no("200 OK"), (WsRefusal::NoWebSocket, None));
    assert_eq!(no("426 Upgrade Required"), (WsRefusal::NoWebSocket, None));
    assert_eq!(no("418 <b>tea</b>  for you"), (WsRefusal::Other, Some("<b>tea</b>  for you".into())));
    let moved = no("302 Found\r\nLocation: /login?next=/ws");
    assert_eq!(moved, (WsRefusal::Moved, Some("/login?next=/ws".into())));
}

#[test]
fn close_codes_come_to_the_same_words() {
    for (code, why) in [
        (1008, WsRefusal::Forbidden),
        (1011, WsRefusal::Behind),
        (1013, WsRefusal::Busy),
        (3000, WsRefusal::Login),
        (4401, WsRefusal::Login),
        (4403, WsRefusal::Forbidden),
        (4404, WsRefusal::NotFound),
        (4429, WsRefusal::TooMany),
        (1002, WsRefusal::Other),
        (4000, WsRefusal::Other),
        (4999, WsRefusal::Other),
    ] {
        assert_eq!(closing(code), why, "{code}");
    }
}

// ---- the way there

const PLACE: &str = "ws://box/websockify?token=abc123";

/// Asks at `place` for a WebSocket on a pipe, while `server` does what it does at the other end.
async fn open_at<F: Future<Output = ()>>(
    place: &str,
    server: impl FnOnce(DuplexStream) -> F,
) -> Result<Stream, ConnectError> {
    let (near, far) = duplex(1024);
    let place = socket(place);
    let opening = Opening::new(&place, &Headers::default(), Some(BINARY), KEY).unwrap();
    let shown = Address::Ws(place.clone()).without_query().to_string();
    let late = |_| ConnectError::WsTimeout { address: shown.clone(), seconds: TIMEOUT.as_secs() };
    let client = async { timeout(TIMEOUT, open(Box::new(near), &opening, &place, &shown)).await.map_err(late)? };
    both(client, server(far)).await.0
}

/// A server that reads the request, says this, and hangs up.
async fn says(mut far: DuplexStream, answer: &[u8]) {
    read_request(&mut far).await;
    // Whoever has seen enough hangs up in the middle.
    let _ = far.write_all(answer).await;
}

async fn read_request(far: &mut DuplexStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(far.read_u8().await.unwrap());
    }
}

async fn refused(place: &str, answer: &'static [u8]) -> ConnectError {
    open_at(place, |far| says(far, answer)).await.err().unwrap()
}

fn address() -> String {
    "ws://box/websockify".to_owned()
}

#[tokio::test]
async fn a_server_that_hangs_up_on_a_token_does_not_know_it() {
    assert_eq!(refused(PLACE, b"").await, ConnectError::WsUnknownToken { address: address() });
    assert_eq!(
        refused("ws://box/websockify?x=1&token=", b"").await,
        ConnectError::WsUnknownToken { address: address() },
        "an empty token is a token"
    );
    assert_eq!(refused("ws://box/websockify", b"").await, ConnectError::WsSilent { address: address() });
    assert_eq!(refused("ws://box/websockify?mytoken=1", b"").await, ConnectError::WsSilent { address: address() });
}

#[tokio::test]
async fn a_server_that_refuses_the_subprotocol_is_asked_without() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = socket(&format!("ws://{}/a?token=b", listener.local_addr().unwrap()));
    let mut visitor = Defaults;
    let headers = Headers { basic: Some(("ann".into(), secret("sesame"))), extra: vec![] };
    let mut trail = ConnectTrace::default();
    let client = dial(&place, Setup::default(), &headers, None, &mut visitor, &mut trail);
    let server = async {
        let mut requests = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let request = String::from_utf8(request).unwrap();
            requests.push(request.contains("Sec-WebSocket-Protocol: binary"));
            if requests.last() == Some(&true) {
                stream.write_all(b"HTTP/1.1 400 Invalid protocol selected\r\n\r\n").await.unwrap();
                continue;
            }
            let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
            let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
            let granted = GRANTED.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", &accept);
            stream.write_all(&[granted.as_bytes(), &frame(0x82, b"RFB")].concat()).await.unwrap();
            return requests;
        }
    };
    let (opened, requests) = both(client, server).await;
    let mut read = [0; 3];
    opened.unwrap().stream.read_exact(&mut read).await.unwrap();
    assert_eq!((requests, &read), (vec![true, false], b"RFB"));
}

struct Defaults;
impl ConnectDelegate for Defaults {}

#[tokio::test]
async fn a_server_that_hangs_up_in_the_middle_is_not_believed() {
    for answer in [&b"H"[..], b"HTTP/1.1 101 Switching Protocols\r\nUpgr"] {
        let error = refused(PLACE, answer).await;
        assert!(matches!(error, ConnectError::NotWebSocket { looks_like: None, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_without_the_token() {
    let error = refused(PLACE, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await;
    let address = address();
    assert_eq!(error, ConnectError::WsRefused { address, why: WsRefusal::Forbidden, status: 403, reason: None });
    assert!(!format!("{error} {error:?}").contains("abc123"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let opened = open_at(PLACE, |far| async move {
        sleep(Duration::from_secs(15)).await;
        drop(far);
    });
    let error = opened.await.err().unwrap();
    assert_eq!(error, ConnectError::WsTimeout { address: address(), seconds: 10 });
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drips_its_head_is_given_up_too() {
    let opened = open_at(PLACE, |mut far| async move {
        let head = format!("HTTP/1.1 101 Switching Protocols\r\nX: {}", "a".repeat(500));
        for byte in head.into_bytes() {
            sleep(Duration::from_millis(900)).await;
            if far.write_u8(byte).await.is_err() {
                return;
            }
        }
        panic!("it was waited for all the way");
    });
    assert_eq!(opened.await.err().unwrap(), ConnectError::WsTimeout { address: address(), seconds: 10 });
}

#[tokio::test]
async fn a_head_without_end_is_refused_before_the_deadline() {
    let opened = open_at(PLACE, |mut far| async move {
        let _ = far.write_all(b"HTTP/1.1 101 x\r\n").await;
        while far.write_all(&[b'a'; 1000]).await.is_ok() {}
    });
    assert!(matches!(opened.await.err().unwrap(), ConnectError::NotWebSocket { .. }));
}

#[tokio::test]
async fn what_comes_with_the_answer_belongs_to_the_websocket() {
    let opened = open_at(PLACE, |far| async move {
        says(far, &[GRANTED.as_bytes(), &[0x82, 3], b"RFB", &[0x88, 0]].concat()).await;
    });
    let mut read = Vec::new();
    opened.await.unwrap().read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"RFB");
}

// ---- messages

/// An open WebSocket and the server's end of its pipe.
async fn pipe(size: usize) -> (BinaryStream<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(size);
    (BinaryStream::new(near, Vec::new()).await, far)
}

/// A server's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut frame = vec![first];
    match length {
        0..126 => frame.push(payload.len() as u8),
        _ => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// A client's frame: its first byte, and its payload unmasked.
async fn next_frame(far: &mut (impl AsyncRead + Unpin)) -> (u8, Vec<u8>) {
    let first = far.read_u8().await.unwrap();
    let length = far.read_u8().await.unwrap();
    assert!(length & 0x80 != 0, "a client's frame is masked");
    let length = match length & 0x7f {
        126 => u64::from(far.read_u16().await.unwrap()),
        127 => far.read_u64().await.unwrap(),
        short => u64::from(short),
    };
    let mask = far.read_u32().await.unwrap().to_be_bytes();
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    far.read_exact(&mut payload).await.unwrap();
    payload.iter_mut().zip(mask.into_iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    (first, payload)
}

/// What is read when the server sends this and hangs up.
async fn reads(sent: &[u8]) -> (Vec<u8>, io::Result<()>) {
    // One byte at a time through the pipe, and one byte at a time out of it.
    let (mut socket, mut far) = pipe(1).await;
    let server = async {
        let mut read_and_forget = tokio::io::sink();
        for byte in sent {
            tokio::select! {
                sent = far.write_u8(*byte) => if sent.is_err() { return },
                _ = sleep(Duration::from_secs(10)) => panic!("nobody reads"),
            }
        }
        far.shutdown().await.unwrap();
        let _ = tokio::io::copy(&mut far, &mut read_and_forget).await;
    };
    let client = async {
        let mut bytes = Vec::new();
        let mut byte = [0];
        let end = loop {
            match socket.read(&mut byte).await {
                Ok(0) => break Ok(()),
                Ok(_) => bytes.push(byte[0]),
                Err(error) => break Err(error),
            }
        };
        drop(socket);
        (bytes, end)
    };
    both(client, server).await.0
}

fn explained(end: io::Result<()>) -> ConnectError {
    explain(&end.unwrap_err(), &Address::parse(PLACE).unwrap()).expect("an end that is the WebSocket's")
}

#[tokio::test]
async fn messages_are_bytes_wherever_they_are_cut() {
    let long = vec![7; 1000];
    let sent = [
        frame(0x82, b"RFB "),
        frame(0x82, b""),
        frame(0x02, b"00"),
        frame(0x89, b"are you there?"),
        frame(0x00, b"3."),
        frame(0x80, b"008\n"),
        frame(0x8a, b"unasked"),
        frame(0x82, &long),
        frame(0x88, &[0x03, 0xe8, b'b', b'y', b'e']),
    ];
    let (bytes, end) = reads(&sent.concat()).await;
    assert_eq!(bytes, [b"RFB 003.008\n", &long[..]].concat());
    assert!(end.is_ok(), "{end:?}");
}

#[tokio::test]
async fn an_end_without_a_goodbye_is_an_end_too() {
    for cut in [frame(0x88, b""), vec![], vec![0x82], vec![0x82, 100, 1, 2]] {
        let (bytes, end) = reads(&[frame(0x82, b"RFB"), cut.clone()].concat()).await;
        assert_eq!((bytes.as_slice(), end.is_ok()), (&b"RFB"[..], true), "{cut:?}");
    }
}

#[tokio::test]
async fn a_goodbye_with_a_reason_is_told() {
    let goodbye = |code: u16, reason: &str| frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat());
    let failed = reads(&goodbye(1011, "Failed to connect to downstream server\u{7}")).await.1;
    let reason = Some("Failed to connect to downstream server".to_owned());
    let (address, why) = (address(), WsRefusal::Behind);
    assert_eq!(explained(failed), ConnectError::WsRefused { address, why, status: 1011, reason });
    let error = explained(reads(&goodbye(4404, "")).await.1);
    assert!(
        matches!(error, ConnectError::WsRefused { why: WsRefusal::NotFound, status: 4404, reason: None, .. }),
        "{error:?}"
    );
    assert!(reads(&goodbye(1001, "tab closed")).await.1.is_ok());
    // Codes that must not be sent.
    for code in [999, 1005, 1006, 1015] {
        let error = explained(reads(&goodbye(code, "")).await.1);
        assert!(
            matches!(error, ConnectError::WsRefused { status: 1002, .. } | ConnectError::NotWebSocket { .. }),
            "{code}: {error:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_message_of_bytes_ends_it() {
    let text = explained(reads(&frame(0x81, b"UkZCIDAwMy4wMDgK")).await.1);
    assert_eq!(text.to_string(), "ws://box/websockify does not speak WebSocket: it sends text, as very old proxies do");
    let not_utf8 = explained(reads(&frame(0x81, b"\xff")).await.1);
    assert_eq!(not_utf8, text);

    let huge = |length: u64| [&[0x82, 127][..], &length.to_be_bytes(), b"RFB"].concat();
    for (what, sent) in [
        ("16 EiB", huge(u64::MAX)),
        ("8 EiB", huge(1 << 62)),
        ("a byte too long", huge(32 * 1024 * 1024 + 1)),
        ("masked", vec![0x82, 0x81, 0, 0, 0, 0, 1]),
        ("compressed", frame(0xc2, b"x")),
        ("an unknown kind", frame(0x83, b"x")),
        ("a continuation of nothing", frame(0x80, b"x")),
        ("a second beginning", [frame(0x02, b"x"), frame(0x82, b"y")].concat()),
        ("a ping in parts", frame(0x09, b"x")),
        ("a long ping", frame(0x89, &[0; 126])),
        ("a goodbye of one byte", frame(0x88, &[3])),
    ] {
        let (bytes, end) = reads(&sent).await;
        assert!(bytes.is_empty(), "{what}");
        let error = explained(end);
        assert!(
            matches!(&error, ConnectError::NotWebSocket { looks_like: None, detail, .. } if !detail.is_empty()),
            "{what}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_message_in_many_parts_has_the_same_limit() {
    let (mut socket, mut far) = pipe(64 * 1024).await;
    let part = frame(0x00, &[0; 60_000]);
    let server = async move {
        far.write_all(&frame(0x02, b"")).await.unwrap();
        let mut sent = 0_usize;
        while far.write_all(&part).await.is_ok() {
            sent += part.len();
            assert!(sent < 64 * 1024 * 1024, "it is read without end");
        }
    };
    let client = async move {
        let end = socket.read(&mut [0; 16]).await;
        drop(socket);
        end
    };
    let (end, ()) = both(client, server).await;
    assert!(matches!(explained(end.map(drop)), ConnectError::NotWebSocket { .. }));
}

#[tokio::test]
async fn pings_are_answered_while_nothing_else_comes() {
    let (mut socket, mut far) = pipe(1024).await;
    let client = async { socket.read_u8().await.unwrap() };
    let server = async {
        far.write_all(&frame(0x89, b"still there?")).await.unwrap();
        assert_eq!(next_frame(&mut far).await, (0x8a, b"still there?".to_vec()));
        far.write_all(&frame(0x82, b"!")).await.unwrap();
    };
    assert_eq!(both(client, server).await.0, b'!');
}

#[tokio::test]
async fn what_is_written_between_flushes_is_one_message() {
    let (mut socket, mut far) = pipe(1024).await;
    socket.write_all(b"RFB 003.").await.unwrap();
    socket.write_all(b"008\n").await.unwrap();
    socket.flush().await.unwrap();
    socket.flush().await.unwrap();
    socket.write_all(&[1]).await.unwrap();
    socket.flush().await.unwrap();
    assert_eq!(next_frame(&mut far).await, (0x82, b"RFB 003.008\n".to_vec()));
    assert_eq!(next_frame(&mut far).await, (0x82, vec![1]));
    socket.shutdown().await.unwrap();
    assert_eq!(next_frame(&mut far).await.0, 0x88);
}

#[tokio::test]
async fn much_is_written_in_messages_of_a_bounded_length() {
    let (mut socket, mut far) = pipe(17).await;
    let much: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
    let client = async {
        socket.write_all(&much).await.unwrap();
        socket.flush().await.unwrap();
    };
    let server = async {
        let mut read = Vec::new();
        while read.len() < much.len() {
            let (first, payload) = next_frame(&mut far).await;
            assert!(first == 0x82 && payload.len() <= 64 * 1024);
            read.extend(payload);
        }
        read
    };
    assert!(both(client, server).await.1 == much);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_is_waited_for_and_not_written_ahead_to() {
    let (mut socket, far) = pipe(1024).await;
    let mut taken = 0;
    let writing = async {
        loop {
            taken += socket.write(&[0; 10_000]).await.unwrap();
        }
    };
    assert!(timeout(Duration::from_secs(5), writing).await.is_err());
    assert!(taken <= 3 * 64 * 1024, "{taken}");
    drop(far);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_way_is_pinged_and_one_that_falls_silent_is_dead_within_a_minute() {
    let (mut socket, mut far) = pipe(1024).await;
    let began = Instant::now();
    let server = async {
        for _ in 0..3 {
            assert_eq!(next_frame(&mut far).await, (0x89, Vec::new()));
            far.write_all(&frame(0x8a, b"")).await.unwrap();
        }
        let last = began.elapsed();
        assert_eq!(next_frame(&mut far).await, (0x89, Vec::new()));
        (last, far)
    };
    let mut byte = [0];
    let (end, (last, _far)) = tokio::join!(socket.read(&mut byte), server);
    assert_eq!(last.as_secs(), 3 * 25, "nginx cuts after 60 s, others after 30 s");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!((began.elapsed() - last).as_secs(), 45);
    assert_eq!(socket.read(&mut byte).await.unwrap(), 0, "an end stays an end");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_no_pings_is_left_alone() {
    let (mut socket, mut far) = pipe(1024).await;
    let began = Instant::now();
    let server = async {
        for _ in 0..20 {
            assert_eq!(next_frame(&mut far).await, (0x89, Vec::new()));
        }
        far.write_all(&frame(0x82, b"!")).await.unwrap();
    };
    let (read, ()) = tokio::join!(socket.read_u8(), server);
    assert_eq!((read.unwrap(), began.elapsed().as_secs()), (b'!', 20 * 25));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_on_its_way_for_minutes_is_no_silence() {
    let (mut socket, mut far) = pipe(1024).await;
    let server = async {
        far.write_all(&frame(0x8a, b"")).await.unwrap();
        for byte in frame(0x82, &[7; 30]) {
            sleep(Duration::from_secs(20)).await;
            far.write_u8(byte).await.unwrap();
        }
        // No ping came meanwhile.
        assert!(timeout(Duration::from_millis(1), far.read_u8()).await.is_err());
    };
    let mut got = [0; 30];
    let (read, ()) = tokio::join!(socket.read_exact(&mut got), server);
    assert_eq!((read.unwrap(), got), (30, [7; 30]));
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_nobody_reads_is_no_silence() {
    let (mut socket, mut far) = pipe(1024).await;
    far.write_all(&frame(0x8a, b"")).await.unwrap();
    let mut byte = [0];
    assert!(timeout(Duration::from_secs(30), socket.read(&mut byte)).await.is_err());
    assert_eq!(next_frame(&mut far).await, (0x89, Vec::new()));
    far.write_all(&frame(0x8a, b"")).await.unwrap();
    // A person is asked for an hour, or the page takes nothing.
    sleep(Duration::from_secs(3600)).await;
    assert!(timeout(Duration::from_secs(10), socket.read(&mut byte)).await.is_err(), "it answered");
}

#[tokio::test]
async fn writing_to_a_server_that_is_gone_looks_like_that() {
    let (mut socket, mut far) = pipe(1024).await;
    far.write_all(&frame(0x88, &1000_u16.to_be_bytes())).await.unwrap();
    assert_eq!(socket.read(&mut [0; 8]).await.unwrap(), 0);
    let written = async {
        socket.write_all(b"too late").await?;
        socket.flush().await
    };
    assert_eq!(written.await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(socket.read(&mut [0; 8]).await.unwrap(), 0, "an end stays an end");
}

#[tokio::test]
async fn both_ways_at_once() {
    let (socket, far) = pipe(64).await;
    let (mut read, mut write) = tokio::io::split(socket);
    let (mut far_read, mut far_write) = tokio::io::split(far);
    let sent = frame(0x82, &[5; 60_000]);
    let mut got = vec![0; 60_000];
    tokio::join!(
        async { read.read_exact(&mut got).await.unwrap() },
        async {
            write.write_all(&[6; 60_000]).await.unwrap();
            write.flush().await.unwrap();
        },
        async { far_write.write_all(&sent).await.unwrap() },
        async { assert_eq!(next_frame(&mut far_read).await, (0x82, vec![6; 60_000])) },
    );
    assert_eq!(got, vec![5; 60_000]);
}
