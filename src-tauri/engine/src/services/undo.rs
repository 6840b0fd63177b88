//! The ten seconds in which a removed host can come back, and what ends them.

use crate::model::HostId;
use parking_lot::Mutex;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{runtime::Handle, time::sleep};
use tokio_util::task::AbortOnDropHandle;

/// How long a removed host can be brought back; its password is forgotten after that.
pub const UNDO: Duration = Duration::from_secs(10);

/// The removals that can be undone, and those that cannot any more.
pub(super) struct Undo {
    /// Hosts that were removed together have one. Dropping it keeps them from being forgotten.
    timers: Mutex<HashMap<HostId, Arc<AbortOnDropHandle<()>>>>,
    /// Being forgotten: too late. Locked for as long as one host's fate is decided and noted in the list, so that
    /// restoring and forgetting exclude each other.
    pub(super) too_late: tokio::sync::Mutex<HashSet<HostId>>,
    runtime: Handle,
}

impl Undo {
    pub(super) fn new(runtime: Handle) -> Self {
        Self { timers: Mutex::default(), too_late: tokio::sync::Mutex::default(), runtime }
    }

    /// Runs `forget` when the time is up.
    pub(super) fn begin(&self, ids: &[HostId], forget: impl Future<Output = ()> + Send + 'static) {
        let timer = self.runtime.spawn(async {
            sleep(UNDO).await;
            forget.await;
        });
        let timer = Arc::new(AbortOnDropHandle::new(timer));
        self.timers.lock().extend(ids.iter().map(|id| (*id, Arc::clone(&timer))));
    }

    /// Stops the time, where it runs for no other host.
    pub(super) fn end(&self, id: HostId) {
        self.timers.lock().remove(&id);
    }
}
