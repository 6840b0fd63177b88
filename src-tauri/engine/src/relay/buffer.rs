//! Buffers that all sessions of a relay share. A session has one only while bytes are on their way through it: reading
//! much at once is what makes a relay fast, and a thousand idle sessions must not hold a thousand large buffers.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

/// The buffers that nobody has now. The one that was given back last is lent next: it is still in the processor's cache,
/// and its pages are there.
#[derive(Default)]
pub(super) struct Buffers(Mutex<Vec<Box<[u8]>>>);

/// A buffer that is lent; it goes back when this is dropped. What it contains is somebody else's old bytes.
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    home: Arc<Buffers>,
}

impl Buffers {
    pub(super) fn lend(self: &Arc<Self>) -> Buffer {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer { bytes: kept.unwrap_or_else(|| vec![0; SIZE].into()), home: Arc::clone(self) }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut kept = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(mem::take(&mut self.bytes));
        }
    }
}

/// Eight of the 65,483 bytes that Linux sends over loopback as one segment: a little more, and each full buffer would end
/// in a segment of a few bytes. Half as much costs a third more CPU time; twice as much is hardly faster, a page would
/// wait longer for the end of a message, and sessions that are stuck would hold more.
pub(super) const SIZE: usize = 8 * 65_483;

/// Buffers that are kept for the next who needs one: as many as threads may want one at the same moment.
const KEPT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_and_few_are_kept() {
        let buffers = Arc::new(Buffers::default());
        let mut first = buffers.lend();
        first[0] = 7;
        drop(first);
        assert_eq!(buffers.lend()[0], 7, "the one that was given back");
        drop((0..20).map(|_| buffers.lend()).collect::<Vec<_>>());
        assert_eq!(buffers.0.lock().unwrap().len(), KEPT);
    }
}
