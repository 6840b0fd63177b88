//! Pictures and recordings of a session: how a recording looks on the disk, how it gets there, and how it is played.
//!
//! ```text
//! recorder ────────┬▶ format   what stands in the file (docs/RECORDING.md): pure
//! player ─▶ source ┤
//! rewind ─▶ past ──┘           the last minutes of a session, in memory; what they are: pure
//! recorder, film, picture ─▶ place    the user's folders, and names that are safe there
//! ```

mod film;
mod format;
mod past;
mod picture;
mod place;
mod player;
mod recorder;
mod rewind;
mod source;

pub use picture::{MAX_PICTURE, is_picture};
pub use place::EXTENSION;
pub use player::{PlaybackView, PlaybackWish};
pub use recorder::RecordingView;
pub use source::Recording;

pub(crate) use film::save_film;
pub(crate) use format::Beginning;
pub(crate) use past::Stretch;
pub(crate) use picture::save;
pub(crate) use place::Kind;
pub(crate) use player::{Played, Player};
pub(crate) use recorder::{OnChange, Recorder, Unfinished};
pub(crate) use rewind::{Rewind, Room};
pub(crate) use source::Source;
