//! Reverse connections: servers that connect to the viewer, which listens ("listen mode" in other viewers; TCP port 5500
//! by custom).
//!
//! Off until the user turns it on. A connection is announced once its RFB greeting has come and it has stayed for a moment, so that
//! a port scan opens no window, and nothing is sent to it before the user has agreed.

use super::tcp;
use crate::platform;
use parking_lot::Mutex;
use rfb::Stream;
use std::{
    collections::VecDeque,
    io::{self, Cursor, ErrorKind},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, join},
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

/// How many announced connections may wait for the user's answer; more are closed.
const MAX_WAITING: usize = 3;
/// How many connections may be without their greeting; for another one the oldest is closed.
const MAX_SILENT: usize = 16;
/// How long a connection may take to send its greeting, 10 s. VNC servers send it at once.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection has to stay before anybody is asked about it: scanners greet and hang up.
const STAYING: Duration = Duration::from_millis(500);
/// The length of a ProtocolVersion message in bytes
/// ([RFC 6143, section 7.1.1](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.1)).
const GREETING: usize = 12;
/// How a ProtocolVersion message begins.
const GREETING_START: &[u8] = b"RFB ";
/// How much a connection may send before the user has agreed, in bytes: more than its greeting is not RFB, but may be
/// told so by the handshake.
const MAX_EARLY: usize = 4096;
/// Delay before the next `accept` after an error such as EMFILE.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(500);

/// This machine's addresses, without link-local ones: another machine would need the name of its own interface for them.
pub(crate) fn addresses() -> Vec<String> {
    let found = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> =
        found.iter().filter(|interface| !interface.is_link_local()).map(if_addrs::Interface::ip).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.iter().map(IpAddr::to_string).collect()
}

/// A server that has connected and sent its greeting, and waits for the user's answer. Dropping it closes the connection.
#[derive(Debug)]
pub struct IncomingConnection {
    /// The connection, without what is in `early`.
    stream: TcpStream,
    /// What it has sent: at least the greeting.
    early: Vec<u8>,
    /// Its address.
    pub(crate) from: SocketAddr,
    /// Its place among [`MAX_WAITING`]; free again when this is dropped or accepted.
    _place: OwnedSemaphorePermit,
}

impl IncomingConnection {
    /// Its address, with an IPv4 address in its usual form.
    pub fn from(&self) -> String {
        SocketAddr::new(self.from.ip().to_canonical(), self.from.port()).to_string()
    }

    /// Returns when the server has closed the connection, or sends so much that it is none. Can be dropped and called
    /// again.
    pub async fn closed(&mut self) {
        hung_up(&mut self.stream, &mut self.early).await;
    }

    /// The TCP connection, for its options and addresses.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.stream
    }

    /// The connection from its first byte on.
    pub(crate) fn into_stream(self) -> Stream {
        let (read, write) = self.stream.into_split();
        Box::new(join(Cursor::new(self.early).chain(read), write))
    }
}

/// Listens for reverse connections; at most one listener at a time, which is gone when it is turned off or dropped.
pub(crate) struct ReverseListener {
    incoming: mpsc::UnboundedSender<IncomingConnection>,
    places: Arc<Semaphore>,
    listener: Mutex<Option<AbortOnDropHandle<()>>>,
    runtime: Handle,
}

impl ReverseListener {
    /// A listener that is turned off, and where its connections come out.
    pub(crate) fn new(runtime: Handle) -> (Self, mpsc::UnboundedReceiver<IncomingConnection>) {
        // Holds MAX_WAITING connections at most.
        let (incoming, announced) = mpsc::unbounded_channel();
        (
            Self { incoming, places: Arc::new(Semaphore::new(MAX_WAITING)), listener: Mutex::default(), runtime },
            announced,
        )
    }

    /// Listens at this address, and no longer at the former one; returns the address with its port. `None` only stops.
    /// Announced connections stay.
    ///
    /// # Errors
    /// The system's: the port is taken, or the address is not this machine's. Then nothing listens.
    pub(crate) async fn listen(&self, at: Option<SocketAddr>) -> io::Result<Option<SocketAddr>> {
        // First the former one, which may hold the same port.
        let former = self.listener.lock().take();
        if let Some(former) = former {
            former.abort();
            let _ = former.await;
        }
        let Some(address) = at else { return Ok(None) };
        let listener = platform::bind_listener(address)?;
        let bound = listener.local_addr()?;
        let task = self.runtime.spawn(accept(listener, self.incoming.clone(), Arc::clone(&self.places)));
        *self.listener.lock() = Some(AbortOnDropHandle::new(task));
        Ok(Some(bound))
    }
}

