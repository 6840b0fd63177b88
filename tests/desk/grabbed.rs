//! Another program that has keys for itself.

use x11rb::{
    CURRENT_TIME,
    connection::Connection,
    protocol::xproto::{ConnectionExt, GrabMode, GrabStatus, ModMask},
    rust_connection::RustConnection,
};

/// Has a letter with Ctrl and Alt, or all keys, as long as it lives.
pub struct Grabbed {
    _connection: RustConnection,
}

impl Grabbed {
    /// The whole keyboard of this display.
    pub fn all(display: &str) -> Self {
        let (connection, screen) = x11rb::connect(Some(display)).expect("a display");
        let root = connection.setup().roots[screen].root;
        let grab = connection.grab_keyboard(false, root, CURRENT_TIME, GrabMode::ASYNC, GrabMode::ASYNC);
        let status = grab.expect("a display").reply().expect("a keyboard").status;
        assert_eq!(status, GrabStatus::SUCCESS, "a keyboard that is free");
        Self { _connection: connection }
    }

    /// Whether a program has the whole keyboard of this display.
    pub fn has_all(display: &str) -> bool {
        let (connection, screen) = x11rb::connect(Some(display)).expect("a display");
        let root = connection.setup().roots[screen].root;
        let grab = connection.grab_keyboard(false, root, CURRENT_TIME, GrabMode::ASYNC, GrabMode::ASYNC);
        // It ends with the connection.
        grab.expect("a display").reply().expect("a keyboard").status == GrabStatus::ALREADY_GRABBED
    }

    /// On this display.
    pub fn of(display: &str, letter: &str) -> Self {
        let (connection, screen) = x11rb::connect(Some(display)).expect("a display");
        let root = connection.setup().roots[screen].root;
        let first = connection.setup().min_keycode;
        let count = connection.setup().max_keycode - first + 1;
        let keys = connection.get_keyboard_mapping(first, count).expect("a display").reply().expect("a keyboard");
        let wanted = u32::from(letter.chars().next().expect("a letter"));
        let place = keys.keysyms.chunks(keys.keysyms_per_keycode.into()).position(|of| of.contains(&wanted));
        let key = first + u8::try_from(place.expect("such a key")).expect("few keys");
        let modifiers = ModMask::CONTROL | ModMask::M1;
        let grab = connection.grab_key(false, root, modifiers, key, GrabMode::ASYNC, GrabMode::ASYNC);
        grab.expect("a display").check().expect("a key that is free");
        Self { _connection: connection }
    }
}
