//! The system's own dialog for files, on macOS and Windows. Written from the documentation of rfd, never compiled here.

use super::Choice;
use rfd::{AsyncFileDialog, FileHandle};
use std::path::PathBuf;
use tauri::{WebviewWindow, async_runtime};
use tokio::sync::oneshot;

/// Lets the user choose. Empty where nothing was chosen.
pub async fn choose_paths(window: &WebviewWindow, choice: Choice, title: &str) -> Vec<PathBuf> {
    let (answer, answered) = oneshot::channel();
    let dialog = AsyncFileDialog::new().set_title(title).set_parent(window);
    // AppKit makes its dialogs on the main thread only.
    let shown = window.run_on_main_thread(move || {
        let chosen: std::pin::Pin<Box<dyn Future<Output = Option<Vec<FileHandle>>> + Send>> = match choice {
            Choice::Files => Box::pin(dialog.pick_files()),
            Choice::File => {
                let file = dialog.pick_file();
                Box::pin(async { file.await.map(|file| vec![file]) })
            }
            Choice::Folder => {
                let folder = dialog.pick_folder();
                Box::pin(async { folder.await.map(|folder| vec![folder]) })
            }
            Choice::Save { name } => {
                let file = dialog.set_file_name(name).save_file();
                Box::pin(async { file.await.map(|file| vec![file]) })
            }
        };
        async_runtime::spawn(async move {
            let chosen = chosen.await.unwrap_or_default();
            let _ = answer.send(chosen.iter().map(|file| file.path().to_owned()).collect());
        });
    });
    match shown {
        Ok(()) => answered.await.unwrap_or_default(),
        Err(cause) => {
            tracing::warn!(%cause, "no dialog for files");
            Vec::new()
        }
    }
}
