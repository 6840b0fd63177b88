//! Sessions with servers behind a WebSocket, from the words on the command line on.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod engine;

use futures_util::{SinkExt, StreamExt};
use portlight_engine::{
    ConnectError, Engine,
    doctor::{self, ProbeRequest, Saved, TrustPolicy},
    error::WsRefusal,
    session::SessionState,
    store::Pins,
};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        http::HeaderValue,
        protocol::CloseFrame,
    },
};

const TIMEOUT: Duration = Duration::from_secs(20);
const SERVER_INIT: &[u8] = b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";

struct House {
    engine: Arc<Engine>,
    listener: TcpListener,
    _folder: TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { engine: engine::start(folder.path(), &[]).await, listener, _folder: folder }
    }

    fn site(&self) -> String {
        format!("ws://{}/websockify", self.listener.local_addr().unwrap())
    }

    /// Opens the site with a token, while `serve` is the server, and waits for a state that `is` what is looked for.
    async fn open<F: Future<Output = ()>>(
        &self,
        serve: impl FnOnce(WebSocketStream<TcpStream>) -> F,
        is: impl Fn(&SessionState) -> bool,
    ) -> SessionState {
        let target = self.engine.hosts().target(&format!(" {}?token=abc123 ", self.site()), false).unwrap();
        assert_eq!(target.name, self.site(), "a name is seen by everybody: it has no token");
        let session = self.engine.sessions().reserve();
        self.engine.open(session, target);
        let mut state = self.engine.sessions().watch(session).unwrap();
        self.engine.sessions().attach(session);
        let server = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            #[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
            let offered = |request: &Request, mut response: Response| {
                assert_eq!(request.uri(), "/websockify?token=abc123");
                assert_eq!(request.headers()["origin"], self.site().replace("ws:", "http:").replace("/websockify", ""));
                assert_eq!(request.headers()["sec-websocket-protocol"], "binary");
                response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("binary"));
                Ok(response)
            };
            serve(accept_hdr_async(stream, offered).await.unwrap()).await;
        };
        let reached = async { state.wait_for(is).await.unwrap().clone() };
        timeout(TIMEOUT, async { tokio::join!(server, reached).1 }).await.unwrap()
    }
}

async fn say(socket: &mut WebSocketStream<TcpStream>, bytes: &[u8]) {
    socket.send(Message::binary(bytes.to_vec())).await.unwrap();
}

async fn hear(socket: &mut WebSocketStream<TcpStream>, bytes: &[u8]) {
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary(bytes.to_vec()));
}

#[tokio::test]
async fn a_server_behind_a_websocket_is_a_server_like_any_other() {
    let house = House::new().await;
    let serve = |mut socket| async move {
        // The greeting in two messages, with a ping between.
        say(&mut socket, b"RFB 003").await;
        socket.send(Message::Ping("there?".into())).await.unwrap();
        say(&mut socket, b".008\n").await;
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong("there?".into()));
        hear(&mut socket, b"RFB 003.008\n").await;
        say(&mut socket, &[1, 1]).await;
        hear(&mut socket, &[1]).await;
        say(&mut socket, &[0; 4]).await;
        hear(&mut socket, &[1]).await;
        say(&mut socket, SERVER_INIT).await;
    };
    let state = house.open(serve, |state| matches!(state, SessionState::Ready { .. })).await;
    let SessionState::Ready { desktop_name, width, protection, .. } = state else { unreachable!("just looked at") };
    assert_eq!((desktop_name.as_str(), width, protection.local), ("desk", 800, false));
}

#[tokio::test]
async fn a_proxy_that_closes_says_why() {
    let house = House::new().await;
    let serve = |mut socket: WebSocketStream<TcpStream>| async move {
        let goodbye = CloseFrame { code: 1013.into(), reason: "three viewers already".into() };
        socket.close(Some(goodbye)).await.unwrap();
    };
    let state = house.open(serve, |state| matches!(state, SessionState::Ended { .. })).await;
    let reason = Some("three viewers already".to_owned());
    let error = ConnectError::WsRefused { address: house.site(), why: WsRefusal::Busy, status: 1013, reason };
    assert_eq!(state, SessionState::Ended { error: Some(error.into()) });
}

#[tokio::test]
async fn the_doctor_tells_the_stages_of_the_way() {
    let house = House::new().await;
    let target = house.engine.hosts().target(&format!("{}?token=abc123", house.site()), false).unwrap();
    let examination =
        ProbeRequest { target, login: None, saved: Saved::default(), accept: TrustPolicy::Known, console_login: false };
    let server = async {
        let (stream, _) = house.listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        say(&mut socket, b"RFB 003.008\n").await;
        hear(&mut socket, b"RFB 003.008\n").await;
        say(&mut socket, &[1, 2]).await;
        hear(&mut socket, &[2]).await;
        say(&mut socket, &[7; 16]).await;
        socket
    };
    let trust = Pins::default();
    let both = async { tokio::join!(server, doctor::examine(examination, &trust)).1 };
    let report = timeout(TIMEOUT, both).await.unwrap();
    let stages: Vec<_> = report.stages.iter().map(|stage| (stage.stage.to_string(), stage.ok)).collect();
    let expected = ["dial", "web_socket", "greeting", "security", "login"].map(|stage| (stage.to_owned(), true));
    assert_eq!(stages, expected);
    let round_trips: Vec<_> = report.stages.iter().map(|stage| stage.round_trips).collect();
    assert_eq!(round_trips, [Some(1), Some(1), Some(0), Some(1), Some(1)]);
    assert!(!serde_json::to_string(&report).unwrap().contains("abc123"), "the token is nobody's business");
}
