//! A viewer window's size and place.

use super::page::VIEWER_PAGE;
use portlight_engine::{Engine, model::SessionId, session::SessionState};
use tauri::{LogicalPosition, LogicalSize, WebviewWindow};

/// Width and height of a window's frame and title, in logical pixels: an estimate, as no system tells before it has
/// drawn them.
const FRAME: (f64, f64) = (16.0, 48.0);

/// Gives the window the remote screen's size once that is known, or the largest of its shape that this screen has
/// room for.
pub fn to_remote_screen(engine: &Engine, session: SessionId, window: WebviewWindow) {
    let Some(mut state) = engine.sessions().watch(session) else { return };
    tauri::async_runtime::spawn(async move {
        let ready = |state: &SessionState| match state {
            SessionState::Ready { width, height, .. } => Some((f64::from(*width), f64::from(*height))),
            _ => None,
        };
        // An error means that the session has gone: there is nothing left to fit.
        let Ok(remote) = state.wait_for(|state| ready(state).is_some()).await.map(|state| ready(&state)) else {
            return;
        };
        if let Some(remote) = remote
            && let Err(cause) = resize(&window, remote)
        {
            tracing::debug!(%cause, "the window keeps its size");
        }
    });
}

fn resize(window: &WebviewWindow, remote: (f64, f64)) -> tauri::Result<()> {
    let monitor = window.current_monitor().ok().flatten().or_else(|| window.primary_monitor().ok().flatten());
    let Some(monitor) = monitor.filter(|_| !covers_the_screen(window)) else { return Ok(()) };
    let area = monitor.work_area();
    let corner = area.position.to_logical::<f64>(monitor.scale_factor());
    let area = area.size.to_logical::<f64>(monitor.scale_factor());
    let room = (area.width - FRAME.0, area.height - FRAME.1);
    let size = fit(remote, room);
    // Centred by the size that was asked for: the window may not have it yet.
    let place = LogicalPosition::new(corner.x + (room.0 - size.0) / 2.0, corner.y + (room.1 - size.1) / 2.0);
    window.set_size(LogicalSize::new(size.0, size.1))?;
    window.set_position(place)
}

fn covers_the_screen(window: &WebviewWindow) -> bool {
    window.is_maximized().unwrap_or(false) || window.is_fullscreen().unwrap_or(false)
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
