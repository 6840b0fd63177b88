//! Portlight without any window, in the tray.

use super::hosts;
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{AppHandle, Manager};

/// Whether Portlight stays when its last window is closed: it was started into the tray.
#[derive(Default)]
pub struct Background(AtomicBool);

/// Stays from now on.
pub fn stay(app: &AppHandle) {
    app.state::<Background>().0.store(true, Ordering::Relaxed);
}

/// Whether it stays.
pub fn stays(app: &AppHandle) -> bool {
    app.state::<Background>().0.load(Ordering::Relaxed)
}

/// There is no tray: shows the list where nothing else could bring it back.
///
/// # Errors
/// What the window system says.
pub fn leave(app: &AppHandle) -> tauri::Result<()> {
    match app.state::<Background>().0.swap(false, Ordering::Relaxed) {
        true => hosts::show(app),
        false => hosts::show_hidden(app),
    }
}
