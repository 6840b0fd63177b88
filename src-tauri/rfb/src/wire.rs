//! Bounded reads and writes of RFB's integers (big-endian) and strings. None reads ahead.

use crate::{
    ask::{Ask, Step},
    error::Error,
    stream::Stream,
    text,
};
use std::io::{self, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The stream, and the step that is being waited for on it.
pub(crate) struct Wire {
    stream: Stream,
    step: Step,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, step: Step::Greeting }
    }

    /// Takes the stream, to wrap it in TLS or records; [`Self::set_stream`] puts the result in its place.
    pub(crate) fn take_stream(&mut self) -> Stream {
        std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()))
    }

    pub(crate) fn set_stream(&mut self, stream: Stream) {
        self.stream = stream;
    }

    pub(crate) fn into_stream(self) -> Stream {
        self.stream
    }

    /// The step that is being waited for.
    pub(crate) fn step(&self) -> Step {
        self.step
    }

    /// Sets the step that reads from now on belong to, and tells the caller.
    pub(crate) fn set_step(&mut self, step: Step, ask: &mut impl Ask) {
        self.step = step;
        ask.step(step);
    }

    /// Reads at least one byte, and at most what `buffer` holds.
    pub(crate) async fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        match self.stream.read(buffer).await {
            Ok(0) => Err(self.closed(false)),
            Ok(length) => Ok(length),
            Err(source) => Err(self.map_io_error(source)),
        }
    }

    /// Reads exactly `N` bytes.
    pub(crate) async fn read_array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        match self.stream.read_exact(&mut bytes).await {
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.map_io_error(source)),
        }
    }

    /// Reads a one-byte integer.
    pub(crate) async fn read_u8(&mut self) -> Result<u8, Error> {
        self.read_array().await.map(u8::from_be_bytes)
    }

    /// Reads a big-endian 2-byte integer.
    pub(crate) async fn read_u16(&mut self) -> Result<u16, Error> {
        self.read_array().await.map(u16::from_be_bytes)
    }

    /// Reads a big-endian 4-byte integer.
    pub(crate) async fn read_u32(&mut self) -> Result<u32, Error> {
        self.read_array().await.map(u32::from_be_bytes)
    }

    /// Reads a big-endian 8-byte integer.
    pub(crate) async fn read_u64(&mut self) -> Result<u64, Error> {
        self.read_array().await.map(u64::from_be_bytes)
    }

    /// Reads `length` bytes. Allocates as data arrives, not from the announced length.
    pub(crate) async fn read_vec(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        match (&mut self.stream).take(length as u64).read_to_end(&mut bytes).await {
            Ok(_) if bytes.len() == length => Ok(bytes),
            Ok(_) => Err(self.closed(false)),
            Err(source) => Err(self.map_io_error(source)),
        }
    }

    /// Reads `length` bytes and discards them.
    pub(crate) async fn skip(&mut self, length: u64) -> Result<(), Error> {
        match tokio::io::copy(&mut (&mut self.stream).take(length), &mut tokio::io::sink()).await {
            Ok(skipped) if skipped == length => Ok(()),
            Ok(_) => Err(self.closed(false)),
            Err(source) => Err(self.map_io_error(source)),
        }
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> Result<(), Error> {
        let sent = async {
            self.stream.write_all(message).await?;
            self.stream.flush().await
        };
        match sent.await {
            // EPIPE or ECONNRESET: a refusal may still be in the receive buffer, so the next read reports it.
            Err(source) if is_closed(&source) => Ok(()),
            Err(source) => Err(self.map_io_error(source)),
            Ok(()) => Ok(()),
        }
    }

    /// Reads the reason of a refusal ([RFC 6143, 7.1.2](https://www.rfc-editor.org/rfc/rfc6143#section-7.1.2)): u32
    /// length, text. Never fails: the reason is what was received before the end, the deadline or 64 KiB.
    pub(crate) async fn read_reason(&mut self, ask: &mut impl Ask) -> Option<String> {
        ask.on_rejected();
        let (mut text, announced) = start_of_reason(self.read_array().await.ok()?);
        let left = announced.min(MAX_REASON) as u64;
        // What was read before an error stays in `text`.
        let _ = (&mut self.stream).take(left).read_to_end(&mut text).await;
        text::sanitize_reason(&text)
    }

    /// The error for a server that broke the protocol; `detail` is what it sent.
    pub(crate) fn protocol_error(&self, detail: impl Into<String>) -> Error {
        Error::Protocol { during: self.step, detail: detail.into() }
    }

    fn closed(&self, reset: bool) -> Error {
        Error::Closed { during: self.step, reset }
    }

    /// The error for a stream that failed with `source`.
    pub(crate) fn map_io_error(&self, source: io::Error) -> Error {
        match source.kind() {
            ErrorKind::UnexpectedEof => self.closed(false),
            _ if is_closed(&source) => self.closed(true),
            // How the record layer reports a record that does not verify.
            ErrorKind::InvalidData => Error::Integrity { during: self.step },
            _ => Error::Io { during: self.step, source },
        }
    }
}

/// Splits the first four bytes of a reason: text that they contain already, and the length of what follows.
fn start_of_reason(length: [u8; 4]) -> (Vec<u8>, usize) {
    let announced = u32::from_be_bytes(length) as usize;
    let [last_of_length, text @ ..] = length;
    if announced <= MAX_REASON || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return (Vec::new(), announced);
    }
    // neatvnc refuses a 3.3 client with the message of 3.7: u8 0, u32 length, text. Read as 3.3, that is u32 0 and a
    // length whose first byte is the real length's last and whose others are text.
    (text.to_vec(), usize::from(last_of_length).saturating_sub(text.len()))
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
    )
}

/// Bytes of a reason that are read at most.
const MAX_REASON: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_found_in_both_framings() {
        assert_eq!(start_of_reason([0, 0, 0, 26]), (vec![], 26));
        assert_eq!(start_of_reason([0, 1, 0, 0]), (vec![], 65_536));
        assert_eq!(start_of_reason([0xff; 4]), (vec![], 0xffff_ffff));
        assert_eq!(start_of_reason(*b"\x13Uns"), (b"Uns".to_vec(), 16));
        assert_eq!(start_of_reason(*b"\x01Uns"), (b"Uns".to_vec(), 0));
    }
}
