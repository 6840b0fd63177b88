//! A host: one machine the user saved. As typed ([`HostDraft`]), as meant ([`Host`]), as shown ([`HostView`]).
//!
//! What is the same in all three is in [`HostOptions`]. A new option goes there, into [`HostDraft::check`] if it is a text, and
//! into the form of the window.

use super::{
    Address, AddressProblem, Colour, CommandLine, CommandProblem, Display, HostId, Jump, JumpProblem, Level, LoginId,
    MAX_TEXT, Mac, MacProblem, NamedLoginProblem, PasswordChange, PictureChoice, Proxy, ProxyProblem, Recipient,
    SecureOn, SecureOnProblem, SourceId, Sourced, TextProblem, UrlProblem, Wake, WakeAddressProblem, WakePortProblem,
    WakeWay, Way, tags,
    text::{one_line, without_bidi_controls},
    wake::{wake_address, wake_port},
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use std::ops::{Deref, DerefMut};

/// How many characters notes may have.
pub const MAX_NOTES: usize = 10_000;

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

    /// The same host with what Portlight itself has learned about it by `now`: nobody has chosen that, so it is no change.
    pub(crate) fn with_learned_of(&self, now: &Self) -> Self {
        Self {
            display: now.display,
            has_password: now.has_password,
            has_http_auth: now.has_http_auth,
            has_secure_on: now.has_secure_on,
            last_opened: now.last_opened,
            times_opened: now.times_opened,
            protection: now.protection,
            clear_text: now.clear_text,
            ..self.clone()
        }
    }

    /// The same host while the keyring has nothing for it.
    pub(crate) fn without_secrets(&self) -> Self {
        Self { has_password: false, has_http_auth: false, has_secure_on: false, ..self.clone() }
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
            last_opened: self.last_opened,
            times_opened: self.times_opened,
            favourite_place: self.favourite_place,
            source: self.source.as_ref().map(|sourced| sourced.of),
            demo: self.address == Address::Demo,
        }
    }
}

/// A host as typed into the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostDraft {
    /// The host that is edited; none for a new one.
    pub id: Option<HostId>,
    /// Empty means: call it by its address.
    pub name: String,
    /// As [`Address::parse`] reads it.
    pub address: String,
    /// What the user chose.
    #[serde(flatten)]
    pub options: HostOptions,
    /// As [`Jump::parse`] reads it; may be empty.
    pub ssh_jump: String,
    /// As [`Proxy::parse`] reads it; may be empty.
    pub proxy: String,
    /// The named login that it uses: then it has no command for its password.
    #[serde(default)]
    pub login: Option<LoginId>,
    /// Whether the user has just chosen that login, for the server that the form says.
    #[serde(default)]
    pub login_chosen: bool,
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
    /// The SSH host that sends the packet, as [`Jump::parse`] reads it; may be empty.
    pub wake_ssh_host: String,
    /// What becomes of the SecureOn password.
    #[serde(default)]
    pub secure_on: PasswordChange,
    /// What becomes of its saved logins where it leads to another server now.
    #[serde(default)]
    pub on_new_address: OnNewAddress,
}

/// What becomes of a host's saved password and HTTP login when its address, repeater ID, SSH host or proxy changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum OnNewAddress {
    /// The user is asked: nothing is saved yet.
    #[default]
    Ask,
    /// They are meant for the new server, too.
    Keep,
    /// They are taken out of the keyring.
    Forget,
}

