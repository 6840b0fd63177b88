//! Quick connect: a small window to type a machine's name or an address in, which goes when it has been used or left.

use super::page::{self, QUICK, QUICK_PAGE};
use std::time::Duration;
use tauri::{AppHandle, Manager, WebviewWindow, Window, async_runtime};
use terminal::Texts;
use tokio::time::sleep;

/// For the page to say that it takes keys. After that the window is shown all the same, so that something happens.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Shows the window, and makes it where there is none. A new one is shown when its page takes keys, so that no letter is lost that is
/// typed into it.
///
/// # Errors
/// What the window system says.
pub fn show(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(QUICK) {
        return page::to_front(&window);
    }
    let title = app.state::<Texts>().get("quick.title").to_owned();
    let window = page::build(app, QUICK, &QUICK_PAGE, &title, false, None)?;
    async_runtime::spawn(async move {
        sleep(TIMEOUT).await;
        // An error means that it has been left by now.
        if window.is_visible().is_ok_and(|visible| !visible) {
            report(page::to_front(&window));
        }
    });
    Ok(())
}

/// The page takes keys.
///
/// # Errors
/// What the window system says.
pub fn ready(window: &WebviewWindow) -> tauri::Result<()> {
    page::to_front(window)
}

/// Closes the window when another one gets the focus.
pub fn left(window: &Window) {
    if window.label() == QUICK {
        report(window.close());
    }
}

fn report(done: tauri::Result<()>) {
    if let Err(cause) = done {
        tracing::warn!(%cause, "quick connect");
    }
}
