//! Lists that others keep, beside the user's own: added, read again and again in the background, paused, removed.
//!
//! Their machines stand in the list, each with its source and the key that the source knows it by; so the list itself is the last
//! good copy. A source that fails changes nothing there.

mod reading;

use super::imports::read_files;
use crate::{
    error::{Error, FormError, Result, StoreError},
    import::{FileProblem, LeftOut},
    model::{FieldProblem, HostSource, Origin, SourceId},
    store::{Deed, HostList, SourcesFile, now},
};
use parking_lot::Mutex;
use reading::{changed, read, sight};
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{runtime::Handle, sync::Notify, time::sleep};
use tokio_util::task::AbortOnDropHandle;

/// A source as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostSourceView {
    /// Its name for life.
    pub id: SourceId,
    /// What the user calls it.
    pub name: String,
    /// The path of its file or folder, or the command that prints it.
    pub origin: String,
    /// Whether that is a command.
    pub is_command: bool,
    /// Whether it is left alone.
    pub paused: bool,
    /// How many of its machines are in the list.
    #[cfg_attr(test, ts(type = "number"))]
    pub machines: usize,
    /// When it was last read without a fault, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub read_at: Option<u64>,
    /// What the last reading has found.
    #[serde(flatten)]
    pub found: Found,
}

/// What the last reading of a source has found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Found {
    /// Whether it is being read.
    pub reading: bool,
    /// Why it could not be read: then its machines are those of before.
    pub problem: Option<SourceProblem>,
    /// Entries that are no machine.
    #[cfg_attr(test, ts(type = "number"))]
    pub skipped: usize,
    /// What is not taken over from it.
    pub left_out: Vec<NotTaken>,
}

/// Something that a source says and Portlight does not take over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct NotTaken {
    /// What.
    pub what: LeftOut,
    /// Of how many machines.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: usize,
}

/// Why a source could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum SourceProblem {
    /// What is there is no list, or cannot be read.
    List {
        /// Why.
        problem: FileProblem,
    },
    /// The command has failed, or the list could not be saved.
    Failed {
        /// Why.
        error: Error,
    },
}

impl From<FileProblem> for SourceProblem {
    fn from(problem: FileProblem) -> Self {
        Self::List { problem }
    }
}

impl<E: Into<Error>> From<E> for SourceProblem {
    fn from(error: E) -> Self {
        Self::Failed { error: error.into() }
    }
}

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
    states: Mutex<HashMap<SourceId, State>>,
}

#[derive(Default)]
struct State {
    found: Found,
    asked: Arc<Notify>,
}

impl HostSources {
    /// Begins to read the sources that were added before.
    pub(crate) fn start(list: &Arc<HostList>, folder: &Path, runtime: Handle) -> Self {
        let shared = Shared { list: Arc::downgrade(list), file: SourcesFile::open(folder), states: Mutex::default() };
        let shared = Arc::new(shared);
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
            is_command: matches!(source.origin, Origin::Command(_)),
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
        self.add("", Origin::Path(path)).await
    }

    /// Adds a command that prints a list: the user has typed it.
    ///
    /// # Errors
    /// [`FormError::Fields`], and as above.
    pub async fn add_command(&self, name: &str, command: &str) -> Result<()> {
        let origin = Origin::command(command)
            .map_err(|problem| FormError::Fields { fields: vec![FieldProblem::ConsoleCommand(problem)] })?;
        self.add(name, origin).await
    }

    async fn add(&self, name: &str, origin: Origin) -> Result<()> {
        let source = HostSource::new(name, origin)
            .map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Name(problem)] })?;
        self.shared.file.change(|sources| sources.push(source)).await?;
        self.follow();
        self.shared.announce();
        Ok(())
    }

    /// Gives a source another name.
    ///
    /// # Errors
    /// [`FormError::Fields`], and as above.
    pub async fn rename(&self, id: SourceId, name: &str) -> Result<()> {
        let mut renamed = Ok(());
        let rename = |source: &mut HostSource| renamed = source.rename(name);
        self.change(id, rename).await?;
        Ok(renamed.map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Name(problem)] })?)
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
        // First of all it must not come back.
        self.readers.lock().remove(&id);
        let removed = async {
            self.shared.file.change(|sources| sources.retain(|source| source.id != id)).await?;
            list.step(Deed::Removed, move |list| list.take_over(id, &[], now())).await.map(drop)
        };
        let removed: Result<(), StoreError> = removed.await;
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

/// Reads a source when it changes, now and then, and when it is asked for.
async fn follow(shared: Arc<Shared>, id: SourceId) {
    let asked = shared.asked(id);
    while let Some(source) = shared.file.get(id) {
        let seen = sight(&source.origin).await;
        shared.read(&source).await;
        let interval = Duration::from_secs(60 * u64::from(source.every_minutes.max(1)));
        tokio::select! {
            () = asked.notified() => {}
            () = sleep(interval) => {}
            () = changed(&source.origin, seen) => {}
        }
    }
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

    /// Reads a source once, and takes over what it lists.
    async fn read(&self, source: &HostSource) {
        let id = source.id;
        // The end is announced: who has not asked for it sees no beginning.
        self.states.lock().entry(id).or_default().found.reading = true;
        let found = match self.take_over(source).await {
            Ok(found) => found,
            Err(problem) => {
                tracing::info!(source = source.name, "a source could not be read; its machines stay as they were");
                Found { problem: Some(problem), ..Found::default() }
            }
        };
        self.set(id, |shown| *shown = found);
    }

    async fn take_over(&self, source: &HostSource) -> Result<Found, SourceProblem> {
        let id = source.id;
        let listing = read(&source.origin).await?;
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
        Ok(Found { reading: false, problem: None, skipped: listing.skipped, left_out })
    }
}

#[cfg(test)]
mod tests;
