//! The engine's events, forwarded to the page, the tray and new windows.

use crate::{platform, tray, windows};
use portlight_engine::{Engine, session::OpenState, store::Theme};
use std::{sync::Arc, time::Duration};
use tauri::{AppHandle, DragDropEvent, Emitter, Manager, Window, async_runtime};
use terminal::{Language, Texts};
use tokio::time::sleep;

/// The list of hosts or its notices have changed.
const HOSTS_CHANGED: &str = "hosts-changed";
/// A session has begun or ended, or has come to another state.
const SESSIONS_CHANGED: &str = "sessions-changed";
/// A machine has another picture, or what is chosen about pictures has changed.
const PICTURES_CHANGED: &str = "pictures-changed";
/// Other machines are nearby than before.
const NEARBY_CHANGED: &str = "nearby-changed";
/// The hosts window is about to stay in the tray for the first time: the page asks whether it shall.
const CLOSING: &str = "closing";
/// Files are over the hosts window, or no longer: a boolean.
const DRAGGED: &str = "files-dragged";
/// Files were dropped on the hosts window, and read: what they would add.
const DROPPED: &str = "files-dropped";

/// For changes of sessions to come together, and for the window to open that was asked for with one of them: until its picture is
/// there, the processor has nothing else to do than what that waits for. The list would draw itself anew three times, and the main
/// thread make the tray's menu.
const OPENING_DELAY: Duration = Duration::from_millis(300);
/// For a tray to come, where Portlight starts without a window: at a login the panel may start after it.
const TRAY_TIMEOUT: Duration = Duration::from_secs(15);
/// For what is said in the network to come together.
const NEARBY_DELAY: Duration = Duration::from_millis(200);

/// Sends an event without a payload to the window with the list.
fn tell(app: &AppHandle, event: &str) {
    if let Err(cause) = app.emit_to(windows::HOSTS, event, ()) {
        tracing::warn!(%cause, "the page was not told");
    }
}

/// Sends [`HOSTS_CHANGED`] to the page after each change of the list, as long as the app lives. That a machine is being opened, which
/// the list notes, can wait for [`OPENING_DELAY`]: thousands of machines are read and put in order anew.
pub fn follow_hosts(app: AppHandle) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let mut changes = engine.hosts().changes();
    async_runtime::spawn(async move {
        while changes.changed().await.is_ok() {
            if engine.sessions().all().iter().any(|session| session.state == OpenState::Connecting) {
                sleep(OPENING_DELAY).await;
                changes.mark_unchanged();
            }
            tell(&app, HOSTS_CHANGED);
        }
    });
}

/// Keeps the icon where there is a tray, and its menu as list, sessions and calls are, as long as the app lives.
pub fn follow_trays(app: AppHandle) {
    let handle = app.clone();
    platform::watch_trays(move |is_there| {
        // Icons and menus may only be touched from the main thread.
        let app = handle.clone();
        let told = handle.run_on_main_thread(move || {
            if let Err(cause) = tray::came_or_went(&app, is_there) {
                tracing::warn!(%cause, "the tray");
            }
        });
        if let Err(cause) = told {
            tracing::debug!(%cause, "Portlight ends");
        }
    });
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let (mut hosts, mut sessions, mut calls) =
        (engine.hosts().changes(), engine.sessions().changes(), engine.reverse().changes());
    async_runtime::spawn(async move {
        loop {
            let changed = tokio::select! {
                changed = hosts.changed() => changed,
                changed = sessions.changed() => changed,
                changed = calls.changed() => changed,
            };
            if changed.is_err() {
                break;
            }
            sleep(OPENING_DELAY).await;
            hosts.mark_unchanged();
            sessions.mark_unchanged();
            calls.mark_unchanged();
            let handle = app.clone();
            if app.run_on_main_thread(move || tray::follow(&handle)).is_err() {
                break;
            }
        }
    });
}

/// Begins without a window. Where no tray has come within [`TRAY_TIMEOUT`], nothing could bring one: then the list is shown.
pub fn begin_in_background(app: AppHandle) {
    windows::stay_in_background(&app);
    async_runtime::spawn(async move {
        sleep(TRAY_TIMEOUT).await;
        let handle = app.clone();
        let looked = app.run_on_main_thread(move || {
            if !tray::is_there(&handle)
                && let Err(cause) = windows::leave_background(&handle)
            {
                tracing::warn!(%cause, "no window");
            }
        });
        if let Err(cause) = looked {
            tracing::debug!(%cause, "Portlight ends");
        }
    });
}

/// Sends [`SESSIONS_CHANGED`] to the page [`OPENING_DELAY`] after a change of a session, as long as the app lives.
pub fn follow_sessions(app: AppHandle) {
    let mut changes = app.state::<Arc<Engine>>().sessions().changes();
    async_runtime::spawn(async move {
        let mut told = changes.borrow().sessions;
        while changes.changed().await.is_ok() {
            sleep(OPENING_DELAY).await;
            let sessions = changes.borrow_and_update().sessions;
            // Pictures that are asked for are no change of a session.
            if std::mem::replace(&mut told, sessions) != sessions {
                tell(&app, SESSIONS_CHANGED);
            }
        }
    });
}

