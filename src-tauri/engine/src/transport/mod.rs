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

pub(crate) use timeout::{TimeoutHandle, TimeoutStream};
#[cfg(test)]
use trace::Attempt;
pub(crate) use trace::{ConnectTrace, Outcome, Phase};

use crate::{
    error::{ConnectError, Result},
    model::{Address, Jump, Level},
};
use reverse::IncomingConnection;
use rfb::Stream;
use tokio::net::TcpStream;

/// A server that was reached.
pub(crate) struct Connected {
    /// Bytes to and from it.
    pub(crate) stream: Stream,
    /// What the way there is like.
    pub(crate) way: PathKind,
}

/// What a way is_encrypted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// Nothing: whoever is on it can listen.
    Network,
    /// It does not leave this machine.
    Local,
    /// It is within ssh, as far as the SSH host.
    Ssh,
}

impl PathKind {
    /// Whether a password may travel readably on it.
    pub(crate) fn is_encrypted(self) -> bool {
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
/// One of the "reaching the server" errors of [`ConnectError`].
pub(crate) async fn connect(
    route: &Route<'_>,
    visitor: &mut (impl ws::ConnectDelegate + ssh::AskPass),
    trail: &mut ConnectTrace,
) -> Result<Connected, ConnectError> {
    let Route { address, ca_file, headers, jump } = route;
    let local = |stream: Stream| Connected { stream, way: PathKind::Local };
    match address {
        Address::Tcp { hostname, port } => match jump {
            Some(jump) => {
                let stream = ssh::dial(jump, hostname, *port, visitor).await?;
                Ok(Connected { stream, way: PathKind::Ssh })
            }
            None => {
                let stream = tcp::dial(hostname, *port, address, trail).await?;
                let way = way(&stream);
                Ok(Connected { stream: Box::new(stream), way })
            }
        },
        #[cfg(unix)]
        Address::Unix(path) => Ok(local(Box::new(unix::dial(path, address).await?))),
        #[cfg(not(unix))]
        Address::Unix(path) => Err(ConnectError::SocketMissing { path: path.clone() }),
        Address::Ws(socket) => {
            let stream = ws::dial(socket, ca_file, headers, visitor, trail).await?;
            // Most often a proxy answers: what lies behind it can be anywhere.
            Ok(Connected { stream, way: PathKind::Network })
        }
        Address::Demo => Ok(local(Box::new(demo::dial().await?))),
    }
}

/// The same for a server that has called.
///
/// # Errors
/// [`ConnectError::CallerGone`] where it has hung up already.
pub(crate) fn called(call: IncomingConnection) -> Result<Connected, ConnectError> {
    tcp::prepare(call.socket()).map_err(|_| ConnectError::CallerGone { address: call.from() })?;
    let way = way(call.socket());
    Ok(Connected { stream: call.into_stream(), way })
}

fn way(stream: &TcpStream) -> PathKind {
    let local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    if local { PathKind::Local } else { PathKind::Network }
}
