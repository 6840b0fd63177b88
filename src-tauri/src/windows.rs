//! Opens, focuses and closes the hosts window and one viewer window for each session.

use crate::{spare, text::Texts};
use portlight_engine::{
    Engine,
    model::{SessionId, Target},
    reverse::IncomingConnection,
    session::SessionState,
};
use std::sync::Arc;
use tauri::{
    AppHandle, LogicalPosition, LogicalSize, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    webview::{NewWindowResponse, PermissionResponse},
};

/// The hosts window's label.
pub const HOSTS: &str = "hosts";
const VIEWER: &str = "viewer-";

/// What a kind of window is made from; sizes in logical pixels.
struct Page {
    path: &'static str,
    size: (f64, f64),
    min: (f64, f64),
}

const HOSTS_PAGE: Page = Page { path: "index.html", size: (760.0, 560.0), min: (420.0, 360.0) };
const VIEWER_PAGE: Page = Page { path: "viewer.html", size: (1024.0, 640.0), min: (320.0, 240.0) };
/// What a window's frame and title take of the screen, in logical pixels; no system tells before it is drawn.
const FRAME: (f64, f64) = (16.0, 48.0);

/// Shows the hosts window, in front.
pub fn show_hosts(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(HOSTS) {
        return to_front(&window);
    }
    let title = app.state::<Texts>().get("app.name").to_owned();
    build(app, HOSTS, &HOSTS_PAGE, &title, true).map(drop)
}

/// Shows what `target` looks like: in the viewer window that already does, or in a new one.
pub fn open(app: &AppHandle, target: Target) -> tauri::Result<()> {
    let engine = app.state::<Arc<Engine>>();
    if let Some(session) = engine.session_for(&target)
        && let Some(window) = app.get_webview_window(&label(session))
    {
        // Opened once more: whoever looks at a session that has ended wants a new one.
        if let Some((_, state)) = engine.watch(session)
            && matches!(*state.borrow(), SessionState::Ended { .. })
        {
            engine.again(session);
        }
        return to_front(&window);
    }
    let title = target.name.clone();
    show(app, &title, |engine, session| engine.open(session, target))
}

/// Shows a server that has called: the person is asked about it in its own window.
pub fn open_call(app: &AppHandle, call: IncomingConnection) -> tauri::Result<()> {
    let title = call.from();
    show(app, &title, |engine, session| engine.open_call(session, call))
}

/// Shows the session that `begin` begins, in the window in waiting or in a new one.
fn show(app: &AppHandle, title: &str, begin: impl FnOnce(&Arc<Engine>, SessionId)) -> tauri::Result<()> {
    let engine = app.state::<Arc<Engine>>();
    let waiting = spare::take(app).and_then(|session| Some((session, app.get_webview_window(&label(session))?)));
    let (session, window) = match waiting {
        Some((session, window)) => {
            begin(&engine, session);
            window.set_title(title)?;
            to_front(&window)?;
            (session, window)
        }
        None => {
            let session = engine.reserve();
            // The session dials while its window is still being made.
            begin(&engine, session);
            let window = viewer(app, session, title, true).inspect_err(|_| engine.end(session))?;
            (session, window)
        }
    };
    fit_to_screen(&engine, session, window);
    spare::prepare_after(app, session);
    Ok(())
}

/// Makes a session's window; one that is not shown yet waits for its session to begin.
pub fn viewer(app: &AppHandle, session: SessionId, title: &str, shown: bool) -> tauri::Result<WebviewWindow> {
    build(app, &label(session), &VIEWER_PAGE, title, shown)
}

/// The session that a window shows, from its label.
pub fn session_of(label: &str) -> Option<SessionId> {
    label.strip_prefix(VIEWER)?.parse().ok()
}

/// Ends what a destroyed window has shown, and Portlight with the last window that anybody can see or call back.
pub fn destroyed(window: &Window) {
    let app = window.app_handle();
    if let Some(session) = session_of(window.label()) {
        app.state::<Arc<Engine>>().end(session);
    }
    let spare = spare::in_waiting(app).map(label);
    if spare.is_some() && app.webview_windows().keys().all(|l| l == window.label() || Some(l) == spare.as_ref()) {
        app.exit(0);
    }
}

fn label(session: SessionId) -> String {
    format!("{VIEWER}{session}")
}

fn to_front(window: &WebviewWindow) -> tauri::Result<()> {
    window.show()?;
    window.unminimize()?;
    window.set_focus()
}

