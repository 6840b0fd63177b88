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

/// Whether this can be a picture of a screen.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) && bytes.len() <= MAX_PICTURE
}

/// Writes a PNG picture into a new file of this folder, and returns where that lies.
///
/// # Errors
/// [`RecordingError::NoPicture`], [`RecordingError::PictureNotWritten`].
pub(crate) fn save(png: &[u8], machine: &str, ahead: i32, folder: &Path) -> Result<PathBuf, RecordingError> {
    if !is_picture(png) {
        return Err(RecordingError::NoPicture);
    }
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let failed = |(path, cause): (PathBuf, std::io::Error)| RecordingError::PictureNotWritten {
        path,
        detail: cause.to_string(),
    };
    let (mut file, path) =
        place::create(folder, Kind::Picture, machine, LocalTime { unix_ms, ahead }).map_err(failed)?;
    file.write_all(png).map_err(|cause| failed((path.clone(), cause)))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_picture_is_written() {
        let folder = tempfile::tempdir().unwrap();
        for other in [&b""[..], b"#!/bin/sh", b"GIF89a"] {
            assert_eq!(save(other, "Studio", 0, folder.path()), Err(RecordingError::NoPicture));
        }
        let path = save(&[PNG, &b"..."[..]].concat(), "Studio", 0, folder.path()).unwrap();
        assert!(std::fs::read(path).unwrap().starts_with(PNG));
        let blocked = folder.path().join("file");
        std::fs::write(&blocked, "").unwrap();
        let refused = save(PNG, "Studio", 0, &blocked);
        assert!(matches!(refused, Err(RecordingError::PictureNotWritten { .. })), "{refused:?}");
    }
}
