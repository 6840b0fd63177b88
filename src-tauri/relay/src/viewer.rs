//! A viewer whose upgrade was accepted: its WebSocket, as bytes that are received and sent.

use super::{
    buffer::{BUFFER_SIZE, Buffer, BufferPool},
    frame::{self, Decoded, FrameError, MAX_HEADER},
    window::{NotSent, Window},
};
use bytes::Bytes;
use std::{
    future::poll_fn,
    io,
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout},
};
use tungstenite::protocol::frame::coding::CloseCode;

/// A viewer's WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)). Binary only, but for acknowledgements; the
/// bytes matter, not how they are divided into messages. Pings are answered while it is read from.
pub struct Viewer {
    stream: TcpStream,
    pool: Arc<BufferPool>,
    decoder: frame::Decoder,
    /// What may be on its way to a viewer that acknowledges what it has handled.
    window: Option<Window>,
    incoming: Option<Incoming>,
    outgoing: Option<Outgoing>,
    /// The pong for the latest ping. Older pings need no answer
    /// ([RFC 6455 5.5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3)), so that pongs do not pile up.
    pong: Option<Vec<u8>>,
}

/// Bytes from the viewer: payload that was decoded and not consumed, and behind it what is not decoded yet.
struct Incoming {
    buffer: Buffer,
    payload: Range<usize>,
    undecoded: Range<usize>,
}

/// A frame on its way to the viewer, sent completely before the next one begins.
struct Outgoing {
    buffer: Buffer,
    unsent: Range<usize>,
}

/// The viewer broke the protocol, or its connection ended without a Close frame.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct ViewerError {
    pub(crate) detail: String,
    /// The close code to send, if the connection still exists.
    pub(crate) code: Option<CloseCode>,
}

/// What arrived from the viewer.
pub(crate) enum ViewerEvent {
    /// Bytes, in [`Viewer::payload`].
    Data,
    /// A Close frame, with its code if it has one.
    Close(Option<CloseCode>),
}

/// The relay's part in the closing handshake
/// ([RFC 6455 7.1.2](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.2)).
pub(crate) enum CloseAction<'a> {
    /// Send a Close frame with this code and reason, and wait for the viewer's.
    Send(CloseCode, &'a str),
    /// Answer the viewer's Close frame by one with the same code.
    Reply(Option<CloseCode>),
    /// None: the connection is gone.
    Skip,
}

/// A message for the viewer, being filled: the server's bytes are read into the place that they are sent from.
pub(crate) struct Message {
    buffer: Buffer,
    end: usize,
    /// Where it is full.
    limit: usize,
}

impl Viewer {
    /// A viewer on a stream whose upgrade was accepted; `early` is what was read beyond the request.
    pub(crate) fn new(stream: TcpStream, early: &[u8], pool: Arc<BufferPool>, acknowledges: bool) -> Self {
        let incoming = (!early.is_empty()).then(|| {
            let mut buffer = pool.acquire();
            buffer[..early.len()].copy_from_slice(early);
            Incoming { buffer, payload: 0..0, undecoded: 0..early.len() }
        });
        let decoder = frame::Decoder::new(acknowledges);
        let window = acknowledges.then(Window::default);
        Self { stream, pool, decoder, window, incoming, outgoing: None, pong: None }
    }

