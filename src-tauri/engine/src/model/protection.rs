//! What protects a session, in the words of the boundary to the windows.

use super::Identity;
use rfb::SecurityType;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How well a session is protected. The better one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not at all.
    Clear,
    /// The password is not sent readably; all else is.
    Password,
    /// Encrypted, but nobody knows with whom.
    Encrypted,
    /// Encrypted, and the server has shown who it is.
    Identified,
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

/// What protects a session, and how it came to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Protection {
    /// How well.
    pub level: Level,
    /// The way to the server does not leave this computer: a Unix socket, or loopback.
    pub local: bool,
    /// The SSH host that everything goes through, encrypted as far as there.
    pub through: Option<String>,
    /// Version and cipher of the TLS to the site in front of the server, which everything goes through as far as there.
    pub site_tls: Option<String>,
    /// The security type's name in the field, such as `X509Vnc`.
    pub security_type: String,
    /// Version and cipher of TLS, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`; none without TLS.
    pub tls: Option<String>,
    /// Who the server has shown to be.
    pub identity: Option<Identity>,
    /// A password is known for this machine, and the server did not ask for one.
    pub password_unasked: bool,
}

/// What happens to a password on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Travels {
    /// Well encrypted.
    Encrypted,
    /// VNC authentication without TLS: it is not sent itself, but a listener can guess it at leisure; eight bytes count.
    Scrambled,
    /// Readable for everybody on the way.
    Clear,
    /// As it may be: the way does not leave this computer.
    Local,
}

impl From<SecurityType> for Travels {
    fn from(security_type: SecurityType) -> Self {
        match security_type {
            SecurityType::VncAuth => Self::Scrambled,
            revealing if revealing.sends_plaintext_password() => Self::Clear,
            _ => Self::Encrypted,
        }
    }
}
