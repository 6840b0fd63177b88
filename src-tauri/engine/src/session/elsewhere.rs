//! A session for a viewer elsewhere, that is none of our windows; beside a Portlight that may run.

use super::{Services, Sessions};
use crate::{
    error::{ConnectError, Result},
    keyring::Keyring,
    model::{Host, Secret, SessionId, Target},
    pictures::Pictures,
    recording::Room,
    store::{HostList, HostsFile, LoginsFile, Pins, PreferencesFile},
};
use relay::{Origins, Relay};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::runtime::Handle;

/// Where and for whom the relay of such a session listens.
pub struct Door {
    /// On 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// The pages that may come; none for those of this computer, and programs.
    pub origins: Vec<String>,
    /// How long it waits for one.
    pub wait: Duration,
}

/// A login for one session, which is kept nowhere.
pub struct TypedOnce {
    /// None: as the machine has it.
    pub username: Option<String>,
    /// The password.
    pub password: Secret,
}

impl Sessions {
    /// One session of `target`, with the list and the known keys as they are now. Nothing is written to either, so that it may run
    /// beside a Portlight that holds them: what is agreed to holds for this session. A connection that breaks is not made again
    /// by itself.
    ///
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// [`FileUnreadable`](crate::StoreError::FileUnreadable), [`EntriesLeftOut`](crate::StoreError::EntriesLeftOut); [`ConnectError::System`] where the port is taken.
    pub fn elsewhere(
        config: &Path,
        keyring: Keyring,
        target: Target,
        door: Door,
        login: Option<TypedOnce>,
    ) -> Result<(Self, SessionId)> {
        let mut list = HostsFile::peek(config)?;
        let pins = Pins::peek(config)?;
        let mut target = target;
        target.reconnect = false;
        // Each run asks the list.
        if let Some(host) = target.host.and_then(|id| list.get(id).cloned()) {
            list.put(Host { options: target.options.clone(), login: target.login, ..host });
        }
        let origins = if door.origins.is_empty() { Origins::Local } else { Origins::Only(door.origins) };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, door.port));
        let relay = Relay::at(address, origins)
            .map_err(|cause| ConnectError::System { detail: format!("127.0.0.1 port {}: {cause}", door.port) })?;
        let (list, preferences) =
            (Arc::new(HostList::to_look_at(list, config)), Arc::new(PreferencesFile::open(config)));
        let runtime = Handle::current();
        // No page of ours is there to take one, so none is ever written: the folder is not looked at.
        let pictures = Pictures::new(
            config.join("no-pictures"),
            keyring.clone(),
            Arc::clone(&list),
            Arc::clone(&preferences),
            &runtime,
        );
        let sessions = Self::new(Services {
            relay: relay.with_ticket_lifetime(door.wait),
            keyring,
            pins,
            list,
            pictures: Arc::new(pictures),
            preferences,
            logins: Arc::new(LoginsFile::open(config)),
            places: None,
            // It could not be seen again.
            room: Room::none(),
            callers: super::Callers::default(),
            runtime,
        });
        let id = sessions.reserve();
        sessions.start_with(id, target, login.map(|login| (login.username, login.password)));
        sessions.attach(id);
        Ok((sessions, id))
    }
}
