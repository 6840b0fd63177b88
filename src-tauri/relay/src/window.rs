//! How many bytes may be on their way to a viewer that acknowledges what it has handled. Pure: the time is an argument.
//!
//! A browser queues without a limit what its page has not handled, so TCP never stops the relay, and the answer to a key
//! stands behind all of that queue. The window is what the page handles in [`TARGET`], as far as is known: bytes of
//! pixels are handled a hundred times as fast as bytes of bells. It is measured by how long bytes are on their way, so
//! times in which nothing is sent do not count.

use std::time::Duration;
use tokio::time::Instant;

/// Bytes on their way to one viewer, and how many may be.
#[derive(Debug)]
pub(crate) struct Window {
    size: usize,
    in_flight: usize,
    /// The measurement that is going on, one at a time.
    sample: Option<Sample>,
}

/// All bytes that were on their way at one moment.
#[derive(Debug)]
struct Sample {
    since: Instant,
    bytes: usize,
    /// Bytes of them that are not acknowledged.
    unacknowledged: usize,
}

/// The viewer acknowledged bytes that it was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotSent;

impl Default for Window {
    fn default() -> Self {
        Self { size: FIRST_SIZE, in_flight: 0, sample: None }
    }
}

impl Window {
    /// Bytes that the next message may have: a quarter of the window, or none while so many have no room. More, and the viewer
    /// would handle one message for long before it looks at anything else; fewer, and messages would cost more than bytes.
    pub(crate) fn room(&self) -> usize {
        let message = (self.size / 4).min(MAX_MESSAGE);
        if self.in_flight + message <= self.size { message } else { 0 }
    }

    /// Notes bytes that are sent.
    pub(crate) fn send(&mut self, bytes: usize, now: Instant) {
        self.in_flight += bytes;
        let Self { in_flight, .. } = *self;
        self.sample.get_or_insert(Sample { since: now, bytes: in_flight, unacknowledged: in_flight });
    }

    /// Notes bytes that the viewer says to have handled.
    pub(crate) fn acknowledge(&mut self, bytes: usize, now: Instant) -> Result<(), NotSent> {
        self.in_flight = self.in_flight.checked_sub(bytes).ok_or(NotSent)?;
        if let Some(sample) = &mut self.sample {
            sample.unacknowledged = sample.unacknowledged.saturating_sub(bytes);
            if sample.unacknowledged == 0 {
                let (bytes, took) = (sample.bytes, now - sample.since);
                self.sample = None;
                self.resize(bytes, took);
            }
        }
        Ok(())
    }

    /// So many bytes were handled in this time. Little in a short time does not say that more would take long: the window
    /// gets smaller only after what took longer than [`TARGET`], and larger by twice at most.
    fn resize(&mut self, bytes: usize, took: Duration) {
        let handled = bytes as u128 * TARGET.as_nanos() / took.as_nanos().max(1);
        let handled = usize::try_from(handled).unwrap_or(MAX_SIZE);
        let size = if took > TARGET { handled } else { handled.min(2 * self.size).max(self.size) };
        self.size = size.clamp(MIN_SIZE, MAX_SIZE);
    }
}

/// How long bytes may be on their way when the viewer has them to handle without a pause.
const TARGET: Duration = Duration::from_millis(50);

/// Bytes of the largest window. A page that draws raw pixels handles 300 MB a second and is 2 ms away, so a seventh of it
/// keeps it busy; more would only be in the way when the next bytes take longer.
pub(crate) const MAX_SIZE: usize = 4 * 1024 * 1024;

/// Bytes of the largest message.
const MAX_MESSAGE: usize = 512 * 1024;

/// Bytes of the first window: a first screen doubles it while its first bytes are drawn.
const FIRST_SIZE: usize = 256 * 1024;

