//! What a session uses of the rest of the engine.

use super::Callers;
use crate::{
    keyring::Keyring,
    model::Target,
    pictures::Pictures,
    recording::Room,
    store::{HostList, LoginsFile, Pins, Places, PreferencesFile},
};
use relay::Relay;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What a session uses of the rest of the engine.
pub(crate) struct Services {
    pub(crate) relay: Relay,
    pub(crate) keyring: Keyring,
    pub(crate) pins: Pins,
    pub(crate) list: Arc<HostList>,
    pub(crate) pictures: Arc<Pictures>,
    pub(crate) preferences: Arc<PreferencesFile>,
    pub(crate) logins: Arc<LoginsFile>,
    /// Where it is kept how machines were reached; none where nothing is to be kept.
    pub(crate) places: Option<Arc<Places>>,
    /// Memory for the last minutes of all sessions.
    pub(crate) room: Room,
    /// What is left out with those that call.
    pub(crate) callers: Callers,
    pub(crate) runtime: Handle,
}

impl Services {
    /// The target with what is chosen for it elsewhere: what its tags ask for, and its named login.
    pub(super) fn as_chosen(&self, target: Target) -> Target {
        let logins = self.logins.all().unwrap_or_default();
        target.with_caution_of(&self.preferences.get().tags).with_login_of(&logins)
    }
}
