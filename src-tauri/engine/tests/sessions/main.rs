//! Sessions from dialling to their end, against small servers of our own and with a real WebSocket at the relay.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod between;
#[path = "../engine/mod.rs"]
mod engine;
#[cfg(target_os = "linux")]
#[path = "../sshd/mod.rs"]
mod sshd;

use futures_util::{FutureExt, SinkExt, StreamExt};
use portlight_engine::{
    ConnectError, Engine, Error,
    model::{HostDraft, HostId, Level, PasswordChange, SessionId},
    session::{Answer, Prompt, Remember, SessionState, Stage},
    store::Listening,
};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{self, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

const ORIGIN: &str = "tauri://localhost";
/// Far longer than anything here takes; only a test that fails waits so long.
const TIMEOUT: Duration = Duration::from_secs(20);
const VERSION: &[u8; 12] = b"RFB 003.008\n";
const SERVER_INIT: &[u8] = b"\x03\x20\x02\x58\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\0\0\0\0\0\0\x04desk";

/// An engine with folders of its own.
struct House {
    engine: Arc<Engine>,
    _folder: TempDir,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    House { engine: engine::start(folder.path(), &[ORIGIN]).await, _folder: folder }
}

impl House {
    async fn save(&self, address: &str) -> HostId {
        self.engine.hosts().save(draft(address), PasswordChange::Keep).await.unwrap().host.id
    }

    fn open_host(&self, host: HostId) -> (SessionId, watch::Receiver<SessionState>) {
        let id = self.engine.sessions().reserve();
        self.engine.open(id, self.engine.hosts().target_of(host).unwrap());
        (id, self.engine.sessions().watch(id).unwrap())
    }

    /// Answers the prompt that is shown.
    fn answer(&self, id: SessionId, answer: Answer) {
        let states = self.engine.sessions().watch(id).unwrap();
        let number = match &*states.borrow() {
            SessionState::Asking { number, .. } => *number,
            _ => 0,
        };
        self.engine.sessions().answer(id, number, answer);
    }

    fn open(&self, address: &str) -> (SessionId, watch::Receiver<SessionState>) {
        let target = self.engine.hosts().target(address, false).unwrap();
        let id = self.engine.sessions().reserve();
        self.engine.open(id, target);
        (id, self.engine.sessions().watch(id).unwrap())
    }
}

fn draft(address: &str) -> HostDraft {
    HostDraft { address: address.to_owned(), ..HostDraft::default() }
}

/// A VNC server that listens on loopback.
struct Server {
    listener: TcpListener,
}

impl Server {
    async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    fn address(&self) -> String {
        format!("127.0.0.1::{}", self.listener.local_addr().unwrap().port())
    }

    /// As Portlight prints it.
    fn shown(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    async fn accept(&self) -> TcpStream {
        let (mut stream, _) = timeout(TIMEOUT, self.listener.accept()).await.unwrap().unwrap();
        stream.write_all(VERSION).await.unwrap();
        expect(&mut stream, VERSION).await;
        stream
    }

    /// Lets anybody in.
    async fn welcome(&self) -> TcpStream {
        let mut stream = self.accept().await;
        stream.write_all(&[1, 1]).await.unwrap();
        expect(&mut stream, &[1]).await;
        stream.write_all(&[0; 4]).await.unwrap();
        finish(&mut stream).await;
        stream
    }

    /// Wants a password and answers it with `verdict`; no attempt to check it.
    async fn ask(&self, verdict: u32) -> TcpStream {
        let mut stream = self.accept().await;
        stream.write_all(&[1, 2]).await.unwrap();
        expect(&mut stream, &[2]).await;
        stream.write_all(&[7; 16]).await.unwrap();
        stream.read_exact(&mut [0; 16]).await.unwrap();
        stream.write_all(&verdict.to_be_bytes()).await.unwrap();
        stream
    }
}

/// After the offer of None.
async fn let_in(stream: &mut TcpStream) {
    expect(stream, &[1]).await;
    stream.write_all(&[0; 4]).await.unwrap();
    finish(stream).await;
}

async fn finish(stream: &mut TcpStream) {
    expect(stream, &[1]).await;
    stream.write_all(SERVER_INIT).await.unwrap();
}

async fn expect(stream: &mut TcpStream, bytes: &[u8]) {
    let mut got = vec![0; bytes.len()];
    timeout(TIMEOUT, stream.read_exact(&mut got)).await.unwrap().unwrap();
    assert_eq!(got, bytes);
}

/// Waits until every task waits for something: that is when tokio moves a clock on that stands still.
async fn until_idle() {
    time::pause();
    time::sleep(Duration::from_millis(1)).await;
    time::resume();
}

async fn until(states: &mut watch::Receiver<SessionState>, wanted: impl Fn(&SessionState) -> bool) -> SessionState {
    timeout(TIMEOUT, states.wait_for(wanted)).await.expect("the state never came").unwrap().clone()
}

async fn until_asked(states: &mut watch::Receiver<SessionState>) -> Option<Error> {
    match until(states, |state| matches!(state, SessionState::Asking { .. })).await {
        SessionState::Asking { prompt: Prompt::Password { problem, .. }, .. } => problem.map(Error::from),
        other => panic!("{other:?}"),
    }
}

async fn until_ready(states: &mut watch::Receiver<SessionState>) -> String {
    match until(states, |state| matches!(state, SessionState::Ready { .. } | SessionState::Ended { .. })).await {
        SessionState::Ready { url, .. } => url,
        other => panic!("{other:?}"),
    }
}

async fn until_ended(states: &mut watch::Receiver<SessionState>) -> Option<Error> {
    match until(states, |state| matches!(state, SessionState::Ended { .. })).await {
        SessionState::Ended { error } => error,
        other => panic!("{other:?}"),
    }
}

async fn until_broken(states: &mut watch::Receiver<SessionState>) -> (Error, u64) {
    match until(states, |state| matches!(state, SessionState::Reconnecting { .. } | SessionState::Ended { .. })).await {
        SessionState::Reconnecting { error, seconds } => (error, seconds),
        other => panic!("{other:?}"),
    }
}

fn answer(password: &str) -> Answer {
    Answer::Password { username: None, password: password.to_owned().into(), remember: Remember::No }
}

type Viewer = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What noVNC does with the ticket, up to ServerInit.
async fn view(url: &str) -> Viewer {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Origin", HeaderValue::from_static(ORIGIN));
    let (mut viewer, _) = timeout(TIMEOUT, connect_async(request)).await.unwrap().unwrap();
    assert_eq!(hear_from(&mut viewer).await, VERSION);
    assert_eq!(hear_from(&mut viewer).await, [&[1, 1, 0, 0, 0, 0], SERVER_INIT].concat());
    for say in [&VERSION[..], &[1], &[1]] {
        viewer.send(Message::Binary(say.to_vec().into())).await.unwrap();
    }
    viewer
}

/// The same for a session that is ready, until its state says that it is seen.
async fn view_live(states: &mut watch::Receiver<SessionState>) -> Viewer {
    let viewer = view(&until_ready(states).await).await;
    until(states, |state| *state == SessionState::Live).await;
    viewer
}

async fn hear_from(viewer: &mut Viewer) -> Vec<u8> {
    match timeout(TIMEOUT, viewer.next()).await.unwrap() {
        Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_session_from_dialling_to_the_servers_end() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let mut there = server.welcome().await;
    house.engine.sessions().attach(id);
    let mut viewer = view(&until_ready(&mut states).await).await;
    until(&mut states, |state| *state == SessionState::Live).await;

    viewer.send(Message::Binary(b"to the server".to_vec().into())).await.unwrap();
    expect(&mut there, b"to the server").await;
    there.write_all(b"to the viewer").await.unwrap();
    assert_eq!(hear_from(&mut viewer).await, b"to the viewer");

    drop(there);
    assert!(matches!(until_broken(&mut states).await, (Error::Connect(ConnectError::ServerClosed { .. }), 1)));
    assert!(matches!(viewer.next().await, Some(Ok(Message::Close(_))) | None), "the viewer is told at once");
}

#[tokio::test]
async fn a_way_that_broke_is_walked_again() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let there = server.welcome().await;
    house.engine.sessions().attach(id);
    let _viewer = view_live(&mut states).await;

    drop(there);
    assert_eq!(until_broken(&mut states).await.1, 1);
    // By itself, and then it is there again.
    let there = server.welcome().await;
    let _viewer = view_live(&mut states).await;

    // At once, where somebody says so.
    drop(there);
    assert_eq!(until_broken(&mut states).await.1, 2);
    let asked = Instant::now();
    house.engine.sessions().reconnect(id);
    let there = server.welcome().await;
    assert!(asked.elapsed() < Duration::from_secs(2));
    let _viewer = view_live(&mut states).await;

    // Until somebody says that it is enough.
    drop(there);
    until_broken(&mut states).await;
    house.engine.sessions().close(id);
    assert_eq!(until_ended(&mut states).await, None);
}

#[tokio::test]
async fn a_server_that_refuses_on_the_way_back_is_left_alone() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let there = server.welcome().await;
    house.engine.sessions().attach(id);
    let _viewer = view_live(&mut states).await;
    drop(there);
    until_broken(&mut states).await;
    let mut there = server.accept().await;
    there.write_all(b"\0\0\0\0\x06go off").await.unwrap();
    let refused = ConnectError::Refused { address: server.shown(), reason: Some("go off".into()) };
    assert_eq!(until_ended(&mut states).await, Some(refused.into()));
}

#[tokio::test]
async fn a_machine_may_ask_not_to_be_dialled_again() {
    let (house, server) = (house().await, Server::start().await);
    let mut host = draft(&server.address());
    host.reconnect = false;
    let host = house.engine.hosts().save(host, PasswordChange::Keep).await.unwrap().host.id;
    let (id, mut states) = house.open_host(host);
    let there = server.welcome().await;
    house.engine.sessions().attach(id);
    let _viewer = view_live(&mut states).await;
    drop(there);
    assert!(matches!(until_ended(&mut states).await, Some(Error::Connect(ConnectError::ServerClosed { .. }))));
}

#[tokio::test]
async fn no_ticket_is_born_before_there_is_a_window_to_use_it() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let _there = server.welcome().await;
    // The server has let us in: nothing but the window is missing.
    until_idle().await;
    assert!(!matches!(&*states.borrow(), SessionState::Ready { .. }));
    house.engine.sessions().attach(id);
    until_ready(&mut states).await;
}

