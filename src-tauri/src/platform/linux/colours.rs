//! Whether the desktop prefers dark windows, as its
//! [portal](https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html) says, which GTK 3 does not ask.

use futures_util::StreamExt;
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{AppHandle, async_runtime};
use zbus::{
    Connection, Proxy,
    zvariant::{OwnedValue, Value},
};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";
/// What the key says where dark is preferred; 0 is nothing, 2 light.
const DARK: u32 = 1;

static IS_DARK: AtomicBool = AtomicBool::new(false);

/// Whether the portal has said so, as far as it was asked.
pub fn portal_prefers_dark() -> bool {
    IS_DARK.load(Ordering::Relaxed)
}

/// Asks the portal, where there is one, and follows what it says. `changed` is called on the main thread.
pub fn follow_desktop_colours(app: &AppHandle, changed: fn(&AppHandle)) {
    let app = app.clone();
    async_runtime::spawn(async move {
        let told = |value: &Value<'_>| {
            let is_dark = number(value) == Some(DARK);
            if IS_DARK.swap(is_dark, Ordering::Relaxed) != is_dark {
                let on_main = app.clone();
                if let Err(cause) = app.run_on_main_thread(move || changed(&on_main)) {
                    tracing::debug!(%cause, "Portlight ends");
                }
            }
        };
        if let Err(cause) = follow(told).await {
            tracing::info!(%cause, "the desktop's colours are GTK's");
        }
    });
}

async fn follow(told: impl Fn(&Value<'_>)) -> zbus::Result<()> {
    let connection = Connection::session().await?;
    let settings = Proxy::new(&connection, PORTAL, PATH, SETTINGS).await?;
    let of_colours = [(0, NAMESPACE), (1, KEY)];
    let mut changes = settings.receive_signal_with_args("SettingChanged", &of_colours).await?;
    let present: zbus::Result<OwnedValue> = settings.call("Read", &(NAMESPACE, KEY)).await;
    // One that has no such key may come to have it.
    present.map_or_else(|cause| tracing::info!(%cause, "the portal has no colours"), |value| told(&value));
    while let Some(change) = changes.next().await {
        let body = change.body();
        let (_, _, value): (&str, &str, Value<'_>) = body.deserialize()?;
        told(&value);
    }
    Ok(())
}

/// In as many variants as it may be.
fn number(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::U32(found) => Some(*found),
        Value::Value(inner) => number(inner),
        _ => None,
    }
}
