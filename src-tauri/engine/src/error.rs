//! What can go wrong, as values: a code to match on, the facts for the sentence, and the cause.
//!
//! The windows make the sentence from code and facts in the user's language (`ui/src/i18n`); [`std::fmt::Display`]
//! gives the English one for logs and the terminal. A code exists only if a window, the terminal or a test needs it.

use crate::host::FieldProblem;
use serde::Serialize;
use std::path::PathBuf;

/// The result of the engine's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. `detail` fields carry the cause's own words, for the curious and for logs; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "EngineError"))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Error {
    // ---- the list of hosts
    /// The form has fields that cannot be read.
    #[error("{}", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Fields {
        /// One entry a field in question.
        fields: Vec<FieldProblem>,
    },
    /// No host has this id (any more).
    #[error("this machine is no longer in the list")]
    NoSuchHost,
    /// Another Portlight holds the list open.
    #[error("another Portlight is using {}", path.display())]
    HostsInUse {
        /// The list's file.
        path: PathBuf,
    },
    /// The list could not be read; it was kept beside and a new one begun.
    #[error("the list of machines could not be read ({detail}); it was kept as {}", kept_as.display())]
    HostsUnreadable {
        /// Where the old file lies now.
        kept_as: PathBuf,
        /// Why it could not be read.
        detail: String,
    },
    /// The list could not be written.
    #[error("could not save the list of machines to {}: {detail}", path.display())]
    HostsNotSaved {
        /// The list's file.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },

    // ---- the keyring
    /// There is no keyring on this system (no Secret Service on the bus).
    #[error("no keyring is available: {detail}")]
    KeyringMissing {
        /// The system's words.
        detail: String,
    },
    /// The keyring is locked, or its unlock was refused.
    #[error("the keyring is locked")]
    KeyringLocked,
    /// The keyring did not answer in time.
    #[error("the keyring did not answer")]
    KeyringSilent,
    /// The keyring failed in another way.
    #[error("the keyring failed: {detail}")]
    KeyringFailed {
        /// The system's words.
        detail: String,
    },

    // ---- reaching the server
    /// The name has no address.
    #[error("could not find {hostname}: is the name spelled right?")]
    UnknownName {
        /// The name looked up.
        hostname: String,
    },
    /// The machine is there, nothing listens at the port.
    #[error("{address} refused the connection: is a VNC server running there?")]
    ConnectionRefused {
        /// Address as Portlight prints it.
        address: String,
    },
    /// No answer within the deadline.
    #[error("{address} did not answer within {seconds} s: is the machine on?")]
    DialTimeout {
        /// Address as Portlight prints it.
        address: String,
        /// The deadline.
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The way there does not exist or broke.
    #[error("could not reach {address}: {detail}")]
    Unreachable {
        /// Address as Portlight prints it.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// The Unix socket is not there.
    #[error("there is no socket at {}", path.display())]
    SocketMissing {
        /// The path asked for.
        path: PathBuf,
    },

    // ---- the handshake
    /// What answers is not a VNC server.
    #[error("{address} is not a VNC server{}", looks_like.map(|p| format!(": it answers like {p}")).unwrap_or_default())]
    NotVnc {
        /// Address as Portlight prints it.
        address: String,
        /// What it is, where that shows.
        looks_like: Option<OtherProtocol>,
    },
    /// The server fell silent.
    #[error("{address} did not answer within {seconds} s {during}")]
    HandshakeTimeout {
        /// Address as Portlight prints it.
        address: String,
        /// What we were waiting for.
        during: Step,
        /// The deadline.
        #[cfg_attr(test, ts(type = "number"))]
        seconds: u64,
    },
    /// The server closed the connection in the middle of the handshake.
    #[error("{address} closed the connection {during}")]
    HandshakeClosed {
        /// Address as Portlight prints it.
        address: String,
        /// What we were waiting for.
        during: Step,
    },
    /// A protocol version that nobody speaks.
    #[error("{address} speaks RFB {version}, which Portlight does not know")]
    UnsupportedVersion {
        /// Address as Portlight prints it.
        address: String,
        /// As the server wrote it.
        version: String,
    },
    /// An UltraVNC repeater, which wants to know whom to connect to.
    #[error("{address} is an UltraVNC repeater, which needs an ID; Portlight cannot give one yet")]
    Repeater {
        /// Address as Portlight prints it.
        address: String,
    },
    /// The server refused before any authentication.
    #[error("{address} refused the connection{}", said(reason))]
    ServerRefused {
        /// Address as Portlight prints it.
        address: String,
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server offers only security types that we do not speak.
    #[error("{address} offers only security types that Portlight does not speak: {}", offered.join(", "))]
    NoCommonSecurity {
        /// Address as Portlight prints it.
        address: String,
        /// Names of the types offered.
        offered: Vec<String>,
    },
    /// The password was not accepted.
    #[error("{address} did not accept the password{}", said(reason))]
    PasswordRejected {
        /// Address as Portlight prints it.
        address: String,
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server has had enough of our attempts.
    #[error("{address} accepts no more attempts for now{}", said(reason))]
    TooManyAttempts {
        /// Address as Portlight prints it.
        address: String,
        /// The server's words, cleaned.
        reason: Option<String>,
    },
    /// The server broke the protocol.
    #[error("{address} broke the RFB protocol: {detail}")]
    ProtocolBroken {
        /// Address as Portlight prints it.
        address: String,
        /// What it did.
        detail: String,
    },

    // ---- the session
    /// The server ended a running session.
    #[error("{address} closed the session")]
    ServerClosed {
        /// Address as Portlight prints it.
        address: String,
    },
    /// The way to the server broke while the session ran.
    #[error("the connection to {address} broke: {detail}")]
    ConnectionLost {
        /// Address as Portlight prints it.
        address: String,
        /// The system's words.
        detail: String,
    },
    /// The picture data could not be understood, or the page failed.
    #[error("the viewer stopped: {detail}")]
    ViewerFailed {
        /// What the viewer said.
        detail: String,
    },

    // ---- this machine
    /// Something of this system failed that is named in `detail`.
    #[error("{detail}")]
    System {
        /// The system's words.
        detail: String,
    },
}

/// What answers on a port that was believed to be a VNC server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum OtherProtocol {
    /// A web server.
    Http,
    /// An SSH server.
    Ssh,
    /// A server that speaks TLS from the first byte.
    Tls,
}

impl std::fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Http => "a web server",
            Self::Ssh => "an SSH server",
            Self::Tls => "a TLS server",
        })
    }
}

/// Where in the handshake something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Before the server's protocol version.
    Greeting,
    /// While it listed its security types.
    SecurityTypes,
    /// During the chosen security type's exchange.
    Authentication,
    /// After we answered: its verdict.
    SecurityResult,
    /// Before it described its screen (ServerInit).
    ServerInit,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "before its greeting",
            Self::SecurityTypes => "while listing its security types",
            Self::Authentication => "during authentication",
            Self::SecurityResult => "instead of accepting or refusing the login",
            Self::ServerInit => "before describing its screen",
        })
    }
}

fn said(reason: &Option<String>) -> String {
    reason.as_deref().map(|r| format!(". The server says: {r}")).unwrap_or_default()
}