async fn accept(listener: TcpListener, incoming: mpsc::UnboundedSender<IncomingConnection>, places: Arc<Semaphore>) {
    // Both end with this task.
    let (mut silent, mut oldest_first) = (JoinSet::new(), VecDeque::<AbortHandle>::new());
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                while silent.try_join_next().is_some() {}
                oldest_first.retain(|task| !task.is_finished());
                if oldest_first.len() >= MAX_SILENT
                    && let Some(oldest) = oldest_first.pop_front()
                {
                    tracing::info!("a reverse connection was closed: it had sent nothing, and others came");
                    oldest.abort();
                }
                let announced = announce(stream, from, incoming.clone(), Arc::clone(&places));
                oldest_first.push_back(silent.spawn(announced));
            }
            Err(cause) => {
                tracing::warn!(%cause, "a reverse connection failed");
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

/// Waits for a connection's greeting and hands it on, if there is a place for it.
async fn announce(
    mut stream: TcpStream,
    from: SocketAddr,
    incoming: mpsc::UnboundedSender<IncomingConnection>,
    places: Arc<Semaphore>,
) {
    // A caller whose network vanishes leaves, too.
    if let Err(cause) = tcp::prepare(&stream) {
        return tracing::info!(%from, %cause, "a reverse connection has gone");
    }
    let mut early = match timeout(GREETING_TIMEOUT, read_greeting(&mut stream)).await {
        Ok(Ok(early)) => early,
        Ok(Err(cause)) => return tracing::info!(%from, %cause, "a reverse connection is no VNC server's"),
        Err(_) => return tracing::info!(%from, "a reverse connection has sent no greeting"),
    };
    if timeout(STAYING, hung_up(&mut stream, &mut early)).await.is_ok() {
        return tracing::info!(%from, "a reverse connection hung up at once");
    }
    match places.try_acquire_owned() {
        // Fails when the engine has ended.
        Ok(place) => drop(incoming.send(IncomingConnection { stream, early, from, _place: place })),
        Err(_) => tracing::info!(%from, "a reverse connection was closed: others wait to be answered"),
    }
}

/// Keeps what a connection sends, and returns when it has closed, or sends so much that it is none.
async fn hung_up(stream: &mut TcpStream, early: &mut Vec<u8>) {
    let mut buffer = [0; 256];
    while early.len() <= MAX_EARLY {
        match stream.read(&mut buffer).await {
            Ok(count @ 1..) => early.extend_from_slice(&buffer[..count]),
            Ok(0) | Err(_) => return,
        }
    }
}

/// Reads a ProtocolVersion message.
async fn read_greeting(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut greeting = [0; GREETING];
    let mut length = 0;
    while length < GREETING {
        match stream.read(&mut greeting[length..]).await? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => length += count,
        }
        let start = length.min(GREETING_START.len());
        if greeting[..start] != GREETING_START[..start] {
            return Err(io::Error::new(ErrorKind::InvalidData, "its first bytes are no RFB greeting"));
        }
    }
    Ok(greeting.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::{io::AsyncWriteExt, task::yield_now};

    const VERSION: &[u8] = b"RFB 003.008\n";
    /// What each wait in a test has to be done in.
    const TEST_TIMEOUT: Duration = Duration::from_secs(10);

    fn here(port: u16) -> Option<SocketAddr> {
        Some((Ipv4Addr::LOCALHOST, port).into())
    }

    async fn listen() -> (ReverseListener, SocketAddr, mpsc::UnboundedReceiver<IncomingConnection>) {
        let (listener, incoming) = ReverseListener::new(Handle::current());
        let address = listener.listen(here(0)).await.unwrap().unwrap();
        (listener, address, incoming)
    }

    /// A server that has connected and sent these bytes.
    async fn server(at: SocketAddr, sent: &[u8]) -> TcpStream {
        let mut server = TcpStream::connect(at).await.unwrap();
        server.write_all(sent).await.unwrap();
        server
    }

    async fn announced(incoming: &mut mpsc::UnboundedReceiver<IncomingConnection>) -> IncomingConnection {
        timeout(TEST_TIMEOUT, incoming.recv()).await.unwrap().unwrap()
    }

    async fn is_closed(server: &mut TcpStream) {
        let read = timeout(TEST_TIMEOUT, server.read(&mut [0; 1])).await.unwrap();
        assert_eq!(read.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn a_server_that_greets_is_announced_and_read_from_its_first_byte() {
        let (_listener, address, mut incoming) = listen().await;
        let mut server = server(address, &VERSION[..7]).await;
        server.write_all(&VERSION[7..]).await.unwrap();
        let mut connection = announced(&mut incoming).await;
        assert_eq!(connection.from(), server.local_addr().unwrap().to_string());
        assert!(futures_util::poll!(Box::pin(connection.closed())).is_pending());
        server.write_all(b"more").await.unwrap();
        // Reads it, and waits for the end.
        let closed = timeout(Duration::from_millis(1), async {
            loop {
                tokio::select! {
                    biased;
                    () = connection.closed() => break,
                    () = yield_now() => {}
                }
                if connection.early.len() > VERSION.len() {
                    std::future::pending::<()>().await;
                }
            }
        });
        assert!(closed.await.is_err());

        let mut stream = connection.into_stream();
        let mut sent = [0; 16];
        timeout(TEST_TIMEOUT, stream.read_exact(&mut sent)).await.unwrap().unwrap();
        assert_eq!(&sent, b"RFB 003.008\nmore");
        stream.write_all(VERSION).await.unwrap();
        let mut answer = [0; 12];
        server.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, VERSION);
        drop(stream);
        is_closed(&mut server).await;
    }

    #[tokio::test]
    async fn a_port_scan_is_never_announced_and_takes_no_place() {
        let (_listener, address, mut incoming) = listen().await;
        for sent in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", b"RFB", b"\x16\x03\x01\x02\x00"] {
            drop(server(address, sent).await);
        }
        let mut other = server(address, b"SSH-2.0-x\r\n").await;
        is_closed(&mut other).await;
        // Scanners that know RFB greet like a server, and leave.
        for _ in 0..2 * MAX_WAITING {
            drop(server(address, VERSION).await);
        }
        let real = server(address, VERSION).await;
        assert_eq!(announced(&mut incoming).await.from, real.local_addr().unwrap());
        assert!(incoming.try_recv().is_err());
    }

    #[tokio::test]
    async fn connections_that_send_nothing_make_room_for_a_server() {
        let (_listener, address, mut incoming) = listen().await;
        let mut silent = Vec::new();
        for _ in 0..MAX_SILENT {
            silent.push(server(address, b"").await);
        }
        let real = server(address, VERSION).await;
        assert_eq!(announced(&mut incoming).await.from, real.local_addr().unwrap());
        is_closed(&mut silent[0]).await;
        assert!(futures_util::poll!(Box::pin(silent[1].read(&mut [0; 1]))).is_pending(), "only the oldest");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_is_closed_at_the_deadline() {
        let (_listener, address, mut incoming) = listen().await;
        let mut silent = server(address, b"RFB 0").await;
        let began = tokio::time::Instant::now();
        assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or(0), 0);
        assert!(began.elapsed() >= GREETING_TIMEOUT);
        assert!(incoming.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_while_it_waits_is_noticed_and_frees_its_place() {
        let (_listener, address, mut incoming) = listen().await;
        let mut waiting = Vec::new();
        for _ in 0..MAX_WAITING {
            let server = server(address, VERSION).await;
            waiting.push((server, announced(&mut incoming).await));
        }
        let mut one_more = server(address, VERSION).await;
        is_closed(&mut one_more).await;

        let (server_ended, mut connection) = waiting.pop().unwrap();
        drop(server_ended);
        timeout(TEST_TIMEOUT, connection.closed()).await.unwrap();
        drop(connection);
        let late = server(address, VERSION).await;
        assert_eq!(announced(&mut incoming).await.from, late.local_addr().unwrap());
        // Those who wait still are not taken for gone.
        for (_, connection) in &mut waiting {
            assert!(futures_util::poll!(Box::pin(connection.closed())).is_pending());
        }
    }

    #[tokio::test]
    async fn a_connection_that_floods_while_it_waits_is_given_up() {
        let (_listener, address, mut incoming) = listen().await;
        let flood = [b'x'; 2 * MAX_EARLY];
        let mut at_once = server(address, &[VERSION, &flood].concat()).await;
        is_closed(&mut at_once).await;
        let mut later = server(address, VERSION).await;
        let mut connection = announced(&mut incoming).await;
        assert_eq!(connection.from, later.local_addr().unwrap(), "nobody is asked about the other one");
        later.write_all(&flood).await.unwrap();
        timeout(TEST_TIMEOUT, connection.closed()).await.unwrap();
    }

    #[test]
    fn this_machine_has_an_address() {
        assert!(addresses().contains(&"127.0.0.1".to_owned()));
    }

    #[tokio::test]
    async fn turned_off_it_listens_no_longer_and_lets_go_of_what_has_not_greeted() {
        let (listener, address, _incoming) = listen().await;
        let mut silent = server(address, b"").await;
        // The same port once more: the former listener has to be gone by then.
        assert_eq!(listener.listen(here(address.port())).await.unwrap(), Some(address));
        is_closed(&mut silent).await;
        assert_eq!(listener.listen(None).await.unwrap(), None);
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (listener, _incoming) = ReverseListener::new(Handle::current());
        let refused = listener.listen(here(taken.local_addr().unwrap().port())).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }
}
