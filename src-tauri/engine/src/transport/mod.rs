//! A byte stream to the server: walks the way that an [`Address`] names and hands the stream over.

pub(crate) mod demo;
pub mod reverse;
pub(crate) mod ssh;
mod tcp;
pub(crate) mod timeout;
pub(crate) mod tls;
mod trace;
#[cfg(unix)]
mod unix;
pub(crate) mod wake;
pub(crate) mod ws;

pub(crate) use timeout::{Limit, Patient};
#[cfg(test)]
use trace::Tried;
pub(crate) use trace::{Milestone, Outcome, Trail};

use crate::{
    error::{Error, Result},
    model::{Address, Jump, Level},
};
use reverse::Call;
use rfb::Stream;
use tokio::net::TcpStream;

/// A server that was reached.
pub(crate) struct Reached {
    /// Bytes to and from it.
    pub(crate) stream: Stream,
    /// What the way there is like.
    pub(crate) way: Way,
}

/// What a way protects by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Nothing: whoever is on it can listen.
    Network,
    /// It does not leave this machine.
    Local,
    /// It is within ssh, as far as the SSH host.
    Ssh,
}

impl Way {
    /// Whether a password may travel readably on it.
    pub(crate) fn protects(self) -> bool {
        self != Self::Network
    }

    /// What a session is protected by at least.
    pub(crate) fn level(self) -> Level {
        match self {
            Self::Network | Self::Local => Level::Clear,
            Self::Ssh => Level::Identified,
        }
    }
}

/// Where to, and through what.
pub(crate) struct Route<'a> {
    pub(crate) address: &'a Address,
    /// A file of authorities that may vouch for a site; may be empty.
    pub(crate) ca_file: &'a str,
    /// What a site wants to see.
    pub(crate) headers: &'a ws::Headers,
    /// The SSH host in between.
    pub(crate) jump: Option<&'a Jump>,
}

/// Walks `route`, within the way's own deadline; `visitor` is asked on the way. What happened on it is left in `trail`,
/// also where it ends.
///
/// # Errors
/// One of the "reaching the server" errors of [`crate::Error`].
pub(crate) async fn connect(
    route: &Route<'_>,
    visitor: &mut (impl ws::Visitor + ssh::AskPass),
    trail: &mut Trail,
) -> Result<Reached> {
    let Route { address, ca_file, headers, jump } = route;
    let local = |stream: Stream| Reached { stream, way: Way::Local };
    match address {
        Address::Tcp { hostname, port } => match jump {
            Some(jump) => {
                let stream = ssh::dial(jump, hostname, *port, visitor).await?;
                Ok(Reached { stream, way: Way::Ssh })
            }
            None => {
                let stream = tcp::dial(hostname, *port, address, trail).await?;
                let way = way(&stream);
                Ok(Reached { stream: Box::new(stream), way })
            }
        },
        #[cfg(unix)]
        Address::Unix(path) => Ok(local(Box::new(unix::dial(path, address).await?))),
        #[cfg(not(unix))]
        Address::Unix(path) => Err(Error::SocketMissing { path: path.clone() }),
        Address::Ws(socket) => {
            let stream = ws::dial(socket, ca_file, headers, visitor, trail).await?;
            // Most often a proxy answers: what lies behind it can be anywhere.
            Ok(Reached { stream, way: Way::Network })
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
    let way = way(&call.stream);
    Ok(Reached { stream: Box::new(call.stream), way })
}

fn way(stream: &TcpStream) -> Way {
    let local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    if local { Way::Local } else { Way::Network }
}
