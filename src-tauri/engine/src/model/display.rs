//! How a person likes to see and use one machine: chosen in its window, remembered with it.

use super::{KeyboardLayout, RewindChoice};
use serde::{Deserialize, Deserializer, Serialize};
use std::num::NonZeroU8;

/// What was chosen in a machine's window. What an older or a newer Portlight wrote differently is read as the default, field
/// by field: a taste must not make a machine unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct Display {
    /// How the remote screen fits into the window; none where nothing was chosen: then as for all machines.
    #[serde(deserialize_with = "or_default")]
    pub scaling: Option<Scaling>,
    /// Whether the shortcuts of the local desktop go to the remote one, also outside full screen.
    #[serde(deserialize_with = "or_default")]
    pub grab: bool,
    /// Where what is typed is composed; none where nothing was chosen: then as for all machines.
    #[serde(deserialize_with = "or_default")]
    pub composing: Option<Composing>,
    /// Whether the window opens in full screen.
    #[serde(deserialize_with = "or_default")]
    pub full_screen: bool,
    /// Which monitors full screen fills.
    #[serde(deserialize_with = "or_default")]
    pub monitors: Monitors,
    /// Whether each of the remote machine's screens has a window of its own.
    #[serde(deserialize_with = "or_default")]
    pub apart: bool,
    /// Which of the remote machine's screens is shown, counted from 1 as its server lists them; none: all.
    #[serde(deserialize_with = "or_default")]
    pub screen: Option<NonZeroU8>,
    /// Which way text is copied; none where nothing was chosen: then as for all machines, where the kind of session allows it.
    #[serde(deserialize_with = "or_default")]
    pub clipboard: Option<ClipboardSharing>,
    /// How much of the picture's quality may be given for speed; none where nothing was chosen: then as for all machines.
    #[serde(deserialize_with = "or_default")]
    pub quality: Option<Quality>,
    /// Whether the last minutes of its session are kept; none where nothing was chosen: then as for all machines.
    #[serde(deserialize_with = "RewindChoice::read_chosen")]
    pub rewind: Option<RewindChoice>,
    /// The keyboard layout over there, for what is typed; none where nothing was chosen: then the server looks for the keys.
    #[serde(deserialize_with = "or_default")]
    pub layout: Option<KeyboardLayout>,
    /// What is shown where the pointer is.
    #[serde(deserialize_with = "or_default")]
    pub cursor: Cursor,
    /// Where the toolbar comes.
    #[serde(deserialize_with = "or_default")]
    pub toolbar: Toolbar,
}

/// A choice that a machine can leave to what is chosen for all machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum SharedChoice {
    /// [`Display::scaling`].
    Scaling,
    /// [`Display::clipboard`].
    Clipboard,
    /// [`Display::quality`].
    Quality,
    /// [`Display::rewind`].
    Rewind,
    /// [`Display::composing`].
    Composing,
}

impl Display {
    /// Leaves a choice to what is chosen for all machines.
    pub(super) fn leave(&mut self, choice: SharedChoice) {
        match choice {
            SharedChoice::Scaling => self.scaling = None,
            SharedChoice::Clipboard => self.clipboard = None,
            SharedChoice::Quality => self.quality = None,
            SharedChoice::Rewind => self.rewind = None,
            SharedChoice::Composing => self.composing = None,
        }
    }

    /// Takes over what a window has changed from `before` to `after`. The rest may have been chosen elsewhere meanwhile.
    pub(crate) fn take_changes(&mut self, before: &Self, after: &Self) {
        fn take<T: PartialEq + Copy>(field: &mut T, before: T, after: T) {
            if before != after {
                *field = after;
            }
        }
        take(&mut self.scaling, before.scaling, after.scaling);
        take(&mut self.grab, before.grab, after.grab);
        take(&mut self.composing, before.composing, after.composing);
        take(&mut self.full_screen, before.full_screen, after.full_screen);
        take(&mut self.monitors, before.monitors, after.monitors);
        take(&mut self.apart, before.apart, after.apart);
        take(&mut self.screen, before.screen, after.screen);
        take(&mut self.clipboard, before.clipboard, after.clipboard);
        take(&mut self.quality, before.quality, after.quality);
        take(&mut self.rewind, before.rewind, after.rewind);
        take(&mut self.layout, before.layout, after.layout);
        take(&mut self.cursor, before.cursor, after.cursor);
        take(&mut self.toolbar, before.toolbar, after.toolbar);
    }
}

/// How the remote screen fits into the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// Scaled, so that all of it is seen.
    #[default]
    Fit,
    /// One of its pixels is one of the window's.
    Actual,
    /// The remote screen gets the window's size, where the server can change it.
    Follow,
    /// Scaled to so many percent.
    Percent(u16),
}

/// Where several keys become one text: Chinese, or a letter with its accent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Composing {
    /// On the remote machine: the keys go as they are.
    #[default]
    There,
    /// Here, by the input method of this computer.
    Here,
}

/// Which way text is copied between the two clipboards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ClipboardSharing {
    /// Neither way.
    Off,
    /// From this computer to the remote machine.
    ToServer,
    /// From the remote machine to this computer.
    FromServer,
    /// Both ways.
    #[default]
    Both,
}

