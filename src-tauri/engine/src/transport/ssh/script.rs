//! A script that an SSH host runs: the system's `ssh` with `sh` at its other end, which reads it from standard input. So there is
//! nothing to be quoted for whatever shell the user has there, and nothing of ours in an argument.

use super::{Ssh, process::Tunnel, question::AskPass};
use crate::{error::ConnectError, model::Jump};
use std::io::{self, ErrorKind};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// What comes before each line that the script says: shells and SSH hosts may say something of their own.
const MARK: &[u8] = b"portlight ";
/// How much may come before such a line, in bytes.
const MAX_NOISE: u64 = 64 * 1024;

/// A script that runs on an SSH host. Dropping it ends ssh.
pub(crate) struct Script {
    pub(super) tunnel: BufReader<Tunnel>,
    pub(super) via: Jump,
    pub(super) first: String,
}

impl Script {
    /// Runs `script` on `via`, and waits for the first line that it says. `ask` answers what ssh asks meanwhile.
    ///
    /// # Errors
    /// The `Ssh…` ones, [`ConnectError::WakeTimeout`], [`ConnectError::WakeNotSentThere`]; [`ConnectError::ViewerFailed`] without
    /// detail where the user gave up.
    pub(crate) async fn start<A: AskPass>(via: &Jump, script: &str, ask: &mut A) -> Result<Self, ConnectError> {
        Ssh::of_the_system()?.run(via, script, ask).await
    }

    /// What it has said first.
    pub(crate) fn first(&self) -> &str {
        &self.first
    }

    /// Tells it a line, and waits for the one that it says to that.
    ///
    /// # Errors
    /// As [`Script::start`].
    pub(crate) async fn ask(&mut self, line: &str) -> Result<String, ConnectError> {
        let said = async {
            // Where ssh has ended, reading says why.
            let _ = self.tunnel.get_mut().write_all(line.as_bytes()).await;
            next_line(&mut self.tunnel).await
        };
        said.await.map_err(|cause| super::ended(cause, &self.via))
    }
}

/// The next line of the script, without the mark.
pub(super) async fn next_line(tunnel: &mut BufReader<Tunnel>) -> io::Result<String> {
    let mut limited = tunnel.take(MAX_NOISE);
    loop {
        let mut line = Vec::new();
        if limited.read_until(b'\n', &mut line).await? == 0 || !line.ends_with(b"\n") {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "it has no sh, or does not let this login run it"));
        }
        if let Some(said) = line.strip_prefix(MARK) {
            return Ok(rfb::sanitize(said));
        }
    }
}
