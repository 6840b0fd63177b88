//! A viewer that says anything at all, cut anywhere: the first byte of the input is the length of the pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rfb::{
    ServerInit,
    server::{Greeting, Reply},
};

fuzz_target!(|input: &[u8]| {
    let Some((size, viewer)) = input.split_first() else { return };
    let screen = ServerInit { width: 800, height: 600, pixel_format: [32; 16], name: b"desk".to_vec() };
    let hold = |size: usize| {
        let mut greeting = Greeting::new(&screen);
        let (mut said, mut session) = (greeting.opening(), Vec::new());
        for piece in viewer.chunks(size) {
            match greeting.answer(piece).ok()? {
                Reply::Send(bytes) => said.extend(bytes),
                Reply::Done { send, rest } => {
                    said.extend(send);
                    session.extend(rest);
                }
            }
        }
        Some((said, session))
    };
    assert_eq!(hold(usize::from(*size).max(1)), hold(usize::MAX));
});
