//! Portlight's windows. Everything that needs none is in `portlight-engine`.
//!
//! ```text
//! main ─▶ askpass     ssh's question, where this is ssh's askpass program: then nothing else
//!      ─▶ launch      what was asked for on the command line
//!      ─▶ doctor      the way to a machine, examined without any window
//!      ─▶ renderer    how WebKit draws here, decided before GTK starts
//!      ─▶ app ─┬▶ commands ─┬▶ windows     what the pages may ask for
//!              ├▶ tray ─────┤   ▲          two clicks to a machine
//!              │            │   spare      a viewer window in waiting
//!              └▶ events ───┘              the engine's changes, to page and tray
//! ```

mod app;
mod commands;
mod doctor;
mod events;
mod launch;
mod renderer;
mod spare;
mod text;
mod tray;
mod windows;

use launch::Launch;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Started by the ssh of another Portlight, to ask what that ssh wants to know.
    if let Some(code) = portlight_engine::askpass::run() {
        return code;
    }
    let launch = match launch::parse(std::env::args_os().skip(1)) {
        Ok(launch) => launch,
        Err(problem) => {
            eprintln!("portlight: {problem}");
            return ExitCode::from(2);
        }
    };
    match launch {
        Launch::Help => print!("{}", launch::HELP),
        Launch::Version { verbose: false } => println!("portlight {}", env!("CARGO_PKG_VERSION")),
        Launch::Version { verbose: true } => {
            println!("portlight {}", env!("CARGO_PKG_VERSION"));
            println!("renderer: {}", renderer::choose());
            println!("webview: {}", tauri::webview_version().unwrap_or_else(|cause| cause.to_string()));
        }
        Launch::Doctor(checkup) => return doctor::examine(&checkup),
        Launch::Open(request) => {
            let renderer = renderer::choose();
            log_to_stderr();
            if let Err(failure) = app::run(&request, &renderer) {
                eprintln!("portlight: {}", failure.sentence);
                return failure.code;
            }
        }
    }
    ExitCode::SUCCESS
}

/// `RUST_LOG` chooses what is said; by default what matters to somebody who reports a problem.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "warn,portlight=info,portlight_engine=info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
