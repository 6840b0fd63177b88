//! What can be wrong about a named login.

use serde::Serialize;

/// Why a named login cannot be saved, or is not meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum NamedLoginProblem {
    /// It has no name.
    #[error("it needs a name")]
    NoName,
    /// Another one has this name.
    #[error("another login has this name")]
    Taken,
    /// None has this name.
    #[error("there is no login of this name")]
    Unknown,
}
