//! Machines from other programs' lists, and the list for others.
//!
//! What was read stays here, with its passwords, until it is added or left: a page gets a [`Preview`] without secrets, and
//! chooses from it by number.

mod files;
mod opened;
mod places;

pub(super) use files::read as read_files;
pub use opened::{Opened, check_files};
pub use places::{Source, SourceView};

use super::blocking;
use crate::{
    error::{Error, FormError, ImportError, Result, StoreError},
    import::{self, Change, Export, Preview, Reading, Site, SiteProblem},
    keyring::Keyring,
    model::{FieldProblem, Host, HostId, Recipient, Secret},
    store::{Deed, HostList, HostsFile, List, Login, LoginKind},
};
use parking_lot::Mutex;
use places::Places;
use serde::Serialize;
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Imports and exports.
pub struct Imports {
    list: Arc<HostList>,
    keyring: Keyring,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The number of the last preview.
    number: u64,
    /// What it was made from; none where it was added or left.
    reading: Option<Arc<Reading>>,
    /// What its machines of token files are reached through.
    site: Option<Site>,
}

/// What an import has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Imported {
    /// New hosts.
    #[cfg_attr(test, ts(type = "number"))]
    pub added: usize,
    /// Hosts whose gaps were filled.
    #[cfg_attr(test, ts(type = "number"))]
    pub changed: usize,
    /// Passwords that were put into the keyring.
    #[cfg_attr(test, ts(type = "number"))]
    pub passwords: usize,
}

/// What an import has done to the list.
#[derive(Default)]
struct Done {
    added: usize,
    filled: usize,
    /// Hosts that got their password in the keyring by it.
    passwords: Vec<Host>,
}

impl From<SiteProblem> for Error {
    fn from(problem: SiteProblem) -> Self {
        match problem {
            SiteProblem::NoWebSocket => ImportError::NotASite.into(),
            SiteProblem::Address(problem) => FormError::Fields { fields: vec![FieldProblem::Address(problem)] }.into(),
        }
    }
}

/// What stands in these files and folders, beside a list, with machines of token files reached through a site. Blocks.
pub fn preview_files(paths: &[PathBuf], site: Option<&Site>, list: &List) -> Preview {
    import::read(&files::read(paths)).through(site).preview(0, list.all())
}

impl Imports {
    pub(crate) fn new(list: Arc<HostList>, keyring: Keyring) -> Self {
        Self { list, keyring, state: Mutex::default() }
    }

    /// Without the rest of Portlight: for a terminal. Holds the list's lock while it lives; dropping it waits for the file.
    ///
    /// # Errors
    /// [`StoreError::HostsInUse`] where Portlight runs, and others of the list's.
    pub fn offline(config: &Path, keyring: Keyring) -> Result<Self, StoreError> {
        Ok(Self::new(Arc::new(HostList::start(HostsFile::open(config)?)?), keyring))
    }

    /// The programs that keep a list in the usual place on this computer. Looks for files, and reads none.
    ///
    /// # Errors
    /// [`ConnectError::System`] where there is no thread for it.
    pub async fn sources(&self) -> Result<Vec<SourceView>> {
        blocking(|| Places::of_this_user().sources()).await
    }

    /// What stands in a program's list in the usual place.
    ///
    /// # Errors
    /// As [`Imports::sources`].
    pub async fn preview_source(&self, source: Source) -> Result<Preview> {
        self.preview(move || Places::of_this_user().paths(source)).await
    }

    /// What stands in files and folders that the person has chosen.
    ///
    /// # Errors
    /// As [`Imports::sources`].
    pub async fn preview_files(&self, paths: Vec<PathBuf>) -> Result<Preview> {
        self.preview(move || paths).await
    }

    async fn preview(&self, paths: impl FnOnce() -> Vec<PathBuf> + Send + 'static) -> Result<Preview> {
        let list = self.list.get();
        let number = {
            let mut state = self.state.lock();
            state.number += 1;
            (state.reading, state.site) = (None, None);
            state.number
        };
        let read = move || {
            let reading = import::read(&files::read(&paths()));
            let preview = reading.preview(number, list.all());
            (reading, preview)
        };
        let (reading, preview) = blocking(read).await?;
        let mut state = self.state.lock();
        if state.number == number {
            state.reading = Some(Arc::new(reading));
        }
        Ok(preview)
    }

    /// The same files as in the preview `number`, with the machines of token files reached through a site; directly without one.
    /// Reads no file again.
    ///
    /// # Errors
    /// [`ImportError::Gone`]; as [`Imports::sources`].
    pub async fn preview_through(&self, number: u64, site: Option<Site>) -> Result<Preview> {
        let list = self.list.get();
        let (number, reading) = {
            let mut state = self.state.lock();
            let reading = state.reading.clone().filter(|_| state.number == number).ok_or(ImportError::Gone)?;
            state.number += 1;
            state.site.clone_from(&site);
            (state.number, reading)
        };
        blocking(move || reading.through(site.as_ref()).preview(number, list.all())).await
    }

