//! Fields of JSON that mean one thing where they are null, and another where they are not there.

use serde::{Deserialize, Deserializer};

/// Reads one that is there, also where it is null; with `#[serde(default)]` one that is not there is none.
pub(crate) fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
