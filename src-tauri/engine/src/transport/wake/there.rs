//! The packet by way of an SSH host: a script that is the same for all runs there, and is told on its standard input what to send.

use crate::{
    error::ConnectError,
    model::{Jump, SecureOn, Wake},
    transport::ssh::{AskPass, Script},
};
use std::{fmt::Write, net::Ipv4Addr, time::Duration};
use zeroize::Zeroizing;

/// What the SSH host's `sh` runs: it sends with python3, perl or etherwake, whichever is there.
pub(in crate::transport) const SENDER: &str = include_str!("sender.sh");
/// How long the SSH host may take to say that the packet is sent, 10 s: a line there, and a line back.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// What sends the packet on an SSH host.
pub struct There {
    script: Script,
    via: Jump,
    /// What it is told each time.
    line: Zeroizing<String>,
}

impl There {
    pub(super) async fn open<A: AskPass>(
        via: &Jump,
        wake: &Wake,
        password: Option<&SecureOn>,
        ask: &mut A,
    ) -> Result<Self, ConnectError> {
        let script = Script::start(via, SENDER, ask).await?;
        Self::begin(script, via, wake, password)
    }

    /// The script has said its first line.
    pub(in crate::transport) fn begin(
        script: Script,
        via: &Jump,
        wake: &Wake,
        password: Option<&SecureOn>,
    ) -> Result<Self, ConnectError> {
        match script.first() {
            "ready" => Ok(Self { script, via: via.clone(), line: line(wake, password) }),
            "nothing" => Err(ConnectError::WakeNoSender { via: via.to_string() }),
            other => Err(ConnectError::WakeNotSentThere { via: via.to_string(), detail: other.to_owned() }),
        }
    }

    pub(in crate::transport) async fn send(&mut self) -> Result<(), ConnectError> {
        let said = tokio::time::timeout(SEND_TIMEOUT, self.script.ask(&self.line)).await;
        let via = self.via.to_string();
        let said = said.map_err(|_| ConnectError::WakeTimeout { via, seconds: SEND_TIMEOUT.as_secs() })??;
        if said == "sent" {
            return Ok(());
        }
        let detail = said.strip_prefix("failed").unwrap_or(&said).trim().to_owned();
        Err(ConnectError::WakeNotSentThere { via: self.via.to_string(), detail })
    }
}

/// Packet, address, port, network card and password, which may be missing. All of it is digits and what stands between them.
fn line(wake: &Wake, password: Option<&SecureOn>) -> Zeroizing<String> {
    // One that grew would leave a copy behind.
    let mut line = Zeroizing::new(String::with_capacity(512));
    let mut write = |text: std::fmt::Arguments<'_>| _ = line.write_fmt(text);
    wake.packet(password).iter().for_each(|byte| write(format_args!("{byte:02x}")));
    // Only the SSH host knows which networks it is in.
    for to in wake.way.to([Ipv4Addr::BROADCAST]) {
        write(format_args!(" {} {}", to.ip(), to.port()));
    }
    write(format_args!(" {}", wake.mac));
    for (at, byte) in password.map(SecureOn::bytes).unwrap_or_default().iter().enumerate() {
        // etherwake takes four bytes as numbers between dots, and six as digits between colons.
        match (password.map(|password| password.bytes().len()), at) {
            (Some(4), 0) => write(format_args!(" {byte}")),
            (Some(4), _) => write(format_args!(".{byte}")),
            (_, 0) => write(format_args!(" {byte:02x}")),
            (_, _) => write(format_args!(":{byte:02x}")),
        }
    }
    write(format_args!("\n"));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(way: &str, password: Option<&str>) -> Vec<String> {
        let wake = Wake {
            mac: "00:1a:2b:3c:4d:5e".parse().unwrap(),
            way: serde_json::from_str(way).unwrap(),
            has_password: password.is_some(),
        };
        let password = password.map(|text| SecureOn::parse(&text.to_owned().into()).unwrap());
        let line = line(&wake, password.as_ref());
        line.trim_end().split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_script_is_told_digits_and_nothing_that_a_shell_would_act_on() {
        let packet = format!("{}{}", "ff".repeat(6), "001a2b3c4d5e".repeat(16));
        let mac = "00:1a:2b:3c:4d:5e";
        assert_eq!(words("{}", None), [&*packet, "255.255.255.255", "9", mac]);
        let way = r#"{"wake_address":"10.0.0.255","wake_port":7,"wake_ssh_host":"gate"}"#;
        let six = words(way, Some("00-11-22-33-44-FF"));
        assert_eq!(six, [&*format!("{packet}0011223344ff"), "10.0.0.255", "7", mac, "00:11:22:33:44:ff"]);
        let four = words("{}", Some("192.168.1.1"));
        assert_eq!(four[0], format!("{packet}c0a80101"));
        assert_eq!(four[4], "192.168.1.1");
    }
}
