//! The way through a proxy: SOCKS 5, or HTTP with CONNECT. Both protocols are a few messages, and each of their refusals has to
//! be told apart, so they are written here.
//!
//! ```text
//! dial ─┬▶ socks5        RFC 1928 and 1929, over any stream
//!       └▶ http          one CONNECT request, over any stream: TCP, or TLS to the proxy
//! environment            which proxy the variables name for a site
//! ```

mod environment;
mod http;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod real_proxies;
mod socks5;
#[cfg(test)]
mod tests;

pub(crate) use environment::of_site;

use super::{
    ConnectDelegate, ConnectTrace, Counting, Phase, tcp,
    tls::{self, Peer, Setup},
};
use crate::{
    error::{ConnectError, Result},
    model::{Address, Proxy, ProxyKind, Secret},
};
use rfb::{Stream, TlsKind};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};

/// For all that a proxy has to say. It dials the machine meanwhile, and tries its addresses one by one.
const TIMEOUT: Duration = Duration::from_secs(30);
/// For TLS to the proxy.
const TLS_TIMEOUT: Duration = Duration::from_secs(10);
/// After a person has been asked for this long, the proxy may have given up the waiting connection.
const LONG_QUESTION: Duration = Duration::from_secs(5);

/// A proxy, and what it lets us in with.
#[derive(Debug, Clone)]
pub(crate) struct Through {
    pub(crate) proxy: Proxy,
    /// The password of its user.
    pub(crate) password: Option<Secret>,
}

impl Through {
    /// User name and password; none where there is no user.
    fn login(&self) -> Option<(&str, &str)> {
        Some((self.proxy.username()?, self.password.as_ref().map_or("", Secret::expose)))
    }
}

/// Why a proxy does not lead to the machine.
#[derive(Debug, PartialEq, Eq)]
enum Failed {
    /// It wants a login, and there is none.
    LoginWanted,
    /// It does not accept the login.
    Denied(String),
    /// It does not lead there.
    Prohibited(String),
    /// It could not reach the machine.
    Beyond(String),
    /// It is none of this kind.
    NotProxy(String),
    /// The connection to it ended.
    Broken(String),
    /// It failed in another way, or cannot do this.
    Other(String),
}

impl From<io::Error> for Failed {
    fn from(cause: io::Error) -> Self {
        Self::Broken(match cause.kind() {
            io::ErrorKind::UnexpectedEof => "it hung up".to_owned(),
            _ => cause.to_string(),
        })
    }
}

/// Connects to `hostname` through the proxy, which looks the name up; `address` is what errors name. `setup` is for TLS to the proxy,
/// whose certificate `delegate` decides about; our own is for the server, and is not shown there. The steps are recorded in `trace`,
/// also where it fails.
///
/// # Errors
/// The `Proxy…` ones; those of TLS, about the proxy; what `delegate` answers.
pub(super) async fn dial(
    through: &Through,
    (hostname, port): (&str, u16),
    address: &Address,
    setup: Setup<'_>,
    delegate: &mut impl ConnectDelegate,
    trace: &mut ConnectTrace,
) -> Result<Stream, ConnectError> {
    let proxy = &through.proxy;
    let via = proxy.without_username().to_string();
    trace.goes_through(via.clone());
    let setup = Setup { certificate: None, ..setup };
    loop {
        let own = Address::Tcp { hostname: proxy.hostname().to_owned(), port: proxy.port() };
        let dialled = tcp::dial(proxy.hostname(), proxy.port(), &own, trace).await;
        let mut stream: Stream = Box::new(dialled.map_err(|error| unreachable(error, via.clone()))?);
        trace.completed(Phase::Connected, tcp::ROUND_TRIPS);
        let mut asked_for = Duration::ZERO;
        if proxy.kind() == ProxyKind::Https {
            let tls;
            (tls, asked_for) = secure(stream, proxy, &via, setup, delegate, trace).await?;
            stream = tls;
        }
        let address = address.without_query().to_string();
        let mut counting = Counting::new(&mut stream);
        match timeout(TIMEOUT, lead(&mut counting, through, hostname, port)).await {
            Ok(Ok(())) => {}
            // It may have had enough of waiting for a person. What was accepted is not asked again, so this happens once.
            Ok(Err(Failed::Broken(_))) if asked_for >= LONG_QUESTION => continue,
            Ok(Err(failed)) => return Err(failed.explain(via, address)),
            Err(_) => return Err(ConnectError::ProxyTimeout { via, address, seconds: TIMEOUT.as_secs() }),
        }
        trace.completed(Phase::Led, counting.round_trips().so_far());
        return Ok(stream);
    }
}

