//! Linux: GTK 3, WebKitGTK, D-Bus.

mod instance;
mod pages;
mod renderer;

pub use instance::{Instance, claim};
pub use pages::{end_page, on_page_death};
pub use renderer::choose as choose_renderer;

use crate::args::OpenRequest;
use gtk::prelude::{DialogExt, GtkWindowExt, WidgetExt};
use std::{
    cell::Cell,
    env,
    ffi::OsString,
    fs::File,
    io,
    os::{fd::AsFd, unix::process::CommandExt},
    process::{Command, ExitCode},
};
use tauri::{RunEvent, Wry, tray::TrayIconBuilder};

/// Nothing to do: every program has the terminal that it was started from.
pub fn attach_console() {}

/// Standard input without Rust's buffer.
///
/// # Errors
/// Where there is no standard input.
pub fn unbuffered_stdin() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Replaces this process by the same program with other arguments. Comes back only where that failed.
pub fn restart(arguments: &[OsString]) -> io::Result<ExitCode> {
    Err(Command::new(env::current_exe()?).args(arguments).exec())
}

/// Opens the display, which Tauri would do with a panic where there is none. The renderer has to be chosen before.
///
/// # Errors
/// A sentence for the terminal.
pub fn open_display() -> Result<(), String> {
    let shown = |name| env::var_os(name).map_or("not set".to_owned(), |value| value.to_string_lossy().into_owned());
    gtk::init().map_err(|_| {
        format!(
            "there is no display to open a window on (WAYLAND_DISPLAY: {}, DISPLAY: {}); portlight doctor needs none",
            shown("WAYLAND_DISPLAY"),
            shown("DISPLAY")
        )
    })
}

/// Shows `sentence`, and does `then` when it is closed. Needs [`open_display`], and the main thread.
pub fn show_error(title: &str, sentence: &str, then: impl FnOnce() + Send + 'static) {
    let dialog = gtk::MessageDialog::new(
        None::<&gtk::Window>,
        gtk::DialogFlags::MODAL,
        gtk::MessageType::Error,
        gtk::ButtonsType::Close,
        sentence,
    );
    dialog.set_title(title);
    let then = Cell::new(Some(then));
    dialog.connect_response(move |dialog, _| {
        // Once: closing is an answer, too.
        if let Some(then) = then.take() {
            dialog.close();
            then();
        }
    });
    dialog.show();
}

/// None: here the system starts the program once more.
pub fn requested(_event: &RunEvent) -> Option<OpenRequest> {
    None
}

/// The tray icon as it is.
pub fn in_style(icon: TrayIconBuilder<Wry>) -> TrayIconBuilder<Wry> {
    icon
}
