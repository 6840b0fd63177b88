//! The file with the list of hosts, `hosts.json`: docs/HOSTS-FILE.md describes it.
//!
//! Nothing that was in the file is ever lost: what another program changed meanwhile is merged, and what
//! cannot be read or merged stays in the file, or is kept beside it.

use super::{
    file,
    list::List,
    merge::{Contradictions, merge},
    versions::Versions,
};
use crate::{error::StoreError, platform};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

const FILE: &str = "hosts.json";
const LOCK: &str = "hosts.lock";

/// The file with the list, open for changes. No other instance can open it while this lives. All of it blocks.
#[derive(Debug)]
pub(crate) struct HostsFile {
    list: Arc<List>,
    /// What the file said when it was read or written last; none where it was not there.
    text: Option<Vec<u8>>,
    /// In the folder of settings; copies are kept beside it.
    named: PathBuf,
    /// The same, or what it links to.
    file: PathBuf,
    /// What the file looked like when it was read last; none where it has to be read again.
    seen: Option<Sight>,
    versions: Versions,
    /// The version of a file that a newer Portlight has written: it is only looked at.
    newer: Option<u64>,
    /// Unlocked by the system when it is closed, also after a crash.
    _lock: File,
}

/// By what a file that was changed is known without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sight {
    modified: Option<SystemTime>,
    length: u64,
    #[cfg(unix)]
    file: (u64, u64, i64, i64),
}

impl Sight {
    fn of(file: &Path) -> Option<Self> {
        let found = fs::metadata(file).ok()?;
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt;
            (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
        };
        let (modified, length) = (found.modified().ok(), found.len());
        #[cfg(unix)]
        return Some(Self { modified, length, file });
        #[cfg(not(unix))]
        Some(Self { modified, length })
    }
}

/// What [`HostsFile::look`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Looked {
    /// Nothing new, without reading it, or nothing there.
    Nothing,
    /// The list that is known already.
    Same,
    /// Another program has changed the list.
    Changed,
    /// Another program has left what cannot be read, or is just writing it.
    Unreadable {
        /// Why it cannot be read.
        detail: String,
    },
}

/// For how long a file that cannot be read must have been left alone: it may be half written.
pub(crate) const REST: Duration = Duration::from_secs(1);
/// How often to look meanwhile.
const LOOKS_IN_REST: u32 = 10;
/// One that is written to without end is waited for no longer than this.
const MAX_LOOKS: u32 = 3 * LOOKS_IN_REST;

/// What [`HostsFile::open`] found.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The list.
    pub(crate) hosts: HostsFile,
    /// Something that the user has to know: [`StoreError::HostsUnreadable`] or [`StoreError::EntriesLeftOut`].
    pub(crate) notice: Option<StoreError>,
    /// Whether there was no list yet.
    pub(crate) first_run: bool,
}

impl HostsFile {
    /// Opens the list in `folder` and locks out other instances. A list that cannot be read is kept beside.
    ///
    /// # Errors
    /// [`StoreError::HostsInUse`]; [`StoreError::HostsNotSaved`] where the folder or the file beside cannot be written;
    /// [`StoreError::FileUnreadable`] where there is something that cannot be read as a file.
    pub(crate) fn open(folder: &Path) -> Result<Opened, StoreError> {
        let named = folder.join(FILE);
        let not_saved = |cause: io::Error| StoreError::HostsNotSaved { path: named.clone(), detail: cause.to_string() };
        platform::create_private_folder(folder).map_err(not_saved)?;
        let lock = lock(&folder.join(LOCK), &named)?;
        let file = file::target_of(&named);
        // The lock is ours: what is unfinished was left by a crash.
        file::remove_unfinished(&file);
        file::recover(&file).map_err(|cause| unreadable(&named, &cause))?;
        let versions = Versions::in_folder(folder);
        let seen = Sight::of(&file);
        let text = file::read(&file).map_err(|cause| unreadable(&named, &cause))?;
        let Some(bytes) = text else {
            let (list, newer) = (Arc::default(), None);
            let hosts = Self { list, text: None, named, file, seen, versions, newer, _lock: lock };
            return Ok(Opened { hosts, notice: None, first_run: true });
        };
        let (list, newer, notice) = match (List::parse(&bytes), List::parse_newer(&bytes)) {
            (Ok(list), _) => {
                let notice = left_out(&list, &named);
                (list, None, notice)
            }
            (Err(_), Some((list, version))) => {
                (list, Some(version), Some(StoreError::HostsNewer { path: named.clone(), version }))
            }
            (Err(detail), None) => {
                let kept_as = file::keep_beside(&named, "unreadable", &bytes).map_err(not_saved)?;
                (List::default(), None, Some(StoreError::HostsUnreadable { kept_as, detail }))
            }
        };
        let (list, text) = (Arc::new(list), Some(bytes));
        let mut hosts = Self { list, text, named, file, seen, versions, newer, _lock: lock };
        if let Some(StoreError::HostsUnreadable { .. }) = notice {
            hosts.write(&List::default(), None)?;
        }
        Ok(Opened { hosts, notice, first_run: false })
    }

