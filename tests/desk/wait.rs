//! Waiting, always with an end.

use std::{thread, time::Duration};
use tokio::time::{Instant, sleep};

/// How long anything may take. Long, as the machine may be small and busy: only failures wait so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at something that no event tells of.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something, for what no event tells of.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    sooner_or_later(look).await.unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// The same while nothing else is to go on.
pub fn patiently<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(PAUSE);
    }
}

/// Looks until there is something or patience has run out, where more is to be said about a wait in vain.
pub async fn sooner_or_later<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
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
