//! A test as a process of its own: for what a whole process has one of, and for being killed.

use std::{env, process::Command};

/// Set in the environment of a child process that runs one test.
pub(crate) const CHILD_OF_TEST: &str = "PORTLIGHT_CHILD_OF_TEST";

/// This test program again, with that one test, as another process.
pub(crate) fn again(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test program has a path"));
    command.args(["--exact", test, "--nocapture"]);
    command
}
