//! WebSocket frames (RFC 6455, section 5): those of a client are read, those of a server written. Pure: bytes in, bytes
//! out, and nothing is kept but where in a frame the reader is.
//!
//! A library would do, and did: but it puts messages together, which here are only ways to carry bytes, and keeps a
//! buffer for each session. Here payload is unmasked where it lies and is passed on before its frame is complete.

use std::ops::Range;

/// Reads a client's frames, however they are cut into pieces.
#[derive(Default)]
pub(super) struct Reader {
    /// Payload of the present frame that has not come yet, and the mask for its next byte.
    left: u64,
    mask: [u8; 4],
    /// A message is not complete: continuations follow.
    fragmented: bool,
}

/// What a frame means here. Ranges are of the bytes that were read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Bytes of a binary message.
    Bytes(Range<usize>),
    /// To be answered by a pong with the same payload.
    Ping(Range<usize>),
    /// An unasked-for pong, or a header whose payload follows.
    Nothing,
    /// A goodbye, and the code it gave.
    Close(Option<u16>),
}

/// What a client must not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("the viewer broke the WebSocket protocol: {0}")]
    Protocol(&'static str),
    #[error("the viewer sent text")]
    Text,
    #[error("the viewer sent a frame of {0} bytes, which is too long")]
    TooLong(u64),
}

impl Violation {
    /// The close code that says so (section 7.4.1).
    pub(super) fn code(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Text => 1003,
            Self::TooLong(_) => 1009,
        }
    }
}

impl Reader {
    /// Reads from the start of `bytes`, and unmasks the payload in there: the number of bytes that are done with, and what
    /// they mean. None where more must come before anything can be said.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> Result<Option<(usize, Piece)>, Violation> {
        if self.left > 0 {
            return Ok((!bytes.is_empty()).then(|| self.payload(bytes, 0)));
        }
        let Some(Header { fin, opcode, length, mask, size }) = Header::read(bytes)? else { return Ok(None) };
        match opcode {
            CONTINUATION if !self.fragmented => Err(Violation::Protocol("a continuation of nothing")),
            BINARY if self.fragmented => Err(Violation::Protocol("a message within a message")),
            CONTINUATION | BINARY if length > MAX_FRAME => Err(Violation::TooLong(length)),
            CONTINUATION | BINARY => {
                (self.left, self.mask, self.fragmented) = (length, mask, !fin);
                Ok(Some(self.payload(bytes, size)))
            }
            TEXT => Err(Violation::Text),
            // Section 5.5: control frames are short, and in one piece.
            CLOSE | PING | PONG if !fin || length > MAX_CONTROL => {
                Err(Violation::Protocol("a control frame that is long or in fragments"))
            }
            CLOSE | PING | PONG => {
                let end = size + length as usize;
                let Some(payload) = bytes.get_mut(size..end) else { return Ok(None) };
                unmask(payload, mask);
                let piece = match opcode {
                    CLOSE => Piece::Close(close_code(payload)?),
                    PING => Piece::Ping(size..end),
                    _ => Piece::Nothing,
                };
                Ok(Some((end, piece)))
            }
            _ => Err(Violation::Protocol("an unknown kind of frame")),
        }
    }

    /// The present frame's payload, as much as is there behind `start`.
    fn payload(&mut self, bytes: &mut [u8], start: usize) -> (usize, Piece) {
        let here = self.left.min((bytes.len() - start) as u64) as usize;
        let end = start + here;
        unmask(&mut bytes[start..end], self.mask);
        self.mask.rotate_left(here % 4);
        self.left -= here as u64;
        (end, if here == 0 { Piece::Nothing } else { Piece::Bytes(start..end) })
    }
}

/// A client's frame header (section 5.2).
struct Header {
    fin: bool,
    opcode: u8,
    length: u64,
    mask: [u8; 4],
    /// Bytes that it takes itself.
    size: usize,
}

