//! The hosts window's commands.

use super::{EngineState, short_list::ShortList, system};
use crate::windows;
use portlight_engine::{
    FormError, LeftMachine, RemovedView, Result, Saved, SharedChange, Tested, Walked,
    doctor::StageReport,
    model::{Address, FieldProblem, HostDraft, HostId, HostView, HttpAuthChange, LoginId, PasswordChange, SessionId},
    session::OpenSession,
    store::{Listening, ListeningView, OnClose, Preferences, Reopening, VersionView},
};
use serde::Deserialize;
use std::sync::Arc;
use tauri::{AppHandle, WebviewWindow, async_runtime, command, ipc::Channel};

/// The saved hosts, and what has to be said about the list or the keyring.
#[command]
pub async fn list_hosts(engine: EngineState<'_>) -> Result<ShortList> {
    Ok(engine.hosts().view().into())
}

/// The list is on the screen: now there is time to get ready for what is chosen from it. Before, the page needs the processor itself.
#[command]
pub async fn list_shown(app: AppHandle) {
    windows::prewarm(&app);
}

/// Adds or changes a host and its password. Rejects with the fields that are wrong.
#[command]
pub async fn save_host(engine: EngineState<'_>, draft: HostDraft, change: PasswordChange) -> Result<Saved> {
    engine.hosts().save(draft, change).await
}

/// Changes the HTTP credentials and headers of a host's WebSocket, which lie in the keyring.
#[command]
pub async fn save_http_auth(engine: EngineState<'_>, id: HostId, change: HttpAuthChange) -> Result<()> {
    engine.hosts().save_http_auth(id, change).await
}

/// Adds a copy of a host under another name, with its password.
#[command]
pub async fn duplicate_host(engine: EngineState<'_>, id: HostId, name: String) -> Result<HostView> {
    engine.hosts().duplicate(id, name).await
}

/// Changes several hosts, all or none. Rejects as `save_host` does.
#[command]
pub async fn change_several(engine: EngineState<'_>, ids: Vec<HostId>, change: SharedChange) -> Result<()> {
    engine.hosts().change_several(ids, change).await
}

/// Adds a login that several machines use, or changes one for all of them. Rejects with the fields that are wrong.
#[command]
pub async fn save_login(
    engine: EngineState<'_>,
    id: Option<LoginId>,
    name: String,
    username: String,
    change: PasswordChange,
) -> Result<LoginId> {
    engine.hosts().save_login(id, &name, &username, change).await
}

/// Takes such a login away, with its password: its machines are asked for theirs.
#[command]
pub async fn remove_login(engine: EngineState<'_>, id: LoginId) -> Result<()> {
    engine.hosts().remove_login(id).await
}

/// Takes hosts off the list, all or none; for thirty days they are among the removed ones.
#[command]
pub async fn remove_hosts(engine: EngineState<'_>, ids: Vec<HostId>) -> Result<()> {
    engine.hosts().remove(ids).await
}

/// The removed hosts, the last one first.
#[command]
pub async fn removed_hosts(engine: EngineState<'_>) -> Result<Vec<RemovedView>> {
    Ok(engine.hosts().removed())
}

/// Puts removed hosts back. Rejects with `no_such_host` where it is too late.
#[command]
pub async fn put_back(engine: EngineState<'_>, ids: Vec<HostId>) -> Result<()> {
    engine.hosts().put_back(ids).await
}

/// Forgets removed hosts and their logins now. This cannot be undone.
#[command]
pub async fn remove_for_good(engine: EngineState<'_>, ids: Vec<HostId>) -> Result<()> {
    engine.hosts().remove_for_good(ids).await
}

/// Undoes a step of the list: the one with the number, or the newest one.
#[command]
pub async fn undo(engine: EngineState<'_>, number: Option<u64>) -> Result<Walked> {
    engine.hosts().undo(number).await
}

/// Does again what was undone last.
#[command]
pub async fn redo(engine: EngineState<'_>) -> Result<Walked> {
    engine.hosts().redo().await
}

