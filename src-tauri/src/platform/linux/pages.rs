//! The processes of WebKitGTK's pages.

use crate::platform::OnPageDeath;
use gtk::{
    glib::{self, Cast, ObjectExt, translate::from_glib_none},
    prelude::EventControllerExt,
};
use tauri::{Builder, Manager, WebviewWindow, Wry, plugin};
use webkit2gtk::{SettingsExt, WebView, WebViewExt};

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

/// Has pages keep their scale: a pinch, also on a touchpad, would enlarge a whole page with its toolbar, and nothing would lead back.
pub fn keep_scale(builder: Builder<Wry>) -> Builder<Wry> {
    let keeps = plugin::Builder::<Wry>::new("pages-keep-their-scale").on_webview_ready(|webview| {
        if let Err(cause) = webview.with_webview(|view| end_zooming(&view.inner())) {
            tracing::warn!(%cause, "a pinch would enlarge a page");
        }
    });
    builder.plugin(keeps.build())
}

/// WebKitGTK has no setting for that.
fn end_zooming(view: &WebView) {
    // SAFETY: under this name WebKitGTK keeps its gesture, an object that lives as long as the view, or another version keeps nothing.
    #[allow(unsafe_code)]
    let gesture: Option<glib::Object> = unsafe {
        view.data::<glib::gobject_ffi::GObject>("wk-view-zoom-gesture").map(|object| from_glib_none(object.as_ptr()))
    };
    if let Some(gesture) = gesture.and_then(|gesture| gesture.downcast::<gtk::GestureZoom>().ok()) {
        gesture.set_propagation_phase(gtk::PropagationPhase::None);
    }
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
