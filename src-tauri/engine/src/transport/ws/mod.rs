//! WebSocket (RFC 6455), from the client's side: TCP, TLS where the address says so, one HTTP request, then messages.

mod bytes;
mod opening;

use super::{
    ConnectTrace, Phase, tcp,
    tls::{self, Peer},
};
use crate::{
    error::{ConnectError, Result, WsMistake, WsRefusal},
    model::{Address, Certificate, HttpAuth, Secret, WebSocket},
};
use bytes::ByBytes;
use opening::{BINARY, MAX_HEAD, No, Opening};
use rfb::{Stream, TlsKind};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
pub(crate) use tokio_tungstenite::tungstenite::http::HeaderName;
use zeroize::Zeroizing;

/// How long TLS, and then the answer, may take.
const OPENING: Duration = Duration::from_secs(10);

/// What the site in front of a server wants to see. Values are secrets, whatever they are.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    /// User name and password (RFC 7617).
    pub(crate) basic: Option<(String, Secret)>,
    /// Further headers, such as a cookie or a bearer token; one that we would send too takes its place.
    pub(crate) extra: Vec<(HeaderName, Secret)>,
}

impl Headers {
    /// Those that a site wants to see.
    ///
    /// # Errors
    /// Which name is none.
    pub(crate) fn of(site: &HttpAuth) -> std::result::Result<Self, String> {
        let secret = |text: &str| Secret::from(text.to_owned());
        let basic = (!site.username.is_empty()).then(|| (site.username.clone(), secret(&site.password)));
        let name =
            |name: &String| name.trim().parse::<HeaderName>().map_err(|_| format!("{name:?} is no header's name"));
        let extra = site.headers.iter().map(|(header, value)| Ok((name(header)?, secret(value))));
        Ok(Self { basic, extra: extra.collect::<std::result::Result<_, String>>()? })
    }
}

/// The caller's side of the way to a site. Whatever would give something away is refused unless the caller writes it out.
pub(crate) trait ConnectDelegate: Send {
    /// Is this the site's certificate? Asked before anything but TLS is sent; no deadline runs meanwhile. `site` is
    /// `wss://` with name and port: one for all tokens. `description` is version and cipher.
    ///
    /// The default takes what the authorities vouch for.
    fn certificate(
        &mut self,
        site: &str,
        certificate: Certificate,
        description: String,
    ) -> impl Future<Output = Result<(), ConnectError>> + Send {
        let _ = description;
        let answer = if certificate.problems.is_empty() {
            Ok(())
        } else {
            Err(ConnectError::Untrusted { address: site.to_owned(), fingerprint: certificate.sha256 })
        };
        async move { answer }
    }

    /// The headers would travel readably, to another machine: shall they? The default refuses.
    fn headers_in_clear_text(&mut self, site: &str) -> impl Future<Output = Result<(), ConnectError>> + Send {
        let error = ConnectError::NeedsConsent { address: site.to_owned(), security_type: "HTTP".to_owned() };
        async move { Err(error) }
    }
}

/// Reaches what is behind `socket`.
///
/// # Errors
/// Those of "reaching the server" and "the way through a WebSocket", [`ConnectError::Tls`] and [`ConnectError::CaFile`],
/// [`ConnectError::BadInput`] for headers that cannot be sent, and what `visitor` answers.
pub(crate) async fn dial(
    socket: &WebSocket,
    ca_file: &str,
    headers: &Headers,
    visitor: &mut impl ConnectDelegate,
    trail: &mut ConnectTrace,
) -> Result<Stream, ConnectError> {
    match attempt(socket, ca_file, headers, visitor, trail, Some(BINARY)).await {
        // Some servers take an unknown subprotocol for a mistake. Asked once more without, they let us in.
        Err(ConnectError::WsRefused { status: 400, .. }) => {
            attempt(socket, ca_file, headers, visitor, trail, None).await
        }
        done => done,
    }
}

