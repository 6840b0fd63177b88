//! macOS and Windows: the web view gives its page all that is needed of keys and of the mouse, the system's shortcuts stay with the
//! system, and full screen is Tauri's. Never compiled here.

use portlight_engine::model::{Chord, HotkeyState, KeyPress, Monitors, SideButton};
use tauri::{Builder, WebviewWindow, Wry};
use tokio::sync::watch;

/// Not there on these systems yet.
pub async fn hold_hotkey(
    mut wanted: watch::Receiver<Option<Chord>>,
    _pressed: impl Fn() + Send + Sync,
    told: impl Fn(Option<Chord>, HotkeyState) + Send + Sync,
) {
    loop {
        let chord = wanted.borrow_and_update().clone();
        let state = if chord.is_some() { HotkeyState::NotOffered } else { HotkeyState::Off };
        told(chord, state);
        if wanted.changed().await.is_err() {
            return;
        }
    }
}

/// The web view gives its page all that is needed.
pub const GIVES_KEYS: bool = false;

/// Tells of no keys.
pub fn watch_keys(_window: &WebviewWindow, _on_key: impl Fn(KeyPress) -> bool + Send + 'static) -> tauri::Result<()> {
    Ok(())
}

/// The system's shortcuts stay with the system.
pub fn grab_keyboard(_window: &WebviewWindow) -> bool {
    false
}

/// Nothing is grabbed.
pub fn watch_grabbed_focus(_window: &WebviewWindow, _on_lost: impl Fn() + Send + 'static) {}

/// Keys come from the web view.
pub fn compose(_window: &WebviewWindow, _on: bool) {}

/// Nothing was grabbed.
pub fn ungrab_keyboard(_window: &WebviewWindow) {}

/// The web view tells its page of them.
pub fn watch_side_buttons(
    _window: &WebviewWindow,
    _on_button: impl Fn(SideButton) + Send + 'static,
) -> tauri::Result<()> {
    Ok(())
}

/// These web views are left as they are: it was tried on none.
pub fn keep_scale(builder: Builder<Wry>) -> Builder<Wry> {
    builder
}

/// These web views ask for each window, whether somebody has clicked or not.
pub fn let_open_windows(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Full screen is on the window's own monitor.
pub const CHOOSES_MONITORS: bool = false;

/// Full screen is on the window's own monitor.
pub async fn fills_several_monitors(_window: &WebviewWindow) -> bool {
    false
}

/// The system sees to windows whose monitor has gone.
pub fn watch_monitors(_on_change: impl Fn() + 'static) {}

/// Whether it is in full screen.
pub fn is_full_screen(window: &WebviewWindow) -> tauri::Result<bool> {
    window.is_fullscreen()
}

/// Fills the window's own monitor, whichever was chosen; none: it is a window again.
pub fn fill_monitors(window: &WebviewWindow, monitors: Option<Monitors>) -> tauri::Result<()> {
    window.set_fullscreen(monitors.is_some())
}
