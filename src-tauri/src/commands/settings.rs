//! What the user prefers, and what there is to know about this Portlight.

use super::{EngineState, session::put_into_clipboard, system};
use crate::{
    hotkey,
    platform::{self, Choice},
    tray, windows,
};
use portlight_engine::{
    Engine, Result,
    model::HotkeyState,
    store::{Preferences, PreferencesPreview},
};
use serde::Serialize;
use std::fmt::Write;
use tauri::{AppHandle, State, WebviewWindow, command};
use terminal::Texts;

/// How the web view draws, and why.
pub struct Drawing(pub String);

/// What the user prefers for all machines.
#[command]
pub async fn preferences(engine: EngineState<'_>) -> Result<Preferences> {
    Ok(engine.preferences().get())
}

/// Prefers this from now on.
#[command]
pub async fn set_preferences(engine: EngineState<'_>, preferences: Preferences) -> Result<()> {
    engine.set_preferences(preferences).await
}

/// Prefers what Portlight prefers by itself; says what that is.
#[command]
pub async fn reset_preferences(engine: EngineState<'_>) -> Result<Preferences> {
    let reset = engine.preferences().get().reset();
    engine.set_preferences(reset.clone()).await?;
    Ok(reset)
}

/// Whether Portlight starts with the desktop; null where that cannot be had.
#[command]
pub async fn autostart() -> Result<Option<bool>> {
    Ok(platform::starts_with_desktop())
}

/// Starts with the desktop, or no longer; says what is so then.
#[command]
pub async fn set_autostart(on: bool) -> Result<Option<bool>> {
    platform::start_with_desktop(on).map_err(system)?;
    Ok(platform::starts_with_desktop())
}

/// What has become of the hotkey that is preferred.
#[command]
pub async fn hotkey(app: AppHandle) -> Result<HotkeyState> {
    Ok(hotkey::state(&app).await)
}

/// Lets the user choose where to, and writes there what they prefer. Says whether a place was chosen.
#[command]
pub async fn export_preferences(
    window: WebviewWindow,
    engine: EngineState<'_>,
    texts: State<'_, Texts>,
) -> Result<bool> {
    let choice = Choice::Save { name: "portlight-settings.json" };
    let paths = platform::choose_paths(&window, choice, texts.get("export.choose_title")).await;
    let Some(path) = paths.into_iter().next() else { return Ok(false) };
    engine.export_preferences(path).await?;
    Ok(true)
}

/// Lets the user choose a file of settings, and says what it would change; none where none was chosen.
#[command]
pub async fn preview_preferences(
    window: WebviewWindow,
    engine: EngineState<'_>,
    texts: State<'_, Texts>,
) -> Result<Option<PreferencesPreview>> {
    let paths = platform::choose_paths(&window, Choice::File, texts.get("settings.import_title")).await;
    let Some(path) = paths.into_iter().next() else { return Ok(None) };
    engine.preview_preferences(&path).await.map(Some)
}

/// Prefers what was imported, and keeps what was preferred before.
#[command]
pub async fn import_preferences(engine: EngineState<'_>, preferences: Preferences) -> Result<()> {
    engine.import_preferences(preferences).await
}

/// Whether what was preferred before an import is kept.
#[command]
pub async fn has_former_preferences(engine: EngineState<'_>) -> Result<bool> {
    Ok(engine.preferences().former().is_some())
}

/// Prefers again what was preferred before the last import; says what that is.
#[command]
pub async fn put_back_preferences(engine: EngineState<'_>) -> Result<Preferences> {
    engine.preferences().put_back().await?;
    Ok(engine.preferences().get())
}

/// Closes the hosts window, as at its frame.
#[command]
pub async fn close_list(app: AppHandle) -> Result<()> {
    windows::close_hosts(&app).map_err(system)
}

/// What Portlight is and what it runs on; ui/src/ipc/about.ts has the same.
#[derive(Debug, Serialize)]
pub struct About {
    version: &'static str,
    /// The system and its desktop.
    system: String,
    /// How the web view draws, and why.
    renderer: String,
    /// The web view's version.
    webview: String,
    /// Whether there is a keyring, as far as is known.
    keyring: bool,
    /// Whether there is an icon in the tray.
    tray: bool,
}

/// What Portlight is and what it runs on.
#[command]
pub async fn about(app: AppHandle, engine: EngineState<'_>, drawing: State<'_, Drawing>) -> Result<About> {
    Ok(About {
        version: env!("CARGO_PKG_VERSION"),
        system: platform::describe(),
        renderer: drawing.0.clone(),
        webview: tauri::webview_version().unwrap_or_else(|cause| cause.to_string()),
        keyring: engine.keyring_absence().is_none(),
        tray: tray::is_there(&app),
    })
}

/// What there is to tell others about this Portlight; with the machines' names only where the user has said so.
#[command]
pub async fn report(
    app: AppHandle,
    engine: EngineState<'_>,
    drawing: State<'_, Drawing>,
    names: bool,
) -> Result<String> {
    let sessions = sessions(&engine, names);
    Ok(about(app, engine, drawing).await?.report(&sessions))
}

/// Puts [`report`] into the clipboard.
#[command]
pub async fn copy_about(
    app: AppHandle,
    window: WebviewWindow,
    engine: EngineState<'_>,
    drawing: State<'_, Drawing>,
    names: bool,
) -> Result<()> {
    put_into_clipboard(window, report(app, engine, drawing, names).await?).await
}

/// How each open session went.
fn sessions(engine: &Engine, names: bool) -> Vec<(Option<String>, String)> {
    let open = engine.sessions().all().into_iter();
    open.map(|session| (names.then_some(session.name), engine.sessions().report(session.id))).collect()
}

impl About {
    /// In English, as it is for those who are asked for help.
    fn report(&self, sessions: &[(Option<String>, String)]) -> String {
        let Self { version, system, renderer, webview, keyring, tray } = self;
        let there = |is_there: &bool| if *is_there { "there" } else { "missing" };
        let mut text = format!(
            "Portlight {version}\nsystem: {system}\nrenderer: {renderer}\nweb view: {webview}\nkeyring: {}\ntray: {}\n",
            there(keyring),
            there(tray),
        );
        for (name, report) in sessions {
            // Writing into a string cannot fail.
            let _ = write!(
                text,
                "\nsession{}\n{report}",
                name.as_deref().map(|name| format!(": {name}")).unwrap_or_default()
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_names_only_where_they_are_wanted() {
        let about = About {
            version: "1.2.3",
            system: "Debian GNU/Linux 12, x11".into(),
            renderer: "plain (no GPU)".into(),
            webview: "2.44".into(),
            keyring: true,
            tray: false,
        };
        let report = about.report(&[(None, "end: timed_out\n".into()), (Some("Studio".into()), "end: none\n".into())]);
        assert_eq!(
            report,
            "Portlight 1.2.3\nsystem: Debian GNU/Linux 12, x11\nrenderer: plain (no GPU)\nweb view: 2.44\nkeyring: there\n\
             tray: missing\n\nsession\nend: timed_out\n\nsession: Studio\nend: none\n"
        );
    }
}
