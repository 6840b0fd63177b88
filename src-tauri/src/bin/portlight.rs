//! `portlight`, as a user starts it.

// A program of this subsystem opens no console window on Windows; `attach_console` finds that of a terminal.
#![cfg_attr(windows, windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    terminal::run()
}
