//! A viewer window's size and place, which it has before it is shown where that can be.

use super::{
    geometry::{Area, Corner, Pixels, Size, cascade, fit, into_view, same},
    page::{VIEWER_PAGE, to_front},
    places::{self, Places},
};
use crate::platform;
use portlight_engine::{
    Engine,
    model::{Monitors, SessionId},
    session::SessionState,
    store::Place,
};
use std::{sync::Arc, time::Duration};
use tauri::{
    LogicalPosition, LogicalSize, Manager, Monitor, PhysicalPosition, PhysicalSize, WebviewWindow, async_runtime,
};
use tokio::time::{sleep, timeout};

/// For the remote screen's size to be known. A person does not notice it, and notices a window that changes its size.
const SIZE_KNOWN: Duration = Duration::from_millis(150);
/// The same where the page is still loading: before that there is nothing to show in the window.
const PAGE_LOADED: Duration = Duration::from_millis(400);
/// For a former picture's size to be known, which a keyring may keep from it.
const FORMER_KNOWN: Duration = Duration::from_millis(30);
/// The page learns that it may connect before the window is shown, which keeps the main thread busy.
const PAGE_FIRST: Duration = Duration::from_millis(2);

/// Shows the window of `session` in the remote screen's size, or in the largest of its shape that this screen has room
/// for. Where that size is not known in time ([`SIZE_KNOWN`], or [`PAGE_LOADED`] where the window is `new`), or the user is
/// asked before, the window comes at once: in the size that the screen had when it was seen last, where that is known. It gets the
/// right one later.
pub fn show(engine: &Engine, session: SessionId, window: WebviewWindow, new: bool) {
    let Some(mut state) = engine.sessions().watch(session) else { return };
    let around = Around::of(engine, session);
    let display = engine.sessions().view(session).map(|view| view.display).unwrap_or_default();
    let full_screen = display.full_screen.then(|| places::filled(&window));
    async_runtime::spawn(async move {
        // Errors mean that the session has gone, and its window with it.
        let settled = |state: &SessionState| !matches!(state, SessionState::Connecting { .. });
        let patience = if new { PAGE_LOADED } else { SIZE_KNOWN };
        let known = match timeout(patience, state.wait_for(settled)).await {
            Ok(Ok(state)) => around.page(&state),
            Ok(Err(_)) => return,
            Err(_) => None,
        };
        let former =
            if known.is_some() { None } else { former_size(&window, session).await.map(|size| around.size(size)) };
        sleep(PAGE_FIRST).await;
        on_main_thread(&window, move |window| {
            fit_new(window, known.or(former), full_screen.filter(|_| known.is_some()))?;
            to_front(window)
        });
        if known.is_some() {
            return;
        }
        let is_asking = |state: &SessionState| matches!(state, SessionState::Asking { .. });
        let awaited = |state: &SessionState| around.page(state).is_some() || is_asking(state);
        let Ok(was_asked) = state.wait_for(awaited).await.map(|state| is_asking(&state)) else { return };
        let Ok(Some(remote)) =
            state.wait_for(|state| around.page(state).is_some()).await.map(|state| around.page(&state))
        else {
            return;
        };
        on_main_thread(&window, move |window| {
            if was_asked || former.is_some() { refit(window, remote) } else { place_late(window, remote) }
        });
    });
}

/// The size of the session's screen when it was seen last.
async fn former_size(window: &WebviewWindow, session: SessionId) -> Option<Size> {
    let engine = Arc::clone(&window.state::<Arc<Engine>>());
    let picture = timeout(FORMER_KNOWN, engine.last_picture(session)).await.ok()??;
    Some((f64::from(picture.size.0), f64::from(picture.size.1)))
}

/// What is around a remote screen in its window, in logical pixels on each side: the frame of a machine where a mistake is dear.
#[derive(Clone, Copy)]
pub struct Around(f64);

impl Around {
    /// As wide as `--frame-width` in `ViewerWindow.svelte`.
    const FRAME: f64 = 4.0;

    /// The frame of the session's machine.
    pub fn of(engine: &Engine, session: SessionId) -> Self {
        let framed = engine.sessions().view(session).is_some_and(|view| view.frame.is_some());
        Self(if framed { Self::FRAME } else { 0.0 })
    }

    /// The size of the page that has room for a screen of `remote` pixels.
    pub fn size(self, remote: Size) -> Size {
        (remote.0 + 2.0 * self.0, remote.1 + 2.0 * self.0)
    }

    /// The same, once the server has told its screen's size.
    fn page(self, state: &SessionState) -> Option<Size> {
        match state {
            SessionState::Ready { width, height, .. } => Some(self.size((f64::from(*width), f64::from(*height)))),
            _ => None,
        }
    }
}

/// All steps in one turn of the main loop, so that the window is not drawn in between.
fn on_main_thread(window: &WebviewWindow, steps: impl FnOnce(&WebviewWindow) -> tauri::Result<()> + Send + 'static) {
    let of = window.clone();
    let done = window.run_on_main_thread(move || {
        if let Err(cause) = steps(&of) {
            tracing::warn!(%cause, "a window is not as it should be");
        }
    });
    if let Err(cause) = done {
        tracing::debug!(%cause, "the window has gone");
    }
}

