//! What the user's configuration says for an SSH host, as `ssh -G` tells it.

use crate::model::{Jump, dns_name, inet_aton, is_read_otherwise};
use std::{
    ffi::{OsStr, OsString},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// It takes some milliseconds, unless the configuration starts a program (`Match exec`) or looks up a name
/// (`CanonicalizeHostname`).
const TIMEOUT: Duration = Duration::from_secs(2);

/// What ssh will do for an SSH host, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Configuration {
    /// After how long it notices that the SSH host has fallen silent; none where it does not.
    notices_silence: Option<Duration>,
    /// The name that it looks up; empty where it does not say.
    hostname: String,
    /// Where the SSH host listens; none where it does not say.
    port: Option<u16>,
}

impl Configuration {
    /// Asks ssh. Where it does not say, nothing is known.
    pub(super) async fn of(program: &OsStr, options: &[OsString], jump: &Jump) -> Self {
        let mut command = Command::new(program);
        command.args(options).arg("-G").args(jump.arguments());
        command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        match timeout(TIMEOUT, command.output()).await {
            Ok(Ok(output)) => Self::read(&String::from_utf8_lossy(&output.stdout)),
            Ok(Err(_)) | Err(_) => Self::default(),
        }
    }

    fn read(text: &str) -> Self {
        let value = |name: &str| {
            let mut words = text.lines().filter_map(|line| line.split_once(' '));
            words.find_map(|(key, value)| (key == name).then(|| value.trim()))
        };
        let number = |name| value(name).and_then(|value| value.parse::<u32>().ok());
        // OpenSSH writes 0 where there is none, and ends the connection with the question after the last that may stay unanswered.
        let interval = number("serveraliveinterval").filter(|&seconds| seconds > 0);
        let notices_silence = interval
            .zip(number("serveralivecountmax"))
            .map(|(seconds, unanswered)| Duration::from_secs(u64::from(seconds) * (u64::from(unanswered) + 1)));
        let port = value("port").and_then(|value| value.parse().ok());
        Self { notices_silence, hostname: value("hostname").unwrap_or_default().to_owned(), port }
    }

    /// Options that make ssh notice within a minute that the SSH host has fallen silent, asking it so often; none where it does so
    /// by itself.
    pub(super) fn alive(&self, interval: Duration) -> Vec<String> {
        if self.notices_silence.is_some_and(|after| after <= MAX_SILENCE) {
            return Vec::new();
        }
        let interval = format!("-oServerAliveInterval={}", interval.as_secs());
        vec![interval, format!("-oServerAliveCountMax={UNANSWERED}")]
    }

    /// Name or address, and port; none where ssh does not say.
    pub(super) fn place(&self) -> Option<(String, u16)> {
        (!self.hostname.is_empty()).then_some(())?;
        Some((self.hostname.clone(), self.port?))
    }

    /// Whether the resolver would read the SSH host otherwise than a person does, such as `127.1`. A name that the configuration leads
    /// elsewhere is the user's own, and means what that says.
    pub(super) fn is_read_otherwise(&self, jump: &Jump) -> bool {
        let host = jump.host();
        // ssh itself says what such a number comes to.
        let is_itself = |name: &str| {
            name.eq_ignore_ascii_case(host) || inet_aton(host).is_some_and(|address| address.to_string() == name)
        };
        is_read_otherwise(host) && (self.hostname.is_empty() || is_itself(&self.hostname))
    }

    /// An option with the name as DNS has it, where ssh would look it up as it is written
    /// ([RFC 5891, section 4.4](https://www.rfc-editor.org/rfc/rfc5891#section-4.4)).
    pub(super) fn name_in_dns(&self) -> Option<String> {
        (!self.hostname.is_ascii()).then(|| format!("-oHostName={}", dns_name(&self.hostname)))
    }
}

/// A network that has vanished is noticed within this time.
const MAX_SILENCE: Duration = Duration::from_secs(60);
/// Questions that may stay unanswered.
const UNANSWERED: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_noticed_within_a_minute_whatever_the_configuration_says() {
        let ours = ["-oServerAliveInterval=12", "-oServerAliveCountMax=3"].map(str::to_owned).to_vec();
        for (configuration, expected) in [
            ("user ann\nserveralivecountmax 3\nserveraliveinterval 0\n", ours.clone()),
            ("user ann\nserveraliveinterval 10\nserveralivecountmax 3\n", vec![]),
            ("user ann\nserveraliveinterval 15\nserveralivecountmax 3\n", vec![]),
            ("user ann\nserveraliveinterval 60\nserveralivecountmax 3\n", ours.clone()),
            ("user ann\nserveraliveinterval 240\nserveralivecountmax 0\n", ours.clone()),
            ("user ann\nserveraliveinterval 12\nserveralivecountmax 4294967295\n", ours.clone()),
            ("user ann\nserveraliveinterval 30\nserveralivecountmax 1\n", vec![]),
            ("", ours),
        ] {
            assert_eq!(Configuration::read(configuration).alive(Duration::from_secs(12)), expected, "{configuration}");
        }
    }

    #[test]
    fn a_name_is_looked_up_as_dns_has_it() {
        for (hostname, expected) in
            [("büro.example", Some("-oHostName=xn--bro-hoa.example")), ("box.example", None), ("2001:db8::1", None)]
        {
            let configuration = Configuration::read(&format!("host x\nhostname {hostname}\nport 22\n"));
            assert_eq!(configuration.name_in_dns().as_deref(), expected, "{hostname}");
        }
        assert_eq!(Configuration::default().name_in_dns(), None);
    }

    #[test]
    fn a_name_that_a_resolver_reads_otherwise_is_only_an_alias() {
        for (host, hostname, refused) in [
            ("127.1", "127.1", true),
            ("127.1", "127.0.0.1", true),
            ("127.1.", "127.1.", true),
            ("0x7f.1", "127.0.0.1", true),
            ("0177.0.0.1", "127.0.0.1", true),
            ("010.0.0.7", "10.0.0.7", false),
            ("ssh://ann@1.2.3:2222", "1.2.0.3", true),
            ("2130706433", "127.0.0.1", true),
            ("4294967296", "elsewhere", false),
            ("2130706433", "", true),
            ("p\u{430}ypal", "p\u{430}ypal", true),
            ("127.1", "10.0.0.7", false),
            ("127.0.0.1", "127.0.0.1", false),
            ("::1", "::1", false),
            ("fe80::1%eth0", "fe80::1%eth0", false),
            ("Box", "box", false),
            ("büro", "büro", false),
            ("my_box", "my_box", false),
        ] {
            let configuration = Configuration::read(&format!("hostname {hostname}\nport 22\n"));
            assert_eq!(configuration.is_read_otherwise(&host.parse().unwrap()), refused, "{host} {hostname}");
        }
    }

    #[test]
    fn where_it_is_found_is_what_the_configuration_comes_to() {
        let configuration = Configuration::read("host x\nhostname 10.0.0.7\nport 2222\n");
        assert_eq!(configuration.place(), Some(("10.0.0.7".to_owned(), 2222)));
        assert_eq!(Configuration::default().place(), None);
    }
}
