//! What the pages may ask for: one function a command. Takes, calls the engine, gives back.
//!
//! Which window may call which is in `capabilities/`; a viewer window's session comes from its label, never from
//! an argument.

use crate::{spare, windows};
use portlight_engine::{
    ConnectError, Engine, Error, FormError, Hint, HostListView, Result, Saved, StoreError,
    doctor::Report,
    import::{ImportSource, Preview},
    model::{Address, FieldProblem, HostDraft, HostId, HostView, HttpAuthChange, PasswordChange, SessionId},
    session::{Answer, SessionState, SessionView},
    store::{Listening, ListeningView},
};
use serde::Deserialize;
use std::sync::Arc;
use tauri::{
    AppHandle, State, WebviewWindow, Wry, command,
    ipc::Channel,
    plugin::{Builder, TauriPlugin},
};
use tauri_plugin_clipboard_manager::ClipboardExt;

type TheEngine<'a> = State<'a, Arc<Engine>>;

/// The commands, as the plugin that the capability files name.
pub fn plugin() -> TauriPlugin<Wry> {
    Builder::new("portlight")
        .invoke_handler(tauri::generate_handler![
            list_hosts,
            save_host,
            save_http_auth,
            duplicate_host,
            remove_host,
            restore_host,
            set_favourite,
            open_host,
            wake_host,
            open_address,
            read_address,
            test_connection,
            choose_closing,
            listening,
            listen,
            preview_import,
            attach,
            answer,
            again,
            close,
            close_window,
            set_fullscreen,
            read_clipboard,
            write_clipboard,
            viewer_failed,
        ])
        .build()
}

// ---- the hosts window

#[command]
async fn list_hosts(app: AppHandle, engine: TheEngine<'_>) -> Result<HostListView> {
    // The list is on the screen: now there is time to get ready for what is chosen from it.
    spare::prepare(&app);
    Ok(engine.hosts())
}

#[command]
async fn save_host(engine: TheEngine<'_>, draft: HostDraft, change: PasswordChange) -> Result<Saved> {
    engine.save(draft, change).await
}

#[command]
async fn save_http_auth(engine: TheEngine<'_>, id: HostId, change: HttpAuthChange) -> Result<()> {
    engine.save_http_auth(id, change).await
}

#[command]
async fn duplicate_host(engine: TheEngine<'_>, id: HostId, name: String) -> Result<HostView> {
    engine.duplicate(id, name).await
}

#[command]
async fn remove_host(engine: TheEngine<'_>, id: HostId) -> Result<()> {
    engine.remove(id)
}

#[command]
async fn restore_host(engine: TheEngine<'_>, id: HostId) -> Result<()> {
    engine.restore(id)
}

#[command]
async fn set_favourite(engine: TheEngine<'_>, id: HostId, favourite: bool) -> Result<()> {
    engine.set_favourite(id, favourite)
}

#[command]
async fn open_host(app: AppHandle, engine: TheEngine<'_>, id: HostId) -> Result<()> {
    windows::open(&app, engine.target_of(id)?).map_err(system)
}

/// Wakes the machine up, waits until it answers, and opens it.
#[command]
async fn wake_host(app: AppHandle, engine: TheEngine<'_>, id: HostId) -> Result<()> {
    windows::open(&app, engine.sleeping_target(id)?).map_err(system)
}

#[command]
async fn listening(engine: TheEngine<'_>) -> Result<ListeningView> {
    Ok(engine.listening())
}

#[command]
async fn listen(engine: TheEngine<'_>, listening: Listening) -> Result<()> {
    engine.listen(listening).await
}

#[command]
async fn preview_import(engine: TheEngine<'_>, source: ImportSource) -> Result<Vec<Preview>> {
    engine.preview_import(source).await
}

#[command]
async fn open_address(app: AppHandle, engine: TheEngine<'_>, text: String) -> Result<()> {
    windows::open(&app, engine.target(&text, false)?).map_err(system)
}

#[command]
async fn read_address(text: String) -> Result<String> {
    let address = Address::parse(&text);
    address
        .map(|address| address.to_string())
        .map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Address(problem)] }.into())
}

