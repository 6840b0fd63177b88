//! Records a session: what the server sends, with its times, as it passes by on its way to the page.
//!
//! The page only says where a recording begins: between two messages of the server, with the last bytes that came out of each
//! zlib stream. Until it has said so, what passes by is held. From then on a thread of its own writes. Nothing here waits for
//! the disk: where that is too slow, the recording ends, not the session.

use super::{
    format::{self, Beginning, Head, MAX_RECORD},
    place::{self, Kind, LocalTime},
};
use crate::error::RecordingError;
use parking_lot::{Condvar, Mutex};
use serde::Serialize;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, Sender, TryRecvError},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Bytes that may wait: until the page has said where the recording begins, or for the disk. A recording begins between two
/// messages, and one message may be a whole screen: 33 MB at 3840x2160.
const MAX_WAITING: usize = 64 * 1024 * 1024;
/// What a piece takes in memory beside its bytes: a server may send it byte by byte.
const PIECE: usize = 64;

/// What a window shows of its session's recording.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RecordingView {
    /// There was none yet.
    #[default]
    Off,
    /// It runs.
    Running {
        /// When it began: milliseconds since 1970.
        #[cfg_attr(test, ts(type = "number"))]
        since: u64,
    },
    /// The last one is complete.
    Saved {
        /// Counts the session's recordings.
        #[cfg_attr(test, ts(type = "number"))]
        number: u64,
        /// Where it lies.
        path: PathBuf,
    },
    /// The last one ended too early; what was written can be played.
    Failed {
        /// Counts the session's recordings.
        #[cfg_attr(test, ts(type = "number"))]
        number: u64,
        /// Why.
        error: RecordingError,
    },
}

/// Is called when [`Recorder::view`] has changed.
pub(crate) type OnChange = Arc<dyn Fn() + Send + Sync>;

/// One session's recorder.
pub(crate) struct Recorder {
    state: Mutex<State>,
    on_change: OnChange,
    unfinished: Unfinished,
    /// For the thread that writes, which must not keep the recorder alive.
    this: Weak<Self>,
}

#[derive(Default)]
struct State {
    /// Bytes that were sent to the page on this connection; none where there is no connection.
    sent: Option<u64>,
    phase: Phase,
    view: RecordingView,
    /// How many there were.
    number: u64,
    /// Why the one that is being finished ended too early.
    failure: Option<RecordingError>,
    /// The file that was saved last.
    saved: Option<PathBuf>,
}

#[derive(Default)]
enum Phase {
    #[default]
    Off,
    /// Until the page says where it begins.
    Holding {
        pieces: Vec<Held>,
        /// What they take in memory.
        size: usize,
    },
    Writing(Queue),
}

/// Bytes that have passed by.
struct Held {
    /// Where they stand in what the page was sent.
    from: u64,
    at: Instant,
    bytes: Vec<u8>,
}

/// To the thread that writes. Dropped, the recording ends.
struct Queue {
    began: Instant,
    path: PathBuf,
    records: Sender<Record>,
    queued: Arc<AtomicUsize>,
}

/// Bytes of the server's, and the milliseconds since the beginning.
type Record = (u32, Vec<u8>);

impl Recorder {
    pub(crate) fn new(on_change: OnChange, unfinished: Unfinished) -> Arc<Self> {
        Arc::new_cyclic(|this| Self { state: Mutex::default(), on_change, unfinished, this: this.clone() })
    }

    pub(crate) fn view(&self) -> RecordingView {
        self.state.lock().view.clone()
    }

    /// The file that was saved last, whatever became of it.
    pub(crate) fn saved(&self) -> Option<PathBuf> {
        self.state.lock().saved.clone()
    }

    /// Something else of the session was saved there.
    pub(crate) fn note_saved(&self, path: PathBuf) {
        self.state.lock().saved = Some(path);
    }

    /// A page was sent so many bytes before the session's first message.
    pub(crate) fn connected(&self, sent: usize) {
        self.state.lock().sent = Some(sent as u64);
    }

