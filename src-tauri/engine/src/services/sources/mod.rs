//! Lists that others keep, beside the user's own: added, read again and again in the background, paused, removed.
//!
//! Their machines stand in the list, each with its source and the key that the source knows it by; so the list itself is the last
//! good copy. A source that fails changes nothing there.

mod reading;
mod view;
mod web;

pub use view::{Found, HostSourceView, NotTaken, SourceKind, SourceProblem};

use super::imports::read_files;
use crate::{
    error::{FormError, Result, StoreError},
    keyring::Keyring,
    model::{FieldProblem, HostSource, HttpAuthChange, Origin, SourceId, TextProblem, UrlProblem},
    store::{Deed, HostList, Pins, SourcesFile, now},
};
use parking_lot::Mutex;
use reading::{changed, pause, read, sight};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use web::{Access, Kept, Unread};

/// The sources. Dropping it ends what reads them, with the commands that run.
pub struct HostSources {
    shared: Arc<Shared>,
    /// What reads each of those that are not paused.
    readers: Mutex<HashMap<SourceId, AbortOnDropHandle<()>>>,
    runtime: Handle,
    _adopting: AbortOnDropHandle<()>,
}

struct Shared {
    /// Not kept alive by a command that runs.
    list: Weak<HostList>,
    file: SourcesFile,
    access: Access,
    states: Mutex<HashMap<SourceId, State>>,
}

#[derive(Default)]
struct State {
    found: Found,
    asked: Arc<Notify>,
}

impl HostSources {
    /// Begins to read the sources that were added before.
    pub(crate) fn start(
        list: &Arc<HostList>,
        folder: &Path,
        (keyring, pins): (Keyring, Pins),
        runtime: Handle,
    ) -> Self {
        let shared = Arc::new(Shared {
            list: Arc::downgrade(list),
            file: SourcesFile::open(folder),
            access: Access { pins, keyring },
            states: Mutex::default(),
        });
        let _adopting = AbortOnDropHandle::new(runtime.spawn(adopt(Arc::clone(&shared))));
        let sources = Self { shared, readers: Mutex::default(), runtime, _adopting };
        sources.follow();
        sources
    }

    /// Why the file with the sources cannot be read.
    pub(crate) fn notice(&self) -> Option<StoreError> {
        self.shared.file.all().err()
    }

    /// All sources, in the order in which they were added.
    pub fn view(&self) -> Vec<HostSourceView> {
        let counts = self.shared.list.upgrade().map(|list| list.get().sourced()).unwrap_or_default();
        let states = self.shared.states.lock();
        let view = |source: HostSource| HostSourceView {
            id: source.id,
            origin: source.origin.to_string(),
            kind: SourceKind::from(&source.origin),
            every_minutes: source.every_minutes,
            has_login: source.has_login,
            paused: source.paused,
            machines: counts.get(&source.id).copied().unwrap_or_default(),
            read_at: source.read_at,
            found: states.get(&source.id).map(|state| state.found.clone()).unwrap_or_default(),
            name: source.name,
        };
        self.shared.file.all().unwrap_or_default().into_iter().map(view).collect()
    }

    /// Adds a file, or a folder with files.
    ///
    /// # Errors
    /// [`StoreError::System`] where that cannot be saved; so it is with all changes here.
    pub async fn add_path(&self, path: PathBuf) -> Result<()> {
        self.add(HostSource::new("", Origin::Path(path))).await
    }

    /// Adds a command that prints a list: the user has typed it.
    ///
    /// # Errors
    /// [`FormError::Fields`], and as above.
    pub async fn add_command(&self, name: &str, command: &str) -> Result<()> {
        let origin = Origin::command(command)
            .map_err(|problem| FormError::Fields { fields: vec![FieldProblem::ConsoleCommand(problem)] })?;
        self.add(HostSource::new(name, origin)).await
    }

