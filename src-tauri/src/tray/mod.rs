//! The tray: favourites, the latest hosts and what is open; two clicks to a machine.

mod menu;

use crate::{
    platform::{MenuLine, TrayClick, TrayIcon},
    windows,
};
use menu::{Entry, Item, Label};
use portlight_engine::{Engine, store::Listening};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tauri::{AppHandle, Manager, async_runtime};
use terminal::Texts;

/// The icon, where there is a tray.
#[derive(Default)]
pub struct Tray(Mutex<Option<Shown>>);

struct Shown {
    icon: TrayIcon,
    /// What its menu has, so that it is made anew only where that changes.
    entries: Vec<Entry>,
}

impl Tray {
    fn shown(&self) -> MutexGuard<'_, Option<Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts the icon into the tray, where there is one.
pub fn show(app: &AppHandle) {
    let texts = app.state::<Texts>();
    let entries = entries(app);
    match TrayIcon::show(app, texts.get("app.name"), &lines(&texts, &entries), clicked) {
        Ok(icon) => *app.state::<Tray>().shown() = Some(Shown { icon, entries }),
        Err(cause) => tracing::info!(cause, "no tray here: closing the last window quits"),
    }
}

/// Whether Portlight has an icon in the tray.
pub fn is_there(app: &AppHandle) -> bool {
    app.state::<Tray>().shown().is_some()
}

/// A tray has come, or has gone. Without one nothing could bring a hidden list back, so it is shown. On the main thread only.
///
/// # Errors
/// What the window system says.
pub fn came_or_went(app: &AppHandle, comes: bool) -> tauri::Result<()> {
    match (comes, is_there(app)) {
        (true, false) => show(app),
        (false, true) => {
            *app.state::<Tray>().shown() = None;
            tracing::info!("the tray has gone");
            windows::leave_background(app)?;
        }
        (true, true) | (false, false) => {}
    }
    Ok(())
}

/// Has the menu be as list, sessions and calls are. On the main thread only.
pub fn follow(app: &AppHandle) {
    let entries = entries(app);
    if let Some(shown) = &mut *app.state::<Tray>().shown()
        && shown.entries != entries
    {
        shown.icon.set_lines(&lines(&app.state::<Texts>(), &entries));
        shown.entries = entries;
    }
}

/// Makes the menu anew in another language. On the main thread only.
pub fn speak_anew(app: &AppHandle) {
    if let Some(shown) = &*app.state::<Tray>().shown() {
        shown.icon.set_lines(&lines(&app.state::<Texts>(), &shown.entries));
    }
}

fn entries(app: &AppHandle) -> Vec<Entry> {
    let engine = app.state::<Arc<Engine>>();
    menu::entries(&engine.hosts().view().hosts, &engine.sessions().all(), engine.reverse().view().listening.on)
}

fn clicked(app: &AppHandle, click: TrayClick) {
    match click {
        TrayClick::Icon => report(windows::show_hosts(app)),
        TrayClick::Line(item) => chosen(app, &item),
    }
}

fn chosen(app: &AppHandle, item: &str) {
    let engine = Arc::clone(&app.state::<Arc<Engine>>());
    match item.parse() {
        Ok(Item::Open) => report(windows::show_hosts(app)),
        Ok(Item::Quick) => report(windows::show_quick(app)),
        Ok(Item::Quit) => report(windows::quit(app)),
        Ok(Item::Calls) => switch_calls(app.clone(), engine),
        Ok(Item::Session(session)) => report(windows::show_session(app, session)),
        Ok(Item::Disconnect(session)) => engine.sessions().close(session),
        Ok(Item::Host(id)) => match engine.hosts().target_of(id) {
            Ok(target) => report(windows::open(app, target)),
            // Removed in the moment between opening the menu and the click.
            Err(error) => tracing::info!(%error, "tray"),
        },
        Ok(set @ Item::Set(_)) => {
            let ids = engine.hosts().set(&set.to_string()).unwrap_or_default();
            windows::open_together(app, engine.hosts().targets_together(&ids));
        }
        Ok(Item::CloseSet(tag)) => {
            let ids = engine.hosts().set(&Item::Set(tag).to_string()).unwrap_or_default();
            report(windows::close_together(app, &ids));
        }
        Err(()) => tracing::warn!(item, "an unknown tray item"),
    }
}

/// Waits for calls from now on, or no longer. Where that cannot be, the list says so.
fn switch_calls(app: AppHandle, engine: Arc<Engine>) {
    async_runtime::spawn(async move {
        let now = engine.reverse().view().listening;
        if let Err(error) = engine.reverse().listen(Listening { on: !now.on, ..now }).await {
            engine.hosts().add_notice(error);
            report(windows::show_hosts(&app));
        }
    });
}

fn report(opened: tauri::Result<()>) {
    if let Err(cause) = opened {
        tracing::error!(%cause, "no window");
    }
}

/// The menu in the language of the windows.
fn lines(texts: &Texts, entries: &[Entry]) -> Vec<MenuLine> {
    let item = |of: &Item, text: &str, on| MenuLine::Item { id: of.to_string(), text: text.to_owned(), on };
    let line = |entry: &Entry| match entry {
        Entry::Title(key) => MenuLine::Title(texts.get(key).to_owned()),
        Entry::Line(of, text) => item(of, text, None),
        Entry::Command(of, key) => item(of, texts.get(key), None),
        Entry::Switch(of, key, on) => item(of, texts.get(key), Some(*on)),
        Entry::Menu(label, below) => {
            let text = match label {
                Label::Text(text) => text,
                Label::Key(key) => texts.get(key),
            };
            MenuLine::Menu { text: text.to_owned(), lines: lines(texts, below) }
        }
        Entry::Separator => MenuLine::Separator,
    };
    entries.iter().map(line).collect()
}
