//! Turns: one question at a time, and no long wait behind a question whose answer nothing waits for any more.

use super::KEYRING_OFFER_DELAY;
use std::{future::pending, sync::Arc};
use tokio::{
    sync::{Mutex, OwnedMutexGuard, watch},
    time::{Instant, sleep_until},
};

/// Hands out turns in the order in which they were asked for.
#[derive(Clone, Default)]
pub(super) struct Turns {
    turn: Arc<Mutex<()>>,
    current: Arc<watch::Sender<Current>>,
}

/// The turn that was given out last.
#[derive(Clone, Copy, Default)]
struct Current {
    number: u64,
    /// When its question was given up; none while the answer is waited for, and after the end of the turn.
    given_up: Option<Instant>,
}

/// The right to ask; ends when dropped.
pub(super) struct Turn {
    number: u64,
    current: Arc<watch::Sender<Current>>,
    _turn: OwnedMutexGuard<()>,
}

/// Held while the answer to a question is waited for. Dropped before [`Waiting::answered`], the question is given up.
pub(super) struct Waiting {
    number: u64,
    current: Arc<watch::Sender<Current>>,
    answered: bool,
}

impl Turns {
    /// Waits for the next turn. None where the question before was given up and has not ended within
    /// [`KEYRING_OFFER_DELAY`] after that.
    pub(super) async fn take(&self) -> Option<Turn> {
        let turn = tokio::select! {
            biased;
            turn = Arc::clone(&self.turn).lock_owned() => turn,
            () = self.overdue() => return None,
        };
        let mut number = 0;
        self.current.send_modify(|current| {
            *current = Current { number: current.number + 1, given_up: None };
            number = current.number;
        });
        Some(Turn { number, current: Arc::clone(&self.current), _turn: turn })
    }

    /// Returns when the current question has been given up for [`KEYRING_OFFER_DELAY`].
    async fn overdue(&self) {
        let mut current = self.current.subscribe();
        loop {
            let given_up = current.borrow_and_update().given_up;
            let over = async {
                match given_up {
                    Some(since) => sleep_until(since + KEYRING_OFFER_DELAY).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = over => return,
                // The sender lives as long as `self`.
                _ = current.changed() => {}
            }
        }
    }

    /// Whether a question has its turn.
    #[cfg(test)]
    pub(super) fn is_taken(&self) -> bool {
        self.turn.try_lock().is_err()
    }
}

impl Turn {
    /// To be held by what waits for the answer.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting { number: self.number, current: Arc::clone(&self.current), answered: false }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Before the lock is released. With a new number, so that what gave up this question in the meantime does not
        // give up the next one.
        self.current.send_modify(|current| *current = Current { number: current.number + 1, given_up: None });
    }
}

impl Waiting {
    /// The answer is there.
    pub(super) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.current.send_if_modified(|current| {
            let given_up = !self.answered && current.number == self.number;
            if given_up {
                current.given_up = Some(Instant::now());
            }
            given_up
        });
    }
}
