use super::*;
use crate::{
    keyring::{Entry, Store},
    model::Host,
    transport::local_site::{tls_site, try_accept},
};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode},
    },
};

/// A keyring that cannot be opened.
struct Locked;

impl Store for Locked {
    fn check(&self) -> Result<(), KeyringError> {
        Ok(())
    }
    fn get(&self, _: &str) -> Result<Option<Entry>, KeyringError> {
        Err(KeyringError::Locked)
    }
    fn set(&self, _: &str, _: &Entry) -> Result<(), KeyringError> {
        Err(KeyringError::Locked)
    }
    fn forget(&self, _: &str) -> Result<(), KeyringError> {
        Err(KeyringError::Locked)
    }
}

#[tokio::test]
async fn where_the_keyring_fails_the_command_for_all_machines_is_run_as_in_a_session() {
    let host = Host { has_password: true, ..Host::new("Box".into(), "box".parse().unwrap()) };
    let (target, keyring) = (Target::from(&host), Keyring::with_store(Locked));
    let for_all = Preferences { password_command: "echo sesame".into(), ..Preferences::default() };
    let found = password_of(&target, &keyring, &for_all).await.unwrap().unwrap();
    assert_eq!(found.expose(), "sesame");
    let error = password_of(&target, &keyring, &Preferences::default()).await.unwrap_err();
    assert_eq!(error, KeyringError::Locked.into());
}

/// A site with a certificate of its own and a login, with a VNC server behind it that wants no password.
async fn site(listener: TcpListener) {
    let context = tls_site();
    loop {
        let Some(stream) = try_accept(&listener, &context).await else { continue };
        #[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
        let offered = |request: &Request, mut response: Response| {
            // What `ann:quince` is in Base64.
            if request.headers().get("authorization").is_none_or(|login| login != "Basic YW5uOnF1aW5jZQ==") {
                let mut refused = ErrorResponse::new(None);
                *refused.status_mut() = StatusCode::UNAUTHORIZED;
                return Err(refused);
            }
            response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("binary"));
            Ok(response)
        };
        let Ok(mut socket) = accept_hdr_async(stream, offered).await else { continue };
        let init = b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";
        for say in [&b"RFB 003.008\n"[..], &[1, 1], &[0; 4], init] {
            // Who has seen enough hangs up.
            if socket.send(Message::binary(say.to_vec())).await.is_err() || socket.next().await.is_none() {
                break;
            }
        }
    }
}

/// As a session does: the login that the keyring has is sent, and a path that is as good as the floor leaves the server behind it in peace.
#[tokio::test]
async fn a_site_with_a_login_is_examined_as_a_session_reaches_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("wss://{}/screen", listener.local_addr().unwrap());
    let serving = tokio::spawn(site(listener));
    let least = Some(Level::Identified);
    let mut host = Host { has_http_auth: true, ..Host::new("Lab".into(), address.parse().unwrap()) };
    let (keyring, pins) = (Keyring::in_memory(), Pins::default());
    let login = HttpAuth::new("ann".into(), &"quince".to_owned().into(), &[]).to_secret().unwrap();
    let target = Target { protection: least, ..Target::from(&host) };
    keyring.set_for(HttpAuth::account(host.id), target.way().recipient(host.id), &login).await.unwrap();
    let examine = async |target: &Target, accept| {
        let saved = Saved::of(target, &keyring).await.unwrap();
        let request = ProbeRequest { target: target.clone(), login: None, saved, accept, console_login: false };
        super::examine(request, &pins).await
    };

    let unknown = examine(&target, TrustPolicy::Known).await.error.unwrap().error;
    let Error::Connect(ConnectError::Untrusted { fingerprint, .. }) = unknown else { panic!("{unknown:?}") };
    let report = examine(&target, TrustPolicy::Fingerprint(fingerprint.clone())).await;
    assert_eq!((report.error, report.chosen.as_deref()), (None, Some("None")));
    assert_eq!(
        (report.protection, report.desktop.is_some()),
        (least, true),
        "what protects the way protects the screen"
    );

    host.has_http_auth = false;
    let without = Target { protection: least, ..Target::from(&host) };
    let refused = examine(&without, TrustPolicy::Fingerprint(fingerprint)).await.error.unwrap().error;
    assert!(matches!(refused, Error::Connect(ConnectError::WsRefused { status: 401, .. })), "{refused:?}");
    serving.abort();
}