impl Header {
    /// None where it is not complete.
    fn read(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err(Violation::Protocol("reserved bits, though no extension was agreed on"));
        }
        if second & 0x80 == 0 {
            return Err(Violation::Protocol("a frame without a mask"));
        }
        let (length, least, rest) = match second & 0x7f {
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), 0x1_0000, rest),
                None => return Ok(None),
            },
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u16::from_be_bytes(*length).into(), 126, rest),
                None => return Ok(None),
            },
            length => (length.into(), 0, rest),
        };
        // "The minimal number of bytes MUST be used", and "the most significant bit MUST be 0".
        if length < least || length > i64::MAX as u64 {
            return Err(Violation::Protocol("a length that is not written as lengths are"));
        }
        let Some((mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let (fin, opcode, size) = (first & 0x80 != 0, first & 0x0f, bytes.len() - rest.len());
        Ok(Some(Self { fin, opcode, length, mask: *mask, size }))
    }
}

/// Takes the mask off (section 5.3), four bytes at a time, of which the compiler makes as many as the processor can.
fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let (chunks, rest) = bytes.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// Section 7.4: which codes may be sent. The reason behind the code is not for us, so it is not read.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    match payload {
        [] => Ok(None),
        [high, low, ..] => match u16::from_be_bytes([*high, *low]) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(code)),
            _ => Err(Violation::Protocol("a close code that does not exist")),
        },
        [_] => Err(Violation::Protocol("half a close code")),
    }
}

/// Room for a server's frame header in front of its payload: so that both are one write, and nothing is copied.
pub(super) const HEADER: usize = 10;

/// Writes the header of a whole binary message of `length` bytes to the end of `room`, and says where in it it begins.
pub(super) fn write_header(room: &mut [u8; HEADER], length: usize) -> usize {
    let [a, b] = (length as u16).to_be_bytes();
    match length {
        0..126 => room[8..].copy_from_slice(&[FIN | BINARY, b]),
        126..0x1_0000 => room[6..].copy_from_slice(&[FIN | BINARY, 126, a, b]),
        _ => {
            room[..2].copy_from_slice(&[FIN | BINARY, 127]);
            room[2..].copy_from_slice(&(length as u64).to_be_bytes());
        }
    }
    match length {
        0..126 => 8,
        126..0x1_0000 => 6,
        _ => 0,
    }
}

/// The answer to a ping. At most 125 bytes of payload, as every control frame has.
pub(super) fn pong(payload: &[u8]) -> Vec<u8> {
    control(PONG, payload)
}

/// A goodbye; the reason is cut to what fits.
pub(super) fn close(code: Option<u16>, reason: &str) -> Vec<u8> {
    let reason = &reason[..reason.floor_char_boundary(MAX_CONTROL as usize - 2)];
    let payload = code.map(|code| [&code.to_be_bytes(), reason.as_bytes()].concat()).unwrap_or_default();
    control(CLOSE, &payload)
}

