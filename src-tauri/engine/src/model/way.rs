//! What decides which server a host or a target leads to.

use super::{Address, CommandLine, HostId, Jump, Proxy};
use openssl::sha::Sha256;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What decides which server a host or a target leads to: equal ways lead to the same one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Way<'a> {
    /// The address that the list has.
    pub(super) address: &'a Address,
    pub(super) repeater_id: &'a str,
    pub(super) ssh_jump: Option<&'a Jump>,
    /// Whom it knows us as makes no other way.
    pub(super) proxy: Option<Proxy>,
    pub(super) console_command: Option<&'a CommandLine>,
}

/// The SSH host that a machine was reached through last, and where from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWay {
    /// The machine.
    pub host: HostId,
    /// Its address by then.
    pub address: Address,
    /// The SSH host.
    pub ssh_jump: Jump,
}

impl Way<'_> {
    /// The name under which keys of the server are known: see [`Address::endpoint`]. A saved `host` is one machine, whatever its
    /// token is.
    pub(crate) fn endpoint(&self, host: Option<HostId>) -> String {
        let mut endpoint = self.address.endpoint();
        if let Some(id) = host.filter(|_| self.address.has_query()) {
            endpoint += &format!(" of {id}");
        }
        if !self.repeater_id.is_empty() {
            endpoint += &format!(" ID {}", self.repeater_id);
        }
        // The same name means another machine there.
        if let Some(jump) = self.ssh_jump {
            endpoint += &format!(" through {jump}");
        }
        // It looks the name up.
        if let Some(proxy) = &self.proxy {
            endpoint += &format!(" through {proxy}");
        }
        endpoint
    }

    /// For whom the logins of the host with this way are.
    pub(crate) fn recipient(&self, host: HostId) -> Recipient {
        let mut text = self.endpoint(None);
        let command = self.console_command.map(CommandLine::to_string).unwrap_or_default();
        if self.address.has_query() || !command.is_empty() {
            let mut digest = Sha256::new();
            for part in [host.to_string(), self.address.to_string(), command] {
                // No text has a zero byte: no two rows of texts are digested alike.
                digest.update(part.as_bytes());
                digest.update(&[0]);
            }
            text += DIGEST;
            text.extend(digest.finish().iter().map(|byte| format!("{byte:02x}")));
        }
        Recipient(text)
    }
}

/// The server that a login is for, as a text that the keyring keeps beside the login. Writing to the list alone does not change
/// it: a host that another program leads elsewhere does not take the login along that was typed for the former server.
///
/// It is the server's endpoint and, where the way has what may be secret (a query) or long (a command), a digest of that with the
/// host's id. Ways of a host that are equal have equal recipients, others have others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Recipient(String);

impl Recipient {
    /// As it was kept.
    pub(crate) fn kept(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As it is kept.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.split_once(DIGEST).map_or(&*self.0, |(endpoint, _)| endpoint))
    }
}

/// Comes before the digest.
const DIGEST: &str = " #";
