//! A picture of the screen, as the page has drawn it.

use super::place::{self, Kind, LocalTime};
use crate::error::RecordingError;
use std::{
    io::Write,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// Bytes of a picture, at most: no compression makes more of a screen of 8,192 by 4,096 pixels.
pub const MAX_PICTURE: usize = 160 * 1024 * 1024;
/// How a PNG file begins (RFC 2083).
const PNG: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// Pixels of a picture, at most.
const MAX_PIXELS: u64 = 8192 * 8192;

/// Whether this can be a PNG picture of a screen.
pub fn is_picture(bytes: &[u8]) -> bool {
    // Behind the signature stands IHDR, with width and height first.
    let number = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let pixels = number(16).zip(number(20)).map(|(width, height)| u64::from(width) * u64::from(height));
    bytes.starts_with(PNG)
        && bytes.len() <= MAX_PICTURE
        && pixels.is_some_and(|pixels| (1..=MAX_PIXELS).contains(&pixels))
}

/// Writes a PNG picture into a new file of this folder, and returns where that lies. `unix_ms` is when that was seen; none: just now.
///
/// # Errors
/// [`RecordingError::NoPicture`], [`RecordingError::PictureNotWritten`].
pub(crate) fn save(
    png: &[u8],
    machine: &str,
    unix_ms: Option<u64>,
    ahead: i32,
    folder: &Path,
) -> Result<PathBuf, RecordingError> {
    if !is_picture(png) {
        return Err(RecordingError::NoPicture);
    }
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let unix_ms = unix_ms.unwrap_or_else(now);
    let time = LocalTime { unix_ms, ahead };
    place::write(folder, Kind::Picture, machine, time, |file| file.write_all(png))
        .map_err(|(path, cause)| RecordingError::PictureNotWritten { path, detail: cause.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_picture_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let picture = |width: u32, height: u32| {
            let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
            [PNG, &b"\0\0\0\x0dIHDR"[..], &size, b"..."].concat()
        };
        let (empty, huge) = (picture(0, 480), picture(100_000, 100_000));
        for other in [&b""[..], b"#!/bin/sh", b"GIF89a", PNG, &empty, &huge] {
            assert_eq!(save(other, "Studio", None, 0, folder.path()), Err(RecordingError::NoPicture));
        }
        let path = save(&picture(640, 480), "Studio", None, 0, folder.path()).unwrap();
        assert!(std::fs::read(path).unwrap().starts_with(PNG));
        let blocked = folder.path().join("file");
        std::fs::write(&blocked, "").unwrap();
        let refused = save(&picture(640, 480), "Studio", None, 0, &blocked);
        assert!(matches!(refused, Err(RecordingError::PictureNotWritten { .. })), "{refused:?}");
    }
}
