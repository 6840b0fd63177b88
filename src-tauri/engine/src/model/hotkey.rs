//! The hotkey: a chord that opens quick connect, whatever window has the focus.

use serde::Serialize;

/// What has become of the chord that the user wants for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "hotkey", rename_all = "snake_case")]
pub enum HotkeyState {
    /// None is wanted.
    #[default]
    Off,
    /// It opens quick connect.
    Held {
        /// The keys in the desktop's own words, where it is the desktop that chooses them.
        keys: Option<String>,
    },
    /// Another program has these keys.
    Taken,
    /// This keyboard has no such key.
    NoSuchKey,
    /// The desktop asks its user.
    Asking,
    /// The user told the desktop not to.
    Declined,
    /// The desktop gives no keys to programs.
    NotOffered,
    /// The window system or the desktop failed.
    Failed {
        /// In its own words.
        detail: String,
    },
}
