//! Bytes of a file as text, and text of a file as something to show.

use super::FileProblem;
use crate::model::{MAX_TEXT, as_seen};

/// The text of a file, with `\n` as the only line end.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: String,
    /// Whether it was no UTF-8 and is read as Windows-1252, which may be wrong.
    pub(super) guessed: bool,
}

/// The first bytes decide: a byte order mark names UTF-8 or UTF-16, otherwise it is UTF-8. What is none of these is read as
/// Windows-1252, the "ANSI" that Windows' profile files are mostly written in.
///
/// # Errors
/// [`FileProblem::Binary`] for half a UTF-16 character, or a NUL character: this is no text.
pub(super) fn decode(bytes: &[u8]) -> Result<Text, FileProblem> {
    let (text, guessed) = match bytes {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes)?, false),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes)?, false),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => match str::from_utf8(rest) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (rest.iter().copied().map(windows_1252).collect(), true),
        },
    };
    if text.contains('\0') {
        return Err(FileProblem::Binary);
    }
    Ok(Text { text: text.replace("\r\n", "\n").replace('\r', "\n"), guessed })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, FileProblem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(FileProblem::Binary);
    }
    char::decode_utf16(pairs.iter().copied().map(unit)).collect::<Result<_, _>>().map_err(|_| FileProblem::Binary)
}

/// Only the bytes 80 to 9f differ from Latin-1 (<https://encoding.spec.whatwg.org/windows-1252.html>).
fn windows_1252(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    byte.checked_sub(0x80).and_then(|place| FROM_80.get(usize::from(place))).copied().unwrap_or(char::from(byte))
}

/// One line that can be a name: what controls a terminal or the direction of reading is left out, and what is too long is
/// cut, for the text comes from strangers.
pub(super) fn line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let text: String = as_seen(text).chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MAX_TEXT).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
    }

    #[test]
    fn a_text_is_the_same_in_every_encoding() {
        let text = "[connection]\nhost=büro\n客厅 🖥\n";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16_bytes(text, [0xff, 0xfe], u16::to_le_bytes),
            utf16_bytes(text, [0xfe, 0xff], u16::to_be_bytes),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace('\n', "\r").into_bytes(),
        ] {
            let read = decode(&bytes).unwrap();
            assert_eq!((read.text.as_str(), read.guessed), (text, false), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_utf_8_is_windows_text_and_said_to_be_a_guess() {
        let read = decode(b"B\xfcro \x84Nord\x93 \x80").unwrap();
        assert_eq!((read.text.as_str(), read.guessed), ("Büro „Nord“ €", true));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"a\0b"[..], b"\xff\xfea", b"\xff\xfe\x00\xd8", b"\xff\xfea\0\0\0", b"SQLite format 3\0"] {
            assert_eq!(decode(bytes).unwrap_err(), FileProblem::Binary, "{bytes:?}");
        }
        assert_eq!(decode(b"").unwrap().text, "");
    }

    #[test]
    fn a_name_is_one_line_that_steers_nothing() {
        assert_eq!(line("  a\u{202e}b\n\tc\u{7}\u{2028} d "), "ab c d");
        assert_eq!(line(&"é".repeat(500)).chars().count(), MAX_TEXT);
    }
}