impl HostDraft {
    /// The host that is meant. What the form does not show stays as it is in `existing`.
    ///
    /// # Errors
    /// Every field in question, not only the first.
    pub fn check(&self, existing: Option<&Host>) -> Result<Host, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut line = |text, problem: fn(TextProblem) -> FieldProblem| {
            one_line(text).map_err(|wrong| problems.push(problem(wrong))).unwrap_or_default()
        };
        let name = line(&self.name, FieldProblem::Name);
        let options = HostOptions {
            username: line(&self.username, FieldProblem::Username),
            repeater_id: line(&self.repeater_id, FieldProblem::RepeaterId),
            ca_file: line(&self.ca_file, FieldProblem::CaFile),
            client_certificate: line(&self.client_certificate, FieldProblem::ClientCertificate),
            client_key: line(&self.client_key, FieldProblem::ClientKey),
            notes: several_lines(&self.notes).unwrap_or_default(),
            tags: tags::tags(&self.tags).unwrap_or_default(),
            ..self.options.clone()
        };
        problems.extend(several_lines(&self.notes).err().map(FieldProblem::Notes));
        problems.extend(tags::tags(&self.tags).err().map(FieldProblem::Tags));
        let mac = match self.mac.trim() {
            "" => None,
            text => Mac::parse(text).map_err(|wrong| problems.push(FieldProblem::Mac(wrong))).ok(),
        };
        let wake_way = WakeWay {
            address: wake_address(&self.wake_address)
                .map_err(|wrong| problems.push(FieldProblem::WakeAddress(wrong)))
                .unwrap_or_default(),
            port: wake_port(&self.wake_port)
                .map_err(|wrong| problems.push(FieldProblem::WakePort(wrong)))
                .unwrap_or_default(),
            ssh_host: match self.wake_ssh_host.trim() {
                "" => None,
                text => Jump::parse(text).map_err(|wrong| problems.push(FieldProblem::WakeSshHost(wrong))).ok(),
            },
        };
        if let PasswordChange::Set { password } = &self.secure_on {
            problems.extend(SecureOn::parse(password).err().map(FieldProblem::SecureOn));
        }
        let ssh_jump = match self.ssh_jump.trim() {
            "" => None,
            text => Jump::parse(text).map_err(|wrong| problems.push(FieldProblem::SshJump(wrong))).ok(),
        };
        let proxy = match self.proxy.trim() {
            "" => None,
            text => Proxy::parse(text).map_err(|wrong| problems.push(FieldProblem::Proxy(wrong))).ok(),
        };
        let mut command = |text, problem: fn(CommandProblem) -> FieldProblem| {
            CommandLine::parse_optional(text).map_err(|wrong| problems.push(problem(wrong))).unwrap_or_default()
        };
        let password_command = command(&self.password_command, FieldProblem::PasswordCommand);
        let console_command = command(&self.console_command, FieldProblem::ConsoleCommand);
        // ssh is started by its own rules, which have proxies.
        if proxy.is_some() && ssh_jump.is_some() {
            problems.push(FieldProblem::Proxy(ProxyProblem::SshHost));
        }
        let address = match Address::parse(&self.address) {
            // ssh leads to a machine's port, and to nothing else.
            Ok(address) if ssh_jump.is_some() && !matches!(address, Address::Tcp { .. }) => {
                problems.push(FieldProblem::SshJump(JumpProblem::Address));
                return Err(problems);
            }
            Ok(address) if Proxy::check_address(proxy.as_ref(), &address).is_err() => {
                problems.push(FieldProblem::Proxy(ProxyProblem::Address));
                return Err(problems);
            }
            Ok(address) if problems.is_empty() => address,
            address => {
                problems.extend(address.err().map(FieldProblem::Address));
                return Err(problems);
            }
        };
        let name = if name.is_empty() { name_for(&address) } else { name };
        let before = existing.cloned().unwrap_or_else(|| Host::demo(""));
        let known = Host { name, address, options, ssh_jump, proxy, mac, wake_way, ..before.clone() };
        let password_command = password_command.filter(|_| self.login.is_none());
        let mut host = Host { login: self.login, password_command, console_command, ..known };
        if before.source.is_some() {
            // Its source alone says how it is reached.
            host.take_way_of(&before);
            host.console_command.clone_from(&before.console_command);
        }
        if !host.is_same_server(&before) {
            // What was learned about the old server says nothing about this one.
            (host.protection, host.clear_text) = (None, false);
        }
        if !host.favourite {
            host.favourite_place = None;
        }
        Ok(host)
    }
}

impl From<&Host> for HostDraft {
    fn from(host: &Host) -> Self {
        let view = host.view();
        let HostView { id, name, address, options, ssh_jump, proxy, login, password_command, console_command, .. } =
            view;
        Self {
            id: Some(id),
            name,
            address,
            options,
            ssh_jump,
            proxy,
            login,
            login_chosen: false,
            password_command,
            console_command,
            mac: view.mac,
            wake_address: view.wake_address,
            wake_port: view.wake_port,
            wake_ssh_host: view.wake_ssh_host,
            secure_on: PasswordChange::Keep,
            on_new_address: OnNewAddress::default(),
        }
    }
}

