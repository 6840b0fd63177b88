//! The last minutes of a session, as they are kept in memory to be seen again. Bytes and times in, stretches out: knows no clock
//! and no session.
//!
//! What the server sends is one unbroken stream. It can be shown from a beginning on, which the page gives now and then, as for a
//! recording; what is before the oldest beginning is of no use, and is dropped.

use super::format::{self, Beginning, Head, MAX_RECORD, Windows};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::Arc,
};

/// How far back it goes, in milliseconds.
pub(crate) const KEPT: u64 = 10 * 60 * 1000;
/// What a piece takes in memory beside its bytes: a server may send it byte by byte.
const PIECE: usize = 96;
/// A beginning has the whole picture only when the server has sent it: so many milliseconds later it mostly has.
const COMPLETE: u32 = 1000;

/// The last minutes of one connection. Times are milliseconds, from whenever the caller likes.
#[derive(Default)]
pub(crate) struct Past {
    pieces: VecDeque<Piece>,
    /// In the order of the stream; each within what is kept.
    beginnings: VecDeque<Arc<Beginning>>,
    /// What all of it takes in memory.
    size: usize,
    /// There was more than may be kept before there was another beginning: nothing is kept until one is announced.
    full: bool,
}

#[derive(Clone)]
struct Piece {
    /// Where it stands in what the page was sent.
    from: u64,
    at: u64,
    bytes: Bytes,
}

impl Piece {
    fn end(&self) -> u64 {
        self.from + self.bytes.len() as u64
    }

    fn size(&self) -> usize {
        self.bytes.len() + PIECE
    }
}

/// What was kept, as it was at one moment. It shares its bytes with what is kept further.
pub(crate) struct Stretch {
    /// The machine's name.
    pub(crate) name: String,
    /// When it begins: milliseconds since 1970.
    pub(crate) began: u64,
    /// How long it is, in milliseconds.
    pub(crate) duration: u32,
    /// Times are from its beginning.
    pieces: Vec<Piece>,
    beginnings: Vec<(u32, Arc<Beginning>)>,
}

impl Past {
    /// These bytes were sent to the page, behind so many; of all there is to be no more than `most` in memory.
    pub(crate) fn pass(&mut self, from: u64, at: u64, bytes: &[u8], most: usize) {
        if self.full || bytes.is_empty() {
            return;
        }
        let piece = Piece { from, at, bytes: Bytes::copy_from_slice(bytes) };
        self.size += piece.size();
        self.pieces.push_back(piece);
        while self.size > most && self.beginnings.len() > 1 {
            self.drop_first();
        }
        if self.size > most {
            *self = Self { full: true, ..Self::default() };
        }
    }

    /// A beginning is about to be given: what passes by from now on is kept, also where there was too much.
    pub(crate) fn prepare(&mut self) {
        self.full = false;
    }

    /// It can be shown from there on. Says whether that is in what is kept: `sent` is how much the page was sent by now.
    pub(crate) fn begin(&mut self, beginning: Beginning, sent: u64) -> bool {
        let read = beginning.read;
        let first = self.pieces.front().map_or(sent, |piece| piece.from);
        let last = self.beginnings.back().map(|last| last.read);
        if self.full || !(first..=sent).contains(&read) || last.is_some_and(|last| last >= read) {
            return false;
        }
        self.size += size_of(&beginning);
        self.beginnings.push_back(Arc::new(beginning));
        if self.beginnings.len() == 1 {
            self.drop_before(read);
        }
        true
    }

    /// Drops what is not needed any more to show the last [`KEPT`] milliseconds, and what is more than `most`.
    pub(crate) fn forget(&mut self, now: u64, most: usize) {
        while let Some(second) = self.beginnings.get(1)
            && (self.size > most || self.time_of(second.read).is_some_and(|at| at + KEPT <= now))
        {
            self.drop_first();
        }
    }

    /// What there is at this moment; none where nothing can be shown. `unix` is this moment in milliseconds since 1970.
    pub(crate) fn look(&self, now: u64, unix: u64, name: &str) -> Option<Stretch> {
        let began = self.time_of(self.beginnings.front()?.read)?;
        let since = |at: u64| u32::try_from(at.saturating_sub(began)).unwrap_or(u32::MAX);
        let place = |beginning: &Arc<Beginning>| Some((since(self.time_of(beginning.read)?), Arc::clone(beginning)));
        let moved = |piece: &Piece| Piece { at: u64::from(since(piece.at)), ..piece.clone() };
        Some(Stretch {
            name: name.to_owned(),
            began: unix.saturating_sub(now.saturating_sub(began)),
            duration: since(now),
            pieces: self.pieces.iter().map(moved).collect(),
            beginnings: self.beginnings.iter().filter_map(place).collect(),
        })
    }

    /// When the first byte behind so many came; none before it has.
    fn time_of(&self, read: u64) -> Option<u64> {
        self.pieces.get(self.pieces.partition_point(|piece| piece.end() <= read)).map(|piece| piece.at)
    }

