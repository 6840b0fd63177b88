//! The relays that are measured, each in a process of its own that is killed on drop.

use crate::{peer::Client, plain, process};
use std::{
    env,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// A relay that is running.
pub struct Competitor {
    pub name: &'static str,
    child: Child,
    endpoint: Endpoint,
}

/// Where a client connects.
enum Endpoint {
    Tcp(SocketAddr),
    WebSocket { address: SocketAddr, path: String },
}

impl Competitor {
    /// Starts the plain copy, which is the reference, Portlight's relay, and websockify if it is installed.
    pub fn all(target: SocketAddr) -> Result<Vec<Self>, String> {
        let program = env::current_exe().map_err(|cause| cause.to_string())?;
        let mut plain = Command::new(program);
        plain.args([plain::NAME, &target.to_string()]);
        let (child, line) = start(&mut plain)?;
        let address = line.parse().map_err(|_| format!("the plain copy printed {line:?}"))?;
        let plain = Self { name: "plain TCP copy", child, endpoint: Endpoint::Tcp(address) };

        let mut relay = Command::new(example()?);
        relay.args(["--listen", "127.0.0.1:0", "--reusable-ticket", "--target", &target.to_string()]);
        let (child, line) = start(&mut relay)?;
        let url = line.strip_prefix("ws://").and_then(|rest| rest.split_once('/'));
        let (address, path) = url.ok_or_else(|| format!("the relay printed {line:?}"))?;
        let endpoint =
            Endpoint::WebSocket { address: address.parse().map_err(|_| line.clone())?, path: format!("/{path}") };
        let portlight = Self { name: "Portlight", child, endpoint };

        Ok([Some(plain), Some(portlight), websockify(target)].into_iter().flatten().collect())
    }

    /// Opens a session.
    pub fn connect(&self) -> io::Result<Client> {
        match &self.endpoint {
            Endpoint::Tcp(address) => Client::plain(*address),
            Endpoint::WebSocket { address, path } => Client::websocket(*address, path),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether to measure fewer idle sessions: each of websockify's is a process of 3 MB.
    pub fn is_heavy(&self) -> bool {
        self.name == WEBSOCKIFY
    }

    /// Pins the relay to the cores `relay`, client and server to the cores `others`.
    pub fn pin(&self, relay: &str, others: &str) {
        process::pin(self.pid(), relay);
        process::pin(std::process::id(), others);
    }
}

impl Drop for Competitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program, and reads the first line that it prints.
fn start(command: &mut Command) -> Result<(Child, String), String> {
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|cause| format!("{command:?} could not be started: {cause}"))?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(|cause| cause.to_string())?;
    }
    Ok((child, line.trim_end().to_owned()))
}

/// The example `relay`, rebuilt if it is out of date, so that what is measured is the present code.
fn example() -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--package", "relay", "--example", "relay"]);
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().map_err(|cause| cause.to_string())?;
    if !built.success() {
        return Err("the example `relay` could not be built".to_owned());
    }
    // Benchmarks are in `deps`, examples beside it.
    let program = env::current_exe().map_err(|cause| cause.to_string())?;
    let profile = program.ancestors().nth(2).ok_or("the program has no parent folder")?;
    Ok(profile.join("examples/relay"))
}

const WEBSOCKIFY: &str = "websockify";

/// Debian's, if it is installed.
fn websockify(target: SocketAddr) -> Option<Competitor> {
    // It cannot listen on a free port by itself.
    let address = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
    let mut command = Command::new(WEBSOCKIFY);
    command.args([address.to_string(), target.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let child =
        command.spawn().inspect_err(|_| eprintln!("{WEBSOCKIFY} is not installed: measured without it")).ok()?;
    let competitor =
        Competitor { name: WEBSOCKIFY, child, endpoint: Endpoint::WebSocket { address, path: "/".to_owned() } };
    // It does not print when it listens.
    (0..100)
        .any(|_| competitor.connect().inspect_err(|_| thread::sleep(Duration::from_millis(100))).is_ok())
        .then_some(competitor)
}
