//! A host: one machine the user saved. As typed ([`HostDraft`]), as meant ([`Host`]), as shown ([`HostView`]).
//!
//! What is the same in all three is in [`HostOptions`]. A new option goes there, into [`HostDraft::check`] if it is a text, and
//! into the form of the window.

mod draft;
mod view;

pub use draft::{FieldProblem, HostDraft, MAX_NOTES, OnNewAddress};
pub(crate) use draft::{name_for, notes_found};
pub use view::HostView;

use super::{
    Address, Colour, CommandLine, Display, HostId, Jump, Level, LoginId, Mac, PictureChoice, Proxy, Recipient, Sourced,
    Wake, WakeWay, Way, tags,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use std::ops::{Deref, DerefMut};

/// What the user chooses for a host beside name and address. Texts may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct HostOptions {
    /// User name for servers that ask for one.
    pub username: String,
    /// Whether sessions only watch at first.
    pub view_only: bool,
    /// Whether there is a frame around its window, in its colour.
    pub frame: bool,
    /// Whether several lines are asked about before they go there.
    pub ask_lines: bool,
    /// Whether the tray lists it first.
    pub favourite: bool,
    /// The ID to ask for where the address is an UltraVNC repeater's.
    pub repeater_id: String,
    /// A file of certificate authorities that may vouch for this server too.
    pub ca_file: String,
    /// A file with the certificate that this machine is shown where it asks for one.
    pub client_certificate: String,
    /// The file with its key, where that is another one.
    pub client_key: String,
    /// Whether its TLS may be older than what is safe.
    pub old_tls: bool,
    /// Whether a proxy that the environment names for its site is left out.
    pub no_proxy: bool,
    /// Whether a session dials again where the connection breaks.
    pub reconnect: bool,
    /// What it is sorted by.
    #[serde(deserialize_with = "tags::read")]
    pub tags: Vec<String>,
    /// The colour of its sign.
    pub colour: Option<Colour>,
    /// What the user wants to remember about it; several lines.
    pub notes: String,
    /// What is shown and kept of its screen.
    #[serde(deserialize_with = "PictureChoice::read")]
    pub picture: PictureChoice,
}

/// The place of a favourite in the user's order; those without a place come last, by name.
fn favourite_order(place: Option<u32>, name: &str) -> impl Ord + use<> {
    (place.unwrap_or(u32::MAX), name.to_lowercase())
}

impl Default for HostOptions {
    fn default() -> Self {
        let (username, repeater_id, ca_file, client_certificate, client_key) = Default::default();
        Self {
            username,
            view_only: false,
            frame: false,
            ask_lines: false,
            favourite: false,
            repeater_id,
            ca_file,
            client_certificate,
            client_key,
            old_tls: false,
            no_proxy: false,
            reconnect: true,
            tags: Vec::new(),
            colour: None,
            notes: String::new(),
            picture: PictureChoice::Shown,
        }
    }
}

impl HostOptions {
    /// The file with the key of the client's certificate.
    pub(crate) fn client_key_file(&self) -> &str {
        if self.client_key.is_empty() { &self.client_certificate } else { &self.client_key }
    }
}

/// The name under which the keyring has the passphrase of the key in a file.
pub(crate) fn passphrase_account(file: &str) -> String {
    format!("key {file}")
}

/// The name under which the keyring has a host's own secret.
pub(crate) fn secret_account(host: HostId) -> String {
    format!("secret of {host}")
}

/// Their options, as fields of their own.
macro_rules! has_options {
    ($($name:ty),*) => {$(
        impl Deref for $name {
            type Target = HostOptions;

            fn deref(&self) -> &HostOptions {
                &self.options
            }
        }

        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut HostOptions {
                &mut self.options
            }
        }
    )*};
}
has_options!(Host, HostDraft, HostView);

