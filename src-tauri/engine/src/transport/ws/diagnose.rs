//! Why there is no WebSocket, or no longer one: what statuses, other protocols, a silent end and close codes come to.

use crate::{
    error::{ConnectError, WsMistake, WsRefusal},
    model::{Address, WebSocket},
};
use std::io;

/// Why an answer to the opening request does not open a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// An HTTP status other than 101; the reason is sanitised.
    Status { code: u16, reason: Option<String> },
    /// Not an answer to such a request at all.
    Not { looks_like: Option<WsMistake>, detail: String },
}

impl Rejection {
    pub(super) fn not(detail: &str) -> Self {
        Self::Not { looks_like: None, detail: detail.to_owned() }
    }

    /// As the error for `address`.
    pub(super) fn explain(self, address: String) -> ConnectError {
        match self {
            Self::Status { code, reason } => {
                ConnectError::WsRefused { address, why: refusal(code), status: code, reason }
            }
            Self::Not { looks_like, detail } => ConnectError::NotWebSocket { address, looks_like, detail },
        }
    }
}

/// What an HTTP status comes to ([RFC 9110, section 15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
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

/// What answers instead of a web server.
pub(super) fn other_protocol(bytes: &[u8]) -> Rejection {
    let looks_like = match bytes {
        [b'R', b'F', b'B', b' ', ..] => Some(WsMistake::Vnc),
        [b'S', b'S', b'H', b'-', ..] => Some(WsMistake::Ssh),
        // A TLS record: alert or handshake, of any version (RFC 8446, section 5.1).
        [0x15 | 0x16, 3, ..] => Some(WsMistake::Tls),
        _ => None,
    };
    let detail = if looks_like.is_some() { "" } else { "its answer is not HTTP" };
    Rejection::Not { looks_like, detail: detail.to_owned() }
}

/// Why there is no complete answer: `answer` is what came of it, `is_broken` whether the connection failed rather than
/// ended. websockify closes the connection without an answer where it does not know a token.
pub(super) fn hung_up(socket: &WebSocket, answer: &[u8], is_broken: bool, address: String) -> ConnectError {
    if !answer.is_empty() {
        return match other_protocol(answer) {
            known @ Rejection::Not { looks_like: Some(_), .. } => known.explain(address),
            _ => Rejection::not("it hung up in the middle of its answer").explain(address),
        };
    }
    // A server that wanted TLS does not read the request, so that its end is a reset; websockify has read it. Within TLS
    // the request was understood, and few servers close TLS in order.
    if names_a_token(socket) && (socket.secure || !is_broken) {
        ConnectError::WsUnknownToken { address }
    } else {
        ConnectError::WsSilent { address }
    }
}

pub(super) fn names_a_token(socket: &WebSocket) -> bool {
    let query = socket.resource.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split('&').any(|pair| pair.starts_with("token="))
}

/// Why an open WebSocket ended, as the cause of an [`io::Error`].
#[derive(Debug, thiserror::Error)]
pub(super) enum EndCause {
    #[error("the WebSocket was closed with code {code}")]
    Closed { code: u16, reason: Option<String> },
    #[error("the WebSocket sent text")]
    Text,
    #[error("{0}")]
    Protocol(String),
}

/// The error of a stream whose end the WebSocket beneath it has explained; none where the cause is another.
pub(crate) fn explain(cause: &io::Error, address: &Address) -> Option<ConnectError> {
    let address = address.without_query().to_string();
    Some(match cause.get_ref()?.downcast_ref::<EndCause>()? {
        EndCause::Closed { code, reason } => {
            ConnectError::WsRefused { address, why: closing(*code), status: *code, reason: reason.clone() }
        }
        EndCause::Text => {
            ConnectError::NotWebSocket { address, looks_like: Some(WsMistake::Text), detail: String::new() }
        }
        EndCause::Protocol(detail) => ConnectError::NotWebSocket { address, looks_like: None, detail: detail.clone() },
    })
}

/// What a close code comes to: those of [RFC 6455, section 7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4) and its
/// registry, and HTTP statuses to which 4000 was added, as many applications do.
pub(super) fn closing(code: u16) -> WsRefusal {
    match code {
        1008 => WsRefusal::Forbidden,
        1011 | 1014 => WsRefusal::Behind,
        1012 | 1013 => WsRefusal::Busy,
        3000 => WsRefusal::Login,
        3003 => WsRefusal::Forbidden,
        4400..=4599 => refusal(code - 4000),
        _ => WsRefusal::Other,
    }
}
