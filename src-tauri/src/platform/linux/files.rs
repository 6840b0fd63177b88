//! The desktop's file manager, on the session bus
//! (<https://www.freedesktop.org/wiki/Specifications/file-manager-interface/>); where none is there, its folder is opened as the
//! desktop opens folders.

use std::{io, path::Path, process::Command, time::Duration};
use tokio::time::timeout;
use zbus::Connection;

/// For a file manager to start and answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Shows a file in the desktop's file manager.
///
/// # Errors
/// Where there is none.
pub async fn show_in_folder(path: &Path) -> io::Result<()> {
    let shown = timeout(TIMEOUT, ask(path)).await;
    if matches!(shown, Ok(Ok(()))) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path).to_owned();
    let mut opener = Command::new("xdg-open").arg(folder).spawn()?;
    // It ends at once, or with the file manager that it has become.
    std::thread::spawn(move || drop(opener.wait()));
    Ok(())
}

async fn ask(path: &Path) -> zbus::Result<()> {
    let Ok(url) = tauri::Url::from_file_path(path) else { return Err(zbus::Error::InvalidReply) };
    let bus = Connection::session().await?;
    let manager = "org.freedesktop.FileManager1";
    let shown = (vec![url.as_str()], "");
    bus.call_method(Some(manager), "/org/freedesktop/FileManager1", Some(manager), "ShowItems", &shown).await?;
    Ok(())
}
