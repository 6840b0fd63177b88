//! Machines in the network that say by mDNS that they have a VNC server (DNS-SD, service type `_rfb._tcp`).
//!
//! ```text
//! discovered  one machine, made of what it says about itself
//! shelf       all of them, within bounds
//! listen      the questions and answers in the network
//! ```
//! Any machine in the network can say anything. So nothing that was said is more than a name to be shown and an address to be dialled
//! when the user says so: it is never compared with a saved host's name, gets no password, and is not in the list until
//! the user keeps it. Nothing is sent or listened to while it is turned off, nor before [`Nearby::follow`].

mod discovered;
mod listen;
mod shelf;

pub use discovered::Discovered;

use crate::{
    model::{Address, Host, Target},
    store::{HostList, Nearby as Choice, PreferencesFile},
};
use discovered::name_of;
use listen::listen;
use parking_lot::Mutex;
use serde::Serialize;
use shelf::Shelf;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

/// What the list shows of machines that are nearby.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NearbyView {
    /// Those that are not in the list.
    pub machines: Vec<Discovered>,
    /// There are more than are listened to.
    pub more: bool,
}

/// The machines that are nearby.
pub struct Nearby {
    found: Arc<Found>,
    list: Arc<HostList>,
    preferences: Arc<PreferencesFile>,
    runtime: Handle,
    following: Mutex<Option<AbortOnDropHandle<()>>>,
}

/// What was found, and where that is told.
#[derive(Default)]
struct Found {
    shelf: Mutex<Shelf>,
    changed: watch::Sender<u64>,
}

impl Found {
    /// Changes the shelf; `change` says whether it did.
    fn change(&self, change: impl FnOnce(&mut Shelf) -> bool) {
        if change(&mut self.shelf.lock()) {
            self.changed.send_modify(|changes| *changes += 1);
        }
    }
}

impl Nearby {
    /// Without a follower yet: nothing is sent before [`Nearby::follow`].
    pub(crate) fn new(list: Arc<HostList>, preferences: Arc<PreferencesFile>, runtime: Handle) -> Self {
        Self { found: Arc::default(), list, preferences, runtime, following: Mutex::default() }
    }

    /// Looks for machines from now on, while the user prefers that.
    pub fn follow(&self) {
        let following = follow(Arc::clone(&self.found), Arc::clone(&self.preferences));
        *self.following.lock() = Some(AbortOnDropHandle::new(self.runtime.spawn(following)));
    }

    /// Those that are not in the list, each once.
    pub fn view(&self) -> NearbyView {
        let list = self.list.get();
        let saved: HashSet<String> = list.all().iter().filter_map(directly).collect();
        let shelf = self.found.shelf.lock();
        let mut shown = HashSet::new();
        let is_new = |machine: &&Discovered| {
            !machine.names().any(|name| saved.contains(&name)) && shown.insert(machine.address.clone())
        };
        NearbyView { machines: shelf.all().filter(is_new).cloned().collect(), more: shelf.is_full() }
    }

    /// What a session with one of them looks at: its address, and nothing of any saved host. Its name never stands alone, as with
    /// a link.
    pub fn target(&self, number: u32) -> Option<Target> {
        let machine = self.get(number)?;
        let address = machine.address.to_string();
        let name = if machine.name == address { address } else { format!("{} ({address})", machine.name) };
        Some(Target::unsaved(name, machine.address, false))
    }

    /// What the list is to have of one of them: its name, and where it is. That is its name in the network where this computer
    /// finds the same machine by that, as numbers change.
    pub(crate) async fn to_keep(&self, number: u32) -> Option<(String, Address)> {
        let machine = self.get(number)?;
        let address = match &machine.named {
            Some(named) if is_found(named, &machine.address).await => named.clone(),
            _ => machine.address.clone(),
        };
        Some((machine.name, address))
    }

    /// Wakes after each change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.found.changed.subscribe()
    }

    fn get(&self, number: u32) -> Option<Discovered> {
        self.found.shelf.lock().all().find(|machine| machine.number == number).cloned()
    }
}

/// Where a saved host is dialled, in one spelling; none where something lies between, behind which a name means another machine.
fn directly(host: &Host) -> Option<String> {
    (host.ssh_jump.is_none() && host.proxy.is_none()).then(|| name_of(&host.address)).flatten()
}

/// Whether this computer finds `address` by the name of `named`.
async fn is_found(named: &Address, address: &Address) -> bool {
    let (Address::Tcp { hostname, port }, Address::Tcp { hostname: number, .. }) = (named, address) else {
        return false;
    };
    match timeout(LOOK_UP, tokio::net::lookup_host((hostname.as_str(), *port))).await {
        Ok(Ok(mut found)) => found.any(|found| found.ip().to_string() == *number),
        _ => false,
    }
}

/// For a name to be looked up while the user waits.
const LOOK_UP: Duration = Duration::from_secs(2);
/// Before it is tried again where too much was said, or nothing could be heard.
const REST: Duration = Duration::from_secs(600);

async fn follow(found: Arc<Found>, preferences: Arc<PreferencesFile>) {
    let mut changes = preferences.changes();
    let is_on = || preferences.get().nearby == Choice::Shown;
    loop {
        if is_on() {
            found.change(Shelf::clear);
            tokio::select! {
                ended = listen(&found) => {
                    tracing::info!(?ended, "machines nearby are not looked for, for a while");
                    tokio::select! {
                        () = sleep(REST) => continue,
                        () = until(&mut changes, || !is_on()) => {}
                    }
                }
                () = until(&mut changes, || !is_on()) => {}
            }
            found.change(Shelf::clear);
        }
        until(&mut changes, is_on).await;
    }
}

/// Returns when this is so after a change; never where there are no changes any more.
async fn until(changes: &mut watch::Receiver<()>, is_so: impl Fn() -> bool) {
    while !is_so() {
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests;
