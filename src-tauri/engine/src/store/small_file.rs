//! What the user has added beside the machines, each kind of it in one small file: sources (docs/SOURCES.md describes that one) and
//! named logins.

use super::file;
use crate::{
    error::StoreError,
    model::{HostSource, LoginId, NamedLogin, SourceId},
    platform,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::task::spawn_blocking;

const VERSION: u64 = 1;

/// What is in such a file.
pub(crate) trait Entry: Clone + PartialEq + Serialize + DeserializeOwned + Send {
    type Id: Clone + PartialEq + Send;
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
pub(crate) struct SmallFile<T: Entry> {
    file: PathBuf,
    /// Why it cannot be read: then it is left as it is.
    contents: Mutex<Result<Contents<T>, StoreError>>,
    /// Held while the file is written.
    writing: tokio::sync::Mutex<()>,
}

/// What a file says: its entries, and the fields that only a newer Portlight knows, which are kept when it is written.
#[derive(Clone, PartialEq)]
struct Contents<T: Entry> {
    entries: Vec<T>,
    /// Beside the list.
    rest: Map<String, Value>,
    /// Of entries.
    of_entries: Vec<(T::Id, Map<String, Value>)>,
}

impl<T: Entry> Contents<T> {
    fn empty() -> Self {
        Self { entries: Vec::new(), rest: Map::new(), of_entries: Vec::new() }
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        let mut rest: Map<String, Value> = file::parse(text, VERSION)?;
        let list = rest.remove(T::LIST).unwrap_or_else(|| Value::Array(Vec::new()));
        let list = Vec::<Map<String, Value>>::deserialize(list).map_err(|cause| cause.to_string())?;
        let (mut entries, mut of_entries) = (Vec::new(), Vec::new());
        for fields in list {
            let entry = T::deserialize(Value::Object(fields.clone())).map_err(|cause| cause.to_string())?;
            of_entries.push((entry.id(), unknown(&entry, &fields)));
            entries.push(entry);
        }
        Ok(Self { entries, rest, of_entries })
    }

    fn print(&self) -> serde_json::Result<Vec<u8>> {
        let mut list = Vec::new();
        for entry in &self.entries {
            let mut printed = serde_json::to_value(entry)?;
            let kept = self.of_entries.iter().find(|(id, _)| *id == entry.id());
            if let (Value::Object(fields), Some((_, kept))) = (&mut printed, kept) {
                for (key, value) in kept {
                    fields.entry(key).or_insert_with(|| value.clone());
                }
            }
            list.push(printed);
        }
        let mut fields = Map::from_iter([("version".to_owned(), VERSION.into()), (T::LIST.to_owned(), list.into())]);
        fields.extend(self.rest.clone());
        serde_json::to_vec_pretty(&fields)
    }
}

/// The fields that say nothing about an entry: those are not known, or say what goes without saying.
fn unknown<T: Entry>(entry: &T, fields: &Map<String, Value>) -> Map<String, Value> {
    let says_nothing = |key: &String| {
        let mut others = fields.clone();
        others.remove(key);
        T::deserialize(Value::Object(others)).is_ok_and(|other| other == *entry)
    };
    fields.iter().filter(|(key, _)| says_nothing(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl<T: Entry> SmallFile<T> {
    /// What was added before.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(T::FILE);
        let contents = match file::recover(&file) {
            Ok(()) => read(&file),
            Err(cause) => Err(unreadable(&file, cause.to_string())),
        };
        Self { file, contents: Mutex::new(contents), writing: tokio::sync::Mutex::default() }
    }

    /// The same, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub(crate) fn peek(folder: &Path) -> Result<Vec<T>, StoreError> {
        read(&folder.join(T::FILE)).map(|contents| contents.entries)
    }

    /// All entries, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`].
    pub(crate) fn all(&self) -> Result<Vec<T>, StoreError> {
        self.contents.lock().as_ref().map(|contents| contents.entries.clone()).map_err(Clone::clone)
    }

    /// One of them; none where it is not there any more.
    pub(crate) fn get(&self, id: T::Id) -> Option<T> {
        self.contents.lock().as_ref().ok()?.entries.iter().find(|entry| entry.id() == id).cloned()
    }

    /// Changes them, and writes the file.
    ///
    /// # Errors
    /// [`StoreError::FileUnreadable`], and [`StoreError::System`] where it cannot be saved: then nothing has changed.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Vec<T>)) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let before = self.contents.lock().clone()?;
        let mut contents = before.clone();
        change(&mut contents.entries);
        if contents.entries == before.entries {
            return Ok(());
        }
        let text = contents.print();
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
        *self.contents.lock() = Ok(contents);
        Ok(())
    }
}

fn read<T: Entry>(file: &Path) -> Result<Contents<T>, StoreError> {
    let found = file::read(file).map_err(|cause| unreadable(file, cause.to_string()))?;
    let Some(text) = found else { return Ok(Contents::empty()) };
    Contents::parse(&text).map_err(|detail| unreadable(file, detail))
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
    async fn what_a_newer_version_has_beside_is_kept_when_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(HostSource::FILE);
        let [lab, rack] = ["/lists/lab.json", "/lists/rack.json"].map(|path| Origin::Path(path.into()));
        let (lab, rack) = (HostSource::new("", lab).unwrap(), HostSource::new("", rack).unwrap());
        let mut text: Value = serde_json::from_slice(
            &Contents::<HostSource> {
                entries: vec![HostSource { paused: true, ..lab.clone() }, rack.clone()],
                ..Contents::empty()
            }
            .print()
            .unwrap(),
        )
        .unwrap();
        (text["order"], text["sources"][0]["flavour"]) = (serde_json::json!(["rack"]), "blue".into());
        fs::write(&file, text.to_string()).unwrap();

        let sources = SourcesFile::open(folder.path());
        sources.change(|sources| sources[0].paused = false).await.unwrap();
        let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!((&written["order"], &written["sources"][0]["flavour"]), (&text["order"], &"blue".into()));
        assert_eq!(SourcesFile::peek(folder.path()), Ok(vec![lab, rack.clone()]), "what is known is as it was changed");
        sources.change(|sources| drop(sources.remove(0))).await.unwrap();
        assert!(!fs::read_to_string(&file).unwrap().contains("blue"), "what is removed is gone");
        assert_eq!(SourcesFile::peek(folder.path()), Ok(vec![rack]));
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
