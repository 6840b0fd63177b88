//! An engine, a VNC server, a session that is well, and the counting.

use crate::{
    engine,
    page::{self, ORIGIN, Page, SERVER_INIT, VERSION, noise},
    proxy::{Fault, Proxy},
};
use futures_util::{SinkExt, StreamExt};
use portlight_engine::{
    Engine, Error,
    model::{RewindChoice, SessionId},
    session::SessionState,
};
use std::{
    fmt, fs,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Handle},
    sync::watch,
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::Message;

/// Far longer than anything here takes; only a test that fails waits so long.
const TIMEOUT: Duration = Duration::from_secs(20);
/// An echo from a session that is well, though its neighbour is not. Measured in milliseconds; the machine may be busy.
const WELL: Duration = Duration::from_secs(2);

/// One fault at a time: files are counted for the whole process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub async fn within<F: Future>(future: F) -> F::Output {
    timeout(TIMEOUT, future).await.expect("nothing happens any more")
}

/// Brings everything up, lets the fault happen beside a session that is well, and counts before and after. Returns the
/// growth of memory in KiB.
pub fn run(name: &str, fault: impl AsyncFnOnce(&World)) -> i64 {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new().await;
        world.still_well().await;
        let (before, memory_before) = (Open::settled().await, memory());
        let began = Instant::now();
        fault(&world).await;
        let took = began.elapsed();
        let cost = memory() - memory_before;
        world.still_well().await;
        let after = before.again().await;
        assert_eq!(after, before, "something is left of: {name}");
        println!("{name}: {} ms, {cost:+} KiB, {after} as before", took.as_millis());
        cost
    })
}

/// What must come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// Tasks of this test's runtime.
    pub tasks: usize,
    /// File descriptors of the process.
    pub files: usize,
}

impl Open {
    pub fn now() -> Self {
        let tasks = Handle::current().metrics().num_alive_tasks();
        // Looking is one more file.
        Self { tasks, files: fs::read_dir("/proc/self/fd").unwrap().count() - 1 }
    }

    /// What is open once nothing ends any more that was on its way to.
    pub async fn settled() -> Self {
        loop {
            let open = Self::now();
            sleep(Duration::from_millis(50)).await;
            if Self::now() == open {
                return open;
            }
        }
    }

    /// What is open once it is as much as this, or in the end. Sockets and tasks end a moment after what they belonged to:
    /// counts cannot be awaited, only watched.
    pub async fn again(self) -> Self {
        let deadline = Instant::now() + Duration::from_secs(5);
        while Self::now() != self && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
        Self::now()
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tasks and {} files", self.tasks, self.files)
    }
}

/// Memory that the process has written to, in KiB: without its program and libraries, of which parts are read at any time.
fn memory() -> i64 {
    let memory = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = memory.lines().find(|line| line.starts_with("Anonymous:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A thousand sessions with both their ends are four thousand sockets.
pub fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: allowed, maximum: allowed }).unwrap();
}

/// A running Portlight without its windows.
pub struct World {
    pub engine: Arc<Engine>,
    server: TcpListener,
    neighbour: tokio::sync::Mutex<(Page, TcpStream)>,
    _neighbours_session: SessionId,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine::start(folder.path(), &[ORIGIN]).await;
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (id, page, stream) = open(&engine, &server, server.local_addr().unwrap().port()).await;
        let neighbour = tokio::sync::Mutex::new((page, stream));
        Self { engine, server, neighbour, _neighbours_session: id, _folder: folder }
    }

    /// A session through a proxy with this fault: itself, its page, and the server's end.
    pub async fn session(&self, fault: Fault) -> (Session<'_>, Page, TcpStream) {
        let proxy = Proxy::to(self.server.local_addr().unwrap(), fault).await;
        let (id, page, server) = open(&self.engine, &self.server, proxy.port).await;
        let states = self.engine.sessions().watch(id).unwrap();
        (Session { id, states, engine: &self.engine, _proxy: proxy }, page, server)
    }

    /// What a server has sent by the time a session is live.
    pub fn handshake(&self) -> usize {
        VERSION.len() + 2 + 4 + SERVER_INIT.len()
    }

    /// The neighbour's key is heard and its picture moves, at once.
    pub async fn still_well(&self) {
        let (page, server) = &mut *self.neighbour.lock().await;
        let echo = async {
            page.send(Message::Binary(b"key".as_slice().into())).await.unwrap();
            let mut key = [0; 3];
            server.read_exact(&mut key).await.unwrap();
            server.write_all(&noise(10_000)).await.unwrap();
            let mut shown = 0;
            while shown < 10_000 {
                shown += page.next().await.unwrap().unwrap().len();
            }
        };
        timeout(WELL, echo).await.expect("the session beside suffers");
    }
}

/// A session that something is done to. Its window closes when this is dropped.
pub struct Session<'w> {
    id: SessionId,
    states: watch::Receiver<SessionState>,
    engine: &'w Engine,
    _proxy: Proxy,
}

impl Session<'_> {
    /// How it ended, as the page is told.
    pub async fn ended(&mut self) -> Option<Error> {
        let ended = self.states.wait_for(|state| matches!(state, SessionState::Ended { .. }));
        match within(ended).await.unwrap().clone() {
            SessionState::Ended { error } => error,
            _ => None,
        }
    }

    pub fn state(&self) -> SessionState {
        self.states.borrow().clone()
    }

    /// Its window is closed.
    pub fn end(&mut self) {
        self.engine.sessions().end(self.id);
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.engine.sessions().end(self.id);
    }
}

/// Opens a session by `port` to the server that accepts at `listener`, up to where bytes flow.
async fn open(engine: &Arc<Engine>, listener: &TcpListener, port: u16) -> (SessionId, Page, TcpStream) {
    // One way, walked once: what it comes to is the question here.
    let mut target = engine.hosts().target(&format!("127.0.0.1::{port}"), false).unwrap();
    target.reconnect = false;
    // What is kept to be seen again has its own bound, and would be counted as the relay's.
    target.display.rewind = Some(RewindChoice::Off);
    let id = engine.sessions().reserve();
    engine.open(id, target);
    engine.sessions().attach(id);
    let mut states = engine.sessions().watch(id).unwrap();
    let server = within(welcome(listener)).await;
    let ready = |state: &SessionState| matches!(state, SessionState::Ready { .. } | SessionState::Ended { .. });
    let url = match within(states.wait_for(ready)).await.unwrap().clone() {
        SessionState::Ready { url, .. } => url,
        other => panic!("{other:?}"),
    };
    let page = page::view(url).await;
    within(states.wait_for(|state| *state == SessionState::Live)).await.unwrap();
    (id, page, server)
}

/// A VNC server that lets anybody in (RFC 6143, section 7.1).
async fn welcome(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    for (say, hear) in [(&VERSION[..], VERSION.len()), (&[1, 1], 1), (&[0; 4], 1), (SERVER_INIT, 0)] {
        stream.write_all(say).await.unwrap();
        stream.read_exact(&mut vec![0; hear]).await.unwrap();
    }
    stream
}