/// Bytes of the smallest window: in 50 ms, WebKit handles as many bells on a slow machine.
const MIN_SIZE: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that needs `nanos` for a byte, and a server that always has more.
    struct Flood {
        window: Window,
        now: Instant,
    }

    impl Flood {
        fn new() -> Self {
            Self { window: Window::default(), now: Instant::now() }
        }

        /// Sends `total` bytes as room allows, in messages of up to `message` bytes that the page acknowledges one by one.
        fn run(&mut self, total: usize, message: usize, nanos: u64) {
            let (mut sent, mut on_the_way) = (0, std::collections::VecDeque::new());
            loop {
                while sent < total && self.window.room() > 0 {
                    let bytes = self.window.room().min(message).min(total - sent);
                    self.window.send(bytes, self.now);
                    on_the_way.push_back(bytes);
                    sent += bytes;
                    assert!(self.window.in_flight <= MAX_SIZE);
                }
                let Some(bytes) = on_the_way.pop_front() else { return };
                self.now += Duration::from_nanos(bytes as u64 * nanos);
                self.window.acknowledge(bytes, self.now).expect("it was sent");
            }
        }

        /// How long a byte that is sent now would be on its way.
        fn delay(&self, nanos: u64) -> Duration {
            Duration::from_nanos(self.window.size as u64 * nanos)
        }
    }

    #[test]
    fn a_fast_page_has_the_largest_window() {
        let mut flood = Flood::new();
        flood.run(100_000_000, 500_000, 3);
        assert_eq!(flood.window.size, MAX_SIZE);
    }

    #[test]
    fn a_slow_page_has_what_it_handles_in_the_target_time() {
        let mut flood = Flood::new();
        flood.run(20_000_000, 500_000, 100);
        assert!(flood.delay(100) > TARGET / 2 && flood.delay(100) <= TARGET, "{:?}", flood.window);
        // And no less than the smallest.
        flood.run(3_000_000, 500_000, 10_000);
        assert_eq!(flood.window.size, MIN_SIZE);
    }

    #[test]
    fn a_page_that_is_fast_again_has_the_largest_window_soon() {
        let mut flood = Flood::new();
        flood.run(5_000_000, 500_000, 10_000);
        assert_eq!(flood.window.size, MIN_SIZE);
        let before = flood.now;
        flood.run(20_000_000, 500_000, 3);
        assert_eq!(flood.window.size, MAX_SIZE);
        assert!(flood.now - before < Duration::from_millis(61), "{:?}", flood.now - before);
    }

    #[test]
    fn idle_times_and_small_messages_change_nothing() {
        let mut flood = Flood::new();
        for _ in 0..100 {
            // Two microseconds for a byte would be the smallest window, were there more of them.
            flood.run(1_000, 1_000, 2_000);
            flood.now += Duration::from_secs(3600);
        }
        assert_eq!(flood.window.size, FIRST_SIZE);
        flood.run(5_000_000, 500_000, 10_000);
        for _ in 0..100 {
            flood.run(1_000, 1_000, 2_000);
            flood.now += Duration::from_secs(3600);
        }
        assert_eq!(flood.window.size, MIN_SIZE);
    }

    #[test]
    fn a_page_that_acknowledges_nothing_gets_one_window() {
        let (mut window, now) = (Window::default(), Instant::now());
        for _ in 0..4 {
            assert_eq!(window.room(), FIRST_SIZE / 4);
            window.send(FIRST_SIZE / 4, now);
        }
        assert_eq!(window.room(), 0);
        // Little room is none, so that messages stay large.
        window.acknowledge(FIRST_SIZE / 4 - 1, now + TARGET).unwrap();
        assert_eq!(window.room(), 0);
        window.acknowledge(1, now + TARGET).unwrap();
        assert_eq!(window.room(), FIRST_SIZE / 4);
    }

    #[test]
    fn only_what_was_sent_can_be_acknowledged() {
        let (mut window, now) = (Window::default(), Instant::now());
        assert_eq!(window.acknowledge(1, now), Err(NotSent));
        window.send(100, now);
        assert_eq!(window.acknowledge(60, now), Ok(()));
        assert_eq!(window.acknowledge(41, now), Err(NotSent));
        assert_eq!(window.acknowledge(40, now), Ok(()));
        assert_eq!(window.acknowledge(1, now), Err(NotSent));
    }
}
