//! The list of hosts, shared: one and one announcement of every change.

use crate::{error::Result, store::Hosts};
use parking_lot::Mutex;
use tokio::sync::watch;

pub(crate) struct HostList {
    hosts: Mutex<Hosts>,
    changed: watch::Sender<()>,
}

impl HostList {
    pub(crate) fn new(hosts: Hosts) -> Self {
        Self { hosts: Mutex::new(hosts), changed: watch::Sender::new(()) }
    }

    /// Looks at the list.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Hosts) -> T) -> T {
        look(&self.hosts.lock())
    }

    /// Changes the list; a change that was saved is announced.
    pub(crate) fn change<T, E>(&self, change: impl FnOnce(&mut Hosts) -> Result<T, E>) -> Result<T, E> {
        let done = change(&mut self.hosts.lock())?;
        self.announce();
        Ok(done)
    }

    /// Says that there is something new about the list.
    pub(crate) fn announce(&self) {
        self.changed.send_replace(());
    }

    /// Wakes after each change.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}
