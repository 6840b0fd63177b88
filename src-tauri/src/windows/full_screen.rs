//! Which monitors a window fills in full screen, also when this computer gets others.

use super::{page::session_of, places, screens::opened_by};
use crate::platform;
use portlight_engine::{Engine, model::Monitors};
use std::sync::Arc;
use tauri::{AppHandle, Manager, WebviewWindow};

/// What a window fills: as was chosen for its machine with the present monitors, or else last. That of a single screen fills its own one.
pub fn filled(window: &WebviewWindow) -> Monitors {
    let chosen = || {
        let view = window.state::<Arc<Engine>>().sessions().view(session_of(window.label())?)?;
        Some(places::full_screen_of(window).unwrap_or(view.display.monitors))
    };
    chosen().unwrap_or_default()
}

/// Has the windows that are in full screen follow when monitors come and go: not every window manager brings one back into view whose
/// monitor has gone, or knows that there are more now. On the main thread.
pub fn follow_monitors(app: AppHandle) {
    platform::watch_monitors(move || {
        for window in app.webview_windows().into_values() {
            let is_viewer = session_of(window.label()).or(opened_by(window.label())).is_some();
            if is_viewer
                && platform::is_full_screen(&window).unwrap_or(false)
                && let Err(cause) = platform::fill_monitors(&window, Some(filled(&window)))
            {
                tracing::debug!(%cause, "the window has gone");
            }
        }
    });
}
