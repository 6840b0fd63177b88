//! The text of a ClientCutText message, where it has several lines: each may be a command.

use flate2::read::ZlibDecoder;
use std::io::Read;

/// What a ClientCutText message brings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// No text yet, or one within a line.
    NoLines,
    /// A text with at least one line break, also where that is its end.
    Lines(String),
    /// Something that cannot be shown: broken, too large, or no plain text.
    Unreadable,
}

/// The largest text that is looked at, in bytes.
pub(crate) const MAX_LINES: usize = 16 * 1024 * 1024;
/// A zlib stream is that much longer than a text of this size at most, with its head.
pub(crate) const MAX_MESSAGE: usize = MAX_LINES + MAX_LINES / 1000 + 1024;

/// Reads a whole message, from its first byte on
/// ([RFC 6143, 7.5.6](https://www.rfc-editor.org/rfc/rfc6143#section-7.5.6), and the
/// [extended clipboard](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#extended-clipboard-pseudo-encoding)).
pub(crate) fn read(message: &[u8]) -> Brought {
    let Some((head, data)) = message.split_first_chunk::<8>() else { return Brought::Unreadable };
    if head[4] & 0x80 == 0 {
        return of_bytes(data);
    }
    match data.split_first_chunk::<4>() {
        Some((flags, _)) if flags[0] & PROVIDE == 0 => Brought::NoLines,
        Some((&[PROVIDE, 0, 0, TEXT], zipped)) => unzipped(zipped).map_or(Brought::Unreadable, |text| of_bytes(&text)),
        _ => Brought::Unreadable,
    }
}

/// Its size in four bytes and itself, which ends with a NUL.
fn unzipped(zipped: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = ZlibDecoder::new(zipped);
    let mut size = [0; 4];
    decoder.read_exact(&mut size).ok()?;
    let size = usize::try_from(u32::from_be_bytes(size)).ok().filter(|size| *size <= MAX_LINES)?;
    let mut text = Vec::new();
    decoder.take(size as u64).read_to_end(&mut text).ok()?;
    (text.len() == size).then_some(text)
}

fn of_bytes(text: &[u8]) -> Brought {
    if text.len() > MAX_LINES {
        return Brought::Unreadable;
    }
    if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Brought::NoLines;
    }
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    // Without the extension it is Latin-1, where each byte is the letter of its number.
    let text = str::from_utf8(text).map_or_else(|_| text.iter().copied().map(char::from).collect(), str::to_owned);
    Brought::Lines(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The action that brings a text, in the first byte of the flags, and the format that is plain text, in their last.
const PROVIDE: u8 = 1 << 4;
const TEXT: u8 = 1;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write;

    pub(crate) fn classic(text: &[u8]) -> Vec<u8> {
        [&[6, 0, 0, 0], &u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat()
    }

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn extended(flags: [u8; 4], data: &[u8]) -> Vec<u8> {
        let length = -i32::try_from(data.len() + 4).unwrap();
        [&[6, 0, 0, 0], &length.to_be_bytes()[..], &flags, data].concat()
    }

    /// A text as our page sends it.
    pub(crate) fn provided(text: &[u8]) -> Vec<u8> {
        let size = u32::try_from(text.len()).unwrap().to_be_bytes();
        extended([PROVIDE, 0, 0, TEXT], &zipped(&[&size[..], text].concat()))
    }

    fn lines(text: &str) -> Brought {
        Brought::Lines(text.to_owned())
    }

    #[test]
    fn a_line_break_anywhere_makes_lines() {
        for message in [classic(b"ls"), classic(b""), provided(b"ls\0"), provided(b"")] {
            assert_eq!(read(&message), Brought::NoLines, "{message:?}");
        }
        assert_eq!(read(&classic(b"rm a\nrm b")), lines("rm a\nrm b"));
        assert_eq!(read(&classic(b"rm a\n")), lines("rm a\n"), "Enter is pressed");
        assert_eq!(read(&classic(b"a\rb")), lines("a\nb"));
        assert_eq!(read(&provided("rm ü\r\nrm b\0".as_bytes())), lines("rm ü\nrm b"));
        assert_eq!(read(&classic(b"\xfc\n")), lines("ü\n"), "Latin-1");
    }

    #[test]
    fn what_brings_no_text_has_no_lines() {
        for flags in [[1, 0, 0, 1], [1 << 1, 0, 0, 1], [1 << 2, 0, 0, 0], [1 << 3, 0, 0, 1]] {
            assert_eq!(read(&extended(flags, &[])), Brought::NoLines, "{flags:?}");
        }
    }

    #[test]
    fn what_nobody_can_be_shown_is_unreadable() {
        let huge = zipped(&u32::MAX.to_be_bytes());
        let short = zipped(&[&9_u32.to_be_bytes()[..], b"a\n"].concat());
        for message in [
            extended([PROVIDE, 0, 0, TEXT], b"not zipped"),
            extended([PROVIDE, 0, 0, TEXT], &huge),
            extended([PROVIDE, 0, 0, TEXT], &short),
            // HTML, and text together with it.
            extended([PROVIDE, 0, 0, 4], &zipped(b"a")),
            extended([PROVIDE, 0, 0, 5], &zipped(b"a")),
            // Also asks for something.
            extended([PROVIDE | 2, 0, 0, TEXT], &zipped(b"a")),
            vec![6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 9],
            vec![6, 0],
        ] {
            assert_eq!(read(&message), Brought::Unreadable, "{message:?}");
        }
    }
}
