//! What protects a session, as the windows show it.

use super::Identity;
use rfb::SecurityType;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How well a session is protected. A better level compares as greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing is encrypted.
    Clear,
    /// The password is not sent readably; everything else is.
    Password,
    /// Encrypted, but the server is not identified: an active attacker in between could read and change everything.
    Encrypted,
    /// Encrypted, and the server has proved its key, which is pinned or vouched for by an authority.
    Identified,
}

impl Level {
    /// What is left of it where TLS has this that is old: it hides everything, and proves nothing any more.
    pub(crate) fn proven_by(self, old: &[OldTls]) -> Self {
        if old.is_empty() { self } else { self.min(Self::Encrypted) }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "not encrypted",
            Self::Password => "not encrypted but for the password",
            Self::Encrypted => "encrypted, server not identified",
            Self::Identified => "identified and encrypted",
        })
    }
}

impl From<rfb::Level> for Level {
    fn from(level: rfb::Level) -> Self {
        match level {
            rfb::Level::Clear => Self::Clear,
            rfb::Level::Password => Self::Password,
            rfb::Level::Encrypted => Self::Encrypted,
            rfb::Level::Identified => Self::Identified,
        }
    }
}

impl From<Level> for rfb::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Clear => Self::Clear,
            Level::Password => Self::Password,
            Level::Encrypted => Self::Encrypted,
            Level::Identified => Self::Identified,
        }
    }
}

/// What protects a session: its level, and the facts behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Protection {
    /// The level that all layers come to.
    pub level: Level,
    /// The way to the server does not leave this computer: a Unix socket, or loopback.
    pub local: bool,
    /// The SSH host that everything goes through, encrypted as far as there.
    pub through: Option<String>,
    /// Version and cipher of the TLS to the site in front of the server, which everything goes through as far as there.
    pub site_tls: Option<String>,
    /// What is old about the TLS to the site; the user agreed to that for this machine.
    pub site_old: Vec<OldTls>,
    /// The security type's name in the field, such as `X509Vnc`.
    pub security_type: String,
    /// How the login was made within SASL, such as `SCRAM-SHA-256`.
    pub mechanism: Option<String>,
    /// Version and cipher of TLS, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`; none without TLS.
    pub tls: Option<String>,
    /// What is old about TLS; the user agreed to that for this machine.
    pub old: Vec<OldTls>,
    /// The key that the server has proved; none where the security type has no server key.
    pub identity: Option<Identity>,
    /// A password is known for this machine, and the server did not ask for one.
    pub password_unasked: bool,
}

impl Protection {
    /// Whether the session cannot simply be read on its way.
    pub(crate) fn is_private(&self) -> bool {
        self.local || self.level >= Level::Encrypted
    }
}

/// What can be old about the TLS of a server, or of the site in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum OldTls {
    /// It speaks nothing newer than TLS 1.1.
    Version,
    /// It has none of the algorithms that are safe: most often it signs with SHA-1 only.
    Algorithms,
    /// It signs its part of the handshake with SHA-1 or MD5.
    Signature,
    /// It is from before RFC 5746 (2010): an attacker in between could put something before what is sent to it.
    Renegotiation,
    /// Its Diffie-Hellman key has less than 1024 bits. That is never accepted.
    Key,
}

impl OldTls {
    /// What is said of a connection's version and cipher where this is old about it: `, old: TLS 1.1 or older`.
    pub(crate) fn listed(old: &[Self]) -> String {
        old.iter().map(|old| format!(", old: {old}")).collect()
    }
}

impl fmt::Display for OldTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "TLS 1.1 or older",
            Self::Algorithms => "none of the algorithms that are safe",
            Self::Signature => "signatures with SHA-1 or MD5",
            Self::Renegotiation => "TLS without RFC 5746",
            Self::Key => "a Diffie-Hellman key that protects nothing",
        })
    }
}

/// What happens to a password on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Travels {
    /// Within TLS or RSA-AES, or encrypted by itself.
    Encrypted,
    /// VNC authentication without TLS (RFC 6143, section 7.2.2): it is not sent, but a recording of the
    /// exchange allows searching for it offline; only its first eight bytes count.
    Scrambled,
    /// SASL without TLS: it is not sent, but a recording of the exchange allows searching for it offline.
    Hashed,
    /// Readable on the network.
    Clear,
    /// In any form: the connection does not leave this computer.
    Local,
}

impl From<SecurityType> for Travels {
    fn from(security_type: SecurityType) -> Self {
        match security_type {
            SecurityType::VncAuth => Self::Scrambled,
            SecurityType::Sasl => Self::Hashed,
            revealing if revealing.sends_plaintext_password() => Self::Clear,
            _ => Self::Encrypted,
        }
    }
}