/// Size and place for a window that was never shown: those that its machine's window had before, or else the remote
/// screen's size, in the middle of a monitor or beside others.
fn fit_new(window: &WebviewWindow, remote: Option<Size>, full_screen: Option<Monitors>) -> tauri::Result<()> {
    let places = window.state::<Places>();
    let remembered = places::remembered(window);
    places.begin(window.label(), remembered, remote);
    match remembered {
        Some(place) => put(window, into_view(place, &areas(window)?))?,
        None => place_new(window, remote.unwrap_or(VIEWER_PAGE.size), None)?,
    }
    // Where questions come first they are asked in a window.
    if full_screen.is_some() { platform::fill_monitors(window, full_screen) } else { Ok(()) }
}

fn put(window: &WebviewWindow, place: Place) -> tauri::Result<()> {
    window.set_size(PhysicalSize::new(place.width, place.height))?;
    window.set_position(PhysicalPosition::new(place.x, place.y))?;
    if place.maximized { window.maximize() } else { Ok(()) }
}

/// The size and place of a new window that shows a screen of this size: on this monitor, or where the user just clicked.
///
/// # Errors
/// What the window system says.
pub fn place_new(window: &WebviewWindow, remote: Size, on: Option<Monitor>) -> tauri::Result<()> {
    let pointer = window.cursor_position().ok();
    let here = pointer.and_then(|at| window.monitor_from_point(at.x, at.y).ok().flatten());
    let Some(monitor) = on.or(here).or_else(|| window.primary_monitor().ok().flatten()) else { return Ok(()) };
    let area = area(&monitor);
    let taken: Vec<_> = places::others(window.app_handle(), window.label()).iter().filter_map(corner_of).collect();
    // Centred by the size that was asked for: the window does not have it yet.
    let corner = cascade(area.centre(fit(remote, area.room())), &taken);
    let size = fit(remote, area.room_from(corner));
    set_size(window, size)?;
    window.set_position(LogicalPosition::new(corner.0, corner.1))
}

/// The remote screen's size is known, for a window that was shown a moment ago.
fn place_late(window: &WebviewWindow, remote: Size) -> tauri::Result<()> {
    let places = window.state::<Places>();
    places.remote(window.label(), remote);
    let size = window.inner_size()?.to_logical::<f64>(window.scale_factor()?);
    let Some(monitor) = window.current_monitor()? else { return Ok(()) };
    let untouched = same((size.width, size.height), fit(VIEWER_PAGE.size, area(&monitor).room()));
    if places.replace(window.label()) || !untouched { Ok(()) } else { place_new(window, remote, None) }
}

fn set_size(window: &WebviewWindow, size: Size) -> tauri::Result<()> {
    let size = LogicalSize::new(size.0, size.1);
    let pixels = size.to_physical::<u32>(window.scale_factor()?);
    window.state::<Places>().asked(window.label(), (pixels.width, pixels.height));
    window.set_size(size)
}

/// The remote screen has another size. A window that had the size before takes this one; it stays where it is if the user has
/// placed or sized it, and else as near as it has room.
pub fn remote_resized(engine: &Engine, session: SessionId, window: &WebviewWindow, width: u16, height: u16) {
    let remote = Around::of(engine, session).size((f64::from(width), f64::from(height)));
    on_main_thread(window, move |window| refit(window, remote));
}

fn refit(window: &WebviewWindow, remote: Size) -> tauri::Result<()> {
    let places = window.state::<Places>();
    let before = places.remote(window.label(), remote).unwrap_or(VIEWER_PAGE.size);
    let Some(monitor) = window.current_monitor()? else { return Ok(()) };
    if window.is_maximized()? || platform::is_full_screen(window)? {
        return Ok(());
    }
    let area = area(&monitor);
    let now = window.inner_size()?.to_logical::<f64>(window.scale_factor()?);
    let Some(corner) = corner_of(window) else { return Ok(()) };
    let had_it = [before, fit(before, area.room()), fit(before, area.room_from(corner))];
    if !had_it.into_iter().any(|size| same((now.width, now.height), size)) {
        return Ok(());
    }
    let stays = places.replace(window.label());
    let size = fit(remote, if stays { area.room_from(corner) } else { area.room() });
    set_size(window, size)?;
    let to = area.inside(corner, size);
    if stays || same(to, corner) { Ok(()) } else { window.set_position(LogicalPosition::new(to.0, to.1)) }
}

/// The corner of a window's frame.
fn corner_of(window: &WebviewWindow) -> Option<Corner> {
    let at = window.outer_position().ok()?.to_logical::<f64>(window.scale_factor().ok()?);
    Some((at.x, at.y))
}

fn area(monitor: &Monitor) -> Area {
    let (area, scale) = (monitor.work_area(), monitor.scale_factor());
    let (corner, size) = (area.position.to_logical::<f64>(scale), area.size.to_logical::<f64>(scale));
    Area { corner: (corner.x, corner.y), size: (size.width, size.height) }
}

/// What all monitors have for windows; the first one is the primary one's.
fn areas(window: &WebviewWindow) -> tauri::Result<Vec<Pixels>> {
    let monitors = window.primary_monitor()?.into_iter().chain(window.available_monitors()?);
    let pixels = monitors.map(|monitor| {
        let (at, size) = (monitor.work_area().position, monitor.work_area().size);
        (at.x, at.y, size.width, size.height)
    });
    Ok(pixels.collect())
}
