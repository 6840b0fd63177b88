//! A WebSocket on loopback, through which a page reaches a server's byte stream. Knows neither hosts, nor sessions, nor
//! RFB.
//!
//! ```text
//! session: relay.issue() ─▶ Invitation { url, viewer }      page: new WebSocket(url)
//!                                          ▲                          │
//!                                    oneshot, once                    ▼
//!                           ticket ◀── redeem ── upgrade ◀── one listener for the app's life
//!
//! session: splice(viewer, server)          until either side ends; splice_between has something look on, and leave out
//! ```
//! A viewer that takes messages without limit, as every browser does, has them pile up in memory and in front of the answer
//! to a key. One that offers the subprotocol `binary.acknowledged` sends text messages, each with the number of bytes in
//! decimal digits that it has handled since the last one, and gets no more than it handles in a moment.
//!
//! Nothing outlives its owner: dropping the [`Relay`] frees the port and ends the connections without a session, dropping
//! an [`Invitation`] invalidates its ticket, dropping a [`Viewer`] closes it.
//!
//! ```no_run
//! use relay::{Relay, splice};
//!
//! # async fn example() -> std::io::Result<()> {
//! let relay = Relay::start(vec!["tauri://localhost".to_owned()]).await?;
//! let invitation = relay.issue()?;
//! println!("{}", invitation.url());
//! if let Some(viewer) = invitation.viewer().await {
//!     let server = tokio::net::TcpStream::connect("127.0.0.1:5900").await?;
//!     // With Nagle's algorithm, a pointer event may wait 40 ms for the acknowledgement of the one before.
//!     server.set_nodelay(true)?;
//!     println!("{}", splice(viewer, server).await);
//! }
//! # Ok(())
//! # }
//! ```
//! `examples/relay.rs` is the same as a program. For another rule than a ticket that is valid once, implement
//! [`Admission`] and call [`listen`].

mod buffer;
mod frame;
mod splice;
mod ticket;
mod upgrade;
mod viewer;
mod window;

#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;

#[cfg(test)]
mod tests;

pub use splice::{Between, EndReason, splice, splice_between};
pub use ticket::{Admission, PresentedTicket, Ticket};
pub use upgrade::Origins;
pub use viewer::{Viewer, ViewerError};

use buffer::BufferPool;
use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use ticket::{TICKET_LIFETIME, Tickets};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use upgrade::{FORBIDDEN, MAX_HEAD, RejectReason, UpgradePolicy, UpgradeRequest};

/// A listener that admits viewers by tickets that are valid once.
pub struct Relay {
    listener: Listener,
    tickets: Arc<Tickets>,
    lifetime: Duration,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1, for pages from exactly these origins.
    ///
    /// # Errors
    /// If loopback has no free port.
    pub async fn start(origins: Vec<String>) -> io::Result<Self> {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), Origins::Only(origins))
    }

    /// Listens at an address of loopback; with port 0, at a free port. Needs a tokio runtime.
    ///
    /// # Errors
    /// If the address is taken, or not loopback's.
    pub fn at(address: SocketAddr, origins: Origins) -> io::Result<Self> {
        let tickets = Arc::new(Tickets::default());
        let listener = listen(address, origins, Arc::clone(&tickets))?;
        Ok(Self { listener, tickets, lifetime: TICKET_LIFETIME })
    }

    /// The same with tickets that are valid for so long: ten seconds are for a page that is loaded, and few for a person.
    #[must_use]
    pub fn with_ticket_lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.listener.address.port()
    }

    /// Issues a ticket, which admits one viewer, once, within ten seconds or what was chosen instead.
    ///
    /// # Errors
    /// If the operating system's random number generator fails.
    pub fn issue(&self) -> io::Result<Invitation> {
        let (session, viewer) = oneshot::channel();
        let (ticket, expires) = self.tickets.issue(session, self.lifetime)?;
        Ok(Invitation { url: self.listener.url(&ticket), expires, viewer })
    }
}

