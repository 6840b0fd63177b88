//! What the user has added beside the machines, each kind of it in one small file: sources (docs/SOURCES.md describes that one) and
//! named logins.

use super::file;
use crate::{
    error::StoreError,
    model::{HostSource, LoginId, NamedLogin, SourceId},
    platform,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap};
use serde_json::{Map, Value};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::task::spawn_blocking;

const VERSION: u64 = 1;

/// What is in such a file.
pub(crate) trait Entry: Clone + PartialEq + Serialize + DeserializeOwned + Send {
    type Id: PartialEq;
    /// What the file is called.
    const FILE: &str;
    /// What the list in it is called.
    const LIST: &str;

    fn id(&self) -> Self::Id;
}

impl Entry for HostSource {
    type Id = SourceId;
    const FILE: &str = "sources.json";
    const LIST: &str = "sources";

    fn id(&self) -> SourceId {
        self.id
    }
}

impl Entry for NamedLogin {
    type Id = LoginId;
    const FILE: &str = "logins.json";
    const LIST: &str = "logins";

    fn id(&self) -> LoginId {
        self.id
    }
}

/// The file with the sources.
pub(crate) type SourcesFile = SmallFile<HostSource>;
/// The file with the named logins.
pub(crate) type LoginsFile = SmallFile<NamedLogin>;

/// A file, and what it says.
pub(crate) struct SmallFile<T> {
    file: PathBuf,
    /// Why it cannot be read: then it is left as it is.
    entries: Mutex<Result<Vec<T>, StoreError>>,
    /// Held while the file is written.
    writing: tokio::sync::Mutex<()>,
}

struct Printed<'a, T>(&'a [T]);

impl<T: Entry> Serialize for Printed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("version", &VERSION)?;
        map.serialize_entry(T::LIST, self.0)?;
        map.end()
    }
}

impl<T: Entry> SmallFile<T> {
    /// What was added before.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(T::FILE);
        let entries = match file::recover(&file) {
            Ok(()) => read(&file),
            Err(cause) => Err(unreadable(&file, cause.to_string())),
        };
        Self { file, entries: Mutex::new(entries), writing: tokio::sync::Mutex::default() }
    }

    /// The same, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub(crate) fn peek(folder: &Path) -> Result<Vec<T>, StoreError> {
        read(&folder.join(T::FILE))
    }

    /// All entries, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub(crate) fn all(&self) -> Result<Vec<T>, StoreError> {
        self.entries.lock().clone()
    }

    /// One of them; none where it is not there any more.
    pub(crate) fn get(&self, id: T::Id) -> Option<T> {
        self.entries.lock().as_ref().ok()?.iter().find(|entry| entry.id() == id).cloned()
    }

    /// Changes them, and writes the file.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`], and [`StoreError::System`] where it cannot be saved: then nothing has changed.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Vec<T>)) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let before = self.all()?;
        let mut entries = before.clone();
        change(&mut entries);
        if entries == before {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(&Printed(&entries));
        let file = self.file.clone();
        let write = move || {
            if let Some(folder) = file.parent() {
                platform::create_private_folder(folder)?;
            }
            file::write_whole(&file::target_of(&file), &text?)
        };
        let written: io::Result<()> = spawn_blocking(write).await.unwrap_or_else(|cause| Err(cause.into()));
        written.map_err(|cause| StoreError::System {
            detail: format!("could not save {}: {cause}", self.file.display()),
        })?;
        *self.entries.lock() = Ok(entries);
        Ok(())
    }
}

fn read<T: Entry>(file: &Path) -> Result<Vec<T>, StoreError> {
    let found = file::read(file).map_err(|cause| unreadable(file, cause.to_string()))?;
    let Some(text) = found else { return Ok(Vec::new()) };
    parse(&text).map_err(|detail| unreadable(file, detail))
}

fn parse<T: Entry>(text: &[u8]) -> Result<Vec<T>, String> {
    let mut fields: Map<String, Value> = file::parse(text, VERSION)?;
    let entries = fields.remove(T::LIST).unwrap_or_else(|| Value::Array(Vec::new()));
    Vec::<T>::deserialize(entries).map_err(|cause| cause.to_string())
}

fn unreadable(file: &Path, detail: String) -> StoreError {
    StoreError::FileUnreadable { path: file.to_owned(), detail }
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
        fs::write(folder.path().join(HostSource::FILE), broken).unwrap();
        let file = SourcesFile::open(folder.path());
        assert!(matches!(file.all(), Err(StoreError::FileUnreadable { .. })));
        assert!(file.change(Vec::clear).await.is_err());
        assert_eq!(fs::read_to_string(folder.path().join(HostSource::FILE)).unwrap(), broken);
    }

    #[tokio::test]
    async fn named_logins_lie_in_a_file_without_their_passwords() {
        let folder = tempfile::tempdir().unwrap();
        let lab = NamedLogin { has_password: true, ..NamedLogin::new("Lab", "ann").unwrap() };
        let added = lab.clone();
        LoginsFile::open(folder.path()).change(|logins| logins.push(added)).await.unwrap();
        let text = fs::read_to_string(folder.path().join("logins.json")).unwrap();
        let expected = serde_json::json!({
            "version": 1,
            "logins": [{ "id": lab.id, "name": "Lab", "username": "ann", "has_password": true }],
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        assert_eq!(LoginsFile::peek(folder.path()), Ok(vec![lab]));
    }
}
