//! The SSH machine in between, as the person wrote it: the system's `ssh` reads it, with its own configuration.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Longer than any user name with the longest name that DNS allows.
const MAX_LENGTH: usize = 320;
/// What a shell would act on: ssh puts names into the user's `ProxyCommand`, and checks them only since 9.6.
const SHELL: &str = "'`\"$;&<>|(){}";

/// A jump host: `box`, `ann@box`, `ssh://ann@box:2222`, or a `Host` of `~/.ssh/config`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Jump(String);

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
    /// `box:22` is no name for ssh.
    #[error("an SSH host with a port is written like ssh://ann@box:2222")]
    Port,
    /// A link of another kind than `ssh://`.
    #[error("only ssh:// links name an SSH host")]
    Scheme,
    /// Longer than any name can be.
    #[error("the SSH host is too long")]
    TooLong,
    /// The way behind it is none that ssh could walk.
    #[error("through an SSH host one comes to a machine's name and port only")]
    Address,
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
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || SHELL.contains(c)) {
            return Err(JumpProblem::Characters);
        }
        let is_link = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("ssh://"));
        let rest = if is_link { &text[6..] } else { text };
        if !is_link && rest.contains("://") {
            return Err(JumpProblem::Scheme);
        }
        // ssh takes the last @ for the one before the host: user names may have others.
        let (user, host) = rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
        if host.is_empty() || user == Some("") {
            return Err(JumpProblem::Empty);
        }
        if [user, Some(host)].into_iter().flatten().any(|part| part.starts_with('-')) {
            return Err(JumpProblem::Hyphen);
        }
        // One colon is a port; an IPv6 address has more.
        if !is_link && host.matches(':').count() == 1 {
            return Err(JumpProblem::Port);
        }
        Ok(Self(if is_link { format!("ssh://{rest}") } else { rest.to_owned() }))
    }
}

/// As ssh takes it.
impl AsRef<str> for Jump {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
            ("http://box", JumpProblem::Scheme),
            (&"x".repeat(MAX_LENGTH + 1), JumpProblem::TooLong),
        ] {
            assert_eq!(Jump::parse(typed), Err(problem), "{typed:?}");
        }
    }
}
