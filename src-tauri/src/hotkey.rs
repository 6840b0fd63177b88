//! The hotkey: it opens quick connect, whatever window has the focus.

use crate::{platform, windows};
use portlight_engine::{
    Engine,
    model::{Chord, HotkeyState},
};
use std::sync::Arc;
use tauri::{AppHandle, Emitter, Manager, async_runtime};
use tokio::sync::watch;

/// What has become of the hotkey is something else now.
const HOTKEY_CHANGED: &str = "hotkey-changed";

/// What has become of the hotkey, and of which.
pub struct Hotkey(watch::Sender<(Option<Chord>, HotkeyState)>);

impl Default for Hotkey {
    fn default() -> Self {
        Self(watch::Sender::new((None, HotkeyState::Off)))
    }
}

/// What has become of the hotkey that is preferred now.
pub async fn state(app: &AppHandle) -> HotkeyState {
    let wanted = app.state::<Arc<Engine>>().preferences().get().hotkey;
    let mut told = app.state::<Hotkey>().0.subscribe();
    // Until the present one's turn has come.
    let told = told.wait_for(|(chord, _)| *chord == wanted).await;
    told.map(|told| told.1.clone()).unwrap_or_default()
}

/// Holds the hotkey that is preferred, as long as the app lives.
pub fn follow(app: AppHandle) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let mut preferences = engine.preferences().changes();
    let (want, wanted) = watch::channel(engine.preferences().get().hotkey);
    let (on_press, on_change) = (app.clone(), app.clone());
    async_runtime::spawn(platform::hold_hotkey(
        wanted,
        move || {
            if let Err(cause) = windows::show_quick(&on_press) {
                tracing::warn!(%cause, "quick connect");
            }
        },
        move |chord, state| {
            tracing::info!(?state, "the hotkey");
            on_change.state::<Hotkey>().0.send_replace((chord, state));
            if let Err(cause) = on_change.emit_to(windows::HOSTS, HOTKEY_CHANGED, ()) {
                tracing::warn!(%cause, "the page was not told");
            }
        },
    ));
    async_runtime::spawn(async move {
        while preferences.changed().await.is_ok() {
            let hotkey = engine.preferences().get().hotkey;
            let is_held = matches!(app.state::<Hotkey>().0.borrow().1, HotkeyState::Held { .. } | HotkeyState::Asking);
            // One that could not be had is tried again.
            want.send_if_modified(|wanted| std::mem::replace(wanted, hotkey.clone()) != hotkey || !is_held);
        }
    });
}
