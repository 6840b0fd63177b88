//! All open sessions at a glance, for the window with the list: small pictures of them, too, while they are shown.

use super::SessionState;
use crate::model::{HostId, SessionId};
use serde::Serialize;

/// A session whose window is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct OpenSession {
    /// Its name while Portlight runs.
    pub id: SessionId,
    /// The saved host behind it.
    pub host: Option<HostId>,
    /// What its window is called.
    pub name: String,
    /// Where its server is.
    pub address: String,
    /// Where it is.
    pub state: OpenState,
    /// A JPEG picture of its screen, in base64; none before there was one.
    pub picture: Option<String>,
}

/// Where a session is, as an overview tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum OpenState {
    /// On the way, or about to show its screen.
    Connecting,
    /// It asks its user something.
    Asking,
    /// Its screen is there.
    Live,
    /// It was interrupted, and is dialled again.
    Reconnecting,
    /// It is over; its window is still there.
    Ended,
}

impl From<&SessionState> for OpenState {
    fn from(state: &SessionState) -> Self {
        match state {
            SessionState::Connecting { .. } | SessionState::Ready { .. } => Self::Connecting,
            SessionState::Asking { .. } => Self::Asking,
            SessionState::Live => Self::Live,
            SessionState::Reconnecting { .. } => Self::Reconnecting,
            SessionState::Ended { .. } => Self::Ended,
        }
    }
}

/// What has changed about all sessions together, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// How often one has begun or ended, or has come to another [`OpenState`].
    pub sessions: u64,
    /// How often pictures were asked for.
    pub pictures: u64,
    /// How often a recording has begun or ended, or one that is played does something else.
    pub recordings: u64,
}

/// Whether this can be a picture for an overview.
pub(super) fn is_picture(text: &str) -> bool {
    // How a JPEG file begins, in base64.
    text.len() <= MAX_PICTURE && text.starts_with("/9j/")
}

/// How long a picture may be, in letters of base64: a JPEG file of 320 pixels' width has a fifth of it.
const MAX_PICTURE: usize = 128 * 1024;
