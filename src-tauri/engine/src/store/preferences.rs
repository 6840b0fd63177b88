//! What the user prefers for all machines, as one small file.

use super::file;
use crate::{
    error::StoreError,
    model::{CommandLine, CommandProblem},
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// What the user prefers. Each has a usual value, which a file need not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct Preferences {
    /// What a server's bell does.
    pub bell: Bell,
    /// The order of the list below favourites and the latest machines.
    pub order: Order,
    /// What prints the password of a machine that has neither a command of its own nor a password in the keyring, as
    /// [`CommandLine::parse`] reads it; may be empty.
    pub password_command: String,
}

impl Preferences {
    /// The command for machines that have none of their own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn password_command(&self) -> Result<Option<CommandLine>, CommandProblem> {
        CommandLine::parse_optional(&self.password_command)
    }
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
}

impl PreferencesFile {
    /// What was chosen before; the usual values where nothing was, or where it cannot be read.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let preferences = Mutex::new(Self::peek(folder));
        Self { file, preferences, writing: tokio::sync::Mutex::default() }
    }

    /// The same, and nothing is written.
    pub fn peek(folder: &Path) -> Preferences {
        let text = file::read(&folder.join(FILE)).ok().flatten().unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// What is preferred.
    pub fn get(&self) -> Preferences {
        self.preferences.lock().clone()
    }

    /// Prefers this from now on, and after the next start.
    ///
    /// # Errors
    /// [`StoreError::System`] where it cannot be saved: then it is as before.
    pub async fn set(&self, preferences: Preferences) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let (file, wanted) = (self.file.clone(), preferences.clone());
        let write = move || {
            if let Some(folder) = file.parent() {
                file::create_private_folder(folder)?;
            }
            file::write_whole(&file::target_of(&file), &serde_json::to_vec_pretty(&wanted)?)
        };
        let written = spawn_blocking(write).await.unwrap_or_else(|cause| Err(cause.into()));
        written.map_err(|cause| StoreError::System {
            detail: format!("could not save {}: {cause}", self.file.display()),
        })?;
        *self.preferences.lock() = preferences;
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
