//! What holds for any bytes: called by the fuzz targets, and by the tests with the fuzz corpus. The first byte of each
//! input is the size of the reads that the rest arrives in, 0 and 1 meaning 1.

use super::{
    frame::{Decoded, Decoder, FrameError, MAX_FRAME},
    upgrade::{MAX_HEAD, Origins, RejectReason, UpgradePolicy},
    window::{MAX_SIZE, NotSent, Window},
};
use std::time::Duration;
use tokio::time::Instant;
use tungstenite::{handshake::derive_accept_key, protocol::frame::coding::CloseCode};

const ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];
const HOST: &str = "127.0.0.1:4711";

/// Frames that arrive in small reads are decoded to the same as in one, whether text acknowledges something or not.
///
/// # Panics
/// If that does not hold.
pub fn decode_frames(input: &[u8]) {
    let Some((size, stream)) = input.split_first() else { return };
    for acknowledges in [false, true] {
        let small = decode(stream, usize::from(*size).max(1), acknowledges);
        assert_eq!(small, decode(stream, usize::MAX, acknowledges));
        count(&small.events);
    }
}

/// Never is more than a window on its way, whatever is acknowledged and whenever: here a window is sent to the viewer for
/// each of its events.
fn count(events: &[Event]) {
    let (mut window, mut now, mut unacknowledged) = (Window::default(), Instant::now(), 0);
    for event in events {
        now += Duration::from_millis(20);
        let room = window.room();
        if room > 0 {
            window.send(room, now);
            unacknowledged += room;
        }
        assert!(unacknowledged <= MAX_SIZE);
        if let Event::Acknowledgement(bytes) = *event {
            assert!(bytes > 0);
            match window.acknowledge(bytes, now) {
                Ok(()) => unacknowledged -= bytes,
                Err(NotSent) => return assert!(bytes > unacknowledged),
            }
        }
    }
}

/// A request that arrives in small reads is decided like one that arrives at once, and an accepted request has exactly
/// one Host and one Origin, both right, and gets the response for its own key.
///
/// # Panics
/// If that does not hold.
pub fn parse_upgrade(input: &[u8]) {
    let Some((size, bytes)) = input.split_first() else { return };
    let decision = decide(bytes, usize::from(*size).max(1));
    assert_eq!(decision, decide(bytes, usize::MAX));
    let Some(Ok(Decision { length, params: Ok(response), ticket })) = decision else { return };
    // By another way than the parser's: line by line.
    let head = &bytes[..length];
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let path = ticket.expect("a ticket");
    assert_eq!(lines.find(|line| !line.is_empty()), Some([b"GET /", &path[..], b" HTTP/1.1"].concat().as_slice()));
    let values = |name: &[u8]| -> Vec<&[u8]> {
        let named = lines.clone().filter_map(|line| line.split_at_checked(line.iter().position(|byte| *byte == b':')?));
        named.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value[1..].trim_ascii()).collect()
    };
    assert_eq!(values(b"Host"), [HOST.as_bytes()]);
    let origins = values(b"Origin");
    assert!(origins.len() == 1 && ORIGINS.iter().any(|origin| origin.as_bytes() == origins[0]), "{origins:?}");
    let accept = format!("\r\nSec-WebSocket-Accept: {}\r\n", derive_accept_key(values(b"Sec-WebSocket-Key")[0]));
    assert!(response.contains(&accept), "{response}");
}

/// What a viewer would be given, and how it ends.
#[derive(Debug, Default, PartialEq, Eq)]
struct Received {
    events: Vec<Event>,
    error: Option<FrameError>,
}

#[derive(Debug, PartialEq, Eq)]
enum Event {
    Data(Vec<u8>),
    Ping(Vec<u8>),
    Acknowledgement(usize),
    Close(Option<CloseCode>),
}

fn decode(stream: &[u8], size: usize, acknowledges: bool) -> Received {
    let (mut decoder, mut received, mut undecoded) = (Decoder::new(acknowledges), Received::default(), Vec::new());
    for read in stream.chunks(size) {
        undecoded.extend_from_slice(read);
        loop {
            let (length, decoded) = match decoder.decode(&mut undecoded) {
                Ok(Some(decoded)) => decoded,
                Ok(None) => break,
                Err(error) => return Received { error: Some(error), ..received },
            };
            match decoded {
                Decoded::Payload(range) => {
                    assert!(!range.is_empty() && range.len() as u64 <= MAX_FRAME);
                    match received.events.last_mut() {
                        Some(Event::Data(bytes)) => bytes.extend_from_slice(&undecoded[range]),
                        _ => received.events.push(Event::Data(undecoded[range].to_vec())),
                    }
                }
                Decoded::Ping(range) => received.events.push(Event::Ping(undecoded[range].to_vec())),
                Decoded::Acknowledgement(bytes) => received.events.push(Event::Acknowledgement(bytes)),
                Decoded::Close(code) => {
                    received.events.push(Event::Close(code));
                    return received;
                }
                Decoded::Nothing => {}
            }
            assert!(length > 0, "progress");
            undecoded.drain(..length);
        }
    }
    received
}

#[derive(Debug, PartialEq, Eq)]
struct Decision {
    length: usize,
    params: Result<String, RejectReason>,
    ticket: Option<[u8; 64]>,
}

/// What becomes of a request, read as the listener does; none if it is not complete.
fn decide(bytes: &[u8], size: usize) -> Option<Result<Decision, RejectReason>> {
    let policy = UpgradePolicy::new(([127, 0, 0, 1], 4711).into(), Origins::Only(ORIGINS.map(str::to_owned).to_vec()));
    let bytes = &bytes[..bytes.len().min(MAX_HEAD)];
    let mut length = 0;
    while length < bytes.len() {
        length = length.saturating_add(size).min(bytes.len());
        match policy.parse(&bytes[..length]) {
            Ok(None) => {}
            Ok(Some(request)) => {
                let params = request.params.map(|params| params.response());
                return Some(Ok(Decision { length: request.length, params, ticket: request.ticket }));
            }
            Err(reason) => return Some(Err(reason)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
    }

    #[test]
    fn the_corpus_of_frames_holds_for_every_size_of_reads() {
        for input in corpus("frame") {
            for size in 0..=u8::MAX {
                decode_frames(&[&[size], &input[1..]].concat());
            }
        }
    }

    #[test]
    fn the_corpus_of_upgrades_holds_for_every_size_of_reads() {
        let mut accepted = 0;
        for input in corpus("upgrade") {
            for size in 0..=u8::MAX {
                parse_upgrade(&[&[size], &input[1..]].concat());
            }
            accepted += usize::from(matches!(decide(&input[1..], 1), Some(Ok(Decision { params: Ok(_), .. }))));
        }
        assert!(accepted > 0, "the corpus has requests that are accepted");
    }
}
