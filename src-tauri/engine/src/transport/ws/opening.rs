//! The client's opening handshake (RFC 6455, section 4.1). Pure: a request to send, and bytes in, decision out.

use super::Headers;
use crate::{
    error::{WsMistake, WsRefusal},
    model::WebSocket,
};
use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio_tungstenite::tungstenite::{handshake::derive_accept_key, http::StatusCode};
use zeroize::Zeroizing;

/// The one subprotocol that VNC servers know, and noVNC offers; servers that know none answer without.
pub(super) const BINARY: &str = "binary";

/// A request, and what it takes to read the answer.
pub(super) struct Opening {
    request: Zeroizing<Vec<u8>>,
    accept: String,
}

/// Why the answer is no.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum No {
    /// An HTTP status other than 101.
    Status { code: u16, reason: Option<String> },
    /// Not an answer to a WebSocket's request at all.
    Not { looks_like: Option<WsMistake>, detail: String },
}

impl Opening {
    /// A request for `socket`; `key` is sixteen random bytes in base64.
    ///
    /// # Errors
    /// What is wrong with the headers, without their values.
    pub(super) fn new(
        socket: &WebSocket,
        headers: &Headers,
        protocol: Option<&str>,
        key: &str,
    ) -> Result<Self, String> {
        headers.check()?;
        let (host, origin, basic) = (socket.host(), socket.origin(), headers.basic_value());
        let mut parts = vec!["GET ", &socket.resource, " HTTP/1.1\r\nHost: ", &host];
        parts.extend(["\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"]);
        parts.extend(["\r\nSec-WebSocket-Key: ", key]);
        if let Some(protocol) = protocol {
            parts.extend(["\r\nSec-WebSocket-Protocol: ", protocol]);
        }
        // Sites check that their own pages ask (Django Channels, Proxmox): we ask as one of these would.
        if !headers.has("origin") {
            parts.extend(["\r\nOrigin: ", &origin]);
        }
        if !headers.has("user-agent") {
            parts.extend(["\r\nUser-Agent: Portlight/", env!("CARGO_PKG_VERSION")]);
        }
        if let Some(basic) = &basic {
            parts.extend(["\r\nAuthorization: Basic ", basic]);
        }
        for (name, value) in &headers.extra {
            parts.extend(["\r\n", name.as_str(), ": ", value.expose()]);
        }
        parts.push("\r\n\r\n");
        // Made at full length: a buffer that grows leaves copies of secrets behind.
        let mut request = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
        parts.iter().for_each(|part| request.extend_from_slice(part.as_bytes()));
        Ok(Self { request, accept: derive_accept_key(key.as_bytes()) })
    }

    /// What to send.
    pub(super) fn request(&self) -> &[u8] {
        &self.request
    }

    /// Reads the answer: how many bytes it has where it is yes, none while it is not complete.
    ///
    /// # Errors
    /// [`No`].
    pub(super) fn read(&self, bytes: &[u8]) -> Result<Option<usize>, No> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = Response::new(&mut headers);
        match response.parse(bytes) {
            Ok(Status::Complete(length)) if length <= MAX_HEAD => self.judge(&response).map(|()| Some(length)),
            Ok(Status::Partial) if bytes.len() < MAX_HEAD => Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(not("its answer is too long")),
            Err(_) => Err(other_protocol(bytes)),
        }
    }

    fn judge(&self, response: &Response<'_, '_>) -> Result<(), No> {
        let headers = &*response.headers;
        let code = response.code.unwrap_or_default();
        if code != 101 {
            return Err(No::Status { code, reason: reason(code, response.reason.unwrap_or_default(), headers) });
        }
        let check = |holds: bool, detail: &str| if holds { Ok(()) } else { Err(not(detail)) };
        check(response.version == Some(1), "its answer is HTTP/1.0")?;
        check(lists(headers, "Upgrade", "websocket"), "its answer has no Upgrade")?;
        check(lists(headers, "Connection", "upgrade"), "its answer has no Connection: Upgrade")?;
        let accept = values(headers, "Sec-WebSocket-Accept").map(<[u8]>::trim_ascii);
        check(accept.eq([self.accept.as_bytes()]), "its answer belongs to another request")?;
        check(
            values(headers, "Sec-WebSocket-Extensions").all(|value| value.trim_ascii().is_empty()),
            "it extends the protocol",
        )?;
        for protocol in values(headers, "Sec-WebSocket-Protocol").map(<[u8]>::trim_ascii) {
            match protocol {
                // The second one: selected without having been offered, which harms nobody.
                b"" | b"binary" => {}
                b"base64" => return Err(No::Not { looks_like: Some(WsMistake::Text), detail: String::new() }),
                _ => return Err(not("it wants another subprotocol")),
            }
        }
        Ok(())
    }
}

/// What an HTTP status comes to (RFC 9110, section 15).
pub(super) fn refusal(status: u16) -> WsRefusal {
    match status {
        401 | 407 | 511 => WsRefusal::Login,
        403 => WsRefusal::Forbidden,
        404 | 410 => WsRefusal::NotFound,
        300..=399 => WsRefusal::Moved,
        429 => WsRefusal::TooMany,
        200..=299 | 405 | 426 | 501 => WsRefusal::NoWebSocket,
        503 => WsRefusal::Busy,
        500 | 502 | 504 => WsRefusal::Behind,
        _ => WsRefusal::Other,
    }
}

/// The words beside a status: where to go instead, or a reason that says more than the status' usual name.
fn reason(code: u16, phrase: &str, headers: &[Header<'_>]) -> Option<String> {
    let words = match values(headers, "Location").next() {
        Some(location) if refusal(code) == WsRefusal::Moved => location,
        _ => phrase.as_bytes(),
    };
    let words = rfb::sanitize(words);
    let usual = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    let says_more = !words.is_empty() && !usual.is_some_and(|usual| usual.eq_ignore_ascii_case(&words));
    says_more.then_some(words)
}

/// What answers instead of a web server.
pub(super) fn other_protocol(bytes: &[u8]) -> No {
    let looks_like = match bytes {
        [b'R', b'F', b'B', b' ', ..] => Some(WsMistake::Vnc),
        [b'S', b'S', b'H', b'-', ..] => Some(WsMistake::Ssh),
        // A TLS record: alert or handshake, of any version (RFC 8446, section 5.1).
        [0x15 | 0x16, 3, ..] => Some(WsMistake::Tls),
        _ => None,
    };
    let detail = if looks_like.is_some() { "" } else { "its answer is not HTTP" };
    No::Not { looks_like, detail: detail.to_owned() }
}

fn not(detail: &str) -> No {
    No::Not { looks_like: None, detail: detail.to_owned() }
}

fn values<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// Whether the header, a list, has `token`.
fn lists(headers: &[Header<'_>], name: &str, token: &str) -> bool {
    values(headers, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// Bytes of an answer that are looked at: sites send policies and cookies of some kilobytes.
pub(super) const MAX_HEAD: usize = 32 * 1024;

const MAX_HEADERS: usize = 100;