#[tokio::test]
async fn a_window_may_be_there_before_its_session() {
    let (house, server) = (house().await, Server::start().await);
    let (first, second) = (house.engine.sessions().reserve(), house.engine.sessions().reserve());
    assert_ne!(first, second);
    let waiting = tokio::spawn({
        let engine = Arc::clone(&house.engine);
        async move { engine.sessions().started(first).await }
    });
    house.engine.open(second, house.engine.hosts().target(&server.address(), false).unwrap());
    assert!(!waiting.is_finished(), "another session's start is not meant");
    house.engine.open(first, house.engine.hosts().target(&server.address(), false).unwrap());
    timeout(TIMEOUT, waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_dead_port_is_named() {
    let house = house().await;
    let address = Server::start().await.address();
    let (_, mut states) = house.open(&address);
    assert!(matches!(until_ended(&mut states).await, Some(Error::Connect(ConnectError::ConnectionRefused { .. }))));
}

#[tokio::test]
async fn a_wrong_password_is_asked_for_again_before_the_server_is_called_again() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let asked = async {
        assert_eq!(until_asked(&mut states).await, None);
        house.answer(id, answer("wrong"));
    };
    tokio::join!(
        async {
            let mut stream = server.ask(1).await;
            stream.write_all(b"\0\0\0\x04nope").await.unwrap();
        },
        asked
    );
    let again = until(&mut states, |state| {
        matches!(state, SessionState::Asking { prompt: Prompt::Password { problem: Some(_), .. }, .. })
    })
    .await;
    let SessionState::Asking { prompt: Prompt::Password { problem, .. }, .. } = again else { panic!("{again:?}") };
    let rejected = ConnectError::AuthFailed { address: server.shown(), reason: Some("nope".into()), too_many: false };
    assert_eq!(problem, Some(rejected));
    until_idle().await;
    assert!(
        server.listener.accept().now_or_never().is_none(),
        "nobody has answered, so nobody may call: servers count that as an attempt"
    );

    house.answer(id, answer("right"));
    let mut stream = server.ask(0).await;
    finish(&mut stream).await;
    house.engine.sessions().attach(id);
    until_ready(&mut states).await;
}

#[tokio::test]
async fn again_dials_again_and_does_not_ask_again() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    house.engine.sessions().attach(id);
    tokio::join!(
        async {
            let mut stream = server.ask(0).await;
            finish(&mut stream).await;
        },
        async {
            until_asked(&mut states).await;
            house.answer(id, answer("secret"));
        }
    );
    until_ready(&mut states).await;
    house.engine.sessions().close(id);
    assert_eq!(until_ended(&mut states).await, None);

    house.engine.sessions().reconnect(id);
    let mut stream = server.ask(0).await;
    finish(&mut stream).await;
    let ready =
        until(&mut states, |state| !matches!(state, SessionState::Connecting { .. } | SessionState::Ended { .. }))
            .await;
    assert!(matches!(ready, SessionState::Ready { .. }), "{ready:?}");
}

