//! What the user prefers for all machines, as one small file.

mod exchange;

pub use exchange::PreferencesPreview;

use super::file;
use crate::{
    error::StoreError,
    model::{
        Chord, ClipboardSharing, CommandLine, CommandProblem, Composing, LoginId, PictureChoice, Quality, RewindChoice,
        Scaling, TagCaution, or_default,
    },
    platform,
};
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use tokio::{sync::watch, task::spawn_blocking};

/// What the user prefers. Each has a usual value, which a file need not say, and which stands for what cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct Preferences {
    /// The language of the windows.
    #[serde(deserialize_with = "or_default")]
    pub language: LanguageChoice,
    /// The colours of the windows.
    #[serde(deserialize_with = "or_default")]
    pub theme: Theme,
    /// How the screen fits into the window of a machine for which nothing else was chosen.
    #[serde(deserialize_with = "or_default")]
    pub scaling: Scaling,
    /// The picture's quality of a machine for which nothing else was chosen.
    #[serde(deserialize_with = "or_default")]
    pub quality: Quality,
    /// Which way text is copied with a machine of the list for which nothing else was chosen, where it cannot be read on its way.
    #[serde(deserialize_with = "or_default")]
    pub clipboard: ClipboardSharing,
    /// Where what is typed is composed, for a machine for which nothing else was chosen.
    #[serde(deserialize_with = "or_default")]
    pub composing: Composing,
    /// What a server's bell does.
    #[serde(deserialize_with = "or_default")]
    pub bell: Bell,
    /// What closing the list does where there is a tray.
    #[serde(deserialize_with = "or_default")]
    pub on_close: OnClose,
    /// The order of the list below favourites and the latest machines.
    #[serde(deserialize_with = "or_default")]
    pub order: Order,
    /// What is shown and kept of machines' screens.
    #[serde(deserialize_with = "PictureChoice::read")]
    pub pictures: PictureChoice,
    /// Whether the last minutes of sessions are kept in memory.
    #[serde(deserialize_with = "RewindChoice::read")]
    pub rewind: RewindChoice,
    /// How favourites and the latest machines are shown.
    #[serde(deserialize_with = "or_default")]
    pub look: Look,
    /// What prints the password of a machine that has neither a command of its own nor a password in the keyring, as
    /// [`CommandLine::parse`] reads it; may be empty.
    #[serde(deserialize_with = "or_default")]
    pub password_command: String,
    /// The named login that the question for a login offers, of a machine of the user's that has none. Nothing is sent before they
    /// have said so.
    #[serde(deserialize_with = "or_default")]
    pub offered_login: Option<LoginId>,
    /// Whether machines in the network are looked for.
    #[serde(deserialize_with = "Nearby::read")]
    pub nearby: Nearby,
    /// What becomes, at the next start, of what was open when Portlight ended.
    #[serde(deserialize_with = "or_default")]
    pub reopening: Reopening,
    /// The hotkey, where one is wanted.
    #[serde(deserialize_with = "read_hotkey")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub hotkey: Option<Chord>,
    /// What is asked for with machines that have a tag.
    #[serde(deserialize_with = "TagCaution::read")]
    pub tags: Vec<TagCaution>,
}

impl Preferences {
    /// The command for machines that have none of their own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn password_command(&self) -> Result<Option<CommandLine>, CommandProblem> {
        CommandLine::parse_optional(&self.password_command)
    }

    /// What Portlight prefers by itself. What makes dangerous machines safer stays.
    pub fn reset(&self) -> Self {
        Self { tags: self.tags.clone(), ..Self::default() }
    }
}

/// A chord that keeps nobody from typing; none in place of all else.
fn read_hotkey<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Chord>, D::Error> {
    Ok(or_default::<D, Option<Chord>>(deserializer)?.filter(Chord::is_hotkey))
}

/// A choice of the windows' language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum LanguageChoice {
    /// That of the desktop.
    #[default]
    #[serde(rename = "system")]
    System,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    ZhCn,
}

/// The colours of the windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Those of the desktop.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What closing the list does where there is a tray.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum OnClose {
    /// It asks.
    #[default]
    Ask,
    /// Portlight stays in the tray.
    Tray,
    /// Portlight ends.
    Quit,
}

/// What becomes, at the next start, of what was open when Portlight ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Reopening {
    /// The list asks whether to open it.
    #[default]
    Ask,
    /// It is opened.
    Always,
    /// It is not even remembered.
    Never,
}

/// Whether machines in the network are looked for that say that they have a VNC server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Nearby {
    /// They are, and shown below the list.
    #[default]
    Shown,
    /// Nothing is sent, and nothing listens.
    Off,
}

