//! Hints that were shown already, so that they are not shown again: one empty marker file each, in the data folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// That there is no keyring to keep passwords in.
    KeyringMissing,
}

/// The hints that were shown. Each question is one system call on a small folder.
pub struct SeenHints {
    folder: PathBuf,
}

impl SeenHints {
    pub(crate) fn open(data: &Path) -> Self {
        Self { folder: data.join("told") }
    }

    /// Marks the hint as shown. Returns whether it was new, also where the marker cannot be written.
    pub fn mark_seen(&self, hint: Hint) -> bool {
        let mark = || {
            fs::create_dir_all(&self.folder)?;
            fs::File::create_new(self.folder.join(name(hint)))
        };
        !matches!(mark(), Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists)
    }
}

fn name(hint: Hint) -> &'static str {
    match hint {
        Hint::KeyringMissing => "keyring-missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hint_is_new_once_also_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        assert!(SeenHints::open(data.path()).mark_seen(Hint::KeyringMissing));
        assert!(!SeenHints::open(data.path()).mark_seen(Hint::KeyringMissing));
    }
}
