//! Copies bytes both ways between a viewer and a server until either side ends, without looking at them. Who has to look does
//! it [`Between`] them.
//!
//! Nothing is read that cannot be passed on soon: a side that does not read stops the other one, as does a viewer that does
//! not acknowledge what it was sent, if it has said that it does. A session holds two buffers at most, and none while
//! nothing moves. Acknowledgements come in order with the viewer's input: a server that takes none of that is not read
//! from when a window is full. Under load, reads are large and each becomes one message; when the
//! source has nothing more, what there is is sent at once.

use super::viewer::{CLOSE_TIMEOUT, CloseAction, Viewer, ViewerError, ViewerEvent};
use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tungstenite::protocol::frame::coding::CloseCode;

/// How [`splice`] ended.
#[derive(Debug)]
pub enum EndReason {
    /// The viewer sent a Close frame.
    ViewerClosed,
    /// The viewer broke the protocol, or its connection ended without a Close frame.
    ViewerFailed(String),
    /// The server sent EOF.
    ServerClosed,
    /// The connection to the server failed.
    ServerFailed(io::Error),
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ViewerClosed => f.write_str("the viewer closed the session"),
            Self::ViewerFailed(detail) => f.write_str(detail),
            Self::ServerClosed => f.write_str("the server closed the session"),
            Self::ServerFailed(cause) => write!(f, "the connection to the server broke: {cause}"),
        }
    }
}

/// Copies bytes both ways until one side ends, closes the other side, and returns which it was.
///
/// A viewer whose server ended gets everything that the server sent before, then close code 4410 (EOF) or 4411 (an
/// error). A server whose viewer ended gets what the viewer sent before, then EOF.
///
/// Set `TCP_NODELAY` on the server's socket: with Nagle's algorithm, small writes wait for acknowledgements that the peer
/// delays by 40 ms.
pub async fn splice<S>(viewer: Viewer, server: S) -> EndReason
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    splice_between(viewer, server, Nothing).await
}

/// Stands between the two sides. It must not block: both directions wait for it.
pub trait Between {
    /// Sees the server's bytes, in order, each time that some are about to be sent to the viewer.
    fn see(&mut self, from_server: &[u8]);

    /// Takes some of the viewer's bytes, in order, and appends what the server is to get of them.
    ///
    /// # Errors
    /// What is wrong with them: the session ends then.
    fn pass(&mut self, from_viewer: &[u8], to_server: &mut Vec<u8>) -> Result<(), String>;

    /// Appends what it has itself for the server, if anything, and wakes the task when it has more. It is asked only when what the
    /// server was to get before is on its way.
    fn poll_own(&mut self, cx: &mut Context<'_>, to_server: &mut Vec<u8>);
}

/// Nothing stands between them.
struct Nothing;

impl Between for Nothing {
    fn see(&mut self, _: &[u8]) {}

    fn pass(&mut self, from_viewer: &[u8], to_server: &mut Vec<u8>) -> Result<(), String> {
        to_server.extend_from_slice(from_viewer);
        Ok(())
    }

    fn poll_own(&mut self, _: &mut Context<'_>, _: &mut Vec<u8>) {}
}

/// The same, with something between them.
pub async fn splice_between<S>(viewer: Viewer, server: S, between: impl Between + Send + Unpin) -> EndReason
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut splice = Splice { viewer, server, between, to_server: Vec::new(), needs_flush: false, server_end: None };
    let mut end = poll_fn(|cx| splice.poll(cx)).await;
    if end.server_may_have_data {
        end = timeout(CLOSE_TIMEOUT, poll_fn(|cx| splice.poll_drain_server(cx))).await.unwrap_or(end);
    }
    let Splice { mut viewer, mut server, mut between, to_server: mut unsent, .. } = splice;
    // What is wrong with it does not matter any more.
    let _ = between.pass(viewer.payload(), &mut unsent);
    let close_server = async {
        if matches!(end.reason, EndReason::ViewerClosed) {
            server.write_all(&unsent).await?;
        }
        server.shutdown().await
    };
    // At the same time, so that neither side delays the other's end, and each within its limit.
    let _ = tokio::join!(timeout(CLOSE_TIMEOUT, close_server), viewer.finish(end.close_action));
    end.reason
}

/// Why the copying ended, and what the viewer is sent for it.
struct End {
    reason: EndReason,
    close_action: CloseAction<'static>,
    /// Writing to the server failed, but it may have sent something before that, and EOF or an error of its own.
    server_may_have_data: bool,
}

impl From<ViewerError> for End {
    fn from(error: ViewerError) -> Self {
        let close_action = error.code.map_or(CloseAction::Skip, |code| CloseAction::Send(code, ""));
        Self::new(EndReason::ViewerFailed(error.detail), close_action)
    }
}

impl End {
    fn new(reason: EndReason, close_action: CloseAction<'static>) -> Self {
        Self { reason, close_action, server_may_have_data: false }
    }

    fn viewer_closed(code: Option<CloseCode>) -> Self {
        Self::new(EndReason::ViewerClosed, CloseAction::Reply(code))
    }

