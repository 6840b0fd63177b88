//! Programs that a test starts: each leads a process group of its own, what it says is kept, and it ends with the test.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::process::CommandExt,
    process::{self, ChildStdin, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::timeout};

/// Far longer than anything here takes: only a test that fails waits so long.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// To end in order, before it is made to.
const FAREWELL: Duration = Duration::from_secs(3);
/// Above the ports that the system hands out to whoever dials, so that none of those gets in between.
const PORTS: (u16, u16) = (61_000, 64_999);

/// A line that a program has said, and when it was heard.
type Line = (Instant, String);

/// A program that runs beside the test.
pub struct Program {
    name: String,
    /// Also the id of its process group.
    pid: u32,
    input: Mutex<ChildStdin>,
    said: watch::Receiver<Vec<Line>>,
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Program {
    /// Starts `command` with what it needs of this process's environment, and nothing else of it.
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|cause| panic!("{name} did not start: {cause}"));
        let pid = child.id();
        let input = Mutex::new(child.stdin.take().expect("piped"));
        let (speak, said) = watch::channel(Vec::new());
        keep(child.stdout.take().expect("piped"), speak.clone());
        keep(child.stderr.take().expect("piped"), speak);
        let (end, ended) = mpsc::channel();
        thread::spawn(move || {
            let _ = child.wait();
            // Whoever wanted to know may be gone.
            let _ = end.send(());
        });
        Self { name, pid, input, said, ended: Mutex::new(ended) }
    }

    /// Waits until it has said a line in which `find` finds something, which may have happened before.
    pub async fn hear<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let mut said = self.said.clone();
        let heard = timeout(TIMEOUT, said.wait_for(|lines| lines.iter().any(|(_, line)| find(line).is_some()))).await;
        match heard {
            Ok(Ok(lines)) => lines.iter().find_map(|(_, line)| find(line)).expect("just found"),
            Ok(Err(_)) => panic!("{} ended before it said {what}:\n{}", self.name, self.log()),
            Err(_) => panic!("{} did not say {what}:\n{}", self.name, self.log()),
        }
    }

    /// Waits until it has said so many lines with `words` in them, and tells when.
    pub async fn times(&self, words: &str, count: usize) -> Vec<Instant> {
        let mut said = self.said.clone();
        let times = |lines: &[Line]| -> Vec<Instant> {
            lines.iter().filter(|(_, line)| line.contains(words)).map(|(when, _)| *when).collect()
        };
        match timeout(TIMEOUT, said.wait_for(|lines| times(lines).len() >= count)).await {
            Ok(Ok(lines)) => times(&lines),
            _ => panic!("{} did not say {words:?} {count} times:\n{}", self.name, self.log()),
        }
    }

    /// Says a line to it.
    pub fn tell(&self, line: &str) {
        let mut input = self.input.lock().expect("nobody panics with it");
        writeln!(input, "{line}")
            .unwrap_or_else(|cause| panic!("{} does not listen: {cause}\n{}", self.name, self.log()));
    }

    /// All that it has said so far.
    pub fn log(&self) -> String {
        self.said.borrow().iter().map(|(_, line)| format!("{line}\n")).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("---- {}, {} ----\n{}", self.name, self.pid, self.log());
        }
        signal("TERM", self.pid);
        let ended = self.ended.get_mut().is_ok_and(|ended| ended.recv_timeout(FAREWELL).is_ok());
        // Its children may have stayed.
        signal("KILL", self.pid);
        if !ended {
            eprintln!("{} had to be killed", self.name);
        }
    }
}

/// A command that knows of this process's environment only where programs are.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

/// Runs a program that soon ends by itself and has to succeed; gives back what it printed.
pub fn succeed(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|cause| panic!("{command:?} did not start: {cause}"));
    child.stdin.take().expect("piped").write_all(input).unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let output = child.wait_with_output().unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    assert!(output.status.success(), "{command:?}: {}", output.status);
    output.stdout
}

/// A port where nobody listens, and no other test of this process will.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let (first, last) = PORTS;
    let count = last - first + 1;
    // Another run of these tests, beside this one, begins elsewhere.
    let begin = (process::id() % u32::from(count)) as u16;
    (0..count)
        .map(|_| first + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % count)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

fn keep(stream: impl Read + Send + 'static, said: watch::Sender<Vec<Line>>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            said.send_modify(|lines| lines.push((Instant::now(), String::from_utf8_lossy(&line).into_owned())));
        }
    });
}

/// Sends a signal to a process group. Who has gone already needs none.
fn signal(signal: &str, group: u32) {
    let _ = Command::new("kill").args(["-s", signal, "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}