    /// Adds a list on a web server, with the login for it where there is one; `readable` says that it may come by `http://`.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`FetchError::BadLogin`](crate::error::FetchError::BadLogin), those of the keyring, and as above.
    pub async fn add_url(&self, name: &str, url: &str, readable: bool, login: Option<HttpAuthChange>) -> Result<()> {
        let has_login = matches!(login, Some(HttpAuthChange::Set { .. }));
        let origin = Origin::url(url, readable, has_login)
            .map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Url(problem)] })?;
        let mut source = HostSource::new(name, origin).map_err(wrong_name)?;
        self.save_login(&mut source, login).await?;
        self.add(Ok(source)).await
    }

    async fn add(&self, source: Result<HostSource, TextProblem>) -> Result<()> {
        let source = source.map_err(wrong_name)?;
        self.shared.asked(source.id).notify_one();
        self.shared.file.change(|sources| sources.push(source)).await?;
        self.follow();
        self.shared.announce();
        Ok(())
    }

    /// Gives a source another name, interval, or login.
    ///
    /// # Errors
    /// [`FormError::Fields`], [`FetchError::BadLogin`](crate::error::FetchError::BadLogin), those of the keyring, and as above.
    pub async fn edit(
        &self,
        id: SourceId,
        name: &str,
        every_minutes: u32,
        login: Option<HttpAuthChange>,
    ) -> Result<()> {
        let Some(mut source) = self.shared.file.get(id) else { return Ok(()) };
        source.rename(name).map_err(wrong_name)?;
        self.save_login(&mut source, login).await?;
        let HostSource { name, has_login, .. } = source;
        let change = |source: &mut HostSource| {
            (source.name, source.has_login) = (name, has_login);
            source.set_interval(every_minutes);
        };
        self.change(id, change).await?;
        self.shared.asked(id).notify_one();
        Ok(())
    }

    /// Keeps the login of a source, which is for its URL, or forgets it.
    async fn save_login(&self, source: &mut HostSource, change: Option<HttpAuthChange>) -> Result<()> {
        let (Some(change), Origin::Url(url)) = (change, &source.origin) else { return Ok(()) };
        let (keyring, account) = (&self.shared.access.keyring, web::account(source.id));
        match change {
            HttpAuthChange::Forget => keyring.forget(account).await?,
            HttpAuthChange::Set { .. } if !url.is_secure() => {
                return Err(FormError::Fields { fields: vec![FieldProblem::Url(UrlProblem::ReadableLogin)] }.into());
            }
            HttpAuthChange::Set { username, password, headers } => {
                keyring.set_for(account, url.recipient(), &web::secret(url, username, &password, &headers)?).await?;
                source.has_login = true;
                return Ok(());
            }
        }
        source.has_login = false;
        Ok(())
    }

    /// From now on the certificate with this SHA-256, which the source's web server has shown, is that server's; reads it again.
    ///
    /// # Errors
    /// [`StoreError::TrustNotSaved`].
    pub async fn trust(&self, id: SourceId, fingerprint: &str) -> Result<()> {
        let shown = self.shared.states.lock().get(&id).and_then(|state| state.found.certificate.clone());
        let shown = shown.filter(|identity| identity.fingerprint() == fingerprint);
        if let (Some(identity), Some(Origin::Url(url))) = (shown, self.shared.file.get(id).map(|source| source.origin))
        {
            self.shared.access.pins.accept(&url.place().site(), &identity).await?;
            self.refresh(id);
        }
        Ok(())
    }

    /// Leaves a source alone, or reads it again.
    ///
    /// # Errors
    /// As above.
    pub async fn pause(&self, id: SourceId, paused: bool) -> Result<()> {
        self.change(id, |source| source.paused = paused).await?;
        self.follow();
        Ok(())
    }

    /// Takes a source away, and its machines off the list, as one step that can be undone: then the machines are the user's own.
    ///
    /// # Errors
    /// As above.
    pub async fn remove(&self, id: SourceId) -> Result<()> {
        let Some(list) = self.shared.list.upgrade() else { return Ok(()) };
        let has_login = self.shared.file.get(id).is_some_and(|source| source.has_login);
        // First of all it must not come back.
        self.readers.lock().remove(&id);
        let removed = async {
            self.shared.file.change(|sources| sources.retain(|source| source.id != id)).await?;
            list.step(Deed::Removed, move |list| list.take_over(id, &[], now())).await.map(drop)
        };
        let removed: Result<(), StoreError> = removed.await;
        if has_login && let Err(error) = self.shared.access.keyring.forget(web::account(id)).await {
            tracing::warn!(%error, "the login of a list that was removed stays in the keyring");
        }
        self.follow();
        self.shared.states.lock().remove(&id);
        self.shared.announce();
        Ok(removed?)
    }

    /// Reads a source now.
    pub fn refresh(&self, id: SourceId) {
        self.shared.set(id, |found| found.reading = true);
        self.shared.asked(id).notify_one();
    }

    async fn change(&self, id: SourceId, change: impl FnOnce(&mut HostSource)) -> Result<(), StoreError> {
        let change = |sources: &mut Vec<HostSource>| {
            if let Some(source) = sources.iter_mut().find(|source| source.id == id) {
                change(source);
            }
        };
        self.shared.file.change(change).await?;
        self.shared.announce();
        Ok(())
    }

    /// Each source that is not paused has one that reads it, and no other has.
    fn follow(&self) {
        let sources = self.shared.file.all().unwrap_or_default();
        let wanted: HashSet<SourceId> =
            sources.iter().filter(|source| !source.paused).map(|source| source.id).collect();
        let mut readers = self.readers.lock();
        readers.retain(|id, _| wanted.contains(id));
        for id in wanted {
            readers
                .entry(id)
                .or_insert_with(|| AbortOnDropHandle::new(self.runtime.spawn(follow(Arc::clone(&self.shared), id))));
        }
        let mut states = self.shared.states.lock();
        states
            .iter_mut()
            .filter(|(id, _)| !readers.contains_key(id))
            .for_each(|(_, state)| state.found.reading = false);
    }
}

