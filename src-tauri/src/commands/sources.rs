//! The hosts window's commands about lists that others keep. The page names no path: files are chosen in the system's own dialog.

use super::EngineState;
use crate::platform::{self, Choice};
use portlight_engine::{
    HostSourceView, Result,
    model::{HttpAuthChange, SourceId},
};
use tauri::{State, WebviewWindow, command};
use terminal::Texts;

/// The sources, in the order in which they were added.
#[command]
pub async fn sources(engine: EngineState<'_>) -> Result<Vec<HostSourceView>> {
    Ok(engine.sources().view())
}

/// Lets the user choose files, or a folder of them, and adds each; says whether any was chosen.
#[command]
pub async fn add_path_source(
    window: WebviewWindow,
    engine: EngineState<'_>,
    texts: State<'_, Texts>,
    folder: bool,
) -> Result<bool> {
    let choice = if folder { Choice::Folder } else { Choice::Files };
    let paths = platform::choose_paths(&window, choice, texts.get("sources.choose_title")).await;
    let is_chosen = !paths.is_empty();
    for path in paths {
        engine.sources().add_path(path).await?;
    }
    Ok(is_chosen)
}

/// Adds a command that the user has typed. Rejects with the fields that are wrong.
#[command]
pub async fn add_command_source(engine: EngineState<'_>, name: String, line: String) -> Result<()> {
    engine.sources().add_command(&name, &line).await
}

/// Adds a list on a web server, with the login for it where there is one; `readable` says that it may come by `http://`. Rejects
/// with the fields that are wrong.
#[command]
pub async fn add_url_source(
    engine: EngineState<'_>,
    name: String,
    url: String,
    readable: bool,
    login: Option<HttpAuthChange>,
) -> Result<()> {
    engine.sources().add_url(&name, &url, readable, login).await
}

/// Gives a source another name, interval or login. Rejects with the fields that are wrong.
#[command]
pub async fn edit_source(
    engine: EngineState<'_>,
    id: SourceId,
    name: String,
    every_minutes: u32,
    login: Option<HttpAuthChange>,
) -> Result<()> {
    engine.sources().edit(id, &name, every_minutes, login).await
}

/// Accepts the certificate with this SHA-256 that the source's web server has shown.
#[command]
pub async fn trust_source(engine: EngineState<'_>, id: SourceId, fingerprint: String) -> Result<()> {
    engine.sources().trust(id, &fingerprint).await
}

/// Leaves a source alone, or reads it again.
#[command]
pub async fn pause_source(engine: EngineState<'_>, id: SourceId, paused: bool) -> Result<()> {
    engine.sources().pause(id, paused).await
}

/// Takes a source away, and its machines off the list.
#[command]
pub async fn remove_source(engine: EngineState<'_>, id: SourceId) -> Result<()> {
    engine.sources().remove(id).await
}

/// Reads a source now.
#[command]
pub async fn refresh_source(engine: EngineState<'_>, id: SourceId) -> Result<()> {
    engine.sources().refresh(id);
    Ok(())
}
