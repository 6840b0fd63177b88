//! Pictures and recordings of a session: how a recording looks on the disk, how it gets there, and how it is played.
//!
//! ```text
//! recorder ─┬▶ format   what stands in the file (docs/RECORDING.md): pure
//! player ───┤
//! picture ──┴▶ place    the user's folders, and names that are safe there
//! ```

mod format;
mod picture;
mod place;
mod player;
mod recorder;

pub use picture::{MAX_PICTURE, is_picture};
pub use place::EXTENSION;
pub use player::{PlaybackView, PlaybackWish, Recording};
pub use recorder::RecordingView;

pub(crate) use format::{Beginning, windows_to_bytes};
pub(crate) use picture::save;
pub(crate) use place::Kind;
pub(crate) use player::{Played, Player};
pub(crate) use recorder::{OnChange, Recorder, Unfinished};
