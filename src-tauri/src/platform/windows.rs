//! Windows: Win32, WebView2. Written from the documentation of Tauri and Microsoft, never compiled here.

pub use super::plugin_instance::{Instance, claim};
use super::renderer::{Kind, Renderer};
use std::ptr;
use tauri::{RunEvent, Wry, tray::TrayIconBuilder};
use terminal::OpenRequest;
use windows_sys::Win32::UI::WindowsAndMessaging::{MB_ICONERROR, MB_OK, MessageBoxW};

/// WebView2 chooses for itself.
pub fn choose_renderer() -> Renderer {
    Renderer { kind: Kind::LeftAlone, why: "the system's web view chooses".to_owned() }
}

/// Not known before there is a window: its first colour is the light theme's.
pub fn prefers_dark() -> bool {
    false
}

/// Nothing to open: every program has a desktop.
pub fn open_display() -> Result<(), String> {
    Ok(())
}

/// Shows `sentence`, until it is closed.
pub fn show_error(title: &str, sentence: &str) {
    let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
    let (title, sentence) = (wide(title), wide(sentence));
    // SAFETY: both texts end with NUL and live until the call returns; a null owner means no owner.
    #[allow(unsafe_code)]
    unsafe {
        MessageBoxW(ptr::null_mut(), sentence.as_ptr(), title.as_ptr(), MB_OK | MB_ICONERROR);
    }
}

/// None: here the system starts the program once more.
pub fn requested(_event: &RunEvent) -> Option<OpenRequest> {
    None
}

/// The tray icon as it is.
pub fn in_style(icon: TrayIconBuilder<Wry>) -> TrayIconBuilder<Wry> {
    icon
}
