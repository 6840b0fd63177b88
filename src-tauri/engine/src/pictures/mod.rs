//! The last picture of each machine's screen: taken by its own window, kept in the cache folder, encrypted.
//!
//! ```text
//! pictures ─▶ shelf ─┬▶ seal    the key, what a file is called, what is in it: pure
//!                    └▶ taken   a picture as a page gives it and gets it back: pure
//! ```
//! The key is in the keyring: where that is missing, or locked, nothing is kept and nothing is seen. No keyring is unlocked for
//! a picture. Nothing here ever connects to a machine.

mod seal;
mod shelf;
mod taken;

pub use taken::Taken;

use crate::{
    error::KeyringError,
    keyring::Keyring,
    model::{Host, HostId, PictureChoice},
    store::{HostList, PreferencesFile},
};
use parking_lot::Mutex;
use seal::Key;
use serde::Serialize;
use shelf::Shelf;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Weak},
};
use tokio::{runtime::Handle, sync::watch, task::spawn_blocking};
use tokio_util::task::AbortOnDropHandle;

/// The account of the key in the keyring.
const ACCOUNT: &str = "pictures";

/// That there is a picture of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PictureView {
    /// The machine.
    pub host: HostId,
    /// When it was taken, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub taken: u64,
}

/// The pictures. They are looked after for as long as this lives.
pub struct Pictures {
    inner: Arc<Inner>,
    _following: AbortOnDropHandle<()>,
}

struct Inner {
    folder: PathBuf,
    keyring: Keyring,
    list: Arc<HostList>,
    preferences: Arc<PreferencesFile>,
    /// None before the key was there.
    shelf: tokio::sync::Mutex<Option<Arc<Mutex<Shelf>>>>,
    changed: watch::Sender<u64>,
    /// The machines with a picture, as they were when it was looked last.
    pictured: Mutex<HashMap<HostId, Host>>,
}

impl Pictures {
    pub(crate) fn new(
        folder: PathBuf,
        keyring: Keyring,
        list: Arc<HostList>,
        preferences: Arc<PreferencesFile>,
        runtime: &Handle,
    ) -> Self {
        let (shelf, changed) = (tokio::sync::Mutex::default(), watch::Sender::default());
        let inner = Arc::new(Inner { folder, keyring, list, preferences, shelf, changed, pictured: Mutex::default() });
        let follow = follow(Arc::downgrade(&inner), inner.list.changes(), inner.preferences.changes());
        let _following = AbortOnDropHandle::new(runtime.spawn(follow));
        Self { inner, _following }
    }

    /// What is shown and kept of a machine, or of one that is not in the list.
    pub fn choice(&self, host: Option<HostId>) -> PictureChoice {
        self.inner.choice(host)
    }

    /// The machines with a picture.
    pub async fn all(&self) -> Vec<PictureView> {
        match self.inner.opened(false).await {
            Some(shelf) => shelf.lock().all(),
            None => Vec::new(),
        }
    }

    /// The picture of a machine.
    pub async fn get(&self, host: HostId) -> Option<Taken> {
        if self.inner.choice(Some(host)) == PictureChoice::Off {
            return None;
        }
        let shelf = self.inner.opened(false).await?;
        blocking(move || shelf.lock().get(host)).await?
    }

    /// Keeps a picture in place of the one before, as far as that is chosen and there is a key. Says whether it did.
    pub(crate) async fn keep(&self, host: HostId, picture: Taken) -> bool {
        // What is chosen now counts, not what was chosen when the picture was taken.
        let is_wanted = |inner: &Inner| inner.allows(host, picture.blurred);
        if !is_wanted(&self.inner) {
            return false;
        }
        let Some(shelf) = self.inner.opened(true).await else { return false };
        let inner = Arc::clone(&self.inner);
        let kept = blocking(move || {
            let mut shelf = shelf.lock();
            // The machine may have been removed while the keyring was asked: tidying waits for this lock.
            inner.allows(host, picture.blurred).then(|| {
                inner.pictured.lock().extend(inner.list.get().get(host).map(|known| (host, known.clone())));
                shelf.put(host, &picture)
            })
        });
        match kept.await.flatten() {
            Some(Ok(())) => {
                self.inner.changed.send_modify(|changes| *changes += 1);
                true
            }
            Some(Err(cause)) => {
                tracing::warn!(%cause, "a picture is not kept");
                false
            }
            None => false,
        }
    }

