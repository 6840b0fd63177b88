//! WebSocket frames ([RFC 6455 5](https://www.rfc-editor.org/rfc/rfc6455#section-5)): a client's are decoded, a
//! server's are encoded. Pure: no I/O, and no state but the position in the current frame.
//!
//! Headers, opcodes and close codes are tungstenite's. Its decoder is not used: it completes a frame before it hands
//! out the payload, and keeps a buffer for each connection. Here payload is unmasked in place and is handed out before
//! its frame is complete.

use std::{io::Cursor, ops::Range};
use tungstenite::protocol::frame::{
    CloseFrame, Frame, FrameHeader,
    coding::{CloseCode, Control, Data, OpCode},
};

/// Decodes a client's frames, however they are split into reads.
#[derive(Default)]
pub(crate) struct Decoder {
    /// Text frames are acknowledgements; else there are none.
    acknowledges: bool,
    /// Bytes of the current frame's payload that have not arrived.
    remaining: u64,
    /// The current frame's masking key, rotated so that its first byte is for the next byte of payload.
    mask: [u8; 4],
    /// The last data frame had no FIN bit: continuations follow.
    fragmented: bool,
}

/// What was decoded. Ranges are places in the decoded bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// Payload of a binary message.
    Payload(Range<usize>),
    /// A ping's payload, which the pong repeats.
    Ping(Range<usize>),
    /// A Close frame, with its code if it has one.
    Close(Option<CloseCode>),
    /// So many bytes more are handled, at least one.
    Acknowledgement(usize),
    /// Nothing to act on: a pong, or a header without any payload yet.
    Nothing,
}

/// A frame that a client must not send, or one that is larger than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the viewer broke the WebSocket protocol: {0}")]
    Protocol(&'static str),
    #[error("the viewer sent text")]
    Text,
    #[error("the viewer sent a frame of {0} bytes, which is too long")]
    TooLong(u64),
}

impl FrameError {
    /// The close code for it ([RFC 6455 7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)).
    pub(crate) fn close_code(self) -> CloseCode {
        match self {
            Self::Protocol(_) => CloseCode::Protocol,
            Self::Text => CloseCode::Unsupported,
            Self::TooLong(_) => CloseCode::Size,
        }
    }
}

impl Decoder {
    /// For a client that acknowledges what it has handled, or one that does not.
    pub(crate) fn new(acknowledges: bool) -> Self {
        Self { acknowledges, ..Self::default() }
    }

    /// Decodes from the start of `bytes` and unmasks the payload in place. Returns the number of bytes that are done with
    /// and what they are, or none if more bytes are needed; what is left belongs in front of the next bytes.
    pub(crate) fn decode(&mut self, bytes: &mut [u8]) -> Result<Option<(usize, Decoded)>, FrameError> {
        if self.remaining > 0 {
            return Ok((!bytes.is_empty()).then(|| self.payload(bytes, 0)));
        }
        let Some(header) = ClientHeader::parse(bytes)? else { return Ok(None) };
        let ClientHeader { is_final, opcode, mask, length, size } = header;
        match opcode {
            OpCode::Data(Data::Continue) if !self.fragmented => Err(FrameError::Protocol("a continuation of nothing")),
            OpCode::Data(Data::Binary) if self.fragmented => Err(FrameError::Protocol("a message within a message")),
            OpCode::Data(Data::Continue | Data::Binary) if length > MAX_FRAME => Err(FrameError::TooLong(length)),
            OpCode::Data(Data::Continue | Data::Binary) => {
                (self.remaining, self.mask, self.fragmented) = (length, mask, !is_final);
                Ok(Some(self.payload(bytes, size)))
            }
            OpCode::Data(Data::Text) if !self.acknowledges => Err(FrameError::Text),
            OpCode::Data(Data::Text) if self.fragmented => Err(FrameError::Protocol("a message within a message")),
            OpCode::Data(Data::Text) => header.decode_acknowledgement(bytes),
            OpCode::Control(control) => header.decode_control(control, bytes),
            OpCode::Data(Data::Reserved(_)) => Err(UNKNOWN_OPCODE),
        }
    }

    /// As much of the current frame's payload as `bytes` has from `start` on.
    fn payload(&mut self, bytes: &mut [u8], start: usize) -> (usize, Decoded) {
        let available = self.remaining.min((bytes.len() - start) as u64) as usize;
        let end = start + available;
        unmask(&mut bytes[start..end], self.mask);
        self.mask.rotate_left(available % 4);
        self.remaining -= available as u64;
        (end, if available == 0 { Decoded::Nothing } else { Decoded::Payload(start..end) })
    }
}

/// The header of a client's frame ([RFC 6455 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)).
struct ClientHeader {
    is_final: bool,
    opcode: OpCode,
    mask: [u8; 4],
    /// Bytes of payload.
    length: u64,
    /// Bytes of the header itself.
    size: usize,
}

