//! macOS and Windows: the web view gives its page all that is needed of keys, and the system's shortcuts stay with the system. Never
//! compiled here.

use portlight_engine::model::KeyPress;
use tauri::WebviewWindow;

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

/// Nothing was grabbed.
pub fn ungrab_keyboard(_window: &WebviewWindow) {}
