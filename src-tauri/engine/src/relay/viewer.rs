//! A viewer that has been let in: the page's end of the relay, as bytes that are heard and said.

use super::{
    buffer::{Buffer, Buffers, SIZE},
    frame::{self, HEADER, Piece, Violation},
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
    time::timeout,
};

/// A viewer's WebSocket (RFC 6455). Binary only, and messages mean nothing but the bytes in them; pings are answered while
/// it is heard.
pub struct Viewer {
    stream: TcpStream,
    buffers: Arc<Buffers>,
    reader: frame::Reader,
    incoming: Option<Incoming>,
    outgoing: Option<Outgoing>,
    /// The answer to the latest ping, which is all that has to be answered (section 5.5.3): so pings cannot pile up.
    pong: Option<Vec<u8>>,
}

/// Bytes from the viewer: those that are payload, and behind them those that nobody has looked at.
struct Incoming {
    buffer: Buffer,
    heard: Range<usize>,
    unread: Range<usize>,
}

/// A frame on its way to the viewer. It is finished before another one begins.
struct Outgoing {
    buffer: Buffer,
    unsent: Range<usize>,
}

/// The viewer broke the protocol, or is gone without a word.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct ViewerBroke {
    pub(super) detail: String,
    /// What to tell it, where it can still be told.
    pub(super) code: Option<u16>,
}

/// What came from the viewer.
pub(super) enum Heard {
    /// There are [`Viewer::heard`] bytes.
    Bytes,
    /// Its last word, and the code it gave.
    Goodbye(Option<u16>),
}

/// How a viewer is seen off.
pub(super) enum Parting<'a> {
    /// By a close code and a short reason.
    Say(u16, &'a str),
    /// By an answer to its own goodbye.
    Answer(Option<u16>),
    /// It is not there any more.
    Gone,
}

/// A message for the viewer that is being put together: bytes from the server are read to where they will be sent from.
pub(super) struct Message {
    buffer: Buffer,
    end: usize,
}

impl Viewer {
    /// A viewer on a stream whose upgrade has been granted; `early` is what was read beyond the request.
    pub(super) fn new(stream: TcpStream, early: &[u8], buffers: Arc<Buffers>) -> Self {
        let incoming = (!early.is_empty()).then(|| {
            let mut buffer = buffers.lend();
            buffer[..early.len()].copy_from_slice(early);
            Incoming { buffer, heard: 0..0, unread: 0..early.len() }
        });
        Self { stream, buffers, reader: Default::default(), incoming, outgoing: None, pong: None }
    }

