//! The relays that are measured: each a process of its own, ended with this program.

use crate::{peer::Link, plain, process};
use std::{
    env,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

pub struct Contestant {
    pub name: &'static str,
    child: Child,
    way: Way,
}

/// How a client reaches it.
enum Way {
    Plain(SocketAddr),
    WebSocket { address: SocketAddr, path: String },
}

impl Contestant {
    /// Starts the plain copy, which everything is compared with, Portlight's relay, and websockify where it is installed.
    pub fn all(target: SocketAddr) -> Result<Vec<Self>, String> {
        let program = env::current_exe().map_err(|cause| cause.to_string())?;
        let mut plain = Command::new(program);
        plain.args([plain::NAME, &target.to_string()]);
        let (child, said) = start(&mut plain)?;
        let address = said.parse().map_err(|_| format!("the plain copy said {said:?}"))?;
        let plain = Self { name: "plain TCP copy", child, way: Way::Plain(address) };

        let mut relay = Command::new(example()?);
        relay.args(["--listen", "127.0.0.1:0", "--reusable-ticket", "--target", &target.to_string()]);
        let (child, said) = start(&mut relay)?;
        let place = said.strip_prefix("ws://").and_then(|rest| rest.split_once('/'));
        let (address, path) = place.ok_or_else(|| format!("the relay said {said:?}"))?;
        let way = Way::WebSocket { address: address.parse().map_err(|_| said.clone())?, path: format!("/{path}") };
        let portlight = Self { name: "Portlight", child, way };

        Ok([Some(plain), Some(portlight), websockify(target)].into_iter().flatten().collect())
    }

    /// A client's end of a new session.
    pub fn connect(&self) -> io::Result<Link> {
        match &self.way {
            Way::Plain(address) => Link::plain(*address),
            Way::WebSocket { address, path } => Link::websocket(*address, path),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Idle sessions of websockify are processes of 3 MB: fewer of them say the same.
    pub fn is_heavy(&self) -> bool {
        self.name == WEBSOCKIFY
    }

    /// Where the relay runs, and where client and server do.
    pub fn pin(&self, relay: &str, others: &str) {
        process::pin(self.pid(), relay);
        process::pin(std::process::id(), others);
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it, and reads its first line.
fn start(command: &mut Command) -> Result<(Child, String), String> {
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|cause| format!("{command:?} could not be started: {cause}"))?;
    let mut line = String::new();
    if let Some(said) = child.stdout.take() {
        BufReader::new(said).read_line(&mut line).map_err(|cause| cause.to_string())?;
    }
    Ok((child, line.trim_end().to_owned()))
}

/// The example `relay`, built anew where it is out of date: a benchmark of yesterday's relay is worse than none.
fn example() -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--package", "portlight-engine", "--example", "relay"]);
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().map_err(|cause| cause.to_string())?;
    if !built.success() {
        return Err("the example `relay` could not be built".to_owned());
    }
    // Beside `deps`, in which benchmarks lie.
    let program = env::current_exe().map_err(|cause| cause.to_string())?;
    let profile = program.ancestors().nth(2).ok_or("this program lies nowhere")?;
    Ok(profile.join("examples/relay"))
}

const WEBSOCKIFY: &str = "websockify";

/// Debian's, where it is installed.
fn websockify(target: SocketAddr) -> Option<Contestant> {
    // It cannot choose a port itself.
    let address = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
    let mut command = Command::new(WEBSOCKIFY);
    command.args([address.to_string(), target.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let child =
        command.spawn().inspect_err(|_| eprintln!("{WEBSOCKIFY} is not installed: measured without it")).ok()?;
    let contestant = Contestant { name: WEBSOCKIFY, child, way: Way::WebSocket { address, path: "/".to_owned() } };
    // It does not say when it listens.
    (0..100)
        .any(|_| contestant.connect().inspect_err(|_| thread::sleep(Duration::from_millis(100))).is_ok())
        .then_some(contestant)
}
