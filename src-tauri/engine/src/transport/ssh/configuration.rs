//! What the user's configuration says for an SSH host, as `ssh -G` tells it.

use crate::model::Jump;
use std::{
    ffi::{OsStr, OsString},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// It takes some milliseconds, unless the configuration starts a program (`Match exec`) or looks up a name
/// (`CanonicalizeHostname`).
const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether ssh by itself notices that the SSH host has fallen silent. Where ssh does not say, it does not.
pub(super) async fn notices_silence(program: &OsStr, options: &[OsString], jump: &Jump) -> bool {
    let mut command = Command::new(program);
    command.args(options).arg("-G").args(jump.arguments());
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match timeout(TIMEOUT, command.output()).await {
        Ok(Ok(output)) => has_alive_interval(&String::from_utf8_lossy(&output.stdout)),
        Ok(Err(_)) | Err(_) => false,
    }
}

/// OpenSSH writes 0 where there is none.
fn has_alive_interval(configuration: &str) -> bool {
    let interval = configuration.lines().find_map(|line| line.strip_prefix("serveraliveinterval "));
    interval.is_some_and(|seconds| seconds.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_ones_own_is_one_that_is_not_zero() {
        for (configuration, expected) in [
            ("user ann\nserveralivecountmax 3\nserveraliveinterval 0\n", false),
            ("user ann\nserveraliveinterval 240\nserveralivecountmax 3\n", true),
            ("", false),
        ] {
            assert_eq!(has_alive_interval(configuration), expected, "{configuration}");
        }
    }
}
