//! What a recording consists of: docs/RECORDING.md. Bytes in, values out; knows no file, no clock and no session.

use std::io::{self, ErrorKind, Read};

/// How a file begins. The bytes behind the name are changed by programs that take it for text.
const MAGIC: &[u8; 8] = b"PLREC\r\n\x1a";
/// The only version there is.
const VERSION: u16 = 1;
/// Bytes of the name, at most.
const MAX_NAME: usize = 1024;
/// How far back a zlib stream can refer (RFC 1951).
pub(crate) const MAX_WINDOW: usize = 32 * 1024;
/// Bytes of a record, at most.
pub(crate) const MAX_RECORD: usize = 1024 * 1024;
/// Bytes before a record's own.
pub(crate) const RECORD_HEAD: usize = 8;

/// The zlib streams of an RFB session that go on from one rectangle to the next: Tight's four, ZRLE's and Zlib's. Of each the
/// last bytes that came out of it, as what follows may refer to them; none where it begins anew.
pub(crate) type Windows = [Vec<u8>; 6];

/// What is known before the first record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// When it began: milliseconds since 1970.
    pub(crate) began: u64,
    /// The screen's size at first.
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// The machine's name.
    pub(crate) name: String,
    pub(crate) windows: Windows,
}

/// Where a recording begins, as the page says it: between two messages of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// How many bytes of the server's the page had read by then.
    pub(crate) read: u64,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) windows: Windows,
}

/// Why bytes are no recording.
#[derive(Debug)]
pub(crate) enum Flaw {
    /// They begin differently.
    NoRecording,
    /// A version that is not known here.
    TooNew,
    /// Something is not as it should be.
    Damaged(&'static str),
    /// They could not be read.
    Unreadable(io::Error),
}

/// What comes next in a recording.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// So many bytes of the server's follow, which came so many milliseconds after the beginning.
    Bytes { at: u32, length: usize },
    /// It ended then.
    End { at: u32 },
    /// The recording was cut off.
    Cut,
}

impl Head {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(MAGIC);
        bytes.extend(VERSION.to_be_bytes());
        bytes.extend(self.began.to_be_bytes());
        bytes.extend(self.width.to_be_bytes());
        bytes.extend(self.height.to_be_bytes());
        let name = &self.name[..self.name.floor_char_boundary(MAX_NAME)];
        put(&mut bytes, name.as_bytes());
        bytes.extend(windows_to_bytes(&self.windows));
        bytes
    }

    /// Reads a file's beginning, and not a byte more.
    pub(crate) fn read(from: &mut impl Read) -> Result<Self, Flaw> {
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Ok(()) if magic == *MAGIC => {}
            Err(cause) if cause.kind() != ErrorKind::UnexpectedEof => return Err(Flaw::Unreadable(cause)),
            _ => return Err(Flaw::NoRecording),
        }
        match u16::from_be_bytes(array(from)?) {
            VERSION => {}
            0 => return Err(Flaw::Damaged("its version")),
            _ => return Err(Flaw::TooNew),
        }
        let began = u64::from_be_bytes(array(from)?);
        let (width, height) = (u16::from_be_bytes(array(from)?), u16::from_be_bytes(array(from)?));
        let name = String::from_utf8(piece(from, MAX_NAME)?).map_err(|_| Flaw::Damaged("its name"))?;
        Ok(Self { began, width, height, name, windows: windows(from)? })
    }
}

impl Beginning {
    /// From what a page sent; none where it is anything else.
    pub(crate) fn parse(mut bytes: &[u8]) -> Option<Self> {
        let from = &mut bytes;
        let read = u64::from_be_bytes(array(from).ok()?);
        let (width, height) = (u16::from_be_bytes(array(from).ok()?), u16::from_be_bytes(array(from).ok()?));
        let windows = windows(from).ok()?;
        from.is_empty().then_some(Self { read, width, height, windows })
    }
}

