//! Why a handshake failed.

use crate::{
    ask::{Cancelled, Step},
    kerberos::KerberosError,
    maker::Maker,
};
use std::{fmt, io};

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The other end does not speak RFB.
    #[error("not a VNC server{}", looks_like.map(|other| format!(": it answers like {other}")).unwrap_or_default())]
    NotRfb {
        /// What it speaks instead, where its first bytes show that.
        looks_like: Option<OtherProtocol>,
    },
    /// A version that is none of 3.3 and later, 4.x and 5.x.
    #[error("unknown RFB version {version}")]
    UnsupportedVersion {
        /// As the server sent it, such as `002.002`.
        version: String,
    },
    /// An UltraVNC repeater, and no repeater ID, or one of more than 249 bytes.
    #[error("this is an UltraVNC repeater: an ID is needed")]
    Repeater,
    /// The server refused the connection for a reason that is not the login.
    #[error("the server refused the connection{}", says(reason))]
    Refused {
        /// The server's text, sanitised.
        reason: Option<String>,
    },
    /// The server offers no security type that is spoken here.
    #[error("{}", none_in_common(offered))]
    NoCommonSecurity {
        /// What it offers, by name and number, such as `RealVNC RA2r (13)` or `Tight tunnel 7`: each once, the first
        /// eight. Empty where it offers nothing.
        offered: Vec<String>,
        /// Whose server it is, where the list tells.
        maker: Option<Maker>,
    },
    /// The server rejected the credentials: SecurityResult 1, or the connection closed in its place.
    #[error("the server did not accept the login{}", says(reason))]
    AuthFailed {
        /// The server's text, sanitised.
        reason: Option<String>,
    },
    /// The server reset the connection after it got the credentials; or it accepted them, and then closed or sent
    /// noise instead of a ServerInit. See [`crate::client`] for the rule.
    #[error("the server ended the connection right after the login: user name or password are probably wrong")]
    AuthFailedProbably,
    /// The server has asked for a certificate of ours, was shown one, and did not let us in with it.
    #[error("the server did not accept the certificate")]
    CertificateRefused,
    /// The credentials cannot be sent with this security type.
    #[error("this login does not fit: {0}")]
    BadCredentials(CredentialError),
    /// The server's RSA key is too short to protect anything.
    #[error("the server's key has only {bits} bits")]
    TooWeak {
        /// Bits of its modulus.
        bits: u32,
    },
    /// A record or a key proof of RSA-AES did not verify: it was altered on the way, or the two sides have other keys.
    #[error("the encrypted conversation was altered on the way {during}")]
    Integrity {
        /// What was being waited for.
        during: Step,
    },
    /// The server takes Kerberos, and that fails.
    #[error("{0}")]
    Kerberos(KerberosError),
    /// The server accepts the login, and has not proved that it knows the password: it may be another.
    #[error("the server did not prove that it knows the password")]
    Unproven,
    /// TLS could not be established.
    #[error("TLS with the server failed: {detail}")]
    Tls {
        /// The TLS library's or the server's message.
        detail: String,
    },
    /// SecurityResult 2: too many failed attempts. Trying again makes it worse.
    #[error("the server accepts no more attempts{}", says(reason))]
    TooMany {
        /// The server's text, sanitised.
        reason: Option<String>,
    },
    /// The connection was closed or reset.
    #[error("the server closed the connection {during}")]
    Closed {
        /// What was being waited for.
        during: Step,
        /// It was reset, rather than closed in order.
        reset: bool,
    },
    /// The server broke the protocol.
    #[error("the server broke the protocol {during}: {detail}")]
    Protocol {
        /// What was being waited for.
        during: Step,
        /// What it sent.
        detail: String,
    },
    /// A callback gave up.
    #[error("cancelled")]
    Cancelled,
    /// The stream failed; a deadline is [`io::ErrorKind::TimedOut`].
    #[error("the connection failed {during}: {source}")]
    Io {
        /// What was being waited for.
        during: Step,
        /// The stream's error.
        source: io::Error,
    },
}

impl Error {
    /// The same failure after credentials were sent, before the server has proved that it accepted them: some servers
    /// answer wrong ones by closing.
    pub(crate) fn after_credentials(self) -> Self {
        match self {
            Self::Closed { during: Step::SecurityResult, reset: false } => Self::AuthFailed { reason: None },
            Self::Closed { during: Step::SecurityResult | Step::ServerInit, .. } => Self::AuthFailedProbably,
            other => other,
        }
    }
}

/// Why credentials cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The user name is longer than the security type allows.
    #[error("the user name has more than {limit} bytes")]
    UsernameTooLong {
        /// Bytes of UTF-8 that the security type has room for.
        limit: usize,
    },
    /// The password is longer than the security type allows.
    #[error("the password has more than {limit} bytes")]
    PasswordTooLong {
        /// Bytes of UTF-8 that the security type has room for.
        limit: usize,
    },
    /// The user name or the password contains a NUL, which would end it early.
    #[error("there is a NUL in it")]
    Nul,
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

fn says(reason: &Option<String>) -> String {
    reason.as_deref().map(|reason| format!(". It says: {reason}")).unwrap_or_default()
}

fn none_in_common(offered: &[String]) -> String {
    match offered {
        [] => "the server offers no security type".to_owned(),
        some => format!("none of the server's security types is known here: {}", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_security_types_gets_a_whole_sentence() {
        let shown = |offered: &[&str]| {
            let offered = offered.iter().map(|offer| (*offer).to_owned()).collect();
            Error::NoCommonSecurity { offered, maker: None }.to_string()
        };
        assert_eq!(shown(&[]), "the server offers no security type");
        assert_eq!(
            shown(&["Tight tunnel 7", "type 77"]),
            "none of the server's security types is known here: Tight tunnel 7, type 77"
        );
    }
}
