//! Arbitrary bytes of a viewer, in pieces of any size: the first byte of the input is the length of the pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rfb::{
    ServerInit,
    server::{Handshake, Reply},
};

fuzz_target!(|input: &[u8]| {
    let Some((size, viewer)) = input.split_first() else { return };
    let screen = ServerInit { width: 800, height: 600, pixel_format: [32; 16], name: b"desk".to_vec() };
    let hold = |size: usize| {
        let mut handshake = Handshake::new(&screen);
        let (mut sent, mut session) = (handshake.opening(), Vec::new());
        for piece in viewer.chunks(size) {
            match handshake.receive(piece).ok()? {
                Reply::Send(bytes) => sent.extend(bytes),
                Reply::Done { send, rest } => {
                    sent.extend(send);
                    session.extend(rest);
                }
            }
        }
        Some((sent, session))
    };
    assert_eq!(hold(usize::from(*size).max(1)), hold(usize::MAX));
});
