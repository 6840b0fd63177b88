//! Viewer windows: one for each session.

use super::{
    background, fit,
    page::{label, session_of, to_front, viewer},
    prewarmed, screens,
};
use crate::platform;
use portlight_engine::{
    Engine,
    model::{SessionId, Target},
    recording::Recording,
    reverse::IncomingConnection,
    session::LastMinutes,
    store::Bell,
};
use std::{sync::Arc, time::Duration};
use tauri::{AppHandle, CloseRequestApi, Manager, UserAttentionType, WebviewWindow, Window, async_runtime};
use tokio::time::sleep;

/// Shows `target`: in the viewer window that already does, in the prewarmed one, or in a new one.
///
/// # Errors
/// What the window system says.
pub fn open(app: &AppHandle, target: Target) -> tauri::Result<()> {
    let engine = app.state::<Arc<Engine>>();
    if let Some(session) = engine.sessions().find(&target)
        && let Some(window) = app.get_webview_window(&label(session))
    {
        // The machine may have been renamed since.
        window.set_title(&target.name)?;
        engine.sessions().reopen(session, target);
        return to_front(&window);
    }
    let title = target.name.clone();
    show(app, &title, |engine, session| engine.open(session, target))
}

/// Shows an incoming connection: its window asks whether to accept it.
///
/// # Errors
/// What the window system says.
pub fn open_call(app: &AppHandle, call: IncomingConnection) -> tauri::Result<()> {
    let title = call.from();
    show(app, &title, |engine, session| engine.open_incoming(session, call))
}

/// Shows a recording: in the window that already does, or in another one.
///
/// # Errors
/// What the window system says.
pub fn open_recording(app: &AppHandle, recording: Recording) -> tauri::Result<()> {
    let engine = app.state::<Arc<Engine>>();
    if let Some(window) =
        engine.sessions().find_recording(&recording).and_then(|session| app.get_webview_window(&label(session)))
    {
        return to_front(&window);
    }
    let title = recording.name();
    show(app, &title, |engine, session| engine.open_recording(session, recording))
}

/// Shows the last minutes of a session in a window of their own. The one that showed earlier ones goes: they are in the later ones,
/// or too old.
///
/// # Errors
/// What the window system says.
pub fn open_last_minutes(app: &AppHandle, of: SessionId, minutes: LastMinutes) -> tauri::Result<()> {
    let engine = app.state::<Arc<Engine>>();
    if let Some(window) = engine.sessions().rewinding(of).and_then(|earlier| app.get_webview_window(&label(earlier))) {
        window.destroy()?;
    }
    let title = minutes.name().to_owned();
    show(app, &title, |engine, session| engine.sessions().start_rewinding(session, minutes))
}

/// Starts a session with `start`, and shows it in the prewarmed window or in a new one.
fn show(app: &AppHandle, title: &str, start: impl FnOnce(&Arc<Engine>, SessionId)) -> tauri::Result<()> {
    let engine = app.state::<Arc<Engine>>();
    let (session, window, new) = match prewarmed::take(app) {
        Some((session, window)) => {
            start(&engine, session);
            window.set_title(title)?;
            (session, window, false)
        }
        None => {
            let session = engine.sessions().reserve();
            // The session dials while its window is still being made.
            start(&engine, session);
            let window = viewer(app, session, title, screens::open).inspect_err(|_| engine.sessions().end(session))?;
            (session, window, true)
        }
    };
    fit::show(&engine, session, window, new);
    prewarmed::prepare_after(app, session);
    Ok(())
}

/// The user closes the window of a session that may leave a picture behind: it is gone for them at once, and for its page when that
/// has given the picture, or has had the time to.
pub fn leave(window: &Window, api: &CloseRequestApi) {
    let Some(session) = session_of(window.label()) else { return };
    if !window.state::<Arc<Engine>>().sessions().leave(session) {
        return;
    }
    if let Err(cause) = window.hide() {
        tracing::warn!(%cause, "a window is not hidden");
        return;
    }
    api.prevent_close();
    let window = window.clone();
    async_runtime::spawn(async move {
        sleep(LAST_PICTURE).await;
        // Mostly it has gone by then.
        let _ = window.destroy();
    });
}

/// For a page to give its last picture: ten times as long as that takes.
const LAST_PICTURE: Duration = Duration::from_millis(500);

/// Ends the session of a destroyed window. Ends Portlight where only the prewarmed window is left: no user can see it.
pub fn destroyed(window: &Window) {
    let app = window.app_handle();
    if let Some(session) = session_of(window.label())
        && let Some(engine) = app.try_state::<Arc<Engine>>()
    {
        engine.sessions().end(session);
        screens::close_all(app, session);
    }
    let prewarmed = prewarmed::label(app);
    let is_left = |label: &String| label != window.label() && Some(label) != prewarmed.as_ref();
    if prewarmed.is_some() && !background::stays(app) && !app.webview_windows().keys().any(is_left) {
        app.exit(0);
    }
}

/// Brings the window of a session to the front.
///
/// # Errors
/// What the window system says.
pub fn show_session(app: &AppHandle, session: SessionId) -> tauri::Result<()> {
    match app.get_webview_window(&label(session)) {
        Some(window) => to_front(&window),
        None => Ok(()),
    }
}

/// The taskbar marks a window that does not have the focus.
///
/// # Errors
/// What the window system says.
pub fn mark(window: &WebviewWindow) -> tauri::Result<()> {
    if window.is_focused()? {
        return Ok(());
    }
    // A window that is marked already is not marked again.
    window.request_user_attention(None)?;
    window.request_user_attention(Some(UserAttentionType::Informational))
}

/// Rings as the user prefers, but for the flash, which is the page's; the taskbar marks a window that does not have the
/// focus.
///
/// # Errors
/// What the window system says.
pub fn ring(window: &WebviewWindow, bell: Bell) -> tauri::Result<()> {
    if bell == Bell::Nothing {
        return Ok(());
    }
    mark(window)?;
    match bell {
        Bell::Sound => window.run_on_main_thread(platform::ring),
        Bell::Flash | Bell::Nothing => Ok(()),
    }
}