    /// What can be shown begins with the second beginning.
    fn drop_first(&mut self) {
        let Some(first) = self.beginnings.pop_front() else { return };
        self.size -= size_of(&first);
        if let Some(second) = self.beginnings.front().map(|second| second.read) {
            self.drop_before(second);
        }
    }

    fn drop_before(&mut self, read: u64) {
        while let Some(piece) = self.pieces.front().filter(|piece| piece.end() <= read) {
            self.size -= piece.size();
            self.pieces.pop_front();
        }
    }
}

fn size_of(beginning: &Beginning) -> usize {
    PIECE + beginning.windows.iter().map(Vec::len).sum::<usize>()
}

impl Stretch {
    /// The last beginning from which all is there at this time; the first one where there is none.
    pub(crate) fn beginning_for(&self, position: u32) -> usize {
        let before = self.beginnings.partition_point(|(at, _)| at.saturating_add(COMPLETE) <= position);
        before.saturating_sub(1)
    }

    /// When that is.
    pub(crate) fn time_of(&self, beginning: usize) -> u32 {
        self.beginnings.get(beginning).map_or(0, |(at, _)| *at)
    }

    /// The screen's size there.
    pub(crate) fn size_at(&self, beginning: usize) -> (u16, u16) {
        self.beginnings.get(beginning).map_or((0, 0), |(_, there)| (there.width, there.height))
    }

    /// What came last out of each zlib stream before.
    pub(crate) fn windows_at(&self, beginning: usize) -> Windows {
        self.beginnings.get(beginning).map(|(_, there)| there.windows.clone()).unwrap_or_default()
    }

    /// What the server has sent from a beginning on, with its times.
    pub(crate) fn records(&self, beginning: usize) -> impl Iterator<Item = (u32, Bytes)> {
        let read = self.beginnings.get(beginning).map_or(u64::MAX, |(_, there)| there.read);
        let first = self.pieces.partition_point(|piece| piece.end() <= read);
        self.pieces[first..].iter().map(move |piece| {
            // Less than the piece's length, as that ends behind it.
            let skipped = read.saturating_sub(piece.from) as usize;
            (u32::try_from(piece.at).unwrap_or(u32::MAX), piece.bytes.slice(skipped..))
        })
    }

