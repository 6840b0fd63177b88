//! How many desks there are at a time.

use std::{
    cell::RefCell,
    sync::{Arc, Condvar, LazyLock, Mutex, PoisonError, Weak},
    thread,
};

/// A seat, at which there may be a desk. There is one for each processor: on a desk browsers start, and what else runs beside more of them than
/// there are processors comes too late for what waits for it.
pub struct Seat(());

static FREE: LazyLock<Mutex<usize>> =
    LazyLock::new(|| Mutex::new(thread::available_parallelism().map_or(1, usize::from)));
static FREED: Condvar = Condvar::new();

thread_local! {
    static TAKEN: RefCell<Weak<Seat>> = const { RefCell::new(Weak::new()) };
}

impl Seat {
    /// Waits for a seat. A test with several desks has one for all of them, or two such tests would wait for each other.
    pub fn take() -> Arc<Self> {
        TAKEN.with_borrow_mut(|taken| {
            taken.upgrade().unwrap_or_else(|| {
                let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
                *FREED.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner) -= 1;
                let seat = Arc::new(Self(()));
                *taken = Arc::downgrade(&seat);
                seat
            })
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_one();
    }
}
