//! Portlight's windows: the program that `portlight` goes on as. Everything that needs none is in `terminal`, what is done
//! in the terminal, and in `portlight-engine`.
//!
//! ```text
//! main ─▶ app ─┬▶ commands ─┬▶ windows     what the pages may ask for
//!              ├▶ tray ─────┤
//!              ├▶ events ───┤              the engine's changes, to page and tray
//!              └▶ hotkey ───┘              quick connect, whatever window has the focus
//!      ─▶ platform                         what differs between operating systems
//! ```

// A program of this subsystem opens no console window on Windows; `attach_console` finds that of a terminal.
#![cfg_attr(windows, windows_subsystem = "windows")]

mod app;
mod commands;
mod events;
mod hotkey;
mod platform;
mod tray;
mod windows;

use std::{env, process::ExitCode};
use terminal::{Command, Language, OpenRequest, Texts};

fn main() -> ExitCode {
    terminal::attach_console();
    // Started by ssh as its askpass program: asks the Portlight that started ssh, and ends.
    if let Some(code) = portlight_engine::askpass::run() {
        return code;
    }
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == terminal::FAILED) {
        return say(&arguments.next().unwrap_or_default().to_string_lossy());
    }
    match terminal::parse(env::args_os().skip(1)) {
        Ok(Command::Open(request)) => open(&request),
        Ok(Command::Version { .. }) => {
            println!("portlight {}", env!("CARGO_PKG_VERSION"));
            println!("renderer: {}", platform::choose_renderer());
            println!("webview: {}", tauri::webview_version().unwrap_or_else(|cause| cause.to_string()));
            ExitCode::SUCCESS
        }
        Ok(_) | Err(_) => {
            eprintln!("portlight: the program to start is portlight");
            ExitCode::from(2)
        }
    }
}

/// Shows why nothing was opened. Where there is no display there is nothing to show it on: it was said on standard error.
fn say(sentence: &str) -> ExitCode {
    let texts = Texts::load(Language::of_this_user());
    let text = |key| texts.as_ref().map_or_else(|_| "Portlight".to_owned(), |texts| texts.get(key).to_owned());
    if platform::open_display().is_ok() {
        platform::show_error_alone(&text("start.failed"), sentence, &text("start.close"));
    }
    ExitCode::FAILURE
}

fn open(request: &OpenRequest) -> ExitCode {
    let renderer = platform::choose_renderer();
    log_to_stderr();
    match app::run(request, &renderer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(app::Failure::NoDisplay(sentence)) => {
            eprintln!("portlight: {sentence}");
            ExitCode::FAILURE
        }
        Err(failure) => terminal::failed(&failure.to_string(), 1, |_| failure.to_string()),
    }
}

/// `RUST_LOG` chooses what is logged; warnings by default. Of the D-Bus library only errors: it warns of a connection that
/// is closed at the end, in the middle of a signal, which is nothing that a user can act on.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,zbus=error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
