//! The one pipeline from a target to a logged-in RFB stream; sessions and the doctor are its two observers.
//!
//! ```text
//! connect ─┬▶ transport   a byte stream: TCP, Unix socket, WebSocket, ssh, or an incoming connection
//!          ├▶ rfb         version, security type, login, ServerInit
//!          ├▶ handshake   rfb's callbacks: TLS, known keys, floor, consent, deadlines
//!          ├▶ observer    what only the caller knows, and what it is told
//!          ├▶ stages      what was done, and how long it took
//!          └▶ failure     the handshake's end as the user is told it
//! ```

mod failure;
mod handshake;
mod observer;
mod stages;

pub(crate) use handshake::Handshake;
pub(crate) use observer::{Event, Observer, Presented, Weaker};
pub(crate) use stages::{OnStage, Stages, name};
pub use stages::{ReportStage, StageReport};

use crate::{
    error::ConnectError,
    model::{Address, Level, Protection, Target, WebSocket},
    store::Pins,
    transport::{
        self, ConnectTrace, Connected, Counting, Route, TimeoutStream,
        proxy::Through,
        reverse::IncomingConnection,
        tls::{ClientCertificate, Unusable},
        ws::Headers,
    },
};
use failure::handshake_failed;
use getrandom::SysRng;
use rand_core::UnwrapErr;
use rfb::{
    SecurityType,
    client::{Outcome, Server},
};

/// What to connect to, and with what.
pub(crate) struct Request<'a> {
    /// The server.
    pub(crate) target: &'a Target,
    /// What the site in front of it is sent.
    pub(crate) headers: &'a Headers,
    /// The known keys.
    pub(crate) pins: &'a Pins,
    /// What was agreed to before.
    pub(crate) policy: Policy,
    /// A connection that the server made to us: it is used once, and the server is not dialled.
    pub(crate) incoming: Option<IncomingConnection>,
    /// Security types that it is known to do better without.
    pub(crate) without: Vec<SecurityType>,
}

/// What a connection may come to without asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The least protection.
    pub(crate) floor: Option<Level>,
    /// The password may travel readably.
    pub(crate) clear_text: bool,
    /// A user name is known: a login that wants one is preferred.
    pub(crate) have_username: bool,
    /// A password is known: a server that would let in without one has to check it.
    pub(crate) have_password: bool,
}

/// A server that has accepted us.
pub(crate) struct LoggedIn {
    /// Its ServerInit and the stream behind it.
    pub(crate) server: Server,
    /// What protects the session.
    pub(crate) protection: Protection,
}

/// Connects and logs in. Where the server does better without VeNCrypt, Tight, TLS or SASL, it is dialled again.
///
/// # Errors
/// Any [`ConnectError`]; the observer's own where it returned one.
pub(crate) async fn connect<O: Observer>(request: Request<'_>, observer: &mut O) -> Result<LoggedIn, ConnectError> {
    let Request { target, headers, pins, policy, mut incoming, mut without } = request;
    let is_reverse = incoming.is_some();
    let certificate = own_certificate(target, observer).await?;
    let mut handshake = Handshake::new(target, pins, policy, is_reverse, certificate.as_ref(), observer);
    loop {
        let Connected { stream, path, site_tls } = match incoming.take() {
            Some(incoming) => transport::accept_reverse(incoming)?,
            // It would have to connect to us a second time.
            None if is_reverse => {
                return Err(ConnectError::CallerMustRetry { address: target.address.to_string() });
            }
            None => dial(target, headers, &mut handshake).await?,
        };
        let stream = Counting::new(stream);
        handshake.observer().event(Event::Begins(&stream.round_trips()));
        let stream = TimeoutStream::new(stream);
        let timeout = stream.limit();
        handshake.begin(timeout.clone(), path, site_tls);
        let rfb_policy = handshake.rfb_policy(&without);
        match rfb::client::handshake(stream, &rfb_policy, &mut handshake, UnwrapErr(SysRng)).await {
            Ok(Outcome::Server(server)) => {
                timeout.lift();
                let protection = handshake.protection(&server);
                return Ok(LoggedIn { server, protection });
            }
            // At most six times: VeNCrypt, Tight, TLS, and the three with SASL.
            Ok(Outcome::RetryWithout(negotiation)) => {
                without.push(negotiation);
                handshake.observer().event(Event::RetryWithout(negotiation));
            }
            Err(cause) => {
                let failure = handshake.failure();
                return Err(failure.unwrap_or_else(|| handshake_failed(cause, &target.address, timeout.get())));
            }
        }
    }
}

