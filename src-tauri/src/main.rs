//! Portlight's windows. Everything that needs none is in `portlight-engine`.
//!
//! ```text
//! main ─▶ args        the command line, without the passwords in links (link)
//!      ─▶ cli         what is done in the terminal: the doctor
//!      ─▶ app ─┬▶ commands ─┬▶ windows     what the pages may ask for
//!              ├▶ tray ─────┤
//!              └▶ events ───┘              the engine's changes, to page and tray
//!      ─▶ platform                         what differs between operating systems
//! ```

// A program of this subsystem opens no console window on Windows; `attach_console` finds that of a terminal.
#![cfg_attr(windows, windows_subsystem = "windows")]

mod app;
mod args;
mod cli;
mod commands;
mod events;
mod link;
mod platform;
mod text;
mod tray;
mod windows;

use args::Command;
use std::{env, ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    platform::attach_console();
    // Started by ssh as its askpass program: asks the Portlight that started ssh, and ends.
    if let Some(code) = portlight_engine::askpass::run() {
        return code;
    }
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if let Some(clean) = link::without_passwords(&arguments) {
        eprintln!("portlight: {}", link::PASSWORD_DROPPED);
        return platform::restart(&clean).unwrap_or_else(|cause| {
            eprintln!("portlight: could not start again without the password: {cause}");
            ExitCode::FAILURE
        });
    }
    match args::parse(arguments) {
        Ok(command) => run(command),
        Err(problem) => {
            eprintln!("portlight: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> ExitCode {
    match command {
        Command::Help => print!("{}", args::HELP),
        Command::Version { verbose: false } => println!("portlight {}", env!("CARGO_PKG_VERSION")),
        Command::Version { verbose: true } => {
            println!("portlight {}", env!("CARGO_PKG_VERSION"));
            println!("renderer: {}", platform::choose_renderer());
            println!("webview: {}", tauri::webview_version().unwrap_or_else(|cause| cause.to_string()));
        }
        Command::Doctor(args) => return cli::examine(&args),
        Command::Open(request) => {
            let renderer = platform::choose_renderer();
            log_to_stderr();
            if let Err(failure) = app::run(&request, &renderer) {
                eprintln!("portlight: {}", failure.sentence);
                return failure.code;
            }
        }
    }
    ExitCode::SUCCESS
}

/// `RUST_LOG` chooses what is logged; warnings by default. Of the D-Bus library only errors: it warns of a connection that
/// is closed at the end, in the middle of a signal, which is nothing that a user can act on.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,zbus=error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
