//! The window with the list of hosts, and what it is wanted for.

use super::page::{self, HOSTS, HOSTS_PAGE};
use portlight_engine::{Engine, import::Preview, model::HostId};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tauri::{AppHandle, Emitter, Manager};
use terminal::Texts;

/// A wish for the hosts window was added; its page takes the wishes then.
const WISHES: &str = "wishes";

/// What the hosts window is wanted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// To edit this host.
    Edit {
        /// Which.
        host: HostId,
        /// The address to begin with, where it is not its own.
        address: Option<String>,
    },
    /// To show the form of a new host.
    New,
    /// To show what is in files that were opened, to be added.
    Import {
        /// What is in them.
        preview: Preview,
    },
    /// To show all open sessions.
    Sessions,
    /// To show what the user prefers.
    Settings,
    /// To show the help.
    Help,
    /// To ask whether to quit, with sessions that are open or a form that is not saved.
    Quit {
        /// How many sessions.
        sessions: usize,
    },
    /// To ask whether to close, with a form that is not saved.
    Close,
}

/// What the page has not taken yet: it may still be loading.
#[derive(Default)]
pub struct Wishes(Mutex<Open>);

#[derive(Default)]
struct Open {
    wishes: Vec<Wish>,
    /// Whether to quit was asked, and not answered.
    asked_to_quit: bool,
    /// The same of closing the window.
    asked_to_close: bool,
    /// Its form has what is not saved.
    unsaved: bool,
    /// Its page is to be loaded again when that is not so any more.
    reload_waits: bool,
}

impl Wishes {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows the hosts window in front of all others; makes it where there is none.
///
/// # Errors
/// What the window system says.
pub fn show(app: &AppHandle) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(HOSTS) {
        return page::to_front(&window);
    }
    let title = app.state::<Texts>().get("app.name").to_owned();
    page::build(app, HOSTS, &HOSTS_PAGE, &title, true, None).map(drop)
}

/// Loads its page again, which speaks another language then, and shows what the user prefers, where that was changed. Where its form
/// has what is not saved, once that is saved or not wanted any more.
///
/// # Errors
/// What the window system says.
pub fn reload(app: &AppHandle) -> tauri::Result<()> {
    let Some(window) = app.get_webview_window(HOSTS) else { return Ok(()) };
    {
        let wishes = app.state::<Wishes>();
        let mut open = wishes.lock();
        open.reload_waits = open.unsaved;
        if open.unsaved {
            return Ok(());
        }
        open.wishes.push(Wish::Settings);
    }
    page::load(&window)
}

/// Closes the hosts window, as its user does at its frame.
///
/// # Errors
/// What the window system says.
pub fn close(app: &AppHandle) -> tauri::Result<()> {
    app.get_webview_window(HOSTS).map_or(Ok(()), |window| window.close())
}

/// Shows the hosts window where it is hidden.
///
/// # Errors
/// What the window system says.
pub fn show_hidden(app: &AppHandle) -> tauri::Result<()> {
    match app.get_webview_window(HOSTS) {
        Some(window) if !window.is_visible()? => show(app),
        _ => Ok(()),
    }
}

/// Shows the hosts window, and has its page do something.
///
/// # Errors
/// What the window system says.
pub fn want(app: &AppHandle, wish: Wish) -> tauri::Result<()> {
    app.state::<Wishes>().lock().wishes.push(wish);
    show(app)?;
    app.emit_to(HOSTS, WISHES, ())
}

/// What the page has not been told yet.
pub fn take_wishes(app: &AppHandle) -> Vec<Wish> {
    std::mem::take(&mut app.state::<Wishes>().lock().wishes)
}

/// Ends Portlight. Where sessions are open, or the form has what is not saved, the user is asked first, once: who wants to quit
/// again before that is answered is not kept, as the page may not be able to ask.
///
/// # Errors
/// What the window system says.
pub fn quit(app: &AppHandle) -> tauri::Result<()> {
    let sessions = app.state::<Arc<Engine>>().sessions().running();
    let asks = {
        let wishes = app.state::<Wishes>();
        let mut open = wishes.lock();
        (sessions > 0 || open.unsaved) && !std::mem::replace(&mut open.asked_to_quit, true)
    };
    if asks {
        return want(app, Wish::Quit { sessions });
    }
    app.exit(0);
    Ok(())
}

/// The user does not quit after all.
pub fn stay(app: &AppHandle) {
    app.state::<Wishes>().lock().asked_to_quit = false;
}

/// Whether the form of the hosts window has what is not saved.
pub fn set_unsaved(app: &AppHandle, unsaved: bool) {
    let waits = {
        let wishes = app.state::<Wishes>();
        let mut open = wishes.lock();
        (open.unsaved, open.asked_to_close) = (unsaved, false);
        !unsaved && std::mem::take(&mut open.reload_waits)
    };
    if waits
        && let Some(window) = app.get_webview_window(HOSTS)
        && let Err(cause) = page::load(&window)
    {
        tracing::warn!(%cause, "the list keeps its language");
    }
}

/// Asks before the hosts window goes with what is not saved: once, as in [`quit`]. False where there is nothing to ask.
///
/// # Errors
/// What the window system says.
pub fn ask_before_closing(app: &AppHandle) -> tauri::Result<bool> {
    let asks = {
        let wishes = app.state::<Wishes>();
        let mut open = wishes.lock();
        open.unsaved && !std::mem::replace(&mut open.asked_to_close, true)
    };
    if asks {
        want(app, Wish::Close)?;
    }
    Ok(asks)
}