    /// Forgets what was read.
    pub fn leave(&self) {
        let mut state = self.state.lock();
        (state.reading, state.site) = (None, None);
    }

    /// Adds what was chosen from the preview `number`: all of it or nothing, as one write and one event. Passwords go into the
    /// keyring first, and are taken back where something fails.
    ///
    /// # Errors
    /// [`ImportError::Gone`], those of the keyring, [`StoreError::HostsNotSaved`]: then everything is as it was.
    pub async fn import(&self, number: u64, chosen: Vec<usize>, passwords: bool) -> Result<Imported> {
        let (reading, site) = {
            let state = self.state.lock();
            let reading = state.reading.clone().filter(|_| state.number == number).ok_or(ImportError::Gone)?;
            (reading, state.site.clone())
        };
        let list = self.list.get();
        let read = move || reading.through(site.as_ref()).changes(list.all(), &chosen, passwords);
        let changes = blocking(read).await?;
        let stored = self.store_passwords(&changes).await?;
        let added = self.list.step(Deed::Imported, {
            let stored = ids(&stored);
            move |list| Ok::<_, StoreError>(apply(list, changes, &stored))
        });
        let (done, step) = match added.await {
            Ok(done) => done,
            Err(error) => {
                self.forget(&stored).await;
                return Err(error.into());
            }
        };
        // Of a machine that was removed in this moment.
        let (kept, orphans): (Vec<_>, Vec<_>) =
            stored.into_iter().partition(|(id, _)| done.passwords.iter().any(|host| host.id == *id));
        self.forget(&orphans).await;
        let kind = LoginKind::Password;
        let logins = kept.into_iter().map(|(host, after)| Login { host, kind, before: None, after: Some(after) });
        if let Some(host) = done.passwords.first() {
            self.list.history().add_logins(step, host, logins.collect());
        }
        let mut state = self.state.lock();
        if state.number == number {
            (state.reading, state.site) = (None, None);
        }
        Ok(Imported { added: done.added, changed: done.filled, passwords: done.passwords.len() })
    }

    /// Writes the list to `path` in a form for others, without secrets.
    ///
    /// # Errors
    /// [`ImportError::NotWritten`].
    pub async fn export_to(&self, path: PathBuf, format: Export) -> Result<()> {
        let list = self.list.get();
        let write = move || {
            let text = import::export(list.all(), format);
            fs::write(&path, text).map_err(|cause| ImportError::NotWritten { path, detail: cause.to_string() })
        };
        Ok(blocking(write).await??)
    }

    /// Puts the changes' passwords into the keyring: all of them, or none.
    async fn store_passwords(&self, changes: &[Change]) -> Result<Vec<(HostId, Secret)>> {
        let mut stored = Vec::new();
        let list = self.list.get();
        for (id, recipient, password) in changes.iter().filter_map(|change| password_of(change, &list)) {
            if let Err(error) = self.keyring.set_for(id, recipient, password).await {
                self.forget(&stored).await;
                return Err(error.into());
            }
            stored.push((id, password.clone()));
        }
        Ok(stored)
    }

    async fn forget(&self, passwords: &[(HostId, Secret)]) {
        for (id, _) in passwords {
            if let Err(error) = self.keyring.forget(*id).await {
                tracing::warn!(%error, "a password stays in the keyring");
            }
        }
    }
}

fn ids(passwords: &[(HostId, Secret)]) -> HashSet<HostId> {
    passwords.iter().map(|(id, _)| *id).collect()
}

/// The password that a change has, whose it is, and for whom.
fn password_of<'a>(change: &'a Change, list: &List) -> Option<(HostId, Recipient, &'a Secret)> {
    match change {
        Change::Add(host, password) => Some((host.id, host.recipient(), password.as_ref()?)),
        Change::Fill { id, password, .. } => Some((*id, list.get(*id)?.recipient(), password.as_ref()?)),
    }
}

fn apply(list: &mut List, changes: Vec<Change>, stored: &HashSet<HostId>) -> Done {
    let (mut done, mut added, mut filled) = (Done::default(), Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Add(host, _) => {
                let has_password = stored.contains(&host.id);
                added.push(Host { has_password, ..*host });
            }
            Change::Fill { id, found, .. } => {
                let Ok(host) = list.get_mut(id) else { continue };
                let before = host.clone();
                import::fill(host, &found);
                host.has_password |= stored.contains(&id);
                if *host != before {
                    filled.push(host.clone());
                }
            }
        }
    }
    (done.added, done.filled) = (added.len(), filled.len());
    done.passwords = added.iter().chain(&filled).filter(|host| stored.contains(&host.id)).cloned().collect();
    list.append(added);
    done
}

#[cfg(test)]
mod documentation;
#[cfg(test)]
mod tests;
