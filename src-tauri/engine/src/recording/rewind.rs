//! Keeps the last minutes of a session, so that they can be seen again: in memory, and only while its connection lasts and the
//! person lets it.

use super::{
    format::Beginning,
    past::{Past, Stretch},
};
use crate::error::RecordingError;
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Bytes in memory, of one session.
const MAX_SESSION_BYTES: usize = 32 * 1024 * 1024;
/// Bytes in memory, of all sessions.
const MAX_TOTAL_BYTES: usize = 128 * 1024 * 1024;

/// The memory that all sessions share for it: counts those that keep something.
#[derive(Clone)]
pub(crate) struct Room {
    keeping: Arc<AtomicUsize>,
    /// Bytes for all of them.
    of_all: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { keeping: Arc::default(), of_all: MAX_TOTAL_BYTES }
    }
}

impl Room {
    /// None: for sessions of which nothing is ever kept.
    pub(crate) fn none() -> Self {
        Self { of_all: 0, ..Self::default() }
    }

    /// Bytes for each of them.
    fn most(&self) -> usize {
        (self.of_all / self.keeping.load(Ordering::Relaxed).max(1)).min(MAX_SESSION_BYTES)
    }
}

/// One session's last minutes.
pub(crate) struct Rewind {
    room: Room,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether anything is kept.
    on: bool,
    connection: Option<Connection>,
    kept: Option<Kept>,
}

struct Connection {
    began: Instant,
    /// Bytes that were sent to the page.
    sent: u64,
}

/// What is kept. It has its share of the room as long as it is there.
struct Kept {
    past: Past,
    room: Room,
}

impl Kept {
    fn new(room: &Room) -> Self {
        room.keeping.fetch_add(1, Ordering::Relaxed);
        Self { past: Past::default(), room: room.clone() }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.room.keeping.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Rewind {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, state: Mutex::default() }
    }

    /// Keeps what comes from now on, or nothing, and drops what there is.
    pub(crate) fn set(&self, on: bool) {
        let mut state = self.state.lock();
        state.on = on && self.room.of_all > 0;
        if !on {
            state.kept = None;
        }
    }

    /// A page was sent so many bytes before the session's first message, and shows a screen of this size: here it can begin.
    pub(crate) fn connected(&self, sent: usize, (width, height): (u16, u16)) {
        let mut state = self.state.lock();
        let sent = sent as u64;
        state.connection = Some(Connection { began: Instant::now(), sent });
        state.kept = state.on.then(|| {
            let mut kept = Kept::new(&self.room);
            kept.past.begin(Beginning { read: sent, width, height, windows: Default::default() }, sent);
            kept
        });
    }

    /// The connection is over, and all that was kept of it is gone.
    pub(crate) fn disconnected(&self) {
        let mut state = self.state.lock();
        (state.connection, state.kept) = (None, None);
    }

    /// These bytes of the server's are sent to the page.
    pub(crate) fn pass(&self, bytes: &[u8]) {
        let mut state = self.state.lock();
        let State { connection: Some(connection), kept, .. } = &mut *state else { return };
        if let Some(kept) = kept {
            kept.past.pass(connection.sent, connection.now(), bytes, self.room.most());
        }
        connection.sent += bytes.len() as u64;
    }

    /// The page is about to say where it can begin: with the first message that ends behind so many bytes.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`] where nothing is to be kept, or there is no connection.
    pub(crate) fn prepare(&self) -> Result<u64, RecordingError> {
        let mut state = self.state.lock();
        let State { on: true, connection: Some(connection), kept } = &mut *state else {
            return Err(RecordingError::RecordingNotBegun);
        };
        kept.get_or_insert_with(|| Kept::new(&self.room)).past.prepare();
        Ok(connection.sent)
    }

    /// The page says where it can begin.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`] where that is not in what is kept.
    pub(crate) fn begin(&self, beginning: Beginning) -> Result<(), RecordingError> {
        let mut state = self.state.lock();
        let State { connection: Some(connection), kept: Some(kept), .. } = &mut *state else {
            return Err(RecordingError::RecordingNotBegun);
        };
        if !kept.past.begin(beginning, connection.sent) {
            return Err(RecordingError::RecordingNotBegun);
        }
        kept.past.forget(connection.now(), self.room.most());
        Ok(())
    }

    /// Drops what is too old. To be called now and then: a screen that stands still drops nothing by itself.
    pub(crate) fn forget(&self) {
        let mut state = self.state.lock();
        let State { connection: Some(connection), kept: Some(kept), .. } = &mut *state else { return };
        kept.past.forget(connection.now(), self.room.most());
    }

    /// What is kept just now.
    ///
    /// # Errors
    /// [`RecordingError::NothingKept`].
    pub(crate) fn look(&self, machine: &str) -> Result<Stretch, RecordingError> {
        let state = self.state.lock();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let State { connection: Some(connection), kept: Some(kept), .. } = &*state else {
            return Err(RecordingError::NothingKept);
        };
        kept.past.look(connection.now(), unix, machine).ok_or(RecordingError::NothingKept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_its_connection_and_ends_with_it_or_when_it_is_turned_off() {
        let room = Room::default();
        let rewind = Rewind::new(room.clone());
        let kept =
            || rewind.look("Studio").map(|stretch| stretch.records(0).map(|(_, bytes)| bytes.len()).sum::<usize>());
        rewind.connected(100, (64, 48));
        rewind.pass(b"not kept");
        assert_eq!((kept(), room.keeping.load(Ordering::Relaxed)), (Err(RecordingError::NothingKept), 0));
        assert_eq!(rewind.prepare(), Err(RecordingError::RecordingNotBegun));

        rewind.set(true);
        // In the middle the page has to say where.
        assert_eq!(rewind.prepare(), Ok(108));
        rewind.pass(b"old|new");
        assert_eq!(kept(), Err(RecordingError::NothingKept));
        let beginning = |read| Beginning { read, width: 64, height: 48, windows: Default::default() };
        assert_eq!(rewind.begin(beginning(7)), Err(RecordingError::RecordingNotBegun));
        assert_eq!(rewind.begin(beginning(112)), Ok(()));
        assert_eq!((kept(), room.keeping.load(Ordering::Relaxed)), (Ok(3), 1));

        rewind.set(false);
        assert_eq!((kept(), room.keeping.load(Ordering::Relaxed)), (Err(RecordingError::NothingKept), 0));
        rewind.set(true);
        rewind.connected(100, (64, 48));
        rewind.pass(b"all of it");
        assert_eq!(kept(), Ok(9));
        rewind.disconnected();
        assert_eq!((kept(), room.keeping.load(Ordering::Relaxed)), (Err(RecordingError::NothingKept), 0));
    }

    #[test]
    fn many_sessions_share_what_there_is() {
        let room = Room::default();
        let all: Vec<_> = (0..16).map(|_| Rewind::new(room.clone())).collect();
        assert_eq!(room.most(), MAX_SESSION_BYTES);
        for rewind in &all {
            rewind.set(true);
            rewind.connected(0, (64, 48));
        }
        assert_eq!(room.most(), MAX_TOTAL_BYTES / 16);
        drop(all);
        assert_eq!(room.most(), MAX_SESSION_BYTES);
    }
}
