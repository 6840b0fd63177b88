//! The icon in the tray and its menu, as D-Bus objects: an item of the
//! [status notifier specification](https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/). Tauri's own icon has pixels
//! only; one that has a name is drawn by the panel in its own colour.
//!
//! ```text
//! watch             whether there is a tray
//! TrayIcon ─┬▶ item ─▶ look     the icon
//!           └▶ menu ─▶ lines    its menu
//! ```

mod item;
mod lines;
mod look;
mod menu;
mod watch;

pub use watch::watch_trays;

use super::super::{MenuLine, TrayClick};
use item::Item;
use lines::Lines;
use menu::Menu;
use std::{
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tauri::{AppHandle, async_runtime};
use tokio::time::timeout;
use zbus::{Connection, connection, object_server::SignalEmitter};

/// Where watchers look for an item of whom they know the name only.
const ITEM: &str = "/StatusNotifierItem";
const MENU: &str = "/StatusNotifierItem/Menu";
/// For a watcher to answer: the main thread waits for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What does something about a click.
type Clicked = Arc<dyn Fn(TrayClick) + Send + Sync>;

/// The icon; dropped, it goes.
pub struct TrayIcon {
    connection: Connection,
    lines: Arc<Mutex<Lines>>,
}

impl TrayIcon {
    /// Puts an icon called `name` into the tray. `clicked` is called on the main thread.
    ///
    /// # Errors
    /// Why there is none: a line for the log.
    pub fn show(
        app: &AppHandle,
        name: &str,
        lines: &[MenuLine],
        clicked: fn(&AppHandle, TrayClick),
    ) -> Result<Self, String> {
        let app = app.clone();
        let clicked = move |click| {
            let handle = app.clone();
            if let Err(cause) = app.run_on_main_thread(move || clicked(&handle, click)) {
                tracing::debug!(%cause, "Portlight ends");
            }
        };
        let shown = register(name, lines, Arc::new(clicked));
        let shown = async_runtime::block_on(async { timeout(TIMEOUT, shown).await });
        shown.map_err(|_| "the tray does not answer".to_owned())?.map_err(|cause| cause.to_string())
    }

    /// Replaces the menu's lines. A click on a line of the old ones still does what that said.
    pub fn set_lines(&self, lines: &[MenuLine]) {
        let revision = self.lines.lock().unwrap_or_else(PoisonError::into_inner).replace(lines);
        let connection = self.connection.clone();
        async_runtime::spawn(async move {
            let told = async { Menu::layout_updated(&SignalEmitter::new(&connection, MENU)?, revision, 0).await };
            if let Err(cause) = told.await {
                tracing::info!(%cause, "the tray's menu");
            }
        });
    }
}

impl Drop for TrayIcon {
    fn drop(&mut self) {
        let connection = self.connection.clone();
        async_runtime::spawn(connection.close());
    }
}

async fn register(name: &str, lines: &[MenuLine], clicked: Clicked) -> zbus::Result<TrayIcon> {
    let lines = Arc::new(Mutex::new(Lines::of(lines)));
    let connection = connection::Builder::session()?
        .serve_at(ITEM, Item::new(name, Arc::clone(&clicked)))?
        .serve_at(MENU, Menu::new(Arc::clone(&lines), clicked))?
        .build()
        .await?;
    let watcher = watch::watcher(&connection).await?;
    watcher.call::<_, _, ()>("RegisterStatusNotifierItem", &own_name(&connection).await).await?;
    if !watch::is_shown(&watcher).await? {
        return Err(zbus::Error::Failure("no panel shows the tray".to_owned()));
    }
    Ok(TrayIcon { connection, lines })
}

/// The name that the specification asks for; the connection's own where a sandbox keeps that one from us.
async fn own_name(connection: &Connection) -> String {
    static ICONS: AtomicU32 = AtomicU32::new(1);
    let name = format!("org.kde.StatusNotifierItem-{}-{}", process::id(), ICONS.fetch_add(1, Ordering::Relaxed));
    match connection.request_name(name.as_str()).await {
        Ok(()) => name,
        Err(cause) => {
            tracing::info!(%cause, "the tray's icon has no name of its own");
            connection.unique_name().map(ToString::to_string).unwrap_or_default()
        }
    }
}