async fn attempt(
    socket: &WebSocket,
    ca_file: &str,
    headers: &Headers,
    visitor: &mut impl ConnectDelegate,
    trail: &mut ConnectTrace,
    protocol: Option<&str>,
) -> Result<Stream, ConnectError> {
    let shown = Address::Ws(socket.clone()).without_query();
    let bad_input = |detail| ConnectError::BadInput { address: shown.to_string(), detail };
    let opening = Opening::new(socket, headers, protocol, &generate_key()).map_err(bad_input)?;
    let tcp = tcp::dial(&socket.hostname, socket.port, &shown, trail).await?;
    trail.passes(Phase::Connected);
    let local = tcp.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    let site = Address::Ws(WebSocket { resource: "/".to_owned(), ..socket.clone() }).to_string();
    let stream: Stream = if socket.secure {
        secure(Box::new(tcp), socket, ca_file, &shown, &site, visitor, trail).await?
    } else {
        if !local && !headers.is_empty() {
            visitor.headers_in_clear_text(&site).await?;
        }
        Box::new(tcp)
    };
    let late = |_| ConnectError::WsTimeout { address: shown.to_string(), seconds: OPENING.as_secs() };
    let opened = timeout(OPENING, open(stream, &opening, socket, &shown)).await.map_err(late)??;
    trail.passes(Phase::Answered);
    Ok(opened)
}

async fn secure(
    stream: Stream,
    socket: &WebSocket,
    ca_file: &str,
    shown: &Address,
    site: &str,
    visitor: &mut impl ConnectDelegate,
    trail: &mut ConnectTrace,
) -> Result<Stream, ConnectError> {
    let address = || shown.to_string();
    let bare = socket.hostname.split('%').next().unwrap_or_default();
    let peer = bare.parse().map_or_else(|_| Peer::Name(bare.to_owned()), Peer::Ip);
    let up = timeout(OPENING, tls::upgrade(stream, TlsKind::X509, &peer, ca_file)).await;
    let tls = up.map_err(|_| ConnectError::WsTimeout { address: address(), seconds: OPENING.as_secs() })?;
    let tls = tls.map_err(|failed| match failed {
        tls::Failed::CaFile { detail } => ConnectError::CaFile { path: ca_file.to_owned(), detail },
        tls::Failed::Early => {
            ConnectError::Tls { address: address(), detail: "something was sent before TLS".to_owned() }
        }
        tls::Failed::Tls { detail } => ConnectError::Tls { address: address(), detail },
        tls::Failed::Io(cause) => ConnectError::Tls { address: address(), detail: cause.to_string() },
    })?;
    let nobody = || ConnectError::Tls { address: address(), detail: "the server has no certificate".to_owned() };
    visitor.certificate(site, tls.certificate.ok_or_else(nobody)?, tls.description.clone()).await?;
    trail.passes(Phase::Encrypted(tls.description));
    Ok(tls.stream)
}

/// Asks for a WebSocket on a stream, and waits for the answer.
async fn open(
    mut stream: Stream,
    opening: &Opening,
    socket: &WebSocket,
    shown: &Address,
) -> Result<Stream, ConnectError> {
    let address = || shown.to_string();
    let mut answer = Vec::new();
    let asked = async {
        stream.write_all(opening.request()).await?;
        stream.flush().await
    };
    // A server that has hung up already may have said why.
    let mut broken = asked.await.err();
    let length = loop {
        if let Some(length) = opening.read(&answer).map_err(|no| no.explain(address()))? {
            break length;
        }
        match (&mut stream).take((MAX_HEAD - answer.len()) as u64).read_buf(&mut answer).await {
            Ok(0) => return Err(hung_up(socket, &answer, broken, address())),
            Ok(_) => {}
            Err(cause) => {
                broken.get_or_insert(cause);
                return Err(hung_up(socket, &answer, broken, address()));
            }
        }
    };
    let early = answer.split_off(length);
    Ok(Box::new(ByBytes::new(stream, early).await))
}

/// Why there is no whole answer. websockify hangs up on a token that it does not know: no status, no word.
fn hung_up(socket: &WebSocket, answer: &[u8], broken: Option<io::Error>, address: String) -> ConnectError {
    if !answer.is_empty() {
        return match opening::other_protocol(answer) {
            no @ No::Not { looks_like: Some(_), .. } => no.explain(address),
            _ => {
                let detail = "it hung up in the middle of its answer".to_owned();
                ConnectError::NotWebSocket { address, looks_like: None, detail }
            }
        };
    }
    let query = socket.resource.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let names_a_token = query.split('&').any(|pair| pair.starts_with("token="));
    // A server that wanted TLS does not read our request, so that its end is a reset; websockify has read it. Within
    // TLS we cannot have been misunderstood, and few close it in order.
    if names_a_token && (socket.secure || broken.is_none()) {
        ConnectError::WsUnknownToken { address }
    } else {
        ConnectError::WsSilent { address }
    }
}

