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
    let valid = [frame(0x02, b"one "), frame(0x89, b"hm"), frame(0x80, &noise(200)), frame(0x88, b"\x03\xe8")].concat();
    for place in 0..valid.len() {
        for bit in 0..8 {
            let mut changed = valid.clone();
            changed[place] ^= 1 << bit;
            crate::fuzz::decode_frames(&[&[1], &changed[..]].concat());
        }
    }
}