    /// The connection is over, and what was recorded of it.
    pub(crate) fn disconnected(&self) {
        self.state.lock().sent = None;
        self.stop();
    }

    /// These bytes of the server's are sent to the page.
    pub(crate) fn pass(&self, bytes: &[u8]) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let Some(sent) = &mut state.sent else { return };
        let from = *sent;
        *sent += bytes.len() as u64;
        match &mut state.phase {
            Phase::Off => {}
            Phase::Holding { pieces, size } => {
                pieces.push(Held { from, at: Instant::now(), bytes: bytes.to_vec() });
                *size += bytes.len() + PIECE;
                if *size > MAX_WAITING {
                    state.number += 1;
                    let error = RecordingError::RecordingNotBegun;
                    state.view = RecordingView::Failed { number: state.number, error };
                    state.phase = Phase::Off;
                    drop(guard);
                    (self.on_change)();
                }
            }
            Phase::Writing(queue) => {
                if !queue.put(Instant::now(), bytes.to_vec()) {
                    state.failure.get_or_insert(RecordingError::RecordingTooSlow { path: queue.path.clone() });
                    // Its thread writes what waits, and ends.
                    state.phase = Phase::Off;
                }
            }
        }
    }

    /// Holds what passes by from now on. Returns how many bytes the page was sent before: the recording begins with the first
    /// message that ends there or later.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`] where there is no screen, or a recording.
    pub(crate) fn prepare(&self) -> Result<u64, RecordingError> {
        let mut state = self.state.lock();
        match (state.sent, &state.phase, &state.view) {
            (_, Phase::Writing(_), _) | (_, _, RecordingView::Running { .. }) | (None, ..) => {
                Err(RecordingError::RecordingNotBegun)
            }
            (Some(sent), ..) => {
                state.phase = Phase::Holding { pieces: Vec::new(), size: 0 };
                Ok(sent)
            }
        }
    }

    /// Begins where the page says, with a new file in the user's folder for videos.
    ///
    /// # Errors
    /// [`RecordingError::RecordingNotBegun`], [`RecordingError::RecordingNotWritten`].
    pub(crate) fn begin(
        &self,
        beginning: Beginning,
        machine: &str,
        ahead: i32,
        folder: &Path,
    ) -> Result<(), RecordingError> {
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let time = LocalTime { unix_ms, ahead };
        let (file, path) = place::create(folder, Kind::Recording, machine, time)
            .map_err(|(path, cause)| RecordingError::RecordingNotWritten { path, detail: cause.to_string() })?;
        let Beginning { read, width, height, windows } = beginning;
        let head = Head { began: unix_ms, width, height, name: machine.to_owned(), windows };
        let mut state = self.state.lock();
        let (Some(sent), Phase::Holding { pieces, .. }) = (state.sent, std::mem::take(&mut state.phase)) else {
            place::discard(&path);
            return Err(RecordingError::RecordingNotBegun);
        };
        let first = pieces.first().map_or(sent, |first| first.from);
        if !(first..=sent).contains(&read) {
            place::discard(&path);
            return Err(RecordingError::RecordingNotBegun);
        }
        let (records, to_write) = mpsc::channel();
        let queue = Queue { began: Instant::now(), path: path.clone(), records, queued: Arc::default() };
        for Held { from, at, mut bytes } in pieces {
            let skipped = usize::try_from(read.saturating_sub(from)).unwrap_or(usize::MAX).min(bytes.len());
            queue.put(at, bytes.split_off(skipped));
        }
        let writer = Writer { file, head, began: queue.began, queued: Arc::clone(&queue.queued), to_write };
        let (this, unfinished) = (self.this.clone(), self.unfinished.one());
        let writing = path.clone();
        let spawned = std::thread::Builder::new().name("recording".to_owned()).spawn(move || {
            let written = writer.write();
            if let Some(recorder) = this.upgrade() {
                recorder.written(writing, written);
            }
            drop(unfinished);
        });
        if let Err(cause) = spawned {
            place::discard(&path);
            return Err(RecordingError::RecordingNotWritten { path, detail: cause.to_string() });
        }
        state.phase = Phase::Writing(queue);
        state.number += 1;
        state.view = RecordingView::Running { since: unix_ms };
        drop(state);
        (self.on_change)();
        Ok(())
    }

    /// Ends the recording, where there is one. [`Recorder::view`] says where it lies when all of it is written.
    pub(crate) fn stop(&self) {
        self.state.lock().phase = Phase::Off;
    }

    /// The thread has come to an end.
    fn written(&self, path: PathBuf, written: io::Result<()>) {
        let mut state = self.state.lock();
        // Of this thread's: there is no second one before the first has ended.
        state.phase = Phase::Off;
        let error = match written {
            Ok(()) => state.failure.take(),
            Err(cause) => {
                state.failure = None;
                Some(RecordingError::RecordingNotWritten { path: path.clone(), detail: cause.to_string() })
            }
        };
        let number = state.number;
        state.saved = Some(path.clone());
        state.view = match error {
            None => RecordingView::Saved { number, path },
            Some(error) => RecordingView::Failed { number, error },
        };
        drop(state);
        (self.on_change)();
    }
}