/// Why an open WebSocket ended, as the cause of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
enum Broke {
    #[error("the WebSocket was closed with code {code}")]
    Closed { code: u16, reason: Option<String> },
    #[error("the WebSocket sent text")]
    Text,
    #[error("{0}")]
    Protocol(String),
}

/// What the end of a stream has to do with the WebSocket that it came through; none where it has nothing to do with one.
pub(crate) fn explain(cause: &io::Error, address: &Address) -> Option<ConnectError> {
    let address = address.without_query().to_string();
    Some(match cause.get_ref()?.downcast_ref::<Broke>()? {
        Broke::Closed { code, reason } => {
            ConnectError::WsRefused { address, why: closing(*code), status: *code, reason: reason.clone() }
        }
        Broke::Text => ConnectError::NotWebSocket { address, looks_like: Some(WsMistake::Text), detail: String::new() },
        Broke::Protocol(detail) => ConnectError::NotWebSocket { address, looks_like: None, detail: detail.clone() },
    })
}

/// What a close code comes to: those of RFC 6455 and its registry, and the HTTP statuses that many add to 4000 (as
/// Django Channels' users do) or 3000 (as the registry does).
fn closing(code: u16) -> WsRefusal {
    match code {
        1008 => WsRefusal::Forbidden,
        1011 | 1014 => WsRefusal::Behind,
        1012 | 1013 => WsRefusal::Busy,
        3000 => WsRefusal::Login,
        3003 => WsRefusal::Forbidden,
        4400..=4599 => opening::refusal(code - 4000),
        _ => WsRefusal::Other,
    }
}

impl No {
    fn explain(self, address: String) -> ConnectError {
        match self {
            Self::Status { code, reason } => {
                ConnectError::WsRefused { address, why: opening::refusal(code), status: code, reason }
            }
            Self::Not { looks_like, detail } => ConnectError::NotWebSocket { address, looks_like, detail },
        }
    }
}

impl Headers {
    fn is_empty(&self) -> bool {
        self.basic.is_none() && self.extra.is_empty()
    }

    fn has(&self, name: &str) -> bool {
        self.extra.iter().any(|(other, _)| other.as_str() == name)
    }

    /// The value after `Basic`, unless a header of the caller's own takes its place.
    fn basic_value(&self) -> Option<Zeroizing<String>> {
        let (username, password) = self.basic.as_ref().filter(|_| !self.has("authorization"))?;
        let mut login = Zeroizing::new(Vec::with_capacity(username.len() + 1 + password.expose().len()));
        login.extend_from_slice(username.as_bytes());
        login.push(b':');
        login.extend_from_slice(password.expose().as_bytes());
        Some(Zeroizing::new(openssl::base64::encode_block(&login)))
    }

    /// Whether they can be sent: one that breaks its line would be another request.
    fn check(&self) -> Result<(), String> {
        if let Some((username, password)) = &self.basic {
            if username.contains(':') {
                return Err("a user name for HTTP has no colon".to_owned());
            }
            if username.contains(char::is_control) || password.expose().contains(char::is_control) {
                return Err("the login for HTTP has control characters".to_owned());
            }
        }
        for (name, value) in &self.extra {
            if is_ours(name.as_str()) {
                return Err(format!("the header {name} is not yours to set"));
            }
            if value.expose().contains(|c: char| c.is_control() && c != '\t') {
                return Err(format!("the header {name} has line breaks or other control characters"));
            }
        }
        Ok(())
    }
}

/// Headers that make the request what it is.
fn is_ours(name: &str) -> bool {
    matches!(name, "host" | "connection" | "upgrade" | "content-length" | "transfer-encoding" | "te" | "expect")
        || name.starts_with("sec-websocket-")
}

#[cfg(test)]
mod tests;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod real_servers;
