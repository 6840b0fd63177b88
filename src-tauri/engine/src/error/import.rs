//! What can go wrong while other programs' files are read.

use serde::Serialize;
use std::path::PathBuf;

/// What can go wrong while other programs' files are read. The conventions of the fields are those of the [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ImportError {
    /// A file or folder with another program's machines could not be read.
    #[error("could not read {}: {detail}", path.display())]
    #[serde(rename = "import_unreadable")]
    Unreadable { path: PathBuf, detail: String },
}
