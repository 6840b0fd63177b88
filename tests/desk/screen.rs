//! A display that is looked at through a few rows only, so that it can be looked at often, and looking costs little.

use super::Desk;
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{ConnectionExt, ImageFormat, KEY_PRESS_EVENT, KEY_RELEASE_EVENT},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

/// Red, green and blue.
pub type Colour = [u8; 3];

/// The whole of a desk's display.
pub struct Screen {
    connection: RustConnection,
    root: u32,
    width: u16,
}

impl Screen {
    /// The display of this desk.
    pub fn of(desk: &Desk) -> Self {
        let (connection, number) = RustConnection::connect(Some(&desk.display().name)).expect("an X display");
        let screen = &connection.setup().roots[number];
        let (root, width) = (screen.root, screen.width_in_pixels);
        Self { connection, root, width }
    }

    /// The pixels of a row.
    pub fn row(&self, y: i16) -> Vec<Colour> {
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, y, self.width, 1, !0);
        let row = image.expect("an X display").reply().expect("a row").data;
        row.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect()
    }

    /// Presses a key of the keyboard by its keycode, and lets it go, without a program that does it.
    pub fn press(&self, keycode: u8) {
        for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
            let sent = self.connection.xtest_fake_input(kind, keycode, 0, self.root, 0, 0, 0);
            sent.expect("an X display").check().expect("XTEST");
        }
    }
}
