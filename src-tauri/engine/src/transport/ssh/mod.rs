//! A connection through an SSH host: the system's own `ssh -W`, so that the user's configuration, agent, keys and known
//! hosts apply.
//!
//! ```text
//! dial ─┬▶ configuration       what the user's configuration says about a dead network and the name
//!       ├▶ process             ssh, as a stream that ends with the session
//!       ├▶ failure             why ssh ended, told from its error output
//!       ├▶ platform::Channel   where this ssh's askpass program connects, and message: the messages there
//!       └▶ question            ssh's questions, for the keyring and the user
//! carrier                      what ssh reaches the SSH host by, where that is not TCP of its own: a proxy
//! script                       the same way for a script that the SSH host runs
//! askpass                      the other end of the channel: Portlight's executable, started by ssh
//! ```
//! Needs OpenSSH 8.4 (2020) or newer, which has `SSH_ASKPASS_REQUIRE`; an older one asks at the terminal that Portlight
//! was started from, if there is one.

pub mod askpass;
mod carrier;
mod configuration;
mod failure;
mod message;
mod process;
pub mod question;
mod script;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

use crate::{
    error::{ConnectError, Result},
    model::{Address, Jump, dns_name},
    platform::{self, Channel, Connection},
};
use configuration::Configuration;
use failure::{Ended, explain};
use process::Tunnel;
pub(crate) use question::AskPass;
use question::Questions;
use rfb::Stream;
pub(crate) use script::Script;
use script::next_line;
use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    path::PathBuf,
    pin::pin,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    process::Command,
    time::{Instant, sleep, timeout},
};

/// How long to wait for the server's first byte, 30 s, not counting the time in which a question of ssh is open. More than
/// for a server without ssh in between: there may be several SSH hosts, and an ssh-agent with a window of its own.
const DIAL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an askpass program may take to send its question after it has connected, 2 s.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(2);

/// Where ssh would find the SSH host: the name or address, and the port, that its configuration comes to.
///
/// # Errors
/// [`ConnectError::SshMissing`], [`ConnectError::SshAmbiguous`], and [`ConnectError::SshFailed`] where ssh does not say.
pub(crate) async fn place(jump: &Jump) -> Result<(String, u16), ConnectError> {
    let ssh = Ssh::of_the_system()?;
    let configuration = ssh.configuration(jump).await?;
    configuration.place().ok_or_else(|| ConnectError::SshFailed {
        via: jump.to_string(),
        detail: "ssh does not say where it would look for it (ssh -G)".to_owned(),
    })
}

/// `ssh -W hostname:port jump` as a stream. `carrier` leads to the SSH host already, where ssh is not to connect to it itself. Returns with the server's first byte, as ssh does not say when the connection
/// is open; VNC servers speak first. Dropping the future or the stream ends ssh.
///
/// # Errors
/// The `Ssh…` ones; [`ConnectError::NotRfbClosed`] where the server closed without a byte; [`ConnectError::ViewerFailed`]
/// without detail where the user gave up.
pub(crate) async fn dial<A: AskPass>(
    jump: &Jump,
    hostname: &str,
    port: u16,
    carrier: Option<Stream>,
    ask: &mut A,
) -> Result<Stream, ConnectError> {
    Ssh::of_the_system()?.dial(jump, hostname, port, carrier, ask).await
}

/// How ssh is started.
struct Ssh {
    program: OsString,
    /// Options of the command line, which take precedence over the user's configuration.
    options: Vec<OsString>,
    /// The program that ssh starts to ask a question.
    askpass: PathBuf,
    timeout: Duration,
    /// `ServerAliveInterval` where ssh would not notice silence, or too late.
    alive_interval: Duration,
}

/// A connection that has died without a FIN is noticed 12 s after the third of these without an answer, in 48 s: VNC servers may
/// be silent for hours.
const ALIVE_INTERVAL: Duration = Duration::from_secs(12);

impl Ssh {
    fn of_the_system() -> Result<Self, ConnectError> {
        Ok(Self {
            program: "ssh".into(),
            options: [
                // Uses a master connection that is there, but does not become one: it ends with the session, and no other
                // may depend on it.
                "-oControlMaster=no",
            ]
            .map(OsString::from)
            .to_vec(),
            askpass: platform::executable().map_err(system)?,
            timeout: DIAL_TIMEOUT,
            alive_interval: ALIVE_INTERVAL,
        })
    }

    async fn dial<A: AskPass>(
        &self,
        jump: &Jump,
        hostname: &str,
        port: u16,
        carrier: Option<Stream>,
        ask: &mut A,
    ) -> Result<Stream, ConnectError> {
        let address = Address::Tcp { hostname: hostname.to_owned(), port };
        let channel = Channel::open().map_err(system)?;
        let configuration = self.configuration(jump).await?;
        let mut command = self.command(&channel);
        let carrying = carrier.map(|carrier| carrier::carry(carrier, &mut command, &self.askpass));
        command
            .args(configuration.alive(self.alive_interval))
            .args(configuration.name_in_dns())
            .arg("-W")
            .arg(format!("[{}]:{port}", dns_name(hostname)))
            .args(jump.arguments());
        let mut tunnel = start(&mut command, jump)?.carried(carrying.transpose().map_err(system)?);
        match self.attend(tunnel.first_bytes(), &channel, &mut Questions::new(jump), ask).await? {
            Some(Ok(true)) => Ok(Box::new(tunnel)),
            Some(Ok(false)) => Err(ConnectError::NotRfbClosed { address: address.to_string() }),
            Some(Err(cause)) => Err(match cause.downcast::<Ended>() {
                Ok(Ended { detail }) => explain(detail, jump, &address),
                Err(cause) => ConnectError::SshFailed { via: jump.to_string(), detail: cause.to_string() },
            }),
            None => Err(ConnectError::SshTimeout {
                via: jump.to_string(),
                address: address.to_string(),
                seconds: self.timeout.as_secs(),
            }),
        }
    }

