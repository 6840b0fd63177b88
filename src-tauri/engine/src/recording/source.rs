//! What a player plays: a file, or the last minutes of a session. It can be begun at some places, and has records from each on.

use super::{
    format::{self, Flaw, Head, Next, RECORD_HEAD, windows_to_bytes},
    past::Stretch,
};
use crate::error::RecordingError;
use bytes::Bytes;
use rfb::ServerInit;
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::mpsc;

/// What a player plays.
#[expect(clippy::large_enum_variant, reason = "there is one for each player, which lives as long as its window")]
pub(crate) enum Source {
    /// A recording, which begins at its beginning only.
    File(Recording),
    /// What was kept of a session.
    Past(Arc<Stretch>),
}

impl Source {
    /// How long it is, in milliseconds.
    pub(crate) fn duration(&self) -> u32 {
        match self {
            Self::File(recording) => recording.duration,
            Self::Past(stretch) => stretch.duration,
        }
    }

    /// When it was recorded: milliseconds since 1970.
    pub(crate) fn began(&self) -> u64 {
        match self {
            Self::File(recording) => recording.head.began,
            Self::Past(stretch) => stretch.began,
        }
    }

    /// The recording was cut off.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(self, Self::File(Recording { cut: true, .. }))
    }

    /// What was kept of a session.
    pub(crate) fn stretch(&self) -> Option<&Arc<Stretch>> {
        match self {
            Self::File(_) => None,
            Self::Past(stretch) => Some(stretch),
        }
    }

    /// Where it is best begun to show this time.
    pub(crate) fn beginning_for(&self, position: u32) -> usize {
        self.stretch().map_or(0, |stretch| stretch.beginning_for(position))
    }

    /// When that is.
    pub(crate) fn time_of(&self, beginning: usize) -> u32 {
        self.stretch().map_or(0, |stretch| stretch.time_of(beginning))
    }

    /// The screen as the page is to see it at first.
    pub(crate) fn init(&self, beginning: usize) -> ServerInit {
        let ((width, height), name) = match self {
            Self::File(Recording { head, .. }) => ((head.width, head.height), &head.name),
            Self::Past(stretch) => (stretch.size_at(beginning), &stretch.name),
        };
        ServerInit { width, height, pixel_format: PIXEL_FORMAT, name: name.clone().into_bytes() }
    }

    /// What came last out of each zlib stream before, for the page, before it gets the first byte.
    pub(crate) fn windows(&self, beginning: usize) -> Vec<u8> {
        match self {
            Self::File(recording) => windows_to_bytes(&recording.head.windows),
            Self::Past(stretch) => windows_to_bytes(&stretch.windows_at(beginning)),
        }
    }

    /// Its records from there on, from a thread of its own, which stands still most of the time: a few ahead. It ends when nobody
    /// takes them any more, and where there are no more.
    pub(super) fn records(&self, beginning: usize) -> mpsc::Receiver<Result<(u32, Bytes), Flaw>> {
        let (to, records) = mpsc::channel(AHEAD);
        let failing = to.clone();
        let thread = std::thread::Builder::new().name("playing".to_owned());
        let reading = match self {
            Self::File(Recording { path, .. }) => {
                let path = path.clone();
                thread.spawn(move || {
                    if let Err(flaw) = read_records(&path, |record| to.blocking_send(Ok(record)).is_ok()) {
                        let _ = to.blocking_send(Err(flaw));
                    }
                })
            }
            Self::Past(stretch) => {
                let stretch = Arc::clone(stretch);
                thread.spawn(move || _ = stretch.records(beginning).try_for_each(|record| to.blocking_send(Ok(record))))
            }
        };
        if let Err(cause) = reading {
            // There is room: nothing was sent yet.
            let _ = failing.try_send(Err(Flaw::Unreadable(cause)));
        }
        records
    }

    /// Why it cannot be played any further.
    pub(super) fn told(&self, flaw: Flaw) -> RecordingError {
        match self {
            Self::File(recording) => told(flaw, &recording.path),
            // In memory nothing is damaged; a thread may be missing.
            Self::Past(_) => RecordingError::NothingKept,
        }
    }
}

/// A recording that was looked through.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    head: Head,
    /// How long it is.
    duration: u32,
    /// It has no end: Portlight was cut off.
    cut: bool,
}

