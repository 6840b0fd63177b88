//! An open WebSocket as a stream of bytes: message boundaries mean nothing to RFB.

use super::{
    diagnose::EndCause,
    quiet::{ANSWER_WITHIN, Due, PING_AFTER, Quiet},
};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as WebSocketError, Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

/// Bytes of a message that is received: a 4K screen in one piece, which some servers send.
const MAX_MESSAGE: usize = 32 * 1024 * 1024;
/// Bytes of a message that is sent. What a viewer sends is short.
const MAX_SEND: usize = 64 * 1024;
/// Bytes that may queue beside a message for a server that pings and does not read; beyond that, pongs are left out.
const ROOM_FOR_PONGS: usize = 16 * 1024;
/// Bytes.
const READ_BUFFER: usize = 32 * 1024;

// Close codes of RFC 6455, section 7.4.1.
const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;

/// Reads the payload of binary messages, writes one binary message a flush. While it is read, pings are answered, and sent
/// where nothing comes.
pub(super) struct BinaryStream<S> {
    socket: WebSocketStream<Counted<S>>,
    /// What is left of the last message.
    unread: Bytes,
    /// What was written since the last flush.
    unsent: BytesMut,
    /// Whether the server has closed it (RFC 6455, section 5.5.1), or it broke.
    ended: bool,
    quiet: Quiet,
    /// How many bytes had come when it was last looked.
    heard: u64,
    /// A ping is not on its way yet.
    unsent_ping: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> BinaryStream<S> {
    /// The client's end after the opening handshake; `early` is what was read beyond the answer's head.
    pub(super) async fn new(stream: S, early: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_SEND + ROOM_FOR_PONGS)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let socket =
            WebSocketStream::from_partially_read(Counted { stream, read: 0 }, early, Role::Client, Some(config)).await;
        Self {
            socket,
            unread: Bytes::new(),
            unsent: BytesMut::new(),
            ended: false,
            quiet: Quiet::new(),
            heard: 0,
            unsent_ping: false,
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.unsent.is_empty() {
            ready!(self.socket.poll_ready_unpin(cx)).map_err(io_error)?;
            self.socket.start_send_unpin(Message::Binary(self.unsent.split().freeze())).map_err(io_error)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Nothing has come: sends a ping when it is time. An error where the way is dead.
    fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        while let Poll::Ready(due) = self.quiet.poll_due(cx) {
            match due {
                Due::Ping => self.unsent_ping = true,
                Due::End => {
                    let seconds = (PING_AFTER + ANSWER_WITHIN).as_secs();
                    let words = format!("nothing came for {seconds} s, not even the answer to a ping");
                    return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, words));
                }
            }
        }
        if self.unsent_ping
            && let Poll::Ready(ready) = self.socket.poll_ready_unpin(cx)
        {
            self.unsent_ping = false;
            // Where it cannot be sent, reading says why.
            let _ = ready.and_then(|()| self.socket.start_send_unpin(Message::Ping(Bytes::new())));
        }
        // What is left of a ping or a pong.
        let _ = self.socket.poll_flush_unpin(cx);
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for BinaryStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.unread.is_empty() {
                let length = this.unread.len().min(buf.remaining());
                buf.put_slice(&this.unread[..length]);
                this.unread.advance(length);
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            let next = this.socket.poll_next_unpin(cx);
            let read = this.socket.get_ref().read;
            if std::mem::replace(&mut this.heard, read) != read {
                this.quiet.heard();
            }
            let Poll::Ready(next) = next else {
                return this.poll_quiet(cx).map(|dead| {
                    this.ended = true;
                    Err(dead)
                });
            };
            match next {
                Some(Ok(Message::Binary(bytes))) => this.unread = bytes,
                Some(Ok(Message::Text(_)) | Err(WebSocketError::Utf8(_))) => {
                    this.ended = true;
                    return Poll::Ready(Err(io::Error::other(EndCause::Text)));
                }
                Some(Ok(Message::Close(frame))) => {
                    this.ended = true;
                    // The answering close frame is sent if that needs no waiting; no server depends on it.
                    let _ = this.socket.poll_flush_unpin(cx);
                    return Poll::Ready(close(frame));
                }
                Some(Ok(Message::Pong(_))) => this.quiet.answered(),
                // A ping, which tungstenite has handled.
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    this.ended = true;
                    return Poll::Ready(match io_error(error) {
                        // VNC servers that speak WebSocket too close without a close frame.
                        error if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
                        error => Err(error),
                    });
                }
                None => this.ended = true,
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for BinaryStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.unsent.len() >= MAX_SEND {
            ready!(this.poll_send(cx))?;
        }
        let length = buf.len().min(MAX_SEND - this.unsent.len());
        this.unsent.extend_from_slice(&buf[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        this.socket.poll_flush_unpin(cx).map_err(io_error)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        this.socket.poll_close_unpin(cx).map_err(io_error)
    }
}

/// A stream that counts what is read from it: a message may be on its way for minutes.
struct Counted<S> {
    stream: S,
    /// Bytes.
    read: u64,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (this, before) = (self.get_mut(), buf.filled().len());
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        this.read += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// What a close frame comes to: an end like any other, or one that has a reason (RFC 6455, section 7.4).
fn close(frame: Option<CloseFrame>) -> io::Result<()> {
    let Some(frame) = frame else { return Ok(()) };
    match u16::from(frame.code) {
        NORMAL | GOING_AWAY => Ok(()),
        code => {
            let reason = Some(rfb::sanitize(frame.reason.as_bytes())).filter(|words| !words.is_empty());
            Err(io::Error::other(EndCause::Closed { code, reason }))
        }
    }
}

fn io_error(error: WebSocketError) -> io::Error {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    match error {
        WebSocketError::Io(cause) => cause,
        WebSocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => io::ErrorKind::UnexpectedEof.into(),
        WebSocketError::Protocol(ProtocolError::SendAfterClosing)
        | WebSocketError::ConnectionClosed
        | WebSocketError::AlreadyClosed => io::ErrorKind::BrokenPipe.into(),
        error => io::Error::other(EndCause::Protocol(error.to_string())),
    }
}