impl ClientHeader {
    /// None if the header is not complete. Checks what [`FrameHeader::parse`] leaves to its caller: reserved bits, the
    /// mask, and how the length is written.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        // Before parsing, which would report an unknown opcode instead.
        if bytes.first().is_some_and(|first| first & RESERVED_BITS != 0) {
            return Err(FrameError::Protocol("reserved bits, though no extension was agreed on"));
        }
        let mut cursor = Cursor::new(bytes);
        // A slice can be read, so there is no other error than the opcode's.
        let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(|_| UNKNOWN_OPCODE)? else {
            return Ok(None);
        };
        let mask = header.mask.ok_or(FrameError::Protocol("a frame without a mask"))?;
        let size = cursor.position() as usize;
        // "The minimal number of bytes MUST be used", and "the most significant bit MUST be 0".
        if size != header.len(length) || length > i64::MAX as u64 {
            return Err(FrameError::Protocol("a length that is not written as lengths are"));
        }
        Ok(Some(Self { is_final: header.is_final, opcode: header.opcode, mask, length, size }))
    }

    /// A control frame: short, not fragmented, and decoded when all of it has arrived
    /// ([RFC 6455 5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
    fn decode_control(&self, control: Control, bytes: &mut [u8]) -> Result<Option<(usize, Decoded)>, FrameError> {
        if !self.is_final || self.length > MAX_CONTROL as u64 {
            return Err(FrameError::Protocol("a control frame that is long or in fragments"));
        }
        let end = self.size + self.length as usize;
        let Some(payload) = bytes.get_mut(self.size..end) else { return Ok(None) };
        unmask(payload, self.mask);
        let decoded = match control {
            Control::Close => Decoded::Close(close_code(payload)?),
            Control::Ping => Decoded::Ping(self.size..end),
            Control::Pong => Decoded::Nothing,
            Control::Reserved(_) => return Err(UNKNOWN_OPCODE),
        };
        Ok(Some((end, decoded)))
    }

    /// A text message in one frame, decoded when all of it has arrived: the number of bytes that were handled since the last
    /// one, from 1 on, in decimal digits.
    fn decode_acknowledgement(&self, bytes: &mut [u8]) -> Result<Option<(usize, Decoded)>, FrameError> {
        if !self.is_final || self.length > MAX_ACKNOWLEDGEMENT as u64 {
            return Err(FrameError::Protocol("an acknowledgement that is long or in fragments"));
        }
        let end = self.size + self.length as usize;
        let Some(digits) = bytes.get_mut(self.size..end) else { return Ok(None) };
        unmask(digits, self.mask);
        match digits {
            [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
                let number = digits.iter().fold(0, |number, digit| 10 * number + usize::from(digit - b'0'));
                Ok(Some((end, Decoded::Acknowledgement(number))))
            }
            _ => Err(FrameError::Protocol("an acknowledgement that is no number")),
        }
    }
}

/// Applies the masking key ([RFC 6455 5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3)); tungstenite's function
/// is private. Four bytes at a time, which the compiler vectorises.
fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let (chunks, rest) = bytes.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// The code of a Close frame ([RFC 6455 7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)). The reason behind it
/// is not used, so it is not decoded.
fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, FrameError> {
    let code = match payload {
        [] => return Ok(None),
        [_] => return Err(FrameError::Protocol("half a close code")),
        [high, low, ..] => u16::from_be_bytes([*high, *low]),
    };
    if CloseCode::from(code).is_allowed() || code == BAD_GATEWAY {
        Ok(Some(code.into()))
    } else {
        Err(FrameError::Protocol("a close code that does not exist"))
    }
}

/// Writes the header of a complete binary message of `length` bytes to the end of `room`, and returns where it starts.
pub(crate) fn write_header(room: &mut [u8; MAX_HEADER], length: usize) -> usize {
    let header = FrameHeader { opcode: OpCode::Data(Data::Binary), ..FrameHeader::default() };
    let start = MAX_HEADER - header.len(length as u64);
    let written = header.format(length as u64, &mut &mut room[start..]);
    debug_assert!(written.is_ok(), "FrameHeader::len is what FrameHeader::format writes");
    start
}

/// The answer to a ping: a Pong frame with the same payload, of at most 125 bytes as in every control frame.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    encode(Frame::pong(payload.to_vec()))
}

/// A Close frame; `reason` is cut to the 123 bytes that fit, and left out where there is no code.
pub(crate) fn close(code: Option<CloseCode>, reason: &str) -> Vec<u8> {
    let reason = &reason[..reason.floor_char_boundary(MAX_CONTROL - 2)];
    encode(Frame::close(code.map(|code| CloseFrame { code, reason: reason.into() })))
}

fn encode(frame: Frame) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(frame.len());
    let encoded = frame.format(&mut bytes);
    debug_assert!(encoded.is_ok(), "writing to a Vec does not fail");
    bytes
}

/// Bytes of the longest header that a server writes: a 64-bit length, and no mask. So much room in front of a payload
/// makes header and payload one write without copying.
pub(crate) const MAX_HEADER: usize = 10;

/// Bytes of payload in a frame, at most. noVNC's frames have 10 KiB; a larger announcement is not noVNC's.
pub(crate) const MAX_FRAME: u64 = 1024 * 1024;

/// Bytes of payload in a control frame, at most ([RFC 6455 5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
const MAX_CONTROL: usize = 125;

/// Digits of an acknowledgement, at most: as many as the largest window has, and one more.
const MAX_ACKNOWLEDGEMENT: usize = 8;

/// RSV1 to RSV3 in a frame's first byte.
const RESERVED_BITS: u8 = 0x70;

/// Registered (<https://www.iana.org/assignments/websocket>), but not known to [`CloseCode`].
const BAD_GATEWAY: u16 = 1014;

const UNKNOWN_OPCODE: FrameError = FrameError::Protocol("an unknown kind of frame");

#[cfg(test)]
mod tests;