fn control(opcode: u8, payload: &[u8]) -> Vec<u8> {
    debug_assert!(payload.len() <= MAX_CONTROL as usize);
    [&[FIN | opcode, payload.len() as u8], payload].concat()
}

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// Payload of a control frame (section 5.5).
const MAX_CONTROL: u64 = 125;
/// The longest frame that is taken. Its bytes need not be kept, but noVNC's frames are at most 10 KiB, and who announces
/// more than this is something else.
pub(super) const MAX_FRAME: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame, FrameHeader,
        coding::{Control, Data, OpCode},
    };

    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    /// A client's frame as this reads it, by hand.
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

    /// What was heard, with payloads put together.
    #[derive(Debug, Default, PartialEq, Eq)]
    struct Said {
        bytes: Vec<u8>,
        pings: Vec<Vec<u8>>,
        close: Option<Option<u16>>,
    }

    /// Reads a stream that arrives in pieces of `at_a_time`.
    fn read(stream: &[u8], at_a_time: usize) -> Result<Said, Violation> {
        let (mut reader, mut said, mut unread) = (Reader::default(), Said::default(), Vec::new());
        for piece in stream.chunks(at_a_time) {
            unread.extend_from_slice(piece);
            while let Some((length, piece)) = reader.read(&mut unread)? {
                match piece {
                    Piece::Bytes(range) => said.bytes.extend_from_slice(&unread[range]),
                    Piece::Ping(range) => said.pings.push(unread[range].to_vec()),
                    Piece::Nothing => {}
                    Piece::Close(code) => said.close = Some(code),
                }
                unread.drain(..length);
            }
        }
        assert!(said.close.is_some() || unread.is_empty(), "{unread:?} was left");
        Ok(said)
    }

    fn violation(stream: &[u8]) -> Violation {
        let whole = read(stream, stream.len()).unwrap_err();
        assert_eq!(read(stream, 1).unwrap_err(), whole, "a violation is one however it arrives");
        whole
    }

    fn noise(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
    }

    #[test]
    fn the_examples_of_rfc_6455() {
        // Section 5.7: a masked "Hello", there as text; a ping with "Hello".
        let hello = [0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(read(&hello, 11).unwrap().bytes, b"Hello");
        let ping = [0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(read(&ping, 11).unwrap().pings, [b"Hello"]);
        assert_eq!(pong(b"Hello"), [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        // 256 bytes and 64 KiB of an unmasked binary message.
        let mut room = [0; HEADER];
        assert_eq!(write_header(&mut room, 256), 6);
        assert_eq!(room[6..], [0x82, 0x7e, 0x01, 0x00]);
        assert_eq!(write_header(&mut room, 65536), 0);
        assert_eq!(room, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn every_length_in_every_piece() {
        for length in [0, 1, 2, 3, 4, 5, 125, 126, 127, 128, 65_535, 65_536, 65_537, MAX_FRAME as usize] {
            let payload = noise(length);
            let stream = frame(0x82, &payload);
            for at_a_time in [1, 2, 3, 7, 13, 14, 15, 4096, usize::MAX] {
                if length / at_a_time < 100_000 || length == MAX_FRAME as usize && at_a_time == 4096 {
                    assert!(read(&stream, at_a_time).unwrap().bytes == payload, "{length} by {at_a_time}");
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
        let said = Said {
            bytes: b"one two three four".to_vec(),
            pings: vec![b"are you there".to_vec(), noise(125)],
            close: Some(Some(1000)),
        };
        for at_a_time in 1..=stream.len() {
            assert_eq!(read(&stream, at_a_time).unwrap(), said, "{at_a_time}");
        }
    }

    #[test]
    fn every_header_is_judged() {
        // All first bytes with a short payload, masked and not.
        for first in 0..=255_u8 {
            let judged = read(&frame(first, b"\x03\xe8"), 1024);
            let (reserved, opcode, fin) = (first & 0x70 != 0, first & 0x0f, first & 0x80 != 0);
            match (reserved, opcode, fin) {
                (false, BINARY, _) | (false, CLOSE | PING | PONG, true) => assert!(judged.is_ok(), "{first:#x}"),
                (false, TEXT, _) => assert_eq!(judged, Err(Violation::Text)),
                _ => assert!(matches!(judged, Err(Violation::Protocol(_))), "{first:#x}"),
            }
            let mut unmasked = frame(first, b"\x03\xe8");
            unmasked[1] &= 0x7f;
            assert!(matches!(violation(&unmasked), Violation::Protocol(_)), "{first:#x}");
        }
    }

    #[test]
    fn fragments_must_make_sense() {
        assert_eq!(violation(&frame(0x80, b"x")).code(), 1002);
        assert_eq!(violation(&frame(0x00, b"x")).code(), 1002);
        assert_eq!(violation(&[frame(0x02, b"x"), frame(0x82, b"y")].concat()).code(), 1002);
        assert_eq!(violation(&[frame(0x02, b"x"), frame(0x80, b"y"), frame(0x80, b"z")].concat()).code(), 1002);
    }

    #[test]
    fn control_frames_are_short_and_whole() {
        for opcode in [CLOSE, PING, PONG] {
            assert_eq!(violation(&frame(opcode, b"\x03\xe8")).code(), 1002);
            assert_eq!(violation(&frame(FIN | opcode, &noise(126))).code(), 1002);
        }
    }

    #[test]
    fn lengths_are_written_in_one_way() {
        for header in [
            &[0x82, 0xfe, 0, 125, 0, 0, 0, 0][..],
            &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0],
            &[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(violation(header).code(), 1002, "{header:?}");
        }
    }

    #[test]
    fn an_announcement_of_too_much_is_enough() {
        for length in [MAX_FRAME + 1, i64::MAX as u64] {
            let header = [&[0x82, 0xff][..], &length.to_be_bytes(), &MASK].concat();
            assert_eq!(violation(&header), Violation::TooLong(length));
            let continued = [frame(0x02, b"x"), [&[0x80, 0xff][..], &length.to_be_bytes(), &MASK].concat()].concat();
            assert_eq!(violation(&continued), Violation::TooLong(length));
        }
    }

    #[test]
    fn goodbyes() {
        assert_eq!(read(&frame(0x88, b""), 1).unwrap().close, Some(None));
        for code in 0..=u16::MAX {
            let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            let said = read(&frame(0x88, &code.to_be_bytes()), 8).map(|said| said.close);
            assert_eq!(said.ok(), allowed.then_some(Some(Some(code))), "{code}");
        }
        assert_eq!(violation(&frame(0x88, b"\x03")).code(), 1002);
        assert_eq!(close(Some(4410), "so"), [0x88, 4, 0x11, 0x3a, b's', b'o']);
        assert_eq!(close(None, "never said"), [0x88, 0]);
        assert_eq!(close(Some(1000), &"ü".repeat(100)).len(), 2 + 2 + 2 * 61);
    }

    /// Whatever tungstenite's client writes, this reads; whatever this writes, tungstenite reads.
    #[test]
    fn another_implementation_agrees() {
        for length in [0, 1, 125, 126, 300, 65_535, 65_536, 100_000] {
            let payload = noise(length);
            let mut theirs = Frame::message(payload.clone(), OpCode::Data(Data::Binary), true);
            theirs.header_mut().mask = Some(MASK);
            let mut written = Vec::new();
            theirs.format(&mut written).unwrap();
            assert!(read(&written, 1000).unwrap().bytes == payload, "{length}");

            let mut room = [0; HEADER];
            let start = write_header(&mut room, length);
            let parsed = FrameHeader::parse(&mut std::io::Cursor::new(&room[start..])).unwrap();
            let (header, announced) = parsed.expect("a whole header");
            assert_eq!((header.is_final, header.opcode, header.mask), (true, OpCode::Data(Data::Binary), None));
            assert_eq!(announced, length as u64);
        }
        let (header, length) = FrameHeader::parse(&mut std::io::Cursor::new(pong(b"abc"))).unwrap().unwrap();
        assert_eq!((header.opcode, length), (OpCode::Control(Control::Pong), 3));
    }

    /// Noise and headers with one bit changed: an error or not, but the same one however it arrives, and no panic.
    #[test]
    fn nonsense_is_judged_the_same_however_it_arrives() {
        let good =
            [frame(0x02, b"one "), frame(0x89, b"hm"), frame(0x80, &noise(200)), frame(0x88, b"\x03\xe8")].concat();
        let heard = |stream: &[u8], at_a_time| {
            let (mut reader, mut unread, mut bytes) = (Reader::default(), Vec::new(), Vec::new());
            for piece in stream.chunks(at_a_time) {
                unread.extend_from_slice(piece);
                loop {
                    match reader.read(&mut unread) {
                        Ok(Some((length, piece))) => {
                            assert!(length <= unread.len());
                            if let Piece::Bytes(range) = piece {
                                bytes.extend_from_slice(&unread[range]);
                            }
                            unread.drain(..length);
                        }
                        Ok(None) => break,
                        Err(violation) => return (bytes, Some(violation)),
                    }
                }
            }
            (bytes, None)
        };
        for place in 0..good.len() {
            for bit in 0..8 {
                let mut changed = good.clone();
                changed[place] ^= 1 << bit;
                assert_eq!(heard(&changed, 1), heard(&changed, changed.len()), "bit {bit} of byte {place}");
            }
        }
    }
}