    /// The list in `folder` as it is now, without opening it for changes; empty where there is none.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub(crate) fn peek(folder: &Path) -> Result<List, StoreError> {
        let file = folder.join(FILE);
        match file::read(&file).map_err(|cause| unreadable(&file, &cause))? {
            Some(text) => List::parse(&text).or_else(|detail| match List::parse_newer(&text) {
                Some((list, _)) => Ok(list),
                None => Err(StoreError::FileUnreadable { path: file, detail }),
            }),
            None => Ok(List::default()),
        }
    }

    /// The list as the file has it.
    pub(crate) fn list(&self) -> &Arc<List> {
        &self.list
    }

    /// The earlier versions of the list.
    pub(crate) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The file, in the folder of settings.
    pub(crate) fn named(&self) -> &Path {
        &self.named
    }

    /// What the user has to know about the file as it is.
    pub(crate) fn condition(&self) -> Option<StoreError> {
        match self.newer {
            Some(version) => Some(StoreError::HostsNewer { path: self.named.clone(), version }),
            None => left_out(&self.list, &self.named),
        }
    }

    /// That it cannot be read as it is.
    pub(crate) fn broken(&self, detail: String) -> StoreError {
        StoreError::HostsBroken { path: self.named.clone(), detail }
    }

    /// Takes over what another program has written since the file was read or written last. One that was taken away comes back
    /// with the next change.
    pub(crate) fn look(&mut self) -> Looked {
        // A link may lead elsewhere by now.
        self.file = file::target_of(&self.named);
        let sight = Sight::of(&self.file);
        if sight == self.seen && sight.is_some() {
            return Looked::Nothing;
        }
        let found = match file::read(&self.file) {
            Ok(Some(found)) => found,
            Ok(None) => return Looked::Nothing,
            Err(cause) => return Looked::Unreadable { detail: cause.to_string() },
        };
        if self.text.as_ref() == Some(&found) {
            self.seen = sight;
            return Looked::Same;
        }
        match List::parse(&found) {
            Ok(theirs) => {
                self.keep_version(self.text.as_deref(), &self.list, &theirs, true);
                (self.list, self.text, self.seen) = (Arc::new(theirs), Some(found), sight);
                self.newer = None;
                Looked::Changed
            }
            Err(detail) => match List::parse_newer(&found) {
                Some((theirs, version)) => {
                    (self.list, self.text, self.seen) = (Arc::new(theirs), Some(found), sight);
                    self.newer = Some(version);
                    Looked::Changed
                }
                None => Looked::Unreadable { detail },
            },
        }
    }

    /// Writes `changed`, merged with what another program has written since the file was read or written last. The notice
    /// says that not all of that could be merged, and where it was kept.
    ///
    /// # Errors
    /// [`StoreError::HostsNotSaved`]; then nothing has changed.
    pub(crate) fn save(&mut self, changed: List) -> Result<Option<StoreError>, StoreError> {
        if self.newer.is_some() {
            return Err(self.not_saved(&newer()));
        }
        self.file = file::target_of(&self.named);
        let (base, text) = (Arc::clone(&self.list), self.text.clone());
        let (mut ours, mut notice) = (changed, None);
        let mut found = self.foreign().map_err(|cause| self.not_saved(&cause))?;
        loop {
            if let Some(theirs) = &found {
                let (merged, said) = self.merged(&base, theirs, ours).map_err(|cause| self.not_saved(&cause))?;
                ours = merged;
                notice = said.or(notice);
            }
            let expected = found.as_deref().or(text.as_deref());
            self.keep_version(expected, &base, &ours, found.is_some());
            let expected = expected.map(<[u8]>::to_vec);
            match self.write(&ours, expected.as_deref()) {
                Ok(None) => return Ok(notice),
                // Once more: another program has written it in this very moment.
                Ok(displaced) => found = displaced,
                Err(error) => {
                    // What was displaced lies nowhere else any more.
                    if self.text != text
                        && let Some(displaced) = &found
                    {
                        let kept = file::keep_beside(&self.named, "conflict", displaced);
                        kept.map_err(|cause| self.not_saved(&cause))?;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// What another program has written since the file was read or written last; none where there is nothing new. One that is
    /// half written is waited for.
    fn foreign(&self) -> io::Result<Option<Vec<u8>>> {
        let mut looks = 0;
        loop {
            looks += 1;
            let found = file::read(&self.file)?;
            let Some(text) = found.filter(|text| self.text.as_ref() != Some(text)) else { return Ok(None) };
            if List::parse(&text).is_ok() || self.has_rested() || looks > MAX_LOOKS {
                return Ok(Some(text));
            }
            // This thread is the one that may wait.
            thread::sleep(REST / LOOKS_IN_REST);
        }
    }

    /// Both changes of `base`, and a notice about what does not go together.
    fn merged(&self, base: &List, theirs: &[u8], ours: List) -> io::Result<(List, Option<StoreError>)> {
        match List::parse(theirs) {
            Ok(list) => {
                let (merged, Contradictions { names: machines, hosts: conflicts }) = merge(base, list, &ours);
                let is_whole = machines.is_empty();
                let kept_as = (!is_whole).then(|| file::keep_beside(&self.named, "conflict", theirs)).transpose()?;
                Ok((merged, kept_as.map(|kept_as| StoreError::HostsConflict { kept_as, machines, conflicts })))
            }
            Err(_) if List::parse_newer(theirs).is_some() => Err(newer()),
            Err(detail) => {
                let kept_as = file::keep_beside(&self.named, "unreadable", theirs)?;
                Ok((ours, Some(StoreError::HostsUnreadable { kept_as, detail })))
            }
        }
    }

    /// Whether the file has not been written for a moment.
    pub(crate) fn has_rested(&self) -> bool {
        let modified = fs::metadata(&self.file).and_then(|found| found.modified());
        // A time that is not known, or lies ahead, says nothing.
        modified.ok().and_then(|modified| modified.elapsed().ok()).is_none_or(|rested| rested > REST)
    }

    /// Keeps `text`, which is about to be replaced by `next`, where that is worth it. A version that cannot be kept is no
    /// reason not to save.
    fn keep_version(&self, text: Option<&[u8]>, before: &List, next: &List, is_foreign: bool) {
        let Some(text) = text else { return };
        if let Err(cause) = self.versions.keep(text, before, next, is_foreign) {
            tracing::warn!(%cause, "the version before was not kept");
        }
    }

    /// Writes the list in place of the text that is expected there; returns what was there instead.
    fn write(&mut self, list: &List, expected: Option<&[u8]>) -> Result<Option<Vec<u8>>, StoreError> {
        let text = list.print().map_err(|cause| self.not_saved(&cause.into()))?;
        let other = file::exchange(&self.file, &text, expected).map_err(|cause| self.not_saved(&cause))?;
        // What lies there now may already be another program's again.
        (self.list, self.text, self.seen) = (Arc::new(list.clone()), Some(text), None);
        Ok(other)
    }

    fn not_saved(&self, cause: &io::Error) -> StoreError {
        StoreError::HostsNotSaved { path: self.file.clone(), detail: cause.to_string() }
    }
}

/// Why a file that a newer Portlight has written stays as it is.
fn newer() -> io::Error {
    io::Error::other("a newer Portlight has written it, and this one only reads it")
}

fn lock(path: &Path, named: &Path) -> Result<File, StoreError> {
    let not_saved = |cause: io::Error| StoreError::HostsNotSaved { path: path.to_owned(), detail: cause.to_string() };
    file::is_regular(path).map_err(not_saved)?;
    let lock = platform::private_file().create(true).truncate(false).open(path).map_err(not_saved)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::HostsInUse { path: named.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(not_saved(cause)),
    }
}

fn unreadable(path: &Path, cause: &io::Error) -> StoreError {
    StoreError::FileUnreadable { path: path.to_owned(), detail: cause.to_string() }
}

fn left_out(list: &List, path: &Path) -> Option<StoreError> {
    let (count, names, detail) = list.left_out()?;
    Some(StoreError::EntriesLeftOut { path: path.to_owned(), count, names, detail: detail.to_owned() })
}

#[cfg(test)]
mod tests;