/// What a host without a name is called. A very long address is cut, so that the form takes the name back; a token is
/// left out, as names are seen by all who look at the screen.
pub(crate) fn name_for(address: &Address) -> String {
    address.without_query().to_string().chars().take(MAX_TEXT).collect()
}

/// Notes: lines and tabs are theirs, other control characters are left out.
fn several_lines(text: &str) -> Result<String, TextProblem> {
    let text = without_bidi_controls(text).replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = text.trim_end().trim_start_matches('\n');
    if text.chars().count() > MAX_NOTES { Err(TextProblem::TooLong) } else { Ok(text.to_owned()) }
}

/// Notes of another program's list, as much as there is room for.
pub(crate) fn notes_found(text: &str) -> String {
    let start: String = text.trim().chars().take(MAX_NOTES).collect();
    several_lines(&start).unwrap_or_default()
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

/// A host as shown: everything but secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// A field of the form and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "field", content = "problem", rename_all = "snake_case")]
pub enum FieldProblem {
    /// The name.
    #[error("name: {0}")]
    Name(TextProblem),
    /// The address.
    #[error("address: {0}")]
    Address(AddressProblem),
    /// The user name.
    #[error("user name: {0}")]
    Username(TextProblem),
    /// The repeater's ID.
    #[error("repeater ID: {0}")]
    RepeaterId(TextProblem),
    /// The file of certificate authorities.
    #[error("certificate file: {0}")]
    CaFile(TextProblem),
    /// The client's certificate.
    #[error("client certificate: {0}")]
    ClientCertificate(TextProblem),
    /// Its key.
    #[error("key of the client certificate: {0}")]
    ClientKey(TextProblem),
    /// The tags.
    #[error("tags: {0}")]
    Tags(TextProblem),
    /// The notes.
    #[error("notes: {0}")]
    Notes(TextProblem),
    /// The SSH host.
    #[error("SSH host: {0}")]
    SshJump(JumpProblem),
    /// The proxy.
    #[error("proxy: {0}")]
    Proxy(ProxyProblem),
    /// The named login.
    #[error("login: {0}")]
    Login(NamedLoginProblem),
    /// The command for the password.
    #[error("password command: {0}")]
    PasswordCommand(CommandProblem),
    /// The command for the console.
    #[error("console command: {0}")]
    ConsoleCommand(CommandProblem),
    /// The network card's address.
    #[error("MAC address: {0}")]
    Mac(MacProblem),
    /// The broadcast address for the packet that wakes it.
    #[error("broadcast address: {0}")]
    WakeAddress(WakeAddressProblem),
    /// That packet's port.
    #[error("wake-up port: {0}")]
    WakePort(WakePortProblem),
    /// The SSH host that sends that packet.
    #[error("SSH host for the wake-up packet: {0}")]
    WakeSshHost(JumpProblem),
    /// The SecureOn password.
    #[error("SecureOn password: {0}")]
    SecureOn(SecureOnProblem),
    /// Where on the web a list is.
    #[error("URL: {0}")]
    Url(UrlProblem),
}

impl HostView {
    /// Sorts favourites.
    pub fn favourite_order(&self) -> impl Ord + use<> {
        favourite_order(self.favourite_place, &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(name: &str, address: &str, username: &str) -> HostDraft {
        let options = HostOptions { username: username.to_owned(), ..HostOptions::default() };
        HostDraft { name: name.to_owned(), address: address.to_owned(), options, ..HostDraft::default() }
    }

    fn host() -> Host {
        serde_json::from_value(json!({
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:1", "username": "ann",
            "has_password": true, "last_opened": 1_790_000_000, "flavour": "blue",
        }))
        .unwrap()
    }

    #[test]
    fn a_new_host_is_what_was_typed_without_the_space_around() {
        let mut typed = draft("  Studio ", " studio:1 ", " ann\t");
        (typed.view_only, typed.favourite) = (true, true);
        let host = typed.check(None).unwrap();
        assert_eq!((host.name.as_str(), host.username.as_str()), ("Studio", "ann"));
        assert_eq!(host.address, Address::parse("studio:1").unwrap());
        assert!(host.view_only && host.favourite);
        assert!(!host.has_password && host.last_opened.is_none() && host.rest.is_empty());
        assert_ne!(host.id, typed.check(None).unwrap().id, "two new hosts have two ids");
    }

    #[test]
    fn a_host_without_a_name_is_called_by_its_address() {
        assert_eq!(draft(" ", "vnc://studio:5901/", "").check(None).unwrap().name, "studio:5901");
        let long = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".");
        let host = draft("", &long, "").check(None).unwrap();
        assert_eq!(host.address.to_string(), long);
        assert!(HostDraft::from(&host).check(Some(&host)).is_ok(), "its form can be saved again");
    }

    #[test]
    fn editing_keeps_what_the_form_does_not_show() {
        let before = host();
        let mut form = HostDraft { name: "Atelier".into(), ..HostDraft::from(&before) };
        form.favourite = true;
        let mut expected = Host { name: "Atelier".into(), ..before.clone() };
        expected.favourite = true;
        assert_eq!(form.check(Some(&before)), Ok(expected));
    }

    #[test]
    fn an_untouched_form_changes_nothing() {
        assert_eq!(HostDraft::from(&host()).check(Some(&host())), Ok(host()));
    }

    #[test]
    fn every_field_in_question_is_named() {
        let long = "ü".repeat(MAX_TEXT + 1);
        assert_eq!(
            draft("a\nb", "my box", &long).check(None),
            Err(vec![
                FieldProblem::Name(TextProblem::ControlCharacters),
                FieldProblem::Username(TextProblem::TooLong),
                FieldProblem::Address(AddressProblem::Hostname),
            ])
        );
        assert_eq!(draft("a", "", "").check(None), Err(vec![FieldProblem::Address(AddressProblem::Empty)]));
        assert_eq!(
            draft("a\u{2028}b", "box", "").check(None),
            Err(vec![FieldProblem::Name(TextProblem::ControlCharacters)])
        );
    }

    #[test]
    fn a_name_does_not_turn_the_text_beside_it_round() {
        let named = |name: &str| draft(name, "box", "").check(None).unwrap().name;
        assert_eq!(named("Stu\u{202e}dio \u{2066}1\u{2069}"), "Studio 1");
        // A joiner belongs to some languages, and to some pictures.
        assert_eq!(named("خانه\u{200c}ها"), "خانه\u{200c}ها");
    }

    #[test]
    fn length_is_counted_in_characters_not_in_bytes() {
        let longest = "ü".repeat(MAX_TEXT);
        assert_eq!(draft(&longest, "box", &longest).check(None).map(|host| host.name), Ok(longest));
    }

    #[test]
    fn the_view_has_the_demo_mark_and_no_unknown_fields() {
        assert!(Host::demo("Try me").view().demo);
        let view = serde_json::to_value(host().view()).unwrap();
        assert_eq!(
            view,
            json!({
                "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:5901", "username": "ann",
                "view_only": false, "frame": false, "ask_lines": false, "favourite": false, "has_password": true, "last_opened": 1_790_000_000, "repeater_id": "",
                "ca_file": "", "client_certificate": "", "client_key": "", "ssh_jump": "", "proxy": "", "login": null, "password_command": "", "console_command": "", "mac": "", "wake_address": "", "wake_port": "", "wake_ssh_host": "", "has_secure_on": false, "has_http_auth": false, "old_tls": false, "reconnect": true, "demo": false,
                "tags": [], "colour": null, "notes": "", "picture": "shown", "times_opened": 0, "favourite_place": null, "source": null,
            })
        );
    }

    #[test]
    fn what_was_learned_about_a_server_is_not_believed_of_another() {
        let known = Host { protection: Some(Level::Identified), clear_text: true, ..host() };
        let learned =
            |form: HostDraft| form.check(Some(&known)).map(|host| (host.protection, host.clear_text)).unwrap();
        let same = HostDraft { name: "Atelier".into(), mac: "00:11:22:33:44:55".into(), ..HostDraft::from(&known) };
        assert_eq!(learned(same), (Some(Level::Identified), true));
        let mut through_a_repeater = HostDraft::from(&known);
        through_a_repeater.repeater_id = "1234".into();
        for moved in [
            HostDraft { address: "studio:2".into(), ..HostDraft::from(&known) },
            HostDraft { ssh_jump: "gate".into(), ..HostDraft::from(&known) },
            HostDraft { proxy: "socks5://gate".into(), ..HostDraft::from(&known) },
            HostDraft { console_command: "console".into(), ..HostDraft::from(&known) },
            through_a_repeater,
        ] {
            assert_eq!(learned(moved), (None, false));
        }
    }

    #[test]
    fn commands_are_read_checked_and_written_as_they_were_typed() {
        let before = host();
        let password_command = " pass show 'vnc/%h' ".to_owned();
        let form = HostDraft { password_command, console_command: "pve %n".into(), ..HostDraft::from(&before) };
        let saved = form.check(Some(&before)).unwrap();
        let written = serde_json::to_value(&saved).unwrap();
        assert_eq!(
            (&written["password_command"], &written["console_command"]),
            (&json!("pass show 'vnc/%h'"), &json!("pve %n"))
        );
        assert_eq!(serde_json::from_value::<Host>(written).unwrap(), saved);
        assert_eq!(HostDraft::from(&saved).check(Some(&saved)), Ok(saved.clone()));
        assert!(!saved.is_same_server(&before), "it leads elsewhere");
        let wrong = HostDraft { password_command: "pass '".into(), console_command: "%h".into(), ..form };
        let problems = [
            FieldProblem::PasswordCommand(CommandProblem::Quotes),
            FieldProblem::ConsoleCommand(CommandProblem::Program),
        ];
        assert_eq!(wrong.check(Some(&saved)), Err(problems.to_vec()));
    }

    #[test]
    fn the_file_has_only_what_was_chosen_and_reads_what_it_ever_had() {
        let mut chosen = host();
        (chosen.reconnect, chosen.repeater_id) = (false, "1234".into());
        let written = serde_json::to_value(&chosen).unwrap();
        assert_eq!(
            written,
            json!({
                "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:5901", "username": "ann",
                "repeater_id": "1234", "reconnect": false, "has_password": true, "last_opened": 1_790_000_000,
                "flavour": "blue",
            })
        );
        assert_eq!(serde_json::from_value::<Host>(written).unwrap(), chosen);
        let older: Host = serde_json::from_value(json!({
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:1", "username": "",
            "view_only": false, "favourite": true, "reconnect": true, "has_site": true,
        }))
        .unwrap();
        assert!(older.favourite && older.reconnect && older.has_http_auth && older.rest.is_empty());
    }

    #[test]
    fn what_it_is_sorted_by_is_read_written_and_checked() {
        let written = json!({
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:5901", "favourite": true,
            "tags": ["lab", "rack 4"], "colour": "green", "notes": "Ask Ann\nfirst", "has_password": false,
            "times_opened": 3, "favourite_place": 1,
        });
        let host: Host = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&host).unwrap(), written);
        assert_eq!((host.tags.len(), host.colour.clone(), host.rest.len()), (2, Some(Colour::Green), 0));
        let by_hand = json!({ "id": host.id, "name": "A", "address": "a", "tags": "lab, rack 4" });
        assert_eq!(serde_json::from_value::<Host>(by_hand).unwrap().tags, host.tags);

        let mut form = HostDraft::from(&host);
        (form.tags, form.notes) = (vec!["LAB,lab".into(), " ".into()], "\r\na\u{7}b\r\nc \n".into());
        let saved = form.check(Some(&host)).unwrap();
        assert_eq!((saved.tags.as_slice(), saved.notes.as_str()), (&["LAB".to_owned()][..], "ab\nc"));
        assert_eq!((saved.times_opened, saved.favourite_place), (3, Some(1)));
        form.favourite = false;
        assert_eq!(form.check(Some(&host)).unwrap().favourite_place, None);
        (form.tags, form.notes) = (vec!["a".repeat(51)], "a".repeat(MAX_NOTES + 1));
        let too_long = TextProblem::TooLong;
        assert_eq!(form.check(None), Err(vec![FieldProblem::Notes(too_long), FieldProblem::Tags(too_long)]));
    }

    #[test]
    fn what_a_newer_portlight_wrote_survives() {
        let written = serde_json::to_value(host()).unwrap();
        assert_eq!(written["flavour"], "blue");
        assert_eq!(serde_json::from_value::<Host>(written).unwrap(), host());
    }

    #[test]
    fn ids_read_back_the_same() {
        let id = HostId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("no id".parse::<HostId>().is_err());
    }

    #[test]
    fn problems_are_sentences() {
        assert_eq!(FieldProblem::Name(TextProblem::TooLong).to_string(), "name: it has more than 200 characters");
    }
}
