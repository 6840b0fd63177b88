//! Viewer windows that are opened together, and closed together.

use super::{page::label, viewer::open};
use portlight_engine::{
    Engine,
    model::{HostId, Target},
};
use std::sync::Arc;
use tauri::{AppHandle, Manager, async_runtime};
use tokio::sync::watch;

/// Wakes when windows are closed together: what is still to be opened stays closed.
#[derive(Default)]
pub struct ClosedTogether(watch::Sender<()>);

/// Opens the windows of `targets` in turn, each where it was. Returns at once.
pub fn open_together(app: &AppHandle, targets: Vec<Target>) {
    let app = app.clone();
    let mut closed = app.state::<ClosedTogether>().0.subscribe();
    async_runtime::spawn(async move {
        let engine = Arc::clone(&app.state::<Arc<Engine>>());
        let open = |target: &Target| {
            if let Err(cause) = open(&app, target.clone()) {
                tracing::warn!(%cause, "no window for one of several");
            }
            engine.sessions().find(target)
        };
        tokio::select! {
            () = engine.sessions().open_in_turn(targets, open) => {}
            _ = closed.changed() => {}
        }
    });
}

/// Closes the windows of these hosts, as their user would.
///
/// # Errors
/// What the window system says.
pub fn close_together(app: &AppHandle, hosts: &[HostId]) -> tauri::Result<()> {
    app.state::<ClosedTogether>().0.send_replace(());
    let sessions = app.state::<Arc<Engine>>().sessions().all();
    for session in sessions.iter().filter(|session| session.host.is_some_and(|host| hosts.contains(&host))) {
        if let Some(window) = app.get_webview_window(&label(session.id)) {
            window.close()?;
        }
    }
    Ok(())
}
