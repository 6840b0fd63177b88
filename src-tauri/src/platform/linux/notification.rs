//! Notifications of the desktop, on the session bus (<https://specifications.freedesktop.org/notification-spec/latest/>).

use futures_util::StreamExt;
use std::{collections::HashMap, future::Future, io, time::Duration};
use tokio::time::timeout;
use zbus::{Connection, Proxy, zvariant::Value};

/// For the desktop to show it.
const TIMEOUT: Duration = Duration::from_secs(5);
const SERVER: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// What a click means. It has no button of its own.
const CLICK: &str = "default";

/// Shows a notification. What is returned resolves when it is gone, and says whether it was clicked.
///
/// # Errors
/// Where the desktop shows none.
pub async fn notify(title: &str, body: &str, click: &str) -> io::Result<impl Future<Output = bool> + Send + 'static> {
    let shown = timeout(TIMEOUT, show(title, body, click)).await.map_err(|_| io::ErrorKind::TimedOut)?;
    shown.map_err(io::Error::other)
}

async fn show(title: &str, body: &str, click: &str) -> zbus::Result<impl Future<Output = bool> + Send + 'static> {
    let bus = Connection::session().await?;
    let server = Proxy::new(&bus, SERVER, PATH, SERVER).await?;
    // Before it is there, so that no click is missed.
    let mut clicks = server.receive_signal("ActionInvoked").await?;
    let mut ends = server.receive_signal("NotificationClosed").await?;
    let hints = HashMap::from([("desktop-entry", Value::from("io.github.portlight.Portlight"))]);
    let what = ("Portlight", 0_u32, "io.github.portlight.Portlight", title, body, vec![CLICK, click], hints, -1_i32);
    let number: u32 = server.call("Notify", &what).await?;
    Ok(async move {
        // The connection is to live as long.
        let _bus = bus;
        loop {
            tokio::select! {
                Some(clicked) = clicks.next() => match clicked.body().deserialize::<(u32, String)>() {
                    Ok((of, action)) if of == number => return action == CLICK,
                    _ => {}
                },
                Some(ended) = ends.next() => {
                    if ended.body().deserialize::<(u32, u32)>().is_ok_and(|(of, _)| of == number) {
                        return false;
                    }
                }
                else => return false,
            }
        }
    })
}
