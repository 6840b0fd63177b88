//! What a session uses of the rest of the engine.

use crate::{
    keyring::Keyring,
    pictures::Pictures,
    recording::Room,
    store::{HostList, Pins, PreferencesFile},
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
    /// Memory for the last minutes of all sessions.
    pub(crate) room: Room,
    pub(crate) runtime: Handle,
}