    fn server_closed() -> Self {
        Self::new(EndReason::ServerClosed, CloseAction::Send(SERVER_CLOSED, "the server closed the session"))
    }

    fn server_failed(cause: io::Error) -> Self {
        Self::new(
            EndReason::ServerFailed(cause),
            CloseAction::Send(SERVER_FAILED, "the connection to the server broke"),
        )
    }

    fn write_failed(cause: io::Error) -> Self {
        Self { server_may_have_data: true, ..Self::server_failed(cause) }
    }
}

/// Both directions in one task: two tasks would need a lock around each stream, and twice the memory.
struct Splice<S, B> {
    viewer: Viewer,
    server: S,
    between: B,
    /// Bytes for the server that it has not taken yet.
    to_server: Vec<u8>,
    /// Bytes were written to the server since the last flush.
    needs_flush: bool,
    /// How the server ended, kept until its last bytes are sent to the viewer.
    server_end: Option<End>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, B: Between> Splice<S, B> {
    /// Polls both directions in turn, so that bulk updates delay input by at most one message.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            // The viewer first: a Close frame that has arrived is the reason, not a failure to write to the closed socket.
            let to_server = self.poll_to_server(cx);
            if let Poll::Ready(Err(end)) = to_server {
                return Poll::Ready(end);
            }
            let to_viewer = self.poll_to_viewer(cx);
            if let Poll::Ready(Err(end)) = to_viewer {
                return Poll::Ready(end);
            }
            if to_server.is_pending() && to_viewer.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// One step from the viewer to the server.
    fn poll_to_server(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let Self { viewer, server, between, to_server, needs_flush, .. } = self;
        if to_server.is_empty() {
            between.poll_own(cx, to_server);
        }
        if to_server.is_empty() && !viewer.payload().is_empty() {
            let some = &viewer.payload()[..viewer.payload().len().min(MAX_PIECE)];
            let (length, passed) = (some.len(), between.pass(some, to_server));
            passed.map_err(|detail| ViewerError { detail, code: Some(CloseCode::Policy) })?;
            viewer.consume(length);
            // It may have left all of it out.
            if to_server.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        if !to_server.is_empty() {
            if let Poll::Ready(written) = Pin::new(server).poll_write(cx, to_server) {
                let written = match written {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    written => written,
                };
                to_server.drain(..written.map_err(End::write_failed)?);
                if to_server.is_empty() {
                    // A session that rests holds no memory for it.
                    *to_server = Vec::new();
                }
                *needs_flush = true;
                return Poll::Ready(Ok(()));
            }
        } else if *needs_flush && let Poll::Ready(flushed) = Pin::new(server).poll_flush(cx) {
            flushed.map_err(End::write_failed)?;
            *needs_flush = false;
        }
        // Also while the server takes nothing: pings and Close frames are handled at once.
        match ready!(viewer.poll_event(cx))? {
            ViewerEvent::Data => Poll::Ready(Ok(())),
            ViewerEvent::Close(code) => Poll::Ready(Err(End::viewer_closed(code))),
        }
    }

    /// One step from the server to the viewer. Nothing is read before the message before is sent.
    fn poll_to_viewer(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let Self { viewer, server, between, server_end, .. } = self;
        ready!(viewer.poll_flush(cx))?;
        if let Some(end) = server_end.take() {
            return Poll::Ready(Err(end));
        }
        // Where there is no message, the viewer must acknowledge what it was sent: the other direction reads that.
        let Some(mut message) = viewer.new_message() else { return Poll::Pending };
        while !message.is_full() {
            match message.poll_read_from(server, cx) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(Ok(0)) => {
                    *server_end = Some(End::server_closed());
                    break;
                }
                Poll::Ready(Err(cause)) => {
                    *server_end = Some(End::server_failed(cause));
                    break;
                }
                Poll::Pending if message.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        if !message.is_empty() {
            between.see(message.bytes());
            viewer.start_send(message);
        }
        Poll::Ready(Ok(()))
    }

    /// Only from the server to the viewer, until either ends. What the viewer sends is discarded, but acknowledgements count.
    fn poll_drain_server(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            self.viewer.consume(self.viewer.payload().len());
            let from_viewer = self.viewer.poll_event(cx);
            match from_viewer {
                Poll::Ready(Ok(ViewerEvent::Close(code))) => return Poll::Ready(End::viewer_closed(code)),
                Poll::Ready(Err(error)) => return Poll::Ready(error.into()),
                Poll::Ready(Ok(ViewerEvent::Data)) | Poll::Pending => {}
            }
            let to_viewer = self.poll_to_viewer(cx);
            if let Poll::Ready(Err(end)) = to_viewer {
                return Poll::Ready(end);
            }
            if from_viewer.is_pending() && to_viewer.is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// Close codes for what ended the server's side, from the range for applications
/// ([RFC 6455 7.4.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2)).
const SERVER_CLOSED: CloseCode = CloseCode::Library(4410);
const SERVER_FAILED: CloseCode = CloseCode::Library(4411);

/// Bytes of the viewer that are looked at and sent on at once, at most.
const MAX_PIECE: usize = 16 * 1024;