/// Accepts viewers until it is dropped.
pub struct Listener {
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Listener {
    /// The URL for a viewer with this ticket: `ws://ADDRESS/TICKET`.
    pub fn url(&self, ticket: &Ticket) -> String {
        format!("ws://{}/{}", self.address, ticket.as_str())
    }
}

/// Accepts viewers at an address of loopback; with port 0, at a free port. Needs a tokio runtime.
///
/// # Errors
/// If the address is taken, or not loopback's: the WebSocket is not encrypted, as it does not leave the machine.
pub fn listen(address: SocketAddr, origins: Origins, admission: Arc<impl Admission>) -> io::Result<Listener> {
    if !address.ip().is_loopback() {
        let problem = format!("the relay listens on loopback only, and {address} is not there");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(accept_all(listener, Arc::new(UpgradePolicy::new(address, origins)), admission));
    Ok(Listener { address, _task: AbortOnDropHandle::new(task) })
}

/// Waits for one viewer. Without `Debug`, as its URL is a secret for as long as the ticket is valid.
pub struct Invitation {
    url: String,
    expires: Instant,
    viewer: oneshot::Receiver<Viewer>,
}

impl Invitation {
    /// The URL to connect to: `ws://127.0.0.1:PORT/TICKET`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The viewer; none if the ticket expired, or was used up by a request that was rejected.
    pub async fn viewer(self) -> Option<Viewer> {
        timeout_at(self.expires, self.viewer).await.ok()?.ok()
    }
}

/// Accepts connections. At most [`MAX_HALF_OPEN`] are half-open, that is, without an accepted upgrade: beyond that the
/// oldest is dropped, so that connections that send nothing cannot keep a viewer out.
async fn accept_all(listener: TcpListener, policy: Arc<UpgradePolicy>, admission: Arc<impl Admission>) {
    let pool = Arc::new(BufferPool::default());
    let mut half_open: VecDeque<(Instant, AbortOnDropHandle<()>)> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the relay could not accept a connection");
                sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            }
        };
        half_open.retain(|(_, upgrade)| !upgrade.is_finished());
        if half_open.len() == MAX_HALF_OPEN
            && let Some((since, _)) = half_open.front()
        {
            sleep_until(*since + MIN_HALF_OPEN_TIME).await;
            tracing::warn!("the relay dropped a connection: too many are half-open");
            half_open.pop_front();
        }
        let upgrade = upgrade(stream, Arc::clone(&policy), Arc::clone(&admission), Arc::clone(&pool));
        half_open.push_back((Instant::now(), AbortOnDropHandle::new(tokio::spawn(upgrade))));
    }
}

/// Reads one request and accepts or rejects it.
async fn upgrade(
    mut stream: TcpStream,
    policy: Arc<UpgradePolicy>,
    admission: Arc<impl Admission>,
    pool: Arc<BufferPool>,
) {
    let request = timeout(REQUEST_TIMEOUT, read_request(&mut stream, &policy)).await;
    let accepted = request.unwrap_or(Err(RejectReason::Timeout)).and_then(|(request, early)| {
        // Redeemed before anything else: whatever is wrong with the request, its ticket is used up.
        let session = request.ticket.and_then(|ticket| admission.redeem(&ticket));
        Ok((request.params?, session.ok_or(RejectReason::Ticket)?, early))
    });
    match accepted {
        Ok((params, session, early)) => {
            // With Nagle's algorithm, small messages wait for acknowledgements: 22 instead of 30 updates a second.
            let responded = async {
                stream.set_nodelay(true)?;
                stream.write_all(params.response().as_bytes()).await
            };
            match timeout(RESPONSE_TIMEOUT, responded).await {
                // If the session has ended meanwhile, the viewer is dropped here, which closes it.
                Ok(Ok(())) => drop(session.send(Viewer::new(stream, &early, pool, params.acknowledges()))),
                _ => tracing::info!("a viewer disconnected before its upgrade was answered"),
            }
        }
        Err(reason) => {
            tracing::warn!(%reason, "the relay rejected a connection");
            let _ = timeout(LINGER, reject(stream)).await;
        }
    }
}

/// Reads one request, and returns it with the bytes that were already sent behind it.
async fn read_request(
    stream: &mut TcpStream,
    policy: &UpgradePolicy,
) -> Result<(UpgradeRequest, Vec<u8>), RejectReason> {
    let mut head = vec![0; MAX_HEAD];
    let mut length = 0;
    loop {
        match stream.read(&mut head[length..]).await {
            Ok(0) | Err(_) => return Err(RejectReason::Disconnected),
            Ok(read) => length += read,
        }
        if let Some(request) = policy.parse(&head[..length])? {
            head.truncate(length);
            let early = head.split_off(request.length);
            return Ok((request, early));
        }
    }
}

/// Sends the response, and reads on until EOF: closing a socket with unread bytes resets the connection and discards what
/// was sent.
async fn reject(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(FORBIDDEN).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(MAX_DISCARDED), &mut tokio::io::sink()).await?;
    Ok(())
}

/// For the whole request to arrive.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// For the response to an accepted request to be written.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// For a client to receive its rejection and close.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that are read and discarded after a rejection, at most.
const MAX_DISCARDED: u64 = 64 * 1024;
/// Half-open connections, at most. One for each window is usual, and many systems allow a process 1,024 files.
const MAX_HALF_OPEN: usize = 256;
/// A half-open connection is kept at least this long, even when newer ones exceed the limit.
const MIN_HALF_OPEN_TIME: Duration = Duration::from_millis(250);
/// Connections that the kernel queues until they are accepted. Beyond that, a client's SYN is retried after a second.
const BACKLOG: u32 = 1024;
/// Delay before the next `accept` after an error such as EMFILE.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
