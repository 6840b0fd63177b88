//! What differs between operating systems, behind one set of functions. Each system's module has all of them:
//!
//! | function | does |
//! | --- | --- |
//! | `choose_renderer` | says how the web view draws |
//! | `prefers_dark` | whether the pages are dark |
//! | `set_dark` | has them be dark or light, or as the system is |
//! | `follow_desktop_colours` | tells when the desktop prefers other colours |
//! | `describe` | the system and its desktop, for a report |
//! | `open_display` | whether windows can be shown |
//! | `show_error`, `show_error_alone` | a message without any window of Portlight's; in a process of its own |
//! | `on_page_death` | tells of each page whose process has ended |
//! | `keep_scale` | has pages not be enlarged by a pinch |
//! | `end_page` | ends the process of a page that hangs |
//! | `claim`, `Instance` | one Portlight for each user session: later ones hand their request over |
//! | `requested` | what the system asks of an app that runs already |
//! | `choose_paths` | the system's own dialog for files |
//! | `show_in_folder` | a file, in the desktop's file manager |
//! | `notify` | a notification of the desktop, which can be clicked |
//! | `ring` | the desktop's bell |
//! | `GIVES_KEYS`, `watch_keys` | the keys of a window before its web view has them |
//! | `grab_keyboard`, `ungrab_keyboard` | the shortcuts of the desktop, for a window |
//! | `watch_grabbed_focus` | whether another window gets the focus meanwhile |
//! | `let_open_windows` | has a page open windows also where nobody has just clicked |
//! | `compose` | the input method of this computer for a window's keys |
//! | `watch_side_buttons` | the mouse's buttons that the web view does not know |
//! | `CHOOSES_MONITORS`, `fills_several_monitors`, `fill_monitors`, `is_full_screen` | full screen, on one monitor or several |
//! | `watch_monitors` | this computer's monitors, as they come and go |
//! | `hold_hotkey` | keys that the desktop gives to Portlight, whatever window has the focus |
//! | `watch_trays` | whether there is a tray, as they come and go |
//! | `starts_with_desktop`, `start_with_desktop` | Portlight in the tray from the login on |
//! | `TrayIcon` | the icon in the tray with its menu |
//!
//! What is known to work on which system is in docs/PLATFORMS.md.

mod renderer;

pub use renderer::Renderer;

#[cfg(not(target_os = "linux"))]
mod plugin_instance;
#[cfg(not(target_os = "linux"))]
mod system_chooser;
#[cfg(not(target_os = "linux"))]
mod system_tray;
#[cfg(not(target_os = "linux"))]
mod web_view_keys;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
pub use macos::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use self::windows::*;

use portlight_engine::{Imported, model::Secret};
use tauri::AppHandle;
use terminal::{ImportRequest, ListChange, OpenRequest};

/// What the first instance does for later ones. Each error is a sentence for the terminal of the person who asked.
#[derive(Clone, Copy)]
pub struct Duties {
    /// Opens what was asked for.
    pub open: fn(&AppHandle, &OpenRequest) -> Result<(), String>,
    /// Adds machines from files to the list.
    pub import: fn(&AppHandle, ImportRequest) -> Result<Imported, String>,
    /// Changes the list, and says in JSON what has changed.
    pub change: fn(&AppHandle, ListChange, Option<Secret>) -> Result<String, String>,
}

/// What the user may choose in the system's dialog.
pub enum Choice {
    /// One file.
    File,
    /// One file or several.
    Files,
    /// A folder.
    Folder,
    /// Where to write a file.
    Save {
        /// What it is called at first.
        name: &'static str,
    },
}

/// A line of the tray's menu.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MenuLine {
    /// What stands above others, and cannot be chosen.
    Title(String),
    /// A line to choose.
    Item {
        /// What [`TrayClick::Line`] has then.
        id: String,
        text: String,
        /// Whether it has a tick; none where it is no switch.
        on: Option<bool>,
    },
    /// A menu in the menu.
    Menu { text: String, lines: Vec<MenuLine> },
    /// A line between groups.
    Separator,
}

/// What was clicked in the tray.
pub enum TrayClick {
    /// The icon, with the first button.
    Icon,
    /// The line with this id.
    Line(String),
}

/// What is done where the process of a window's page has ended; the second argument is the window's label.
pub type OnPageDeath = fn(&AppHandle, &str);

/// Whether this process is the first Portlight of this user session.
pub enum Claim {
    /// It is: requests of later ones come to this instance.
    First(Instance),
    /// It is not: the first one has done what was asked for.
    HandedOver,
}
