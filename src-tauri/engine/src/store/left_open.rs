//! What was open when Portlight ended, so that it can be opened again: one small file in the data folder. It has no secret, and is a
//! taste: what cannot be read is as if nothing had been open.

use super::file;
use crate::{
    model::{HostId, or_default},
    platform,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    io,
    path::{Path, PathBuf},
};

/// What a window showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WasOpen {
    /// A machine of the list.
    Host(HostId),
    /// An address that was typed.
    Address {
        /// As it is written.
        address: String,
        /// Whether it was only watched.
        #[serde(default)]
        view_only: bool,
    },
}

/// The file, and what it says.
pub struct LeftOpen {
    file: PathBuf,
    /// A newer Portlight has written it: it is left as it is.
    newer: bool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What was open when Portlight ended, while the user has not said what becomes of it.
    left: Vec<WasOpen>,
    open: Vec<WasOpen>,
    /// What the file says.
    written: Vec<WasOpen>,
    /// Portlight ends: windows that close now are not closed by the user.
    ends: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Contents {
    #[serde(default, deserialize_with = "or_default")]
    version: u32,
    /// Read one by one: what a newer Portlight has written takes nothing else with it.
    #[serde(default)]
    open: Vec<Value>,
}

const FILE: &str = "open.json";
const VERSION: u32 = 1;
/// More windows than are ever open.
const MAX_WINDOWS: usize = 200;

impl LeftOpen {
    /// What `folder` has.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        if let Err(cause) = file::recover(&file) {
            tracing::warn!(%cause, "an interrupted write is not finished");
        }
        let text = file::read(&file).ok().flatten().unwrap_or_default();
        let contents: Contents = serde_json::from_slice(&text).unwrap_or_default();
        let left = contents.open.into_iter().filter_map(|was| serde_json::from_value(was).ok()).take(MAX_WINDOWS);
        let left: Vec<WasOpen> = left.collect();
        let newer = contents.version > VERSION;
        Self { file, newer, known: Mutex::new(Known { written: left.clone(), left, ..Known::default() }) }
    }

    /// What was open when Portlight ended, and was not opened since.
    pub fn left(&self) -> Vec<WasOpen> {
        let known = self.known.lock();
        known.left.iter().filter(|was| !known.open.contains(was)).cloned().collect()
    }

    /// The same, for the last time: it has been said what becomes of it.
    pub fn take_left(&self) -> Vec<WasOpen> {
        let left = self.left();
        self.known.lock().left.clear();
        left
    }

    /// This is open now; blocks until the disk has it.
    ///
    /// # Errors
    /// The system's: then the file says what it said before.
    pub fn note(&self, open: Vec<WasOpen>) -> io::Result<()> {
        // Locked while it is written, so that the last one is what stays.
        let mut known = self.known.lock();
        if known.ends {
            return Ok(());
        }
        known.open = open;
        let mut all = known.open.clone();
        all.extend(known.left.iter().filter(|was| !known.open.contains(was)).cloned());
        all.truncate(MAX_WINDOWS);
        if self.newer || all == known.written {
            return Ok(());
        }
        let open = all.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        let text = serde_json::to_vec_pretty(&Contents { version: VERSION, open })?;
        if let Some(folder) = self.file.parent() {
            platform::create_private_folder(folder)?;
        }
        file::write_whole(&file::target_of(&self.file), &text)?;
        known.written = all;
        Ok(())
    }

    /// Portlight ends: nothing is noted any more.
    pub fn end(&self) {
        self.known.lock().ends = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn host(last: u8) -> WasOpen {
        WasOpen::Host(serde_json::from_value(format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a{last:02x}").into()).unwrap())
    }

    fn typed(address: &str) -> WasOpen {
        WasOpen::Address { address: address.into(), view_only: true }
    }

    #[test]
    fn what_was_open_is_left_open_until_somebody_says_what_becomes_of_it() {
        let data = tempfile::tempdir().unwrap();
        let open = || LeftOpen::open(&data.path().join("new"));
        let first = open();
        assert_eq!(first.left(), []);
        first.note(vec![host(1), typed("box:1"), host(2)]).unwrap();
        first.note(vec![host(1), typed("box:1")]).unwrap();
        // The windows close because Portlight ends.
        first.end();
        first.note(vec![]).unwrap();

        let second = open();
        assert_eq!(second.left(), [host(1), typed("box:1")]);
        // One is opened meanwhile, another one besides, and there is no answer before the next end.
        second.note(vec![host(3), host(1)]).unwrap();
        assert_eq!(second.left(), [typed("box:1")]);
        let third = open();
        assert_eq!(third.left(), [host(3), host(1), typed("box:1")]);
        assert_eq!(third.take_left(), third.written());
        third.note(vec![]).unwrap();
        assert_eq!(open().left(), []);
    }

    #[test]
    fn what_cannot_be_read_takes_nothing_else_with_it() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(FILE);
        fs::write(&file, r#"{"version": 9, "open": [{"room": 4}, {"address": {"address": "box:1"}}, 7]}"#).unwrap();
        let left = LeftOpen::open(data.path()).left();
        assert_eq!(left, [WasOpen::Address { address: "box:1".into(), view_only: false }]);
        fs::write(&file, "{").unwrap();
        assert_eq!(LeftOpen::open(data.path()).left(), []);
    }

    impl LeftOpen {
        fn written(&self) -> Vec<WasOpen> {
            self.known.lock().written.clone()
        }
    }
}