/// Accepts one viewer, waits until its session asks for the password, and leaves the answer to `then`.
async fn offers_vnc_auth(server: &Server) -> TcpStream {
    let mut stream = server.accept().await;
    stream.write_all(&[1, 2]).await.unwrap();
    expect(&mut stream, &[2]).await;
    stream.write_all(&[7; 16]).await.unwrap();
    stream
}

#[tokio::test]
async fn a_server_that_closes_while_a_prompt_stands_open_for_long_is_dialled_again_once() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let impatient = offers_vnc_auth(&server).await;
    until_asked(&mut states).await;
    drop(impatient);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    tokio::time::resume();
    house.answer(id, answer("slowly typed"));
    let mut stream = server.ask(0).await;
    finish(&mut stream).await;
    house.engine.sessions().attach(id);
    until_ready(&mut states).await;
}

#[tokio::test]
async fn a_password_that_was_typed_quickly_and_refused_is_not_sent_again_by_itself() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let mut refusing = offers_vnc_auth(&server).await;
    until_asked(&mut states).await;
    house.answer(id, answer("wrong"));
    refusing.read_exact(&mut [0; 16]).await.unwrap();
    drop(refusing);
    // Asked again, before the server is dialled again: nothing has connected to it meanwhile.
    let problem = until_asked_again(&mut states).await;
    assert!(matches!(problem, Some(Error::Connect(ConnectError::AuthFailed { reason: None, .. }))), "{problem:?}");
    let connects = std::pin::pin!(server.listener.accept());
    assert!(futures_util::FutureExt::now_or_never(connects).is_none(), "a second attempt counts at the server");
}

