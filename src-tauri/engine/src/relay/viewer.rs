//! A viewer that has been let in: the page's end of the relay, as messages of bytes.

use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as WebSocketError, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

type Socket = WebSocketStream<TcpStream>;
pub(super) type Sink = SplitSink<Socket, Message>;
pub(super) type Stream = SplitStream<Socket>;

/// A viewer's WebSocket. Binary only; pings are answered while it is read.
pub struct Viewer {
    socket: Socket,
}

/// The viewer broke the protocol, or is gone without a word.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct ViewerBroke {
    pub(super) detail: String,
    /// What to tell it, where it can still be told.
    pub(super) code: Option<u16>,
}

/// What a WebSocket message means here.
pub(super) enum Heard {
    Bytes(Bytes),
    /// A ping or the like: dealt with.
    Nothing,
    Goodbye,
}

impl Viewer {
    /// A viewer on a stream whose upgrade has been granted; `early` is what was read beyond the request.
    pub(super) async fn new(stream: TcpStream, early: Vec<u8>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_SEND + ROOM_FOR_PONGS)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        Self { socket: WebSocketStream::from_partially_read(stream, early, Role::Server, Some(config)).await }
    }

    /// The viewer's next bytes, never empty; none once it has said goodbye.
    ///
    /// # Errors
    /// [`ViewerBroke`] where it sent what is not its to send (it is told so), or vanished.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ViewerBroke> {
        loop {
            match heard(self.socket.next().await) {
                Ok(Heard::Bytes(bytes)) => return Ok(Some(bytes)),
                Ok(Heard::Nothing) => {}
                Ok(Heard::Goodbye) => {
                    self.see_off(None).await;
                    return Ok(None);
                }
                Err(broke) => {
                    self.see_off(broke.code.map(|code| (code, broke.detail.as_str()))).await;
                    return Err(broke);
                }
            }
        }
    }

    /// Sends bytes, at most 256 KiB at a time, and waits until the kernel has them.
    ///
    /// # Errors
    /// [`ViewerBroke`] where nobody is there any more.
    pub async fn send(&mut self, bytes: Bytes) -> Result<(), ViewerBroke> {
        self.socket.send(Message::Binary(bytes)).await.map_err(ViewerBroke::from)
    }

    /// Says goodbye with a close code (4000 to 4999 are ours) and a short reason, and waits a moment for the answer.
    pub async fn close(mut self, code: u16, reason: &str) {
        self.see_off(Some((code, reason))).await;
    }

    /// Ends the conversation in order: says goodbye, or answers one, and reads until the other end is through.
    async fn see_off(&mut self, close: Option<(u16, &str)>) {
        let ending = async {
            let _ = match close {
                Some((code, reason)) => {
                    let reason = &reason[..reason.floor_char_boundary(MAX_REASON)];
                    self.socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await
                }
                None => self.socket.flush().await,
            };
            while let Some(Ok(_)) = self.socket.next().await {}
            if let Some((TOO_BIG | PROTOCOL_ERROR, _)) = close {
                // What follows can no longer be read as messages; closing over it would take our goodbye back.
                let stream = self.socket.get_mut();
                let _ = stream.shutdown().await;
                let _ = tokio::io::copy(&mut stream.take(MAX_UNREAD), &mut tokio::io::sink()).await;
            }
        };
        // Whoever does not answer is cut off.
        let _ = timeout(PARTING, ending).await;
    }

    pub(super) fn split(self) -> (Sink, Stream) {
        self.socket.split()
    }

    /// Puts the two halves together again and sees the viewer off.
    pub(super) async fn part(sink: Sink, stream: Stream, close: Option<(u16, &str)>) {
        // Fails for halves of two different viewers only.
        if let Ok(socket) = sink.reunite(stream) {
            Self { socket }.see_off(close).await;
        }
    }
}

/// Reads one item of the socket's stream.
pub(super) fn heard(item: Option<Result<Message, WebSocketError>>) -> Result<Heard, ViewerBroke> {
    match item {
        Some(Ok(Message::Binary(bytes))) if !bytes.is_empty() => Ok(Heard::Bytes(bytes)),
        Some(Ok(Message::Text(_))) | Some(Err(WebSocketError::Utf8(_))) => {
            Err(ViewerBroke { detail: "the viewer sent text".to_owned(), code: Some(UNSUPPORTED_DATA) })
        }
        Some(Ok(Message::Close(_))) | None => Ok(Heard::Goodbye),
        Some(Ok(_)) => Ok(Heard::Nothing),
        Some(Err(error)) => Err(error.into()),
    }
}

impl From<WebSocketError> for ViewerBroke {
    fn from(error: WebSocketError) -> Self {
        let code = match &error {
            WebSocketError::Capacity(_) => Some(TOO_BIG),
            WebSocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
            WebSocketError::Protocol(_) => Some(PROTOCOL_ERROR),
            _ => None,
        };
        Self { detail: format!("the viewer's connection broke: {error}"), code }
    }
}

/// The longest message that is sent. Larger ones make a page wait for their end.
pub(super) const MAX_SEND: usize = 256 * 1024;
/// How long a goodbye may take.
pub(super) const PARTING: Duration = Duration::from_secs(2);

/// The longest message that is taken. noVNC's are at most 10 KiB.
const MAX_MESSAGE: usize = 128 * 1024;
/// 4 KiB instead of tungstenite's 128: what an idle session costs.
const READ_BUFFER: usize = 4 * 1024;
/// What may queue beside a message for a viewer that pings and does not read; then pongs are left out.
const ROOM_FOR_PONGS: usize = 16 * 1024;
/// Bytes that are thrown away after the goodbye to a viewer that broke the protocol.
const MAX_UNREAD: u64 = 1024 * 1024;
/// Bytes of a close reason (RFC 6455, section 5.5).
const MAX_REASON: usize = 123;

// Close codes of RFC 6455, section 7.4.1.
const PROTOCOL_ERROR: u16 = 1002;
const UNSUPPORTED_DATA: u16 = 1003;
const TOO_BIG: u16 = 1009;
