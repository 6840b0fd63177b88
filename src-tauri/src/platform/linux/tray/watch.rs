//! Whether there is a tray: a watcher of the
//! [status notifier specification](https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/) on the session bus.

use futures_util::StreamExt;
use tauri::async_runtime;
use zbus::{
    Connection, MatchRule, MessageStream, Proxy,
    fdo::DBusProxy,
    message::Type,
    proxy::{self, CacheProperties},
};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// How the names of panels begin.
const HOST: &str = "org.kde.StatusNotifierHost-";
/// KDE's daemon, by its versions.
const KDED: [&str; 2] = ["org.kde.kded5", "org.kde.kded6"];

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
    // Of the names that a watcher and panels have, and no others.
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender("org.freedesktop.DBus")?
        .interface("org.freedesktop.DBus")?
        .member("NameOwnerChanged")?
        .arg0ns("org.kde")?
        .build();
    let mut owners = MessageStream::for_match_rule(rule, &connection, None).await?;
    // A watcher without a host shows nothing yet; with the host it does.
    let watcher = watcher(&connection).await?;
    let mut hosts = watcher.receive_signal("StatusNotifierHostRegistered").await?;
    // A panel that ends leaves a watcher that is not its own.
    let mut hosts_gone = watcher.receive_signal("StatusNotifierHostUnregistered").await?;
    changed(bus.name_has_owner(WATCHER.try_into()?).await?);
    loop {
        tokio::select! {
            Some(change) = owners.next() => {
                let change = change?;
                let (name, _, new): (String, String, String) = change.body().deserialize()?;
                let is_there = !new.is_empty();
                if name == WATCHER {
                    // One that another has replaced in the same moment does not know our icon.
                    if is_there {
                        changed(false);
                    }
                    changed(is_there);
                } else if name.starts_with(HOST) {
                    changed(is_there || is_shown(&watcher).await.unwrap_or(false));
                }
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

/// Whether a panel shows what the watcher knows. KDE's watcher always says so: it is a part of kded, which outlives Plasma's panels,
/// but those have names by the specification.
pub(super) async fn is_shown(watcher: &Proxy<'_>) -> zbus::Result<bool> {
    let says_so: bool = watcher.get_property("IsStatusNotifierHostRegistered").await?;
    let bus = DBusProxy::new(watcher.connection()).await?;
    if !says_so || !is_kded(&bus).await? {
        return Ok(says_so);
    }
    Ok(bus.list_names().await?.iter().any(|name| name.starts_with(HOST)))
}

async fn is_kded(bus: &DBusProxy<'_>) -> zbus::Result<bool> {
    let watcher = bus.get_name_owner(WATCHER.try_into()?).await?;
    for name in KDED {
        if bus.get_name_owner(name.try_into()?).await.is_ok_and(|owner| owner == watcher) {
            return Ok(true);
        }
    }
    Ok(false)
}