/// TLS to the proxy, with a certificate that the delegate has accepted; and how long that took it.
async fn secure(
    stream: Stream,
    proxy: &Proxy,
    via: &str,
    setup: Setup<'_>,
    delegate: &mut impl ConnectDelegate,
    trace: &mut ConnectTrace,
) -> Result<(Stream, Duration), ConnectError> {
    let counting = Counting::new(stream);
    let round_trips = counting.round_trips();
    let peer = Peer::of(proxy.hostname());
    let upgraded = timeout(TLS_TIMEOUT, tls::upgrade(Box::new(counting), TlsKind::X509, &peer, setup)).await;
    let late = |_| ConnectError::ProxyBroken {
        via: via.to_owned(),
        detail: format!("no TLS within {} s", TLS_TIMEOUT.as_secs()),
    };
    let tls = upgraded.map_err(late)?.map_err(|failed| match failed.explain(via, setup.ca_file) {
        ConnectError::ConnectionLost { address: via, detail } => ConnectError::ProxyBroken { via, detail },
        ConnectError::Tls { address: via, detail } => ConnectError::NotProxy { via, detail },
        error => error,
    })?;
    let Some(certificate) = tls.certificate else {
        return Err(ConnectError::NotProxy { via: via.to_owned(), detail: "it has no certificate".to_owned() });
    };
    let since = Instant::now();
    delegate.proxy_certificate(via, certificate, tls.description.clone()).await?;
    trace.completed(Phase::ProxyEncrypted(tls.description), round_trips.so_far());
    Ok((tls.stream, since.elapsed()))
}

/// The conversation with the proxy. Not a byte behind it is read.
async fn lead(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    through: &Through,
    hostname: &str,
    port: u16,
) -> Result<(), Failed> {
    match through.proxy.kind() {
        ProxyKind::Socks5 => socks5::lead(stream, through.login(), hostname, port).await,
        ProxyKind::Http | ProxyKind::Https => http::lead(stream, through.login(), hostname, port).await,
    }
}

impl Failed {
    fn explain(self, via: String, address: String) -> ConnectError {
        match self {
            Self::LoginWanted => ConnectError::ProxyLoginWanted { via },
            Self::Denied(detail) => ConnectError::ProxyDenied { via, detail },
            Self::Prohibited(detail) => ConnectError::ProxyProhibited { via, address, detail },
            Self::Beyond(detail) => ConnectError::ProxyForward { via, address, detail },
            Self::NotProxy(detail) => ConnectError::NotProxy { via, detail },
            Self::Broken(detail) => ConnectError::ProxyBroken { via, detail },
            Self::Other(detail) => ConnectError::ProxyFailed { via, address, detail },
        }
    }
}

/// The machine is not to blame where the proxy itself cannot be reached.
fn unreachable(error: ConnectError, via: String) -> ConnectError {
    let detail = match error {
        ConnectError::UnknownName { hostname } => format!("{hostname} has no address"),
        ConnectError::ConnectionRefused { .. } => "nothing listens there".to_owned(),
        ConnectError::DialTimeout { seconds, .. } => format!("no answer within {seconds} s"),
        ConnectError::Unreachable { detail, .. } => detail,
        other => return other,
    };
    ConnectError::ProxyUnreachable { via, detail }
}

/// The name as a proxy is told it: in the form of DNS, an IPv6 address without brackets.
fn told(hostname: &str) -> String {
    let bare = hostname.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hostname);
    crate::model::dns_name(bare).to_string()
}
