//! Programs of the system that tests talk to, each on loopback and for one test.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

/// A program that ends with the test.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|cause| panic!("{program} did not start: {cause}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
