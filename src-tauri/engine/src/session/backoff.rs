//! When a broken connection is tried again: whether, and after which wait.

use crate::error::Error;
use std::time::Duration;

/// The waits between attempts. Knows no clock.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    /// The session was live once: only then something has broken.
    was_live: bool,
    attempts: u32,
}

impl Backoff {
    /// Whether to try again after this end. `live` is how long the session was live, if it was.
    ///
    /// Only errors that pass by themselves are tried again: see `Recovery`.
    pub(super) fn should_retry(&mut self, error: &Error, live: Option<Duration>) -> bool {
        self.was_live |= live.is_some();
        // Reset only after a while, so that a server that drops every session is not redialled each second.
        if live.is_some_and(|live| live >= STEADY) {
            self.attempts = 0;
        }
        self.was_live && error.recovery().reconnects()
    }

    /// How long to wait now: 1, 2, 4, 8, 16, 30, 30, ... seconds.
    pub(super) fn next(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.attempts.min(16)).min(MAX);
        self.attempts = self.attempts.saturating_add(1);
        wait
    }
}

const FIRST: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(30);
/// A session that was live for so long counts as restored.
const STEADY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ConnectError;

    fn lost() -> Error {
        ConnectError::ConnectionLost { address: "box".into(), detail: String::new() }.into()
    }

    fn waits(backoff: &mut Backoff, count: usize) -> Vec<u64> {
        (0..count).map(|_| backoff.next().as_secs()).collect()
    }

    #[test]
    fn the_waits_grow_to_half_a_minute() {
        let mut backoff = Backoff::default();
        assert!(backoff.should_retry(&lost(), Some(STEADY)));
        assert_eq!(waits(&mut backoff, 7), [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(&mut backoff, 100).last(), Some(&30));
    }

    #[test]
    fn a_picture_that_stays_begins_anew_and_one_that_flashes_does_not() {
        let mut backoff = Backoff::default();
        assert!(backoff.should_retry(&lost(), Some(STEADY)));
        assert_eq!(waits(&mut backoff, 3), [1, 2, 4]);
        assert!(backoff.should_retry(&lost(), Some(Duration::from_secs(1))));
        assert_eq!(waits(&mut backoff, 1), [8]);
        assert!(backoff.should_retry(&lost(), Some(STEADY)));
        assert_eq!(waits(&mut backoff, 1), [1]);
    }

    #[test]
    fn what_never_was_there_has_not_broken() {
        let mut backoff = Backoff::default();
        assert!(!backoff.should_retry(&ConnectError::ConnectionRefused { address: "box".into() }.into(), None));
        assert!(backoff.should_retry(&lost(), Some(STEADY)));
        assert!(
            backoff.should_retry(&ConnectError::ConnectionRefused { address: "box".into() }.into(), None),
            "on the way back"
        );
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
            ConnectError::NoCommonType { address: address(), offered: vec![], maker: None },
        ] {
            let mut backoff = Backoff::default();
            assert!(!backoff.should_retry(&error.clone().into(), Some(STEADY)), "{error}");
        }
    }
}
