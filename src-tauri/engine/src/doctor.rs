//! What `portlight doctor` and "Test connection" find out about the way to a server.

use crate::{error::Error, protection::Level, trust::Identity};
use serde::Serialize;

/// What was found out. Its JSON form is stable: scripts read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Report {
    /// What was examined, as Portlight prints it.
    pub target: String,
    /// What was done, in order; the last one is the one that failed, if any did.
    pub stages: Vec<StageReport>,
    /// The protocol version in the server's greeting, such as `3.8`.
    pub protocol: Option<String>,
    /// Names of the security types and sub-types offered.
    pub offered: Vec<String>,
    /// The one that Portlight takes.
    pub chosen: Option<String>,
    /// What it protects.
    pub protection: Option<Level>,
    /// Who the server has shown to be.
    pub identity: Option<Identity>,
    /// Its screen; none where the login was not asked for or failed.
    pub desktop: Option<Desktop>,
    /// Why it stopped; none where all went well that was asked for.
    pub error: Option<Failure>,
}

/// One stage on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct StageReport {
    /// Which.
    pub stage: ReportStage,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took, in milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ms: u64,
    /// What was seen: one line in English, for the curious.
    pub detail: String,
}

/// The stages on the way to a server's screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ReportStage {
    /// Looking up the name.
    Resolve,
    /// Connecting.
    Dial,
    /// The protocol version.
    Greeting,
    /// Agreeing on a security type.
    Security,
    /// TLS.
    Tls,
    /// Whether the certificate or key is the server's.
    Trust,
    /// User name and password.
    Login,
    /// The server's description of its screen.
    Desktop,
}

/// A server's screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Desktop {
    /// Its name in the server's words, cleaned.
    pub name: String,
    /// Framebuffer width in pixels.
    pub width: u16,
    /// Framebuffer height in pixels.
    pub height: u16,
}

/// Why an examination stopped: the error's code and facts, and its sentence in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Failure {
    /// Its code, with its facts beside it.
    #[serde(flatten)]
    pub error: Error,
    /// The sentence.
    pub message: String,
}
