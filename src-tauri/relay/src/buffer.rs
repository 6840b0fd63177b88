//! A pool of large buffers, shared by all sessions of a listener. A session holds one only while bytes pass through it:
//! large reads are what makes a relay fast, and a thousand idle sessions must not hold a thousand large buffers.

use parking_lot::Mutex;
use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// The free buffers. The one returned last is acquired next: it is still in the processor's cache, and its pages are
/// mapped.
#[derive(Default)]
pub(crate) struct BufferPool(Mutex<Vec<Box<[u8]>>>);

/// A pooled buffer of [`BUFFER_SIZE`] bytes, returned on drop. Not cleared: it may contain bytes of another session.
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    pool: Arc<BufferPool>,
}

impl BufferPool {
    /// A free buffer, or a new one.
    pub(crate) fn acquire(self: &Arc<Self>) -> Buffer {
        let free = self.0.lock().pop();
        Buffer { bytes: free.unwrap_or_else(|| vec![0; BUFFER_SIZE].into()), pool: Arc::clone(self) }
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
        let mut free = self.pool.0.lock();
        if free.len() < MAX_FREE {
            free.push(mem::take(&mut self.bytes));
        }
    }
}

/// Bytes of a buffer: eight of Linux's loopback segments (65,483 bytes). A little more, and each full buffer would end in
/// a segment of a few bytes. Half as much costs a third more CPU time; twice as much is hardly faster, delays the end of a
/// message, and makes sessions that are stuck hold more.
pub(crate) const BUFFER_SIZE: usize = 8 * 65_483;

/// Free buffers that are kept: as many as threads may need one at the same moment.
const MAX_FREE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_reused_and_few_are_kept() {
        let pool = Arc::new(BufferPool::default());
        let mut first = pool.acquire();
        first[0] = 7;
        drop(first);
        assert_eq!(pool.acquire()[0], 7, "the one that was returned");
        drop((0..20).map(|_| pool.acquire()).collect::<Vec<_>>());
        assert_eq!(pool.0.lock().len(), MAX_FREE);
    }
}
