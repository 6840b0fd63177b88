//! How often one side waits for the other: what a far server costs.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many round trips a stream has seen so far; shared with whoever wants to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoundTrips(Arc<AtomicU32>);

impl RoundTrips {
    /// So many.
    pub(crate) fn so_far(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream that counts how often something came after something was written.
pub(crate) struct Counting<S> {
    stream: S,
    written: bool,
    round_trips: RoundTrips,
}

impl<S> Counting<S> {
    /// Counts what goes through `stream` from now on.
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, written: false, round_trips: RoundTrips::default() }
    }

    /// The count.
    pub(crate) fn round_trips(&self) -> RoundTrips {
        self.round_trips.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, written, round_trips } = self.get_mut();
        let before = buf.filled().len();
        let read = ready!(Pin::new(stream).poll_read(cx, buf));
        if buf.filled().len() > before && std::mem::take(written) {
            round_trips.0.fetch_add(1, Ordering::Relaxed);
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counting<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, written, .. } = self.get_mut();
        let wrote = ready!(Pin::new(stream).poll_write(cx, buf));
        *written = true;
        Poll::Ready(wrote)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, written, .. } = self.get_mut();
        let wrote = ready!(Pin::new(stream).poll_write_vectored(cx, slices));
        *written = true;
        Poll::Ready(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn an_answer_is_a_round_trip_and_what_comes_by_itself_is_none() {
        let (near, mut far) = duplex(64);
        let mut near = Counting::new(near);
        let count = near.round_trips();
        far.write_all(b"greeting").await.unwrap();
        near.read_exact(&mut [0; 8]).await.unwrap();
        assert_eq!(count.so_far(), 0);
        for round in 1..=2 {
            // What is said in two pieces, and answered in two, is waited for once.
            near.write_all(b"que").await.unwrap();
            near.write_all(b"stion").await.unwrap();
            far.write_all(b"answer").await.unwrap();
            near.read_exact(&mut [0; 2]).await.unwrap();
            near.read_exact(&mut [0; 4]).await.unwrap();
            assert_eq!(count.so_far(), round);
        }
        near.write_all(b"bye").await.unwrap();
        drop(far);
        assert_eq!(near.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(count.so_far(), 2, "the end is no answer");
    }
}
