//! What the pages may ask for: one function for each command. Takes, calls the engine, gives back.
//!
//! Which window may call which is in `capabilities/`; a viewer window's session comes from its label, never from
//! an argument.

mod hosts;
mod imports;
mod nearby;
mod pictures;
mod quick;
mod recordings;
mod session;
mod settings;
mod short_list;
mod sources;
mod typing;

pub use settings::Drawing;

use portlight_engine::{ConnectError, Engine, Error};
use std::sync::Arc;
use tauri::{
    State, Wry,
    plugin::{Builder, TauriPlugin},
};

type EngineState<'a> = State<'a, Arc<Engine>>;

/// The commands, as the plugin that the capability files name.
pub fn plugin() -> TauriPlugin<Wry> {
    Builder::new("portlight")
        .invoke_handler(tauri::generate_handler![
            hosts::list_hosts,
            hosts::list_shown,
            hosts::save_host,
            hosts::save_http_auth,
            hosts::duplicate_host,
            hosts::change_several,
            hosts::save_login,
            hosts::remove_login,
            hosts::remove_hosts,
            hosts::removed_hosts,
            hosts::put_back,
            hosts::remove_for_good,
            hosts::undo,
            hosts::redo,
            hosts::versions,
            hosts::go_back,
            hosts::set_favourite,
            hosts::arrange_favourite,
            hosts::open_host,
            hosts::open_hosts,
            hosts::close_hosts,
            hosts::wake_host,
            hosts::open_address,
            nearby::nearby,
            nearby::open_nearby,
            nearby::keep_nearby,
            hosts::read_address,
            hosts::check_host,
            hosts::check_http_auth,
            hosts::test_connection,
            hosts::choose_closing,
            hosts::set_unsaved,
            hosts::listening,
            hosts::listen,
            imports::import_sources,
            imports::preview_source,
            imports::choose_import,
            imports::reach_import_through,
            imports::import_hosts,
            imports::leave_import,
            imports::export_hosts,
            sources::sources,
            sources::add_path_source,
            sources::add_command_source,
            sources::add_url_source,
            sources::edit_source,
            sources::trust_source,
            sources::pause_source,
            sources::remove_source,
            sources::refresh_source,
            hosts::wishes,
            hosts::quit,
            settings::preferences,
            settings::set_preferences,
            settings::reset_preferences,
            settings::export_preferences,
            settings::preview_preferences,
            settings::import_preferences,
            settings::has_former_preferences,
            settings::put_back_preferences,
            settings::hotkey,
            settings::autostart,
            settings::set_autostart,
            settings::close_list,
            settings::about,
            settings::report,
            settings::copy_about,
            hosts::left_open,
            hosts::reopen,
            hosts::open_sessions,
            hosts::show_session,
            pictures::pictures,
            pictures::picture,
            recordings::choose_recording,
            quick::quick_ready,
            quick::close_quick,
            session::attach,
            session::answer,
            session::set_display,
            session::set_view_only,
            typing::type_password,
            typing::type_secret,
            typing::keep_secret,
            typing::type_clipboard,
            typing::strokes,
            typing::answer_lines,
            typing::stop_typing,
            session::keep,
            session::tried,
            session::wake,
            session::correct_address,
            session::follow_lead,
            session::copy_report,
            session::edit_host,
            session::show_sessions,
            session::want_list,
            session::show_next_session,
            session::set_picture,
            pictures::keep_picture,
            pictures::last_picture,
            session::reconnect,
            session::close,
            session::close_window,
            session::take_keys,
            session::set_keyboard_owner,
            session::kept_chords,
            session::keep_chord,
            session::drop_chord,
            session::screen_sized,
            session::set_fullscreen,
            session::close_screen,
            session::monitors,
            session::choose_monitors,
            session::read_clipboard,
            session::write_clipboard,
            session::clipboard_has_image,
            session::copy_fingerprint,
            session::viewer_failed,
            session::screen_too_large,
            recordings::save_screenshot,
            recordings::copy_screenshot,
            recordings::prepare_recording,
            recordings::begin_recording,
            recordings::stop_recording,
            recordings::prepare_rewind,
            recordings::begin_rewind,
            recordings::rewind,
            recordings::save_film,
            recordings::back_to_live,
            recordings::show_saved,
            recordings::playback_windows,
            recordings::play,
            session::ring,
            session::tell,
        ])
        .build()
}

/// A failure of the window system, the clipboard or a thread.
fn system(cause: impl std::fmt::Display) -> Error {
    ConnectError::System { detail: cause.to_string() }.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The commands' names in a list between `start` and `end`, without the modules that they lie in.
    fn names<'a>(text: &'a str, start: &str, end: &str, separator: char) -> BTreeSet<&'a str> {
        let part = text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("the list").0;
        let words = part.split(separator).map(|word| word.trim().rsplit(':').next().unwrap_or_default());
        words.filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')).collect()
    }

    #[test]
    fn what_is_handled_is_declared_and_what_the_pages_call() {
        let handled = names(include_str!("mod.rs"), "generate_handler![", "]", ',');
        let declared = names(include_str!("../../build.rs"), "COMMANDS: &[&str] = &[", "];", '"');
        let pages = include_str!("../../../ui/src/ipc/index.ts");
        let called: BTreeSet<_> = pages.split("call('").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
        assert!(handled.len() > 10, "{handled:?}");
        assert_eq!(handled, declared);
        assert_eq!(handled, called);
    }
}
