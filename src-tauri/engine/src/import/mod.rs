//! Other programs' lists of machines, as hosts to be: read, shown, and added only where the user says so.

pub mod websockify;

use crate::model::{Address, AddressProblem, Host, HostDraft, TextProblem};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where another program's list comes from.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum ImportSource {
    /// A file, or a folder of files.
    Path {
        /// On this machine.
        path: PathBuf,
    },
    /// A file that the page has read.
    Text {
        /// Its name.
        name: String,
        /// What stands in it.
        text: String,
    },
}

/// A machine that was found in a file, before anything is added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Preview {
    /// What it will be called.
    pub name: String,
    /// Where its server is, as Portlight prints it, or as the file has it where that cannot be read.
    pub address: String,
    /// The file that it stands in, without its folder.
    pub file: String,
    /// The line there, from 1 on.
    #[cfg_attr(test, ts(type = "number"))]
    pub line: usize,
    /// A host with this address is on the list already, or stands further up.
    pub duplicate: bool,
    /// Why it cannot be added; none where it can.
    pub problem: Option<ImportProblem>,
}

/// Why an entry of a file cannot become a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum ImportProblem {
    /// The line is none that the other program would read.
    #[error("the line is not written like name: host:port")]
    Line,
    /// There is no port, which the other program cannot do without.
    #[error("there is no port behind the host name")]
    NoPort,
    /// The address cannot be read.
    #[error("{address}")]
    Address {
        /// Why.
        address: AddressProblem,
    },
    /// The name cannot be a host's.
    #[error("the name cannot be used: {name}")]
    Name {
        /// Why.
        name: TextProblem,
    },
    /// The same name comes again further down, and only the last one counts.
    #[error("the same name comes again further down, where it counts")]
    Replaced,
}

impl Preview {
    /// The form's content for it; none where it cannot be added.
    pub fn draft(&self) -> Option<HostDraft> {
        if self.problem.is_some() {
            return None;
        }
        let address = Address::parse(&self.address).ok()?;
        let host = Host { address, ..Host::demo(&self.name) };
        Some(HostDraft { id: None, ..HostDraft::from(&host) })
    }
}
