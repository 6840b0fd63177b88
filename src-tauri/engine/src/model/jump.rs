//! The SSH host in between, as the person wrote it; the system's `ssh` looks it up in its own configuration.

use super::{
    Address,
    address::parse::{Written, ipv6, strip_prefix_ignoring_case},
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Bytes: more than any user name with the longest name that DNS allows.
const MAX_LENGTH: usize = 320;
/// What a shell would act on: ssh puts names into the user's `ProxyCommand`, and checks them itself only since 9.6
/// ([CVE-2023-51385](https://www.openssh.com/txt/release-9.6)).
const SHELL: &str = "'`\"$;&<>|(){}";

/// A jump host: `box`, `ann@box`, `ssh://ann@box:2222`, or a `Host` of `~/.ssh/config`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Jump {
    /// As it was typed, without space around.
    text: String,
    user: Option<String>,
    /// A name, or an IPv6 address without brackets.
    host: String,
    /// None where ssh's configuration decides.
    port: Option<u16>,
}

/// Why a text is no jump host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum JumpProblem {
    /// There is nothing.
    #[error("there is no SSH host")]
    Empty,
    /// It would be read as an option of ssh.
    #[error("an SSH host does not begin with a hyphen")]
    Hyphen,
    /// Spaces, control characters, or what a shell would act on.
    #[error("an SSH host has no spaces and none of {SHELL}")]
    Characters,
    /// A port as in `box:22`, or one that is not a number from 1 to 65535, or something behind it.
    #[error("an SSH host with a port is written like ssh://ann@box:2222")]
    Port,
    /// A link of another kind than `ssh://`.
    #[error("only ssh:// links name an SSH host")]
    Scheme,
    /// Longer than any name can be.
    #[error("the SSH host is too long")]
    TooLong,
    /// The address behind it is no host name with a port, which is all that `ssh -W` connects to.
    #[error("through an SSH host one comes to a machine's name and port only")]
    Address,
    /// There is a password in it: it would be saved, and be in ssh's argument list.
    #[error("leave the password out: ssh asks for it, and the keyring can keep it")]
    Password,
}

impl Jump {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, JumpProblem> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(JumpProblem::TooLong);
        }
        check_characters(text)?;
        match strip_prefix_ignoring_case(text, "ssh://") {
            Some(rest) => Self::parse_link(rest),
            None if text.contains("://") => Err(JumpProblem::Scheme),
            None => Self::parse_destination(text),
        }
    }

    /// Reads `[user@]host` as ssh does. The last `@` is the one before the host: user names may have others.
    fn parse_destination(text: &str) -> Result<Self, JumpProblem> {
        let (user, host) = text.rsplit_once('@').map_or((None, text), |(user, host)| (Some(user), host));
        if user.is_some_and(|user| user.contains(':')) {
            return Err(JumpProblem::Password);
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let host = match ipv6(bare, Written::ByHand) {
            Some(address) => address,
            None if host.contains(':') => return Err(JumpProblem::Port),
            None => host.to_owned(),
        };
        Self::new(text.to_owned(), user.map(str::to_owned), host, None)
    }

    /// Reads what follows `ssh://`: user, host and port, each perhaps percent-encoded. ssh itself takes no IPv6 address in
    /// such a link, which is why [`Jump::arguments`] has the parts.
    fn parse_link(rest: &str) -> Result<Self, JumpProblem> {
        let text = format!("ssh://{rest}");
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
        // An encoded colon belongs to the user name (RFC 3986, section 3.2.1).
        if user.is_some_and(|user| user.contains(':')) {
            return Err(JumpProblem::Password);
        }
        if place.contains(['/', '?', '#']) {
            return Err(JumpProblem::Port);
        }
        let (host, port) = match place.strip_prefix('[') {
            Some(inside) => inside.split_once(']').ok_or(JumpProblem::Port)?,
            None if ipv6(place, IN_LINK).is_some() => (place, ""),
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let host = match ipv6(host, IN_LINK) {
            Some(address) => address,
            None if place.starts_with('[') => return Err(JumpProblem::Port),
            None => decoded(host)?,
        };
        let port = match port.strip_prefix(':') {
            None if !port.is_empty() => return Err(JumpProblem::Port),
            None | Some("") => None,
            Some(digits) => Some(port_number(digits)?),
        };
        Self::new(text, user.map(decoded).transpose()?, host, port)
    }

    fn new(text: String, user: Option<String>, host: String, port: Option<u16>) -> Result<Self, JumpProblem> {
        for part in user.iter().chain([&host]) {
            if part.is_empty() {
                return Err(JumpProblem::Empty);
            }
            if part.starts_with('-') {
                return Err(JumpProblem::Hyphen);
            }
            // Once more, for what was encoded.
            check_characters(part)?;
        }
        Ok(Self { text, user, host, port })
    }

    /// A name, or an IPv6 address without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The last arguments for ssh: user name and port as options, `--`, the host.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(port) = self.port {
            arguments.extend(["-p".to_owned(), port.to_string()]);
        }
        if let Some(user) = &self.user {
            arguments.extend(["-l".to_owned(), user.clone()]);
        }
        arguments.extend(["--".to_owned(), self.host.clone()]);
        arguments
    }

    /// Whether `address` can be reached through `jump`; without a jump host every address can. Form, file, import and
    /// transport decide by this.
    ///
    /// # Errors
    /// [`JumpProblem::Address`].
    pub fn check_address(jump: Option<&Self>, address: &Address) -> Result<(), JumpProblem> {
        if jump.is_some() && !address.is_reachable_through_ssh() { Err(JumpProblem::Address) } else { Ok(()) }
    }
}

