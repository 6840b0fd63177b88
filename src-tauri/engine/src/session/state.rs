//! What a viewer window is told about its session.

use crate::error::Error;
use serde::{Deserialize, Serialize};

/// What stays the same about a session; the answer to `attach`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SessionView {
    /// The host's name, or the address where it is not saved.
    pub name: String,
    /// Address as Portlight prints it.
    pub address: String,
    /// Whether the session begins as watching only.
    pub view_only: bool,
    /// Whether there is a saved host behind it, so that a password can be kept for it.
    pub saved: bool,
}

/// Where a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionState {
    /// On the way.
    Connecting {
        /// How far.
        stage: Stage,
    },
    /// Waiting for the person at the window; answered with `answer` or `close`.
    Asking {
        /// The question.
        prompt: Prompt,
    },
    /// The server let us in: the viewer may open `url`, once, within ten seconds.
    Ready {
        /// `ws://127.0.0.1:PORT/TICKET`.
        url: String,
        /// The desktop's name in the server's words, cleaned.
        desktop_name: String,
        /// Framebuffer width in pixels.
        width: u16,
        /// Framebuffer height in pixels.
        height: u16,
        /// Why a password that was to be kept is not in the keyring.
        not_stored: Option<Error>,
    },
    /// The viewer has come; pixels flow.
    Live,
    /// Over. `error` is none where the user ended it.
    Ended {
        /// Why.
        error: Option<Error>,
    },
}

/// How far a session is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking the name up and dialling.
    Dialing,
    /// Talking RFB: version and security types.
    Handshake,
    /// Waiting for the keyring; it may be asking the user to unlock it.
    Keyring,
    /// Logging in.
    Authenticating,
}

/// A question for the person at the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Prompt {
    /// The password for VNC authentication.
    Password {
        /// The last one was not accepted, with the server's words for it (may be empty).
        rejected: Option<String>,
        /// Why the keyring cannot keep it or did not have it; none where the keyring works.
        keyring: Option<Error>,
    },
}

/// The person's answer to a [`Prompt`].
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Answer {
    /// The password as typed.
    #[cfg_attr(test, ts(type = "string"))]
    pub password: crate::secrets::Secret,
    /// Keep it in the keyring once the server has accepted it.
    pub remember: bool,
}
