//! The sources that the user has added, as one small file: docs/SOURCES.md describes it.

use super::file;
use crate::{
    error::StoreError,
    model::{HostSource, SourceId},
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::task::spawn_blocking;

const FILE: &str = "sources.json";
const VERSION: u64 = 1;

/// The file, and what it says.
pub(crate) struct SourcesFile {
    file: PathBuf,
    /// Why it cannot be read: then it is left as it is.
    sources: Mutex<Result<Vec<HostSource>, StoreError>>,
    /// Held while the file is written.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Serialize)]
struct Printed<'a> {
    version: u64,
    sources: &'a [HostSource],
}

impl SourcesFile {
    /// The sources that were added before.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        let unreadable = |detail: String| StoreError::FileUnreadable { path: file.clone(), detail };
        let read = || -> Result<Vec<HostSource>, StoreError> {
            let found = file::recover(&file).and_then(|()| file::read(&file));
            let Some(text) = found.map_err(|cause| unreadable(cause.to_string()))? else { return Ok(Vec::new()) };
            sources(&text).map_err(unreadable)
        };
        let sources = Mutex::new(read());
        Self { file, sources, writing: tokio::sync::Mutex::default() }
    }

    /// All sources, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub(crate) fn all(&self) -> Result<Vec<HostSource>, StoreError> {
        self.sources.lock().clone()
    }

    /// One of them; none where it is not there any more.
    pub(crate) fn get(&self, id: SourceId) -> Option<HostSource> {
        self.sources.lock().as_ref().ok()?.iter().find(|source| source.id == id).cloned()
    }

    /// Changes them, and writes the file.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`], and [`StoreError::System`] where it cannot be saved: then nothing has changed.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Vec<HostSource>)) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let before = self.all()?;
        let mut sources = before.clone();
        change(&mut sources);
        if sources == before {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&Printed { version: VERSION, sources: &sources });
        let file = self.file.clone();
        let write = move || {
            if let Some(folder) = file.parent() {
                file::create_private_folder(folder)?;
            }
            file::write_whole(&file::target_of(&file), &text?)
        };
        let written: io::Result<()> = spawn_blocking(write).await.unwrap_or_else(|cause| Err(cause.into()));
        written.map_err(|cause| StoreError::System {
            detail: format!("could not save {}: {cause}", self.file.display()),
        })?;
        *self.sources.lock() = Ok(sources);
        Ok(())
    }
}

fn sources(text: &[u8]) -> Result<Vec<HostSource>, String> {
    let mut fields: Map<String, Value> = file::parse(text, VERSION)?;
    let sources = fields.remove("sources").unwrap_or_else(|| Value::Array(Vec::new()));
    Vec::<HostSource>::deserialize(sources).map_err(|cause| cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;
    use std::fs;

    #[tokio::test]
    async fn sources_are_there_the_next_time_and_a_file_that_cannot_be_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = SourcesFile::open(folder.path());
        assert_eq!(file.all(), Ok(Vec::new()));
        let path = HostSource::new("", Origin::Path("/lists/lab.json".into())).unwrap();
        let mut command = HostSource::new("Virtual", Origin::command("virsh-list 'a b'").unwrap()).unwrap();
        (command.every_minutes, command.paused, command.read_at) = (5, true, Some(3));
        assert_eq!(path.name, "lab");
        let mut web =
            HostSource::new("", Origin::url("https://lists.example/lab.json?key=x", false, true).unwrap()).unwrap();
        web.has_login = true;
        assert_eq!(web.origin.to_string(), "https://lists.example/lab.json", "a query may be a secret");
        let all = vec![path, command, web];
        let added = all.clone();
        file.change(|sources| *sources = added).await.unwrap();
        assert_eq!(SourcesFile::open(folder.path()).all(), Ok(all));
        let broken = r#"{"version": 1, "sources": [{"name": 4}]}"#;
        fs::write(folder.path().join(FILE), broken).unwrap();
        let file = SourcesFile::open(folder.path());
        assert!(matches!(file.all(), Err(StoreError::FileUnreadable { .. })));
        assert!(file.change(Vec::clear).await.is_err());
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), broken);
    }
}
