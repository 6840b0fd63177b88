//! Windows: Win32, WebView2. Written from the documentation of Tauri and Microsoft, never compiled here.

use super::{
    OnPageDeath,
    renderer::{Kind, Renderer},
};
pub use super::{
    plugin_instance::{Instance, claim},
    system_chooser::choose_paths,
    system_tray::TrayIcon,
    web_view_keys::{
        CHOOSES_MONITORS, GIVES_KEYS, compose, fill_monitors, fills_several_monitors, grab_keyboard, hold_hotkey,
        is_full_screen, keep_scale, let_open_windows, ungrab_keyboard, watch_grabbed_focus, watch_keys, watch_monitors,
        watch_side_buttons,
    },
};
use std::{io, os::windows::process::CommandExt, path::Path, process::Command, ptr, thread};
use tauri::{Builder, Manager, RunEvent, WebviewWindow, Wry};
use terminal::OpenRequest;
use windows_sys::Win32::{
    System::Diagnostics::Debug::MessageBeep,
    UI::WindowsAndMessaging::{MB_ICONERROR, MB_OK, MessageBoxW},
};

/// WebView2 chooses for itself.
pub fn choose_renderer() -> Renderer {
    Renderer { kind: Kind::LeftAlone, why: "the system's web view chooses".to_owned() }
}

/// Not known before there is a window: its first colour is the light theme's.
pub fn prefers_dark() -> bool {
    false
}

/// Has pages and frames be dark or light; none: as the system is.
pub fn set_dark(app: &tauri::AppHandle, dark: Option<bool>) {
    app.set_theme(dark.map(|dark| if dark { tauri::Theme::Dark } else { tauri::Theme::Light }));
}

/// Nothing: what is as the system is follows it.
pub fn follow_desktop_colours(_app: &tauri::AppHandle, _changed: fn(&tauri::AppHandle)) {}

/// The system's name.
pub fn describe() -> String {
    std::env::consts::OS.to_owned()
}

/// Nothing to open: every program has a desktop.
pub fn open_display() -> Result<(), String> {
    Ok(())
}

/// Shows `sentence`, and does `then` when it is closed.
pub fn show_error(title: &str, sentence: &str, _close: &str, then: impl FnOnce() + Send + 'static) {
    let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
    let (title, sentence) = (wide(title), wide(sentence));
    thread::spawn(move || {
        // SAFETY: both texts end with NUL and live until the call returns; a null owner means no owner.
        #[allow(unsafe_code)]
        unsafe {
            MessageBoxW(ptr::null_mut(), sentence.as_ptr(), title.as_ptr(), MB_OK | MB_ICONERROR);
        }
        then();
    });
}

/// Nothing: Tauri does not pass on that a process of WebView2's has ended. What is noticed is that a page gives no answer.
pub fn on_page_death(builder: Builder<Wry>, _died: OnPageDeath) -> Builder<Wry> {
    builder
}

/// Goes on as if the page had died: a new one can be loaded.
pub fn end_page(window: &WebviewWindow, died: OnPageDeath) {
    died(window.app_handle(), window.label());
}

/// Not shown on this system yet: there is no loop that would show it.
pub fn show_error_alone(_title: &str, _sentence: &str, _close: &str) {}

/// None: here the system starts the program once more.
pub fn requested(_event: &RunEvent) -> Option<OpenRequest> {
    None
}

/// The sound of a simple message.
pub fn ring() {
    // SAFETY: takes no pointers. Fails harmlessly where there is no sound.
    #[allow(unsafe_code)]
    unsafe {
        MessageBeep(MB_OK);
    }
}

/// Shows a file in Explorer.
///
/// # Errors
/// Where that could not be started.
pub async fn show_in_folder(path: &Path) -> io::Result<()> {
    // One argument for Explorer, which reads its command line in its own way; no file name has a quotation mark.
    let select = format!("/select,\"{}\"", path.display());
    Command::new("explorer.exe").raw_arg(select).status().map(drop)
}

/// Not there on this system yet: the window asks for attention only.
///
/// # Errors
/// Always.
pub async fn notify(_title: &str, _body: &str, _click: &str) -> io::Result<std::future::Ready<bool>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is one, always.
pub fn watch_trays(changed: impl Fn(bool) + Send + Sync + 'static) {
    changed(true);
}

/// Not there on this system yet.
pub fn starts_with_desktop() -> Option<bool> {
    None
}

/// Not there on this system yet.
///
/// # Errors
/// Always.
pub fn start_with_desktop(_on: bool) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
