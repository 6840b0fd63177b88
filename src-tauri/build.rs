//! Names the app's commands, so that Tauri checks them against each window's capability file.

use tauri_build::{Attributes, InlinedPlugin};

/// Every command of `src/commands`; what is missing here cannot be called, and a test there compares the two.
const COMMANDS: &[&str] = &[
    // the hosts window
    "list_hosts",
    "save_host",
    "save_http_auth",
    "duplicate_host",
    "change_several",
    "remove_hosts",
    "removed_hosts",
    "put_back",
    "remove_for_good",
    "undo",
    "redo",
    "versions",
    "go_back",
    "set_favourite",
    "arrange_favourite",
    "open_host",
    "open_hosts",
    "close_hosts",
    "wake_host",
    "open_address",
    "nearby",
    "open_nearby",
    "keep_nearby",
    "read_address",
    "check_host",
    "test_connection",
    "choose_closing",
    "set_unsaved",
    "listening",
    "listen",
    "import_sources",
    "preview_source",
    "choose_import",
    "import_hosts",
    "leave_import",
    "export_hosts",
    "sources",
    "add_path_source",
    "add_command_source",
    "rename_source",
    "pause_source",
    "remove_source",
    "refresh_source",
    "wishes",
    "quit",
    "preferences",
    "set_preferences",
    "open_sessions",
    "show_session",
    "pictures",
    "picture",
    "choose_recording",
    // a viewer window, on its own session
    "attach",
    "answer",
    "set_display",
    "keep",
    "tried",
    "wake",
    "correct_address",
    "follow_lead",
    "copy_report",
    "edit_host",
    "show_sessions",
    "show_next_session",
    "set_picture",
    "keep_picture",
    "last_picture",
    "reconnect",
    "close",
    "close_window",
    "take_keys",
    "set_keyboard_owner",
    "kept_chords",
    "keep_chord",
    "drop_chord",
    "screen_sized",
    "set_fullscreen",
    "monitors",
    "read_clipboard",
    "write_clipboard",
    "clipboard_has_image",
    "copy_fingerprint",
    "viewer_failed",
    "screen_too_large",
    "save_screenshot",
    "copy_screenshot",
    "prepare_recording",
    "begin_recording",
    "stop_recording",
    "show_saved",
    "playback_windows",
    "play",
    "ring",
];

fn main() {
    println!("cargo::rerun-if-changed=src-tauri/capabilities");
    println!("cargo::rerun-if-changed=ui/dist");
    if !std::path::Path::new("ui/dist/index.html").exists() {
        println!("cargo::error=the pages are not built yet: `cargo xtask run` builds everything");
        return;
    }
    tauri_build::try_build(
        Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/**/*")
            .plugin("portlight", InlinedPlugin::new().commands(COMMANDS)),
    )
    .expect("the Tauri build script failed");
}