/// The problem of a prompt for a password that is not the first.
async fn until_asked_again(states: &mut watch::Receiver<SessionState>) -> Option<Error> {
    let again = |state: &SessionState| {
        matches!(state, SessionState::Asking { prompt: Prompt::Password { problem: Some(_), .. }, .. })
    };
    match until(states, again).await {
        SessionState::Asking { prompt: Prompt::Password { problem, .. }, .. } => problem.map(Error::from),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_protects_less_than_before_is_asked_about_first() {
    let (house, server) = (house().await, Server::start().await);
    let host = house.save(&server.address()).await;

    // The first time with a password: from now on that is expected.
    let (id, mut states) = house.open_host(host);
    house.engine.sessions().attach(id);
    tokio::join!(async { finish(&mut server.ask(0).await).await }, async {
        until_asked(&mut states).await;
        house.answer(id, answer("secret"));
    });
    until_ready(&mut states).await;
    house.engine.sessions().end(id);

    let less = Prompt::Weaker { before: Level::Password, now: Level::Clear, security_type: "None".into() };
    for (remember, asks_the_next_time) in [(false, true), (true, false)] {
        let (id, mut states) = house.open_host(host);
        house.engine.sessions().attach(id);
        let mut stream = server.accept().await;
        stream.write_all(&[1, 1]).await.unwrap();
        let asked = until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
        assert!(matches!(&asked, SessionState::Asking { prompt, .. } if *prompt == less), "{asked:?}");
        // What is no answer to this question changes nothing.
        house.answer(id, answer("secret"));
        house.answer(id, Answer::Trust);
        until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
        house.answer(id, Answer::Weaker { remember });
        let_in(&mut stream).await;
        until_ready(&mut states).await;
        // What was agreed to holds for the session.
        house.engine.sessions().close(id);
        house.engine.sessions().reconnect(id);
        let mut stream = server.accept().await;
        stream.write_all(&[1, 1]).await.unwrap();
        let_in(&mut stream).await;
        until_ready(&mut states).await;
        house.engine.sessions().end(id);

        let (id, mut states) = house.open_host(host);
        let mut stream = server.accept().await;
        stream.write_all(&[1, 1]).await.unwrap();
        if asks_the_next_time {
            until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
        } else {
            let_in(&mut stream).await;
        }
        house.engine.sessions().end(id);
    }
}

#[tokio::test]
async fn a_host_that_moved_is_another_server() {
    let (house, server) = (house().await, Server::start().await);
    let host = house.save(&server.address()).await;
    let (id, mut states) = house.open_host(host);
    house.engine.sessions().attach(id);
    tokio::join!(async { finish(&mut server.ask(0).await).await }, async {
        until_asked(&mut states).await;
        house.answer(id, answer("secret"));
    });
    until_ready(&mut states).await;
    house.engine.sessions().end(id);

    let other = Server::start().await;
    let moved = HostDraft { id: Some(host), ..draft(&other.address()) };
    house.engine.hosts().save(moved, PasswordChange::Keep).await.unwrap();
    let (id, mut states) = house.open_host(host);
    house.engine.sessions().attach(id);
    let _there = other.welcome().await;
    until_ready(&mut states).await;
}

#[tokio::test]
async fn a_login_that_cannot_be_sent_is_asked_for_again() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    house.engine.sessions().attach(id);
    let mut stream = server.accept().await;
    stream.write_all(&[1, 2]).await.unwrap();
    expect(&mut stream, &[2]).await;
    stream.write_all(&[7; 16]).await.unwrap();
    assert_eq!(until_asked(&mut states).await, None);
    house.answer(id, answer("with a \0 in it"));
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0, "nothing was sent");
    let problem = until(&mut states, |state| {
        matches!(state, SessionState::Asking { prompt: Prompt::Password { problem: Some(_), .. }, .. })
    });
    let SessionState::Asking { prompt: Prompt::Password { problem, .. }, .. } = problem.await else { unreachable!() };
    assert!(matches!(problem, Some(ConnectError::BadInput { .. })), "{problem:?}");
}

