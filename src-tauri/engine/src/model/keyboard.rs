//! Keys as a window's toolkit has them, on their way to the page that passes them on.

use serde::{Deserialize, Serialize};

/// Who gets the keys of a viewer window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum KeyboardOwner {
    /// The page: a text field, a button.
    #[default]
    Page,
    /// The remote machine, but for the shortcuts of this desktop.
    Screen,
    /// The remote machine, the shortcuts of this desktop too.
    Grabbed,
}

/// What a page is told about its window's keys, and of the mouse's buttons that its web view does not know.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyNotice {
    /// A key went down or up.
    Press(KeyPress),
    /// The desktop has its shortcuts again: the user pressed the chord for that.
    Released,
    /// The desktop keeps its shortcuts, though they were to be the remote machine's: another program has the keyboard.
    Refused,
    /// The input method of this computer has composed something.
    Composed {
        /// It.
        text: String,
    },
    /// One of the mouse's side buttons went down or up.
    SideButton(SideButton),
}

/// A side button of the mouse goes down or up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SideButton {
    /// The one for forward; the other one is for back.
    pub forward: bool,
    /// Down, or up.
    pub down: bool,
    /// Where the pointer is, in the page's pixels.
    pub x: f64,
    /// The same, downwards.
    pub y: f64,
}

/// A key of the remote machine's goes down or up, for a text that is typed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KeyStroke {
    /// Its X11 symbol.
    pub keysym: u32,
    /// Its number in Linux's input system; none where only the server knows.
    pub key: Option<u8>,
    /// Down, or up.
    pub down: bool,
}

impl From<rfb::Stroke> for KeyStroke {
    fn from(stroke: rfb::Stroke) -> Self {
        Self { keysym: stroke.symbol, key: stroke.key, down: stroke.down }
    }
}

/// A key goes down or up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KeyPress {
    /// The X11 symbol (`keysymdef.h`) that the key has on the present layout and level.
    pub keysym: u32,
    /// The key's number in Linux's input system (`linux/input-event-codes.h`); 0 where it has none.
    pub key: u32,
    /// It goes down; held down, it does so again and again.
    pub down: bool,
    /// Whether CapsLock is on here.
    pub caps_lock: bool,
    /// Whether NumLock is on here.
    pub num_lock: bool,
    /// Ctrl, Alt and Shift are held: it may be a chord of the page's own.
    pub chord: bool,
}
