//! A byte stream to the server: walks the way that an [`Address`] names and hands the stream over.

mod patience;
mod tcp;
pub(crate) mod tls;
#[cfg(unix)]
mod unix;
pub(crate) mod ws;

pub(crate) use patience::{Limit, Patient};

use crate::{address::Address, demo, error::Result};
use rfb::Stream;

/// A server that was reached.
pub(crate) struct Reached {
    /// Bytes to and from it.
    pub(crate) stream: Stream,
    /// The way there does not leave this machine.
    pub(crate) local: bool,
}

/// Reaches `address`, within the way's own deadline.
///
/// # Errors
/// One of the "reaching the server" errors of [`crate::Error`].
pub(crate) async fn connect(address: &Address) -> Result<Reached> {
    let local = |stream: Stream| Reached { stream, local: true };
    match address {
        Address::Tcp { hostname, port } => {
            let stream = tcp::dial(hostname, *port, address).await?;
            let local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
            Ok(Reached { stream: Box::new(stream), local })
        }
        #[cfg(unix)]
        Address::Unix(path) => Ok(local(Box::new(unix::dial(path, address).await?))),
        #[cfg(not(unix))]
        Address::Unix(path) => Err(crate::Error::SocketMissing { path: path.clone() }),
        Address::Ws(socket) => {
            let stream = ws::dial(socket, "", &ws::Headers::default(), &mut Stranger).await?;
            // Most often a proxy answers: what lies behind it can be anywhere.
            Ok(Reached { stream, local: false })
        }
        Address::Demo => Ok(local(Box::new(demo::dial().await?))),
    }
}

/// A visitor whom nobody stands behind: known authorities or nothing.
struct Stranger;

impl ws::Visitor for Stranger {}