#[tokio::test]
async fn a_machine_that_is_woken_is_waited_for() {
    let house = house().await;
    let port = Server::start().await.listener.local_addr().unwrap().port();
    let asleep = HostDraft { mac: "00:1a:2b:3c:4d:5e".into(), ..draft(&format!("127.0.0.1::{port}")) };
    let host = house.engine.hosts().save(asleep, PasswordChange::Keep).await.unwrap().host.id;

    // Without being asked for nobody is woken, and nobody waited for.
    let (id, mut states) = house.open_host(host);
    assert!(matches!(until_ended(&mut states).await, Some(Error::Connect(ConnectError::ConnectionRefused { .. }))));
    house.engine.sessions().end(id);

    let id = house.engine.sessions().reserve();
    house.engine.open(id, house.engine.hosts().wake_target(host).unwrap());
    let mut states = house.engine.sessions().watch(id).unwrap();
    house.engine.sessions().attach(id);
    until(&mut states, |state| *state == SessionState::Connecting { stage: Stage::Waking }).await;
    let server = Server { listener: TcpListener::bind(("127.0.0.1", port)).await.unwrap() };
    let _there = server.welcome().await;
    until_ready(&mut states).await;
}

#[tokio::test]
async fn a_server_that_calls_is_talked_to_when_a_person_says_so() {
    let house = house().await;
    let port = Server::start().await.listener.local_addr().unwrap().port();
    let listening = Listening { on: true, address: [127, 0, 0, 1].into(), port };
    house.engine.reverse().listen(listening.clone()).await.unwrap();
    assert_eq!(house.engine.reverse().view().listening, listening);

    let mut there = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let from = there.local_addr().unwrap().to_string();
    there.write_all(VERSION).await.unwrap();
    let call = timeout(TIMEOUT, house.engine.reverse().next()).await.unwrap().unwrap();
    let id = house.engine.sessions().reserve();
    house.engine.open_incoming(id, call);
    let mut states = house.engine.sessions().watch(id).unwrap();
    house.engine.sessions().attach(id);
    let asked = until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
    assert!(matches!(&asked, SessionState::Asking { prompt: Prompt::Call { from: called }, .. } if *called == from));
    until_idle().await;
    assert!(there.read(&mut [0; 1]).now_or_never().is_none(), "nothing is said before");

    house.answer(id, Answer::Call);
    expect(&mut there, VERSION).await;
    there.write_all(&[1, 1]).await.unwrap();
    let_in(&mut there).await;
    let _viewer = view_live(&mut states).await;
    drop(there);
    until_ended(&mut states).await;
    house.engine.sessions().reconnect(id);
    house.answer(id, Answer::Call);
    until(&mut states, |state| matches!(state, SessionState::Ended { .. })).await;
    assert_eq!(until_ended(&mut states).await, Some(Error::Connect(ConnectError::CallerGone { address: from })));
}