#[command]
async fn test_connection(engine: TheEngine<'_>, draft: HostDraft, change: PasswordChange) -> Result<Report> {
    engine.test_connection(draft, change).await
}

/// What closing the hosts window shall mean, this first time.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Closing {
    Tray,
    Quit,
}

#[command]
async fn choose_closing(app: AppHandle, window: WebviewWindow, engine: TheEngine<'_>, choice: Closing) -> Result<()> {
    engine.tell_once(Hint::StaysInTray);
    match choice {
        Closing::Tray => window.hide().map_err(system),
        Closing::Quit => {
            app.exit(0);
            Ok(())
        }
    }
}

// ---- a viewer window, on its own session

#[command]
async fn attach(window: WebviewWindow, engine: TheEngine<'_>, channel: Channel<SessionState>) -> Result<SessionView> {
    let session = session_of(&window)?;
    // A window in waiting attaches long before it has a session.
    engine.begun(session).await;
    let (view, mut state) = engine.watch(session).ok_or(StoreError::NoSuchHost)?;
    tauri::async_runtime::spawn(async move {
        loop {
            let now = state.borrow_and_update().clone();
            // A page that cannot be told has gone, and so has a session that changes no more.
            if channel.send(now).is_err() || state.changed().await.is_err() {
                break;
            }
        }
    });
    engine.attach(session);
    Ok(view)
}

#[command]
async fn answer(window: WebviewWindow, engine: TheEngine<'_>, answer: Answer) -> Result<()> {
    engine.answer(session_of(&window)?, answer);
    Ok(())
}

#[command]
async fn again(window: WebviewWindow, engine: TheEngine<'_>) -> Result<()> {
    engine.again(session_of(&window)?);
    Ok(())
}

#[command]
async fn close(window: WebviewWindow, engine: TheEngine<'_>) -> Result<()> {
    engine.close(session_of(&window)?);
    Ok(())
}

#[command]
async fn close_window(window: WebviewWindow) -> Result<()> {
    window.close().map_err(system)
}

#[command]
async fn set_fullscreen(window: WebviewWindow, on: bool) -> Result<()> {
    window.set_fullscreen(on).map_err(system)
}

/// The clipboard's text, for the window that the user is looking at and no other.
#[command]
async fn read_clipboard(window: WebviewWindow) -> Result<Option<String>> {
    if !window.is_focused().map_err(system)? {
        return Ok(None);
    }
    // The clipboard's owner is another program, which may take its time to answer.
    let read = tauri::async_runtime::spawn_blocking(move || window.clipboard().read_text().ok());
    Ok(read.await.map_err(system)?.filter(|text| !text.is_empty()))
}

#[command]
async fn write_clipboard(window: WebviewWindow, text: String) -> Result<()> {
    let written = tauri::async_runtime::spawn_blocking(move || window.clipboard().write_text(text).map_err(system));
    written.await.map_err(system)?
}

#[command]
async fn viewer_failed(window: WebviewWindow, engine: TheEngine<'_>, detail: String) -> Result<()> {
    engine.viewer_failed(session_of(&window)?, detail);
    Ok(())
}

fn session_of(window: &WebviewWindow) -> Result<SessionId> {
    windows::session_of(window.label()).ok_or(StoreError::NoSuchHost.into())
}

fn system(cause: impl std::fmt::Display) -> Error {
    ConnectError::System { detail: cause.to_string() }.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The commands' names in a list between `start` and `end`.
    fn names<'a>(text: &'a str, start: &str, end: &str, separator: char) -> BTreeSet<&'a str> {
        let part = text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("the list").0;
        let words = part.split(separator).map(|word| word.trim().trim_matches('"'));
        words.filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect()
    }

    #[test]
    fn what_is_handled_is_declared_and_what_the_pages_call() {
        let handled = names(include_str!("commands.rs"), "generate_handler![", "]", ',');
        let declared = names(include_str!("../build.rs"), "COMMANDS: &[&str] = &[", "];", '"');
        let pages = include_str!("../../ui/src/ipc/index.ts");
        let called: BTreeSet<_> = pages.split("call('").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
        assert!(handled.len() > 10, "{handled:?}");
        assert_eq!(handled, declared);
        assert_eq!(handled, called);
    }
}
