//! The window with the list of hosts.

use super::page::{self, HOSTS, HOSTS_PAGE};
use crate::text::Texts;
use tauri::{AppHandle, Manager};

/// Shows the hosts window in front of all others; makes it where there is none.
///
/// # Errors
/// What the window system says.
pub fn show(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(HOSTS) {
        return page::to_front(&window);
    }
    let title = app.state::<Texts>().get("app.name").to_owned();
    page::build(app, HOSTS, &HOSTS_PAGE, &title, true).map(drop)
}
