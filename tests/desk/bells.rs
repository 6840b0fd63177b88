//! The bell of an X display, as a program gets it that makes a sound of it (XKB).

use std::error::Error;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xkb::{ConnectionExt, EventType, ID, MapPart, SelectEventsAux},
    },
    rust_connection::RustConnection,
};

/// Counts the rings since it was made.
pub struct Bells {
    connection: RustConnection,
    rings: usize,
}

impl Bells {
    /// Begins to listen.
    pub(super) fn of(display: &str) -> Result<Self, Box<dyn Error>> {
        let (connection, _) = RustConnection::connect(Some(display))?;
        connection.xkb_use_extension(1, 0)?.reply()?;
        let (none, no_part) = (EventType::from(0_u16), MapPart::from(0_u16));
        let details = SelectEventsAux::new();
        let keyboard = ID::USE_CORE_KBD.into();
        connection.xkb_select_events(keyboard, none, EventType::BELL_NOTIFY, no_part, no_part, &details)?.check()?;
        Ok(Self { connection, rings: 0 })
    }

    /// Rings so far.
    pub fn heard(&mut self) -> usize {
        while let Some(event) = self.connection.poll_for_event().expect("a display") {
            self.rings += usize::from(matches!(event, Event::XkbBellNotify(_)));
        }
        self.rings
    }
}
