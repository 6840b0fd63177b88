//! Sites on loopback that end, refuse or wait on the way to an open WebSocket.

use super::{headers::HeaderName, *};
use crate::{
    error::{ConnectError, Result},
    model::{Address, Certificate, OldTls, Secret, WebSocket},
    transport::{
        ConnectTrace, Phase, SiteTls,
        local_site::{accept, old_site, read_request, tls_site, tls_site_that, try_accept},
        tls::Setup,
    },
};
use openssl::ssl::{Ssl, SslVerifyMode, SslVersion};
use std::{pin::Pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};
use tokio_openssl::SslStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Client and site, for as long as a test that fails may take.
async fn both<A, B>(client: impl Future<Output = A>, site: impl Future<Output = B>) -> (A, B) {
    timeout(Duration::from_secs(60), async { tokio::join!(client, site) }).await.expect("both wait for each other")
}

async fn listen(scheme: &str) -> (TcpListener, WebSocket) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = format!("{scheme}://{}/a?token=b", listener.local_addr().unwrap());
    let Ok(Address::Ws(socket)) = Address::parse(&text) else { panic!("{text} is a WebSocket's address") };
    (listener, socket)
}

async fn dial_to(socket: &WebSocket, delegate: &mut impl ConnectDelegate) -> Result<Connection, ConnectError> {
    dial(socket, Setup::default(), &Headers::default(), None, delegate, &mut ConnectTrace::default()).await
}

/// Opens the WebSocket, and sends `RFB` through it.
async fn open_for(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let request = read_request(stream).await;
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(&[answer.as_bytes(), &[0x82, 3], b"RFB"].concat()).await.unwrap();
    stream.flush().await.unwrap();
}

async fn rfb(opened: Result<Connection, ConnectError>) -> Option<SiteTls> {
    let Connection { mut stream, tls } = opened.unwrap_or_else(|error| panic!("{error}"));
    let mut read = [0; 3];
    stream.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"RFB");
    tls
}

/// Accepts every certificate after `think`, and counts them.
#[derive(Default)]
struct Accepts {
    think: Duration,
    asked: usize,
}

impl ConnectDelegate for Accepts {
    async fn certificate(&mut self, _: &str, _: Certificate, _: String) -> Result<(), ConnectError> {
        self.asked += 1;
        if !self.think.is_zero() {
            tokio::time::pause();
            tokio::time::advance(self.think).await;
            tokio::time::resume();
        }
        Ok(())
    }
}

#[tokio::test]
async fn an_open_websocket_says_which_tls_protects_it() {
    let (listener, socket) = listen("wss").await;
    let context = tls_site();
    let mut delegate = Accepts::default();
    let site = async { open_for(&mut accept(&listener, &context).await).await };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    let tls = rfb(opened).await.unwrap();
    assert!(tls.description.starts_with("TLSv1.3 TLS_") && tls.old.is_empty(), "{tls:?}");

    let (listener, socket) = listen("ws").await;
    let site = async { open_for(&mut listener.accept().await.unwrap().0).await };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    assert_eq!(rfb(opened).await, None);
}

