//! How a handshake ends when it does not end well: they broke the protocol, they refused, or the user gave up.

use crate::{
    ask::{Cancelled, Step},
    security::SecurityType,
};
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
    /// The credentials were not accepted; without a reason also where the server closed instead of saying so.
    #[error("the server did not accept the login{}", said(reason))]
    AuthFailed {
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server went away, or sent nonsense, right after it got the credentials: they were probably wrong.
    #[error("the server ended the connection right after the login: user name or password are probably wrong")]
    AuthFailedProbably,
    /// These credentials cannot be sent in the way that the server wants them.
    #[error("this login does not fit: {0}")]
    BadCredentials(Unfit),
    /// The best of the server's first list turned out worse than something else in it: dial again with
    /// [`crate::Policy::without_vencrypt`].
    #[error("VeNCrypt has nothing better to offer than the list it was chosen from")]
    BetterWithoutVeNCrypt,
    /// The server's key is too short to protect anything.
    #[error("the server's key has only {bits} bits")]
    TooWeak {
        /// Bits of its RSA modulus.
        bits: u32,
    },
    /// Somebody has altered what was sent, or the two sides do not share the keys that they should.
    #[error("the encrypted conversation was altered on the way {during}")]
    Integrity {
        /// Where.
        during: Step,
    },
    /// TLS could not be established.
    #[error("TLS with the server failed: {detail}")]
    Tls {
        /// The TLS library's or the server's words.
        detail: String,
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
        /// It was reset, rather than closed in order.
        reset: bool,
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
    /// The same end, seen after credentials were sent. Some servers answer wrong ones by going away without a word,
    /// and neatvnc 0.5 with a verdict of "ok" followed by noise.
    pub(crate) fn after_credentials(self) -> Self {
        match self {
            Self::Closed { during: Step::SecurityResult, reset: false } => Self::AuthFailed { reason: None },
            Self::Closed { during: Step::SecurityResult | Step::ServerInit, .. }
            | Self::Protocol { during: Step::ServerInit, .. } => Self::AuthFailedProbably,
            other => other,
        }
    }
}

/// Why credentials cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The user name has more bytes of UTF-8 than the security type has room for.
    UsernameTooLong {
        /// How many bytes there is room for.
        limit: usize,
    },
    /// The password has more bytes of UTF-8 than the security type has room for.
    PasswordTooLong {
        /// How many bytes there is room for.
        limit: usize,
    },
    /// There is a NUL in the user name or the password, which would end it early.
    Nul,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsernameTooLong { limit } => write!(f, "the user name has more than {limit} bytes"),
            Self::PasswordTooLong { limit } => write!(f, "the password has more than {limit} bytes"),
            Self::Nul => f.write_str("there is a NUL in it"),
        }
    }
}

impl From<Cancelled> for Error {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
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
