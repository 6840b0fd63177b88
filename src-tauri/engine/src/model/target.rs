//! What a session looks at.

use super::{
    Address, CommandLine, Display, Host, HostId, HostOptions, Jump, LastWay, Level, LoginId, Placeholders, Proxy,
    Secret, Wake, Way, name_for,
};
use std::{
    net::SocketAddr,
    ops::{Deref, DerefMut},
    path::Path,
};

/// What a session looks at: a saved host, or a typed address.
#[derive(Debug, Clone)]
pub struct Target {
    /// The saved host behind it.
    pub host: Option<HostId>,
    /// What the window is called.
    pub name: String,
    /// Where the server is.
    pub address: Address,
    /// The address that the list has, where a console command has named another one.
    pub listed: Option<Address>,
    /// What the user chose for the host; the defaults for a typed address.
    pub options: HostOptions,
    /// What was chosen in its window.
    pub display: Display,
    /// Whether the keyring is known to have a password.
    pub has_password: bool,
    /// Whether the keyring has what the site in front of it wants to see.
    pub has_http_auth: bool,
    /// The SSH host that the way leads through, as the list has it.
    pub ssh_jump: Option<Jump>,
    /// The SSH host that a console command has named instead: see [`Target::jump`].
    pub console_jump: Option<Jump>,
    /// The proxy that the way leads through.
    pub proxy: Option<Proxy>,
    /// The named login that it uses.
    pub login: Option<LoginId>,
    /// What prints its password.
    pub password_command: Option<CommandLine>,
    /// What prints where its console is, each time anew.
    pub console_command: Option<CommandLine>,
    /// How it is woken, where that is to be done first.
    pub wake: Option<Wake>,
    /// A link asks for no less protection than this.
    pub least: Option<Level>,
    /// A link names this user. It is whom the session logs in as where the list names nobody.
    pub link_username: Option<String>,
    /// It came by a link with a password, which was for once: it is not opened again by itself.
    pub for_once: bool,
    /// A password that is good for one login, out of the file that was opened.
    pub ticket: Option<Secret>,
    /// The best protection that it was reached with, when this was looked up.
    pub protection: Option<Level>,
    /// Whether the user had agreed by then that the password travels readably.
    pub clear_text: bool,
    /// Whether others keep the list that it stands in.
    pub is_sourced: bool,
}

impl Target {
    /// Something that is not saved: an address, and nothing known about it.
    pub fn unsaved(name: String, address: Address, view_only: bool) -> Self {
        Self {
            host: None,
            name,
            address,
            listed: None,
            options: HostOptions { view_only, ..HostOptions::default() },
            display: Display::default(),
            has_password: false,
            has_http_auth: false,
            ssh_jump: None,
            console_jump: None,
            proxy: None,
            login: None,
            password_command: None,
            console_command: None,
            wake: None,
            least: None,
            link_username: None,
            for_once: false,
            ticket: None,
            protection: None,
            clear_text: false,
            is_sourced: false,
        }
    }

    /// The name under which keys of its server are known: see [`Address::endpoint`].
    pub(crate) fn endpoint(&self) -> String {
        Way { address: &self.address, ssh_jump: self.jump(), ..self.way() }.endpoint(self.host)
    }

    /// Whether the endpoint may be another machine each time: an address with a token that is not saved.
    pub(crate) fn has_shared_endpoint(&self) -> bool {
        self.host.is_none() && self.address.has_query()
    }

    /// Whether both lead to the same server: only then a login of one is for the other.
    pub(crate) fn is_same_server(&self, other: &Self) -> bool {
        self.way() == other.way()
    }

    /// The saved host behind it, where the user keeps it. Only of such a machine the password command for all machines is told: a
    /// source could give another one's name to an address of its own.
    pub(crate) fn own_host(&self) -> Option<HostId> {
        self.host.filter(|_| !self.is_sourced)
    }

    /// Takes the user that a link names, where the list names none.
    pub(crate) fn name_user(&mut self, link_username: Option<String>) {
        if let Some(username) = link_username.as_ref().filter(|_| self.username.is_empty()) {
            self.username.clone_from(username);
        }
        self.link_username = link_username;
    }