/// Remembers what is open, after each change, as long as the app lives: it may end at any moment.
pub fn follow_open(app: AppHandle) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let (mut sessions, mut preferences) = (engine.sessions().changes(), engine.preferences().changes());
    async_runtime::spawn(async move {
        loop {
            let engine = Arc::clone(&engine);
            if async_runtime::spawn_blocking(move || engine.note_open()).await.is_err() {
                break;
            }
            let changed = tokio::select! {
                changed = sessions.changed() => changed,
                changed = preferences.changed() => changed,
            };
            if changed.is_err() {
                break;
            }
        }
    });
}

/// Sends [`PICTURES_CHANGED`] to the page after each change of a picture, as long as the app lives.
pub fn follow_pictures(app: AppHandle) {
    let mut changes = app.state::<Arc<Engine>>().pictures().changes();
    async_runtime::spawn(async move {
        while changes.changed().await.is_ok() {
            tell(&app, PICTURES_CHANGED);
        }
    });
}

/// Has the windows follow the desktop's colours where nothing else was chosen, as long as the app lives.
pub fn follow_desktop_colours(app: &AppHandle) {
    platform::follow_desktop_colours(app, |app| {
        let theme = app.state::<Arc<Engine>>().preferences().get().theme;
        if theme == Theme::System {
            windows::show_theme(app, theme);
        }
    });
}

/// Has language and theme be as the user prefers them, after each change, as long as the app lives. A viewer that is open keeps its
/// language.
pub fn follow_preferences(app: AppHandle) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let mut changes = engine.preferences().changes();
    async_runtime::spawn(async move {
        let mut theme = engine.preferences().get().theme;
        while changes.changed().await.is_ok() {
            let preferences = engine.preferences().get();
            let speaks_anew = app.state::<Texts>().speak(Language::chosen(preferences.language));
            let theme = (std::mem::replace(&mut theme, preferences.theme) != preferences.theme).then_some(theme);
            let on_main = app.clone();
            let told = app.run_on_main_thread(move || {
                if let Err(cause) = show_preferences(&on_main, speaks_anew, theme) {
                    tracing::warn!(%cause, "what is preferred is not seen everywhere");
                }
            });
            if told.is_err() {
                break;
            }
        }
    });
}

fn show_preferences(app: &AppHandle, speaks_anew: bool, theme: Option<Theme>) -> tauri::Result<()> {
    if let Some(theme) = theme {
        windows::show_theme(app, theme);
    }
    if !speaks_anew {
        return Ok(());
    }
    windows::renew_prewarmed(app);
    windows::reload_hosts(app)?;
    tray::speak_anew(app);
    Ok(())
}

/// Looks for machines in the network, and sends [`NEARBY_CHANGED`] to the page after changes, as long as the app lives.
pub fn follow_nearby(app: AppHandle) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    let mut changes = engine.nearby().changes();
    engine.nearby().follow();
    async_runtime::spawn(async move {
        while changes.changed().await.is_ok() {
            // Many answer a question together.
            sleep(NEARBY_DELAY).await;
            changes.mark_unchanged();
            tell(&app, NEARBY_CHANGED);
        }
    });
}

/// Opens a window for each reverse connection, as long as the app lives.
pub fn follow_calls(app: AppHandle) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    async_runtime::spawn(async move {
        while let Some(call) = engine.reverse().next().await {
            if let Err(cause) = windows::open_call(&app, call) {
                tracing::warn!(%cause, "no window for a reverse connection");
            }
        }
    });
}

/// Sends [`CLOSING`] to the page, which comes to the front with its question: it may be closed from a taskbar, behind others.
///
/// # Errors
/// Where the page cannot be reached.
pub fn ask_about_closing(app: &AppHandle) -> tauri::Result<()> {
    windows::show_hosts(app)?;
    app.emit_to(windows::HOSTS, CLOSING, ())
}

/// Tells the hosts window's page about files that are dragged over it, and what is in them once they are dropped. The page gets
/// to see their names, never their paths.
pub fn dragged(window: &Window, event: &DragDropEvent) {
    if window.label() != windows::HOSTS {
        return;
    }
    let app = window.app_handle().clone();
    let tell = |is_over: bool| {
        if let Err(cause) = app.emit_to(windows::HOSTS, DRAGGED, is_over) {
            tracing::warn!(%cause, "the page was not told");
        }
    };
    match event {
        DragDropEvent::Enter { .. } => tell(true),
        DragDropEvent::Leave => tell(false),
        DragDropEvent::Drop { paths, .. } => {
            tell(false);
            let paths = paths.clone();
            async_runtime::spawn(async move {
                let engine = Arc::clone(&app.state::<Arc<Engine>>());
                let told = match engine.imports().preview_files(paths).await {
                    Ok(preview) => app.emit_to(windows::HOSTS, DROPPED, preview).map_err(|cause| cause.to_string()),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(cause) = told {
                    tracing::warn!(cause, "what was dropped is not shown");
                }
            });
        }
        _ => {}
    }
}
