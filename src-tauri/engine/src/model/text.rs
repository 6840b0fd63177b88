//! Lines of text that the user types.

use serde::Serialize;

/// How many characters a name or a user name may have.
pub const MAX_TEXT: usize = 200;

/// A name without what changes the reading direction: it would show other names and addresses beside it turned round.
pub(crate) fn without_bidi_controls(text: &str) -> String {
    let steers =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(steers, "")
}

/// A line without the space around it.
pub(super) fn one_line(text: &str) -> Result<String, TextProblem> {
    let text = without_bidi_controls(text);
    let text = text.trim();
    // The Unicode line separators break lines too, and are not among the control characters.
    if text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(TextProblem::ControlCharacters);
    }
    if text.chars().count() > MAX_TEXT { Err(TextProblem::TooLong) } else { Ok(text.to_owned()) }
}

/// What is wrong with a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum TextProblem {
    /// More than [`MAX_TEXT`] characters, in notes [`MAX_NOTES`](super::MAX_NOTES), in a tag [`MAX_TAG`](super::MAX_TAG).
    #[error("it has more than {MAX_TEXT} characters")]
    TooLong,
    /// Has line breaks or other control characters.
    #[error("it has line breaks or other control characters")]
    ControlCharacters,
}
