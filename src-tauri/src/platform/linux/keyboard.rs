//! The keys of a window, before the web view sees them: WebKitGTK composes dead keys itself and loses them, and tells its pages
//! neither which side a key is on nor how the locks are.

use super::composing::Composer;
use gtk::{
    gdk,
    glib::Propagation,
    prelude::{SeatExt, WidgetExt},
};
use portlight_engine::model::KeyPress;
use std::{cell::RefCell, collections::VecDeque, rc::Rc};
use tauri::WebviewWindow;

/// X adds so many to the numbers of Linux's input system; GDK does the same on Wayland.
const X_KEY_OFFSET: u16 = 8;

/// Calls `on_key` for each key of a window, on the main thread; where it returns true, the key goes nowhere else. Where the input method
/// of this computer composes for it ([`compose`](super::compose)), `on_text` gets what has come of the keys that it has kept.
///
/// # Errors
/// What the window system says.
pub fn watch_keys(
    window: &WebviewWindow,
    on_key: impl Fn(KeyPress) -> bool + Send + 'static,
    on_text: impl Fn(String) + Send + 'static,
) -> tauri::Result<()> {
    let watched = window.clone();
    window.run_on_main_thread(move || {
        let Ok(gtk_window) = watched.gtk_window() else { return };
        let keymap = gdk::Display::default().and_then(|display| gdk::Keymap::for_display(&display));
        let composer = Composer::of(&watched, &gtk_window, on_text);
        let handle = Rc::new((on_key, RefCell::new(Passed::default())));
        let took = move |event: &gdk::EventKey, down: bool| {
            let (on_key, passed) = &*handle;
            let what = (event.time(), event.hardware_keycode(), down);
            if passed.borrow_mut().comes_back(what) {
                return Propagation::Proceed;
            }
            let press = key_press(event, down, keymap.as_ref());
            // Chords are ours.
            if (!press.chord && composer.takes(event, down)) || on_key(press) {
                return Propagation::Stop;
            }
            passed.borrow_mut().go(what);
            Propagation::Proceed
        };
        let released = took.clone();
        gtk_window.connect_key_press_event(move |_, event| took(event, true));
        gtk_window.connect_key_release_event(move |_, event| released(event, false));
    })
}

/// When a key was pressed, which, and whether it went down.
type What = (u32, u16, bool);

/// Events that went on to the web view. It puts those that its page did not handle into the window's queue again, once the page has
/// said so. By then the keys may be the remote machine's: it would be sent the Escape that has closed a panel here. And a web view
/// that waits for its event to come back takes the next one for it, which its page then never sees.
#[derive(Default)]
struct Passed(VecDeque<What>);

impl Passed {
    /// So many may be on their way through the page at once.
    const MAX_PASSED: usize = 32;

    fn go(&mut self, what: What) {
        if self.0.len() == Self::MAX_PASSED {
            self.0.pop_front();
        }
        self.0.push_back(what);
    }

    fn comes_back(&mut self, what: What) -> bool {
        let found = self.0.iter().position(|passed| *passed == what);
        found.and_then(|place| self.0.remove(place)).is_some()
    }
}

fn key_press(event: &gdk::EventKey, down: bool, keymap: Option<&gdk::Keymap>) -> KeyPress {
    let chord = gdk::ModifierType::CONTROL_MASK | gdk::ModifierType::MOD1_MASK | gdk::ModifierType::SHIFT_MASK;
    KeyPress {
        keysym: *event.keyval(),
        key: event.hardware_keycode().saturating_sub(X_KEY_OFFSET).into(),
        down,
        caps_lock: keymap.is_some_and(gdk::Keymap::is_caps_locked),
        num_lock: keymap.is_some_and(gdk::Keymap::is_num_locked),
        chord: event.state().contains(chord),
    }
}

/// Takes the shortcuts of the desktop, too: a grab of the keyboard on X11, an inhibition of shortcuts on Wayland. Returns whether
/// the desktop gave them away. On the main thread.
pub fn grab_keyboard(window: &WebviewWindow) -> bool {
    let Some(surface) = window.gtk_window().ok().and_then(|window| window.window()) else { return false };
    let Some(seat) = surface.display().default_seat() else { return false };
    seat.grab(&surface, gdk::SeatCapabilities::KEYBOARD, true, None, None, None) == gdk::GrabStatus::Success
}

/// Gives them back. On the main thread.
pub fn ungrab_keyboard(window: &WebviewWindow) {
    let Some(surface) = window.gtk_window().ok().and_then(|window| window.window()) else { return };
    if let Some(seat) = surface.display().default_seat() {
        seat.ungrab();
    }
}
