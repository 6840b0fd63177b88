//! The hosts window, quick connect, and one viewer window for each session.
//!
//! ```text
//! viewer ─┬▶ fit ─┬▶ places ─┐          places: what the user has moved is remembered
//!         │       └▶ geometry ┤
//!         ├▶ screens ─▶ fit   │          screens: windows for single screens of a machine
//!         ├▶ prewarmed ───────┼▶ page ─▶ deaths
//! watch ──┘                   │             watch: pages that stop working
//! hosts, quick ───────────────┘
//! background ─▶ hosts                without any window, in the tray
//! keyboard                            who has the keys of a viewer window
//! ```

mod background;
mod deaths;
mod fit;
mod full_screen;
mod geometry;
mod hosts;
mod keyboard;
mod page;
mod places;
mod prewarmed;
mod quick;
mod screens;
mod together;
mod viewer;
mod watch;

pub use background::{Background, leave as leave_background, stay as stay_in_background, stays as stays_in_background};
pub use fit::remote_resized;
pub use full_screen::follow_monitors;
pub use geometry::together as monitors_together;
pub use hosts::{
    Wish, Wishes, ask_before_closing, close as close_hosts, quit, reload as reload_hosts, set_unsaved,
    show as show_hosts, stay, take_wishes, want as want_hosts,
};
pub use keyboard::{Keyboards, forget_keyboard, lost_focus, set_owner as set_keyboard_owner, take_keys};
pub use page::{DarkTheme, HOSTS, is_given_up, session_of, show_theme};
pub use places::{
    Places, closing as viewer_closing, filled, forget_place, full_screen_of, moved, remember_full_screen,
};
pub use prewarmed::{Prewarmed, prepare as prewarm, renew as renew_prewarmed};
pub use quick::{left as quick_left, ready as quick_ready, show as show_quick};
pub use screens::{has_focus, window as screen};
pub use together::{ClosedTogether, close_together, open_together};
pub use viewer::{destroyed, leave, mark, open, open_call, open_last_minutes, open_recording, ring, show_session};
pub use watch::{focused, forget, register as watch_pages};
