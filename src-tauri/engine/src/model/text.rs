//! Lines of text that the user types.

use serde::Serialize;

/// How many characters a name or a user name may have.
pub const MAX_TEXT: usize = 200;

/// A text as it is seen: without what changes the reading direction, which would show other names and addresses beside it turned
/// round, and without what is not seen at all, which would make two names look the same, or one look like none. What only joins
/// letters or chooses how one is drawn (in Persian, in emoji) stays where anything is seen.
pub(crate) fn as_seen(text: &str) -> String {
    let joins = |c: char| {
        matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
    };
    let text = text.replace(|c| rfb::is_invisible(c) && !joins(c), "");
    // U+2800 is a letter of Braille without any dot.
    let is_blank = text.chars().all(|c| joins(c) || c.is_whitespace() || c == '\u{2800}');
    if is_blank { String::new() } else { text }
}

/// A line without the space around it.
pub(super) fn one_line(text: &str) -> Result<String, TextProblem> {
    let text = as_seen(text);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_in_no_name() {
        for (text, seen) in [
            ("evil\u{202e}gnp.exe", "evilgnp.exe"),
            ("St\u{200b}udio\u{feff}", "Studio"),
            ("soft\u{ad}hyphen\u{2060}", "softhyphen"),
            ("\u{200b}", ""),
            ("\u{200d}\u{fe0f} \u{3164}", ""),
            ("\u{2800}", ""),
            // What joins letters is seen by what it joins.
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}🔧 ❤\u{fe0f}", "👩\u{200d}🔧 ❤\u{fe0f}"),
        ] {
            assert_eq!(one_line(text).as_deref(), Ok(seen), "{text:?}");
        }
    }
}
