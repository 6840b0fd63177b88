//! A host as typed into the form, and what may be wrong with that.

use super::{Host, HostOptions, HostView};
use crate::model::{
    Address, AddressProblem, CommandLine, CommandProblem, DisplayChange, HostId, HttpAuthProblem, Jump, JumpProblem,
    LoginId, MAX_TEXT, Mac, MacProblem, NamedLoginProblem, PasswordChange, Proxy, ProxyProblem, SecureOn,
    SecureOnProblem, SharedChoice, TextProblem, UrlProblem, WakeAddressProblem, WakePortProblem, WakeWay, tags,
    text::{as_seen, one_line},
    wake::{wake_address, wake_port},
};
use serde::{Deserialize, Serialize};

/// How many characters notes may have.
pub const MAX_NOTES: usize = 10_000;

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
    /// What its own secret is called, which is typed into its screen; may be empty.
    #[serde(default)]
    pub secret_name: String,
    /// What becomes of that secret.
    #[serde(default)]
    pub secret: PasswordChange,
    /// What is no longer to be otherwise than for all machines.
    #[serde(default)]
    pub as_for_all: Vec<SharedChoice>,
    /// What the command line chooses, which has no window to choose it in.
    #[serde(skip)]
    pub display: DisplayChange,
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
        let secret_name = line(&self.secret_name, FieldProblem::SecretName);
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
        let address = match Address::parse(&self.address) {
            // ssh leads to a machine's port, and to nothing else.
            Ok(address) if ssh_jump.is_some() && !matches!(address, Address::Tcp { .. }) => {
                problems.push(FieldProblem::SshJump(JumpProblem::Address));
                return Err(problems);
            }
            // With an SSH host it is that one which the proxy leads to.
            Ok(address) if ssh_jump.is_none() && Proxy::check_address(proxy.as_ref(), &address).is_err() => {
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
        let known = Host { name, address, options, ssh_jump, proxy, mac, wake_way, secret_name, ..before.clone() };
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
        self.as_for_all.iter().for_each(|choice| host.display.leave(*choice));
        self.display.apply(&mut host.display);
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
            secret_name: view.secret_name,
            secret: PasswordChange::Keep,
            as_for_all: Vec::new(),
            display: DisplayChange::default(),
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
    let text = as_seen(text).replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = text.trim_end().trim_start_matches('\n');
    if text.chars().count() > MAX_NOTES { Err(TextProblem::TooLong) } else { Ok(text.to_owned()) }
}

/// Notes of another program's list, as much as there is room for.
pub(crate) fn notes_found(text: &str) -> String {
    let start: String = text.trim().chars().take(MAX_NOTES).collect();
    several_lines(&start).unwrap_or_default()
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
    /// What its own secret is called.
    #[error("name of the secret: {0}")]
    SecretName(TextProblem),
    /// Where on the web a list is.
    #[error("URL: {0}")]
    Url(UrlProblem),
    /// A login for a website, or its headers.
    #[error("login to the website: {0}")]
    HttpAuth(HttpAuthProblem),
}
