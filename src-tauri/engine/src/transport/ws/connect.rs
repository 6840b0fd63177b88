//! From an address to an open WebSocket.

use super::{
    ConnectDelegate, Headers,
    bytes::BinaryStream,
    diagnose::{hung_up, names_a_token},
    opening::{BINARY, MAX_HEAD, Opening},
};
use crate::{
    error::{ConnectError, Result},
    model::{Address, WebSocket},
    transport::{
        ConnectTrace, Counting, Phase, RoundTrips, SiteTls, proxy, tcp,
        tls::{self, Peer, Refusal, Setup},
    },
};
use rfb::{Stream, TlsKind};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;

/// For the TLS handshake, and then for the answer to the request.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// After a person has been asked for this long, the site may have given up the waiting connection.
const LONG_QUESTION: Duration = Duration::from_secs(5);

/// An open WebSocket.
pub(crate) struct Connection {
    /// Bytes to and from the server behind it.
    pub(crate) stream: Stream,
    /// What protects the stream as far as the site; none for `ws://`.
    pub(crate) tls: Option<SiteTls>,
}

/// Connects to `socket`, through `proxy` where there is one; `setup` is for TLS. The steps are recorded in `trace`, also where it fails.
///
/// # Errors
/// Those of TCP and of the proxy; [`ConnectError::Tls`] where both sides find no common ground, [`ConnectError::OldTls`] and
/// [`ConnectError::TooWeak`] where that is too old or too weak, and [`ConnectError::ConnectionLost`] where
/// the connection breaks on the way to it, as it does while a proxy restarts; [`ConnectError::CaFile`];
/// [`ConnectError::BadHttpAuth`] for headers that cannot be sent; [`ConnectError::WsRefused`],
/// [`ConnectError::WsUnknownToken`], [`ConnectError::WsSilent`], [`ConnectError::WsTimeout`] and
/// [`ConnectError::NotWebSocket`]; and what `delegate` answers.
pub(crate) async fn dial(
    socket: &WebSocket,
    setup: Setup<'_>,
    headers: &Headers,
    proxy: Option<&proxy::Through>,
    delegate: &mut impl ConnectDelegate,
    trace: &mut ConnectTrace,
) -> Result<Connection, ConnectError> {
    let address = Address::Ws(socket.clone()).without_query().to_string();
    let approved = Approved::default();
    let asked_for_ours = false;
    let mut connector = Connector { socket, setup, headers, proxy, delegate, trace, address, approved, asked_for_ours };
    let mut protocol = Some(BINARY);
    loop {
        connector.approved.asked_for = Duration::ZERO;
        match connector.connect(protocol).await {
            // Some servers refuse an unknown subprotocol as a mistake. Asked once more without, they accept.
            Err(ConnectError::WsRefused { status: 400, .. }) if protocol.is_some() => protocol = None,
            // nginx says so what others say in TLS.
            Err(ConnectError::WsRefused { status: 400, .. }) if connector.asked_for_ours => {
                let refusal = Refusal { shown: setup.certificate.is_some(), alert: None };
                return Err(refusal.explain(connector.address));
            }
            // What was approved is not asked again, so this happens once.
            Err(error) if connector.approved.asked_for >= LONG_QUESTION && is_end_of_patience(&error) => {}
            done => return done,
        }
    }
}

/// Whether a site that has waited too long for the request ends the connection in this way.
fn is_end_of_patience(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::WsSilent { .. }
            | ConnectError::WsUnknownToken { .. }
            | ConnectError::WsTimeout { .. }
            | ConnectError::WsRefused { status: 408, .. }
    )
}

/// What it takes to connect to one address, perhaps more than once.
struct Connector<'a, D> {
    socket: &'a WebSocket,
    setup: Setup<'a>,
    headers: &'a Headers,
    proxy: Option<&'a proxy::Through>,
    delegate: &'a mut D,
    trace: &'a mut ConnectTrace,
    /// As errors name it.
    address: String,
    approved: Approved,
    /// The site has asked for a certificate of ours.
    asked_for_ours: bool,
}

/// What the delegate has answered.
#[derive(Default)]
struct Approved {
    /// SHA-256 of the certificate that was accepted.
    certificate: Option<String>,
    clear_text: bool,
    /// How long the delegate took, during the last connection.
    asked_for: Duration,
}