fn build(app: &AppHandle, label: &str, page: &Page, title: &str, shown: bool) -> tauri::Result<WebviewWindow> {
    let url = format!("{}?lang={}", page.path, app.state::<Texts>().language.tag());
    let relay_port = app.state::<Arc<Engine>>().relay_port();
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(url.into()))
        .title(title)
        .visible(shown)
        .inner_size(page.size.0, page.size.1)
        .min_inner_size(page.min.0, page.min.1)
        .disable_drag_drop_handler()
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_permission_request(|_, _| PermissionResponse::Deny)
        // On Linux all windows load through the first one's handler: so it looks at the page, not at the window.
        .on_web_resource_request(move |request, response| {
            if request.uri().path().trim_start_matches('/') == VIEWER_PAGE.path
                && let Some(policy) = response.headers_mut().get_mut(CONTENT_SECURITY_POLICY)
            {
                allow_relay(policy, relay_port);
            }
        })
        .build()
}

/// The pages are built in: nothing else is ever shown.
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // What the same pages are called on Windows.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

/// A viewer page may reach the relay, and no other port.
fn allow_relay(policy: &mut HeaderValue, port: u16) {
    let allowed = policy
        .to_str()
        .ok()
        .map(|text| text.replacen("connect-src ", &format!("connect-src ws://127.0.0.1:{port} "), 1));
    if let Some(Ok(allowed)) = allowed.map(|text| HeaderValue::from_str(&text)) {
        *policy = allowed;
    }
}

/// Gives the window the remote screen's size, or the largest of its shape that this screen has room for.
fn fit_to_screen(engine: &Engine, session: SessionId, window: WebviewWindow) {
    let Some((_, mut state)) = engine.watch(session) else { return };
    tauri::async_runtime::spawn(async move {
        let ready = |state: &SessionState| match state {
            SessionState::Ready { width, height, .. } => Some((f64::from(*width), f64::from(*height))),
            _ => None,
        };
        // An error means that the session has gone: nothing is left to fit.
        let Ok(remote) = state.wait_for(|state| ready(state).is_some()).await.map(|state| ready(&state)) else {
            return;
        };
        let monitor = window.current_monitor().ok().flatten().or_else(|| window.primary_monitor().ok().flatten());
        if let (Some(remote), Some(monitor)) = (remote, monitor)
            && !window.is_maximized().unwrap_or(false)
            && !window.is_fullscreen().unwrap_or(false)
        {
            let area = monitor.work_area();
            let corner = area.position.to_logical::<f64>(monitor.scale_factor());
            let area = area.size.to_logical::<f64>(monitor.scale_factor());
            let room = (area.width - FRAME.0, area.height - FRAME.1);
            let size = fit(remote, room);
            // Centred by the size that was asked for: the window itself may not have heard of it yet.
            let place = LogicalPosition::new(corner.x + (room.0 - size.0) / 2.0, corner.y + (room.1 - size.1) / 2.0);
            let result = window.set_size(LogicalSize::new(size.0, size.1)).and_then(|()| window.set_position(place));
            if let Err(cause) = result {
                tracing::debug!(%cause, "the window keeps its size");
            }
        }
    });
}

fn fit(remote: (f64, f64), room: (f64, f64)) -> (f64, f64) {
    // A server may say its size later.
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

    #[test]
    fn a_viewer_page_may_reach_the_relay_only() {
        let mut policy =
            HeaderValue::from_static("default-src 'none'; connect-src ipc: http://ipc.localhost; img-src 'self'");
        allow_relay(&mut policy, 4711);
        assert_eq!(
            policy,
            "default-src 'none'; connect-src ws://127.0.0.1:4711 ipc: http://ipc.localhost; img-src 'self'"
        );
    }

    #[test]
    fn a_window_knows_its_session_from_its_label_alone() {
        assert_eq!(session_of("viewer-7").map(label), Some("viewer-7".to_owned()));
        for other in ["hosts", "viewer-", "viewer-x", "viewer"] {
            assert_eq!(session_of(other), None, "{other}");
        }
    }

    #[test]
    fn only_built_in_pages_are_shown() {
        for ours in ["tauri://localhost/viewer.html?lang=en", "http://tauri.localhost/index.html"] {
            assert!(is_ours(&ours.parse().unwrap()), "{ours}");
        }
        for other in [
            "https://example.org/",
            "file:///etc/passwd",
            "tauri://elsewhere/",
            "http://localhost/",
            "data:text/html,x",
        ] {
            assert!(!is_ours(&other.parse().unwrap()), "{other}");
        }
    }
}