    /// The viewer's next bytes, never empty; none once it has sent a Close frame, which is answered. Messages may come in
    /// parts, or several at once.
    ///
    /// # Errors
    /// [`ViewerError`] if it breaks the protocol (it gets the close code for that), or if its connection ends without a
    /// Close frame.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ViewerError> {
        let event = poll_fn(|cx| {
            let event = self.poll_event(cx);
            // Sends pongs. An error is not lost: the next read or write reports it.
            let _ = self.poll_flush(cx);
            event
        });
        match event.await {
            Ok(ViewerEvent::Data) => {
                let bytes = Bytes::copy_from_slice(self.payload());
                self.consume(bytes.len());
                Ok(Some(bytes))
            }
            Ok(ViewerEvent::Close(code)) => {
                self.finish(CloseAction::Reply(code)).await;
                Ok(None)
            }
            Err(error) => {
                self.finish(error.close_action()).await;
                Err(error)
            }
        }
    }

    /// Sends bytes and waits until the kernel has taken them, but not until they are acknowledged: it is for the few bytes
    /// of a greeting.
    ///
    /// # Errors
    /// [`ViewerError`] if the connection is gone.
    pub async fn send(&mut self, bytes: Bytes) -> Result<(), ViewerError> {
        for part in bytes.chunks(BUFFER_SIZE - MAX_HEADER) {
            poll_fn(|cx| self.poll_flush(cx)).await?;
            let mut message = self.message_up_to(part.len());
            message.unfilled()[..part.len()].copy_from_slice(part);
            message.end += part.len();
            self.start_send(message);
        }
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends a Close frame with this code (4000 to 4999 are for applications) and reason (at most 123 bytes, the rest is
    /// cut), and waits up to two seconds for the viewer's Close frame.
    pub async fn close(mut self, code: u16, reason: &str) {
        self.finish(CloseAction::Send(code.into(), reason)).await;
    }

    /// What was received and not consumed.
    pub(crate) fn payload(&self) -> &[u8] {
        self.incoming.as_ref().map_or(&[], |incoming| &incoming.buffer[incoming.payload.clone()])
    }

    /// Removes so many bytes from the start of [`Viewer::payload`].
    pub(crate) fn consume(&mut self, length: usize) {
        if let Some(incoming) = &mut self.incoming {
            incoming.payload.start += length;
        }
        self.release_buffer();
    }

    /// Reads and decodes what there is. Goes on reading while payload waits to be consumed, so that pings are answered and
    /// a Close frame is seen, until the buffer is full: then it is pending until [`Viewer::consume`].
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<ViewerEvent, ViewerError>> {
        loop {
            if let Some(event) = self.decode()? {
                return Poll::Ready(Ok(event));
            }
            let read = self.poll_read(cx);
            if read.is_pending() {
                self.release_buffer();
            }
            ready!(read)?;
        }
    }

    /// Decodes all frames that have arrived. Payload is moved behind payload: many pointer events become one write.
    fn decode(&mut self) -> Result<Option<ViewerEvent>, ViewerError> {
        let Some(Incoming { buffer, payload, undecoded }) = &mut self.incoming else { return Ok(None) };
        let mut has_data = false;
        while let Some((length, decoded)) = self.decoder.decode(&mut buffer[undecoded.clone()])? {
            let at = |range: Range<usize>| undecoded.start + range.start..undecoded.start + range.end;
            match decoded {
                Decoded::Payload(range) => {
                    has_data = true;
                    if Range::is_empty(payload) {
                        *payload = at(range);
                    } else {
                        let length = range.len();
                        buffer.copy_within(at(range), payload.end);
                        payload.end += length;
                    }
                }
                Decoded::Ping(range) => self.pong = Some(frame::pong(&buffer[at(range)])),
                Decoded::Acknowledgement(bytes) => {
                    if let Some(window) = &mut self.window {
                        window.acknowledge(bytes, Instant::now()).map_err(|NotSent| TOO_MUCH_ACKNOWLEDGED)?;
                    }
                }
                Decoded::Nothing => {}
                Decoded::Close(code) => return Ok(Some(ViewerEvent::Close(code))),
            }
            undecoded.start += length;
        }
        Ok(has_data.then_some(ViewerEvent::Data))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ViewerError>> {
        let incoming = self.incoming.get_or_insert_with(|| Incoming {
            buffer: self.pool.acquire(),
            payload: 0..0,
            undecoded: 0..0,
        });
        incoming.make_room();
        let Incoming { buffer, undecoded, .. } = incoming;
        let mut unfilled = ReadBuf::new(&mut buffer[undecoded.end..]);
        if unfilled.remaining() == 0 {
            return Poll::Pending;
        }
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut unfilled))?;
        let read = unfilled.filled().len();
        undecoded.end += read;
        if read == 0 {
            let detail = "the viewer's connection ended without a Close frame".to_owned();
            return Poll::Ready(Err(ViewerError { detail, code: None }));
        }
        Poll::Ready(Ok(()))
    }

    /// An idle viewer holds no buffer.
    fn release_buffer(&mut self) {
        self.incoming.take_if(|incoming| incoming.payload.is_empty() && incoming.undecoded.is_empty());
    }

    /// An empty message, for [`Viewer::start_send`]; none until the viewer has acknowledged some of what it was sent, which
    /// [`Viewer::poll_event`] reads.
    pub(crate) fn new_message(&self) -> Option<Message> {
        let room = self.window.as_ref().map_or(usize::MAX, Window::room);
        (room > 0).then(|| self.message_up_to(room))
    }

    fn message_up_to(&self, bytes: usize) -> Message {
        Message {
            buffer: self.pool.acquire(),
            end: MAX_HEADER,
            limit: BUFFER_SIZE.min(bytes.saturating_add(MAX_HEADER)),
        }
    }

    /// Starts to send a message, which [`Viewer::poll_flush`] continues. Only after that was ready: frames cannot overlap.
    pub(crate) fn start_send(&mut self, Message { mut buffer, end, .. }: Message) {
        debug_assert!(self.outgoing.is_none(), "a frame must end before the next begins");
        if let Some(window) = &mut self.window {
            window.send(end - MAX_HEADER, Instant::now());
        }
        if let Some(room) = buffer.first_chunk_mut() {
            let start = frame::write_header(room, end - MAX_HEADER);
            self.outgoing = Some(Outgoing { buffer, unsent: start..end });
        }
    }

    /// Sends the current frame and the pong that is due; ready when nothing is left to send.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ViewerError>> {
        loop {
            if let Some(Outgoing { buffer, unsent }) = &mut self.outgoing {
                while !Range::is_empty(unsent) {
                    match ready!(Pin::new(&mut self.stream).poll_write(cx, &buffer[unsent.clone()]))? {
                        0 => return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
                        written => unsent.start += written,
                    }
                }
                self.outgoing = None;
            }
            match self.pong.take() {
                Some(pong) => self.start_send_frame(&pong),
                None => return Poll::Ready(Ok(())),
            }
        }
    }

    fn start_send_frame(&mut self, frame: &[u8]) {
        let mut buffer = self.pool.acquire();
        buffer[..frame.len()].copy_from_slice(frame);
        self.outgoing = Some(Outgoing { buffer, unsent: 0..frame.len() });
    }

    /// Closing handshake ([RFC 6455 7.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.1)): flushes the current frame,
    /// sends Close, reads until the viewer's Close or EOF, as closing a socket with unread bytes resets the connection and
    /// discards what was sent. Takes [`CLOSE_TIMEOUT`] at most.
    pub(crate) async fn finish(&mut self, action: CloseAction<'_>) {
        let (close, is_reply) = match action {
            CloseAction::Send(code, reason) => (frame::close(Some(code), reason), false),
            CloseAction::Reply(code) => (frame::close(code, ""), true),
            CloseAction::Skip => return,
        };
        let handshake = async {
            poll_fn(|cx| self.poll_flush(cx)).await?;
            self.start_send_frame(&close);
            poll_fn(|cx| self.poll_flush(cx)).await?;
            if !is_reply && let Err(ViewerError { code: Some(_), .. }) = self.drain().await {
                // Its frames cannot be decoded any more, so neither can its Close frame: read until EOF.
                self.stream.shutdown().await?;
                let mut discarded = self.pool.acquire();
                while self.stream.read(&mut discarded).await? > 0 {}
            }
            Result::<(), ViewerError>::Ok(())
        };
        // Whatever comes of it, the connection is closed next.
        let _ = timeout(CLOSE_TIMEOUT, handshake).await;
    }

    /// Reads and discards until the viewer's Close frame.
    async fn drain(&mut self) -> Result<(), ViewerError> {
        loop {
            self.consume(self.payload().len());
            if let ViewerEvent::Close(_) = poll_fn(|cx| self.poll_event(cx)).await? {
                return Ok(());
            }
        }
    }
}

