//! Sources as the windows show them.

use crate::{
    error::Error,
    import::{FileProblem, LeftOut},
    model::{Identity, Origin, SourceId},
};
use serde::Serialize;

/// A source as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostSourceView {
    /// Its name for life.
    pub id: SourceId,
    /// What the user calls it.
    pub name: String,
    /// The path of its file or folder, the command that prints it, or its URL without the query.
    pub origin: String,
    /// Which of them.
    pub kind: SourceKind,
    /// How often it is read anew, in minutes.
    pub every_minutes: u32,
    /// Whether the keyring has a login for its web server.
    pub has_login: bool,
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

/// What a source is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A file, or a folder with files.
    Path,
    /// A command.
    Command,
    /// A web server, within TLS.
    Web,
    /// A web server, readable and changeable for everyone on the way.
    ClearWeb,
}

impl From<&Origin> for SourceKind {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Path(_) => Self::Path,
            Origin::Command(_) => Self::Command,
            Origin::Url(url) if url.is_secure() => Self::Web,
            Origin::Url(_) => Self::ClearWeb,
        }
    }
}

/// What the last reading of a source has found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Found {
    /// Whether it is being read.
    pub reading: bool,
    /// Why it could not be read: then its machines are those of before.
    pub problem: Option<SourceProblem>,
    /// The certificate of its web server, where that is the problem: the user may accept it.
    pub certificate: Option<Identity>,
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
