//! Other programs' lists of machines, as hosts to be: read, shown, and added only where the user says so.

pub mod websockify;

use crate::{
    error::ImportError,
    model::{AddressProblem, Host, HostDraft, TextProblem},
};
use serde::{Deserialize, Serialize};
use websockify::TokenFile;

/// Bytes of all files together.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_FILES: usize = 1000;

/// Files that the user has chosen, with their text.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ImportSource {
    /// At most 1000 files, of at most 4 MiB together.
    pub files: Vec<TokenFile>,
}

impl ImportSource {
    /// Whether it can be a list of machines.
    ///
    /// # Errors
    /// [`ImportError::Unreadable`] with the name of the file that was too much.
    pub(crate) fn check(&self) -> Result<(), ImportError> {
        let unreadable =
            |file: &TokenFile, detail| Err(ImportError::Unreadable { path: file.name.clone().into(), detail });
        let mut bytes = 0;
        for (number, file) in self.files.iter().enumerate() {
            bytes += file.text.len();
            if number >= MAX_FILES {
                return unreadable(file, format!("there are more than {MAX_FILES} files"));
            }
            if bytes > MAX_BYTES {
                return unreadable(file, format!("there are more than {} MiB", MAX_BYTES >> 20));
            }
        }
        Ok(())
    }
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
        let host = Host::new(self.name.clone(), self.address.parse().ok()?);
        Some(HostDraft { id: None, ..HostDraft::from(&host) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_to_be_a_list_of_machines_is_refused() {
        let file = |name: &str, length| TokenFile { name: name.to_owned(), text: "x".repeat(length) };
        let check = |files: Vec<TokenFile>| ImportSource { files }.check().map_err(|error| error.to_string());
        assert_eq!(check(vec![]), Ok(()));
        assert_eq!(check(vec![file("a", MAX_BYTES)]), Ok(()));
        let too_big = check(vec![file("a", MAX_BYTES), file("b", 1)]).unwrap_err();
        assert_eq!(too_big, "could not read b: there are more than 4 MiB");
        assert_eq!(check(vec![file("a", 0); MAX_FILES]), Ok(()));
        assert!(check(vec![file("a", 0); MAX_FILES + 1]).is_err());
    }

    #[test]
    fn the_page_gives_texts_and_no_paths() {
        let source: ImportSource = serde_json::from_str(r#"{"files":[{"name":"tokens","text":"a: box:1"}]}"#).unwrap();
        assert_eq!(source.files[0].text, "a: box:1");
        assert!(serde_json::from_str::<ImportSource>(r#"{"from":"path","path":"/etc/passwd"}"#).is_err());
    }
}
