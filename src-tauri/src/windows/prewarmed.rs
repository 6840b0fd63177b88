//! The prewarmed window: a viewer window that is made, loaded and not shown, so that the next session waits only for its
//! server. Starting a web view takes several times as long as everything else between a click and the picture.

use super::{deaths::Deaths, page, screens};
use portlight_engine::{Engine, model::SessionId, session::SessionState};
use std::{
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tauri::{AppHandle, Manager, WebviewWindow, async_runtime};
use tokio::time::sleep;

/// From a session's first picture to the start of the next prewarmed window: first pictures need the CPU themselves.
const PREWARM_DELAY: Duration = Duration::from_secs(2);

/// The prewarmed window.
#[derive(Default)]
pub struct Prewarmed(Mutex<State>);

#[derive(Default)]
struct State {
    /// The session that it will show; none where there is no such window.
    session: Option<SessionId>,
    /// Of its page and of its predecessors'.
    deaths: Deaths,
}

impl Prewarmed {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the prewarmed window, unless there is one, or its page has stopped too often of late: everything works without it.
pub fn prepare(app: &AppHandle) {
    // WebDriver lists every window and hangs at one that is not shown.
    if env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some() {
        return;
    }
    let session = {
        let prewarmed = app.state::<Prewarmed>();
        let mut prewarmed = prewarmed.lock();
        if prewarmed.session.is_some() || prewarmed.deaths.are_too_many(Instant::now()) {
            return;
        }
        *prewarmed.session.insert(app.state::<Arc<Engine>>().sessions().reserve())
    };
    let title = app.package_info().name.clone();
    if let Err(cause) = page::viewer(app, session, &title, screens::open) {
        tracing::warn!(%cause, "no prewarmed window");
        app.state::<Prewarmed>().lock().session = None;
    }
}

/// Makes the next prewarmed window [`PREWARM_DELAY`] after `session` has shown its first picture, or has ended.
pub fn prepare_after(app: &AppHandle, session: SessionId) {
    let app = app.clone();
    let Some(mut state) = app.state::<Arc<Engine>>().sessions().watch(session) else { return };
    async_runtime::spawn(async move {
        let settled = |state: &SessionState| matches!(state, SessionState::Live | SessionState::Ended { .. });
        // An error means that the session's window is closed, which settles it too.
        drop(state.wait_for(settled).await);
        sleep(PREWARM_DELAY).await;
        prepare(&app);
    });
}

/// Makes another prewarmed window, [`PREWARM_DELAY`] after the page of this one has stopped.
pub fn replace(app: &AppHandle) {
    app.state::<Prewarmed>().lock().deaths.count(Instant::now());
    renew(app);
}

/// Makes another one in its place, [`PREWARM_DELAY`] later.
pub fn renew(app: &AppHandle) {
    // From here on, what is opened gets a new window.
    let old = app.state::<Prewarmed>().lock().session.take().map(page::label);
    let app = app.clone();
    async_runtime::spawn(async move {
        if let Some(window) = old.and_then(|label| app.get_webview_window(&label))
            && let Err(cause) = window.destroy()
        {
            tracing::warn!(%cause, "the old prewarmed window stays");
        }
        sleep(PREWARM_DELAY).await;
        prepare(&app);
    });
}

/// Takes the prewarmed window, to show it.
pub fn take(app: &AppHandle) -> Option<(SessionId, WebviewWindow)> {
    let session = app.state::<Prewarmed>().lock().session.take()?;
    Some((session, app.get_webview_window(&page::label(session))?))
}

/// The label of the prewarmed window, if there is one.
pub fn label(app: &AppHandle) -> Option<String> {
    app.state::<Prewarmed>().lock().session.map(page::label)
}
