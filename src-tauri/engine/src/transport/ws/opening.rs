//! The client's opening handshake ([RFC 6455, section 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)), without
//! a socket: a request to send, and bytes in, decision out.

use super::{
    Headers,
    diagnose::{Rejection, other_protocol, refusal},
};
use crate::{
    error::{WsMistake, WsRefusal},
    model::WebSocket,
};
use httparse::{EMPTY_HEADER, Header, Response, Status};
use tokio_tungstenite::tungstenite::{handshake::derive_accept_key, http::StatusCode};
use zeroize::Zeroizing;

/// The one subprotocol that VNC servers know, and noVNC offers; servers that know none answer without.
pub(super) const BINARY: &str = "binary";
/// Bytes of an answer's head: sites send policies and cookies of some kilobytes.
pub(super) const MAX_HEAD: usize = 32 * 1024;
/// Header fields of an answer.
const MAX_HEADERS: usize = 100;

/// A request, and what the answer has to have.
pub(super) struct Opening {
    request: Zeroizing<Vec<u8>>,
    accept: String,
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
        headers.check().map_err(|wrong| wrong.detail)?;
        let (host, origin, basic) = (socket.host(), socket.origin(), headers.basic_value());
        let mut parts = vec!["GET ", &socket.resource, " HTTP/1.1\r\nHost: ", &host];
        parts.extend(["\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"]);
        parts.extend(["\r\nSec-WebSocket-Key: ", key]);
        if let Some(protocol) = protocol {
            parts.extend(["\r\nSec-WebSocket-Protocol: ", protocol]);
        }
        // Sites accept requests of their own pages only (Django Channels, Proxmox).
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

    /// The request's bytes, with login and headers in them.
    pub(super) fn request(&self) -> &[u8] {
        &self.request
    }

    /// Reads the answer: how many bytes its head has where the WebSocket is open, none while it is not complete.
    ///
    /// # Errors
    /// [`Rejection`].
    pub(super) fn read(&self, bytes: &[u8]) -> Result<Option<usize>, Rejection> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut response = Response::new(&mut headers);
        match response.parse(bytes) {
            Ok(Status::Complete(length)) if length <= MAX_HEAD => self.check(&response).map(|()| Some(length)),
            Ok(Status::Partial) if bytes.len() < MAX_HEAD => Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(Rejection::not("its answer is too long")),
            Err(_) => Err(other_protocol(bytes)),
        }
    }

    /// The checks of section 4.1 on the server's answer.
    fn check(&self, response: &Response<'_, '_>) -> Result<(), Rejection> {
        let headers = &*response.headers;
        let code = response.code.unwrap_or_default();
        if code != 101 {
            return Err(Rejection::Status { code, reason: reason(code, response.reason.unwrap_or_default(), headers) });
        }
        let check = |holds: bool, detail: &str| if holds { Ok(()) } else { Err(Rejection::not(detail)) };
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
                // `binary` also where it was not offered: it changes nothing.
                b"" | b"binary" => {}
                b"base64" => return Err(Rejection::Not { looks_like: Some(WsMistake::Text), detail: String::new() }),
                _ => return Err(Rejection::not("it wants another subprotocol")),
            }
        }
        Ok(())
    }
}

/// The text beside a status: the new location, or a reason phrase that says more than the status' usual one.
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

fn values<'a>(headers: &'a [Header<'a>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// Whether a header that is a list has `token`.
fn lists(headers: &[Header<'_>], name: &str, token: &str) -> bool {
    values(headers, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}
