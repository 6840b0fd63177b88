//! Moving bytes both ways between a viewer and a server, until either side ends. The bytes are never looked at.
//!
//! Nothing is read that cannot be passed on soon, so a side that does not read stops the other one, and a session holds
//! two buffers at most however much is on its way, and none while nothing is. Where much flows, much is read at once and
//! sent as one message; where the source runs dry, what is there is sent at once.

use super::viewer::{Heard, PARTING, Parting, Viewer, ViewerBroke};
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

/// How a session's flow of bytes ended.
#[derive(Debug)]
pub enum Ended {
    /// The viewer said goodbye.
    Viewer,
    /// The viewer vanished, or sent what is not its to send.
    ViewerBroke(String),
    /// The server closed the connection, in order.
    ServerClosed,
    /// The connection to the server broke.
    ServerBroke(io::Error),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Viewer => f.write_str("the viewer closed the session"),
            Self::ViewerBroke(detail) => f.write_str(detail),
            Self::ServerClosed => f.write_str("the server closed the session"),
            Self::ServerBroke(cause) => write!(f, "the connection to the server broke: {cause}"),
        }
    }
}

/// Moves bytes both ways until one side ends, tells the other side, and says which it was.
///
/// A viewer whose server ended gets everything that the server sent before, then close code 4410 (closed) or 4411
/// (broke). A server whose viewer ended gets what the viewer sent before, then the end of the stream.
///
/// Turn Nagle's algorithm off on the server's socket (`set_nodelay`): with it, answers wait for acknowledgements that the
/// other end delays by 40 ms.
pub async fn splice<S>(viewer: Viewer, server: S) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut flow = Flow { viewer, server, to_flush: false, server_ended: None };
    let mut end = poll_fn(|cx| flow.poll(cx)).await;
    if end.may_have_last_words {
        end = timeout(PARTING, poll_fn(|cx| flow.poll_down_to_the_end(cx))).await.unwrap_or(end);
    }
    let Flow { mut viewer, mut server, .. } = flow;
    let last_words = viewer.heard().to_vec();
    let hang_up = async {
        if matches!(end.ended, Ended::Viewer) {
            server.write_all(&last_words).await?;
        }
        server.shutdown().await
    };
    // Neither can keep the other waiting, nor us.
    let _ = tokio::join!(timeout(PARTING, hang_up), viewer.see_off(end.parting));
    end.ended
}

/// An end, and what the viewer is told about it.
struct End {
    ended: Ended,
    parting: Parting<'static>,
    /// The server takes nothing more, but may have said something before, and how it ended.
    may_have_last_words: bool,
}

impl From<ViewerBroke> for End {
    fn from(broke: ViewerBroke) -> Self {
        let parting = broke.code.map_or(Parting::Gone, |code| Parting::Say(code, ""));
        Self::new(Ended::ViewerBroke(broke.detail), parting)
    }
}

impl End {
    fn new(ended: Ended, parting: Parting<'static>) -> Self {
        Self { ended, parting, may_have_last_words: false }
    }

    fn viewer(code: Option<u16>) -> Self {
        Self::new(Ended::Viewer, Parting::Answer(code))
    }

    fn server_closed() -> Self {
        Self::new(Ended::ServerClosed, Parting::Say(SERVER_CLOSED, "the server closed the session"))
    }

    fn server_broke(cause: io::Error) -> Self {
        Self::new(Ended::ServerBroke(cause), Parting::Say(SERVER_BROKE, "the connection to the server broke"))
    }

    fn server_takes_nothing(cause: io::Error) -> Self {
        Self { may_have_last_words: true, ..Self::server_broke(cause) }
    }
}

/// A session's two directions. One task drives both: two would need a lock around each stream, and twice the memory.
struct Flow<S> {
    viewer: Viewer,
    server: S,
    /// Written to the server and not flushed.
    to_flush: bool,
    /// How the server ended, while its last words are on their way.
    server_ended: Option<End>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Flow<S> {
    /// Both directions by turns: a key is not kept waiting by a film for longer than one message takes.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            // A goodbye that has arrived goes before the failure to send to whoever said it.
            let up = self.poll_up(cx);
            if let Poll::Ready(Err(end)) = up {
                return Poll::Ready(end);
            }
            let down = self.poll_down(cx);
            if let Poll::Ready(Err(end)) = down {
                return Poll::Ready(end);
            }
            if up.is_pending() && down.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// A step from the viewer to the server; pending when there is none to take now.
    fn poll_up(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let Self { viewer, server, to_flush, .. } = self;
        if !viewer.heard().is_empty() {
            if let Poll::Ready(written) = Pin::new(server).poll_write(cx, viewer.heard()) {
                let written = match written {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    written => written,
                };
                viewer.passed_on(written.map_err(End::server_takes_nothing)?);
                *to_flush = true;
                return Poll::Ready(Ok(()));
            }
        } else if *to_flush && let Poll::Ready(flushed) = Pin::new(server).poll_flush(cx) {
            flushed.map_err(End::server_takes_nothing)?;
            *to_flush = false;
        }
        // Heard even while the server takes nothing.
        match ready!(viewer.poll_hear(cx))? {
            Heard::Bytes => Poll::Ready(Ok(())),
            Heard::Goodbye(code) => Poll::Ready(Err(End::viewer(code))),
        }
    }

    /// A step from the server to the viewer: nothing is read before the viewer has what was read before.
    fn poll_down(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let Self { viewer, server, server_ended, .. } = self;
        ready!(viewer.poll_say(cx))?;
        if let Some(end) = server_ended.take() {
            return Poll::Ready(Err(end));
        }
        let mut message = viewer.message();
        while !message.is_full() {
            match message.poll_read_from(server, cx) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(Ok(0)) => {
                    *server_ended = Some(End::server_closed());
                    break;
                }
                Poll::Ready(Err(cause)) => {
                    *server_ended = Some(End::server_broke(cause));
                    break;
                }
                Poll::Pending if message.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        if !message.is_empty() {
            viewer.say(message);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_down_to_the_end(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Err(end) = ready!(self.poll_down(cx)) {
                return Poll::Ready(end);
            }
        }
    }
}

/// Our close codes, from the range that RFC 6455 leaves to applications.
const SERVER_CLOSED: u16 = 4410;
const SERVER_BROKE: u16 = 4411;