/// The earlier versions of the list, the newest first, with what going back to each would change.
#[command]
pub async fn versions(engine: EngineState<'_>) -> Result<Vec<VersionView>> {
    engine.hosts().versions().await
}

/// Goes back to an earlier version of the list, as one step.
#[command]
pub async fn go_back(engine: EngineState<'_>, replaced_at: u64) -> Result<()> {
    engine.hosts().go_back(replaced_at).await
}

/// Puts a host at the end of the favourites, or takes it out.
#[command]
pub async fn set_favourite(engine: EngineState<'_>, id: HostId, favourite: bool) -> Result<()> {
    engine.hosts().set_favourite(id, favourite).await
}

/// Puts a host among the favourites, before another one or at the end.
#[command]
pub async fn arrange_favourite(engine: EngineState<'_>, id: HostId, before: Option<HostId>) -> Result<()> {
    engine.hosts().arrange_favourite(id, before).await
}

/// Opens a saved host's viewer window.
#[command]
pub async fn open_host(app: AppHandle, engine: EngineState<'_>, id: HostId) -> Result<()> {
    windows::open(&app, engine.hosts().target_of(id)?).map_err(system)
}

/// Sends a wake packet to a saved host, and opens its viewer window, which waits until the host answers.
#[command]
pub async fn wake_host(app: AppHandle, engine: EngineState<'_>, id: HostId) -> Result<()> {
    windows::open(&app, engine.hosts().wake_target(id)?).map_err(system)
}

/// Opens the viewer windows of saved hosts in turn; each that can be woken up is.
#[command]
pub async fn open_hosts(app: AppHandle, engine: EngineState<'_>, ids: Vec<HostId>) -> Result<()> {
    windows::open_together(&app, engine.hosts().targets_together(&ids));
    Ok(())
}

/// Closes the viewer windows of saved hosts; what is still to be opened together stays closed.
#[command]
pub async fn close_hosts(app: AppHandle, ids: Vec<HostId>) -> Result<()> {
    windows::close_together(&app, &ids).map_err(system)
}

/// Whether Portlight listens for reverse connections, where, and at which addresses of this machine.
#[command]
pub async fn listening(engine: EngineState<'_>) -> Result<ListeningView> {
    Ok(engine.reverse().view())
}

/// Starts or stops listening for reverse connections.
#[command]
pub async fn listen(engine: EngineState<'_>, listening: Listening) -> Result<()> {
    engine.reverse().listen(listening).await
}

/// Opens the viewer window of a host's name or of an address that is not saved.
#[command]
pub async fn open_address(app: AppHandle, engine: EngineState<'_>, text: String) -> Result<()> {
    windows::open(&app, engine.hosts().target(&text, false)?).map_err(system)
}

/// The canonical form of an address. Rejects with what is wrong with it.
#[command]
pub async fn read_address(text: String) -> Result<String> {
    let address = Address::parse(&text);
    address
        .map(|address| address.to_string())
        .map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Address(problem)] }.into())
}

/// Whether a form could be saved as it is. Rejects with what is wrong with its fields.
#[command]
pub async fn check_host(engine: EngineState<'_>, draft: HostDraft) -> Result<()> {
    engine.hosts().check(&draft)
}

/// Whether a login for a website could be saved as it is typed. Rejects with what is wrong with it.
#[command]
pub async fn check_http_auth(change: HttpAuthChange) -> Result<()> {
    portlight_engine::check_http_auth(&change)
}

/// Examines the way to the host of a form, up to where a login is wanted, or further with its password; saves nothing. Each
/// stage goes to `channel` when it is over.
#[command]
pub async fn test_connection(
    engine: EngineState<'_>,
    draft: HostDraft,
    change: PasswordChange,
    channel: Channel<StageReport>,
) -> Result<Tested> {
    // A page that was closed meanwhile hears nothing.
    engine.test_connection(draft, change, move |stage| drop(channel.send(stage.clone()))).await
}

