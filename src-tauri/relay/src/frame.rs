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
mod tests {
    use super::*;

    const FIN: u8 = 0x80;
    const TEXT: u8 = 0x1;
    const BINARY: u8 = 0x2;
    const CLOSE: u8 = 0x8;
    const PING: u8 = 0x9;
    const PONG: u8 = 0xa;

    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    /// A client's frame, encoded by hand.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..0x1_0000 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    /// All that was decoded, payloads concatenated.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Received {
        bytes: Vec<u8>,
        pings: Vec<Vec<u8>>,
        acknowledged: Vec<usize>,
        close: Option<Option<CloseCode>>,
    }

    /// Decodes a stream that arrives in reads of `size` bytes.
    fn decode(stream: &[u8], size: usize) -> Result<Received, FrameError> {
        decode_by(Decoder::new(false), stream, size)
    }

    fn decode_by(mut decoder: Decoder, stream: &[u8], size: usize) -> Result<Received, FrameError> {
        let (mut received, mut undecoded) = (Received::default(), Vec::new());
        for read in stream.chunks(size) {
            undecoded.extend_from_slice(read);
            while let Some((length, decoded)) = decoder.decode(&mut undecoded)? {
                match decoded {
                    Decoded::Payload(range) => received.bytes.extend_from_slice(&undecoded[range]),
                    Decoded::Ping(range) => received.pings.push(undecoded[range].to_vec()),
                    Decoded::Acknowledgement(bytes) => received.acknowledged.push(bytes),
                    Decoded::Nothing => {}
                    Decoded::Close(code) => received.close = Some(code),
                }
                undecoded.drain(..length);
            }
        }
        assert!(received.close.is_some() || undecoded.is_empty(), "{undecoded:?} was left");
        Ok(received)
    }

    fn error(stream: &[u8]) -> FrameError {
        let whole = decode(stream, stream.len()).unwrap_err();
        assert_eq!(decode(stream, 1).unwrap_err(), whole, "the same error however the bytes arrive");
        whole
    }

    fn noise(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
    }

    #[test]
    fn the_examples_of_rfc_6455() {
        // Section 5.7: a masked "Hello", there as text; a ping with "Hello".
        let hello = [0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(decode(&hello, 11).unwrap().bytes, b"Hello");
        let ping = [0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(decode(&ping, 11).unwrap().pings, [b"Hello"]);
        assert_eq!(pong(b"Hello"), [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        // 256 bytes and 64 KiB of an unmasked binary message.
        let mut room = [0; MAX_HEADER];
        assert_eq!(write_header(&mut room, 256), 6);
        assert_eq!(room[6..], [0x82, 0x7e, 0x01, 0x00]);
        assert_eq!(write_header(&mut room, 65536), 0);
        assert_eq!(room, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn payloads_of_every_length_survive_every_split() {
        for length in [0, 1, 2, 3, 4, 5, 125, 126, 127, 128, 65_535, 65_536, 65_537, MAX_FRAME as usize] {
            let payload = noise(length);
            let stream = frame(0x82, &payload);
            for size in [1, 2, 3, 7, 13, 14, 15, 4096, usize::MAX] {
                if length / size < 100_000 || length == MAX_FRAME as usize && size == 4096 {
                    assert!(decode(&stream, size).unwrap().bytes == payload, "{length} by {size}");
                }
            }
        }
    }

    #[test]
    fn control_frames_between_fragments() {
        let stream = [
            frame(0x02, b"one "),
            frame(0x89, b"are you there"),
            frame(0x00, b""),
            frame(0x00, b"two "),
            frame(0x8a, b"unasked"),
            frame(0x80, b"three "),
            frame(0x82, b"four"),
            frame(0x89, &noise(125)),
            frame(0x88, b"\x03\xe8bye"),
        ]
        .concat();
        let received = Received {
            bytes: b"one two three four".to_vec(),
            pings: vec![b"are you there".to_vec(), noise(125)],
            close: Some(Some(CloseCode::Normal)),
            ..Received::default()
        };
        for size in 1..=stream.len() {
            assert_eq!(decode(&stream, size).unwrap(), received, "{size}");
        }
    }

    #[test]
    fn every_first_byte_is_accepted_or_rejected_as_rfc_6455_says() {
        // All first bytes with a short payload, masked and not.
        for first in 0..=255_u8 {
            let result = decode(&frame(first, b"\x03\xe8"), 1024);
            let (reserved, opcode, fin) = (first & 0x70 != 0, first & 0x0f, first & 0x80 != 0);
            match (reserved, opcode, fin) {
                (false, BINARY, _) | (false, CLOSE | PING | PONG, true) => assert!(result.is_ok(), "{first:#x}"),
                (false, TEXT, _) => assert_eq!(result, Err(FrameError::Text)),
                _ => assert!(matches!(result, Err(FrameError::Protocol(_))), "{first:#x}"),
            }
            let mut unmasked = frame(first, b"\x03\xe8");
            unmasked[1] &= 0x7f;
            assert!(matches!(error(&unmasked), FrameError::Protocol(_)), "{first:#x}");
        }
    }

    #[test]
    fn a_continuation_follows_a_first_fragment_and_nothing_else() {
        assert_eq!(error(&frame(0x80, b"x")).close_code(), CloseCode::Protocol);
        assert_eq!(error(&frame(0x00, b"x")).close_code(), CloseCode::Protocol);
        assert_eq!(error(&[frame(0x02, b"x"), frame(0x82, b"y")].concat()).close_code(), CloseCode::Protocol);
        assert_eq!(
            error(&[frame(0x02, b"x"), frame(0x80, b"y"), frame(0x80, b"z")].concat()).close_code(),
            CloseCode::Protocol
        );
    }

    #[test]
    fn control_frames_are_short_and_whole() {
        for opcode in [CLOSE, PING, PONG] {
            assert_eq!(error(&frame(opcode, b"\x03\xe8")).close_code(), CloseCode::Protocol);
            assert_eq!(error(&frame(FIN | opcode, &noise(126))).close_code(), CloseCode::Protocol);
        }
    }

    #[test]
    fn acknowledgements_are_read_where_they_were_agreed_on() {
        let stream = [
            frame(0x81, b"1"),
            frame(0x82, b"key"),
            frame(0x81, b"4194304"),
            frame(0x89, b"?"),
            frame(0x81, b"99999999"),
            frame(0x82, b"s"),
        ]
        .concat();
        let received = Received {
            bytes: b"keys".to_vec(),
            pings: vec![b"?".to_vec()],
            acknowledged: vec![1, 4_194_304, 99_999_999],
            ..Received::default()
        };
        for size in 1..=stream.len() {
            assert_eq!(decode_by(Decoder::new(true), &stream, size).as_ref(), Ok(&received), "{size}");
        }
        assert_eq!(error(&frame(0x81, b"1")), FrameError::Text);
    }

    #[test]
    fn an_acknowledgement_is_digits_in_one_frame() {
        let error = |stream: &[u8]| {
            let whole = decode_by(Decoder::new(true), stream, stream.len()).unwrap_err();
            assert_eq!(decode_by(Decoder::new(true), stream, 1).unwrap_err(), whole);
            whole.close_code()
        };
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "a", "\u{663}", "1\0", "999999999"] {
            assert_eq!(error(&frame(0x81, text.as_bytes())), CloseCode::Protocol, "{text:?}");
        }
        // In fragments, or within a message.
        assert_eq!(error(&frame(0x01, b"1")), CloseCode::Protocol);
        assert_eq!(error(&[frame(0x02, b"x"), frame(0x81, b"1")].concat()), CloseCode::Protocol);
        // The length alone is too much.
        assert_eq!(error(&frame(0x81, b"999999999")[..6]), CloseCode::Protocol);
    }

    #[test]
    fn a_length_that_is_not_minimal_is_rejected() {
        for header in [
            &[0x82, 0xfe, 0, 125, 0, 0, 0, 0][..],
            &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0],
            &[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(error(header).close_code(), CloseCode::Protocol, "{header:?}");
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_rejected_at_its_header() {
        for length in [MAX_FRAME + 1, i64::MAX as u64] {
            let header = [&[0x82, 0xff][..], &length.to_be_bytes(), &MASK].concat();
            assert_eq!(error(&header), FrameError::TooLong(length));
            let continued = [frame(0x02, b"x"), [&[0x80, 0xff][..], &length.to_be_bytes(), &MASK].concat()].concat();
            assert_eq!(error(&continued), FrameError::TooLong(length));
        }
    }

    #[test]
    fn close_frames() {
        assert_eq!(decode(&frame(0x88, b""), 1).unwrap().close, Some(None));
        for code in 0..=u16::MAX {
            let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            let received = decode(&frame(0x88, &code.to_be_bytes()), 8);
            let decoded = received.ok().map(|received| received.close.flatten().map(u16::from));
            assert_eq!(decoded, allowed.then_some(Some(code)), "{code}");
        }
        assert_eq!(error(&frame(0x88, b"\x03")).close_code(), CloseCode::Protocol);
        assert_eq!(close(Some(4410.into()), "so"), [0x88, 4, 0x11, 0x3a, b's', b'o']);
        assert_eq!(close(None, "without a code"), [0x88, 0]);
        assert_eq!(close(Some(CloseCode::Normal), &"ü".repeat(100)).len(), 2 + 2 + 2 * 61);
    }

    #[test]
    fn tungstenite_encodes_what_this_decodes_and_decodes_what_this_encodes() {
        for length in [0, 1, 125, 126, 300, 65_535, 65_536, 100_000] {
            let payload = noise(length);
            let mut theirs = Frame::message(payload.clone(), OpCode::Data(Data::Binary), true);
            theirs.header_mut().mask = Some(MASK);
            let mut written = Vec::new();
            theirs.format(&mut written).unwrap();
            assert!(decode(&written, 1000).unwrap().bytes == payload, "{length}");

            let mut room = [0; MAX_HEADER];
            let start = write_header(&mut room, length);
            let parsed = FrameHeader::parse(&mut std::io::Cursor::new(&room[start..])).unwrap();
            let (header, announced) = parsed.expect("a whole header");
            assert_eq!((header.is_final, header.opcode, header.mask), (true, OpCode::Data(Data::Binary), None));
            assert_eq!(announced, length as u64);
        }
        let (header, length) = FrameHeader::parse(&mut std::io::Cursor::new(pong(b"abc"))).unwrap().unwrap();
        assert_eq!((header.opcode, length), (OpCode::Control(Control::Pong), 3));
    }

    /// Valid frames with one bit changed: an error or not, but the same one however the bytes arrive, and no panic.
    #[test]
    fn one_changed_bit_is_decoded_the_same_however_it_arrives() {
        let valid =
            [frame(0x02, b"one "), frame(0x89, b"hm"), frame(0x80, &noise(200)), frame(0x88, b"\x03\xe8")].concat();
        for place in 0..valid.len() {
            for bit in 0..8 {
                let mut changed = valid.clone();
                changed[place] ^= 1 << bit;
                crate::fuzz::decode_frames(&[&[1], &changed[..]].concat());
            }
        }
    }
}
