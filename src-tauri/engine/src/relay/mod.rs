//! The relay: a WebSocket on loopback by which the viewer's page reaches the server's byte stream. It knows neither
//! hosts nor sessions.
//!
//! ```text
//! session: relay.issue() ─▶ Invitation { url, viewer }      page: new WebSocket(url)
//!                                          ▲                          │
//!                                    oneshot, once                    ▼
//!                           ticket ◀── redeem ── door ◀── one listener for the app's life
//!
//! session: splice(viewer, server)          until either side ends
//! ```
//! Nothing here outlives its owner: dropping the [`Relay`] frees the port and ends whoever stands at the door, dropping
//! an [`Invitation`] kills its ticket, dropping a [`Viewer`] closes it.
//!
//! ```no_run
//! use portlight_engine::relay::{Relay, splice};
//!
//! # async fn example() -> std::io::Result<()> {
//! let relay = Relay::start(vec!["tauri://localhost".to_owned()]).await?;
//! let invitation = relay.issue()?;
//! println!("{}", invitation.url());
//! if let Some(viewer) = invitation.viewer().await {
//!     let server = tokio::net::TcpStream::connect("127.0.0.1:5900").await?;
//!     // Without it, a pointer event may wait 40 ms for the acknowledgement of the one before.
//!     server.set_nodelay(true)?;
//!     println!("{}", splice(viewer, server).await);
//! }
//! # Ok(())
//! # }
//! ```
//! `examples/relay.rs` is the same as a program. Who needs another rule for who comes in than a ticket that is good once
//! writes an [`Admission`] and calls [`listen`].

mod buffer;
mod door;
mod frame;
mod splice;
mod ticket;
mod viewer;

#[cfg(test)]
mod tests;

pub use door::Origins;
pub use splice::{Ended, splice};
pub use ticket::{Shown, Ticket};
pub use viewer::{Viewer, ViewerBroke};

use buffer::Buffers;
use door::{Cause, Door, Knock, MAX_HEAD, REFUSAL};
use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use ticket::Tickets;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;

/// A listener whose viewers come in by tickets that are good once.
pub struct Relay {
    listening: Listening,
    tickets: Arc<Tickets>,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1, for pages from exactly these origins.
    ///
    /// # Errors
    /// When loopback has no port for us.
    pub async fn start(origins: Vec<String>) -> io::Result<Self> {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), Origins::Only(origins))
    }

    /// Listens at an address of loopback. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, or not loopback's.
    pub fn at(address: SocketAddr, origins: Origins) -> io::Result<Self> {
        let tickets = Arc::new(Tickets::default());
        Ok(Self { listening: listen(address, origins, Arc::clone(&tickets))?, tickets })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.listening.address.port()
    }

    /// Issues a ticket: the right for one viewer to come in, once, within ten seconds.
    ///
    /// # Errors
    /// When the operating system has no randomness to draw it from.
    pub fn issue(&self) -> io::Result<Invitation> {
        let (session, viewer) = oneshot::channel();
        let (ticket, until) = self.tickets.issue(session)?;
        Ok(Invitation { url: self.listening.url(&ticket), until, viewer })
    }
}

/// Who comes in. For the app that is [`Relay`]'s table of tickets, of which each is good once.
pub trait Admission: Send + Sync + 'static {
    /// To whom the viewer goes that shows this ticket; none where it is not let in. Whatever else is wrong with the
    /// viewer's request, this is asked first: a ticket that was shown is used up.
    ///
    /// Compare in constant time, see [`Ticket::reads`].
    fn redeem(&self, shown: &Shown) -> Option<oneshot::Sender<Viewer>>;
}

