//! A host as shown.

use super::{Host, HostOptions, favourite_order};
use crate::model::{Address, CommandLine, Display, HostId, Jump, LoginId, Proxy, SourceId};
use serde::Serialize;

/// A host as shown: everything but secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostView {
    /// Its name for life.
    pub id: HostId,
    /// What the user calls it.
    pub name: String,
    /// Where its server is, in the shortest form that reads back the same.
    pub address: String,
    /// What the user chose.
    #[serde(flatten)]
    pub options: HostOptions,
    /// As [`Jump::parse`] reads it; may be empty.
    pub ssh_jump: String,
    /// As [`Proxy::parse`] reads it; may be empty.
    pub proxy: String,
    /// The named login that it uses.
    pub login: Option<LoginId>,
    /// What prints its password, as [`CommandLine::parse`] reads it; may be empty.
    pub password_command: String,
    /// What prints where its console is, in the same way; may be empty.
    pub console_command: String,
    /// As [`Mac::parse`] reads it; may be empty.
    pub mac: String,
    /// The broadcast address that the packet goes to which wakes it; may be empty.
    pub wake_address: String,
    /// The packet's UDP port; may be empty.
    pub wake_port: String,
    /// The SSH host that sends the packet; may be empty.
    pub wake_ssh_host: String,
    /// Whether the keyring has a password for it.
    pub has_password: bool,
    /// Whether the keyring has an HTTP login for it.
    pub has_http_auth: bool,
    /// Whether the keyring has a SecureOn password for its network card.
    pub has_secure_on: bool,
    /// What its own secret is called, which is typed into its screen; may be empty.
    pub secret_name: String,
    /// Whether the keyring has that secret.
    pub has_secret: bool,
    /// What was chosen in its window, where that is anything.
    #[cfg_attr(test, ts(optional))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Display>,
    /// When it was last opened, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_opened: Option<u64>,
    /// How often it was opened.
    pub times_opened: u32,
    /// Its place among the favourites, where the user gave it one.
    pub favourite_place: Option<u32>,
    /// The source that lists it; none where it is the user's own.
    pub source: Option<SourceId>,
    /// Whether it is the demo desktop inside Portlight.
    pub demo: bool,
}
impl Host {
    /// The host as shown.
    pub fn view(&self) -> HostView {
        HostView {
            id: self.id,
            name: self.name.clone(),
            address: self.address.to_string(),
            options: self.options.clone(),
            ssh_jump: self.ssh_jump.as_ref().map(Jump::to_string).unwrap_or_default(),
            proxy: self.proxy.as_ref().map(Proxy::to_string).unwrap_or_default(),
            login: self.login,
            password_command: self.password_command.as_ref().map(CommandLine::to_string).unwrap_or_default(),
            console_command: self.console_command.as_ref().map(CommandLine::to_string).unwrap_or_default(),
            mac: self.mac.map(|mac| mac.to_string()).unwrap_or_default(),
            wake_address: self.wake_way.address.map(|address| address.to_string()).unwrap_or_default(),
            wake_port: self.wake_way.port.map(|port| port.to_string()).unwrap_or_default(),
            wake_ssh_host: self.wake_way.ssh_host.as_ref().map(Jump::to_string).unwrap_or_default(),
            has_password: self.has_password,
            has_http_auth: self.has_http_auth,
            has_secure_on: self.has_secure_on,
            secret_name: self.secret_name.clone(),
            has_secret: self.has_secret,
            display: (self.display != Display::default()).then_some(self.display),
            last_opened: self.last_opened,
            times_opened: self.times_opened,
            favourite_place: self.favourite_place,
            source: self.source.as_ref().map(|sourced| sourced.of),
            demo: self.address == Address::Demo,
        }
    }
}

impl HostView {
    /// Sorts favourites.
    pub fn favourite_order(&self) -> impl Ord + use<> {
        favourite_order(self.favourite_place, &self.name)
    }
}
