//! All open sessions at a glance, for the window with the list: small pictures of them, too, while somebody looks.

use super::{SessionState, registry::Sessions};
use crate::model::{HostId, SessionId};
use serde::Serialize;
use tokio::sync::watch;

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
}

impl Sessions {
    /// All sessions whose window is open, in the order in which they began.
    pub fn all(&self) -> Vec<OpenSession> {
        let mut all: Vec<_> = self.each(|id, session| session.seen_from_afar(id));
        all.sort_by_key(|session| session.id);
        all
    }

    /// The same; and each page is asked for a new picture, which the next call brings.
    pub fn overview(&self) -> Vec<OpenSession> {
        self.changed.send_modify(|changes| changes.pictures += 1);
        self.all()
    }

    /// How many sessions are not over.
    pub fn running(&self) -> usize {
        self.all().iter().filter(|session| session.state != OpenState::Ended).count()
    }

    /// The session after this one in the order in which they began, or before it; the first follows the last.
    pub fn beside(&self, id: SessionId, back: bool) -> Option<SessionId> {
        let ids: Vec<_> = self.all().iter().map(|session| session.id).collect();
        let at = ids.iter().position(|other| *other == id)?;
        let step = if back { ids.len() - 1 } else { 1 };
        ids.get((at + step) % ids.len()).copied().filter(|other| *other != id)
    }

    /// A page's picture of its session. Dropped where it is none, or larger than [`MAX_PICTURE`].
    pub fn set_picture(&self, id: SessionId, picture: String) {
        // "/9j/" is how a JPEG file begins, in base64.
        if picture.len() <= MAX_PICTURE
            && picture.starts_with("/9j/")
            && let Some(session) = self.get(id)
        {
            session.set_picture(picture);
        }
    }

    /// Wakes after each change.
    pub fn changes(&self) -> watch::Receiver<Changes> {
        self.changed.subscribe()
    }
}

/// How long a picture may be, in letters of base64: a JPEG file of 320 pixels' width has a fifth of it.
const MAX_PICTURE: usize = 128 * 1024;