fn wrong_name(problem: TextProblem) -> FormError {
    FormError::Fields { fields: vec![FieldProblem::Name(problem)] }
}

/// Reads a source when it changes, now and then, and when it is asked for.
async fn follow(shared: Arc<Shared>, id: SourceId) {
    let asked = shared.asked(id);
    let mut reader = Reader::default();
    // The user has just added it, and waits for it.
    let mut is_asked = timeout(Duration::ZERO, asked.notified()).await.is_ok();
    while let Some(source) = shared.file.get(id) {
        let seen = sight(&source.origin).await;
        shared.read(&source, &mut reader, is_asked).await;
        is_asked = tokio::select! {
            () = asked.notified() => true,
            () = sleep(pause(&source, reader.failures, reader.retry_after)) => false,
            () = changed(&source.origin, seen) => false,
        };
    }
}

/// What is remembered from one reading to the next.
#[derive(Default)]
struct Reader {
    kept: Option<Kept>,
    /// How often it has failed in a row.
    failures: u32,
    /// How long it wants to be left alone.
    retry_after: Option<Duration>,
}

/// Makes machines the user's own whose source is gone, as they come back by an undone removal.
async fn adopt(shared: Arc<Shared>) {
    let Some(mut changes) = shared.list.upgrade().map(|list| list.changes()) else { return };
    loop {
        let Some(list) = shared.list.upgrade() else { return };
        // Where it is not known which there are, none is gone.
        if let Ok(sources) = shared.file.all() {
            let known: HashSet<SourceId> = sources.iter().map(|source| source.id).collect();
            if list.get().has_orphans(&known) {
                let adopted = list.change(move |list| {
                    list.adopt_orphans(&known);
                    Ok::<_, StoreError>(())
                });
                if let Err(error) = adopted.await {
                    tracing::warn!(%error, "machines of a source that is gone stay as they are");
                }
            }
        }
        drop(list);
        if changes.changed().await.is_err() {
            return;
        }
    }
}

impl Shared {
    fn asked(&self, id: SourceId) -> Arc<Notify> {
        Arc::clone(&self.states.lock().entry(id).or_default().asked)
    }

    fn set(&self, id: SourceId, change: impl FnOnce(&mut Found)) {
        change(&mut self.states.lock().entry(id).or_default().found);
        self.announce();
    }

    fn announce(&self) {
        if let Some(list) = self.list.upgrade() {
            list.announce();
        }
    }

    /// Reads a source once, and takes over what it lists. The user may be asked to unlock the keyring only where `is_asked`.
    async fn read(&self, source: &HostSource, reader: &mut Reader, is_asked: bool) {
        let id = source.id;
        // The end is announced; the beginning is where the user has asked for it.
        self.states.lock().entry(id).or_default().found.reading = true;
        let found = match self.take_over(source, &mut reader.kept, is_asked).await {
            Ok(found) => {
                (reader.failures, reader.retry_after) = (0, None);
                found
            }
            Err(Unread { problem, retry_after, certificate }) => {
                tracing::info!(source = source.name, "a source could not be read; its machines stay as they were");
                (reader.failures, reader.retry_after) = (reader.failures.saturating_add(1), retry_after);
                Found { problem: Some(problem), certificate, ..Found::default() }
            }
        };
        self.set(id, |shown| *shown = found);
    }

    async fn take_over(&self, source: &HostSource, kept: &mut Option<Kept>, is_asked: bool) -> Result<Found, Unread> {
        let id = source.id;
        let listing = read(source, &self.access, kept, is_asked).await?;
        let Some(list) = self.list.upgrade() else { return Ok(Found::default()) };
        let machines = listing.machines;
        list.change(move |list| list.take_over(id, &machines, now())).await?;
        drop(list);
        let note = |sources: &mut Vec<HostSource>| {
            if let Some(source) = sources.iter_mut().find(|source| source.id == id) {
                source.read_at = Some(now());
            }
        };
        self.file.change(note).await?;
        let left_out = listing.left_out.into_iter().map(|(what, count)| NotTaken { what, count }).collect();
        Ok(Found { skipped: listing.skipped, left_out, ..Found::default() })
    }
}

#[cfg(test)]
mod tests;
