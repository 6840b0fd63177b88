//! Why ssh ended, told from its own words: OpenSSH has them in English only, whatever the locale.

use crate::model::Jump;
use crate::{error::ConnectError, model::Address};
use std::fmt;

/// ssh has ended, and not well. Travels as an [`std::io::Error`] where the stream is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// What ssh said, cleaned; without words its exit status.
    pub(super) detail: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ssh: {}", self.detail)
    }
}

impl std::error::Error for Ended {}

/// Where ssh comes by a `ProxyJump` or a `ProxyCommand` and did not get as far as the SSH host, this is all it knows.
const UNDER_WAY: &str = "UNKNOWN port 65535";

/// The way through `via` to `address` failed with these words of ssh.
pub(super) fn explain(detail: String, via: &Jump, address: &Address) -> ConnectError {
    let via = via.to_string();
    let says = |words: &[&str]| words.iter().any(|words| detail.contains(words));
    if says(&["Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED"]) {
        ConnectError::SshHostKey { via, detail }
    } else if says(&["Permission denied (", "Too many authentication failures", "No more authentication methods"]) {
        ConnectError::SshDenied { via, detail }
    } else if says(&["Could not resolve hostname", "connect to host ", UNDER_WAY]) {
        ConnectError::SshUnreachable { via, detail }
    } else if says(&["administratively prohibited", "Session open refused"]) {
        ConnectError::SshProhibited { via, address: address.to_string(), detail }
    } else if says(&["stdio forwarding failed", "tdio forwarding request failed"]) {
        ConnectError::SshForward { via, address: address.to_string(), detail }
    } else if says(BROKEN) {
        ConnectError::SshBroken { via, detail }
    } else {
        ConnectError::SshFailed { via, detail }
    }
}

/// What ssh says where the SSH host closed the connection, or it was lost: while sshd restarts, is overloaded
/// (`MaxStartups`), or the network is away.
const BROKEN: &[&str] = &[
    "kex_exchange_identification",
    "ssh_exchange_identification",
    "banner exchange",
    "Connection closed by ",
    "closed by remote host",
    "Connection reset by ",
    "Connection timed out",
    "Operation timed out",
    "Timeout, server ",
    "Broken pipe",
    "client_loop: ",
    "Network is unreachable",
    "No route to host",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_says_tells_what_to_do() {
        let code = |words: &str| {
            let address = Address::parse("inner:1").unwrap();
            let error = explain(words.to_owned(), &"ann@box".parse().unwrap(), &address);
            serde_json::to_value(error).unwrap()["code"].as_str().unwrap().to_owned()
        };
        for (words, expected) in [
            ("Host key verification failed.", "ssh_host_key"),
            ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key for box has changed", "ssh_host_key"),
            ("ann@box: Permission denied (publickey,password).", "ssh_denied"),
            ("Received disconnect from ::1 port 22:2: Too many authentication failures", "ssh_denied"),
            ("channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed", "ssh_forward"),
            (
                "channel 0: open failed: x\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535",
                "ssh_unreachable",
            ),
            ("mux_client_request_stdio_fwd: stdio forwarding request failed: Session open refused", "ssh_prohibited"),
            ("ssh: Could not resolve hostname box: Name or service not known", "ssh_unreachable"),
            ("ssh: connect to host box port 22: No route to host", "ssh_unreachable"),
            ("kex_exchange_identification: Connection closed by remote host", "ssh_broken"),
            ("Connection reset by 192.0.2.1 port 22", "ssh_broken"),
            ("Connection to box closed by remote host.", "ssh_broken"),
            ("Timeout, server box not responding.", "ssh_broken"),
            ("client_loop: send disconnect: Broken pipe", "ssh_broken"),
            (
                "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed",
                "ssh_prohibited",
            ),
            ("command-line: line 0: Bad configuration option: x", "ssh_failed"),
            ("exit status: 255", "ssh_failed"),
        ] {
            assert_eq!(code(words), expected, "{words}");
        }
    }
}
