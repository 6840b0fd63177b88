//! Full screen on one monitor or several, which Tauri leaves to the window manager.

use gdkx11::{X11Screen, X11Window};
use gtk::ApplicationWindow;
use gtk::gdk::{self, Display, FullscreenMode, Screen, WindowState};
use gtk::glib::Cast;
use gtk::prelude::{GtkWindowExt, MonitorExt, WidgetExt};
use portlight_engine::model::{MonitorNumbers, Monitors};
use tauri::WebviewWindow;
use tokio::sync::oneshot;
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, PropMode},
    wrapper::ConnectionExt as _,
};

/// Which monitors are filled can be chosen.
pub const CHOOSES_MONITORS: bool = true;

/// Whether it is in full screen, by Portlight or by the desktop; on the main thread only. Tauri knows only what went through Tauri.
///
/// # Errors
/// What the window system says.
pub fn is_full_screen(window: &WebviewWindow) -> tauri::Result<bool> {
    Ok(window.gtk_window()?.window().is_some_and(|surface| surface.state().contains(WindowState::FULLSCREEN)))
}

/// Whether a window can fill several monitors at once: a window manager of X11 says so, and Wayland has no way to ask for it.
pub async fn fills_several_monitors(window: &WebviewWindow) -> bool {
    let (tell, told) = oneshot::channel();
    let asked = window.run_on_main_thread(move || {
        let screen = Screen::default().and_then(|screen| screen.downcast::<X11Screen>().ok());
        let hint = gdk::Atom::intern(SPREAD);
        let _gone = tell.send(screen.is_some_and(|screen| screen.supports_net_wm_hint(&hint)));
    });
    asked.is_ok() && told.await.unwrap_or(false)
}

/// Calls `on_change` whenever monitors have come or gone, or are others. On the main thread.
pub fn watch_monitors(on_change: impl Fn() + 'static) {
    if let Some(screen) = Screen::default() {
        screen.connect_monitors_changed(move |_| on_change());
    }
}

/// Fills `monitors` with the window; none: it is a window again. A window manager that cannot fill several fills the window's own.
///
/// # Errors
/// What the window system says.
pub fn fill_monitors(window: &WebviewWindow, monitors: Option<Monitors>) -> tauri::Result<()> {
    let of = window.clone();
    window.run_on_main_thread(move || {
        let Ok(gtk_window) = of.gtk_window() else { return };
        // One that was never shown has no surface yet, and is to be shown in full screen at once.
        gtk_window.realize();
        let Some(surface) = gtk_window.window() else { return };
        let Some(monitors) = monitors else { return gtk_window.unfullscreen() };
        let spread =
            if monitors == Monitors::All { FullscreenMode::AllMonitors } else { FullscreenMode::CurrentMonitor };
        let display = surface.display();
        if is_spread(&surface, &display) {
            // Window managers do not forget by themselves over which ones.
            spread_over(&surface, None);
            gtk_window.unfullscreen();
        }
        surface.set_fullscreen_mode(spread);
        let monitors = if is_seen(&surface, &display) { monitors } else { seen(monitors, &display) };
        match monitors {
            Monitors::These(numbers) if edges(&display, numbers).is_some() => {
                gtk_window.fullscreen();
                // Behind what GTK has just asked for.
                display.sync();
                spread_over(&surface, edges(&display, numbers));
            }
            Monitors::One(number) if i32::from(number) < display.n_monitors() => {
                // The window manager leaves a window that fills one monitor there, and shows a new one where it was placed.
                gtk_window.unfullscreen();
                if !gtk_window.is_mapped() {
                    move_onto(&gtk_window, &display, number.into());
                }
                gtk_window.fullscreen_on_monitor(&display.default_screen(), number.into());
            }
            _ => gtk_window.fullscreen(),
        }
    })
}

/// Whether some of a window is on a monitor.
fn is_seen(surface: &gdk::Window, display: &Display) -> bool {
    let place = surface.frame_extents();
    (0..display.n_monitors())
        .filter_map(|number| display.monitor(number))
        .any(|monitor| monitor.geometry().intersect(&place).is_some())
}

