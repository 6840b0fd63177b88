//! Removed hosts: for thirty days they can be put back, with their logins; then both are forgotten.

use super::hosts::Hosts;
use crate::{
    error::{KeyringError, Result, StoreError},
    model::{Host, HostId, HostView},
    store::{Deed, LoginKind, now},
};
use serde::Serialize;
use std::{
    collections::HashSet,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::sleep;

/// How long a removed host can be put back, in seconds: thirty days.
pub const KEPT: u64 = 30 * 24 * 3600;

/// How often it is looked whose time is up.
const LOOK_EVERY: Duration = Duration::from_hours(6);

/// A removed host as shown.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RemovedView {
    /// What is put back.
    pub host: HostView,
    /// In seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub removed_at: u64,
    /// When it is forgotten, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub kept_until: u64,
}

impl Hosts {
    /// Takes hosts off the list, all or none. They can be put back for thirty days; then their logins are forgotten too.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`], [`StoreError::KeptByOthers`], [`StoreError::HostsNotSaved`].
    pub async fn remove(&self, ids: Vec<HostId>) -> Result<()> {
        let removed = self.list.step(Deed::Removed, move |list| {
            if ids.iter().any(|id| list.get(*id).is_some_and(|host| host.source.is_some())) {
                return Err(StoreError::KeptByOthers);
            }
            list.remove(&ids)?;
            list.note_removals(now());
            Ok::<_, StoreError>(())
        });
        removed.await?;
        Ok(())
    }

    /// The removed hosts, the one that was removed last first.
    pub fn removed(&self) -> Vec<RemovedView> {
        let list = self.list.get();
        let view = |(host, removed_at): (&Host, Option<u64>)| {
            let removed_at = removed_at.unwrap_or_else(now);
            RemovedView { host: host.view(), removed_at, kept_until: removed_at.saturating_add(KEPT) }
        };
        let mut removed: Vec<_> = list.removals().map(view).collect();
        removed.sort_by_key(|removed| std::cmp::Reverse(removed.removed_at));
        removed
    }

    /// Puts removed hosts back, those for which it is not too late.
    ///
    /// # Errors
    /// [`StoreError::NoSuchHost`] where it is too late for all, [`StoreError::HostsNotSaved`].
    pub async fn put_back(&self, ids: Vec<HostId>) -> Result<()> {
        let too_late = self.too_late.lock().await;
        let ids: Vec<_> = ids.into_iter().filter(|id| !too_late.contains(id)).collect();
        self.list.step(Deed::PutBack, move |list| list.restore(&ids)).await?;
        Ok(())
    }

    /// Forgets those whose time is up. A keyring that refuses is asked again the next time.
    pub(super) async fn forget_overdue(&self, now: u64) {
        // In a file of before this was noted, or written by hand.
        let noted = self.list.change(move |list| {
            list.note_removals(now);
            Ok::<_, StoreError>(())
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "when machines were removed is not noted");
        }
        let list = self.list.get();
        // A clock that was ahead then makes it longer, not shorter.
        let is_overdue = |at: Option<u64>| at.is_some_and(|at| now.saturating_sub(at) >= KEPT);
        let overdue: Vec<_> = list.removals().filter(|(_, at)| is_overdue(*at)).map(|(host, _)| host.id).collect();
        if !overdue.is_empty()
            && let Err(error) = self.remove_for_good(overdue).await
        {
            tracing::warn!(%error, "removed machines are not forgotten yet");
        }
    }

    /// Forgets removed hosts' logins now, then the hosts, in one write.
    ///
    /// # Errors
    /// The keyring's, where a login could not be forgotten: then its host stays among the removed ones.
    /// [`StoreError::HostsNotSaved`].
    pub async fn remove_for_good(&self, ids: Vec<HostId>) -> Result<()> {
        let ids = {
            let mut too_late = self.too_late.lock().await;
            let removed: HashSet<_> = self.list.get().removed().into_iter().collect();
            let ids: Vec<_> = ids.into_iter().filter(|id| removed.contains(id)).collect();
            too_late.extend(&ids);
            ids
        };
        let (mut forgotten, mut refused) = (Vec::new(), Ok(()));
        for id in &ids {
            match self.forget_logins(*id).await {
                Ok(()) => forgotten.push(*id),
                Err(error) => refused = refused.and(Err(error)),
            }
        }
        let before = self.list.get();
        let left =
            before.login_uses().filter(|(id, _)| forgotten.contains(id)).map(|(_, used)| used).collect::<Vec<_>>();
        let gone = self.list.change(move |list| {
            for id in forgotten {
                list.take_removed(id);
            }
            Ok::<_, StoreError>(())
        });
        let gone = gone.await;
        let mut too_late = self.too_late.lock().await;
        ids.iter().for_each(|id| _ = too_late.remove(id));
        gone?;
        Ok(refused.and(self.leave_logins(left).await)?)
    }

    async fn forget_logins(&self, id: HostId) -> Result<(), KeyringError> {
        for kind in LoginKind::ALL {
            self.keyring.forget(kind.account(id)).await?;
        }
        Ok(())
    }
}

/// Forgets removed hosts as their time is up, for as long as they are there.
pub(crate) async fn forget_in_time(hosts: Weak<Hosts>) {
    loop {
        sleep(LOOK_EVERY).await;
        let Some(hosts) = Weak::upgrade(&hosts) else { return };
        hosts.forget_overdue(now()).await;
        drop::<Arc<_>>(hosts);
    }
}
