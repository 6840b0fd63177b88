//! A viewer window in waiting: made, loaded and not shown, so that the next machine's screen has nothing to wait for but
//! the machine. Starting a web view takes several times as long as everything else between a click and the picture.

use crate::windows;
use portlight_engine::{Engine, model::SessionId, session::SessionState};
use std::{
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{AppHandle, Manager, async_runtime};
use tokio::time::sleep;

/// How long a session has the machine to itself.
const QUIET: Duration = Duration::from_secs(2);

/// The window in waiting, by the session that it will show.
#[derive(Default)]
pub struct Spare(Mutex<Option<SessionId>>);

impl Spare {
    fn lock(&self) -> MutexGuard<'_, Option<SessionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the window, unless there is one.
pub fn prepare(app: &AppHandle) {
    // A program that drives the windows counts them, and stumbles over one that is not shown.
    if env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some() {
        return;
    }
    let session = {
        let spare = app.state::<Spare>();
        let mut spare = spare.lock();
        if spare.is_some() {
            return;
        }
        *spare.insert(app.state::<Arc<Engine>>().reserve())
    };
    let title = app.package_info().name.clone();
    if let Err(cause) = windows::viewer(app, session, &title, false) {
        tracing::warn!(%cause, "no window in waiting");
        take(app);
    }
}

/// Makes the next window some time after this session has begun: its first pictures need the machine for themselves.
pub fn prepare_after(app: &AppHandle, session: SessionId) {
    let app = app.clone();
    let Some((_, mut state)) = app.state::<Arc<Engine>>().watch(session) else { return };
    async_runtime::spawn(async move {
        let settled = |state: &SessionState| matches!(state, SessionState::Live | SessionState::Ended { .. });
        // An error means that the session's window is closed: as settled as can be.
        drop(state.wait_for(settled).await);
        sleep(QUIET).await;
        prepare(&app);
    });
}

/// The window in waiting is to be shown.
pub fn take(app: &AppHandle) -> Option<SessionId> {
    app.state::<Spare>().lock().take()
}

/// The window in waiting, which keeps nobody from quitting.
pub fn in_waiting(app: &AppHandle) -> Option<SessionId> {
    *app.state::<Spare>().lock()
}