/// The certificate that is shown to servers that ask, where the target has one. Its files are read before the server is called:
/// no server waits while a passphrase is typed.
async fn own_certificate<O: Observer>(
    target: &Target,
    observer: &mut O,
) -> Result<Option<ClientCertificate>, ConnectError> {
    if target.client_certificate.is_empty() {
        return Ok(None);
    }
    let (mut passphrase, mut again) = (None, false);
    loop {
        let key = target.client_key_file().to_owned();
        match ClientCertificate::load(target.client_certificate.clone(), key, passphrase.take()).await {
            Ok(certificate) => return Ok(Some(certificate)),
            Err(Unusable::File { path, detail }) => return Err(ConnectError::ClientCertificateFile { path, detail }),
            Err(Unusable::Passphrase) => {
                passphrase = Some(observer.passphrase(target.client_key_file(), again).await?);
                again = true;
            }
        }
    }
}

/// Establishes the path to the server and tells the observer what happened on it. A proxy that does not accept the login is
/// called again, as often as the observer has another one.
async fn dial<O: Observer>(
    target: &Target,
    headers: &Headers,
    handshake: &mut Handshake<'_, O>,
) -> Result<Connected, ConnectError> {
    let mut again = false;
    loop {
        let proxy = match &target.proxy {
            None => None,
            Some(proxy) if proxy.username().is_none() => Some(Through { proxy: proxy.clone(), password: None }),
            Some(proxy) => {
                let password = Some(handshake.observer().proxy_password(proxy, again).await?);
                Some(Through { proxy: proxy.clone(), password })
            }
        };
        match dial_through(target, headers, proxy.as_ref(), handshake).await {
            Err(ConnectError::ProxyDenied { .. }) if proxy.is_some_and(|through| through.password.is_some()) => {
                again = true;
            }
            done => return done,
        }
    }
}

async fn dial_through<O: Observer>(
    target: &Target,
    headers: &Headers,
    proxy: Option<&Through>,
    handshake: &mut Handshake<'_, O>,
) -> Result<Connected, ConnectError> {
    let Target { address, .. } = target;
    let (tls, jump, no_proxy) = (handshake.tls_setup(), target.jump(), target.no_proxy);
    let route = Route { address, tls, jump, proxy, no_proxy, headers };
    let mut trace = ConnectTrace::default();
    handshake.observer().event(Event::Dialing);
    let connected = transport::connect(&route, handshake, &mut trace).await;
    let reached = connected.as_ref().ok();
    let (path, site_tls) = (reached.map(|way| way.path), reached.and_then(|way| way.site_tls.as_ref()));
    handshake.observer().event(Event::Dialled { trace: &trace, path, site_tls, failure: connected.as_ref().err() });
    connected
}

/// The name that a certificate has to be for.
fn peer(address: &Address) -> transport::tls::Peer {
    use transport::tls::Peer;
    match address {
        Address::Tcp { hostname, .. } | Address::Ws(WebSocket { hostname, .. }) => Peer::of(hostname),
        Address::Unix(_) | Address::Demo => Peer::Local,
    }
}

/// What a login is for, where the login says so.
fn server_name(address: &Address) -> String {
    use transport::tls::Peer;
    match peer(address) {
        Peer::Name(name) => name,
        Peer::Ip(address) => address.to_string(),
        Peer::Local => "localhost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use transport::tls::Peer;

    #[test]
    fn a_certificate_has_to_name_the_host_without_its_scope() {
        for (address, expected) in [
            ("box.example", Peer::Name("box.example".into())),
            ("192.168.1.20:1", Peer::Ip("192.168.1.20".parse().unwrap())),
            ("fe80::1%eth0", Peer::Ip("fe80::1".parse().unwrap())),
            ("wss://box.example/x", Peer::Name("box.example".into())),
            ("/run/vnc.sock", Peer::Local),
        ] {
            assert_eq!(peer(&Address::parse(address).unwrap()), expected, "{address}");
        }
    }
}