#[tokio::test]
async fn a_connection_that_breaks_during_tls_is_lost_and_not_a_lack_of_common_ground() {
    for reset in [false, true] {
        let (listener, socket) = listen("wss").await;
        let mut delegate = Accepts::default();
        let site = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 64];
            stream.read_exact(&mut hello).await.unwrap();
            if !reset {
                // The rest of it: a socket that is closed with something unread is reset.
                while stream.read(&mut hello).await.unwrap() == hello.len() {}
            }
        };
        let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
        let error = opened.err().unwrap();
        assert!(
            matches!(&error, ConnectError::ConnectionLost { detail, .. } if !detail.is_empty()),
            "reset {reset}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_site_without_tls_stays_a_failure_of_tls() {
    let (listener, socket) = listen("wss").await;
    let mut delegate = Accepts::default();
    let site = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    let error = opened.err().unwrap();
    assert!(matches!(error, ConnectError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_certificate_is_asked_about_once_though_the_request_is_sent_twice() {
    let (listener, socket) = listen("wss").await;
    let context = tls_site();
    let mut delegate = Accepts::default();
    let site = async {
        let mut first = accept(&listener, &context).await;
        read_request(&mut first).await;
        first.write_all(b"HTTP/1.1 400 Invalid protocol selected\r\n\r\n").await.unwrap();
        open_for(&mut accept(&listener, &context).await).await;
    };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    rfb(opened).await;
    assert_eq!(delegate.asked, 1);
}

#[tokio::test]
async fn no_deadline_runs_while_a_person_looks_at_the_certificate() {
    let (listener, socket) = listen("wss").await;
    let context = tls_site();
    let mut delegate = Accepts { think: Duration::from_secs(15), asked: 0 };
    let site = async { open_for(&mut accept(&listener, &context).await).await };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    rfb(opened).await;
}

#[tokio::test]
async fn a_site_that_closed_while_a_person_was_asked_is_dialled_once_more() {
    let (listener, socket) = listen("wss").await;
    let context = tls_site();
    let mut delegate = Accepts { think: Duration::from_secs(15), asked: 0 };
    let site = async {
        drop(accept(&listener, &context).await);
        open_for(&mut accept(&listener, &context).await).await;
    };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    rfb(opened).await;
    assert_eq!(delegate.asked, 1);

    // One that closes each time is believed.
    let mut delegate = Accepts { think: Duration::from_secs(15), asked: 0 };
    let site = async {
        drop(accept(&listener, &context).await);
        drop(accept(&listener, &context).await);
    };
    let (opened, ()) = both(dial_to(&socket, &mut delegate), site).await;
    assert!(matches!(opened.err(), Some(ConnectError::WsUnknownToken { .. })));
}

#[tokio::test]
async fn headers_that_cannot_be_sent_are_named_without_their_values_and_nothing_is_dialled() {
    let (listener, socket) = listen("ws").await;
    let secret = Secret::from("a\r\nHost: evil".to_owned());
    let headers = Headers { basic: None, extra: vec![("cookie".parse::<HeaderName>().unwrap(), secret)] };
    let error = dial(&socket, Setup::default(), &headers, None, &mut Accepts::default(), &mut ConnectTrace::default())
        .await
        .err()
        .unwrap();
    let address = format!("ws://{}/a", listener.local_addr().unwrap());
    let detail = "the header cookie has line breaks or other control characters".to_owned();
    assert_eq!(error, ConnectError::BadHttpAuth { address, detail });
    assert!(timeout(Duration::from_millis(1), listener.accept()).await.is_err());
}

#[tokio::test]
async fn a_site_that_wants_a_certificate_of_ours_says_so_in_tls_or_in_http() {
    let wanted = |error: Option<ConnectError>| match error {
        Some(ConnectError::ClientCertificateWanted { detail, .. }) => detail,
        other => panic!("{other:?}"),
    };
    // Its alert comes when the request is on its way.
    let (listener, socket) = listen("wss").await;
    let context = tls_site_that(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    let site = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = SslStream::new(Ssl::new(&context).unwrap(), stream).unwrap();
        Pin::new(&mut stream).accept().await.unwrap_err();
    };
    let (opened, ()) = both(dial_to(&socket, &mut Accepts::default()), site).await;
    assert!(wanted(opened.err()).contains("certificate required"));

    // As nginx does.
    let (listener, socket) = listen("wss").await;
    let context = tls_site_that(SslVerifyMode::PEER);
    let site = async {
        // Asked a second time without the subprotocol.
        for _ in 0..2 {
            let mut stream = accept(&listener, &context).await;
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    };
    let (opened, ()) = both(dial_to(&socket, &mut Accepts::default()), site).await;
    assert_eq!(wanted(opened.err()), "");
}

#[tokio::test]
async fn an_old_site_is_named_and_accepted_where_that_was_agreed_to() {
    for (newest, version) in [(SslVersion::TLS1, "TLSv1 "), (SslVersion::TLS1_1, "TLSv1.1 ")] {
        let context = old_site(newest);
        let (listener, socket) = listen("wss").await;
        let (opened, _) =
            both(dial_to(&socket, &mut Accepts::default()), async { try_accept(&listener, &context).await }).await;
        let error = opened.err().unwrap();
        assert!(matches!(error, ConnectError::OldTls { why: OldTls::Version, .. }), "{error:?}");

        let agreed = Setup { accept_old: true, ..Setup::default() };
        let (mut trace, mut accepts, headers) = (ConnectTrace::default(), Accepts::default(), Headers::default());
        let dialled = dial(&socket, agreed, &headers, None, &mut accepts, &mut trace);
        let site = async { open_for(&mut accept(&listener, &context).await).await };
        let (opened, ()) = both(dialled, site).await;
        let tls = rfb(opened).await.unwrap();
        assert!(tls.description.starts_with(version), "{tls:?}");
        assert_eq!(tls.old, [OldTls::Version]);
        assert!(trace.passed.iter().any(|passed| passed.phase == Phase::Encrypted(tls.clone())), "{trace:?}");
    }
}