    pub(crate) fn way(&self) -> Way<'_> {
        Way {
            address: self.listed_address(),
            repeater_id: &self.options.repeater_id,
            ssh_jump: self.ssh_jump.as_ref(),
            proxy: self.proxy.as_ref().map(Proxy::without_username),
            console_command: self.console_command.as_ref(),
        }
    }

    /// The SSH host that the way to its address leads through.
    pub(crate) fn jump(&self) -> Option<&Jump> {
        self.console_jump.as_ref().or(self.ssh_jump.as_ref())
    }

    /// The same machine where its console is now, through this SSH host where its command has named one.
    pub(crate) fn at(&self, address: Address, username: Option<String>, console_jump: Option<Jump>) -> Self {
        let mut target = Self { listed: Some(self.listed_address().clone()), address, console_jump, ..self.clone() };
        if let Some(username) = username {
            target.username = username;
        }
        target
    }

    /// The same machine, reached for once at `address` through `ssh_jump`. It counts as typed: no login of its entry goes along, as those
    /// are for another way, and nothing is kept with the entry. What protects the user and the machine stays as it was chosen.
    pub(crate) fn through_for_once(&self, address: Address, ssh_jump: Jump) -> Self {
        let way = format!("{} via {ssh_jump}", name_for(&address));
        let name = if self.host.is_some() { format!("{} ({way})", self.name) } else { way };
        let options =
            HostOptions { client_certificate: String::new(), client_key: String::new(), ..self.options.clone() };
        Self {
            options,
            display: Display { clipboard: None, ..self.display },
            ssh_jump: Some(ssh_jump),
            least: self.least,
            protection: self.protection,
            for_once: self.for_once,
            ..Self::unsaved(name, address, self.view_only)
        }
    }

    /// Its way as it is to be remembered for later attempts: only where it leads through an SSH host alone to a host name and port.
    pub(crate) fn last_way(&self) -> Option<LastWay> {
        let (host, ssh_jump, address) = (self.host?, self.ssh_jump.clone()?, self.listed_address().clone());
        let is_plain = self.console_command.is_none() && self.proxy.is_none() && matches!(address, Address::Tcp { .. });
        is_plain.then_some(LastWay { host, address, ssh_jump })
    }

    /// The address that the machine is known by: a console is elsewhere each time.
    pub(crate) fn listed_address(&self) -> &Address {
        self.listed.as_ref().unwrap_or(&self.address)
    }

    /// The name under which keys of a server are known that connected to us.
    pub(crate) fn reverse_endpoint(&self) -> String {
        format!("{} calling", self.caller_name())
    }

    /// Who has connected to us: without the port, which is another one each time.
    pub(crate) fn caller_name(&self) -> String {
        match &self.address {
            Address::Tcp { hostname, .. } => hostname.clone(),
            other => other.without_query().to_string(),
        }
    }

    /// A recording: a file in place of a server, which is never dialled. Its path stands where an address would, so that the
    /// same file is shown once.
    pub(crate) fn recording(name: String, path: &Path) -> Self {
        let mut target = Self::unsaved(name, Address::Unix(path.to_owned()), true);
        target.reconnect = false;
        target
    }

    /// The last minutes of a session with `live`: memory in place of a server, which is never dialled.
    pub(crate) fn past(live: &Self) -> Self {
        let mut target = Self::unsaved(format!("↶ {}", live.name), live.address.clone(), true);
        target.reconnect = false;
        target
    }

    /// A server that has connected to us. Its port is another one each time, so it cannot be dialled again.
    pub(crate) fn caller(from: SocketAddr) -> Self {
        let (hostname, port) = (from.ip().to_canonical().to_string(), from.port());
        let mut target = Self::unsaved(hostname.clone(), Address::Tcp { hostname, port }, false);
        target.reconnect = false;
        target
    }
}

impl From<&Target> for Placeholders {
    fn from(target: &Target) -> Self {
        Self::new(&target.name, target.listed_address(), &target.username)
    }
}

impl Deref for Target {
    type Target = HostOptions;

    fn deref(&self) -> &HostOptions {
        &self.options
    }
}

impl DerefMut for Target {
    fn deref_mut(&mut self) -> &mut HostOptions {
        &mut self.options
    }
}

