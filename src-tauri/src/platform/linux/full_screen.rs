//! Full screen on one monitor or several, which Tauri leaves to the window manager.

use gtk::gdk::{FullscreenMode, WindowState};
use gtk::prelude::{GtkWindowExt, WidgetExt};
use portlight_engine::model::Monitors;
use tauri::WebviewWindow;

/// Which monitors are filled can be chosen.
pub const CHOOSES_MONITORS: bool = true;

/// Whether it is in full screen, whoever has put it there; on the main thread only. Tauri knows only what went through Tauri.
///
/// # Errors
/// What the window system says.
pub fn is_full_screen(window: &WebviewWindow) -> tauri::Result<bool> {
    Ok(window.gtk_window()?.window().is_some_and(|surface| surface.state().contains(WindowState::FULLSCREEN)))
}

/// Fills `monitors` with the window; none: it is a window again. A window manager that cannot fill several fills the window's own.
///
/// # Errors
/// What the window system says.
pub fn fill_monitors(window: &WebviewWindow, monitors: Option<Monitors>) -> tauri::Result<()> {
    let of = window.clone();
    window.run_on_main_thread(move || {
        let Ok(gtk_window) = of.gtk_window() else { return };
        // One that was never shown has no surface yet, and is to be shown in full screen at once.
        gtk_window.realize();
        let Some(surface) = gtk_window.window() else { return };
        let Some(monitors) = monitors else { return gtk_window.unfullscreen() };
        let spread =
            if monitors == Monitors::All { FullscreenMode::AllMonitors } else { FullscreenMode::CurrentMonitor };
        surface.set_fullscreen_mode(spread);
        let display = surface.display();
        match monitors {
            Monitors::One(number) if i32::from(number) < display.n_monitors() => {
                // The window manager leaves a window that fills one monitor there.
                gtk_window.unfullscreen();
                gtk_window.fullscreen_on_monitor(&display.default_screen(), number.into());
            }
            _ => gtk_window.fullscreen(),
        }
    })
}
