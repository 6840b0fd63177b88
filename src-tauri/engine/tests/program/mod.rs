//! Programs that a test writes and runs.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Writes a script for the shell. Another process does: while a file is open for writing, whatever this one starts at that moment for
/// another test has it open, too, and as long as that is so Linux does not run it (`ETXTBSY`, [execve(2)]).
///
/// [execve(2)]: https://man7.org/linux/man-pages/man2/execve.2.html
pub fn write_script(file: &Path, text: &str) {
    let mut shell = Command::new("sh");
    let mut writes = shell.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(file).stdin(Stdio::piped()).spawn();
    let writes = writes.as_mut().expect("a shell");
    writes.stdin.take().expect("a pipe").write_all(format!("#!/bin/sh\n{text}\n").as_bytes()).expect("a pipe");
    assert!(writes.wait().expect("a shell").success());
}
