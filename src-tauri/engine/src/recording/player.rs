//! Plays a recording: sends its bytes at their times, to whoever reads them as a server's. Nothing that the other end says is
//! heard.

use super::{
    format::{self, Flaw, Head, Next, RECORD_HEAD, Windows},
    recorder::OnChange,
};
use crate::error::RecordingError;
use parking_lot::Mutex;
use rfb::ServerInit;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink, split},
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

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

/// What a window shows of the recording that it plays.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PlaybackView {
    /// When it was recorded: milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub began: u64,
    /// How long it is, in milliseconds.
    pub duration: u32,
    /// Where it is just now.
    pub position: u32,
    /// Whether it goes on from there.
    pub playing: bool,
    /// It is on its way to `position`, and shows what lies between as fast as that can be drawn.
    pub seeking: bool,
    /// How many times as fast as it was.
    pub speed: f64,
    /// It has no end: Portlight was cut off when it recorded.
    pub cut: bool,
}

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum PlaybackWish {
    /// That it goes on, or stands still.
    Play {
        /// Which of them.
        on: bool,
    },
    /// Another speed.
    Speed {
        /// How many times as fast.
        times: f64,
    },
    /// To be there.
    Seek {
        /// Milliseconds from the beginning.
        position: u32,
    },
}

/// Plays one recording.
pub(crate) struct Player {
    recording: Recording,
    clock: Mutex<Clock>,
    /// Counts what was wished.
    wished: watch::Sender<u64>,
    on_change: OnChange,
}

/// Why [`Player::play`] has come to an end.
#[derive(Debug)]
pub(crate) enum Played {
    /// The user wants to see what was before: that takes another beginning.
    Again,
    /// It cannot be read any further.
    Failed(RecordingError),
    /// Nobody reads it any more.
    Left,
}

/// Where it is, as a function of the time.
#[derive(Debug, Clone, Copy)]
struct Clock {
    position: f64,
    since: Instant,
    playing: bool,
    seeking: bool,
    speed: f64,
    duration: u32,
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