/// The recordings of all sessions that are not yet complete, so that an end can wait for them.
#[derive(Clone, Default)]
pub(crate) struct Unfinished(Arc<(Mutex<usize>, Condvar)>);

/// One of them, until it is dropped.
struct One(Unfinished);

impl Unfinished {
    fn one(&self) -> One {
        *self.0.0.lock() += 1;
        One(self.clone())
    }

    /// Waits until all are complete, but no longer than this; blocks. They have to be stopped before.
    pub(crate) fn wait(&self, most: Duration) {
        let (count, fewer) = &*self.0;
        fewer.wait_while_for(&mut count.lock(), |count| *count > 0, most);
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let (count, fewer) = &*self.0.0;
        *count.lock() -= 1;
        fewer.notify_all();
    }
}

impl Queue {
    /// False where too much waits.
    fn put(&self, at: Instant, mut bytes: Vec<u8>) -> bool {
        let at = millis(at.saturating_duration_since(self.began));
        while !bytes.is_empty() {
            let rest = bytes.split_off(bytes.len().min(MAX_RECORD));
            let part = std::mem::replace(&mut bytes, rest);
            let size = part.len() + PIECE;
            if self.queued.fetch_add(size, Ordering::Relaxed) + size > MAX_WAITING {
                return false;
            }
            // Where the thread has ended, it has said why.
            let _ = self.records.send((at, part));
        }
        true
    }
}

/// What the thread has.
struct Writer {
    file: File,
    head: Head,
    began: Instant,
    queued: Arc<AtomicUsize>,
    to_write: Receiver<Record>,
}

impl Writer {
    /// Writes until the recording is stopped. Whenever nothing waits, all is with the operating system: it is there also where
    /// Portlight is killed.
    fn write(self) -> io::Result<()> {
        let mut file = BufWriter::with_capacity(256 * 1024, self.file);
        file.write_all(&self.head.to_bytes())?;
        let mut last = 0;
        loop {
            let next = match self.to_write.try_recv() {
                Err(TryRecvError::Empty) => {
                    file.flush()?;
                    self.to_write.recv().ok()
                }
                next => next.ok(),
            };
            let Some((at, bytes)) = next else { break };
            self.queued.fetch_sub(bytes.len() + PIECE, Ordering::Relaxed);
            file.write_all(&format::record_head(at, bytes.len()))?;
            file.write_all(&bytes)?;
            last = at;
        }
        file.write_all(&format::end(millis(self.began.elapsed()).max(last)))?;
        file.flush()
    }
}

/// A recording of more than 49 days stands still at its end.
fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