    /// Wakes after each change of a picture, and of what is chosen.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }
}

impl Inner {
    fn choice(&self, host: Option<HostId>) -> PictureChoice {
        let all = self.preferences.get().pictures;
        let own = host.and_then(|host| self.list.get().get(host).map(|host| host.picture));
        own.map_or(all, |own| own.max(all))
    }

    /// Whether such a picture of the machine may be kept. One that was removed has its picture until that cannot be undone
    /// any more, but gets no new one.
    fn allows(&self, host: HostId, blurred: bool) -> bool {
        self.list.get().get(host).is_some() && suits(self.choice(Some(host)), blurred)
    }

    /// Where the pictures lie. Makes a key only where there is something to keep.
    async fn opened(&self, makes_key: bool) -> Option<Arc<Mutex<Shelf>>> {
        let mut opened = self.shelf.lock().await;
        if let Some(shelf) = &*opened {
            return Some(Arc::clone(shelf));
        }
        let key = self.key(makes_key).await.inspect_err(|error| tracing::debug!(%error, "no pictures")).ok()??;
        let (folder, list) = (self.folder.clone(), self.list.get());
        let shelf = blocking(move || {
            let hosts = list.all().iter().map(|host| host.id).chain(list.removed());
            Shelf::open(folder, key, hosts)
        });
        let shelf = Arc::new(Mutex::new(shelf.await?));
        self.tidy(&shelf);
        *opened = Some(Arc::clone(&shelf));
        Some(shelf)
    }

    async fn key(&self, makes_key: bool) -> Result<Option<Key>, KeyringError> {
        if let Some(key) = self.keyring.peek(ACCOUNT).await?.and_then(|secret| Key::parse(&secret)) {
            return Ok(Some(key));
        }
        if !makes_key {
            return Ok(None);
        }
        let key = Key::new().map_err(|cause| KeyringError::Failed { detail: cause.to_string() })?;
        self.keyring.set(ACCOUNT, &key.print()).await?;
        Ok(Some(key))
    }

    /// Removes what may not be kept any more.
    fn tidy(&self, shelf: &Mutex<Shelf>) {
        let list = self.list.get();
        let all = self.preferences.get().pictures;
        let removed = list.removed();
        let mut shelf = shelf.lock();
        let mut pictured = self.pictured.lock();
        shelf.retain(|id, blurred| match list.get(id) {
            // Of another server it is not the picture.
            Some(host) => {
                let is_another = pictured.get(&id).is_some_and(|before| !before.is_same_server(host));
                suits(host.picture.max(all), blurred) && !is_another
            }
            None => removed.contains(&id),
        });
        let with_picture = shelf.all().into_iter().filter_map(|view| list.get(view.host));
        *pictured = with_picture.map(|host| (host.id, host.clone())).collect();
    }
}

fn suits(choice: PictureChoice, blurred: bool) -> bool {
    match choice {
        PictureChoice::Shown => true,
        PictureChoice::Blurred => blurred,
        PictureChoice::Off => false,
    }
}

/// A picture goes with its machine, and with the choice to have none: after each change of the list or of what is preferred.
async fn follow(pictures: Weak<Inner>, mut list: watch::Receiver<u64>, mut preferences: watch::Receiver<()>) {
    while let Some(inner) = pictures.upgrade() {
        let shelf = inner.shelf.lock().await.clone();
        let (tidied, all_off) = (Arc::clone(&inner), inner.preferences.get().pictures == PictureChoice::Off);
        blocking(move || match shelf {
            Some(shelf) => tidied.tidy(&shelf),
            // Without a key it is not known whose they are, and none is to be kept.
            None if all_off => shelf::clear(&tidied.folder),
            None => {}
        })
        .await;
        inner.changed.send_modify(|changes| *changes += 1);
        // What has ended is not kept alive by waiting.
        drop(inner);
        let changed = tokio::select! {
            changed = list.changed() => changed,
            changed = preferences.changed() => changed,
        };
        if changed.is_err() {
            break;
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    spawn_blocking(work).await.inspect_err(|cause| tracing::warn!(%cause, "pictures")).ok()
}

#[cfg(test)]
mod tests;
