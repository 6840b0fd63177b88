//! A stretch of what was kept of a session becomes a recording on the disk.

use super::{
    past::Stretch,
    place::{self, Kind, LocalTime},
};
use crate::error::RecordingError;
use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// Writes what was seen between two times, in milliseconds from the stretch's beginning, into a new file of this folder, and returns
/// where that lies. `ahead` is how far the user's clock is ahead of UTC, in minutes.
///
/// # Errors
/// [`RecordingError::NothingKept`] where that is no time at all, [`RecordingError::RecordingNotWritten`].
pub(crate) fn save_film(
    stretch: &Stretch,
    (from, to): (u32, u32),
    ahead: i32,
    folder: &Path,
) -> Result<PathBuf, RecordingError> {
    let to = to.min(stretch.duration);
    if from >= to {
        return Err(RecordingError::NothingKept);
    }
    let time = LocalTime { unix_ms: stretch.began + u64::from(from), ahead };
    let written = place::write(folder, Kind::Recording, &stretch.name, time, |file| {
        let mut file = BufWriter::with_capacity(256 * 1024, file);
        stretch.write_film(from, to, &mut file)?;
        file.flush()
    });
    written.map_err(|(path, cause)| RecordingError::RecordingNotWritten { path, detail: cause.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Recording, Source, format::Beginning, past::Past};

    #[test]
    fn a_film_is_a_recording_with_the_time_that_it_shows() {
        let mut past = Past::default();
        assert!(past.begin(Beginning { read: 0, width: 64, height: 48, windows: Default::default() }, 0));
        past.pass(0, 0, b"one", 1_000_000);
        past.pass(3, 30_000, b"two", 1_000_000);
        let stretch = past.look(60_000, 1_709_208_060_000, "Studio").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = save_film(&stretch, (10_000, u32::MAX), 0, folder.path()).unwrap();
        assert_eq!(path.file_name().unwrap(), "Studio 2024-02-29 12.00.10.plrec");
        assert_eq!(Source::File(Recording::open(&path).unwrap()).duration(), 50_000);
        for nothing in [(10, 10), (20, 10), (60_000, 70_000)] {
            assert_eq!(save_film(&stretch, nothing, 0, folder.path()), Err(RecordingError::NothingKept));
        }
        let none = save_film(&stretch, (0, 10), 0, &path);
        assert!(matches!(none, Err(RecordingError::RecordingNotWritten { .. })), "{none:?}");
    }
}
