//! The way through an SSH host: the system's own `ssh -W`, so that the user's configuration, agent, keys and known hosts
//! count here too.
//!
//! ```text
//! dial ─┬▶ process    ssh, as a stream that ends with the session        failure   why ssh ended, from its words
//!       ├▶ channel    where this ssh's askpass program calls             message   what is said there
//!       └▶ question   what ssh wants to know, for whoever can answer
//! askpass             the other end of the channel: Portlight's executable, started by ssh
//! ```
//! Needs OpenSSH 8.4 (2020) or newer, where `SSH_ASKPASS_REQUIRE` begins; an older one would ask at the terminal that
//! Portlight was started from, if there is one.

pub mod askpass;
mod channel;
mod failure;
mod message;
mod process;
pub(crate) mod question;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

use crate::{
    error::{ConnectError, Result},
    model::{Address, Jump},
};
use channel::{Caller, Channel};
use failure::{Ended, explain};
use process::Tunnel;
pub(crate) use question::AskPass;
use question::Questions;
use rfb::Stream;
use std::{
    env,
    ffi::OsString,
    io::{self, ErrorKind},
    path::PathBuf,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::{Instant, sleep, timeout},
};

/// How long nothing may come, from the start to the server's first byte, while no question of ssh is open. Longer than
/// for a server nearby: there may be several machines in between, and an agent that asks in a window of its own.
const DIAL_DEADLINE: Duration = Duration::from_secs(30);
/// An askpass program says at once what it was started with.
const CALLER_PATIENCE: Duration = Duration::from_secs(2);

/// `ssh -W hostname:port jump`, as a stream. Returns with the server's first byte, since ssh does not say when the way
/// is open: VNC servers speak first. Dropping the future or the stream ends ssh.
///
/// # Errors
/// Those of "the way through SSH"; [`ConnectError::NotRfbClosed`] where the server closed without a byte;
/// [`ConnectError::ViewerFailed`] without words where the person gave up.
pub(crate) async fn dial<A: AskPass>(
    jump: &Jump,
    hostname: &str,
    port: u16,
    ask: &mut A,
) -> Result<Stream, ConnectError> {
    Ssh::of_the_system()?.dial(jump, hostname, port, ask).await
}

/// How ssh is started.
struct Ssh {
    program: OsString,
    /// Go before the user's configuration.
    options: Vec<OsString>,
    askpass: PathBuf,
    deadline: Duration,
}

impl Ssh {
    fn of_the_system() -> Result<Self, ConnectError> {
        // Not by name: that may be the next version's by now.
        let askpass = if cfg!(target_os = "linux") {
            Ok(PathBuf::from(format!("/proc/{}/exe", std::process::id())))
        } else {
            env::current_exe()
        };
        Ok(Self {
            program: "ssh".into(),
            options: [
                // A connection that is there already is used. But this one ends with the session, so that no other may
                // come to depend on it, nor stay behind.
                "-oControlMaster=no",
                // A way that has died without a word is noticed after 45 s: a VNC server may be silent for hours.
                "-oServerAliveInterval=15",
            ]
            .map(OsString::from)
            .to_vec(),
            askpass: askpass.map_err(system)?,
            deadline: DIAL_DEADLINE,
        })
    }

    async fn dial<A: AskPass>(
        &self,
        jump: &Jump,
        hostname: &str,
        port: u16,
        ask: &mut A,
    ) -> Result<Stream, ConnectError> {
        let address = Address::Tcp { hostname: hostname.to_owned(), port };
        let channel = Channel::open().map_err(system)?;
        let mut tunnel = Tunnel::start(&mut self.command(jump, hostname, port, &channel)).map_err(|cause| {
            if cause.kind() == ErrorKind::NotFound {
                ConnectError::SshMissing
            } else {
                ConnectError::SshFailed { via: jump.to_string(), detail: cause.to_string() }
            }
        })?;
        match self.begin(&mut tunnel, &channel, &mut Questions::new(jump), ask).await? {
            Some(Ok(true)) => Ok(Box::new(tunnel)),
            Some(Ok(false)) => Err(ConnectError::NotRfbClosed { address: address.to_string() }),
            Some(Err(cause)) => Err(match cause.downcast::<Ended>() {
                Ok(Ended { detail }) => explain(detail, jump, &address),
                Err(cause) => ConnectError::SshFailed { via: jump.to_string(), detail: cause.to_string() },
            }),
            None => Err(ConnectError::SshTimeout {
                via: jump.to_string(),
                address: address.to_string(),
                seconds: self.deadline.as_secs(),
            }),
        }
    }

    fn command(&self, jump: &Jump, hostname: &str, port: u16, channel: &Channel) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.options).arg("-W").arg(format!("[{hostname}]:{port}")).args(jump.arguments());
        command.env("SSH_ASKPASS", &self.askpass).env("SSH_ASKPASS_REQUIRE", "force");
        command.env(askpass::CHANNEL, channel.address());
        if cfg!(windows) {
            // Windows 10 has OpenSSH 8.1, which asks by SSH_ASKPASS wherever this is set and there is no console.
            command.env("DISPLAY", "none");
        }
        command
    }

    /// Answers ssh's questions until the server's first byte, or ssh's end; none where neither came in time.
    async fn begin<A: AskPass>(
        &self,
        tunnel: &mut Tunnel,
        channel: &Channel,
        questions: &mut Questions,
        ask: &mut A,
    ) -> Result<Option<io::Result<bool>>, ConnectError> {
        let mut left = self.deadline;
        loop {
            let since = Instant::now();
            let caller = tokio::select! {
                begins = tunnel.begins() => return Ok(Some(begins)),
                caller = channel.caller() => caller.map_err(system)?,
                () = sleep(left) => return Ok(None),
            };
            left = left.saturating_sub(since.elapsed());
            tokio::select! {
                begins = tunnel.begins() => return Ok(Some(begins)),
                attended = attend(caller, questions, ask) => attended?,
            }
        }
    }
}

/// Passes one question on, and its answer back.
async fn attend<A: AskPass>(mut caller: Caller, questions: &mut Questions, ask: &mut A) -> Result<(), ConnectError> {
    let Ok(Ok((hint, prompt))) = timeout(CALLER_PATIENCE, message::read_question(&mut caller)).await else {
        return Ok(());
    };
    let question = questions.read(hint, &prompt);
    let reply = tokio::select! {
        reply = ask.answer(&question) => reply,
        // It says nothing more; it goes away where ssh no longer wants to know.
        _ = caller.read_u8() => return Ok(()),
    };
    let words = reply.and_then(|reply| question.wording(reply));
    // Who has gone away in the meantime needs no answer.
    let _ = caller.write_all(&message::answer(words.as_ref())).await;
    words.map(drop).ok_or(ConnectError::ViewerFailed { detail: String::new() })
}

fn system(cause: io::Error) -> ConnectError {
    ConnectError::System { detail: format!("ssh's questions have no way to Portlight: {cause}") }
}