    /// `sh` on the SSH host, which reads `script`. Returns with the first line that the script says.
    async fn run<A: AskPass>(&self, jump: &Jump, script: &str, ask: &mut A) -> Result<Script, ConnectError> {
        let channel = Channel::open().map_err(system)?;
        let mut command = self.command(&channel);
        // What the user's configuration may have for logins by hand: a terminal, forwarded ports and agents, another command.
        command.args(["-T", "-a", "-x", "-oClearAllForwardings=yes", "-oRemoteCommand=none"]);
        command.args(self.configuration(jump).await?.name_in_dns()).args(jump.arguments()).arg("sh");
        let mut tunnel = BufReader::new(start(&mut command, jump)?);
        let first = async {
            // Where ssh has ended, reading says why.
            let _ = tunnel.get_mut().write_all(script.as_bytes()).await;
            next_line(&mut tunnel).await
        };
        let first = self.attend(first, &channel, &mut Questions::new(jump), ask).await?;
        let late = || ConnectError::WakeTimeout { via: jump.to_string(), seconds: self.timeout.as_secs() };
        let first = first.ok_or_else(late)?.map_err(|cause| ended(cause, jump))?;
        Ok(Script { tunnel, via: jump.clone(), first })
    }

    async fn configuration(&self, jump: &Jump) -> Result<Configuration, ConnectError> {
        let configuration = Configuration::of(&self.program, &self.options, jump).await;
        match configuration.is_read_otherwise(jump) {
            true => Err(ConnectError::SshAmbiguous { via: jump.to_string() }),
            false => Ok(configuration),
        }
    }

    /// ssh with what every use of it has.
    fn command(&self, channel: &Channel) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.options);
        command.env("SSH_ASKPASS", &self.askpass).env("SSH_ASKPASS_REQUIRE", "force");
        command.envs(platform::ASKPASS_VARIABLES.iter().copied()).env(askpass::CHANNEL, channel.address());
        command
    }

    /// Answers ssh's questions until `opened` is done; none where that takes too long. While a question is open no time runs.
    async fn attend<T, A: AskPass>(
        &self,
        opened: impl Future<Output = T>,
        channel: &Channel,
        questions: &mut Questions,
        ask: &mut A,
    ) -> Result<Option<T>, ConnectError> {
        let (mut left, mut opened) = (self.timeout, pin!(opened));
        loop {
            let since = Instant::now();
            let asking = tokio::select! {
                done = &mut opened => return Ok(Some(done)),
                asking = channel.accept() => asking.map_err(system)?,
                () = sleep(left) => return Ok(None),
            };
            left = left.saturating_sub(since.elapsed());
            tokio::select! {
                done = &mut opened => return Ok(Some(done)),
                answered = answer_one(asking, questions, ask) => answered?,
            }
        }
    }
}

/// Starts ssh.
fn start(command: &mut Command, jump: &Jump) -> Result<Tunnel, ConnectError> {
    Tunnel::start(command).map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => ConnectError::SshMissing,
        _ => ConnectError::SshFailed { via: jump.to_string(), detail: cause.to_string() },
    })
}

/// Why a script has said nothing more.
fn ended(cause: io::Error, jump: &Jump) -> ConnectError {
    match cause.downcast::<Ended>() {
        Ok(Ended { detail }) => match explain(detail, jump, &Address::Demo) {
            // ssh was told of no address behind the SSH host.
            ConnectError::SshForward { via, detail, .. } | ConnectError::SshProhibited { via, detail, .. } => {
                ConnectError::SshFailed { via, detail }
            }
            error => error,
        },
        Err(cause) => ConnectError::WakeNotSentThere { via: jump.to_string(), detail: cause.to_string() },
    }
}

/// Reads one question of an askpass program and sends the answer. A connection without a question is ignored.
///
/// # Errors
/// [`ConnectError::ViewerFailed`] without detail where the user gave up.
async fn answer_one<A: AskPass>(
    mut asking: Connection,
    questions: &mut Questions,
    ask: &mut A,
) -> Result<(), ConnectError> {
    let Ok(Ok((hint, prompt))) = timeout(QUESTION_TIMEOUT, message::read_question(&mut asking)).await else {
        return Ok(());
    };
    let question = questions.read(hint, &prompt);
    let reply = tokio::select! {
        reply = ask.answer(&question) => reply,
        // It sends nothing more; its end means that ssh no longer needs the answer.
        _ = asking.read_u8() => return Ok(()),
    };
    let output = reply.and_then(|reply| question.output(reply));
    // Fails where ssh has ended the askpass program in the meantime.
    let _ = asking.write_all(&message::answer(output.as_ref())).await;
    output.map(drop).ok_or(ConnectError::ViewerFailed { detail: String::new() })
}

fn system(cause: io::Error) -> ConnectError {
    ConnectError::System { detail: format!("ssh's questions cannot reach Portlight: {cause}") }
}
