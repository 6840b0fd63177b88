//! The processes of WebKitGTK's pages.

use crate::platform::OnPageDeath;
use tauri::{Builder, Manager, WebviewWindow, Wry, plugin};
use webkit2gtk::{SettingsExt, WebViewExt};

/// Calls `died` for each page whose process has ended: crashed, killed, too large, or by [`end_page`]. Where pages share a
/// process, for each of them.
pub fn on_page_death(builder: Builder<Wry>, died: OnPageDeath) -> Builder<Wry> {
    let listens = plugin::Builder::<Wry>::new("page-deaths").on_webview_ready(move |webview| {
        let (app, label) = (webview.app_handle().clone(), webview.label().to_owned());
        let listening = webview.with_webview(move |view| {
            view.inner().connect_web_process_terminated(move |_, reason| {
                tracing::info!(window = label, ?reason, "a page's process has ended");
                died(&app, &label);
            });
        });
        if let Err(cause) = listening {
            tracing::warn!(%cause, "a page's end would not be noticed");
        }
    });
    builder.plugin(listens.build())
}

/// Ends the process of a page, whatever it is doing; [`on_page_death`] tells of it.
pub fn end_page(window: &WebviewWindow, _died: OnPageDeath) {
    if let Err(cause) = window.with_webview(|view| view.inner().terminate_web_process()) {
        tracing::warn!(%cause, "a page that hangs could not be ended");
    }
}

/// Has a window's page open others also where nobody has just clicked. What it opens is decided elsewhere.
///
/// # Errors
/// What the window system says.
pub fn let_open_windows(window: &WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|view| {
        if let Some(settings) = WebViewExt::settings(&view.inner()) {
            settings.set_javascript_can_open_windows_automatically(true);
        }
    })
}
