//! The mouse's side buttons, for back and forward: WebKitGTK tells its pages of them as of no button at all.

use gtk::{gdk, glib::Propagation, prelude::WidgetExt};
use portlight_engine::model::SideButton;
use std::rc::Rc;
use tauri::WebviewWindow;

/// X11's number of the button for back; GDK has the same on Wayland.
const BACK: u32 = 8;
const FORWARD: u32 = 9;

/// Calls `on_button` for each side button that goes down or up over a window's page, on the main thread. They go nowhere else.
///
/// # Errors
/// What the window system says.
pub fn watch_side_buttons(
    window: &WebviewWindow,
    on_button: impl Fn(SideButton) + Send + 'static,
) -> tauri::Result<()> {
    window.with_webview(move |view| {
        let view = view.inner();
        let on_button = Rc::new(on_button);
        let passed = move |event: &gdk::EventButton| {
            let (x, y) = event.position();
            // A double click is told once more, beside its two presses.
            let down = match event.event_type() {
                gdk::EventType::ButtonPress => Some(true),
                gdk::EventType::ButtonRelease => Some(false),
                _ => None,
            };
            if !matches!(event.button(), BACK | FORWARD) {
                return Propagation::Proceed;
            }
            if let Some(down) = down {
                on_button(SideButton { forward: event.button() == FORWARD, down, x, y });
            }
            Propagation::Stop
        };
        let released = passed.clone();
        view.connect_button_press_event(move |_, event| passed(event));
        view.connect_button_release_event(move |_, event| released(event));
    })
}