impl Incoming {
    /// Moves what there is to the start of the buffer, if that is little or hardly any room is left behind it.
    fn make_room(&mut self) {
        if self.payload.is_empty() {
            self.payload = self.undecoded.start..self.undecoded.start;
        }
        let room = self.buffer.len() - self.undecoded.end;
        let to_gain = self.undecoded.end - self.payload.len() - self.undecoded.len();
        if to_gain > 0 && (self.payload.is_empty() || room < BUFFER_SIZE / 4) {
            let (payload, undecoded) = (self.payload.len(), self.undecoded.len());
            self.buffer.copy_within(self.payload.clone(), 0);
            self.buffer.copy_within(self.undecoded.clone(), payload);
            self.payload = 0..payload;
            self.undecoded = payload..payload + undecoded;
        }
    }
}

impl Message {
    pub(crate) fn is_empty(&self) -> bool {
        self.end == MAX_HEADER
    }

    pub(crate) fn is_full(&self) -> bool {
        self.end == self.limit
    }

    /// What was read.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[MAX_HEADER..self.end]
    }

    /// Where more of it goes.
    fn unfilled(&mut self) -> &mut [u8] {
        &mut self.buffer[self.end..self.limit]
    }

    /// Reads more of it from `stream`. Returns the number of bytes, 0 at EOF.
    pub(crate) fn poll_read_from(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut unfilled = ReadBuf::new(self.unfilled());
        ready!(Pin::new(stream).poll_read(cx, &mut unfilled))?;
        let read = unfilled.filled().len();
        self.end += read;
        Poll::Ready(Ok(read))
    }
}

impl ViewerError {
    /// What to send to the viewer for it.
    pub(crate) fn close_action(&self) -> CloseAction<'_> {
        self.code.map_or(CloseAction::Skip, |code| CloseAction::Send(code, &self.detail))
    }
}

impl From<FrameError> for ViewerError {
    fn from(error: FrameError) -> Self {
        Self { detail: error.to_string(), code: Some(error.close_code()) }
    }
}

impl From<io::Error> for ViewerError {
    fn from(cause: io::Error) -> Self {
        Self { detail: format!("the viewer's connection broke: {cause}"), code: None }
    }
}

const TOO_MUCH_ACKNOWLEDGED: FrameError = FrameError::Protocol("an acknowledgement of what was not sent");

/// For the closing handshake.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
