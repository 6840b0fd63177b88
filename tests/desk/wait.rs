//! Waiting, always with an end.

use std::{thread, time::Duration};
use tokio::time::{Instant, sleep};

/// For anything that a test waits for. Long, as the machine may be small and busy: only failures take so long.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Between two polls of something that no event tells of.
const PAUSE: Duration = Duration::from_millis(50);

/// Polls until there is something, for what no event tells of.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within_timeout(look).await.unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// The same, blocking the thread.
pub fn until_blocking<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(PAUSE);
    }
}

/// Polls until there is something; none after [`TIMEOUT`], where the caller says more about it.
pub async fn within_timeout<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if Instant::now() > deadline {
            return None;
        }
        sleep(PAUSE).await;
    }
}

/// The end of a long text.
pub fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
