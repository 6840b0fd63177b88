//! Deadlines for a handshake, kept by the stream itself, so that the handshake needs no clock.
//!
//! The clock runs only while a read, a write or a flush is pending. While a person is asked something none is, so their
//! time does not count.

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

/// ProtocolVersion ([RFC 6143, section 7.1.1](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.1)): 10 s. A VNC server
/// sends it at once.
const GREETING: Duration = Duration::from_secs(10);
/// Each later message: 20 s.
pub(crate) const MESSAGE: Duration = Duration::from_secs(20);
/// The TLS handshake: 15 s a message.
pub(crate) const TLS: Duration = Duration::from_secs(15);
/// SecurityResult (section 7.1.3): 60 s, as a person at the server may have to approve the connection.
const VERDICT: Duration = Duration::from_secs(60);
/// The reason after a refusal: 2 s, as some servers announce one and send none.
pub(crate) const REASON: Duration = Duration::from_secs(2);
/// Upper bound for the whole handshake, against a peer that sends or takes one byte per deadline: 90 s of waiting.
const WHOLE_HANDSHAKE: Duration = Duration::from_secs(90);

/// How long the messages of a step may take.
pub(crate) fn deadline(step: Step) -> Duration {
    match step {
        Step::Greeting => GREETING,
        Step::SecurityResult => VERDICT,
        Step::SecurityTypes | Step::Authentication | Step::ServerInit => MESSAGE,
    }
}

/// A stream whose reads, writes and flushes fail with [`io::ErrorKind::TimedOut`] after the timeout in force, or once all
/// waits together took [`WHOLE_HANDSHAKE`].
pub(crate) struct TimeoutStream<S> {
    stream: S,
    timeout: Timeout,
    read: Option<Wait>,
    write: Option<Wait>,
}

struct Timeout {
    handle: TimeoutHandle,
    /// What is left of [`WHOLE_HANDSHAKE`].
    left: Duration,
}

/// An operation that is pending.
struct Wait {
    since: Instant,
    /// Of [`Setting::changes`], when it began.
    changes: u64,
    alarm: Pin<Box<Sleep>>,
}

/// Sets how long the next operation may take; shared with whatever knows the step of the handshake.
#[derive(Clone)]
pub(crate) struct TimeoutHandle(Arc<Setting>);

struct Setting {
    /// [`LIFTED`] without a limit.
    milliseconds: AtomicU64,
    /// How often it was set: an operation that was given up before the last time does not count any more.
    changes: AtomicU64,
}

const LIFTED: u64 = u64::MAX;

impl TimeoutHandle {
    /// From now on an operation may take this long, in whole milliseconds.
    pub(crate) fn set(&self, timeout: Duration) {
        self.store(timeout.as_millis().try_into().unwrap_or(LIFTED - 1));
    }

    /// From now on nothing is limited: the session has begun.
    pub(crate) fn lift(&self) {
        self.store(LIFTED);
    }

    /// How long an operation may take now.
    pub(crate) fn get(&self) -> Duration {
        Duration::from_millis(self.0.milliseconds.load(Ordering::Relaxed))
    }

    fn store(&self, milliseconds: u64) {
        self.0.milliseconds.store(milliseconds, Ordering::Relaxed);
        self.0.changes.fetch_add(1, Ordering::Relaxed);
    }

    fn is_lifted(&self) -> bool {
        self.0.milliseconds.load(Ordering::Relaxed) == LIFTED
    }
}

impl<S> TimeoutStream<S> {
    /// Wraps `stream`; until [`TimeoutHandle::set`] is called an operation may take as long as the whole handshake.
    pub(crate) fn new(stream: S) -> Self {
        let handle = TimeoutHandle(Arc::new(Setting { milliseconds: AtomicU64::new(0), changes: AtomicU64::new(0) }));
        handle.set(WHOLE_HANDSHAKE);
        Self { stream, timeout: Timeout { handle, left: WHOLE_HANDSHAKE }, read: None, write: None }
    }

    /// The handle that sets the timeout.
    pub(crate) fn limit(&self) -> TimeoutHandle {
        self.timeout.handle.clone()
    }
}

impl Timeout {
    /// Passes on what an operation came to, and limits how long it may be pending.
    fn limit<T>(
        &mut self,
        wait: &mut Option<Wait>,
        polled: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        let changes = self.handle.0.changes.load(Ordering::Relaxed);
        wait.take_if(|wait| wait.changes != changes);
        if polled.is_ready() {
            if let Some(Wait { since, .. }) = wait.take() {
                self.left = self.left.saturating_sub(since.elapsed());
            }
            return polled;
        }
        if self.handle.is_lifted() {
            return Poll::Pending;
        }
        let timeout = self.handle.get();
        let begin = || Wait { since: Instant::now(), changes, alarm: Box::pin(sleep(timeout.min(self.left))) };
        if wait.get_or_insert_with(begin).alarm.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if self.left < timeout {
            // It was not this message that took too long, and the timeout in force is what the user is told.
            self.handle.set(WHOLE_HANDSHAKE);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimeoutStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { stream, timeout, read, .. } = self.get_mut();
        let polled = Pin::new(stream).poll_read(cx, buf);
        timeout.limit(read, polled, cx)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimeoutStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, timeout, write, .. } = self.get_mut();
        let polled = Pin::new(stream).poll_write(cx, buf);
        timeout.limit(write, polled, cx)
    }

    // Passed on like the rest: the stream beneath may do better than one slice after the other.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, timeout, write, .. } = self.get_mut();
        let polled = Pin::new(stream).poll_write_vectored(cx, slices);
        timeout.limit(write, polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, timeout, write, .. } = self.get_mut();
        let polled = Pin::new(stream).poll_flush(cx);
        timeout.limit(write, polled, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, timeout, write, .. } = self.get_mut();
        let polled = Pin::new(stream).poll_shutdown(cx);
        timeout.limit(write, polled, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, BufWriter, duplex},
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
    async fn time_in_which_no_read_is_pending_does_not_count() {
        let (near, mut far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        advance(Duration::from_secs(600)).await;
        far.write_u8(7).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_reads_is_given_up_at_the_limit() {
        let (near, _far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        let began = Instant::now();
        let error = stream.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 10));

        let (near, _far) = duplex(8);
        let mut stream = TimeoutStream::new(BufWriter::new(near));
        stream.limit().set(Duration::from_secs(10));
        stream.write_all(&[0; 100]).await.unwrap();
        let began = Instant::now();
        let error = stream.flush().await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_a_byte_at_a_time_is_given_up_too() {
        let (near, mut far) = duplex(1);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(9)).await;
                if far.read_u8().await.is_err() {
                    break;
                }
            }
        });
        let began = Instant::now();
        let error = stream.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, WHOLE_HANDSHAKE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_was_given_up_does_not_shorten_the_next_step() {
        let (near, mut far) = duplex(8);
        let mut stream = TimeoutStream::new(near);
        stream.limit().set(Duration::from_secs(10));
        assert!(stream.read_u8().now_or_never().is_none());
        // A person is asked meanwhile.
        advance(Duration::from_secs(600)).await;
        stream.limit().set(Duration::from_secs(10));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(9)).await;
            far.write_u8(7).await.unwrap();
            std::future::pending::<()>().await;
        });
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }
}
