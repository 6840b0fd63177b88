//! What servers say, in pieces to write scripts with.

use crate::script::Turn::{self, Hear, HearAny, Say};

pub const V33: &[u8] = b"RFB 003.003\n";
pub const V38: &[u8] = b"RFB 003.008\n";

pub const NONE: u8 = 1;
pub const VNC_AUTH: u8 = 2;
pub const TIGHT: u8 = 16;
pub const VENCRYPT: u8 = 19;

/// 32 bits per pixel, true colour.
pub const PIXELS: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

pub fn say(bytes: impl AsRef<[u8]>) -> Turn {
    Say(bytes.as_ref().to_vec())
}

pub fn hear(bytes: impl AsRef<[u8]>) -> Turn {
    Hear(bytes.as_ref().to_vec())
}

pub fn u16(number: u16) -> Turn {
    say(number.to_be_bytes())
}

pub fn u32(number: u32) -> Turn {
    say(number.to_be_bytes())
}

/// A length, then the text.
pub fn text(text: impl AsRef<[u8]>) -> Turn {
    let text = text.as_ref();
    say([&(text.len() as u32).to_be_bytes(), text].concat())
}

/// One script after the other.
pub fn then(first: impl IntoIterator<Item = Turn>, second: impl IntoIterator<Item = Turn>) -> Vec<Turn> {
    first.into_iter().chain(second).collect()
}

/// A server of 3.8 up to its list of security types.
pub fn offers(types: &[u8]) -> Vec<Turn> {
    vec![say(V38), hear(V38), say([&[types.len() as u8], types].concat())]
}

/// The same, and this one was taken.
pub fn takes(security_type: u8) -> Vec<Turn> {
    then(offers(&[security_type]), [hear([security_type])])
}

/// A server of 3.8 that has the answer to its challenge.
pub fn after_password() -> Vec<Turn> {
    then(takes(VNC_AUTH), [say([7; 16]), HearAny(16)])
}

/// A server of 3.8 that lets in whoever comes, and has been asked for its screen.
pub fn let_in() -> Vec<Turn> {
    then(takes(NONE), [u32(0), hear([1])])
}

/// ServerInit with a name of this length, of which only so much is said.
pub fn screen(width: u16, height: u16, pixels: [u8; 16], name_length: u32, name: &[u8]) -> Turn {
    say([&width.to_be_bytes()[..], &height.to_be_bytes(), &pixels, &name_length.to_be_bytes(), name].concat())
}

/// A screen that nothing is wrong with.
pub fn desk() -> Turn {
    screen(640, 480, PIXELS, 4, b"desk")
}