impl Nearby {
    /// Reads a choice; what a newer Portlight wrote differently sends nothing.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self::deserialize(value).unwrap_or(Self::Off))
    }
}

/// How favourites and the latest machines are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// As cards with pictures.
    #[default]
    Cards,
    /// As rows, like all others.
    Rows,
}

/// An order of machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By name.
    #[default]
    Name,
    /// Those that were opened last first.
    LastUsed,
    /// Those that were opened most often first.
    MostUsed,
    /// By their first tag.
    Tag,
}

/// What a server's bell does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Bell {
    /// It rings the desktop's own.
    #[default]
    Sound,
    /// The machine's window flashes.
    Flash,
    /// Nothing.
    Nothing,
}

/// The file, and what it says.
pub struct PreferencesFile {
    file: PathBuf,
    contents: Mutex<Contents>,
    /// Held while the file is written.
    writing: tokio::sync::Mutex<()>,
    changed: watch::Sender<()>,
}

/// All that the file says. Different windows change its parts.
#[derive(Clone, Default, Serialize)]
struct Contents {
    #[serde(flatten)]
    preferences: Preferences,
    /// Chords that the user has kept, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chords: Vec<Chord>,
}

impl Contents {
    /// What can be read of a file: a part that cannot is as if it were not there, and takes no other one with it.
    fn read(text: &[u8]) -> Self {
        let mut value: Value = serde_json::from_slice(text).unwrap_or_default();
        let chords = value.get_mut("chords").and_then(|chords| match chords.take() {
            Value::Array(chords) => Some(chords),
            _ => None,
        });
        let chords = chords.into_iter().flatten().filter_map(|chord| serde_json::from_value(chord).ok());
        Self {
            chords: chords.take(MAX_CHORDS).collect(),
            preferences: serde_json::from_value(value).unwrap_or_default(),
        }
    }

    /// The file's text, of which only what is other than `before` changes: what a newer Portlight has written stays as it is.
    fn printed(&self, before: &Self, text: &[u8]) -> serde_json::Result<Vec<u8>> {
        let parts = |contents| serde_json::to_value(contents).and_then(serde_json::from_value::<Map<String, Value>>);
        let (before, after) = (parts(before)?, parts(self)?);
        let mut file: Map<String, Value> = serde_json::from_slice(text).unwrap_or_default();
        file.retain(|key, _| after.contains_key(key) || !before.contains_key(key));
        for (key, value) in after {
            if before.get(&key) != Some(&value) || !file.contains_key(&key) {
                file.insert(key, value);
            }
        }
        serde_json::to_vec_pretty(&file)
    }
}

impl PreferencesFile {
    /// What was chosen before; the usual values where nothing was, or where it cannot be read.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let contents = Contents::read(&read(&file));
        Self {
            file,
            contents: Mutex::new(contents),
            writing: tokio::sync::Mutex::default(),
            changed: watch::Sender::default(),
        }
    }

    /// The same, and nothing is written.
    pub fn peek(folder: &Path) -> Preferences {
        Contents::read(&read(&folder.join(FILE))).preferences
    }

    /// What is preferred.
    pub fn get(&self) -> Preferences {
        self.contents.lock().preferences.clone()
    }

    /// Wakes after each change.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Prefers this from now on, and after the next start.
    ///
    /// # Errors
    /// [`StoreError::System`] where it cannot be saved: then it is as before.
    pub async fn set(&self, preferences: Preferences) -> Result<(), StoreError> {
        self.change(|contents| contents.preferences = preferences).await
    }

    /// The chords that the user has kept.
    pub fn chords(&self) -> Vec<Chord> {
        self.contents.lock().chords.clone()
    }

    /// Keeps a chord; the oldest one goes where there are too many.
    ///
    /// # Errors
    /// As [`PreferencesFile::set`].
    pub async fn add_chord(&self, chord: Chord) -> Result<(), StoreError> {
        self.change(|Contents { chords, .. }| {
            if !chords.contains(&chord) {
                chords.push(chord);
                chords.drain(..chords.len().saturating_sub(MAX_CHORDS));
            }
        })
        .await
    }

    /// Keeps a chord no longer.
    ///
    /// # Errors
    /// As [`PreferencesFile::set`].
    pub async fn remove_chord(&self, chord: &Chord) -> Result<(), StoreError> {
        self.change(|Contents { chords, .. }| chords.retain(|other| other != chord)).await
    }

    async fn change(&self, change: impl FnOnce(&mut Contents)) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let before = self.contents.lock().clone();
        let mut contents = before.clone();
        change(&mut contents);
        let (file, new) = (self.file.clone(), contents.clone());
        let write = move || {
            if let Some(folder) = file.parent() {
                platform::create_private_folder(folder)?;
            }
            file::write_whole(&file::target_of(&file), &new.printed(&before, &read(&file))?)
        };
        let written = spawn_blocking(write).await.unwrap_or_else(|cause| Err(cause.into()));
        written.map_err(|cause| StoreError::System {
            detail: format!("could not save {}: {cause}", self.file.display()),
        })?;
        *self.contents.lock() = contents;
        self.changed.send_replace(());
        Ok(())
    }
}

