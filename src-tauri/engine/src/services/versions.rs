//! Going back to an earlier version of the list.

use super::{blocking, hosts::Hosts};
use crate::{
    error::{Result, StoreError},
    store::{Deed, LoginKind, VersionView, now},
};

impl Hosts {
    /// The earlier versions of the list, the newest first, and what going back to each would change.
    ///
    /// # Errors
    /// [`ConnectError::System`] where there is no thread for it.
    pub async fn versions(&self) -> Result<Vec<VersionView>> {
        let (versions, now) = (self.list.versions().clone(), self.list.get());
        let view = move || versions.all().iter().map(|version| version.view(&now)).collect();
        blocking(view).await
    }

    /// Goes back to the version that was replaced then. It is one step, which can be undone.
    ///
    /// # Errors
    /// [`StoreError::NoSuchVersion`], [`StoreError::HostsNotSaved`]: then everything is as it was. The keyring's, where a login that
    /// is not meant for the old address could not be forgotten: then all else is done.
    pub async fn go_back(&self, replaced_at: u64) -> Result<()> {
        let versions = self.list.versions().clone();
        let version = blocking(move || versions.read(replaced_at)).await??;
        let before = self.list.get();
        let (strays, step) = {
            // What is being forgotten in this moment does not come back with a login.
            let fates = self.too_late.lock().await;
            let too_late = fates.clone();
            let gone = self.list.step(Deed::WentBack, move |list| {
                let strays = list.go_back(&version.list, &too_late);
                list.note_removals(now());
                Ok::<_, StoreError>(strays)
            });
            gone.await?
        };
        let mut refused = self.readdress(&before).await;
        for id in strays {
            for kind in LoginKind::OF_SERVER {
                refused = refused.and(self.forget_with_step(step, id, kind).await);
            }
        }
        Ok(refused.and(self.leave_logins(before.login_uses().map(|(_, used)| used)).await)?)
    }
}