/// As they stand in a file, and as the page takes them.
pub(crate) fn windows_to_bytes(windows: &Windows) -> Vec<u8> {
    let mut bytes = Vec::new();
    windows.iter().for_each(|window| put(&mut bytes, &window[window.len().saturating_sub(MAX_WINDOW)..]));
    bytes
}

/// What stands before a record's bytes, of which there are 1 to [`MAX_RECORD`].
pub(crate) fn record_head(at: u32, length: usize) -> [u8; RECORD_HEAD] {
    let mut head = [0; RECORD_HEAD];
    head[..4].copy_from_slice(&at.to_be_bytes());
    // Not truncated: a record has at most MAX_RECORD bytes.
    head[4..].copy_from_slice(&(length as u32).to_be_bytes());
    head
}

/// What ends a recording: a record without bytes.
pub(crate) fn end(at: u32) -> [u8; RECORD_HEAD] {
    record_head(at, 0)
}

/// Reads what stands before a record's bytes; `before` is the time of the record before.
pub(crate) fn next(from: &mut impl Read, before: u32) -> Result<Next, Flaw> {
    let mut head = [0; RECORD_HEAD];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => return Ok(Next::Cut),
        Err(cause) => return Err(Flaw::Unreadable(cause)),
    }
    let [a, b, c, d, e, f, g, h] = head;
    let (at, length) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]) as usize);
    if at < before {
        return Err(Flaw::Damaged("time goes backwards"));
    }
    match length {
        0 => Ok(Next::End { at }),
        1..=MAX_RECORD => Ok(Next::Bytes { at, length }),
        _ => Err(Flaw::Damaged("a record that is too long")),
    }
}

fn windows(from: &mut impl Read) -> Result<Windows, Flaw> {
    let mut windows = Windows::default();
    for window in &mut windows {
        *window = piece(from, MAX_WINDOW)?;
    }
    Ok(windows)
}

/// Puts bytes behind their length; of `bytes` there are at most [`MAX_WINDOW`].
fn put(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend((bytes.len() as u16).to_be_bytes());
    to.extend(bytes);
}

/// Bytes behind their length.
fn piece(from: &mut impl Read, most: usize) -> Result<Vec<u8>, Flaw> {
    let length = usize::from(u16::from_be_bytes(array(from)?));
    if length > most {
        return Err(Flaw::Damaged("a part of its beginning is too long"));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).map_err(cut)?;
    Ok(bytes)
}

fn array<const N: usize>(from: &mut impl Read) -> Result<[u8; N], Flaw> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map_err(cut)?;
    Ok(bytes)
}

