//! What can go wrong with Portlight's own files.

use crate::model::HostId;
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// A machine that two programs have changed in the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostConflict {
    /// The machine.
    pub host: HostId,
    /// Those fields.
    pub fields: Vec<FieldConflict>,
}

/// A field with both values, as the file has them; null where it has none. An address is whole, with a token that is part of it:
/// only the window with the list gets it, which has it in its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FieldConflict {
    /// What the file calls it.
    pub field: String,
    /// The other program's.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub theirs: Value,
    /// Portlight's, which is in force.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub ours: Value,
}

/// What can go wrong with Portlight's own files. The conventions of the fields are those of the [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StoreError {
    /// No host has this id (any more).
    #[error("this machine is no longer in the list")]
    NoSuchHost,
    /// It stands in a list that others keep, and is not the user's to remove.
    #[error("this machine stands in a list that others keep; remove that source, or pause it")]
    KeptByOthers,
    /// Another Portlight holds the list open.
    #[error("another Portlight is using {}", path.display())]
    HostsInUse { path: PathBuf },
    /// The list could not be read; it was kept beside and a new one begun.
    #[error("the list of machines could not be read ({detail}); it was kept as {}", kept_as.display())]
    HostsUnreadable {
        /// Where the old file lies now.
        kept_as: PathBuf,
        detail: String,
    },
    /// A newer Portlight has written the list: it is shown, and not changed.
    #[error("a newer Portlight has written {} (version {version}): it is only shown, and nothing can be changed", path.display())]
    HostsNewer {
        path: PathBuf,
        /// Its format's.
        #[cfg_attr(test, ts(type = "number"))]
        version: u64,
    },
    /// A file of Portlight's cannot be read; it was left as it is.
    #[error("{} cannot be read: {detail}", path.display())]
    FileUnreadable { path: PathBuf, detail: String },
    /// Entries of a file cannot be read. They stay in it, and all others are there.
    #[error("{} of {} cannot be read and {} left out, all others are there ({detail})",
        if *count == 1 { "one entry".to_owned() } else { format!("{count} entries") }, path.display(),
        if *count == 1 { "is" } else { "are" })]
    EntriesLeftOut {
        path: PathBuf,
        /// At least 1.
        #[cfg_attr(test, ts(type = "number"))]
        count: usize,
        /// What those are called that say so.
        names: Vec<String>,
        /// Why the first of them cannot be read.
        detail: String,
    },
    /// The name is that of an entry in the list which cannot be read, so it is not looked up anywhere else.
    #[error("{name:?} stands in the list of machines, but its entry cannot be read: {detail}")]
    HostUnreadable { name: String, detail: String },
    /// Another program has changed the same fields of the list; Portlight's are in force.
    #[error("another program changed the list of machines in the same place; its version was kept as {}", kept_as.display())]
    HostsConflict {
        /// Where the other program's version lies now.
        kept_as: PathBuf,
        /// The machines, by their names in this list.
        machines: Vec<String>,
        /// What contradicts each other in them, to choose from.
        conflicts: Vec<HostConflict>,
    },
    /// Another program has left a list that cannot be read. Portlight goes on with the list that it has.
    #[error("another program has changed {} into something that cannot be read ({detail})", path.display())]
    HostsBroken { path: PathBuf, detail: String },
    /// There is no step to undo, or to do again.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// This earlier version of the list is no longer there, or cannot be read.
    #[error("this version of the list is not there any more: {detail}")]
    NoSuchVersion { detail: String },
    /// The list could not be written.
    #[error("could not save the list of machines to {}: {detail}", path.display())]
    HostsNotSaved { path: PathBuf, detail: String },
    /// What was accepted cannot be remembered.
    #[error("could not save the known keys to {}: {detail}", path.display())]
    TrustNotSaved { path: PathBuf, detail: String },
    /// The known keys could not be read; the file was kept beside and a new one begun.
    #[error("the known keys of servers could not be read ({detail}); they were kept as {}", kept_as.display())]
    TrustUnreadable {
        /// Where the old file lies now.
        kept_as: PathBuf,
        detail: String,
    },
    /// A newer Portlight has written the known keys: those of them that can be read count, and the file is left as it is.
    #[error("a newer Portlight has written {} (version {version}): no key can be added to it", path.display())]
    TrustNewer {
        path: PathBuf,
        /// Its format's.
        #[cfg_attr(test, ts(type = "number"))]
        version: u64,
    },
    /// Something of this system failed that is named in `detail`.
    #[error("{detail}")]
    System { detail: String },
}