impl<D: ConnectDelegate> Connector<'_, D> {
    async fn connect(&mut self, protocol: Option<&str>) -> Result<Connection, ConnectError> {
        let opening = Opening::new(self.socket, self.headers, protocol, &generate_key())
            .map_err(|detail| ConnectError::BadHttpAuth { address: self.address.clone(), detail })?;
        let shown = Address::Ws(self.socket.clone()).without_query();
        let (hostname, port) = (&self.socket.hostname, self.socket.port);
        let (tcp, is_local): (Stream, _) = match self.proxy {
            Some(through) => {
                let led = proxy::dial(through, (hostname, port), &shown, self.setup, self.delegate, self.trace).await?;
                (led, false)
            }
            None => {
                let tcp = tcp::dial(hostname, port, &shown, self.trace).await?;
                self.trace.completed(Phase::Connected, tcp::ROUND_TRIPS);
                let is_local = tcp.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
                (Box::new(tcp), is_local)
            }
        };
        let tcp = Counting::new(tcp);
        let round_trips = tcp.round_trips();
        let (stream, tls): (Stream, _) = if self.socket.secure {
            let tls = self.secure(Box::new(tcp), &round_trips).await?;
            (tls.stream, Some(SiteTls { description: tls.description, old: tls.old }))
        } else {
            if !is_local && !self.headers.is_empty() {
                self.approve_clear_text().await?;
            }
            (Box::new(tcp), None)
        };
        let before = round_trips.so_far();
        let opened = timeout(TIMEOUT, open(stream, &opening, self.socket, &self.address)).await;
        let stream = opened.map_err(|_| self.timed_out())??;
        self.trace.completed(Phase::Answered, round_trips.so_far() - before);
        Ok(Connection { stream, tls })
    }

    /// TLS, with a certificate that the delegate has accepted.
    async fn secure(&mut self, stream: Stream, round_trips: &RoundTrips) -> Result<tls::Tls, ConnectError> {
        let peer = Peer::of(&self.socket.hostname);
        let upgraded = timeout(TIMEOUT, tls::upgrade(stream, TlsKind::X509, &peer, self.setup)).await;
        let mut tls = upgraded
            .map_err(|_| self.timed_out())?
            .map_err(|failed| failed.explain(&self.address, self.setup.ca_file))?;
        self.asked_for_ours = tls.asked_for_ours;
        let Some(certificate) = tls.certificate.take() else {
            return Err(
                tls::Failed::Tls { detail: "the server has no certificate".to_owned() }.explain(&self.address, "")
            );
        };
        if self.approved.certificate.as_ref() != Some(&certificate.sha256) {
            let (sha256, since) = (certificate.sha256.clone(), Instant::now());
            self.delegate.certificate(&self.socket.site(), certificate, tls.description.clone()).await?;
            self.approved.certificate = Some(sha256);
            self.approved.asked_for += since.elapsed();
        }
        let site_tls = SiteTls { description: tls.description.clone(), old: tls.old.clone() };
        self.trace.completed(Phase::Encrypted(site_tls), round_trips.so_far());
        Ok(tls)
    }

    async fn approve_clear_text(&mut self) -> Result<(), ConnectError> {
        if !self.approved.clear_text {
            let since = Instant::now();
            self.delegate.headers_in_clear_text(&self.socket.site()).await?;
            self.approved.clear_text = true;
            self.approved.asked_for += since.elapsed();
        }
        Ok(())
    }

    fn timed_out(&self) -> ConnectError {
        ConnectError::WsTimeout { address: self.address.clone(), seconds: TIMEOUT.as_secs() }
    }
}

/// The opening handshake on a stream; `address` is what errors name.
pub(super) async fn open(
    mut stream: Stream,
    opening: &Opening,
    socket: &WebSocket,
    address: &str,
) -> Result<Stream, ConnectError> {
    let mut answer = Vec::new();
    let sent = async {
        stream.write_all(opening.request()).await?;
        stream.flush().await
    };
    // A server that has closed the connection may have sent a reason before that.
    let mut broken: Option<io::Error> = sent.await.err();
    let length = loop {
        if let Some(length) = opening.read(&answer).map_err(|rejection| rejection.explain(address.to_owned()))? {
            break length;
        }
        match (&mut stream).take((MAX_HEAD - answer.len()) as u64).read_buf(&mut answer).await {
            Ok(0) => return Err(hung_up(socket, &answer, broken.is_some(), address.to_owned())),
            Ok(_) => {}
            Err(cause) => {
                // websockify only closes on a token that it does not know.
                if let Some(refusal) = Refusal::of(&cause).filter(|said| said.alert.is_some() || !names_a_token(socket))
                {
                    return Err(refusal.explain(address.to_owned()));
                }
                broken.get_or_insert(cause);
                return Err(hung_up(socket, &answer, true, address.to_owned()));
            }
        }
    };
    let early = answer.split_off(length);
    Ok(Box::new(BinaryStream::new(stream, early).await))
}