    /// The screen as the page is to see it at first.
    pub(crate) fn init(&self) -> ServerInit {
        let Head { width, height, name, .. } = &self.head;
        ServerInit { width: *width, height: *height, pixel_format: PIXEL_FORMAT, name: name.clone().into_bytes() }
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

impl Player {
    pub(crate) fn new(recording: Recording, on_change: OnChange) -> Self {
        let duration = recording.duration;
        // It stands still until a page is there.
        let clock = Clock { position: 0.0, since: Instant::now(), playing: true, seeking: true, speed: 1.0, duration };
        Self { recording, clock: Mutex::new(clock), wished: watch::Sender::new(0), on_change }
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// For the page, before it gets the first byte.
    pub(crate) fn windows(&self) -> &Windows {
        &self.recording.head.windows
    }

    pub(crate) fn view(&self) -> PlaybackView {
        let clock = *self.clock.lock();
        let Recording { head, duration, cut, .. } = &self.recording;
        PlaybackView {
            began: head.began,
            duration: *duration,
            position: clock.position(Instant::now()),
            playing: clock.playing,
            seeking: clock.seeking,
            speed: clock.speed,
            cut: *cut,
        }
    }

    pub(crate) fn wish(&self, wish: PlaybackWish) {
        self.clock.lock().wish(wish, Instant::now());
        self.wished.send_modify(|wished| *wished += 1);
        (self.on_change)();
    }

    /// Sends all records whose time has come, until the user wants to go back, nobody listens, or the file is broken.
    pub(crate) async fn play(&self, to: impl AsyncRead + AsyncWrite + Send) -> Played {
        let (mut from_page, mut to_page) = split(to);
        // Whatever the page asks for, it gets what was recorded.
        let deaf = async {
            let _ = copy(&mut from_page, &mut sink()).await;
        };
        let played = tokio::select! {
            played = self.send(&mut to_page) => played,
            () = deaf => Played::Left,
        };
        self.clock.lock().hold(Instant::now());
        played
    }

    async fn send(&self, to: &mut (impl AsyncWrite + Unpin)) -> Played {
        let mut wished = self.wished.subscribe();
        let mut records = records(&self.recording.path);
        // The time of what was sent last.
        let mut sent = 0;
        loop {
            let next = match records.recv().await {
                Some(Ok(record)) => record,
                Some(Err(flaw)) => return Played::Failed(told(flaw, &self.recording.path)),
                None => return self.rest(&mut wished).await,
            };
            loop {
                let (due, seeking) = {
                    let clock = self.clock.lock();
                    if clock.is_before(sent) {
                        return Played::Again;
                    }
                    (clock.due(next.0), clock.seeking)
                };
                match due {
                    Some(due) if due <= Instant::now() => break,
                    _ if seeking => self.arrive(),
                    Some(due) => tokio::select! {
                        () = sleep_until(due) => break,
                        _ = wished.changed() => {}
                    },
                    None => drop(wished.changed().await),
                }
            }
            if to.write_all(&next.1).await.is_err() {
                return Played::Left;
            }
            sent = next.0;
        }
    }

    /// All was sent: stands still at the end when that has come, until the user wants to go back.
    async fn rest(&self, wished: &mut watch::Receiver<u64>) -> Played {
        self.arrive();
        loop {
            let due = {
                let mut clock = self.clock.lock();
                let now = Instant::now();
                // Behind the last record there is the time until the end.
                if clock.playing && clock.position(now) >= self.recording.duration {
                    (clock.position, clock.since, clock.playing) = (f64::from(self.recording.duration), now, false);
                    drop(clock);
                    (self.on_change)();
                    None
                } else if clock.playing {
                    clock.due(self.recording.duration)
                } else {
                    None
                }
            };
            let end = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = end => {}
                _ = wished.changed() => {
                    let mut clock = self.clock.lock();
                    if clock.seeking || clock.playing && clock.position(Instant::now()) >= self.recording.duration {
                        if !clock.seeking {
                            // Once more from the beginning.
                            (clock.position, clock.since) = (0.0, Instant::now());
                        }
                        return Played::Again;
                    }
                }
            }
        }
    }

    /// It has come to where the user wanted to be: time goes on from here.
    fn arrive(&self) {
        let mut clock = self.clock.lock();
        if std::mem::take(&mut clock.seeking) {
            clock.since = Instant::now();
            drop(clock);
            (self.on_change)();
        }
    }
}

impl Clock {
    fn position(&self, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.since).as_secs_f64() * 1000.0;
        let goes_on = if self.playing && !self.seeking { passed * self.speed } else { 0.0 };
        // Saturates: a time is no more than the end's.
        ((self.position + goes_on) as u32).min(self.duration)
    }

    fn wish(&mut self, wish: PlaybackWish, now: Instant) {
        (self.position, self.since) = (f64::from(self.position(now)), now);
        match wish {
            PlaybackWish::Play { on } => self.playing = on,
            PlaybackWish::Speed { times } if times.is_finite() => self.speed = times.clamp(MIN_SPEED, MAX_SPEED),
            PlaybackWish::Speed { .. } => {}
            PlaybackWish::Seek { position } => {
                (self.position, self.seeking) = (f64::from(position.min(self.duration)), true);
            }
        }
    }

    /// Stands still until a page has been sent what comes before.
    fn hold(&mut self, now: Instant) {
        (self.position, self.since, self.seeking) = (f64::from(self.position(now)), now, true);
    }

    /// When something of this time is to be sent; none while it stands still before it.
    fn due(&self, at: u32) -> Option<Instant> {
        let ahead = f64::from(at) - self.position;
        if ahead <= 0.0 {
            return Some(self.since);
        }
        let wait = Duration::from_secs_f64(ahead / 1000.0 / self.speed);
        (self.playing && !self.seeking).then(|| self.since + wait)
    }

    /// Whether the user wants to be before what was sent already.
    fn is_before(&self, sent: u32) -> bool {
        self.seeking && self.position < f64::from(sent)
    }
}

const MIN_SPEED: f64 = 0.1;
const MAX_SPEED: f64 = 64.0;

/// Reads a file's records in a thread of its own, which stands still most of the time: a few ahead. It ends when nobody takes
/// them any more, and where there are no more.
fn records(path: &Path) -> mpsc::Receiver<Result<(u32, Vec<u8>), Flaw>> {
    let (to, records) = mpsc::channel(AHEAD);
    let path = path.to_owned();
    let failing = to.clone();
    let reading = std::thread::Builder::new().name("playing".to_owned()).spawn(move || {
        if let Err(flaw) = read_records(&path, |record| to.blocking_send(Ok(record)).is_ok()) {
            let _ = to.blocking_send(Err(flaw));
        }
    });
    if let Err(cause) = reading {
        // There is room: nothing was sent yet.
        let _ = failing.try_send(Err(Flaw::Unreadable(cause)));
    }
    records
}

/// Records that are read before their time.
const AHEAD: usize = 4;

fn read_records(path: &Path, mut take: impl FnMut((u32, Vec<u8>)) -> bool) -> Result<(), Flaw> {
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
        if !take((at, bytes)) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::{
        io::{AsyncReadExt, DuplexStream, duplex},
        sync::Notify,
    };

    /// A recording of a letter every second, of so many seconds.
    fn letters(count: u8) -> (tempfile::TempDir, Recording) {
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

    fn player(recording: Recording) -> Arc<Player> {
        Arc::new(Player::new(recording, Arc::new(|| ())))
    }

    fn start(player: &Arc<Player>) -> (DuplexStream, tokio::task::JoinHandle<Played>) {
        let (near, far) = duplex(1024);
        let player = Arc::clone(player);
        (near, tokio::spawn(async move { player.play(far).await }))
    }

    async fn letter(page: &mut DuplexStream) -> char {
        char::from(page.read_u8().await.expect("a letter"))
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_until_a_page_is_there_does_not_count() {
        let (_folder, recording) = letters(3);
        let player = player(recording);
        tokio::time::advance(Duration::from_millis(4500)).await;
        assert_eq!(player.view().position, 0);
        let (mut page, playing) = start(&player);
        let began = Instant::now();
        for (seconds, expected) in [(0, 'a'), (1, 'b')] {
            assert_eq!(letter(&mut page).await, expected);
            assert_eq!(began.elapsed().as_secs_f64().round() as u64, seconds, "{expected}");
        }
        // The page leaves, and another one comes.
        drop(page);
        playing.await.unwrap();
        let left_at = player.view().position;
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(player.view().position, left_at);
    }

    #[tokio::test]
    async fn who_stands_still_at_the_end_and_plays_sees_it_again() {
        let (_folder, recording) = letters(3);
        let player = player(recording);
        let (mut page, played) = start(&player);
        player.wish(PlaybackWish::Play { on: false });
        player.wish(PlaybackWish::Seek { position: u32::MAX });
        for expected in ['a', 'b', 'c'] {
            assert_eq!(letter(&mut page).await, expected);
        }
        while player.view().seeking {
            tokio::task::yield_now().await;
        }
        player.wish(PlaybackWish::Play { on: true });
        assert!(matches!(played.await.unwrap(), Played::Again));
    }

    #[tokio::test(start_paused = true)]
    async fn it_plays_at_its_times_and_stands_still_at_its_end() {
        let (_folder, recording) = letters(3);
        let changed = Arc::new(Notify::new());
        let on_change = Arc::clone(&changed);
        let player = Arc::new(Player::new(recording, Arc::new(move || on_change.notify_one())));
        let (mut page, played) = start(&player);
        let began = Instant::now();
        for (seconds, expected) in [(0, 'a'), (1, 'b'), (2, 'c')] {
            assert_eq!(letter(&mut page).await, expected);
            assert_eq!(began.elapsed().as_secs_f64().round() as u64, seconds, "{expected}");
        }
        while player.view().playing {
            changed.notified().await;
        }
        assert_eq!((player.view().position, began.elapsed().as_secs()), (3000, 3));
        // Played once more it begins again.
        player.wish(PlaybackWish::Play { on: true });
        assert!(matches!(played.await.unwrap(), Played::Again));
        assert_eq!(player.view().position, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn it_stops_goes_on_and_plays_faster() {
        let (_folder, recording) = letters(10);
        let player = player(recording);
        let (mut page, _played) = start(&player);
        assert_eq!(letter(&mut page).await, 'a');
        player.wish(PlaybackWish::Play { on: false });
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(player.view().position < 100, "{:?}", player.view());
        player.wish(PlaybackWish::Speed { times: 4.0 });
        player.wish(PlaybackWish::Play { on: true });
        let began = Instant::now();
        for expected in 'b'..='i' {
            assert_eq!(letter(&mut page).await, expected);
        }
        assert!((1900..=2100).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
        player.wish(PlaybackWish::Speed { times: f64::NAN });
        player.wish(PlaybackWish::Speed { times: -1.0 });
        assert_eq!(player.view().speed, MIN_SPEED);
    }

    #[tokio::test(start_paused = true)]
    async fn forward_it_sends_what_lies_between_at_once_and_backward_it_begins_again() {
        let (_folder, recording) = letters(20);
        let player = player(recording);
        let (mut page, played) = start(&player);
        assert_eq!(letter(&mut page).await, 'a');
        player.wish(PlaybackWish::Play { on: false });
        player.wish(PlaybackWish::Seek { position: 9_500 });
        let began = Instant::now();
        for expected in 'b'..='j' {
            assert_eq!(letter(&mut page).await, expected);
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        while player.view().seeking {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!((player.view().position, player.view().playing), (9_500, false));
        player.wish(PlaybackWish::Seek { position: 2_000 });
        assert!(matches!(played.await.unwrap(), Played::Again));
        let (mut page, played) = start(&player);
        for expected in 'a'..='c' {
            assert_eq!(letter(&mut page).await, expected);
        }
        // Beyond its end is its end.
        player.wish(PlaybackWish::Seek { position: u32::MAX });
        for expected in 'd'..='t' {
            assert_eq!(letter(&mut page).await, expected);
        }
        while player.view().seeking {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(player.view().position, 20_000);
        drop(page);
        assert!(matches!(played.await.unwrap(), Played::Left));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_page_says_is_not_heard() {
        let (_folder, recording) = letters(2);
        let player = player(recording);
        let (mut page, _played) = start(&player);
        page.write_all(&vec![5; 1024 * 1024]).await.unwrap();
        assert_eq!(letter(&mut page).await, 'a');
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