    /// Writes what was seen between two times as a recording. It has what came since the beginning before `from`, too, all at its
    /// first moment: the picture of that time is made of it.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn write_film(&self, from: u32, to: u32, file: &mut impl Write) -> io::Result<()> {
        let beginning = self.beginning_for(from);
        let (width, height) = self.size_at(beginning);
        let began = self.began + u64::from(from);
        let head = Head { began, width, height, name: self.name.clone(), windows: self.windows_at(beginning) };
        file.write_all(&head.to_bytes())?;
        for (at, bytes) in self.records(beginning).take_while(|(at, _)| *at <= to) {
            for part in bytes.chunks(MAX_RECORD) {
                file.write_all(&format::record_head(at.saturating_sub(from), part.len()))?;
                file.write_all(part)?;
            }
        }
        file.write_all(&format::end(to.saturating_sub(from)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::format::Next;
    use std::io::Read;

    const MUCH: usize = 1024 * 1024;

    fn at(read: u64) -> Beginning {
        Beginning { read, width: 64, height: 48, windows: Windows::default() }
    }

    /// One that was passed these, each a second after the one before, and each as long as it is.
    fn past(texts: &[&str]) -> Past {
        let mut past = Past::default();
        let mut sent = 100;
        assert!(past.begin(at(sent), sent));
        for (second, text) in texts.iter().enumerate() {
            past.pass(sent, second as u64 * 1000, text.as_bytes(), MUCH);
            sent += text.len() as u64;
        }
        past
    }

    fn text(stretch: &Stretch, beginning: usize) -> String {
        stretch.records(beginning).map(|(_, bytes)| String::from_utf8(bytes.to_vec()).unwrap()).collect()
    }

    #[test]
    fn what_passed_is_seen_from_each_beginning_on_and_in_the_middle_of_a_piece() {
        let mut past = past(&["one", "two", "three", "four"]);
        assert!(past.begin(at(100 + 3 + 3 + 2), 115));
        let stretch = past.look(9_500, 1_000_000, "Studio").unwrap();
        assert_eq!((stretch.duration, stretch.began), (9_500, 990_500));
        assert_eq!(text(&stretch, 0), "onetwothreefour");
        assert_eq!(text(&stretch, 1), "reefour");
        assert_eq!(stretch.time_of(1), 2_000);
        // The second one is complete a second later.
        assert_eq!([0, 1_999, 2_999, 3_000, 9_000].map(|at| stretch.beginning_for(at)), [0, 0, 0, 1, 1]);
        assert_eq!(stretch.records(1).map(|(at, _)| at).collect::<Vec<_>>(), [2_000, 3_000]);
        assert_eq!((stretch.size_at(1), text(&stretch, 7)), ((64, 48), String::new()));
    }

    #[test]
    fn a_look_stays_as_it_was() {
        let mut past = past(&["one"]);
        let stretch = past.look(1_000, 0, "Studio").unwrap();
        past.pass(103, 2_000, b"two", MUCH);
        drop(past);
        assert_eq!(text(&stretch, 0), "one");
    }

    #[test]
    fn where_nothing_can_be_shown_there_is_nothing_to_look_at() {
        let mut past = Past::default();
        past.pass(0, 0, b"one", MUCH);
        assert!(past.look(1, 1, "Studio").is_none(), "no beginning");
        let mut past = Past::default();
        assert!(past.begin(at(100), 100));
        assert!(past.look(1, 1, "Studio").is_none(), "nothing behind it");
    }

    #[test]
    fn a_page_that_lies_about_a_beginning_is_not_believed() {
        let mut past = past(&["one", "two"]);
        for lie in [0, 99, 100, 107, u64::MAX] {
            assert!(!past.begin(at(lie), 106), "{lie}");
        }
        assert!(past.begin(at(106), 106), "where nothing has come since");
        assert!(!past.begin(at(104), 106), "before the last one");
    }

    #[test]
    fn what_is_before_the_first_beginning_is_dropped_when_that_is_given() {
        let mut past = Past::default();
        past.pass(100, 0, b"old", MUCH);
        past.pass(103, 1_000, b"new", MUCH);
        assert!(past.begin(at(103), 106));
        let stretch = past.look(2_000, 5_000, "Studio").unwrap();
        assert_eq!((text(&stretch, 0), stretch.began), ("new".to_owned(), 4_000));
        assert_eq!(past.size, 2 * PIECE + 3);
    }

    #[test]
    fn the_oldest_goes_when_there_is_too_much() {
        let mut past = Past::default();
        assert!(past.begin(at(0), 0));
        let most = 10 * (1000 + PIECE) + 4 * PIECE;
        let mut sent = 0;
        for second in 0..100 {
            past.pass(sent, second * 1000, &[second as u8; 1000], most);
            sent += 1000;
            assert!(past.size <= most && !past.full, "{second}: {}", past.size);
            if second % 4 == 0 {
                assert!(past.begin(at(sent), sent));
            }
        }
        let stretch = past.look(100_000, 0, "Studio").unwrap();
        let first = stretch.records(0).next().unwrap().1[0];
        assert!((90..=93).contains(&first) && (first - 1) % 4 == 0, "{first}");
        assert!((stretch.duration as u64) < 11_000);
    }

    #[test]
    fn a_flood_without_another_beginning_is_not_kept_until_one_is_announced() {
        let mut past = past(&["one"]);
        past.pass(103, 1_000, &[0; 2000], 1_000);
        assert!(past.look(2_000, 0, "Studio").is_none());
        past.pass(2103, 2_000, b"more", 1_000);
        assert_eq!(past.size, 0, "it costs nothing");
        assert!(!past.begin(at(2107), 2107), "not announced");
        past.prepare();
        past.pass(2107, 3_000, b"old new", 1_000);
        assert!(past.begin(at(2111), 2114));
        assert_eq!(text(&past.look(4_000, 0, "Studio").unwrap(), 0), "new");
    }

    #[test]
    fn old_times_go_when_what_follows_can_be_shown_without_them() {
        let mut past = past(&["one", "two"]);
        assert!(past.begin(at(103), 106));
        past.forget(KEPT + 999, MUCH);
        assert_eq!(text(&past.look(KEPT + 999, 0, "Studio").unwrap(), 0), "onetwo");
        past.forget(KEPT + 1_000, MUCH);
        let stretch = past.look(KEPT + 1_000, 0, "Studio").unwrap();
        assert_eq!((text(&stretch, 0), u64::from(stretch.duration)), ("two".to_owned(), KEPT));
        // The last beginning stays: what is on the screen is what came then.
        past.forget(10 * KEPT, 0);
        assert_eq!(text(&past.look(10 * KEPT, 0, "Studio").unwrap(), 0), "two");
    }

    #[test]
    fn a_film_begins_with_the_picture_of_its_time_and_ends_in_time() {
        let mut past = past(&["one", "two", "three", "four", "five"]);
        assert!(past.begin(at(103), 119));
        let stretch = past.look(60_000, 160_000, "Studio").unwrap();
        let mut film = Vec::new();
        stretch.write_film(2_500, 3_200, &mut film).unwrap();
        let from = &mut &film[..];
        let head = Head::read(from).unwrap();
        assert_eq!((head.began, head.name.as_str(), head.width), (102_500, "Studio", 64));
        let (mut records, mut last) = (Vec::new(), 0);
        loop {
            match format::next(from, last).unwrap() {
                Next::Bytes { at, length } => {
                    let mut bytes = Vec::new();
                    from.take(length as u64).read_to_end(&mut bytes).unwrap();
                    records.push((at, String::from_utf8(bytes).unwrap()));
                    last = at;
                }
                over => {
                    assert_eq!(over, Next::End { at: 700 });
                    break;
                }
            }
        }
        let expected = [(0, "two"), (0, "three"), (500, "four")];
        assert_eq!(records, expected.map(|(at, text)| (at, text.to_owned())));
    }
}