/// So many chords are kept: more would be no favourites.
const MAX_CHORDS: usize = 24;

/// What the file has; nothing where it cannot be read.
fn read(file: &Path) -> Vec<u8> {
    file::read(file).ok().flatten().unwrap_or_default()
}

const FILE: &str = "preferences.json";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn what_was_chosen_is_there_the_next_time_and_is_in_force_only_once_it_is_saved() {
        let folder = tempfile::tempdir().unwrap();
        let file = PreferencesFile::open(folder.path());
        assert_eq!(file.get(), Preferences::default());
        fs::create_dir(folder.path().join(FILE)).unwrap();
        let error = file.set(Preferences { bell: Bell::Flash, ..Preferences::default() }).await.unwrap_err();
        assert!(error.to_string().contains(FILE), "{error}");
        assert_eq!(file.get().bell, Bell::Sound);
        fs::remove_dir(folder.path().join(FILE)).unwrap();
        file.set(Preferences { bell: Bell::Flash, ..Preferences::default() }).await.unwrap();
        assert_eq!(PreferencesFile::open(folder.path()).get().bell, Bell::Flash);
        let newer = r#"{"bell": "gong", "theme": 7, "language": "zh-CN", "quality": null, "pictures": "painted"}"#;
        fs::write(folder.path().join(FILE), newer).unwrap();
        let expected =
            Preferences { language: LanguageChoice::ZhCn, pictures: PictureChoice::Off, ..Preferences::default() };
        assert_eq!(PreferencesFile::open(folder.path()).get(), expected, "a newer one's wishes, and the rest");
    }

    #[test]
    fn a_hotkey_is_nothing_that_somebody_types() {
        let read = |text: &str| Contents::read(format!("{{\"hotkey\": {text}}}").as_bytes()).preferences.hotkey;
        assert_eq!(read("\"Ctrl+Alt+P\""), Chord::parse("Ctrl+Alt+P"));
        for text in ["\"p\"", "\"Shift+P\"", "7", "null", "\"Ctrl+\""] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn cautions_of_tags_are_read_one_by_one_and_outlive_a_reset() {
        let text = r#"{"tags": [{"tag": "prod", "frame": "red", "view_only": true}, 7, {"tag": "db", "ask_lines": true, "frame": 3}]}"#;
        let read = Contents::read(text.as_bytes()).preferences;
        let caution =
            |tag: &str, frame, view_only, ask_lines| TagCaution { tag: tag.into(), frame, view_only, ask_lines };
        let expected =
            [caution("prod", Some(crate::model::Colour::Red), true, false), caution("db", None, false, true)];
        assert_eq!(read.tags, expected);
        assert_eq!(read.reset(), Preferences { tags: expected.to_vec(), ..Preferences::default() });
    }

    #[tokio::test]
    async fn kept_chords_are_there_the_next_time_whatever_else_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let chord = |text: &str| Chord::parse(text).unwrap();
        let file = PreferencesFile::open(folder.path());
        for text in ["Ctrl+Alt+F2", "Super", "Ctrl+Alt+F2"] {
            file.add_chord(chord(text)).await.unwrap();
        }
        file.set(Preferences { bell: Bell::Flash, ..Preferences::default() }).await.unwrap();
        assert_eq!(
            file.chords(),
            [chord("Ctrl+Alt+F2"), chord("Super")],
            "each once, and no other choice takes them away"
        );
        file.remove_chord(&chord("Ctrl+Alt+F2")).await.unwrap();
        let again = PreferencesFile::open(folder.path());
        assert_eq!((again.chords(), again.get().bell), (vec![chord("Super")], Bell::Flash));

        fs::write(folder.path().join(FILE), "{\"bell\": \"gong\", \"chords\": [\"Super\", 4, \"no chord\"]}").unwrap();
        assert_eq!(PreferencesFile::open(folder.path()).chords(), [chord("Super")]);
        for number in 1..=30 {
            file.add_chord(chord(&format!("F{number}"))).await.unwrap();
        }
        assert_eq!((file.chords().len(), file.chords().pop()), (MAX_CHORDS, Some(chord("F30"))));
    }
}
