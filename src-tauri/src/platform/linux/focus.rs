//! Whether a window that has grabbed the keyboard has the focus. GDK pretends so as long as the grab lasts, and X leaves the keys with it:
//! what is typed into a question in another window would go to the remote machine.

use gdkx11::X11Window;
use gtk::{glib::Cast, prelude::WidgetExt};
use std::{error::Error, thread};
use tauri::WebviewWindow;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xproto::{ChangeWindowAttributesAux, ConnectionExt, EventMask, NotifyMode, Window},
    },
};

/// Calls `on_lost`, on a thread of its own, whenever another window gets the focus while the keyboard is grabbed. On the main thread.
/// Wayland gives the desktop its shortcuts back with the focus.
pub fn watch_grabbed_focus(window: &WebviewWindow, on_lost: impl Fn() + Send + 'static) {
    let surface = window.gtk_window().ok().and_then(|window| window.window());
    let Some(id) = surface.and_then(|surface| surface.downcast::<X11Window>().ok()).map(|surface| surface.xid()) else {
        return;
    };
    thread::spawn(move || {
        if let Err(cause) = watch(id, on_lost) {
            tracing::warn!(%cause, "a window that gets the focus in full screen would not get the keys");
        }
    });
}

/// Ends with the window.
fn watch(window: u64, on_lost: impl Fn()) -> Result<(), Box<dyn Error>> {
    let window = u32::try_from(window)?;
    let (connection, _) = x11rb::connect(None)?;
    let events = EventMask::FOCUS_CHANGE | EventMask::STRUCTURE_NOTIFY;
    connection.change_window_attributes(window, &ChangeWindowAttributesAux::new().event_mask(events))?.check()?;
    loop {
        match connection.wait_for_event()? {
            // The focus may have gone to a part of the window, or be here again.
            Event::FocusOut(event) if event.mode == NotifyMode::WHILE_GRABBED && !has_focus(&connection, window)? => {
                on_lost();
            }
            Event::DestroyNotify(event) if event.window == window => return Ok(()),
            _ => {}
        }
    }
}

/// Whether the focus is on the window, or within it.
fn has_focus(connection: &impl Connection, window: Window) -> Result<bool, Box<dyn Error>> {
    let mut at = connection.get_input_focus()?.reply()?.focus;
    while at != window {
        // Above are none, the pointer's window and the root.
        let Ok(tree) = connection.query_tree(at)?.reply() else { return Ok(false) };
        if tree.parent == x11rb::NONE {
            return Ok(false);
        }
        at = tree.parent;
    }
    Ok(true)
}
