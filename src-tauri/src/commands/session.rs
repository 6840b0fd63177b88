//! A viewer window's commands, on the session that its label names.

use super::{EngineState, system};
use crate::windows;
use portlight_engine::{
    Result, StoreError,
    model::{Display, KeyNotice, KeyboardOwner, SessionId},
    session::{Answer, SessionUpdate},
};
use std::sync::Arc;
use tauri::{WebviewWindow, command, ipc::Channel};
use tauri_plugin_clipboard_manager::ClipboardExt;

/// Waits until the session has started. Sends its present state and each later one to `channel`, and tells the session
/// that its page is there: only then a ticket for the relay is issued.
#[command]
pub async fn attach(window: WebviewWindow, engine: EngineState<'_>, channel: Channel<SessionUpdate>) -> Result<()> {
    let session = session_of(&window)?;
    // The prewarmed window attaches long before it has a session.
    engine.sessions().started(session).await;
    let mut states = engine.sessions().watch(session).ok_or(StoreError::NoSuchHost)?;
    let page = engine.sessions().attach(session).ok_or(StoreError::NoSuchHost)?;
    let following = Arc::clone(&engine);
    tauri::async_runtime::spawn(async move {
        // The page has stopped where it is not attached any more, and a later one follows for itself.
        while following.sessions().is_attached(session, page) {
            let state = states.borrow_and_update().clone();
            let Some(view) = following.sessions().view(session) else { break };
            // The page has gone where sending fails; the session has gone where nothing changes any more.
            if channel.send(SessionUpdate { view, state }).is_err() || states.changed().await.is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// Answers the prompt `number` of the session; an answer to an earlier one is dropped.
#[command]
pub async fn answer(window: WebviewWindow, engine: EngineState<'_>, number: u64, answer: Answer) -> Result<()> {
    engine.sessions().answer(session_of(&window)?, number, answer);
    Ok(())
}

/// Notes how the user likes to see this machine: with it where it is saved, else until the window closes.
#[command]
pub async fn set_display(window: WebviewWindow, engine: EngineState<'_>, display: Display) -> Result<()> {
    Ok(engine.sessions().set_display(session_of(&window)?, display).await?)
}

/// Connects again, from any state.
#[command]
pub async fn reconnect(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    engine.sessions().reconnect(session_of(&window)?);
    Ok(())
}

/// Ends the session; its window stays.
#[command]
pub async fn close(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    engine.sessions().close(session_of(&window)?);
    Ok(())
}

/// Closes the window, and with it the session.
#[command]
pub async fn close_window(window: WebviewWindow) -> Result<()> {
    window.close().map_err(system)
}

/// Sends this window's keys to the page while they are the remote machine's. False where the page has them from its web view.
#[command]
pub async fn take_keys(window: WebviewWindow, channel: Channel<KeyNotice>) -> Result<bool> {
    windows::take_keys(&window, channel).map_err(system)
}

/// Gives this window's keys to the page or to the remote machine.
#[command]
pub async fn set_keyboard_owner(window: WebviewWindow, owner: KeyboardOwner) -> Result<()> {
    windows::set_keyboard_owner(&window, owner).map_err(system)
}

/// Turns full screen on or off.
#[command]
pub async fn set_fullscreen(window: WebviewWindow, on: bool) -> Result<()> {
    window.set_fullscreen(on).map_err(system)
}

/// The clipboard's text, for a window that has the focus; none where it has not, or where there is no text.
#[command]
pub async fn read_clipboard(window: WebviewWindow) -> Result<Option<String>> {
    if !window.is_focused().map_err(system)? {
        return Ok(None);
    }
    // Blocks until the program that owns the clipboard answers.
    let read = tauri::async_runtime::spawn_blocking(move || window.clipboard().read_text().ok());
    Ok(read.await.map_err(system)?.filter(|text| !text.is_empty()))
}

/// Puts text into the clipboard.
#[command]
pub async fn write_clipboard(window: WebviewWindow, text: String) -> Result<()> {
    let written = tauri::async_runtime::spawn_blocking(move || window.clipboard().write_text(text).map_err(system));
    written.await.map_err(system)?
}

/// Ends the session because noVNC could not go on; `detail` is noVNC's reason.
#[command]
pub async fn viewer_failed(window: WebviewWindow, engine: EngineState<'_>, detail: String) -> Result<()> {
    engine.sessions().viewer_failed(session_of(&window)?, detail);
    Ok(())
}

/// Ends the session because the web view has no canvas of this size.
#[command]
pub async fn screen_too_large(window: WebviewWindow, engine: EngineState<'_>, width: u16, height: u16) -> Result<()> {
    engine.sessions().screen_too_large(session_of(&window)?, width, height);
    Ok(())
}

/// Rings the desktop's bell. The taskbar marks a window that does not have the focus.
#[command]
pub async fn ring(window: WebviewWindow) -> Result<()> {
    windows::ring(&window).map_err(system)
}

fn session_of(window: &WebviewWindow) -> Result<SessionId> {
    windows::session_of(window.label()).ok_or(StoreError::NoSuchHost.into())
}
