//! What the user prefers for all machines, as one small file.

use super::file;
use crate::{error::StoreError, model::PictureChoice};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tokio::{sync::watch, task::spawn_blocking};

/// What the user prefers. Each has a usual value, which a file need not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct Preferences {
    /// What a server's bell does.
    pub bell: Bell,
    /// The order of the list below favourites and the latest machines.
    pub order: Order,
    /// What is shown and kept of machines' screens.
    #[serde(deserialize_with = "PictureChoice::read")]
    pub pictures: PictureChoice,
    /// How favourites and the latest machines are shown.
    pub look: Look,
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
    preferences: Mutex<Preferences>,
    /// Held while the file is written.
    writing: tokio::sync::Mutex<()>,
    changed: watch::Sender<()>,
}

impl PreferencesFile {
    /// What was chosen before; the usual values where nothing was, or where it cannot be read.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let text = file::read(&file).ok().flatten().unwrap_or_default();
        let preferences = serde_json::from_slice(&text).unwrap_or_default();
        Self {
            file,
            preferences: Mutex::new(preferences),
            writing: tokio::sync::Mutex::default(),
            changed: watch::Sender::default(),
        }
    }

    /// What is preferred.
    pub fn get(&self) -> Preferences {
        *self.preferences.lock()
    }

    /// Wakes after each change.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Prefers this from now on, and after the next start.
    ///
    /// # Errors
    /// [`StoreError::System`] where it cannot be saved: then it is as before.
    pub async fn set(&self, preferences: Preferences) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let file = self.file.clone();
        let write = move || {
            if let Some(folder) = file.parent() {
                file::create_private_folder(folder)?;
            }
            file::write_whole(&file::target_of(&file), &serde_json::to_vec_pretty(&preferences)?)
        };
        let written = spawn_blocking(write).await.unwrap_or_else(|cause| Err(cause.into()));
        written.map_err(|cause| StoreError::System {
            detail: format!("could not save {}: {cause}", self.file.display()),
        })?;
        *self.preferences.lock() = preferences;
        self.changed.send_replace(());
        Ok(())
    }
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
        fs::write(folder.path().join(FILE), "{\"bell\": \"gong\"}").unwrap();
        assert_eq!(PreferencesFile::open(folder.path()).get().bell, Bell::Sound, "a newer one's wish");
    }
}
