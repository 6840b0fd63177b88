//! How a handshake ends when it does not end well: they broke the protocol, they refused, or the user gave up.

use crate::{ask::Step, security::SecurityType};
use std::{fmt, io};

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What answers does not speak RFB.
    #[error("not a VNC server{}", looks_like.map(|other| format!(": it answers like {other}")).unwrap_or_default())]
    NotRfb {
        /// What it is instead, where that shows.
        looks_like: Option<OtherProtocol>,
    },
    /// An RFB version that nobody speaks.
    #[error("unknown RFB version {version}")]
    UnsupportedVersion {
        /// As the server wrote it, such as `002.002`.
        version: String,
    },
    /// An UltraVNC repeater: it wants to know which server is meant before it speaks for one.
    #[error("this is an UltraVNC repeater: an ID is needed")]
    Repeater,
    /// The server refused, whoever we are.
    #[error("the server refused the connection{}", said(reason))]
    Refused {
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server offers no security type that we speak.
    #[error("none of the server's security types is known here: {}", list(offered))]
    NoCommonSecurity {
        /// What it offers: each once, the first eight.
        offered: Vec<SecurityType>,
    },
    /// The credentials were not accepted; without a reason also where the server went away, or sent nonsense,
    /// right after it got them.
    #[error("the server did not accept the password{}", said(reason))]
    AuthFailed {
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server has had enough of failed attempts: trying again makes it worse.
    #[error("the server accepts no more attempts{}", said(reason))]
    TooMany {
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server closed the connection, or it was reset.
    #[error("the server closed the connection {during}")]
    Closed {
        /// What we were waiting for.
        during: Step,
    },
    /// The server broke the protocol.
    #[error("the server broke the protocol {during}: {detail}")]
    Protocol {
        /// Where.
        during: Step,
        /// What it did.
        detail: String,
    },
    /// Whoever was asked gave up.
    #[error("cancelled")]
    Cancelled,
    /// The stream failed; a deadline is [`io::ErrorKind::TimedOut`].
    #[error("the connection failed {during}: {source}")]
    Io {
        /// What we were waiting for.
        during: Step,
        /// The stream's error.
        source: io::Error,
    },
}

impl Error {
    /// The same end, seen after a password was sent. Some servers answer a wrong one by going away without a word,
    /// and neatvnc 0.5 with a verdict of "ok" followed by noise.
    pub(crate) fn after_password(self) -> Self {
        match self {
            Self::Closed { during: Step::SecurityResult | Step::ServerInit }
            | Self::Protocol { during: Step::ServerInit, .. } => Self::AuthFailed { reason: None },
            other => other,
        }
    }
}

/// What answers where a VNC server was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherProtocol {
    /// A web server.
    Http,
    /// An SSH server.
    Ssh,
    /// A server that speaks TLS from the first byte.
    Tls,
}

impl fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "a web server",
            Self::Ssh => "an SSH server",
            Self::Tls => "a TLS server",
        })
    }
}

fn said(reason: &Option<String>) -> String {
    reason.as_deref().map(|reason| format!(". It says: {reason}")).unwrap_or_default()
}

fn list(offered: &[SecurityType]) -> String {
    match offered {
        [] => "it offers none".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
