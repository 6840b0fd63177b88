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

mod door;
mod splice;
mod ticket;
mod viewer;

#[cfg(test)]
mod tests;

pub use splice::{Ended, splice};
pub use viewer::{Viewer, ViewerBroke};

use door::{Cause, Door, Knock, MAX_HEAD, REFUSAL};
use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};
use ticket::Tickets;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;

/// The listener that viewers come in by.
pub struct Relay {
    port: u16,
    tickets: Arc<Tickets>,
    _listening: AbortOnDropHandle<()>,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1, for pages from exactly these origins.
    ///
    /// # Errors
    /// When loopback has no port for us.
    pub async fn start(origins: Vec<String>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let tickets = Arc::new(Tickets::default());
        let listening = tokio::spawn(listen(listener, Arc::new(Door::new(port, origins)), Arc::clone(&tickets)));
        Ok(Self { port, tickets, _listening: AbortOnDropHandle::new(listening) })
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Issues a ticket: the right for one viewer to come in, once, within ten seconds.
    ///
    /// # Errors
    /// When the operating system has no randomness to draw it from.
    pub fn issue(&self) -> io::Result<Invitation> {
        let (session, viewer) = oneshot::channel();
        let (ticket, until) = self.tickets.issue(session)?;
        Ok(Invitation { url: format!("ws://{}:{}/{}", Ipv4Addr::LOCALHOST, self.port, ticket.text()), until, viewer })
    }
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

/// Receives whoever comes, at most [`MAX_HALF_OPEN`] at a time.
async fn listen(listener: TcpListener, door: Arc<Door>, tickets: Arc<Tickets>) {
    let mut half_open = JoinSet::new();
    loop {
        let stream = tokio::select! {
            Some(_) = half_open.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: some are closed sooner or later.
                    tracing::warn!(%error, "the relay could not accept a connection");
                    sleep(BREATH).await;
                    continue;
                }
            },
        };
        if half_open.len() < MAX_HALF_OPEN {
            half_open.spawn(receive(stream, Arc::clone(&door), Arc::clone(&tickets)));
        } else {
            tracing::warn!("the relay turned a connection away: too many stand at the door");
        }
    }
}

/// Hears what somebody has to say and lets them in, or not.
async fn receive(mut stream: TcpStream, door: Arc<Door>, tickets: Arc<Tickets>) {
    let heard = timeout(PATIENCE, hear(&mut stream, &door)).await.unwrap_or(Err(Cause::TooSlow));
    let admitted = heard.and_then(|(knock, early)| {
        // Redeemed first: whatever is wrong with the request, its ticket is used up.
        let session = knock.ticket.and_then(|ticket| tickets.redeem(&ticket));
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
                Ok(Ok(())) => drop(session.send(Viewer::new(stream, early).await)),
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
/// Connections that may stand at the door: one a window is usual.
const MAX_HALF_OPEN: usize = 64;
/// Before accepting again, after that has failed.
const BREATH: Duration = Duration::from_millis(100);