impl From<&Host> for Target {
    fn from(host: &Host) -> Self {
        Self {
            host: Some(host.id),
            name: host.name.clone(),
            address: host.address.clone(),
            listed: None,
            options: host.options.clone(),
            display: host.display,
            has_password: host.has_password,
            has_http_auth: host.has_http_auth,
            ssh_jump: host.ssh_jump.clone(),
            console_jump: None,
            proxy: host.proxy.clone(),
            login: host.login,
            password_command: host.password_command.clone(),
            console_command: host.console_command.clone(),
            wake: None,
            least: None,
            link_username: None,
            for_once: false,
            ticket: None,
            protection: host.protection,
            clear_text: host.clear_text,
            is_sourced: host.source.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(address: &str) -> Target {
        Target::from(&Host { address: address.parse().unwrap(), ..Host::demo("Box") })
    }

    #[test]
    fn a_token_is_in_no_endpoint_and_a_new_one_makes_no_new_endpoint() {
        let first = saved("wss://site/websockify?token=first");
        let second = Target { address: "wss://site/websockify?token=second".parse().unwrap(), ..first.clone() };
        assert_eq!(first.endpoint(), second.endpoint());
        assert!(!first.endpoint().contains("first"), "{}", first.endpoint());
        assert!(!first.is_same_server(&second), "its login is for the first");
        let other = saved("wss://site/websockify?token=first");
        assert_ne!(first.endpoint(), other.endpoint(), "another host behind the same site");
        let typed = |text: &str| Target::unsaved("x".into(), text.parse().unwrap(), false);
        assert!(typed("wss://site/a?token=b").has_shared_endpoint());
        assert!(!typed("wss://site/a").has_shared_endpoint() && !first.has_shared_endpoint());
    }

    #[test]
    fn a_repeater_and_an_ssh_host_make_another_server() {
        let plain = saved("box");
        let repeater =
            Target { options: HostOptions { repeater_id: "7".into(), ..HostOptions::default() }, ..plain.clone() };
        let through = Target { ssh_jump: Some("jump".parse().unwrap()), ..plain.clone() };
        let by_proxy = |text: &str| Target { proxy: Some(text.parse().unwrap()), ..plain.clone() };
        let proxied = by_proxy("socks5://gate:1080");
        assert!(
            proxied.is_same_server(&by_proxy("socks5://ann@gate")),
            "whom the proxy knows us as makes no other way"
        );
        assert_eq!(proxied.endpoint(), by_proxy("socks5://ann@gate").endpoint());
        for other in [&repeater, &through, &proxied] {
            assert_ne!(plain.endpoint(), other.endpoint());
            assert!(!plain.is_same_server(other));
        }
    }

    #[test]
    fn for_once_through_an_ssh_host_no_login_of_its_entry_goes_along() {
        let options = HostOptions {
            client_certificate: "/me.pem".into(),
            view_only: true,
            ask_lines: true,
            ..saved("a").options
        };
        let host = Target {
            options,
            has_password: true,
            has_http_auth: true,
            login: Some(LoginId::new()),
            password_command: Some("pass box".parse().unwrap()),
            protection: Some(Level::Encrypted),
            ..saved("box:1")
        };
        let once = host.through_for_once("box:2".parse().unwrap(), "gate".parse().unwrap());
        assert_eq!((once.host, once.has_password, once.has_http_auth, once.login), (None, false, false, None));
        assert!(once.password_command.is_none() && once.client_certificate.is_empty());
        assert!(once.view_only && once.ask_lines, "what protects the machine stays");
        assert_eq!(once.protection, Some(Level::Encrypted), "and what protects the user");
        assert_eq!(once.endpoint(), "box:5902 through gate", "keys are known with the way");
        assert_eq!(once.name, "Box (box:5902 via gate)");
        assert_eq!(once.last_way(), None, "it is no entry's way");
    }

    #[test]
    fn a_consoles_ssh_host_is_gone_through_and_changes_nobody_s_logins() {
        let saved = Target { console_command: Some("console a".parse().unwrap()), ..saved("box") };
        let console = saved.at("127.0.0.1:5901".parse().unwrap(), None, Some("ann@hypervisor".parse().unwrap()));
        assert_eq!(console.jump().map(ToString::to_string).as_deref(), Some("ann@hypervisor"));
        assert_eq!(console.endpoint(), "127.0.0.1:5901 through ann@hypervisor", "its keys are known together with it");
        assert!(console.is_same_server(&saved));
        let of_the_form = Target { ssh_jump: Some("gate".parse().unwrap()), ..saved };
        let console = of_the_form.at("127.0.0.1:5901".parse().unwrap(), None, None);
        assert_eq!(console.jump().map(ToString::to_string).as_deref(), Some("gate"), "where the command names none");
    }

    #[test]
    fn logins_are_for_one_way_and_whom_they_are_for_tells_no_secret() {
        let id = HostId::new();
        let plain = saved("wss://site/a?token=first");
        let targets = [
            plain.clone(),
            saved("wss://site/a"),
            saved("wss://site/a?token=second"),
            Target { console_command: Some("virsh domdisplay a".parse().unwrap()), ..plain.clone() },
            Target { ssh_jump: Some("jump".parse().unwrap()), ..saved("box") },
            saved("box"),
        ];
        for (at, target) in targets.iter().enumerate() {
            let recipient = target.way().recipient(id);
            assert!(!recipient.as_str().contains("first") && !recipient.as_str().contains("virsh"), "{recipient:?}");
            for (other_at, other) in targets.iter().enumerate() {
                assert_eq!(recipient == other.way().recipient(id), at == other_at, "{target:?} {other:?}");
            }
        }
        assert_eq!(plain.way().recipient(id).to_string(), "wss://site/a");
        assert_ne!(plain.way().recipient(id), plain.way().recipient(HostId::new()), "no digest can be looked up");
    }
}
