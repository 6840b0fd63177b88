//! Proxies as they are out there: microsocks and tinyproxy, each on loopback and for one test.

use super::{tests::Nobody, *};
use crate::{
    model::{Certificate, Proxy},
    transport::{
        local_site::{tls_site, try_accept},
        programs::{Running, free_port},
    },
};
use std::fs;
use tempfile::{TempDir, tempdir};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::sleep,
};

fn microsocks(login: &[&str]) -> (u16, Running) {
    let port = free_port();
    let at = port.to_string();
    (port, Running::start("microsocks", &[&["-i", "127.0.0.1", "-p", &at], login].concat()))
}

/// tinyproxy, with these lines in its configuration.
fn tinyproxy(lines: &str) -> (u16, Running, TempDir) {
    let (port, folder) = (free_port(), tempdir().unwrap());
    let file = folder.path().join("tinyproxy.conf");
    fs::write(&file, format!("Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\n{lines}")).unwrap();
    let running = Running::start("tinyproxy", &["-d", "-c", file.to_str().unwrap()]);
    (port, running, folder)
}

/// A server that greets, and gives back what it is sent.
async fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.write_all(b"RFB 003.008\n").await.unwrap();
                let (mut reading, mut writing) = stream.split();
                let _ = tokio::io::copy(&mut reading, &mut writing).await;
            });
        }
    });
    port
}

/// What the proxy's answer comes to once it has started.
async fn try_out(proxy: &str, password: Option<&str>, port: u16) -> Result<Stream, ConnectError> {
    try_out_with(proxy, password, port, &mut Nobody, &mut ConnectTrace::default()).await
}

async fn try_out_with(
    proxy: &str,
    password: Option<&str>,
    port: u16,
    delegate: &mut impl ConnectDelegate,
    trace: &mut ConnectTrace,
) -> Result<Stream, ConnectError> {
    let through =
        Through { proxy: Proxy::parse(proxy).unwrap(), password: password.map(|word| word.to_owned().into()) };
    let address = Address::Tcp { hostname: "localhost".to_owned(), port };
    let started = async {
        loop {
            match dial(&through, ("localhost", port), &address, Setup::default(), delegate, trace).await {
                // It is just starting.
                Err(ConnectError::ProxyUnreachable { .. }) => sleep(Duration::from_millis(20)).await,
                done => return done,
            }
        }
    };
    timeout(Duration::from_secs(20), started).await.expect("it does not start")
}

/// Greeting, and an echo through the proxy.
async fn is_led(dialled: Result<Stream, ConnectError>) {
    let mut stream = dialled.unwrap_or_else(|error| panic!("{error}"));
    let mut greeting = [0; 12];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"RFB 003.008\n");
    let sent = vec![7; 100_000];
    let (mut reading, mut writing) = tokio::io::split(&mut stream);
    let mut back = vec![0; sent.len()];
    let (written, read) = tokio::join!(writing.write_all(&sent), reading.read_exact(&mut back));
    written.unwrap();
    read.unwrap();
    assert_eq!(back, sent);
}

#[tokio::test]
async fn microsocks_leads_to_the_machine() {
    let (port, _running) = microsocks(&[]);
    let at = format!("socks5://localhost:{port}");
    is_led(try_out(&at, None, server().await).await).await;
    let refused = try_out(&at, None, free_port()).await.err().unwrap();
    assert!(matches!(&refused, ConnectError::ProxyForward { .. }), "{refused}");
    let mistaken = try_out(&format!("http://localhost:{port}"), None, free_port()).await.err().unwrap();
    assert!(matches!(&mistaken, ConnectError::NotProxy { .. } | ConnectError::ProxyBroken { .. }), "{mistaken}");
}

#[tokio::test]
async fn microsocks_with_a_login() {
    let (port, _running) = microsocks(&["-u", "ann", "-P", "hunter2"]);
    let (anybody, ann) = (format!("socks5://127.0.0.1:{port}"), format!("socks5://ann@127.0.0.1:{port}"));
    is_led(try_out(&ann, Some("hunter2"), server().await).await).await;
    let wanted = try_out(&anybody, None, server().await).await.err().unwrap();
    assert!(matches!(&wanted, ConnectError::ProxyLoginWanted { .. }), "{wanted}");
    let denied = try_out(&ann, Some("hunter3"), server().await).await.err().unwrap();
    assert!(matches!(&denied, ConnectError::ProxyDenied { .. }), "{denied}");
}