    /// The viewer's next bytes, never empty; none once it has said goodbye. Messages may come in pieces, or together.
    ///
    /// # Errors
    /// [`ViewerBroke`] where it sent what is not its to send (it is told so), or vanished.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ViewerBroke> {
        let heard = poll_fn(|cx| {
            let heard = self.poll_hear(cx);
            // For the pongs; whether it takes them will be seen.
            let _ = self.poll_say(cx);
            heard
        });
        match heard.await {
            Ok(Heard::Bytes) => {
                let bytes = Bytes::copy_from_slice(self.heard());
                self.passed_on(bytes.len());
                Ok(Some(bytes))
            }
            Ok(Heard::Goodbye(code)) => {
                self.see_off(Parting::Answer(code)).await;
                Ok(None)
            }
            Err(broke) => {
                self.see_off(broke.parting()).await;
                Err(broke)
            }
        }
    }

    /// Sends bytes and waits until the kernel has them.
    ///
    /// # Errors
    /// [`ViewerBroke`] where nobody is there any more.
    pub async fn send(&mut self, bytes: Bytes) -> Result<(), ViewerBroke> {
        for piece in bytes.chunks(SIZE - HEADER) {
            poll_fn(|cx| self.poll_say(cx)).await?;
            let mut message = self.message();
            message.room()[..piece.len()].copy_from_slice(piece);
            message.end += piece.len();
            self.say(message);
        }
        poll_fn(|cx| self.poll_say(cx)).await
    }

    /// Says goodbye with a close code (4000 to 4999 are ours) and a short reason, and waits a moment for the answer.
    pub async fn close(mut self, code: u16, reason: &str) {
        self.see_off(Parting::Say(code, reason)).await;
    }

    /// What was heard and not yet passed on.
    pub(super) fn heard(&self) -> &[u8] {
        self.incoming.as_ref().map_or(&[], |incoming| &incoming.buffer[incoming.heard.clone()])
    }

    /// So many of the bytes that were heard are where they belong.
    pub(super) fn passed_on(&mut self, length: usize) {
        if let Some(incoming) = &mut self.incoming {
            incoming.heard.start += length;
        }
        self.give_back();
    }

    /// Reads what there is. While bytes wait to be passed on it goes on hearing, so that a ping is answered and a goodbye
    /// seen, until its buffer is full: then it waits for nothing but [`Viewer::passed_on`].
    pub(super) fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Result<Heard, ViewerBroke>> {
        loop {
            if let Some(heard) = self.understand()? {
                return Poll::Ready(Ok(heard));
            }
            let read = self.poll_read(cx);
            if read.is_pending() {
                self.give_back();
            }
            ready!(read)?;
        }
    }

    /// Takes all frames apart that are there. Payload is put behind payload: many pointer events are one write.
    fn understand(&mut self) -> Result<Option<Heard>, Violation> {
        let Some(Incoming { buffer, heard, unread }) = &mut self.incoming else { return Ok(None) };
        let mut more = false;
        while let Some((length, piece)) = self.reader.read(&mut buffer[unread.clone()])? {
            let at = |range: Range<usize>| unread.start + range.start..unread.start + range.end;
            match piece {
                Piece::Bytes(range) => {
                    more = true;
                    if Range::is_empty(heard) {
                        *heard = at(range);
                    } else {
                        let length = range.len();
                        buffer.copy_within(at(range), heard.end);
                        heard.end += length;
                    }
                }
                Piece::Ping(range) => self.pong = Some(frame::pong(&buffer[at(range)])),
                Piece::Nothing => {}
                Piece::Close(code) => return Ok(Some(Heard::Goodbye(code))),
            }
            unread.start += length;
        }
        Ok(more.then_some(Heard::Bytes))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ViewerBroke>> {
        let incoming =
            self.incoming.get_or_insert_with(|| Incoming { buffer: self.buffers.lend(), heard: 0..0, unread: 0..0 });
        incoming.make_room();
        let Incoming { buffer, unread, .. } = incoming;
        let mut room = ReadBuf::new(&mut buffer[unread.end..]);
        if room.remaining() == 0 {
            return Poll::Pending;
        }
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room))?;
        let read = room.filled().len();
        unread.end += read;
        if read == 0 {
            let detail = "the viewer's connection ended without a goodbye".to_owned();
            return Poll::Ready(Err(ViewerBroke { detail, code: None }));
        }
        Poll::Ready(Ok(()))
    }

    /// An idle viewer holds no buffer.
    fn give_back(&mut self) {
        self.incoming.take_if(|incoming| incoming.heard.is_empty() && incoming.unread.is_empty());
    }

    /// A message to fill, and to [`Viewer::say`].
    pub(super) fn message(&self) -> Message {
        Message { buffer: self.buffers.lend(), end: HEADER }
    }

    /// Puts a message on its way. Only once [`Viewer::poll_say`] was ready: otherwise it would cut into another one.
    pub(super) fn say(&mut self, Message { mut buffer, end }: Message) {
        debug_assert!(self.outgoing.is_none(), "a frame must end before the next begins");
        if let Some(room) = buffer.first_chunk_mut() {
            let start = frame::write_header(room, end - HEADER);
            self.outgoing = Some(Outgoing { buffer, unsent: start..end });
        }
    }

    /// Writes what is on its way; ready when nothing is.
    pub(super) fn poll_say(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ViewerBroke>> {
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
                Some(pong) => self.say_frame(&pong),
                None => return Poll::Ready(Ok(())),
            }
        }
    }

    fn say_frame(&mut self, frame: &[u8]) {
        let mut buffer = self.buffers.lend();
        buffer[..frame.len()].copy_from_slice(frame);
        self.outgoing = Some(Outgoing { buffer, unsent: 0..frame.len() });
    }

    /// Ends the conversation in order (section 7.1): finishes what is being said, says goodbye, and hears the other end out,
    /// as closing over unread bytes would take the goodbye back.
    pub(super) async fn see_off(&mut self, parting: Parting<'_>) {
        let (goodbye, answered) = match parting {
            Parting::Say(code, reason) => (frame::close(Some(code), reason), false),
            Parting::Answer(code) => (frame::close(code, ""), true),
            Parting::Gone => return,
        };
        let ending = async {
            poll_fn(|cx| self.poll_say(cx)).await?;
            self.say_frame(&goodbye);
            poll_fn(|cx| self.poll_say(cx)).await?;
            if !answered && let Err(ViewerBroke { code: Some(_), .. }) = self.hear_out().await {
                // What it sends can no longer be understood, and where it ends neither.
                self.stream.shutdown().await?;
                let mut rest = self.buffers.lend();
                while self.stream.read(&mut rest).await? > 0 {}
            }
            Result::<(), ViewerBroke>::Ok(())
        };
        // Whoever does not answer, or does not stop, is cut off.
        let _ = timeout(PARTING, ending).await;
    }

    /// Hears the viewer until it says goodbye too.
    async fn hear_out(&mut self) -> Result<(), ViewerBroke> {
        loop {
            self.passed_on(self.heard().len());
            if let Heard::Goodbye(_) = poll_fn(|cx| self.poll_hear(cx)).await? {
                return Ok(());
            }
        }
    }
}

