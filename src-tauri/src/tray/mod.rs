//! The tray: favourites, the latest hosts and what is open; two clicks to a machine.

mod menu;

use crate::{platform, windows};
use menu::{Entry, Item, Label};
use portlight_engine::{Engine, store::Listening};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{
    AppHandle, Manager, Wry, async_runtime,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};
use terminal::Texts;

/// The icon's id.
const ID: &str = "portlight";

/// What the menu has, so that it is made anew only where that changes.
#[derive(Default)]
pub struct Shown(Mutex<Vec<Entry>>);

/// Puts the icon into the tray. False where there is no tray.
///
/// # Errors
/// What the window system says about the menu.
pub fn show(app: &AppHandle) -> tauri::Result<bool> {
    let texts = app.state::<Texts>();
    let icon = TrayIconBuilder::with_id(ID).icon(tauri::include_image!("icons/tray.png"));
    let entries = entries(app);
    let built = platform::in_style(icon)
        .title(texts.get("app.name"))
        .tooltip(texts.get("app.name"))
        .menu(&made(app, &entries)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                report(windows::show_hosts(tray.app_handle()));
            }
        })
        .build(app);
    match built {
        Ok(_) => {
            *app.state::<Shown>().0.lock().unwrap_or_else(PoisonError::into_inner) = entries;
            Ok(true)
        }
        Err(tauri::Error::Tray(cause)) => {
            tracing::info!(%cause, "no tray here: closing the last window quits");
            Ok(false)
        }
        Err(cause) => Err(cause),
    }
}

/// Whether Portlight has an icon in the tray.
pub fn is_there(app: &AppHandle) -> bool {
    app.tray_by_id(ID).is_some()
}

/// A tray has come, or has gone. Without one nothing could bring a hidden list back, so it is shown. On the main thread only.
///
/// # Errors
/// What the window system says.
pub fn came_or_went(app: &AppHandle, is_there: bool) -> tauri::Result<()> {
    match (is_there, app.tray_by_id(ID)) {
        (true, None) => show(app).map(drop),
        (false, Some(_)) => {
            drop(app.remove_tray_by_id(ID));
            tracing::info!("the tray has gone");
            windows::leave_background(app)
        }
        (true, Some(_)) | (false, None) => Ok(()),
    }
}

/// Makes the menu anew, where something else is in it now. On the main thread only.
///
/// # Errors
/// What the window system says.
pub fn follow(app: &AppHandle) -> tauri::Result<()> {
    let Some(tray) = app.tray_by_id(ID) else { return Ok(()) };
    let entries = entries(app);
    let shown = app.state::<Shown>();
    let mut shown = shown.0.lock().unwrap_or_else(PoisonError::into_inner);
    if *shown == entries {
        return Ok(());
    }
    tray.set_menu(Some(made(app, &entries)?))?;
    *shown = entries;
    Ok(())
}

/// Makes the menu anew in another language. On the main thread only.
///
/// # Errors
/// What the window system says.
pub fn speak_anew(app: &AppHandle) -> tauri::Result<()> {
    app.state::<Shown>().0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    follow(app)
}

fn entries(app: &AppHandle) -> Vec<Entry> {
    let engine = app.state::<Arc<Engine>>();
    menu::entries(&engine.hosts().view().hosts, &engine.sessions().all(), engine.reverse().view().listening.on)
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

fn made(app: &AppHandle, entries: &[Entry]) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    for entry in entries {
        menu.append(&*line(app, entry)?)?;
    }
    Ok(menu)
}

fn line(app: &AppHandle, entry: &Entry) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    let texts = app.state::<Texts>();
    // A single & would underline the next letter.
    let plain = |text: &str| text.replace('&', "&&");
    let item = |item: &Item, text: &str| MenuItem::with_id(app, item.to_string(), plain(text), true, None::<&str>);
    Ok(match entry {
        Entry::Title(key) => Box::new(MenuItem::new(app, plain(texts.get(key)), false, None::<&str>)?),
        Entry::Line(of, text) => Box::new(item(of, text)?),
        Entry::Command(of, key) => Box::new(item(of, texts.get(key))?),
        Entry::Switch(of, key, on) => {
            let (id, text) = (of.to_string(), plain(texts.get(key)));
            Box::new(CheckMenuItem::with_id(app, id, text, true, *on, None::<&str>)?)
        }
        Entry::Menu(label, lines) => {
            let text = match label {
                Label::Text(text) => text,
                Label::Key(key) => texts.get(key),
            };
            let menu = Submenu::new(app, plain(text), true)?;
            for entry in lines {
                menu.append(&*line(app, entry)?)?;
            }
            Box::new(menu)
        }
        Entry::Separator => Box::new(PredefinedMenuItem::separator(app)?),
    })
}
