//! What can go wrong with Portlight's own files.

use serde::Serialize;
use std::path::PathBuf;

/// What can go wrong with Portlight's own files. The conventions of the fields are those of the [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StoreError {
    /// No host has this id (any more).
    #[error("this machine is no longer in the list")]
    NoSuchHost,
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
    /// Something of this system failed that is named in `detail`.
    #[error("{detail}")]
    System { detail: String },
}