/// One machine the user saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its name for life.
    pub id: HostId,
    /// What the user calls it; never empty.
    pub name: String,
    /// Where its server is.
    pub address: Address,
    /// What the user chose.
    #[serde(flatten, serialize_with = "without_defaults")]
    pub options: HostOptions,
    /// The SSH host that the connection leads through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_jump: Option<Jump>,
    /// The proxy that the connection leads through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// The named login that it uses, in place of a password or a command of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginId>,
    /// What prints its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_command: Option<CommandLine>,
    /// What prints where its console is, each time anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_command: Option<CommandLine>,
    /// Its network card, by which it can be woken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Where the packet goes that wakes it.
    #[serde(flatten)]
    pub wake_way: WakeWay,
    /// What was chosen in its window.
    #[serde(default, skip_serializing_if = "Display::is_default")]
    pub display: Display,
    /// Whether the keyring has a password for it, as far as we know.
    #[serde(default)]
    pub has_password: bool,
    /// Whether the keyring has an HTTP login for it.
    #[serde(default, alias = "has_site", skip_serializing_if = "is_false")]
    pub has_http_auth: bool,
    /// Whether the keyring has a SecureOn password for its network card.
    #[serde(default, skip_serializing_if = "is_false")]
    pub has_secure_on: bool,
    /// What its own secret is called, which is typed into its screen; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret_name: String,
    /// Whether the keyring has that secret.
    #[serde(default, skip_serializing_if = "is_false")]
    pub has_secret: bool,
    /// When it was last opened, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_opened: Option<u64>,
    /// How often it was opened.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub times_opened: u32,
    /// Its place among the favourites, where the user gave it one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite_place: Option<u32>,
    /// The best protection that it was reached with: less is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Level>,
    /// The user agreed that the password travels readably to this host.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clear_text: bool,
    /// The source that lists it; none where it is the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Sourced>,
    /// What a newer Portlight wrote here, kept as it was.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

impl Host {
    /// A new entry, of which nothing is known but this.
    pub fn new(name: String, address: Address) -> Self {
        Self {
            id: HostId::new(),
            name,
            address,
            options: HostOptions::default(),
            ssh_jump: None,
            proxy: None,
            login: None,
            password_command: None,
            console_command: None,
            mac: None,
            wake_way: WakeWay::default(),
            display: Display::default(),
            has_password: false,
            has_http_auth: false,
            has_secure_on: false,
            secret_name: String::new(),
            has_secret: false,
            last_opened: None,
            times_opened: 0,
            favourite_place: None,
            protection: None,
            clear_text: false,
            source: None,
            rest: serde_json::Map::new(),
        }
    }

    /// A new entry for the demo desktop inside Portlight.
    pub fn demo(name: &str) -> Self {
        Self::new(name.to_owned(), Address::Demo)
    }

    /// The same host with what Portlight itself has learned about it by `now`: the user has not chosen that, so it is no change.
    pub(crate) fn with_learned_of(&self, now: &Self) -> Self {
        Self {
            display: now.display,
            has_password: now.has_password,
            has_http_auth: now.has_http_auth,
            has_secure_on: now.has_secure_on,
            has_secret: now.has_secret,
            last_opened: now.last_opened,
            times_opened: now.times_opened,
            protection: now.protection,
            clear_text: now.clear_text,
            ..self.clone()
        }
    }

    /// The same host while the keyring has nothing for it.
    pub(crate) fn without_secrets(&self) -> Self {
        Self { has_password: false, has_http_auth: false, has_secure_on: false, has_secret: false, ..self.clone() }
    }

    /// As something to wake; none where its network card is not known.
    pub fn wake(&self) -> Option<Wake> {
        Some(Wake { mac: self.mac?, way: self.wake_way.clone(), has_password: self.has_secure_on })
    }

    /// Sorts favourites.
    pub(crate) fn favourite_order(&self) -> impl Ord + use<> {
        favourite_order(self.favourite_place, &self.name)
    }

    /// Whether both lead to the same server: what is known about one holds for the other.
    pub(crate) fn is_same_server(&self, other: &Self) -> bool {
        self.way() == other.way()
    }

    /// What a source alone decides: what a machine is called, and how it is reached.
    pub(super) fn take_way_of(&mut self, listed: &Self) {
        self.name.clone_from(&listed.name);
        self.address.clone_from(&listed.address);
        self.options.repeater_id.clone_from(&listed.options.repeater_id);
        self.ssh_jump.clone_from(&listed.ssh_jump);
        self.proxy.clone_from(&listed.proxy);
    }

    /// For whom its logins are.
    pub(crate) fn recipient(&self) -> Recipient {
        self.way().recipient(self.id)
    }

    fn way(&self) -> Way<'_> {
        Way {
            address: &self.address,
            repeater_id: &self.options.repeater_id,
            ssh_jump: self.ssh_jump.as_ref(),
            proxy: self.proxy.as_ref().map(Proxy::without_username),
            console_command: self.console_command.as_ref(),
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Only what differs from the default: the file is read by people, too.
fn without_defaults<S: Serializer>(options: &HostOptions, serializer: S) -> Result<S::Ok, S::Error> {
    let [chosen, default] = [options, &HostOptions::default()].map(serde_json::to_value);
    let (chosen, default) = (chosen.map_err(S::Error::custom)?, default.map_err(S::Error::custom)?);
    let fields = chosen.as_object().into_iter().flatten();
    serializer.collect_map(fields.filter(|(name, value)| default.get(name) != Some(value)))
}

#[cfg(test)]
mod tests;
