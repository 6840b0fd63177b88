//! Programs that a test starts: each leads a process group of its own, what it says is kept, and it ends with the test.

use super::wait::{TIMEOUT, tail};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitStatus, Output, Stdio},
    sync::Arc,
    thread,
};
use tokio::{sync::watch, time::timeout};

/// Writes a program. Another process does: while a file is open for writing, whatever this one starts at that moment for another test
/// has it open, too, and as long as that is so Linux does not run it (`ETXTBSY`, [execve(2)]).
///
/// [execve(2)]: https://man7.org/linux/man-pages/man2/execve.2.html
pub fn write_program(file: &Path, bytes: &[u8]) {
    let mut shell = Command::new("sh");
    shell.env("PATH", "/usr/bin:/bin");
    let writes = run(shell.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(file), bytes);
    assert!(writes.status.success(), "{}", String::from_utf8_lossy(&writes.stderr));
}

/// Writes a script for the shell.
pub fn write_script(file: &Path, text: &str) {
    write_program(file, format!("#!/bin/sh\n{text}\n").as_bytes());
}

/// A program that runs beside the test.
pub struct Process {
    name: String,
    /// Also the id of its process group.
    pid: u32,
    said: watch::Receiver<Vec<String>>,
    end: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts `command`; `name` is for messages.
    pub fn start(name: &str, command: &mut Command) -> Arc<Self> {
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|cause| panic!("{name} did not start: {cause}"));
        let pid = child.id();
        let (speak, said) = watch::channel(Vec::new());
        keep(child.stdout.take().expect("piped"), speak.clone());
        keep(child.stderr.take().expect("piped"), speak);
        let (ended, end) = watch::channel(None);
        thread::spawn(move || ended.send_replace(child.wait().ok()));
        Arc::new(Self { name: name.to_owned(), pid, said, end })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until it has said a line in which `find` finds something, which may have happened before.
    pub async fn wait_for_line<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let mut said = self.said.clone();
        let heard = timeout(TIMEOUT, said.wait_for(|lines| lines.iter().any(|line| find(line).is_some()))).await;
        match heard {
            Ok(Ok(lines)) => lines.iter().find_map(|line| find(line)).expect("just found"),
            Ok(Err(_)) => panic!("{} ended before it said {what}:\n{}", self.name, self.log()),
            Err(_) => panic!("{} did not say {what}:\n{}", self.name, self.log()),
        }
    }

    /// Waits until it has ended by itself.
    pub async fn end(&self) -> ExitStatus {
        let mut end = self.end.clone();
        let ended = timeout(TIMEOUT, end.wait_for(Option::is_some)).await;
        let status = ended.ok().and_then(|end| *end.ok()?);
        status.unwrap_or_else(|| panic!("{} did not end:\n{}", self.name, self.log()))
    }

    /// How it has ended; none while it runs.
    pub fn ended(&self) -> Option<ExitStatus> {
        *self.end.borrow()
    }

    /// The processes of this name that it has started itself, the oldest first; Linux cuts names after 15 letters.
    pub fn children(&self, name: &str) -> Vec<u32> {
        let mut found: Vec<_> = started_by(self.pid)
            .into_iter()
            .filter(|pid| self::name(*pid) == name)
            .filter_map(|pid| {
                // Fields after the name in parentheses: the 20th is when it began.
                let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                let began: u64 = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
                Some((began, pid))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, pid)| pid).collect()
    }

    /// Everything that it has said.
    pub fn said(&self) -> String {
        self.said.borrow().join("\n")
    }

    /// The last of what it has said, for messages.
    pub fn log(&self) -> String {
        format!("---- {} ----\n{}", self.name, tail(&self.said()))
    }

    /// Ends it and everything it has started.
    pub fn kill(&self) {
        signal("KILL", &format!("-{}", self.pid));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn keep(stream: impl Read + Send + 'static, said: watch::Sender<Vec<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            said.send_modify(|lines| lines.push(String::from_utf8_lossy(&line).into_owned()));
        }
    });
}

/// A process and all that it has started, and these.
pub fn family(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        found.extend(started_by(*pid));
        next += 1;
    }
    found
}

/// The processes that one has started itself, from any of its threads.
fn started_by(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads.map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    children.flat_map(|pids| pids.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// The name of a process, as Linux cuts it; empty where it has gone.
pub fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

/// Sends a signal to a process, or to a group where `to` begins with a hyphen.
pub fn signal(signal: &str, to: &str) {
    // Who has gone already needs no signal.
    let _ = Command::new("kill").args(["-s", signal, "--", to]).stderr(Stdio::null()).status();
}

/// Runs a program that soon ends by itself.
pub fn run(command: &Command, input: &[u8]) -> Output {
    // The program `timeout` bounds what has no bound of its own.
    let mut bounded = Command::new("timeout");
    bounded.args(["--kill-after=1", "20"]).arg(command.get_program()).args(command.get_args());
    bounded.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = bounded
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|cause| panic!("{command:?} did not start: {cause}"));
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().unwrap_or_else(|cause| panic!("{command:?}: {cause}"))
}

/// Runs a program that has to succeed, and gives back what it printed.
pub fn succeed(command: &Command, input: &[u8]) -> Vec<u8> {
    let output = run(command, input);
    assert!(output.status.success(), "{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    output.stdout
}