/// How the address in an `ssh://` link is written; its port is read here.
const IN_LINK: Written = Written::InLink { default: 0 };

fn check_characters(text: &str) -> Result<(), JumpProblem> {
    let refused = text.chars().any(|c| c.is_control() || c.is_whitespace() || SHELL.contains(c));
    if refused { Err(JumpProblem::Characters) } else { Ok(()) }
}

fn decoded(text: &str) -> Result<String, JumpProblem> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| JumpProblem::Characters)
}

fn port_number(digits: &str) -> Result<u16, JumpProblem> {
    // `parse` alone would take a plus sign.
    let number = if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None };
    number.filter(|port| *port != 0).ok_or(JumpProblem::Port)
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Jump {
    type Err = JumpProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Jump {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Jump {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_takes_is_a_jump_host() {
        for (typed, read) in [
            ("box", "box"),
            (" ann@box.example ", "ann@box.example"),
            ("ann@corp.example@box", "ann@corp.example@box"),
            (r"CORP\ann@box", r"CORP\ann@box"),
            ("ssh://ann@box:2222", "ssh://ann@box:2222"),
            ("SSH://[fe80::1]:22", "ssh://[fe80::1]:22"),
            ("ann@fe80::1%eth0", "ann@fe80::1%eth0"),
            ("Büro", "Büro"),
        ] {
            assert_eq!(Jump::parse(typed).map(|jump| jump.to_string()), Ok(read.to_owned()), "{typed}");
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for typed in [
            "ssh://ann:hunter2@box",
            "SSH://ann:hunter2@[::1]:22",
            "ssh://ann:hun@ter2@box",
            "ann:hunter2@box",
            "ssh://:hunter2@box",
        ] {
            let problem = Jump::parse(typed).unwrap_err();
            assert_eq!(problem, JumpProblem::Password, "{typed}");
            assert!(!format!("{problem} {problem:?}").contains("hunter2"));
        }
        assert!(Jump::parse("ssh://root%3Aann@box").is_ok(), "a user name with a colon can still be written");
    }

    /// What `ssh -G`, which connects to nothing, makes of each jump host.
    #[cfg(unix)]
    #[test]
    fn ssh_takes_each_of_them_for_what_was_meant() {
        for (typed, user, host, port) in [
            ("box", None, "box", 22),
            ("ann@box", Some("ann"), "box", 22),
            ("ann@corp.example@box", Some("ann@corp.example"), "box", 22),
            ("ssh://ann@box:2222", Some("ann"), "box", 2222),
            ("SSH://box:2222/", None, "box", 2222),
            ("ssh://box:", None, "box", 22),
            ("ssh://ann%40corp@box", Some("ann@corp"), "box", 22),
            ("ssh://a@b@box:1", Some("a@b"), "box", 1),
            ("ssh://root%3Aann@box", Some("root:ann"), "box", 22),
            ("ssh://x%3A%2F%2Fy@box", Some("x://y"), "box", 22),
            ("ssh://[::1]:22", None, "::1", 22),
            ("ssh://ann@[fe80::1%25eth0]:2222", Some("ann"), "fe80::1%eth0", 2222),
            ("ssh://[fe80::1%eth0]", None, "fe80::1%eth0", 22),
            ("ssh://::1", None, "::1", 22),
            ("::1", None, "::1", 22),
            ("[::1]", None, "::1", 22),
            ("ann@[fe80::1%25eth0]", Some("ann"), "fe80::1%eth0", 22),
            ("ann@fe80::1%eth0", Some("ann"), "fe80::1%eth0", 22),
        ] {
            let arguments = Jump::parse(typed).unwrap().arguments();
            let ssh = std::process::Command::new("ssh").args(["-F", "none", "-G"]).args(&arguments).output();
            let Ok(ssh) = ssh else { return eprintln!("there is no ssh here: not tested") };
            let read = String::from_utf8(ssh.stdout).unwrap();
            let has = |line: String| read.lines().any(|read| read == line);
            assert!(ssh.status.success(), "{typed}: {}", String::from_utf8_lossy(&ssh.stderr));
            assert!(has(format!("hostname {host}")) && has(format!("port {port}")), "{typed}: {read}");
            assert!(user.is_none_or(|user| has(format!("user {user}"))), "{typed}: {read}");
        }
    }

    #[test]
    fn only_a_machine_is_reached_through_ssh() {
        let jump = Jump::parse("box").unwrap();
        for address in ["ws://box", "wss://box/a", "/run/vnc.sock", "portlight:demo"] {
            let address = Address::parse(address).unwrap();
            assert_eq!(Jump::check_address(Some(&jump), &address), Err(JumpProblem::Address), "{address}");
            assert_eq!(Jump::check_address(None, &address), Ok(()), "{address}");
        }
        assert_eq!(Jump::check_address(Some(&jump), &Address::parse("box:1").unwrap()), Ok(()));
    }

    #[test]
    fn what_would_be_an_option_or_a_command_is_none() {
        for (typed, problem) in [
            ("", JumpProblem::Empty),
            ("ssh://", JumpProblem::Empty),
            ("ann@", JumpProblem::Empty),
            ("@box", JumpProblem::Empty),
            ("-oProxyCommand=reboot", JumpProblem::Hyphen),
            ("ann@-oProxyCommand=reboot", JumpProblem::Hyphen),
            ("ssh://-oProxyCommand=reboot", JumpProblem::Hyphen),
            ("-x@box", JumpProblem::Hyphen),
            ("box reboot", JumpProblem::Characters),
            ("box\u{0}x", JumpProblem::Characters),
            ("box\u{2028}x", JumpProblem::Characters),
            ("$(reboot)@box", JumpProblem::Characters),
            ("`reboot`", JumpProblem::Characters),
            ("box;reboot", JumpProblem::Characters),
            ("box:2222", JumpProblem::Port),
            ("ann@box:2222", JumpProblem::Port),
            ("[::1]:22", JumpProblem::Port),
            ("a:b:c", JumpProblem::Port),
            ("ssh://box:0", JumpProblem::Port),
            ("ssh://box:+1", JumpProblem::Port),
            ("ssh://box:99999", JumpProblem::Port),
            ("ssh://box:22/x", JumpProblem::Port),
            ("ssh://box?x", JumpProblem::Port),
            ("ssh://[::1", JumpProblem::Port),
            ("ssh://[box]:22", JumpProblem::Port),
            ("ssh://[::1]22", JumpProblem::Port),
            ("ssh://%2DoProxyCommand@box", JumpProblem::Hyphen),
            ("ssh://%2DoProxyCommand", JumpProblem::Hyphen),
            ("ssh://a%24b@box", JumpProblem::Characters),
            ("ssh://a%20b@box", JumpProblem::Characters),
            ("ssh://a%0Ab", JumpProblem::Characters),
            ("ssh://%ff@box", JumpProblem::Characters),
            ("http://box", JumpProblem::Scheme),
            (&"x".repeat(MAX_LENGTH + 1), JumpProblem::TooLong),
        ] {
            assert_eq!(Jump::parse(typed), Err(problem), "{typed:?}");
        }
    }
}