#[tokio::test]
async fn tinyproxy_leads_to_the_machine() {
    let (port, _running, _folder) = tinyproxy("");
    let at = format!("http://127.0.0.1:{port}");
    is_led(try_out(&at, None, server().await).await).await;
    let refused = try_out(&at, None, free_port()).await.err().unwrap();
    assert!(matches!(&refused, ConnectError::ProxyForward { .. }), "{refused}");
}

#[tokio::test]
async fn tinyproxy_with_a_login_and_with_rules() {
    let (port, _running, _folder) = tinyproxy("BasicAuth ann hunter2\n");
    let (anybody, ann) = (format!("http://127.0.0.1:{port}"), format!("http://ann@127.0.0.1:{port}"));
    is_led(try_out(&ann, Some("hunter2"), server().await).await).await;
    let wanted = try_out(&anybody, None, server().await).await.err().unwrap();
    assert!(matches!(&wanted, ConnectError::ProxyLoginWanted { .. }), "{wanted}");
    let denied = try_out(&ann, Some("hunter3"), server().await).await.err().unwrap();
    assert!(matches!(&denied, ConnectError::ProxyDenied { .. }), "{denied}");
    let (port, _running, _folder) = tinyproxy("ConnectPort 443\n");
    let prohibited = try_out(&format!("http://127.0.0.1:{port}"), None, server().await).await.err().unwrap();
    assert!(matches!(&prohibited, ConnectError::ProxyProhibited { .. }), "{prohibited}");
}

/// tinyproxy within TLS, which another program ends in front of it.
async fn within_tls(proxy: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let site = tls_site();
    tokio::spawn(async move {
        loop {
            let Some(mut near) = try_accept(&listener, &site).await else { continue };
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(("127.0.0.1", proxy)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    port
}

/// Answers for the proxy's certificate.
struct Trusting(bool, Vec<String>);

impl ConnectDelegate for Trusting {
    async fn proxy_certificate(&mut self, proxy: &str, shown: Certificate, _: String) -> Result<(), ConnectError> {
        self.1.push(proxy.to_owned());
        match self.0 {
            true => Ok(()),
            false => Err(ConnectError::Untrusted { address: proxy.to_owned(), fingerprint: shown.sha256 }),
        }
    }
}

#[tokio::test]
async fn tinyproxy_within_tls_gets_its_login_only_where_its_certificate_is_accepted() {
    let (port, _running, _folder) = tinyproxy("BasicAuth ann hunter2\n");
    // It has started.
    is_led(try_out(&format!("http://ann@127.0.0.1:{port}"), Some("hunter2"), server().await).await).await;
    let at = format!("https://localhost:{}", within_tls(port).await);
    let with_ann = at.replace("//", "//ann@");
    let (mut trusting, mut trace) = (Trusting(true, vec![]), ConnectTrace::default());
    is_led(try_out_with(&with_ann, Some("hunter2"), server().await, &mut trusting, &mut trace).await).await;
    assert_eq!(trusting.1.join(" "), at, "asked once, and without the user");
    let phases: Vec<_> = trace.passed.iter().map(|passed| &passed.phase).collect();
    assert!(matches!(phases[..], [Phase::Connected, Phase::ProxyEncrypted(tls), Phase::Led] if tls.starts_with("TLS")));
    let denied = try_out_with(&with_ann, Some("hunter3"), server().await, &mut trusting, &mut trace).await;
    assert!(matches!(denied, Err(ConnectError::ProxyDenied { .. })), "{:?}", denied.err());
    let refused = try_out_with(&with_ann, Some("hunter2"), 1, &mut Trusting(false, vec![]), &mut trace).await;
    assert!(matches!(refused, Err(ConnectError::Untrusted { .. })), "{:?}", refused.err());
    let unknown = try_out(&with_ann, Some("hunter2"), 1).await.err();
    assert!(matches!(&unknown, Some(ConnectError::Untrusted { address, .. }) if *address == at), "{unknown:?}");
    let plain = try_out(&format!("https://localhost:{port}"), None, 1).await.err();
    assert!(matches!(&plain, Some(ConnectError::NotProxy { .. } | ConnectError::ProxyBroken { .. })), "{plain:?}");
}
