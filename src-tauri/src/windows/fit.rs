//! A viewer window's size and place, which it has before it is shown where that can be.

use super::page::{VIEWER_PAGE, to_front};
use portlight_engine::{Engine, model::SessionId, session::SessionState};
use std::time::Duration;
use tauri::{LogicalPosition, LogicalSize, Monitor, WebviewWindow, async_runtime};
use tokio::time::{sleep, timeout};

/// Width and height, in logical pixels.
type Size = (f64, f64);

/// Width and height of a window's frame and title, in logical pixels: an estimate, as no system tells before it has
/// drawn them.
const FRAME: (f64, f64) = (16.0, 48.0);

/// For the remote screen's size to be known. A person does not notice it, and notices a window that changes its size.
const SIZE_KNOWN: Duration = Duration::from_millis(150);
/// The same where the page is still loading: before that there is nothing to show in the window.
const PAGE_LOADED: Duration = Duration::from_millis(400);
/// The page learns that it may connect before the window is shown, which keeps the main thread busy.
const PAGE_FIRST: Duration = Duration::from_millis(2);

/// Shows the window of `session` in the remote screen's size, or in the largest of its shape that this screen has room
/// for. Where that size is not known in time ([`SIZE_KNOWN`], or [`PAGE_LOADED`] where the window is `new`), or the user is
/// asked before, the window comes at once, and gets that size later.
pub fn show(engine: &Engine, session: SessionId, window: WebviewWindow, new: bool) {
    let Some(mut state) = engine.sessions().watch(session) else { return };
    async_runtime::spawn(async move {
        // Errors mean that the session has gone, and its window with it.
        let settled = |state: &SessionState| !matches!(state, SessionState::Connecting { .. });
        let patience = if new { PAGE_LOADED } else { SIZE_KNOWN };
        let known = match timeout(patience, state.wait_for(settled)).await {
            Ok(Ok(state)) => remote_size(&state),
            Ok(Err(_)) => return,
            Err(_) => None,
        };
        sleep(PAGE_FIRST).await;
        on_main_thread(&window, move |window| {
            fit_new(window, known)?;
            to_front(window)
        });
        if known.is_some() {
            return;
        }
        let Ok(remote) = state.wait_for(|state| remote_size(state).is_some()).await.map(|state| remote_size(&state))
        else {
            return;
        };
        on_main_thread(&window, move |window| refit(window, remote));
    });
}

fn remote_size(state: &SessionState) -> Option<Size> {
    match state {
        SessionState::Ready { width, height, .. } => Some((f64::from(*width), f64::from(*height))),
        _ => None,
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

/// Size and place for a window that was never shown.
fn fit_new(window: &WebviewWindow, remote: Option<Size>) -> tauri::Result<()> {
    // Where the user just clicked.
    let pointer = window.cursor_position().ok();
    let here = pointer.and_then(|at| window.monitor_from_point(at.x, at.y).ok().flatten());
    let monitor = here.or_else(|| window.primary_monitor().ok().flatten());
    place(window, monitor, remote.unwrap_or(VIEWER_PAGE.size))
}

/// The same, once the remote size is known, unless the user has chosen a size meanwhile.
fn refit(window: &WebviewWindow, remote: Option<Size>) -> tauri::Result<()> {
    let (Some(remote), Some(monitor)) = (remote, window.current_monitor()?) else { return Ok(()) };
    let size = window.inner_size()?.to_logical::<f64>(window.scale_factor()?);
    let given = fit(VIEWER_PAGE.size, room(&monitor));
    let untouched = (size.width - given.0).abs() < 1.0 && (size.height - given.1).abs() < 1.0;
    if untouched { place(window, Some(monitor), remote) } else { Ok(()) }
}

fn place(window: &WebviewWindow, monitor: Option<Monitor>, remote: Size) -> tauri::Result<()> {
    let Some(monitor) = monitor else { return Ok(()) };
    let corner = monitor.work_area().position.to_logical::<f64>(monitor.scale_factor());
    let room = room(&monitor);
    let size = fit(remote, room);
    // Centred by the size that was asked for: the window does not have it yet.
    let place = LogicalPosition::new(corner.x + (room.0 - size.0) / 2.0, corner.y + (room.1 - size.1) / 2.0);
    window.set_size(LogicalSize::new(size.0, size.1))?;
    window.set_position(place)
}

/// What a window's frame leaves of a monitor.
fn room(monitor: &Monitor) -> Size {
    let area = monitor.work_area().size.to_logical::<f64>(monitor.scale_factor());
    (area.width - FRAME.0, area.height - FRAME.1)
}

/// The size of `remote` scaled down to fit into `room`, never up.
fn fit(remote: (f64, f64), room: (f64, f64)) -> (f64, f64) {
    // A server may announce 0x0, and its size later (DesktopSize, rfbproto 7.8.2).
    if remote.0 < 1.0 || remote.1 < 1.0 {
        return VIEWER_PAGE.size;
    }
    let scale = (room.0 / remote.0).min(room.1 / remote.1).min(1.0);
    ((remote.0 * scale).floor().max(VIEWER_PAGE.min.0), (remote.1 * scale).floor().max(VIEWER_PAGE.min.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_is_as_large_as_the_remote_screen_or_as_there_is_room() {
        assert_eq!(fit((1024.0, 768.0), (1900.0, 1000.0)), (1024.0, 768.0));
        assert_eq!(fit((3840.0, 2160.0), (1920.0, 1000.0)), (1777.0, 1000.0));
        assert_eq!(fit((100.0, 100.0), (1920.0, 1000.0)), VIEWER_PAGE.min);
        assert_eq!(fit((0.0, 0.0), (1920.0, 1000.0)), VIEWER_PAGE.size);
    }
}