/// What a window fills whose monitor has gone: in place of its own one, the first.
fn seen(monitors: Monitors, display: &Display) -> Monitors {
    let is_there = match monitors {
        Monitors::Own => false,
        Monitors::All => true,
        Monitors::One(number) => i32::from(number) < display.n_monitors(),
        Monitors::These(numbers) => edges(display, numbers).is_some(),
    };
    if is_there { monitors } else { Monitors::One(0) }
}

/// Whether a window fills more than one monitor.
fn is_spread(surface: &gdk::Window, display: &Display) -> bool {
    let room = display.monitor_at_window(surface).map(|monitor| monitor.geometry());
    let is_larger = |room: gdk::Rectangle| surface.width() > room.width() || surface.height() > room.height();
    surface.state().contains(WindowState::FULLSCREEN) && room.is_some_and(is_larger)
}

/// Which of these monitors are the furthest up, down, left and right; none where one of them is not there.
fn edges(display: &Display, numbers: MonitorNumbers) -> Option<[u32; 4]> {
    let found = numbers.iter().map(|number| {
        let number = i32::try_from(number).ok()?;
        Some((u32::try_from(number).ok()?, display.monitor(number)?.geometry()))
    });
    let found = found.collect::<Option<Vec<_>>>()?;
    let furthest =
        |edge: fn(&gdk::Rectangle) -> i32| found.iter().max_by_key(|(_, area)| edge(area)).map(|(number, _)| *number);
    Some([
        furthest(|area| -area.y())?,
        furthest(|area| area.y() + area.height())?,
        furthest(|area| -area.x())?,
        furthest(|area| area.x() + area.width())?,
    ])
}

/// Asks the window manager to spread a window in full screen over these monitors, by their numbers: up, down, left, right. None: over
/// its own one only. GDK counts them as X does since RandR 1.5.
/// ([`_NET_WM_FULLSCREEN_MONITORS`](https://specifications.freedesktop.org/wm-spec/latest/ar01s06.html))
fn spread_over(surface: &gdk::Window, edges: Option<[u32; 4]>) {
    let Some(surface) = surface.downcast_ref::<X11Window>() else { return };
    if let Err(cause) = try_spread(surface.xid(), edges) {
        tracing::info!(%cause, "a window fills its own monitor only");
    }
}

fn try_spread(window: u64, edges: Option<[u32; 4]>) -> Result<(), Box<dyn std::error::Error>> {
    let (connection, screen) = x11rb::connect(None)?;
    let root = connection.setup().roots.get(screen).ok_or("the display has no screen")?.root;
    let kind = connection.intern_atom(false, SPREAD.as_bytes())?.reply()?.atom;
    let window = u32::try_from(window)?;
    // One that is not shown yet is read by its property.
    match &edges {
        Some(edges) => connection.change_property32(PropMode::REPLACE, window, kind, AtomEnum::CARDINAL, edges)?,
        None => connection.delete_property(window, kind)?,
    };
    let [up, down, left, right] = edges.unwrap_or([NO_MONITOR; 4]);
    let message = ClientMessageEvent::new(32, window, kind, [up, down, left, right, FROM_APPLICATION]);
    let to_manager = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    connection.send_event(false, root, to_manager, message)?;
    Ok(connection.sync()?)
}

/// Which monitors a window in full screen fills: a message to the window manager, and a property.
const SPREAD: &str = "_NET_WM_FULLSCREEN_MONITORS";
/// In place of a monitor's number, as GDK has it.
const NO_MONITOR: u32 = u32::MAX;
/// Who asks, in that message.
const FROM_APPLICATION: u32 = 1;

/// Moves a window that is on another monitor to the middle of this one.
fn move_onto(window: &ApplicationWindow, display: &Display, number: i32) {
    let Some(area) = display.monitor(number).map(|monitor| monitor.geometry()) else { return };
    let ((x, y), (width, height)) = (window.position(), window.size());
    let (across, down) = (x - area.x(), y - area.y());
    if !(0..area.width()).contains(&across) || !(0..area.height()).contains(&down) {
        let middle = (area.x() + (area.width() - width).max(0) / 2, area.y() + (area.height() - height).max(0) / 2);
        window.move_(middle.0, middle.1);
    }
}
