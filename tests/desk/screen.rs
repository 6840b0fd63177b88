//! A display that is looked at through a few rows only, or by what changes on it: so it can be looked at often, and looking costs little.

use super::Desk;
use std::{
    thread::sleep,
    time::{Duration, Instant},
};
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        damage::{ConnectionExt as _, ReportLevel},
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

/// What is drawn on a display, while it is drawn.
pub struct Drawing<'s> {
    screen: &'s Screen,
    damage: u32,
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

    /// Presses keys together by their keysyms, and lets them go.
    pub fn press_together(&self, keysyms: &[u32]) {
        let first = self.connection.setup().min_keycode;
        let keys = self.connection.get_keyboard_mapping(first, self.connection.setup().max_keycode - first + 1);
        let map = keys.expect("an X display").reply().expect("its keyboard");
        let across: usize = map.keysyms_per_keycode.into();
        let codes = keysyms.iter().map(|keysym| {
            let place = map.keysyms.iter().position(|on_key| on_key == keysym).expect("a key that has it");
            // With Shift is what stands second.
            (first + u8::try_from(place / across).expect("a keycode"), place % across == 1)
        });
        let mut codes: Vec<(u8, bool)> = codes.collect();
        if codes.iter().any(|&(_, shifted)| shifted) {
            let shift = map.keysyms.iter().position(|&on_key| on_key == SHIFT).expect("a keyboard with Shift");
            codes.insert(0, (first + u8::try_from(shift / across).expect("a keycode"), false));
        }
        let send = |kind, code| self.connection.xtest_fake_input(kind, code, 0, self.root, 0, 0, 0).map(drop);
        for &(code, _) in &codes {
            send(KEY_PRESS_EVENT, code).expect("XTEST");
        }
        for &(code, _) in codes.iter().rev() {
            send(KEY_RELEASE_EVENT, code).expect("XTEST");
        }
        self.connection.flush().expect("an X display");
    }

    /// Looks at what is drawn from now on.
    pub fn drawing(&self) -> Drawing<'_> {
        self.connection.damage_query_version(1, 1).expect("an X display").reply().expect("DAMAGE");
        let damage = self.connection.generate_id().expect("an X display");
        let created = self.connection.damage_create(damage, self.root, ReportLevel::RAW_RECTANGLES);
        created.expect("an X display").check().expect("DAMAGE");
        Drawing { screen: self, damage }
    }
}

impl Drawing<'_> {
    /// Waits until nothing is drawn for so long.
    pub fn until_still(&self, still: Duration) {
        while self.first(still).is_some() {}
    }

    /// How long it takes until something is drawn that is larger than a blinking caret; none where that is longer than a limit.
    pub fn first(&self, limit: Duration) -> Option<Duration> {
        let began = Instant::now();
        while began.elapsed() < limit {
            match self.screen.connection.poll_for_event().expect("an X display") {
                Some(Event::DamageNotify(drawn))
                    if u32::from(drawn.area.width) * u32::from(drawn.area.height) > CARET =>
                {
                    return Some(began.elapsed());
                }
                Some(_) => {}
                None => sleep(Duration::from_micros(200)),
            }
        }
        None
    }
}

impl Drop for Drawing<'_> {
    fn drop(&mut self) {
        let _ = self.screen.connection.damage_destroy(self.damage);
        let _ = self.screen.connection.flush();
    }
}

/// The keysym of the left Shift.
const SHIFT: u32 = 0xffe1;
/// Pixels that a caret has at most.
const CARET: u32 = 200;
