//! Deadlines for a handshake, kept by the stream itself, so that the handshake needs no clock.
//!
//! The clock runs only while a read is pending. While a person is asked something no read is, and nothing runs.

use rfb::Step;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// A VNC server greets at once: what does not is none.
const GREETING: Duration = Duration::from_secs(10);
/// Each later message.
pub(crate) const MESSAGE: Duration = Duration::from_secs(20);
/// TLS, all of it.
pub(crate) const TLS: Duration = Duration::from_secs(15);
/// Somebody at the server may have to approve us.
const VERDICT: Duration = Duration::from_secs(60);
/// Some servers say why they refuse; nobody should wait for the others.
pub(crate) const REASON: Duration = Duration::from_secs(2);
/// All waiting of one handshake together: a server that drips bytes must end too.
const WHOLE_HANDSHAKE: Duration = Duration::from_secs(90);

/// How long the messages of a step may take.
pub(crate) fn deadline(step: Step) -> Duration {
    match step {
        Step::Greeting => GREETING,
        Step::SecurityResult => VERDICT,
        Step::SecurityTypes | Step::Authentication | Step::ServerInit => MESSAGE,
    }
}

/// A stream that gives up waiting: a read fails with [`io::ErrorKind::TimedOut`] after the current limit, or once
/// all waits together took [`WHOLE_HANDSHAKE`].
pub(crate) struct TimeoutStream<S> {
    stream: S,
    limit: TimeoutHandle,
    left: Duration,
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
}

/// How long the next read may wait; shared with whoever knows what is being waited for.
#[derive(Clone)]
pub(crate) struct TimeoutHandle(Arc<AtomicU64>);

impl TimeoutHandle {
    /// From now on a read may wait this long.
    pub(crate) fn set(&self, limit: Duration) {
        self.0.store(limit.as_millis().try_into().unwrap_or(u64::MAX - 1), Ordering::Relaxed);
    }

    /// From now on nothing is hurried: the session has begun.
    pub(crate) fn lift(&self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }

    /// How long a read may wait now.
    pub(crate) fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn is_lifted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == u64::MAX
    }
}

impl<S> TimeoutStream<S> {
    /// Wraps `stream`; until [`TimeoutHandle::set`] says otherwise a read may wait as long as the whole handshake.
    pub(crate) fn new(stream: S) -> Self {
        let limit = TimeoutHandle(Arc::new(AtomicU64::new(0)));
        limit.set(WHOLE_HANDSHAKE);
        Self { stream, limit, left: WHOLE_HANDSHAKE, wait: None }
    }

    /// The handle that sets the limit.
    pub(crate) fn limit(&self) -> TimeoutHandle {
        self.limit.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(cx, buf) {
            if let Some((since, _)) = this.wait.take() {
                this.left = this.left.saturating_sub(since.elapsed());
            }
            return Poll::Ready(result);
        }
        if this.limit.is_lifted() {
            this.wait = None;
            return Poll::Pending;
        }
        let limit = this.limit.get();
        let (_, alarm) = this.wait.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(limit.min(this.left)))));
        if alarm.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if this.left < limit {
            // It was not this message that took too long, and the limit in force is what the user is told.
            this.limit.set(WHOLE_HANDSHAKE);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    // Passed on like the rest: what is beneath may do better than one slice after the other.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
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
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, duplex},
        time::advance,
    };

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_given_up_at_the_limit() {
        let (near, _far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        let began = Instant::now();
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_drips_is_given_up_too() {
        let (near, mut far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(9)).await;
                if far.write_u8(0).await.is_err() {
                    break;
                }
            }
        });
        let began = Instant::now();
        let error = stream.read_exact(&mut [0; 12]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!((began.elapsed(), stream.limit().get()), (WHOLE_HANDSHAKE, WHOLE_HANDSHAKE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_may_be_silent_for_hours() {
        let (near, mut far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().lift();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(9000)).await;
            far.write_u8(7).await.unwrap();
            std::future::pending::<()>().await;
        });
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_reads_does_not_count() {
        let (near, mut far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        advance(Duration::from_secs(600)).await;
        far.write_u8(7).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }
}
