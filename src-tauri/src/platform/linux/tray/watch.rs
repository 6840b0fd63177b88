//! Whether there is a tray: a watcher of the
//! [status notifier specification](https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/) on the session bus.

use futures_util::StreamExt;
use tauri::async_runtime;
use zbus::{
    Connection, Proxy,
    fdo::DBusProxy,
    proxy::{self, CacheProperties},
};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Tells each time that a tray has come or gone, and at first whether there is one. Without a session bus there is none.
pub fn watch_trays(changed: impl Fn(bool) + Send + Sync + 'static) {
    async_runtime::spawn(async move {
        if let Err(cause) = watch(&changed).await {
            tracing::info!(%cause, "trays are not followed");
        }
    });
}

async fn watch(changed: &(impl Fn(bool) + Send + Sync)) -> zbus::Result<()> {
    let connection = Connection::session().await?;
    let bus = DBusProxy::new(&connection).await?;
    let mut owners = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    // A watcher without a host shows nothing yet; with the host it does.
    let watcher = watcher(&connection).await?;
    let mut hosts = watcher.receive_signal("StatusNotifierHostRegistered").await?;
    // A panel that ends leaves a watcher that is not its own.
    let mut hosts_gone = watcher.receive_signal("StatusNotifierHostUnregistered").await?;
    changed(bus.name_has_owner(WATCHER.try_into()?).await?);
    loop {
        tokio::select! {
            Some(change) = owners.next() => {
                let is_there = change.args()?.new_owner.is_some();
                // One that another has replaced in the same moment does not know our icon.
                if is_there {
                    changed(false);
                }
                changed(is_there);
            }
            Some(_) = hosts.next() => changed(true),
            Some(_) = hosts_gone.next() => {
                // Another panel may still be there.
                if !is_shown(&watcher).await.unwrap_or(false) {
                    changed(false);
                }
            }
            else => return Ok(()),
        }
    }
}

/// The watcher on this bus, with what it says now.
pub(super) async fn watcher(connection: &Connection) -> zbus::Result<Proxy<'_>> {
    proxy::Builder::new(connection)
        .destination(WATCHER)?
        .path("/StatusNotifierWatcher")?
        .interface(WATCHER)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

/// Whether a panel shows what the watcher knows.
pub(super) async fn is_shown(watcher: &Proxy<'_>) -> zbus::Result<bool> {
    watcher.get_property("IsStatusNotifierHostRegistered").await
}
