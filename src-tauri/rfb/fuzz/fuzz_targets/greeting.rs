//! Arbitrary bytes of a viewer, in pieces of any size: the first byte of the input is the length of the pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rfb::server::Handshake;

fuzz_target!(|input: &[u8]| {
    let Some((size, viewer)) = input.split_first() else { return };
    let hold = |size: usize| {
        let mut handshake = Handshake::new();
        let mut session = Vec::new();
        for piece in viewer.chunks(size) {
            session.extend(handshake.receive(piece).ok()?.unwrap_or_default());
        }
        Some(session)
    };
    assert_eq!(hold(usize::from(*size).max(1)), hold(usize::MAX));
});
