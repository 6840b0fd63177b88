//! The hosts window's commands about other programs' lists, and the list for others. The page names no path: files are chosen in
//! the system's own dialog, or dropped on the window.

use super::EngineState;
use crate::platform::{self, Choice};
use portlight_engine::{
    Imported, Result, Source, SourceView,
    import::{Export, Preview, Site},
};
use tauri::{State, WebviewWindow, command};
use terminal::Texts;

/// The programs that keep a list in the usual place on this computer.
#[command]
pub async fn import_sources(engine: EngineState<'_>) -> Result<Vec<SourceView>> {
    engine.imports().sources().await
}

/// What a program's list would add; adds nothing.
#[command]
pub async fn preview_source(engine: EngineState<'_>, source: Source) -> Result<Preview> {
    engine.imports().preview_source(source).await
}

/// Lets the user choose files, or a folder of them, and says what they would add; none where none was chosen.
#[command]
pub async fn choose_import(
    window: WebviewWindow,
    engine: EngineState<'_>,
    texts: State<'_, Texts>,
    folder: bool,
) -> Result<Option<Preview>> {
    let choice = if folder { Choice::Folder } else { Choice::Files };
    let paths = platform::choose_paths(&window, choice, texts.get("import.choose_title")).await;
    if paths.is_empty() {
        return Ok(None);
    }
    engine.imports().preview_files(paths).await.map(Some)
}

/// The same files as in a preview, with the machines of token files reached through a site, by its WebSocket's address; directly
/// where there is none. Rejects with what is wrong with the address.
#[command]
pub async fn reach_import_through(engine: EngineState<'_>, number: u64, site: String) -> Result<Preview> {
    let site = if site.trim().is_empty() { None } else { Some(Site::parse(&site)?) };
    engine.imports().preview_through(number, site).await
}

/// Adds what was chosen from a preview: all of it or nothing, as one change.
#[command]
pub async fn import_hosts(
    engine: EngineState<'_>,
    number: u64,
    chosen: Vec<usize>,
    passwords: bool,
) -> Result<Imported> {
    engine.imports().import(number, chosen, passwords).await
}

/// Forgets what was read, and its passwords.
#[command]
pub async fn leave_import(engine: EngineState<'_>) -> Result<()> {
    engine.imports().leave();
    Ok(())
}

/// Lets the user choose where to, and writes the list there, without secrets. Says whether a place was chosen.
#[command]
pub async fn export_hosts(
    window: WebviewWindow,
    engine: EngineState<'_>,
    texts: State<'_, Texts>,
    format: Export,
) -> Result<bool> {
    let choice = Choice::Save { name: format.file_name() };
    let paths = platform::choose_paths(&window, choice, texts.get("export.choose_title")).await;
    let Some(path) = paths.into_iter().next() else { return Ok(false) };
    engine.imports().export_to(path, format).await?;
    Ok(true)
}
