//! Whether the last minutes of a session are kept, to be seen again.

use super::PictureChoice;
use serde::{Deserialize, Deserializer, Serialize};

/// Whether the last minutes of a machine's session are kept in memory: chosen for it, and for all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum RewindChoice {
    /// They are.
    #[default]
    Kept,
    /// Nothing is.
    Off,
}

impl RewindChoice {
    /// Where nothing was chosen for a machine: as `for_all`; nothing of one that leaves no picture in the list either.
    pub(crate) fn unchosen(for_all: Self, picture: PictureChoice) -> Self {
        if picture == PictureChoice::Off { Self::Off } else { for_all }
    }

    /// Reads a choice for all machines; what a newer Portlight wrote differently keeps nothing.
    pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read_chosen(deserializer)?.unwrap_or_default())
    }

    /// The same for one machine, for which there may be none.
    pub(crate) fn read_chosen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Option::deserialize(value).unwrap_or(Some(Self::Off)))
    }
}
