//! Windows in full screen, when this computer gets other monitors.

use super::{page::session_of, places, screens::opened_by};
use crate::platform;
use tauri::{AppHandle, Manager};

/// Has the windows that are in full screen follow when monitors come and go: not every window manager brings one back into view whose
/// monitor has gone, or knows that there are more now. On the main thread.
pub fn follow_monitors(app: AppHandle) {
    platform::watch_monitors(move || {
        for window in app.webview_windows().into_values() {
            let is_viewer = session_of(window.label()).or(opened_by(window.label())).is_some();
            if is_viewer
                && platform::is_full_screen(&window).unwrap_or(false)
                && let Err(cause) = platform::fill_monitors(&window, Some(places::filled(&window)))
            {
                tracing::debug!(%cause, "the window has gone");
            }
        }
    });
}
