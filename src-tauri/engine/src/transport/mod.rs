//! A byte stream to the server: walks the way that an [`Address`] names and hands the stream over.

pub(crate) mod patience;
mod tcp;
pub(crate) mod tls;
mod trail;
#[cfg(unix)]
mod unix;
pub(crate) mod ws;

pub(crate) use patience::{Limit, Patient};
pub(crate) use trail::{Outcome, Trail, Tried};

use crate::{
    address::Address,
    demo,
    error::{Error, Result},
    listen::Call,
};
use rfb::Stream;
use tokio::net::TcpStream;

/// A server that was reached.
pub(crate) struct Reached {
    /// Bytes to and from it.
    pub(crate) stream: Stream,
    /// The way there does not leave this machine.
    pub(crate) local: bool,
}

/// Reaches `address`, within the way's own deadline; `visitor` is asked on the way, and `ca_file` may vouch for a site.
/// What happened on the way is left in `trail`, also where it ends.
///
/// # Errors
/// One of the "reaching the server" errors of [`crate::Error`].
pub(crate) async fn connect(
    address: &Address,
    ca_file: &str,
    visitor: &mut impl ws::Visitor,
    trail: &mut Trail,
) -> Result<Reached> {
    let local = |stream: Stream| Reached { stream, local: true };
    match address {
        Address::Tcp { hostname, port } => {
            let stream = tcp::dial(hostname, *port, address, trail).await?;
            let local = is_local(&stream);
            Ok(Reached { stream: Box::new(stream), local })
        }
        #[cfg(unix)]
        Address::Unix(path) => Ok(local(Box::new(unix::dial(path, address).await?))),
        #[cfg(not(unix))]
        Address::Unix(path) => Err(Error::SocketMissing { path: path.clone() }),
        Address::Ws(socket) => {
            let stream = ws::dial(socket, ca_file, &ws::Headers::default(), visitor, trail).await?;
            // Most often a proxy answers: what lies behind it can be anywhere.
            Ok(Reached { stream, local: false })
        }
        Address::Demo => Ok(local(Box::new(demo::dial().await?))),
    }
}

/// The same for a server that has called.
///
/// # Errors
/// [`Error::CallerGone`] where it has hung up already.
pub(crate) fn called(call: Call) -> Result<Reached> {
    tcp::prepare(&call.stream).map_err(|_| Error::CallerGone { address: call.from() })?;
    let local = is_local(&call.stream);
    Ok(Reached { stream: Box::new(call.stream), local })
}

fn is_local(stream: &TcpStream) -> bool {
    stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback())
}