impl ClipboardSharing {
    /// Which way where nothing was chosen for a machine: as `for_all`, with one that is in the list; neither way with others, or
    /// where what is copied could be read on its way.
    pub(crate) fn unchosen(for_all: Self, listed: bool, private: bool) -> Self {
        if listed && private { for_all } else { Self::Off }
    }

    /// Whether the remote machine gets what is copied here.
    pub fn sends(self) -> bool {
        matches!(self, Self::ToServer | Self::Both)
    }

    /// Whether what is copied on the remote machine comes here.
    pub fn receives(self) -> bool {
        matches!(self, Self::FromServer | Self::Both)
    }
}

/// How much of the picture's quality may be given for speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// As much as the connection carries.
    #[default]
    Automatic,
    /// None that is to be seen.
    Best,
    /// A little, hardly to be seen.
    Good,
    /// Much.
    Low,
}

/// What is shown where the pointer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// The server's cursor; a dot where it has none.
    #[default]
    #[serde(alias = "dot")]
    Server,
    /// A dot, whatever cursor the server has. In the file it is not `dot`, which meant what [`Cursor::Server`] means.
    AlwaysDot,
    /// Nothing: for servers that draw the cursor into the picture.
    Nothing,
}

/// Which monitors full screen fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Monitors {
    /// The one that the window is on.
    #[default]
    Own,
    /// All.
    All,
    /// This one, counted from 0 as the window system lists them; the window's own where there is none of this number.
    One(u8),
    /// These, where a window can fill them and no other; else the window's own.
    These(MonitorNumbers),
}

/// Some of this computer's monitors, counted from 0 as the window system lists them; 16 at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(as = "Vec<u8>"))]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub struct MonitorNumbers(u16);

impl MonitorNumbers {
    /// Whether this one is among them.
    pub fn has(self, number: usize) -> bool {
        u32::try_from(number).ok().and_then(|number| 1_u16.checked_shl(number)).is_some_and(|bit| self.0 & bit != 0)
    }

    /// In their order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..16).filter(move |number| self.has(*number))
    }
}

impl From<Vec<u8>> for MonitorNumbers {
    fn from(numbers: Vec<u8>) -> Self {
        Self(numbers.into_iter().filter_map(|number| 1_u16.checked_shl(number.into())).fold(0, |all, bit| all | bit))
    }
}

impl From<MonitorNumbers> for Vec<u8> {
    fn from(numbers: MonitorNumbers) -> Self {
        numbers.iter().filter_map(|number| u8::try_from(number).ok()).collect()
    }
}

/// This computer's monitors, as a viewer may fill them in full screen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LocalMonitors {
    /// Width and height of each in pixels, as the window system lists them; none where full screen cannot be told which to fill.
    pub sizes: Vec<(u32, u32)>,
    /// A window can fill all of them at once.
    pub all: bool,
    /// Several, but not all, that a window can fill at once, by their numbers from 0.
    pub together: Vec<MonitorNumbers>,
    /// What was chosen for the machine while there were these monitors.
    pub chosen: Option<Monitors>,
}

/// Where the toolbar comes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct Toolbar {
    /// At which edge of the window.
    #[serde(deserialize_with = "or_default")]
    pub edge: Edge,
    /// Where its middle is on that edge: 0 is left or top, 1 is right or bottom.
    pub at: f64,
    /// Whether something of it is seen while it is away.
    pub handle: bool,
}

impl Default for Toolbar {
    fn default() -> Self {
        Self { edge: Edge::default(), at: 0.5, handle: true }
    }
}

/// An edge of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// Above.
    #[default]
    Top,
    /// Below.
    Bottom,
    /// On the left.
    Left,
    /// On the right.
    Right,
}

impl Display {
    /// Whether nothing was chosen.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The default where the value cannot be read.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_the_default_and_the_rest_stays() {
        let written = json!({
            "scaling": { "percent": 150 }, "grab": true, "composing": "here", "clipboard": "sideways", "quality": 7, "cursor": "nothing",
            "monitors": { "one": 1 }, "screen": 2, "apart": true, "rewind": "off", "toolbar": { "edge": "left" }, "newer": [],
        });
        let read: Display = serde_json::from_value(written).unwrap();
        assert_eq!(
            read,
            Display {
                scaling: Some(Scaling::Percent(150)),
                grab: true,
                composing: Some(Composing::Here),
                cursor: Cursor::Nothing,
                monitors: Monitors::One(1),
                apart: true,
                screen: NonZeroU8::new(2),
                rewind: Some(RewindChoice::Off),
                toolbar: Toolbar { edge: Edge::Left, ..Toolbar::default() },
                ..Display::default()
            }
        );
        let newer: Display = serde_json::from_value(json!({ "rewind": "a week" })).unwrap();
        assert_eq!(newer.rewind, Some(RewindChoice::Off), "rather nothing than too much");
        assert_eq!(serde_json::from_value::<Display>(serde_json::to_value(read).unwrap()).unwrap(), read);
        assert!(
            serde_json::from_value::<Display>(json!({ "toolbar": 3, "screen": 0, "monitors": { "one": -1 } }))
                .unwrap()
                .is_default()
        );
    }
}
