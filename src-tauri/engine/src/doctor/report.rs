//! What was found out about the way to a server. `docs/DOCTOR.md` describes its JSON form.

use crate::{
    connect::{StageReport, name},
    error::Error,
    model::{Identity, Level},
};
use rfb::SecurityType;
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
    /// The identity that the server has shown.
    pub identity: Option<Identity>,
    /// Its screen; none where the login was not asked for or failed.
    pub desktop: Option<Desktop>,
    /// Why it stopped; none where all went well that was asked for.
    pub error: Option<Failure>,
    /// What encrypts the path as far as an SSH host or a site in front of the server: `ssh` or `wss`.
    pub tunnel: Option<String>,
}

impl Report {
    /// What there is to say before anything was examined.
    pub fn of(target: String) -> Self {
        Self {
            target,
            stages: Vec::new(),
            protocol: None,
            offered: Vec::new(),
            chosen: None,
            protection: None,
            tunnel: None,
            identity: None,
            desktop: None,
            error: None,
        }
    }

    /// The same where `error` kept it from being examined.
    pub fn failed(target: String, error: Error) -> Self {
        Self { error: Some(error.into()), ..Self::of(target) }
    }

    /// The same where a login was meant to be tried, and for this reason there was none.
    pub(super) fn without_the_login(mut self, error: Error) -> Self {
        // Where it failed before, or no login is asked for, none is missing.
        if self.wants_login() {
            if let Some(last) = self.stages.last_mut() {
                (last.ok, last.detail) = (false, error.to_string());
            }
            self.error = Some(error.into());
        }
        self
    }

    /// Whether the server has logins with a Mac's accounts.
    pub(crate) fn is_mac(&self) -> bool {
        SecurityType::OF_MACS.iter().any(|kind| self.offered.contains(&name(*kind)))
    }

    /// Whether it stopped where the server wants a login.
    pub fn wants_login(&self) -> bool {
        self.error.is_none() && self.desktop.is_none()
    }
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

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        Self { message: error.to_string(), error }
    }
}