fn cut(cause: io::Error) -> Flaw {
    match cause.kind() {
        ErrorKind::UnexpectedEof => Flaw::Damaged("it was cut off in its beginning"),
        _ => Flaw::Unreadable(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let mut windows = Windows::default();
        windows[2] = vec![7; MAX_WINDOW];
        windows[4] = b"before".to_vec();
        Head { began: 1_700_000_000_123, width: 1280, height: 720, name: "Büro".to_owned(), windows }
    }

    /// Gives one byte at a time, as a slow disk might.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = into.len().min(1);
            self.0.read(&mut into[..length])
        }
    }

    /// Times in milliseconds, and what came then.
    type Pieces = Vec<(u32, Vec<u8>)>;

    /// Everything in a file, as a player reads it.
    fn all(file: &[u8]) -> Result<(Head, Pieces, Next), Flaw> {
        let mut from = Slow(file);
        let head = Head::read(&mut from)?;
        let (mut records, mut last) = (Vec::new(), 0);
        loop {
            match next(&mut from, last)? {
                Next::Bytes { at, length } => {
                    let mut bytes = Vec::new();
                    (&mut from).take(length as u64).read_to_end(&mut bytes).unwrap();
                    if bytes.len() < length {
                        return Ok((head, records, Next::Cut));
                    }
                    records.push((at, bytes));
                    last = at;
                }
                over => return Ok((head, records, over)),
            }
        }
    }

    fn file() -> Vec<u8> {
        let mut file = head().to_bytes();
        for (at, bytes) in [(0, &b"one"[..]), (5, b"two!"), (5, b"3")] {
            file.extend(record_head(at, bytes.len()));
            file.extend(bytes);
        }
        file.extend(end(60_000));
        file
    }

    #[test]
    fn what_was_written_is_read_byte_by_byte() {
        let (read, records, over) = all(&file()).unwrap();
        assert_eq!(read, head());
        assert_eq!(records, [(0, b"one".to_vec()), (5, b"two!".to_vec()), (5, b"3".to_vec())]);
        assert_eq!(over, Next::End { at: 60_000 });
    }

    #[test]
    fn a_file_that_was_cut_off_anywhere_is_readable_up_to_there_or_refused() {
        let file = file();
        let (beginning, whole) = (head().to_bytes().len(), all(&file).unwrap().1);
        for length in (0..MAGIC.len() + 60).chain(beginning - 20..file.len()) {
            match all(&file[..length]) {
                Ok((_, records, over)) => {
                    assert!(length >= beginning && over == Next::Cut, "{length}");
                    assert!(whole.starts_with(&records), "{length}");
                }
                Err(Flaw::NoRecording) => assert!(length < MAGIC.len(), "{length}"),
                Err(Flaw::Damaged(_)) => assert!((MAGIC.len()..beginning).contains(&length), "{length}"),
                Err(other) => panic!("{length}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_byte_may_lie() {
        let small = Head { windows: Windows::default(), ..head() };
        let mut file = small.to_bytes();
        file.extend(record_head(3, 4));
        file.extend(b"four");
        file.extend(end(9));
        for at in 0..file.len() {
            for lie in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut file = file.clone();
                file[at] = lie;
                // Whatever comes of it: no panic, and never more memory than the file may ask for.
                let _ = all(&file);
            }
        }
    }

    #[test]
    fn lies_about_lengths_times_and_versions_are_told() {
        let beginning = head().to_bytes();
        let with = |record: &[u8]| all(&[&beginning, record].concat());
        assert!(matches!(with(&record_head(0, MAX_RECORD + 1)), Err(Flaw::Damaged(_))));
        assert!(matches!(with(&record_head(0, u32::MAX as usize)), Err(Flaw::Damaged(_))));
        let back = [&record_head(5, 1)[..], b"x", &record_head(4, 1), b"y"].concat();
        assert!(matches!(with(&back), Err(Flaw::Damaged(_))));
        let mut newer = beginning.clone();
        newer[9] = 2;
        assert!(matches!(all(&newer), Err(Flaw::TooNew)));
        assert!(matches!(all(b"FBS 001.001\n"), Err(Flaw::NoRecording)));
        // As a program leaves it that takes the file for text.
        let text = [&b"PLREC\n\x1a"[..], &beginning[8..]].concat();
        assert!(matches!(all(&text), Err(Flaw::NoRecording)));
    }

    #[test]
    fn a_page_says_where_it_begins_and_nothing_else() {
        let said = Beginning { read: 77, width: 640, height: 480, windows: head().windows };
        let mut bytes = said.read.to_be_bytes().to_vec();
        bytes.extend(said.width.to_be_bytes());
        bytes.extend(said.height.to_be_bytes());
        bytes.extend(windows_to_bytes(&said.windows));
        assert_eq!(Beginning::parse(&bytes), Some(said));
        for length in 0..60 {
            assert_eq!(Beginning::parse(&bytes[..length]), None, "{length}");
        }
        bytes.push(0);
        assert_eq!(Beginning::parse(&bytes), None, "something behind it");
        assert_eq!(Beginning::parse(&[0xff; 200_000]), None, "windows that are too large");
    }
}