impl Recording {
    /// Looks a file through, from its beginning to its end. May take long: reads from a disk.
    ///
    /// # Errors
    /// [`RecordingError::RecordingUnreadable`], [`RecordingError::NoRecording`], [`RecordingError::RecordingTooNew`],
    /// [`RecordingError::RecordingDamaged`].
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        // One file is one recording, by whatever name it is opened.
        let path = &path.canonicalize().map_err(|cause| told(Flaw::Unreadable(cause), path))?;
        let told = |flaw| told(flaw, path);
        let file = File::open(path).map_err(|cause| told(Flaw::Unreadable(cause)))?;
        let size = file.metadata().map_err(|cause| told(Flaw::Unreadable(cause)))?.len();
        let mut file = BufReader::new(file);
        let head = Head::read(&mut file).map_err(told)?;
        let (mut duration, mut cut) = (0, true);
        let mut here = file.stream_position().map_err(|cause| told(Flaw::Unreadable(cause)))?;
        loop {
            match format::next(&mut file, duration).map_err(told)? {
                Next::Bytes { at, length } => {
                    here += (RECORD_HEAD + length) as u64;
                    if here > size {
                        break;
                    }
                    // Within the buffer, where it can.
                    file.seek_relative(length as i64).map_err(|cause| told(Flaw::Unreadable(cause)))?;
                    duration = at;
                }
                Next::End { at } => {
                    (duration, cut) = (at, false);
                    break;
                }
                Next::Cut => break,
            }
        }
        Ok(Self { path: path.to_owned(), head, duration, cut })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a window with it is called.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// 32 bits per pixel, of which 24 count: red, green, blue, as noVNC wants them from every server.
const PIXEL_FORMAT: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];

fn told(flaw: Flaw, path: &Path) -> RecordingError {
    let path = path.to_owned();
    match flaw {
        Flaw::NoRecording => RecordingError::NoRecording { path },
        Flaw::TooNew => RecordingError::RecordingTooNew { path },
        Flaw::Damaged(detail) => RecordingError::RecordingDamaged { path, detail: detail.to_owned() },
        Flaw::Unreadable(cause) => RecordingError::RecordingUnreadable { path, detail: cause.to_string() },
    }
}

/// Records that are read before their time.
const AHEAD: usize = 4;

pub(super) fn read_records(path: &Path, mut take: impl FnMut((u32, Bytes)) -> bool) -> Result<(), Flaw> {
    let mut file = BufReader::with_capacity(256 * 1024, File::open(path).map_err(Flaw::Unreadable)?);
    Head::read(&mut file)?;
    let mut last = 0;
    while let Next::Bytes { at, length } = format::next(&mut file, last)? {
        let mut bytes = vec![0; length];
        match file.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(cause) => return Err(Flaw::Unreadable(cause)),
        }
        last = at;
        if !take((at, bytes.into())) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A recording of a letter every second, of so many seconds.
    pub(in crate::recording) fn letters(count: u8) -> (tempfile::TempDir, Recording) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Studio.plrec");
        let mut file = Head { width: 64, height: 48, ..Head::default() }.to_bytes();
        for letter in 0..count {
            file.extend(format::record_head(u32::from(letter) * 1000, 1));
            file.push(b'a' + letter);
        }
        file.extend(format::end(u32::from(count) * 1000));
        std::fs::write(&path, file).unwrap();
        let recording = Recording::open(&path).unwrap();
        (folder, recording)
    }

    #[test]
    fn a_cut_file_plays_up_to_there_and_what_is_none_is_told() {
        let (folder, recording) = letters(5);
        assert_eq!((recording.duration, recording.cut), (5000, false));
        assert_eq!(recording.name(), "Studio");
        let whole = std::fs::read(recording.path()).unwrap();
        let path = folder.path().join("cut.plrec");
        for gone in 1..=8 {
            std::fs::write(&path, &whole[..whole.len() - gone]).unwrap();
            let cut = Recording::open(&path).unwrap();
            assert_eq!((cut.duration, cut.cut), (4000, true), "{gone}");
        }
        // In the middle of a record's bytes: it does not count.
        std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        assert_eq!(Recording::open(&path).unwrap().duration, 3000);
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let mut count = 0;
            match Recording::open(&path) {
                Ok(_) => assert!(
                    read_records(&path, |_| {
                        count += 1;
                        true
                    })
                    .is_ok()
                        && count <= 5
                ),
                Err(error) => assert!(!error.to_string().is_empty(), "{length}"),
            }
        }
        let none = Recording::open(&folder.path().join("none.plrec"));
        assert!(matches!(none, Err(RecordingError::RecordingUnreadable { .. })), "{none:?}");
        let folder = Recording::open(folder.path());
        assert!(matches!(folder, Err(RecordingError::RecordingUnreadable { .. })), "{folder:?}");
    }
}