/// A listener that receives viewers until this is dropped.
pub struct Listening {
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Listening {
    /// Where a viewer with this ticket is to connect.
    pub fn url(&self, ticket: &Ticket) -> String {
        format!("ws://{}/{}", self.address, ticket.text())
    }
}

/// Receives viewers at an address of loopback; with port 0, at a free port. Needs a tokio runtime.
///
/// # Errors
/// When the address is taken, or not loopback's: what the relay moves is not encrypted, as it does not leave the machine.
pub fn listen(address: SocketAddr, origins: Origins, admission: Arc<impl Admission>) -> io::Result<Listening> {
    if !address.ip().is_loopback() {
        let problem = format!("the relay listens on loopback only, and {address} is not there");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(receive_all(listener, Arc::new(Door::new(address, origins)), admission));
    Ok(Listening { address, _task: AbortOnDropHandle::new(task) })
}

/// Waits for one viewer. Has no `Debug`, as its URL is a secret for as long as the ticket is good.
pub struct Invitation {
    url: String,
    until: Instant,
    viewer: oneshot::Receiver<Viewer>,
}

impl Invitation {
    /// Where the viewer is to connect: `ws://127.0.0.1:PORT/TICKET`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The viewer; none where it did not come while the ticket was good, or came in a way that spoilt it.
    pub async fn viewer(self) -> Option<Viewer> {
        timeout_at(self.until, self.viewer).await.ok()?.ok()
    }
}

/// Receives whoever comes, at most [`MAX_HALF_OPEN`] at a time: where there are more, the one that has stood at the door
/// longest goes. So strangers who say nothing cannot keep a viewer out.
async fn receive_all(listener: TcpListener, door: Arc<Door>, admission: Arc<impl Admission>) {
    let buffers = Arc::new(Buffers::default());
    let mut half_open: VecDeque<(Instant, AbortOnDropHandle<()>)> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: some are closed sooner or later.
                tracing::warn!(%error, "the relay could not accept a connection");
                sleep(BREATH).await;
                continue;
            }
        };
        half_open.retain(|(_, receiving)| !receiving.is_finished());
        if half_open.len() == MAX_HALF_OPEN
            && let Some((since, _)) = half_open.front()
        {
            // Somebody in a crowd still gets the moment that a page needs to say what it wants.
            sleep_until(*since + MOMENT).await;
            tracing::warn!("the relay turned a connection away: too many stand at the door");
            half_open.pop_front();
        }
        let receiving = receive(stream, Arc::clone(&door), Arc::clone(&admission), Arc::clone(&buffers));
        let receiving = tokio::spawn(receiving);
        half_open.push_back((Instant::now(), AbortOnDropHandle::new(receiving)));
    }
}

/// Hears what somebody has to say and lets them in, or not.
async fn receive(mut stream: TcpStream, door: Arc<Door>, admission: Arc<impl Admission>, buffers: Arc<Buffers>) {
    let heard = timeout(PATIENCE, hear(&mut stream, &door)).await.unwrap_or(Err(Cause::TooSlow));
    let admitted = heard.and_then(|(knock, early)| {
        // Redeemed first: whatever is wrong with the request, its ticket is used up.
        let session = knock.ticket.and_then(|ticket| admission.redeem(&ticket));
        Ok((knock.wish?, session.ok_or(Cause::Ticket)?, early))
    });
    match admitted {
        Ok((wish, session, early)) => {
            // Small writes must not wait for the viewer's acknowledgements: 22 instead of 30 updates a second.
            let granted = async {
                stream.set_nodelay(true)?;
                stream.write_all(wish.granted().as_bytes()).await
            };
            match timeout(PATIENCE, granted).await {
                // Where the session has given up meanwhile, the viewer is dropped here and thereby closed.
                Ok(Ok(())) => drop(session.send(Viewer::new(stream, &early, buffers))),
                _ => tracing::info!("a viewer went before it was let in"),
            }
        }
        Err(cause) => {
            tracing::warn!(%cause, "the relay turned a connection away");
            let _ = timeout(LINGER, refuse(stream)).await;
        }
    }
}

/// Reads one request, and what was sent too early behind it.
async fn hear(stream: &mut TcpStream, door: &Door) -> Result<(Knock, Vec<u8>), Cause> {
    let mut head = vec![0; MAX_HEAD];
    let mut length = 0;
    loop {
        match stream.read(&mut head[length..]).await {
            Ok(0) | Err(_) => return Err(Cause::Gone),
            Ok(read) => length += read,
        }
        if let Some(knock) = door.read(&head[..length])? {
            head.truncate(length);
            let early = head.split_off(knock.length);
            return Ok((knock, early));
        }
    }
}

/// Gives the one answer, and reads on for a moment: closing over unread bytes would take the answer back.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(REFUSAL).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(MAX_UNREAD), &mut tokio::io::sink()).await?;
    Ok(())
}

/// For a whole request.
const PATIENCE: Duration = Duration::from_secs(5);
/// For a stranger to take the answer.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes of a stranger that are thrown away after the answer.
const MAX_UNREAD: u64 = 64 * 1024;
/// Connections that may stand at the door: one a window is usual, and a program may have no more than 1,024 files.
const MAX_HALF_OPEN: usize = 256;
/// For whoever stands at the door, however many come behind it.
const MOMENT: Duration = Duration::from_millis(250);
/// Connections that the kernel keeps until they are received. Where it has no room, a viewer tries again after a second.
const BACKLOG: u32 = 1024;
/// Before accepting again, after that has failed.
const BREATH: Duration = Duration::from_millis(100);
