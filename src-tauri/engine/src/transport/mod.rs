//! A byte stream to the server: walks the way that an [`Address`] names and hands the stream over.

mod patience;
#[expect(dead_code, reason = "until a host's way can lead through SSH")]
pub(crate) mod ssh;
mod tcp;
pub(crate) mod tls;
#[cfg(unix)]
mod unix;

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
        Address::Demo => Ok(local(Box::new(demo::dial().await?))),
    }
}
