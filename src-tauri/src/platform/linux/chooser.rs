//! The desktop's own dialog for files: GTK's, or that of the desktop's portal where GTK is told to ask it (`GTK_USE_PORTAL`, or
//! within a sandbox).

use crate::platform::Choice;
use gtk::prelude::{FileChooserExt, NativeDialogExt};
use std::{cell::Cell, path::PathBuf};
use tauri::WebviewWindow;
use tokio::sync::oneshot;

/// Lets the user choose. Empty where nothing was chosen.
pub async fn choose_paths(window: &WebviewWindow, choice: Choice, title: &str) -> Vec<PathBuf> {
    let (answer, answered) = oneshot::channel();
    let (parent, title) = (window.clone(), title.to_owned());
    let shown = window.run_on_main_thread(move || show(&parent, &choice, &title, answer));
    match shown {
        Ok(()) => answered.await.unwrap_or_default(),
        Err(cause) => {
            tracing::warn!(%cause, "no dialog for files");
            Vec::new()
        }
    }
}

fn show(parent: &WebviewWindow, choice: &Choice, title: &str, answer: oneshot::Sender<Vec<PathBuf>>) {
    let action = match choice {
        Choice::File | Choice::Files => gtk::FileChooserAction::Open,
        Choice::Folder => gtk::FileChooserAction::SelectFolder,
        Choice::Save { .. } => gtk::FileChooserAction::Save,
    };
    let parent = parent.gtk_window().ok();
    let dialog = gtk::FileChooserNative::new(Some(title), parent.as_ref(), action, None, None);
    dialog.set_modal(true);
    match choice {
        Choice::Files => dialog.set_select_multiple(true),
        Choice::File | Choice::Folder => {}
        Choice::Save { name } => {
            dialog.set_current_name(name);
            dialog.set_do_overwrite_confirmation(true);
        }
    }
    // The dialog lives as long as this has it: until it is answered.
    let state = Cell::new(Some((dialog.clone(), answer)));
    dialog.connect_response(move |dialog, response| {
        let Some((_, answer)) = state.take() else { return };
        let chosen = if response == gtk::ResponseType::Accept { dialog.filenames() } else { Vec::new() };
        // The receiver is gone where the page is.
        let _ = answer.send(chosen);
        dialog.destroy();
    });
    dialog.show();
}
