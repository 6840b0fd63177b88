//! An X display of a test's own.

use super::{
    picture,
    process::{Process, succeed},
};
use image::RgbImage;
use std::{process::Command, sync::Arc};

/// A running X server, without a screen or with one that VNC shows.
pub struct Display {
    /// As the environment variable DISPLAY has it.
    pub name: String,
    process: Arc<Process>,
}

impl Display {
    /// Starts an X server, which chooses its number itself, and waits until it takes clients.
    pub async fn start(program: &str, command: &mut Command) -> Self {
        let process = Process::start(program, command.args(["-displayfd", "1", "-nolisten", "tcp"]));
        let number: u32 = process.hear("its display number", |line| line.parse().ok()).await;
        Self { name: format!(":{number}"), process }
    }

    /// The X server.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }

    /// What is to be seen on it, without the pointer.
    pub fn picture(&self) -> RgbImage {
        let mut xwd = Command::new("xwd");
        xwd.args(["-root", "-silent", "-display", &self.name]).env("PATH", super::path());
        picture::from_dump(&succeed(&xwd, b""))
    }
}