impl Incoming {
    /// Moves what is there to the front, where that is little or there is hardly any room behind it.
    fn make_room(&mut self) {
        if self.heard.is_empty() {
            self.heard = self.unread.start..self.unread.start;
        }
        let room = self.buffer.len() - self.unread.end;
        let to_gain = self.unread.end - self.heard.len() - self.unread.len();
        if to_gain > 0 && (self.heard.is_empty() || room < SIZE / 4) {
            let (heard, unread) = (self.heard.len(), self.unread.len());
            self.buffer.copy_within(self.heard.clone(), 0);
            self.buffer.copy_within(self.unread.clone(), heard);
            self.heard = 0..heard;
            self.unread = heard..heard + unread;
        }
    }
}

impl Message {
    pub(super) fn is_empty(&self) -> bool {
        self.end == HEADER
    }

    /// Where more of it may be written to; see [`Message::poll_read_from`].
    fn room(&mut self) -> &mut [u8] {
        &mut self.buffer[self.end..]
    }

    pub(super) fn is_full(&self) -> bool {
        self.end == self.buffer.len()
    }

    /// Reads more of it; how much it was, none at the stream's end.
    pub(super) fn poll_read_from(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(self.room());
        ready!(Pin::new(stream).poll_read(cx, &mut room))?;
        let read = room.filled().len();
        self.end += read;
        Poll::Ready(Ok(read))
    }
}

impl ViewerBroke {
    /// How it is seen off.
    pub(super) fn parting(&self) -> Parting<'_> {
        self.code.map_or(Parting::Gone, |code| Parting::Say(code, &self.detail))
    }
}

impl From<Violation> for ViewerBroke {
    fn from(violation: Violation) -> Self {
        Self { detail: violation.to_string(), code: Some(violation.code()) }
    }
}

impl From<io::Error> for ViewerBroke {
    fn from(cause: io::Error) -> Self {
        Self { detail: format!("the viewer's connection broke: {cause}"), code: None }
    }
}

/// How long a goodbye may take.
pub(super) const PARTING: Duration = Duration::from_secs(2);
