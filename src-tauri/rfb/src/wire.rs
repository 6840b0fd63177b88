//! Bounded reads and writes of RFB's integers and strings. All are big endian; none reads ahead.

use crate::{
    ask::{Ask, Step},
    error::Error,
    stream::Stream,
    text,
};
use std::io::{self, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The stream, and what we wait for on it.
pub(crate) struct Wire {
    stream: Stream,
    during: Step,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, during: Step::Greeting }
    }

    /// The stream, for what lies within it from now on; [`Self::put`] gives that back.
    pub(crate) fn take(&mut self) -> Stream {
        std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()))
    }

    pub(crate) fn put(&mut self, stream: Stream) {
        self.stream = stream;
    }

    pub(crate) fn into_stream(self) -> Stream {
        self.stream
    }

    /// What is being waited for.
    pub(crate) fn during(&self) -> Step {
        self.during
    }

    /// What is read from now on belongs to `step`.
    pub(crate) fn enter(&mut self, step: Step, ask: &mut impl Ask) {
        self.during = step;
        ask.step(step);
    }

    /// Reads what is there, at most as much as `buffer` holds.
    pub(crate) async fn some(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self.stream.read(buffer).await {
            Ok(0) => Err(self.closed()),
            Ok(length) => Ok(length),
            Err(source) => Err(self.broken(source)),
        }
    }

    pub(crate) async fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        match self.stream.read_exact(&mut bytes).await {
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.broken(source)),
        }
    }

    pub(crate) async fn u8(&mut self) -> Result<u8, Error> {
        self.array().await.map(u8::from_be_bytes)
    }

    pub(crate) async fn u16(&mut self) -> Result<u16, Error> {
        self.array().await.map(u16::from_be_bytes)
    }

    pub(crate) async fn u32(&mut self) -> Result<u32, Error> {
        self.array().await.map(u32::from_be_bytes)
    }

    pub(crate) async fn u64(&mut self) -> Result<u64, Error> {
        self.array().await.map(u64::from_be_bytes)
    }

    /// Reads `length` bytes; grows with what comes, so that a promise alone costs no memory.
    pub(crate) async fn bytes(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        match (&mut self.stream).take(length as u64).read_to_end(&mut bytes).await {
            Ok(_) if bytes.len() == length => Ok(bytes),
            Ok(_) => Err(self.closed()),
            Err(source) => Err(self.broken(source)),
        }
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), Error> {
        let sent = async {
            self.stream.write_all(message).await?;
            self.stream.flush().await
        };
        match sent.await {
            // It is gone, but its last words (a refusal, say) may lie here unread: the next read tells.
            Err(source) if is_closed(&source) => Ok(()),
            Err(source) => Err(self.broken(source)),
            Ok(()) => Ok(()),
        }
    }

    /// Reads the server's words for a refusal: u32 length, text. Never fails: whatever has come until the connection
    /// ends, the deadline passes or enough is read has to do, and none is an answer too.
    pub(crate) async fn reason(&mut self, ask: &mut impl Ask) -> Option<String> {
        ask.refused();
        let (mut text, announced) = reason_begins(self.array().await.ok()?);
        let left = announced.min(MAX_REASON) as u64;
        // What was read before an error stays in `text`, and is all that there is.
        let _ = (&mut self.stream).take(left).read_to_end(&mut text).await;
        text::words(&text)
    }

    /// The error for a server that did `detail`.
    pub(crate) fn broke(&self, detail: impl Into<String>) -> Error {
        Error::Protocol { during: self.during, detail: detail.into() }
    }

    fn closed(&self) -> Error {
        Error::Closed { during: self.during, reset: false }
    }

    /// The error for a stream that failed.
    pub(crate) fn broken(&self, source: io::Error) -> Error {
        match source.kind() {
            ErrorKind::UnexpectedEof => self.closed(),
            _ if is_closed(&source) => Error::Closed { during: self.during, reset: true },
            // The record layer has no other way to say it.
            ErrorKind::InvalidData => Error::Integrity { during: self.during },
            _ => Error::Io { during: self.during, source },
        }
    }
}

/// What a reason's first four bytes say: text that they contain already, and the length of what follows.
fn reason_begins(length: [u8; 4]) -> (Vec<u8>, usize) {
    let announced = u32::from_be_bytes(length) as usize;
    let [last_of_length, text @ ..] = length;
    if announced <= MAX_REASON || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return (Vec::new(), announced);
    }
    // neatvnc refuses a 3.3 client in the words of 3.7: u8 0, u32 length, text. Read as 3.3 that is u32 0 and a length
    // whose first byte is the length's last and whose others are text.
    (text.to_vec(), usize::from(last_of_length).saturating_sub(text.len()))
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
    )
}

/// Bytes of a reason that are looked at.
const MAX_REASON: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_reason_begins() {
        assert_eq!(reason_begins([0, 0, 0, 26]), (vec![], 26));
        assert_eq!(reason_begins([0, 1, 0, 0]), (vec![], 65_536));
        assert_eq!(reason_begins([0xff; 4]), (vec![], 0xffff_ffff));
        assert_eq!(reason_begins(*b"\x13Uns"), (b"Uns".to_vec(), 16));
        assert_eq!(reason_begins(*b"\x01Uns"), (b"Uns".to_vec(), 0));
    }
}
