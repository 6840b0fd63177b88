//! A viewer window's commands, on the session that its label names.

use super::{EngineState, system};
use crate::{platform, windows};
use portlight_engine::{
    FormError, Result, StoreError,
    doctor::StageReport,
    model::{
        Address, Chord, Display, FieldProblem, KeyNotice, KeyboardOwner, LocalMonitors, MonitorNumbers, Monitors,
        SessionId,
    },
    recording::RecordingView,
    session::{Answer, Followed, Kept, SessionUpdate, SessionView},
    store::Bell,
};
use serde::Deserialize;
use std::sync::Arc;
use tauri::{AppHandle, Manager, Monitor, State, WebviewWindow, async_runtime::spawn_blocking, command, ipc::Channel};
use tauri_plugin_clipboard_manager::ClipboardExt;
use terminal::Texts;

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
    let mut changes = engine.sessions().changes();
    let mut choices = engine.pictures().changes();
    tauri::async_runtime::spawn(async move {
        let mut told = None;
        // The page has stopped where it is not attached any more, and a later one follows for itself.
        while following.sessions().is_attached(session, page) {
            let state = states.borrow_and_update().clone();
            let pictures = changes.borrow_and_update().pictures;
            let Some(view) = following.sessions().view(session) else { break };
            let title = title(&view);
            if told.as_ref() != Some(&title) {
                show_title(&window, &title);
                told = Some(title);
            }
            let others = following.sessions().all().len().saturating_sub(1);
            let calls = following.sessions().calls();
            // The page has gone.
            let leaving = following.sessions().is_leaving(session);
            if channel.send(SessionUpdate { view, state, others, calls, pictures, leaving }).is_err() {
                break;
            }
            let changed = tokio::select! {
                changed = states.changed() => changed,
                changed = changes.changed() => changed,
                changed = choices.changed() => changed,
            };
            // The session has gone.
            if changed.is_err() {
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

/// Only watches from now on, or no longer.
#[command]
pub async fn set_view_only(window: WebviewWindow, engine: EngineState<'_>, view_only: bool) -> Result<()> {
    engine.sessions().set_view_only(session_of(&window)?, view_only);
    Ok(())
}

/// Adds the machine of an address, a link or a call to the list, under this name; with the login that was typed, where it
/// is to be kept. None where it is in the list already. Rejects with the fields that are wrong.
#[command]
pub async fn keep(
    window: WebviewWindow,
    engine: EngineState<'_>,
    name: String,
    with_login: bool,
) -> Result<Option<Kept>> {
    let session = session_of(&window)?;
    let kept = engine.sessions().keep(session, &name, with_login).await?;
    if let Some(view) = engine.sessions().view(session) {
        show_title(&window, &title(&view));
    }
    Ok(kept)
}

/// What was done in the last attempt to connect, stage by stage.
#[command]
pub async fn tried(window: WebviewWindow, engine: EngineState<'_>) -> Result<Vec<StageReport>> {
    Ok(engine.sessions().tried(session_of(&window)?))
}

/// Wakes the machine up, and connects when it answers.
#[command]
pub async fn wake(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    engine.sessions().wake(session_of(&window)?);
    Ok(())
}

/// Connects to another address, where the one that was typed led to no session, or to none any more. Rejects with what is
/// wrong with it. No saved machine is meant by it: a page must get no other login than its own.
#[command]
pub async fn correct_address(window: WebviewWindow, engine: EngineState<'_>, text: String) -> Result<()> {
    let session = session_of(&window)?;
    let wrong = |problem| FormError::Fields { fields: vec![FieldProblem::Address(problem)] };
    engine.sessions().correct(session, Address::parse(&text).map_err(wrong)?);
    Ok(())
}

/// Takes the step that the session's failure leads to. Which one that is, the page does not say.
#[command]
pub async fn follow_lead(app: AppHandle, window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    match engine.sessions().follow_lead(session_of(&window)?).await? {
        Some(Followed::Edit { host, address }) => {
            windows::want_hosts(&app, windows::Wish::Edit { host, address: Some(address) }).map_err(system)
        }
        Some(Followed::Open { host }) => {
            windows::open(&app, engine.hosts().target_of(host)?).map_err(system)?;
            window.close().map_err(system)
        }
        None => Ok(()),
    }
}

/// Puts into the clipboard what may be told others about how the session went. The page does not say what that is.
#[command]
pub async fn copy_report(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    let report = engine.sessions().report(session_of(&window)?);
    put_into_clipboard(window, report).await
}

/// Brings the list to the front, with the form of this session's machine.
#[command]
pub async fn edit_host(app: AppHandle, window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    let host = engine.sessions().host(session_of(&window)?).ok_or(StoreError::NoSuchHost)?;
    windows::want_hosts(&app, windows::Wish::Edit { host, address: None }).map_err(system)
}

/// Brings the list to the front, with an overview of all open sessions: no viewer sees another one's picture.
#[command]
pub async fn show_sessions(app: AppHandle) -> Result<()> {
    windows::want_hosts(&app, windows::Wish::Sessions).map_err(system)
}

/// What a viewer's keys may want of the list.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListWish {
    /// What the user prefers.
    Settings,
    /// The help.
    Help,
    /// To end Portlight, after a question where sessions are open.
    Quit,
}

/// Brings the list to the front with what a key of this window stands for.
#[command]
pub async fn want_list(app: AppHandle, wish: ListWish) -> Result<()> {
    let done = match wish {
        ListWish::Settings => windows::want_hosts(&app, windows::Wish::Settings),
        ListWish::Help => windows::want_hosts(&app, windows::Wish::Help),
        ListWish::Quit => windows::quit(&app),
    };
    done.map_err(system)
}

/// Brings the window of the session to the front that began after this one, or before it.
#[command]
pub async fn show_next_session(
    app: AppHandle,
    window: WebviewWindow,
    engine: EngineState<'_>,
    back: bool,
) -> Result<()> {
    match engine.sessions().beside(session_of(&window)?, back) {
        Some(session) => windows::show_session(&app, session).map_err(system),
        None => Ok(()),
    }
}

/// A small picture of the session's screen, which was asked for: a JPEG file in base64.
#[command]
pub async fn set_picture(window: WebviewWindow, engine: EngineState<'_>, picture: String) -> Result<()> {
    engine.sessions().set_picture(session_of(&window)?, picture);
    Ok(())
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

/// Sends a window's keys to the page while they are the remote machine's. False where the page has them from its web view.
#[command]
pub async fn take_keys(window: WebviewWindow, screen: Option<u8>, channel: Channel<KeyNotice>) -> Result<bool> {
    windows::take_keys(&showing(window, screen)?, channel).map_err(system)
}

/// Gives a window's keys to the page or to the remote machine, through this computer's input method where it `composes`.
#[command]
pub async fn set_keyboard_owner(
    window: WebviewWindow,
    screen: Option<u8>,
    owner: KeyboardOwner,
    composes: bool,
) -> Result<()> {
    windows::set_keyboard_owner(&showing(window, screen)?, owner, composes).map_err(system)
}

/// The chords that the user has kept, for all machines.
#[command]
pub async fn kept_chords(engine: EngineState<'_>) -> Result<Vec<Chord>> {
    Ok(engine.preferences().chords())
}

/// Keeps a chord; says which ones are kept now, as another window may have kept others.
#[command]
pub async fn keep_chord(engine: EngineState<'_>, chord: Chord) -> Result<Vec<Chord>> {
    engine.preferences().add_chord(chord).await?;
    Ok(engine.preferences().chords())
}

/// Keeps a chord no longer; says which ones are kept now.
#[command]
pub async fn drop_chord(engine: EngineState<'_>, chord: Chord) -> Result<Vec<Chord>> {
    engine.preferences().remove_chord(&chord).await?;
    Ok(engine.preferences().chords())
}

/// The remote screen has another size: the window takes it where it had the one before.
#[command]
pub async fn screen_sized(window: WebviewWindow, engine: EngineState<'_>, width: u16, height: u16) -> Result<()> {
    let session = session_of(&window)?;
    windows::remote_resized(&engine, session, &window, width, height);
    Ok(())
}

/// Turns full screen on, on the monitors that were chosen for the machine, or off. A window of a single screen fills its own monitor.
#[command]
pub async fn set_fullscreen(window: WebviewWindow, screen: Option<u8>, on: bool) -> Result<()> {
    let window = showing(window, screen)?;
    platform::fill_monitors(&window, on.then(|| windows::filled(&window))).map_err(system)
}

/// Closes the window that shows a single screen.
#[command]
pub async fn close_screen(window: WebviewWindow, screen: u8) -> Result<()> {
    match windows::screen(window.app_handle(), session_of(&window)?, screen) {
        Some(window) => window.close().map_err(system),
        None => Ok(()),
    }
}

/// This computer's monitors.
#[command]
pub async fn monitors(window: WebviewWindow) -> Result<LocalMonitors> {
    if !platform::CHOOSES_MONITORS {
        return Ok(LocalMonitors::default());
    }
    let monitors = window.available_monitors().map_err(system)?;
    let sizes = monitors.iter().map(|monitor| (monitor.size().width, monitor.size().height)).collect();
    let all = platform::fills_several_monitors(&window).await;
    let together =
        if all { windows::monitors_together(&monitors.iter().map(pixels).collect::<Vec<_>>()) } else { vec![] };
    let together = together.into_iter().map(MonitorNumbers::from).collect();
    Ok(LocalMonitors { sizes, all, together, chosen: windows::full_screen_of(&window) })
}

fn pixels(monitor: &Monitor) -> (i32, i32, u32, u32) {
    let (at, size) = (monitor.position(), monitor.size());
    (at.x, at.y, size.width, size.height)
}

/// What full screen is to fill from now on, as long as there are these monitors.
#[command]
pub async fn choose_monitors(window: WebviewWindow, monitors: Monitors) -> Result<()> {
    spawn_blocking(move || windows::remember_full_screen(&window, monitors)).await.map_err(system)
}

/// The clipboard's text, for a window that has the focus, where what is copied here goes to its machine; none otherwise, or where
/// there is no text.
#[command]
pub async fn read_clipboard(window: WebviewWindow, engine: EngineState<'_>) -> Result<Option<String>> {
    if !engine.sessions().clipboard(session_of(&window)?).sends() || !windows::has_focus(&window).map_err(system)? {
        return Ok(None);
    }
    // Blocks until the program that owns the clipboard answers.
    let read = tauri::async_runtime::spawn_blocking(move || window.clipboard().read_text().ok());
    Ok(read.await.map_err(system)?.filter(|text| !text.is_empty()))
}

/// Whether the clipboard has an image and no text, under the same conditions.
#[command]
pub async fn clipboard_has_image(window: WebviewWindow, engine: EngineState<'_>) -> Result<bool> {
    if !engine.sessions().clipboard(session_of(&window)?).sends() || !windows::has_focus(&window).map_err(system)? {
        return Ok(false);
    }
    let has_image = tauri::async_runtime::spawn_blocking(move || {
        let clipboard = window.clipboard();
        clipboard.read_text().map_or(true, |text| text.is_empty()) && clipboard.read_image().is_ok()
    });
    has_image.await.map_err(system)
}

/// Puts text into the clipboard that was copied on the remote machine, where that comes here and the window has the focus; returns
/// whether it did.
#[command]
pub async fn write_clipboard(window: WebviewWindow, engine: EngineState<'_>, text: String) -> Result<bool> {
    if !engine.sessions().clipboard(session_of(&window)?).receives() || !windows::has_focus(&window).map_err(system)? {
        return Ok(false);
    }
    put_into_clipboard(window, text).await?;
    Ok(true)
}

/// Puts a fingerprint into the clipboard, which the user asked for. Nothing else: by this way no machine's text gets there.
#[command]
pub async fn copy_fingerprint(window: WebviewWindow, fingerprint: String) -> Result<()> {
    if !is_fingerprint(&fingerprint) {
        return Err(system("this is no fingerprint"));
    }
    put_into_clipboard(window, fingerprint).await
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

/// The server's bell: rings as the user prefers, and says how, as it is the page that flashes. The taskbar marks a window
/// that does not have the focus.
#[command]
pub async fn ring(window: WebviewWindow, engine: EngineState<'_>) -> Result<Bell> {
    let bell = engine.preferences().get().bell;
    windows::ring(&window, bell).map_err(system)?;
    Ok(bell)
}

/// What a watched part of the screen has come to.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It has changed.
    Changed,
    /// It has not changed for as long as was asked for.
    Still,
    /// The connection is gone, and nothing is watched any more.
    Lost,
}

/// Tells the user outside of this window that what they wanted to be told of has happened; a click there brings it to the front. Says
/// whether the desktop has shown it. The words are the engine's: a page says only which of them.
#[command]
pub async fn tell(
    app: AppHandle,
    window: WebviewWindow,
    engine: EngineState<'_>,
    texts: State<'_, Texts>,
    told: Told,
) -> Result<bool> {
    let session = session_of(&window)?;
    let view = engine.sessions().view(session).ok_or(StoreError::NoSuchHost)?;
    windows::mark(&window).map_err(system)?;
    let body = texts.get(match told {
        Told::Changed => "tell.changed",
        Told::Still => "tell.still",
        Told::Lost => "tell.lost",
    });
    let clicked = match platform::notify(&view.name, body, texts.get("tell.show")).await {
        Ok(clicked) => clicked,
        Err(cause) => {
            tracing::info!(%cause, "the desktop shows no notification");
            return Ok(false);
        }
    };
    tauri::async_runtime::spawn(async move {
        if clicked.await
            && let Err(cause) = windows::show_session(&app, session)
        {
            tracing::warn!(%cause, "a window did not come to the front");
        }
    });
    Ok(true)
}

pub(super) async fn put_into_clipboard(window: WebviewWindow, text: String) -> Result<()> {
    let written = tauri::async_runtime::spawn_blocking(move || window.clipboard().write_text(text).map_err(system));
    written.await.map_err(system)?
}

/// A window's title. It says that the session is recorded: that is to be seen also where the page is not.
fn title(view: &SessionView) -> String {
    match view.recording {
        RecordingView::Running { .. } => format!("● {}", view.name),
        _ => view.name.clone(),
    }
}

fn show_title(window: &WebviewWindow, title: &str) {
    if let Err(cause) = window.set_title(title) {
        tracing::debug!(%cause, "the window has gone");
    }
}

/// Whether it is pairs of hexadecimal digits, at most 64 of them, with something between them.
fn is_fingerprint(text: &str) -> bool {
    text.len() <= 64 * 3
        && text.split([':', '-']).all(|pair| pair.len() == 2 && pair.bytes().all(|c| c.is_ascii_hexdigit()))
}

/// The session's window that a page means: its own, or that of a single screen.
fn showing(window: WebviewWindow, screen: Option<u8>) -> Result<WebviewWindow> {
    let Some(number) = screen else { return Ok(window) };
    let of_screen = windows::screen(window.app_handle(), session_of(&window)?, number);
    of_screen.ok_or_else(|| system("this screen has no window of its own"))
}

pub(super) fn session_of(window: &WebviewWindow) -> Result<SessionId> {
    windows::session_of(window.label()).ok_or(StoreError::NoSuchHost.into())
}

#[cfg(test)]
mod tests {
    use super::is_fingerprint;

    #[test]
    fn a_fingerprint_is_nothing_else() {
        let sha256 = ["a0"; 32].join(":");
        for text in [&sha256, "0f-1e-2d-3c-4b-5a-69-78", "AB"] {
            assert!(is_fingerprint(text), "{text}");
        }
        for text in ["", "rm", "a0:", "a0:b", "a0 b1", &["a0"; 65].join(":"), "a0:rm -rf"] {
            assert!(!is_fingerprint(text), "{text}");
        }
    }
}
