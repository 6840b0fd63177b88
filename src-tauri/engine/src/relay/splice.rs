//! Moving bytes both ways between a viewer and a server, until either side ends: two plain loops.
//!
//! Nothing is read that cannot be passed on soon, so a side that does not read stops the other one, and a session holds
//! less than a mebibyte however much is on its way. Where much flows, much is read at once and sent as one message;
//! where the source runs dry, what is there is sent at once.

use super::viewer::{Heard, MAX_SEND, PARTING, Sink, Stream, Viewer, ViewerBroke, heard};
use bytes::{BufMut, BytesMut};
use futures_util::{SinkExt, StreamExt};
use std::{
    fmt,
    future::poll_fn,
    io,
    pin::pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

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
pub async fn splice<S>(viewer: Viewer, server: S) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (mut to_viewer, mut from_viewer) = viewer.split();
    let mut unsent = BytesMut::new();
    let end = {
        let mut up = pin!(up(&mut from_viewer, &mut to_server, &mut unsent));
        let mut down = pin!(down(&mut from_server, &mut to_viewer));
        tokio::select! {
            // A goodbye that has arrived goes before the failure to send to whoever said it.
            biased;
            end = &mut up => match end.ended {
                // It takes nothing more, but may have said something before, and how it ended.
                Ended::ServerBroke(_) => timeout(PARTING, down).await.unwrap_or(end),
                _ => end,
            },
            end = &mut down => end,
        }
    };
    let hang_up = async {
        if matches!(end.ended, Ended::Viewer) {
            to_server.write_all(&unsent).await?;
        }
        to_server.shutdown().await
    };
    // Neither can keep the other waiting, nor us.
    let _ = tokio::join!(timeout(PARTING, hang_up), Viewer::part(to_viewer, from_viewer, end.close_viewer));
    end.ended
}

/// An end, and what the viewer is told about it.
struct End {
    ended: Ended,
    close_viewer: Option<(u16, &'static str)>,
}

impl From<ViewerBroke> for End {
    fn from(broke: ViewerBroke) -> Self {
        Self { ended: Ended::ViewerBroke(broke.detail), close_viewer: broke.code.map(|code| (code, "")) }
    }
}

impl End {
    fn viewer() -> Self {
        Self { ended: Ended::Viewer, close_viewer: None }
    }

    fn server_closed() -> Self {
        Self { ended: Ended::ServerClosed, close_viewer: Some((SERVER_CLOSED, "the server closed the session")) }
    }

    fn server_broke(cause: io::Error) -> Self {
        Self {
            ended: Ended::ServerBroke(cause),
            close_viewer: Some((SERVER_BROKE, "the connection to the server broke")),
        }
    }
}

/// From the viewer to the server. The viewer is heard even while the server takes nothing, until [`READ_AHEAD`] waits
/// in `unsent`: so its goodbye is seen, and its pings are answered.
async fn up(viewer: &mut Stream, server: &mut (impl AsyncWrite + Unpin), unsent: &mut BytesMut) -> End {
    let mut behind = false;
    loop {
        tokio::select! {
            item = viewer.next(), if unsent.len() < READ_AHEAD => match heard(item) {
                Ok(Heard::Bytes(bytes)) => {
                    unsent.extend_from_slice(&bytes);
                    behind = true;
                }
                Ok(Heard::Nothing) => {}
                Ok(Heard::Goodbye) => return End::viewer(),
                Err(broke) => return broke.into(),
            },
            passed_on = pass_on(server, unsent), if behind => match passed_on {
                Ok(()) => {
                    behind = false;
                    // A clipboard may have made it large.
                    *unsent = BytesMut::new();
                }
                Err(cause) => return End::server_broke(cause),
            },
        }
    }
}

/// Writes all of `unsent`. May be interrupted at any point: what was written is no longer in there.
async fn pass_on(server: &mut (impl AsyncWrite + Unpin), unsent: &mut BytesMut) -> io::Result<()> {
    while !unsent.is_empty() {
        if server.write_buf(unsent).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    server.flush().await
}

/// From the server to the viewer: reads only what the viewer's socket has room for.
async fn down(server: &mut (impl AsyncRead + Unpin), viewer: &mut Sink) -> End {
    let mut buffer = BytesMut::new();
    loop {
        let source = poll_fn(|cx| fill(server, cx, &mut buffer)).await;
        if !buffer.is_empty() {
            let message = Message::Binary(buffer.split().freeze());
            let sent = async {
                // Pongs may be queued that the viewer does not take: only behind them is there room for a message.
                viewer.flush().await?;
                viewer.send(message).await
            };
            if let Err(error) = sent.await {
                return ViewerBroke::from(error).into();
            }
        }
        match source {
            Source::Flows => {}
            // Given back, so that an idle session holds a small one.
            Source::Dry => buffer = BytesMut::new(),
            Source::Closed => return End::server_closed(),
            Source::Broke(cause) => return End::server_broke(cause),
        }
    }
}

/// How the server's stream was left.
enum Source {
    /// More than a message can hold is there.
    Flows,
    /// Nothing more is there now.
    Dry,
    Closed,
    Broke(io::Error),
}

/// Takes what there is, into a small buffer first and, if that fills up, into one for a whole message.
fn fill(server: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<Source> {
    loop {
        let room = match buffer.len() {
            MAX_SEND.. => return Poll::Ready(Source::Flows),
            SMALL_READ.. => MAX_SEND,
            _ => SMALL_READ,
        } - buffer.len();
        buffer.reserve(room);
        let read = pin!(server.read_buf(&mut (&mut *buffer).limit(room))).poll(cx);
        match read {
            Poll::Ready(Ok(0)) => return Poll::Ready(Source::Closed),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(cause)) => return Poll::Ready(Source::Broke(cause)),
            Poll::Pending if buffer.is_empty() => return Poll::Pending,
            Poll::Pending => return Poll::Ready(Source::Dry),
        }
    }
}

/// Bytes of the viewer's that may wait for the server before the viewer is no longer read.
const READ_AHEAD: usize = 128 * 1024;
/// An idle session waits with this.
const SMALL_READ: usize = 4 * 1024;

/// Our close codes, from the range that RFC 6455 leaves to applications.
const SERVER_CLOSED: u16 = 4410;
const SERVER_BROKE: u16 = 4411;
