//! What can go wrong while machines are imported or exported.

use serde::Serialize;
use std::path::PathBuf;

/// What can go wrong while machines are imported or exported. The conventions of the fields are those of the
/// [module](super). What is wrong with a single file or entry is no error: it stands in the preview.
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ImportError {
    /// What was chosen from is not there any more: something else was read since.
    #[error("something else was looked at meanwhile: look at the files again")]
    #[serde(rename = "import_gone")]
    Gone,
    /// What was given as a site that machines are reached through is the address of something else.
    #[error("the address of a site's WebSocket begins with wss:// or ws://, like wss://site.example/websockify")]
    NotASite,
    /// What was chosen has no settings of Portlight's.
    #[error("{} has no settings of Portlight's", path.display())]
    NoSettings { path: PathBuf },
    /// A file with the list could not be written.
    #[error("could not write {}: {detail}", path.display())]
    #[serde(rename = "export_not_written")]
    NotWritten { path: PathBuf, detail: String },
}
