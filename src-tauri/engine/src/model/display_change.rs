//! What is to be changed of how a host is seen and used, choice by choice: what its window and the command line say.

use super::{ClipboardSharing, Composing, Cursor, Display, KeyboardLayout, Quality, RewindChoice, Scaling, said};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU8;

/// The choices that are said; all others stay as they are. Where the toolbar is and which monitors full screen fills is left to the
/// window: they belong to the desk in front of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of Display; null leaves a choice to what holds without one")]
pub struct DisplayChange {
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Option<Scaling>>,
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub quality: Option<Option<Quality>>,
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub clipboard: Option<Option<ClipboardSharing>>,
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub rewind: Option<Option<RewindChoice>>,
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub composing: Option<Option<Composing>>,
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub layout: Option<Option<KeyboardLayout>>,
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub screen: Option<Option<NonZeroU8>>,
    pub cursor: Option<Cursor>,
    pub grab: Option<bool>,
    pub full_screen: Option<bool>,
    pub apart: Option<bool>,
}

impl DisplayChange {
    /// Changes what was chosen so.
    pub(in crate::model) fn apply(&self, display: &mut Display) {
        display.scaling = self.scaling.unwrap_or(display.scaling);
        display.quality = self.quality.unwrap_or(display.quality);
        display.clipboard = self.clipboard.unwrap_or(display.clipboard);
        display.rewind = self.rewind.unwrap_or(display.rewind);
        display.composing = self.composing.unwrap_or(display.composing);
        display.layout = self.layout.unwrap_or(display.layout);
        display.screen = self.screen.unwrap_or(display.screen);
        display.cursor = self.cursor.unwrap_or(display.cursor);
        display.grab = self.grab.unwrap_or(display.grab);
        display.full_screen = self.full_screen.unwrap_or(display.full_screen);
        display.apart = self.apart.unwrap_or(display.apart);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_chosen_and_nothing_else() {
        let mut display = Display { grab: true, quality: Some(Quality::Low), ..Display::default() };
        let change = DisplayChange {
            scaling: Some(Some(Scaling::Percent(150))),
            quality: Some(None),
            full_screen: Some(true),
            ..DisplayChange::default()
        };
        let text = serde_json::to_string(&change).unwrap();
        assert_eq!(serde_json::from_str::<DisplayChange>(&text).unwrap(), change, "as it crosses: {text}");
        change.apply(&mut display);
        let expected =
            Display { scaling: Some(Scaling::Percent(150)), grab: true, full_screen: true, ..Display::default() };
        assert_eq!(display, expected);
        DisplayChange::default().apply(&mut display);
        assert_eq!(display, expected);
    }
}
