//! What is kept of a session's screen and played again: pictures, recordings, and its last minutes.

use super::Sessions;
use crate::{
    error::{ConnectError, Error, RecordingError},
    model::{SessionId, Target},
    recording::{self, Beginning, Kind, PlaybackWish, Player, Source, Stretch},
    session::{play, session::Session},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::task::spawn_blocking;

/// The last minutes of a session, to be shown by another one.
pub struct LastMinutes {
    of: SessionId,
    target: Target,
    stretch: Arc<Stretch>,
}

impl LastMinutes {
    /// What a window with them is called.
    pub fn name(&self) -> &str {
        &self.target.name
    }
}

impl Sessions {
    /// The last minutes of a session, as they are at this moment.
    ///
    /// # Errors
    /// [`RecordingError::NothingKept`].
    pub fn last_minutes(&self, of: SessionId) -> Result<LastMinutes, RecordingError> {
        let live = self.get(of).ok_or(RecordingError::NothingKept)?;
        let stretch = live.rewind.look(&live.name())?;
        Ok(LastMinutes { of, target: Target::past(&live.target()), stretch: Arc::new(stretch) })
    }

    /// Starts the session `id` with the last minutes of another one. Nothing that is done there reaches that one's machine.
    pub fn start_rewinding(&self, id: SessionId, LastMinutes { of, target, stretch }: LastMinutes) {
        let recorder = self.recorder();
        let session = Session::new(id, target, None, &self.services, recorder, |run| Box::pin(play::play(run)));
        let player = Player::new(Source::Past(stretch), self.on_recording());
        self.insert(id, session.rewinding(player, of));
    }

    /// The session that shows the last minutes of this one.
    pub fn rewinding(&self, of: SessionId) -> Option<SessionId> {
        self.open.lock().sessions.iter().find(|(_, session)| session.past_of == Some(of)).map(|(id, _)| *id)
    }

    /// The session whose last minutes this one shows, while that is open.
    pub fn rewound(&self, id: SessionId) -> Option<SessionId> {
        self.get(id)?.past_of.filter(|of| self.get(*of).is_some())
    }

    /// Writes a PNG picture of its screen, as its page has drawn it, into the user's folder for pictures; returns where it lies.
    /// `ahead` is how far the user's clock is ahead of UTC, in minutes.
    ///
    /// # Errors
    /// [`RecordingError::NoPicture`], [`RecordingError::PictureNotWritten`].
    pub async fn save_screenshot(&self, id: SessionId, png: Vec<u8>, ahead: i32) -> Result<PathBuf, Error> {
        let session = self.get(id).ok_or(RecordingError::NoPicture)?;
        // What was kept of a session knows its machine's name, and when that was.
        let past =
            session.player().and_then(|player| Some((player.source().stretch()?.name.clone(), player.seen_at())));
        let (machine, seen_at) = past.map_or_else(|| (session.name(), None), |(name, at)| (name, Some(at)));
        let saved = spawn_blocking(move || recording::save(&png, &machine, seen_at, ahead, &Kind::Picture.folder()));
        let path = saved.await.map_err(|cause| ConnectError::System { detail: cause.to_string() })??;
        session.recorder.note_saved(path.clone());
        Ok(path)
    }

    /// Gets ready to record it. Returns how many bytes its page was sent: the recording begins with the first message of the
    /// server's that ends there or later.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`].
    pub fn prepare_recording(&self, id: SessionId) -> Result<u64, RecordingError> {
        self.get(id)
            .filter(|session| session.player().is_none())
            .ok_or(RecordingError::RecordingNotBegun)?
            .recorder
            .prepare()
    }

    /// Records it from there on where its page says, into a new file in the user's folder for videos. `ahead` is as for
    /// [`Sessions::save_screenshot`].
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`], [`RecordingError::RecordingNotWritten`].
    pub async fn begin_recording(&self, id: SessionId, beginning: &[u8], ahead: i32) -> Result<(), Error> {
        let beginning = Beginning::parse(beginning).ok_or(RecordingError::RecordingNotBegun)?;
        let session = self.get(id).ok_or(RecordingError::RecordingNotBegun)?;
        let begun = spawn_blocking(move || {
            session.recorder.begin(beginning, &session.name(), ahead, &Kind::Recording.folder())
        });
        Ok(begun.await.map_err(|cause| ConnectError::System { detail: cause.to_string() })??)
    }

    /// Its page is about to say where its last minutes can be seen from: with the first message that ends behind so many bytes.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`] where nothing of it is kept.
    pub fn prepare_rewind(&self, id: SessionId) -> Result<u64, RecordingError> {
        self.get(id).ok_or(RecordingError::RecordingNotBegun)?.rewind.prepare()
    }

    /// Its page says where its last minutes can be seen from.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`] where it lies.
    pub fn begin_rewind(&self, id: SessionId, beginning: &[u8]) -> Result<(), RecordingError> {
        let beginning = Beginning::parse(beginning).ok_or(RecordingError::RecordingNotBegun)?;
        self.get(id).ok_or(RecordingError::RecordingNotBegun)?.rewind.begin(beginning)
    }

    /// Writes what it shows of another session's last minutes between two times, in milliseconds from their beginning, as a recording
    /// into the user's folder for videos; returns where it lies. `ahead` is as for [`Sessions::save_screenshot`].
    ///
    /// # Errors
    /// [`RecordingError::NothingKept`], [`RecordingError::RecordingNotWritten`].
    pub async fn save_film(&self, id: SessionId, from: u32, to: u32, ahead: i32) -> Result<PathBuf, Error> {
        let session = self.get(id).ok_or(RecordingError::NothingKept)?;
        let player = session.player().ok_or(RecordingError::NothingKept)?;
        let stretch = Arc::clone(player.source().stretch().ok_or(RecordingError::NothingKept)?);
        let saved =
            spawn_blocking(move || recording::save_film(&stretch, (from, to), ahead, &Kind::Recording.folder()));
        let path = saved.await.map_err(|cause| ConnectError::System { detail: cause.to_string() })??;
        session.recorder.note_saved(path.clone());
        Ok(path)
    }

    /// Ends its recording, where there is one.
    pub fn stop_recording(&self, id: SessionId) {
        if let Some(session) = self.get(id) {
            session.recorder.stop();
        }
    }

    /// Ends all recordings, and waits until they are complete, but no longer than this; blocks. For the end of Portlight.
    pub fn finish_recordings(&self, most: Duration) {
        self.each(|_, session| session.recorder.stop());
        self.unfinished.wait(most);
    }

    /// The last bytes of each zlib stream before the recording that it plays: each behind its length, two bytes. Empty where it
    /// plays none.
    pub fn playback_windows(&self, id: SessionId) -> Vec<u8> {
        let session = self.get(id);
        let player = session.as_ref().and_then(|session| session.player());
        player.map(|player| player.windows()).unwrap_or_default()
    }

    /// Plays its recording as the user wishes.
    pub fn play(&self, id: SessionId, wish: PlaybackWish) {
        if let Some(player) = self.get(id).as_ref().and_then(|session| session.player()) {
            player.wish(wish);
        }
    }

    /// The picture or recording of it that was saved last.
    pub fn saved(&self, id: SessionId) -> Option<PathBuf> {
        self.get(id)?.recorder.saved()
    }
}