/// What closing the hosts window does.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Hides it; Portlight stays in the tray.
    Tray,
    /// Ends Portlight.
    Quit,
    /// Closes it, with what was typed into its form.
    Discard,
}

/// The answer to the wish to close with a form that is not saved; or to the `closing` event, which is asked for once: does it, now and
/// from now on.
#[command]
pub async fn choose_closing(
    app: AppHandle,
    window: WebviewWindow,
    engine: EngineState<'_>,
    choice: Closing,
) -> Result<()> {
    let on_close = match choice {
        Closing::Tray => Some(OnClose::Tray),
        Closing::Quit => Some(OnClose::Quit),
        Closing::Discard => None,
    };
    if let Some(on_close) = on_close {
        engine.set_preferences(Preferences { on_close, ..engine.preferences().get() }).await?;
    }
    match choice {
        Closing::Tray => window.hide().map_err(system),
        Closing::Quit => windows::quit(&app).map_err(system),
        Closing::Discard => {
            windows::set_unsaved(&app, false);
            window.close().map_err(system)
        }
    }
}

/// Whether the window's form has what is not saved: nothing closes over it without asking.
#[command]
pub async fn set_unsaved(app: AppHandle, unsaved: bool) -> Result<()> {
    windows::set_unsaved(&app, unsaved);
    Ok(())
}

/// What this window is wanted for, oldest first; each is told once. Asked for at the start and with each event.
#[command]
pub async fn wishes(app: AppHandle) -> Result<Vec<windows::Wish>> {
    Ok(windows::take_wishes(&app))
}

/// A step on the way to Portlight's end.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quitting {
    /// The user wants to quit: where sessions are open, they are asked about it first.
    Ask,
    /// They have thought better of it.
    Stay,
    /// Also with open sessions.
    Quit,
}

/// Ends Portlight, or asks whether to.
#[command]
pub async fn quit(app: AppHandle, choice: Quitting) -> Result<()> {
    match choice {
        Quitting::Ask => return windows::quit(&app).map_err(system),
        Quitting::Stay => windows::stay(&app),
        Quitting::Quit => app.exit(0),
    }
    Ok(())
}

/// The machines that were open when Portlight ended, where the user is to be asked about them; where they are to be opened without a
/// question, they are.
#[command]
pub async fn left_open(app: AppHandle, engine: EngineState<'_>) -> Result<Vec<LeftMachine>> {
    let left = engine.left_open();
    match engine.preferences().get().reopening {
        Reopening::Ask => return Ok(left),
        Reopening::Always => windows::open_together(&app, engine.reopened(&(0..left.len()).collect::<Vec<_>>())),
        Reopening::Never => {}
    }
    Ok(Vec::new())
}

/// The answer to that: opens those at these places, in turn. With `always` it is the same at each start from now on.
#[command]
pub async fn reopen(app: AppHandle, engine: EngineState<'_>, places: Vec<usize>, always: bool) -> Result<()> {
    let targets = engine.reopened(&places);
    let reopening = if places.is_empty() { Reopening::Never } else { Reopening::Always };
    windows::open_together(&app, targets);
    if always {
        engine.set_preferences(Preferences { reopening, ..engine.preferences().get() }).await?;
    }
    // What is not opened is forgotten on the disk, too.
    let engine = Arc::clone(&engine);
    async_runtime::spawn_blocking(move || engine.note_open()).await.map_err(system)
}

/// The sessions whose windows are open. With `pictures`, each is asked for a new small one, which the next call brings.
#[command]
pub async fn open_sessions(engine: EngineState<'_>, pictures: bool) -> Result<Vec<OpenSession>> {
    Ok(match pictures {
        true => engine.sessions().overview(),
        false => engine.sessions().all(),
    })
}

/// Brings a session's window to the front.
#[command]
pub async fn show_session(app: AppHandle, session: SessionId) -> Result<()> {
    windows::show_session(&app, session).map_err(system)
}