#[tokio::test]
async fn a_server_that_hangs_up_while_it_waits_takes_its_question_along() {
    let house = house().await;
    let port = Server::start().await.listener.local_addr().unwrap().port();
    house.engine.reverse().listen(Listening { on: true, address: [127, 0, 0, 1].into(), port }).await.unwrap();
    // Port scans, which are not even asked about.
    for _ in 0..5 {
        drop(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    for _ in 0..5 {
        let mut there = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let from = there.local_addr().unwrap().to_string();
        there.write_all(VERSION).await.unwrap();
        let call = timeout(TIMEOUT, house.engine.reverse().next()).await.unwrap().unwrap();
        assert_eq!(call.from(), from);
        let id = house.engine.sessions().reserve();
        house.engine.open_incoming(id, call);
        let mut states = house.engine.sessions().watch(id).unwrap();
        house.engine.sessions().attach(id);
        until(&mut states, |state| matches!(state, SessionState::Asking { .. })).await;
        assert_eq!(house.engine.sessions().calls(), 1, "the others have gone");
        drop(there);
        assert_eq!(until_ended(&mut states).await, Some(Error::Connect(ConnectError::CallerLeft { address: from })));
    }
}

#[tokio::test]
async fn closing_the_window_closes_the_way_to_the_server_and_the_ticket() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let mut there = server.welcome().await;
    house.engine.sessions().attach(id);
    let url = until_ready(&mut states).await;
    house.engine.sessions().end(id);
    assert_eq!(timeout(TIMEOUT, there.read(&mut [0; 1])).await.unwrap().unwrap_or(0), 0, "the server sees us leave");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Origin", HeaderValue::from_static(ORIGIN));
    assert!(connect_async(request).await.is_err(), "the ticket is dead");
    assert!(house.engine.sessions().watch(id).is_none());
}

#[tokio::test]
async fn a_page_that_stops_ends_what_it_showed_and_the_next_one_takes_its_place() {
    let (house, server) = (house().await, Server::start().await);
    let sessions = house.engine.sessions();
    let (id, mut states) = house.open(&server.address());
    let mut there = server.welcome().await;
    let first = sessions.attach(id).unwrap();
    let _viewer = view(&until_ready(&mut states).await).await;
    sessions.page_stopped(id);
    let stopped = SessionState::Ended { error: Some(ConnectError::PageStopped.into()) };
    assert_eq!(*states.borrow_and_update(), stopped);
    assert_eq!(timeout(TIMEOUT, there.read(&mut [0; 1])).await.unwrap().unwrap_or(0), 0, "the server sees us leave");
    assert!(!sessions.is_attached(id, first));

    // Nobody could use a ticket before the next page is there.
    sessions.reconnect(id);
    let _there = server.welcome().await;
    sessions.page_stopped(id);
    assert!(matches!(*states.borrow_and_update(), SessionState::Connecting { .. }), "it goes on, and waits");
    let second = sessions.attach(id).unwrap();
    assert!(sessions.is_attached(id, second) && second != first);
    until_ready(&mut states).await;
}

#[tokio::test]
async fn a_page_that_stops_after_the_end_leaves_the_reason_and_explains_the_relays() {
    let (house, server) = (house().await, Server::start().await);
    let sessions = house.engine.sessions();
    let (id, mut states) = house.open(&server.address());
    let _there = server.welcome().await;
    sessions.attach(id);
    // The page's socket goes before anybody is told why.
    drop(view(&until_ready(&mut states).await).await);
    until_ended(&mut states).await;
    sessions.page_stopped(id);
    assert_eq!(*states.borrow_and_update(), SessionState::Ended { error: Some(ConnectError::PageStopped.into()) });
    sessions.close(id);
    sessions.page_stopped(id);
    assert_eq!(*states.borrow_and_update(), SessionState::Ended { error: None });
}

#[tokio::test]
async fn a_viewer_that_goes_away_is_explained_by_what_the_page_says() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let _there = server.welcome().await;
    house.engine.sessions().attach(id);
    drop(view(&until_ready(&mut states).await).await);
    until_ended(&mut states).await;
    house.engine.sessions().viewer_failed(id, "the picture was not understood".into());
    let said = until(&mut states, |state| matches!(state, SessionState::Ended { error: Some(Error::Connect(ConnectError::ViewerFailed { detail })) } if !detail.is_empty())).await;
    assert_eq!(
        said,
        SessionState::Ended {
            error: Some(Error::Connect(ConnectError::ViewerFailed { detail: "the picture was not understood".into() }))
        }
    );
}

