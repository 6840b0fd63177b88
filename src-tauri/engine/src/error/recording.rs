//! What can go wrong with pictures and recordings of a session.

use serde::Serialize;
use std::path::PathBuf;

/// What can go wrong with pictures and recordings of a session. The conventions of the fields are those of the
/// [module](super).
#[allow(missing_docs, reason = "each variant is documented, its fields follow the module's conventions")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RecordingError {
    /// A picture could not be written.
    #[error("could not write the picture to {}: {detail}", path.display())]
    PictureNotWritten { path: PathBuf, detail: String },
    /// What the page sent is no picture, or too large a one.
    #[error("there is no picture of this screen that could be kept")]
    NoPicture,
    /// A recording could not be written any further; what there is of it can be played.
    #[error("could not write the recording to {}: {detail}", path.display())]
    RecordingNotWritten { path: PathBuf, detail: String },
    /// The disk was too slow for what the server sent; what there is of the recording can be played.
    #[error("the disk was too slow for the recording; {} ends where it fell behind", path.display())]
    RecordingTooSlow { path: PathBuf },
    /// The page did not say where the recording begins, or there is no screen to record.
    #[error("the recording could not begin")]
    RecordingNotBegun,
    /// Nothing of the session is kept that could be shown again.
    #[error("nothing of this session is kept yet that could be shown again")]
    NothingKept,
    /// The file cannot be read.
    #[error("could not read {}: {detail}", path.display())]
    RecordingUnreadable { path: PathBuf, detail: String },
    /// The file is no recording.
    #[error("{} is no recording of Portlight's", path.display())]
    NoRecording { path: PathBuf },
    /// A later Portlight has written it.
    #[error("{} was recorded by a newer Portlight", path.display())]
    RecordingTooNew { path: PathBuf },
    /// Something in the file is not as it should be.
    #[error("{} is damaged: {detail}", path.display())]
    RecordingDamaged { path: PathBuf, detail: String },
}
