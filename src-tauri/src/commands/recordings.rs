//! Pictures and recordings of a session. A page gives a picture, or says where a recording begins; it never names a path, and
//! sees none that it could open.

use super::{EngineState, session::session_of, system};
use crate::{
    platform::{self, Choice},
    windows,
};
use portlight_engine::{
    RecordingError, Result,
    recording::{MAX_PICTURE, PlaybackWish, Recording, is_picture},
};
use std::path::PathBuf;
use tauri::{
    AppHandle, State, WebviewWindow, command,
    image::Image,
    ipc::{InvokeBody, Request, Response},
};
use tauri_plugin_clipboard_manager::ClipboardExt;
use terminal::Texts;

/// Lets the user choose a recording in the system's dialog, and shows it. Says whether one was chosen.
#[command]
pub async fn choose_recording(app: AppHandle, window: WebviewWindow, texts: State<'_, Texts>) -> Result<bool> {
    let paths = platform::choose_paths(&window, Choice::Files, texts.get("player.choose_title")).await;
    let Some(path) = paths.into_iter().next() else { return Ok(false) };
    let opened = tauri::async_runtime::spawn_blocking(move || Recording::open(&path)).await.map_err(system)??;
    windows::open_recording(&app, opened).map_err(system)?;
    Ok(true)
}

/// Writes a picture of the screen, a PNG file, into the user's folder for pictures. Returns where it lies.
#[command]
pub async fn save_screenshot(window: WebviewWindow, engine: EngineState<'_>, request: Request<'_>) -> Result<PathBuf> {
    let (png, ahead) = sent(&request, MAX_PICTURE).ok_or(RecordingError::NoPicture)?;
    engine.sessions().save_screenshot(session_of(&window)?, png.to_vec(), ahead).await
}

/// Puts a picture of the screen into the clipboard, for a window that has the focus. Says whether it did.
#[command]
pub async fn copy_screenshot(window: WebviewWindow, request: Request<'_>) -> Result<bool> {
    session_of(&window)?;
    let (png, _) = sent(&request, MAX_PICTURE).ok_or(RecordingError::NoPicture)?;
    // Before it is unpacked: a small file may become a large picture.
    if !is_picture(png) {
        return Err(RecordingError::NoPicture.into());
    }
    if !window.is_focused().map_err(system)? {
        return Ok(false);
    }
    let png = png.to_vec();
    let copied = tauri::async_runtime::spawn_blocking(move || {
        let picture = Image::from_bytes(&png).map_err(|_| RecordingError::NoPicture)?;
        window.clipboard().write_image(&picture).map_err(system)
    });
    copied.await.map_err(system)??;
    Ok(true)
}

/// Gets ready to record. Returns how many bytes this page was sent: the recording begins with the first message of the server's
/// that ends there or later, where the page says so with `begin_recording`.
#[command]
pub async fn prepare_recording(window: WebviewWindow, engine: EngineState<'_>) -> Result<u64> {
    Ok(engine.sessions().prepare_recording(session_of(&window)?)?)
}

/// Records into a new file in the user's folder for videos.
#[command]
pub async fn begin_recording(window: WebviewWindow, engine: EngineState<'_>, request: Request<'_>) -> Result<()> {
    let (beginning, ahead) = sent(&request, MAX_BEGINNING).ok_or(RecordingError::RecordingNotBegun)?;
    engine.sessions().begin_recording(session_of(&window)?, beginning, ahead).await
}

/// Ends the recording.
#[command]
pub async fn stop_recording(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    engine.sessions().stop_recording(session_of(&window)?);
    Ok(())
}

/// Gets ready to keep this session's last minutes from another place on. Returns how many bytes this page was sent: it may be seen
/// again from the first message of the server's that ends there or later, where the page says so with `begin_rewind`.
#[command]
pub async fn prepare_rewind(window: WebviewWindow, engine: EngineState<'_>) -> Result<u64> {
    Ok(engine.sessions().prepare_rewind(session_of(&window)?)?)
}

/// The last minutes can be seen again from there on.
#[command]
pub async fn begin_rewind(window: WebviewWindow, engine: EngineState<'_>, request: Request<'_>) -> Result<()> {
    let (beginning, _) = sent(&request, MAX_BEGINNING).ok_or(RecordingError::RecordingNotBegun)?;
    Ok(engine.sessions().begin_rewind(session_of(&window)?, beginning)?)
}

/// Shows the last minutes of this session in a window of their own.
#[command]
pub async fn rewind(app: AppHandle, window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    let session = session_of(&window)?;
    let minutes = engine.sessions().last_minutes(session)?;
    windows::open_last_minutes(&app, session, minutes).map_err(system)
}

/// Writes what this window shows of another session's last minutes, between two times in milliseconds from their beginning, as a
/// recording into the user's folder for videos. Returns where it lies.
#[command]
pub async fn save_film(
    window: WebviewWindow,
    engine: EngineState<'_>,
    from: u32,
    to: u32,
    ahead: i32,
) -> Result<PathBuf> {
    engine.sessions().save_film(session_of(&window)?, from, to, ahead).await
}

/// Brings the window of the session whose last minutes this one shows to the front, and closes this one.
#[command]
pub async fn back_to_live(app: AppHandle, window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    let session = session_of(&window)?;
    let playback = engine.sessions().view(session).and_then(|view| view.playback);
    if !playback.is_some_and(|playback| playback.rewound) {
        return Ok(());
    }
    // Its window may be closed by now.
    if let Some(live) = engine.sessions().rewound(session) {
        windows::show_session(&app, live).map_err(system)?;
    }
    window.destroy().map_err(system)
}

/// Shows the file that this session has saved last in the desktop's file manager.
#[command]
pub async fn show_saved(window: WebviewWindow, engine: EngineState<'_>) -> Result<()> {
    match engine.sessions().saved(session_of(&window)?) {
        Some(path) => platform::show_in_folder(&path).await.map_err(system),
        None => Ok(()),
    }
}

/// For the recording that this window plays: the last bytes of each zlib stream before its first message.
#[command]
pub async fn playback_windows(window: WebviewWindow, engine: EngineState<'_>) -> Result<Response> {
    Ok(Response::new(engine.sessions().playback_windows(session_of(&window)?)))
}

/// Plays this window's recording as the user wishes.
#[command]
pub async fn play(window: WebviewWindow, engine: EngineState<'_>, wish: PlaybackWish) -> Result<()> {
    engine.sessions().play(session_of(&window)?, wish);
    Ok(())
}

/// What a page has sent as bytes, and how far its clock is ahead of UTC, in minutes; none where it has sent anything else.
fn sent<'a>(request: &'a Request<'_>, most: usize) -> Option<(&'a [u8], i32)> {
    let InvokeBody::Raw(bytes) = request.body() else { return None };
    let ahead = request.headers().get("ahead").and_then(|ahead| ahead.to_str().ok()?.parse().ok());
    (bytes.len() <= most).then(|| (bytes.as_slice(), ahead.unwrap_or_default()))
}

/// Bytes that say where a recording begins: six windows of 32 KiB, and some numbers.
const MAX_BEGINNING: usize = 256 * 1024;
