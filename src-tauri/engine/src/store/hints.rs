//! What the user was told once, so that it is not said again: one empty file each, in the data folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// That closing the window leaves Portlight in the tray.
    StaysInTray,
    /// That there is no keyring to keep passwords in.
    KeyringMissing,
}

pub(crate) struct SeenHints {
    folder: PathBuf,
}

impl SeenHints {
    pub(crate) fn open(data: &Path) -> Self {
        Self { folder: data.join("told") }
    }

    /// Whether it was told already.
    pub(crate) fn knows(&self, telling: Hint) -> bool {
        self.folder.join(name(telling)).exists()
    }

    /// Whether it was not told yet; it is now. Where that cannot be noted it is told again: better twice than never.
    pub(crate) fn first_time(&self, telling: Hint) -> bool {
        let note = || {
            fs::create_dir_all(&self.folder)?;
            fs::File::create_new(self.folder.join(name(telling)))
        };
        !matches!(note(), Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists)
    }
}

fn name(telling: Hint) -> &'static str {
    match telling {
        Hint::StaysInTray => "stays-in-tray",
        Hint::KeyringMissing => "keyring-missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_told_once_also_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        assert!(!SeenHints::open(data.path()).knows(Hint::StaysInTray));
        assert!(SeenHints::open(data.path()).first_time(Hint::StaysInTray));
        assert!(SeenHints::open(data.path()).knows(Hint::StaysInTray));
        assert!(!SeenHints::open(data.path()).first_time(Hint::StaysInTray));
        assert!(SeenHints::open(data.path()).first_time(Hint::KeyringMissing));
    }
}
