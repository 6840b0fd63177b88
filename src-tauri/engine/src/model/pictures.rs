//! Whether the last picture of a machine's screen is kept, and shown in the list.

use serde::{Deserialize, Deserializer, Serialize};

/// What is shown and kept of a machine's screen: chosen for it, and for all together. The stricter choice counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum PictureChoice {
    /// Its picture.
    #[default]
    Shown,
    /// Colours and light, in which nothing can be read.
    Blurred,
    /// Nothing.
    Off,
}

impl PictureChoice {
    /// Reads a choice; what a newer Portlight wrote differently shows nothing, rather than too much.
    pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self::deserialize(value).unwrap_or(Self::Off))
    }
}
