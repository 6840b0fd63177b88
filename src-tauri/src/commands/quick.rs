//! The quick connect window's own commands; what it opens, it opens as the list does.

use super::system;
use crate::windows;
use portlight_engine::Result;
use tauri::{WebviewWindow, command};

/// The page takes keys: the window may be seen.
#[command]
pub async fn quick_ready(window: WebviewWindow) -> Result<()> {
    windows::quick_ready(&window).map_err(system)
}

/// Closes the window.
#[command]
pub async fn close_quick(window: WebviewWindow) -> Result<()> {
    window.close().map_err(system)
}
