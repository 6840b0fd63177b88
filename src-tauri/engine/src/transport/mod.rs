//! A byte stream to the server: walks the way that an [`Address`] names and hands the stream over.

mod delegate;
pub(crate) mod demo;
pub(crate) mod http;
#[cfg(test)]
pub(crate) mod local_site;
#[cfg(test)]
mod programs;
pub(crate) mod proxy;
pub mod reverse;
mod round_trips;
pub(crate) mod ssh;
mod tcp;
pub(crate) mod timeout;
pub(crate) mod tls;
mod trace;
#[cfg(unix)]
mod unix;
pub mod wake;
pub(crate) mod ws;

pub(crate) use delegate::ConnectDelegate;
pub(crate) use round_trips::{Counting, RoundTrips};
pub(crate) use tcp::{ROUND_TRIPS as TCP_ROUND_TRIPS, greets, is_known};
pub(crate) use timeout::{TimeoutHandle, TimeoutStream};
#[cfg(test)]
use trace::Attempt;
pub(crate) use trace::{ConnectTrace, Outcome, Passed, Phase, SiteTls};

use crate::{
    error::{ConnectError, Result},
    model::{Address, Jump, JumpProblem, Level, Proxy, ProxyProblem},
};
use reverse::IncomingConnection;
use rfb::Stream;
use tokio::net::TcpStream;

/// An established path to a server.
pub(crate) struct Connected {
    /// Bytes to and from it.
    pub(crate) stream: Stream,
    /// What the path protects.
    pub(crate) path: PathKind,
    /// The TLS to a site in front of it.
    pub(crate) site_tls: Option<SiteTls>,
}

/// What a path protects by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// Nothing: others on the network can read along.
    Network,
    /// It does not leave this machine.
    Local,
    /// It is within ssh, as far as the SSH host.
    Ssh,
    /// It is within TLS (`wss://`), as far as the site, whose certificate was accepted.
    Site,
}

impl PathKind {
    /// Whether a password may travel readably on it.
    pub(crate) fn is_encrypted(self) -> bool {
        self != Self::Network
    }

    /// What a session is protected by at least, with this TLS to a site.
    pub(crate) fn level(self, site_tls: Option<&SiteTls>) -> Level {
        match self {
            Self::Network | Self::Local => Level::Clear,
            Self::Ssh | Self::Site => Level::Identified.proven_by(site_tls.map_or(&[], |tls| &tls.old)),
        }
    }
}

/// Where to, and through what.
pub(crate) struct Route<'a> {
    pub(crate) address: &'a Address,
    /// Authorities that may vouch for a site, and what it is shown.
    pub(crate) tls: tls::Setup<'a>,
    /// The HTTP headers for a site.
    pub(crate) headers: &'a ws::Headers,
    /// The SSH host in between.
    pub(crate) jump: Option<&'a Jump>,
    /// The proxy in between. Without one a site is reached as the environment says.
    pub(crate) proxy: Option<&'a proxy::Through>,
    /// What the environment says is left out.
    pub(crate) no_proxy: bool,
}

/// Establishes the path along `route`, within the transport's own deadline; `delegate` is asked on the way. What happened
/// on it is left in `trace`, also where it failed.
///
/// # Errors
/// Those of reaching a server, of WebSockets, ssh, proxies and TLS; the delegate's own.
pub(crate) async fn connect(
    route: &Route<'_>,
    delegate: &mut (impl ConnectDelegate + ssh::AskPass),
    trace: &mut ConnectTrace,
) -> Result<Connected, ConnectError> {
    let Route { address, tls, headers, jump, proxy, no_proxy } = route;
    let connected = |stream: Stream, path| Connected { stream, path, site_tls: None };
    let refused = |proxy: &proxy::Through, problem: ProxyProblem| ConnectError::ProxyFailed {
        via: proxy.proxy.without_username().to_string(),
        address: address.without_query().to_string(),
        detail: problem.to_string(),
    };
    // The form refuses it. The list may have it all the same, and the direct way is not the one that was meant.
    if let (Some(proxy), None) = (proxy, jump) {
        Proxy::check_address(Some(&proxy.proxy), address).map_err(|problem| refused(proxy, problem))?;
    }
    match (address, jump) {
        (Address::Tcp { hostname, port }, Some(jump)) => {
            let carrier = match proxy {
                Some(through) => {
                    let (host, port) = ssh::place(jump).await?;
                    let own = Address::Tcp { hostname: host.clone(), port };
                    Some(proxy::dial(through, (&host, port), &own, *tls, delegate, trace).await?)
                }
                None => None,
            };
            Ok(connected(ssh::dial(jump, hostname, *port, carrier, delegate).await?, PathKind::Ssh))
        }
        // ssh forwards to a machine's port only. Without it another machine might be reached.
        (_, Some(jump)) => {
            let detail = JumpProblem::Address.to_string();
            Err(ConnectError::SshFailed { via: jump.to_string(), detail })
        }
        (Address::Tcp { hostname, port }, None) => {
            let (stream, path) = match proxy {
                // Who knows what lies behind it, even where it is on this computer.
                Some(through) => {
                    let led = proxy::dial(through, (hostname, *port), address, *tls, delegate, trace).await?;
                    (led, PathKind::Network)
                }
                None => {
                    let stream = tcp::dial(hostname, *port, address, trace).await?;
                    let path = path_kind(&stream);
                    (Box::new(stream) as Stream, path)
                }
            };
            Ok(connected(stream, path))
        }
        #[cfg(unix)]
        (Address::Unix(path), None) => Ok(connected(Box::new(unix::dial(path, address).await?), PathKind::Local)),
        #[cfg(not(unix))]
        (Address::Unix(path), None) => Err(ConnectError::SocketMissing { path: path.clone() }),
        (Address::Ws(socket), None) => {
            let named = match proxy {
                None if !no_proxy => proxy::of_site(socket, |name| std::env::var(name).ok())?,
                _ => None,
            };
            let proxy = proxy.or(named.as_ref());
            let connection = ws::dial(socket, *tls, headers, proxy, delegate, trace).await?;
            let ws::Connection { stream, tls: site_tls } = connection;
            // A plain WebSocket is no local path even on loopback: most often a proxy answers, and the server behind it can
            // be anywhere.
            let path = if site_tls.is_some() { PathKind::Site } else { PathKind::Network };
            Ok(Connected { stream, path, site_tls })
        }
        (Address::Demo, None) => Ok(connected(Box::new(demo::dial().await?), PathKind::Local)),
    }
}

/// The same for a connection that the server made.
///
/// # Errors
/// [`ConnectError::CallerGone`] where it has closed it already.
pub(crate) fn accept_reverse(incoming: IncomingConnection) -> Result<Connected, ConnectError> {
    tcp::prepare(incoming.socket()).map_err(|_| ConnectError::CallerGone { address: incoming.from() })?;
    let path = path_kind(incoming.socket());
    Ok(Connected { stream: incoming.into_stream(), path, site_tls: None })
}

fn path_kind(stream: &TcpStream) -> PathKind {
    let local = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    if local { PathKind::Local } else { PathKind::Network }
}
