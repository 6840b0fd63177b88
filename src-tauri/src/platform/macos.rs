//! macOS: AppKit, WKWebView. Written from the documentation of Tauri and Apple, never compiled here.

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
use std::{io, path::Path, process::Command, thread};
use tauri::{Builder, Manager, RunEvent, WebviewWindow, Wry};
use terminal::OpenRequest;

/// AppleScript that shows an alert; its texts are arguments, never part of the script.
const ALERT: &str = "on run {theTitle, theText}
display alert theTitle message theText as critical
end run";

/// WKWebView chooses for itself.
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

/// Nothing to open: AppKit has a display or ends the program itself.
pub fn open_display() -> Result<(), String> {
    Ok(())
}

/// Shows `sentence`, and does `then` when it is closed.
pub fn show_error(title: &str, sentence: &str, _close: &str, then: impl FnOnce() + Send + 'static) {
    let mut alert = Command::new("/usr/bin/osascript");
    alert.args(["-e", ALERT, title, sentence]);
    thread::spawn(move || {
        // Standard error has it already, where no alert can be shown.
        let _ = alert.status();
        then();
    });
}

/// Calls `died` for each page whose process has ended.
pub fn on_page_death(builder: Builder<Wry>, died: OnPageDeath) -> Builder<Wry> {
    builder.on_web_content_process_terminate(move |webview| died(webview.app_handle(), webview.label()))
}

/// Goes on as if the page had died: WKWebView has no public way to end its process, but a new page can be loaded.
pub fn end_page(window: &WebviewWindow, died: OnPageDeath) {
    died(window.app_handle(), window.label());
}

/// Not shown on this system yet: there is no loop that would show it.
pub fn show_error_alone(_title: &str, _sentence: &str, _close: &str) {}

/// A click on the Dock icon opens the list; `vnc://` links and files, what they say (`CFBundleURLTypes` and `CFBundleDocumentTypes` in
/// Info.plist).
pub fn requested(event: &RunEvent) -> Option<OpenRequest> {
    match event {
        RunEvent::Reopen { has_visible_windows: false, .. } => Some(OpenRequest::List),
        RunEvent::Opened { urls } => {
            let targets = urls.iter().map(|url| match url.scheme() {
                "file" => url.to_string(),
                _ => portlight_engine::model::without_password(url.as_str()).into_owned(),
            });
            Some(OpenRequest::Targets { targets: targets.collect(), view_only: false })
        }
        _ => None,
    }
}

/// Nothing: a window without the focus bounces in the Dock.
pub fn ring() {}

/// Shows a file in the Finder.
///
/// # Errors
/// Where that could not be started.
pub async fn show_in_folder(path: &Path) -> io::Result<()> {
    Command::new("/usr/bin/open").arg("-R").arg(path).status().map(drop)
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
