//! Plays a recording: sends its bytes at their times, as a server would. Nothing that the other end says is
//! heard.

use super::{recorder::OnChange, source::Source};
use crate::error::RecordingError;
use parking_lot::Mutex;
use rfb::ServerInit;
use serde::{Deserialize, Serialize};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink, split},
    sync::watch,
    time::{Instant, sleep_until},
};

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
    /// It is what was kept of a session.
    pub rewound: bool,
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
    source: Source,
    /// Where in the source the page has begun.
    beginning: AtomicUsize,
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
    /// Its reader is gone.
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

impl Player {
    pub(crate) fn new(source: Source, on_change: OnChange) -> Self {
        let duration = source.duration();
        // Rewinding is for what has just been, and mostly not for what was first.
        let position = source.stretch().map_or(0, |_| duration.saturating_sub(JUST_BEEN));
        // It stands still until a page is there.
        let clock = Clock {
            position: position.into(),
            since: Instant::now(),
            playing: true,
            seeking: true,
            speed: 1.0,
            duration,
        };
        let player = Self {
            source,
            beginning: AtomicUsize::new(0),
            clock: Mutex::new(clock),
            wished: watch::Sender::new(0),
            on_change,
        };
        player.begin();
        player
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Another page is about to show it: it begins where that is best for the time that is to be seen.
    pub(crate) fn begin(&self) {
        let position = self.clock.lock().position(Instant::now());
        self.beginning.store(self.source.beginning_for(position), Ordering::Relaxed);
    }

    /// The screen as the page is to see it at first.
    pub(crate) fn init(&self) -> ServerInit {
        self.source.init(self.beginning.load(Ordering::Relaxed))
    }

    /// For the page, before it gets the first byte.
    pub(crate) fn windows(&self) -> Vec<u8> {
        self.source.windows(self.beginning.load(Ordering::Relaxed))
    }

    /// When what it shows just now was seen: milliseconds since 1970.
    pub(crate) fn seen_at(&self) -> u64 {
        self.source.began() + u64::from(self.clock.lock().position(Instant::now()))
    }

    pub(crate) fn view(&self) -> PlaybackView {
        let clock = *self.clock.lock();
        PlaybackView {
            began: self.source.began(),
            duration: clock.duration,
            position: clock.position(Instant::now()),
            playing: clock.playing,
            seeking: clock.seeking,
            speed: clock.speed,
            cut: self.source.is_cut(),
            rewound: self.source.stretch().is_some(),
        }
    }

    pub(crate) fn wish(&self, wish: PlaybackWish) {
        self.clock.lock().wish(wish, Instant::now());
        self.wished.send_modify(|wished| *wished += 1);
        (self.on_change)();
    }

    /// Sends all records whose time has come, until the user wants to go back, the reader is gone, or the file is broken.
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
        let beginning = self.beginning.load(Ordering::Relaxed);
        let mut records = self.source.records(beginning);
        // The time of what was sent last.
        let mut sent = self.source.time_of(beginning);
        loop {
            let next = match records.recv().await {
                Some(Ok(record)) => record,
                Some(Err(flaw)) => return Played::Failed(self.source.told(flaw)),
                None => return self.rest(&mut wished).await,
            };
            loop {
                let (due, seeking) = {
                    let clock = self.clock.lock();
                    if clock.is_before(sent)
                        || clock.seeking && self.source.time_of(self.source.beginning_for(clock.goal())) > sent
                    {
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
                if clock.playing && clock.position(now) >= clock.duration {
                    (clock.position, clock.since, clock.playing) = (f64::from(clock.duration), now, false);
                    drop(clock);
                    (self.on_change)();
                    None
                } else if clock.playing {
                    clock.due(clock.duration)
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
                    if clock.seeking || clock.playing && clock.position(Instant::now()) >= clock.duration {
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

    /// Where it is on its way to, while it seeks.
    fn goal(&self) -> u32 {
        // Saturates: a time is no more than the end's.
        self.position as u32
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

/// So many milliseconds before its end what was kept of a session is shown at first.
const JUST_BEEN: u32 = 15_000;
const MIN_SPEED: f64 = 0.1;
const MAX_SPEED: f64 = 64.0;

#[cfg(test)]
mod tests;
