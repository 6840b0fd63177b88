//! When a way that broke is walked again: how often, and after which wait.

use crate::error::ConnectError;
use std::time::Duration;

/// The waits between attempts. Knows no clock.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// There was a picture once: only then something has broken.
    was_live: bool,
    attempts: u32,
}

impl Pause {
    /// Whether to try again after this end. `live` is how long there was a picture, if there was one.
    ///
    /// Only where the way broke: a server that refuses, or that a person has to decide about, is not asked twice.
    pub(super) fn goes_on(&mut self, error: &ConnectError, live: Option<Duration>) -> bool {
        self.was_live |= live.is_some();
        // Who lets us in and throws us out at once, again and again, is not asked every second.
        if live.is_some_and(|live| live >= STEADY) {
            self.attempts = 0;
        }
        self.was_live && is_the_ways(error)
    }

    /// How long to wait now: 1, 2, 4, 8, 16, 30, 30, ... seconds.
    pub(super) fn next(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.attempts.min(16)).min(LONGEST);
        self.attempts = self.attempts.saturating_add(1);
        wait
    }
}

/// Whether the way to the server failed, and not the server's or anybody's will.
fn is_the_ways(error: &ConnectError) -> bool {
    matches!(
        error,
        ConnectError::ServerClosed { .. }
            | ConnectError::ConnectionLost { .. }
            | ConnectError::ConnectionRefused { .. }
            | ConnectError::DialTimeout { .. }
            | ConnectError::Unreachable { .. }
            | ConnectError::UnknownName { .. }
            | ConnectError::SocketMissing { .. }
            | ConnectError::TimeoutGreeting { .. }
            | ConnectError::Timeout { .. }
            | ConnectError::NotRfbClosed { .. }
            | ConnectError::Closed { .. }
    )
}

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// A picture for so long means that all is well again.
const STEADY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> ConnectError {
        ConnectError::ConnectionLost { address: "box".into(), detail: String::new() }
    }

    fn waits(pause: &mut Pause, count: usize) -> Vec<u64> {
        (0..count).map(|_| pause.next().as_secs()).collect()
    }

    #[test]
    fn the_waits_grow_to_half_a_minute() {
        let mut pause = Pause::default();
        assert!(pause.goes_on(&lost(), Some(STEADY)));
        assert_eq!(waits(&mut pause, 7), [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(&mut pause, 100).last(), Some(&30));
    }

    #[test]
    fn a_picture_that_stays_begins_anew_and_one_that_flashes_does_not() {
        let mut pause = Pause::default();
        assert!(pause.goes_on(&lost(), Some(STEADY)));
        assert_eq!(waits(&mut pause, 3), [1, 2, 4]);
        assert!(pause.goes_on(&lost(), Some(Duration::from_secs(1))));
        assert_eq!(waits(&mut pause, 1), [8]);
        assert!(pause.goes_on(&lost(), Some(STEADY)));
        assert_eq!(waits(&mut pause, 1), [1]);
    }

    #[test]
    fn what_never_was_there_has_not_broken() {
        let mut pause = Pause::default();
        assert!(!pause.goes_on(&ConnectError::ConnectionRefused { address: "box".into() }, None));
        assert!(pause.goes_on(&lost(), Some(STEADY)));
        assert!(pause.goes_on(&ConnectError::ConnectionRefused { address: "box".into() }, None), "on the way back");
    }

    #[test]
    fn a_will_is_respected() {
        let address = || "box".to_owned();
        let key = || "aa".to_owned();
        for error in [
            ConnectError::AuthFailed { address: address(), reason: None, too_many: false },
            ConnectError::AuthFailedProbably { address: address() },
            ConnectError::Refused { address: address(), reason: None },
            ConnectError::TrustChanged { address: address(), known: key(), shown: key() },
            ConnectError::Integrity { address: address() },
            ConnectError::ViewerFailed { detail: String::new() },
            ConnectError::NoCommonType { address: address(), offered: vec![] },
        ] {
            let mut pause = Pause::default();
            assert!(!pause.goes_on(&error, Some(STEADY)), "{error}");
        }
    }
}