#[tokio::test]
async fn a_screen_that_is_too_large_ends_the_session_for_good() {
    let (house, server) = (house().await, Server::start().await);
    let (id, mut states) = house.open(&server.address());
    let _there = server.welcome().await;
    house.engine.sessions().attach(id);
    until_ready(&mut states).await;
    house.engine.sessions().screen_too_large(id, 20_000, 20_001);
    let error = Error::Connect(ConnectError::ScreenTooLarge { width: 20_000, height: 20_001 });
    assert_eq!(*states.borrow_and_update(), SessionState::Ended { error: Some(error.clone()) });
    // What the page says later about its connection is no better reason.
    house.engine.sessions().viewer_failed(id, "it closed".into());
    assert_eq!(*states.borrow_and_update(), SessionState::Ended { error: Some(error) });
}

#[tokio::test]
async fn the_demo_desktop_lets_us_in() {
    let house = house().await;
    let demo = house.engine.hosts().view().hosts.into_iter().find(|host| host.demo).unwrap();
    let id = house.engine.sessions().reserve();
    house.engine.open(id, house.engine.hosts().target_of(demo.id).unwrap());
    let mut states = house.engine.sessions().watch(id).unwrap();
    house.engine.sessions().attach(id);
    until_ready(&mut states).await;
}

/// What is logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_state_no_view_and_no_log_shows_a_password() {
    let (log, written) = (Log::default(), Log::default());
    let logs = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || logs.clone());
    // For all tests of this program: what they log has no such password either.
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let (house, server) = (house().await, Server::start().await);
    let password = PasswordChange::Set { password: "sesame-saved".to_owned().into() };
    let host = house.engine.hosts().save(draft(&server.address()), password).await.unwrap().host.id;

    let (id, states) = house.open_host(host);
    let mut seen = states.clone();
    let mut note = written.clone();
    let noting = tokio::spawn(async move {
        while seen.changed().await.is_ok() {
            let state = seen.borrow_and_update().clone();
            writeln!(note, "{state:?} {}", serde_json::to_string(&state).unwrap()).unwrap();
            if let SessionState::Reconnecting { error, .. } = state {
                writeln!(note, "{error} {error:?}").unwrap();
            }
        }
    });
    let mut states = states;
    // The saved one is wrong, then one that is typed; then the way breaks, and the machine is gone.
    server.ask(1).await.write_all(b"\0\0\0\x04nope").await.unwrap();
    until_asked(&mut states).await;
    let remember = Remember::ForMachine;
    house.answer(id, Answer::Password { username: None, password: "sesame-typed".to_owned().into(), remember });
    let mut there = server.ask(0).await;
    finish(&mut there).await;
    house.engine.sessions().attach(id);
    let _viewer = view_live(&mut states).await;
    writeln!(
        written.clone(),
        "{:?} {:?}",
        house.engine.sessions().view(id),
        serde_json::to_string(&house.engine.hosts().view()).unwrap()
    )
    .unwrap();
    drop(there);
    until_broken(&mut states).await;
    until_idle().await;
    noting.abort();

    for (name, text) in [("log", log), ("written", written)] {
        let text = String::from_utf8_lossy(&text.0.lock().unwrap()).into_owned();
        assert!(text.contains(&server.shown()), "{name} is of this session: {text}");
        assert!(!text.contains("sesame"), "{text}");
    }
}
