//! Linux: GTK 3, WebKitGTK, D-Bus.

mod autostart;
mod chooser;
mod colours;
mod composing;
mod files;
mod focus;
mod full_screen;
mod hotkey;
mod instance;
mod keyboard;
mod notification;
mod pages;
mod renderer;
mod side_buttons;
mod tray;

pub use autostart::{start_with_desktop, starts_with_desktop};
pub use chooser::choose_paths;
pub use colours::follow_desktop_colours;
pub use composing::compose;
pub use files::show_in_folder;
pub use focus::watch_grabbed_focus;
pub use full_screen::{CHOOSES_MONITORS, fill_monitors, fills_several_monitors, is_full_screen, watch_monitors};
pub use hotkey::hold_hotkey;
pub use instance::{Instance, claim};
pub use keyboard::{grab_keyboard, ungrab_keyboard, watch_keys};
pub use notification::notify;
pub use pages::{end_page, keep_scale, let_open_windows, on_page_death};
pub use renderer::choose as choose_renderer;
pub use side_buttons::watch_side_buttons;
pub use tray::{TrayIcon, watch_trays};

use colours::portal_prefers_dark;
use gtk::prelude::{DialogExt, GtkSettingsExt, GtkWindowExt, WidgetExt};
use std::{cell::Cell, env, fs};
use tauri::{AppHandle, RunEvent};
use terminal::OpenRequest;

/// Whether [`watch_keys`] tells of keys.
pub const GIVES_KEYS: bool = true;

/// Opens the display, which Tauri would do with a panic where there is none. The renderer has to be chosen before.
///
/// # Errors
/// A sentence for the terminal.
pub fn open_display() -> Result<(), String> {
    gtk::init().map_err(|_| {
        let variables = ["WAYLAND_DISPLAY", "DISPLAY", "GDK_BACKEND"].into_iter();
        let set = variables.filter_map(|name| Some(format!("{name}: {}", env::var_os(name)?.to_string_lossy())));
        let set = set.collect::<Vec<_>>().join(", ");
        let found = if set.is_empty() { "neither WAYLAND_DISPLAY nor DISPLAY is set" } else { &set };
        format!("Portlight needs a display ({found}); `portlight doctor TARGET` does not")
    })
}

/// Has pages and menus be dark or light; none: as the desktop is. On the main thread. `GTK_THEME` in the environment is stronger.
pub fn set_dark(_app: &AppHandle, dark: Option<bool>) {
    let Some(settings) = gtk::Settings::default() else { return };
    // The desktop's own choice first: a theme's name may be the dark one's.
    settings.reset_property("gtk-theme-name");
    settings.reset_property("gtk-application-prefer-dark-theme");
    let name = settings.gtk_theme_name().unwrap_or_default();
    // WebKitGTK takes it for a light one.
    let is_dark_contrast = name == DARK_CONTRAST;
    match dark {
        None if is_dark_contrast || portal_prefers_dark() => settings.set_gtk_application_prefer_dark_theme(true),
        None => {}
        Some(dark) => {
            if let (false, Some(light)) = (dark, name.strip_suffix("-dark")) {
                settings.set_gtk_theme_name(Some(light));
            }
            if !dark && is_dark_contrast {
                settings.set_gtk_theme_name(Some(LIGHT_CONTRAST));
            }
            settings.set_gtk_application_prefer_dark_theme(dark);
        }
    }
}

/// GTK's themes for people who need more contrast; WebKitGTK tells pages so.
const LIGHT_CONTRAST: &str = "HighContrast";
const DARK_CONTRAST: &str = "HighContrastInverse";

/// The distribution, how windows are shown, and the desktop, as each calls itself.
pub fn describe() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = name.map_or("Linux", |name| name.trim_matches('"')).to_owned();
    let variables = ["XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"].into_iter().filter_map(|name| env::var(name).ok());
    [name].into_iter().chain(variables).collect::<Vec<_>>().join(", ")
}

/// Whether the pages are in the dark theme: WebKitGTK looks at GTK's theme for that.
pub fn prefers_dark() -> bool {
    let Some(settings) = gtk::Settings::default() else { return false };
    // GTK_THEME has the variant behind a colon.
    let name = env::var("GTK_THEME").ok().or_else(|| settings.gtk_theme_name().map(Into::into)).unwrap_or_default();
    settings.is_gtk_application_prefer_dark_theme() || name.ends_with("-dark") || name.ends_with(":dark")
}

/// Shows `sentence` with a button that says `close`, and does `then` when it is closed. Needs [`open_display`], and the main thread.
pub fn show_error(title: &str, sentence: &str, close: &str, then: impl FnOnce() + Send + 'static) {
    let dialog = gtk::MessageDialog::new(
        None::<&gtk::Window>,
        gtk::DialogFlags::MODAL,
        gtk::MessageType::Error,
        // GTK's own button speaks the language of the desktop, which need not be the one that was chosen.
        gtk::ButtonsType::None,
        sentence,
    );
    dialog.set_title(title);
    dialog.add_button(close, gtk::ResponseType::Close);
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

/// The same in a process that does nothing else; comes back when it is closed.
pub fn show_error_alone(title: &str, sentence: &str, close: &str) {
    if let Err(cause) = gtk::init() {
        return tracing::warn!(%cause, "nothing can be shown");
    }
    show_error(title, sentence, close, gtk::main_quit);
    gtk::main();
}

/// None: here the system starts the program once more.
pub fn requested(_event: &RunEvent) -> Option<OpenRequest> {
    None
}

/// The desktop's bell: a sound, or what its settings have in place of one. On the main thread.
pub fn ring() {
    if let Some(display) = gtk::gdk::Display::default() {
        display.beep();
    }
}
