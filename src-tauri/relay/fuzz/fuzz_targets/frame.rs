//! Frames of a client, split into reads of any size.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| relay::fuzz::decode_frames(input));
