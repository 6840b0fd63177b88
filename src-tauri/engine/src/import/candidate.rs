//! What a reader makes of one entry of a file: a host to be, with what is not carried over, or the reason why it is none.

use super::{ImportProblem, LeftOut, Site, text};
use crate::model::{
    Address, AddressProblem, Display, FieldProblem, Host, HostDraft, HostOptions, Jump, Link, Secret, notes_found,
    tags_found, wake_address, wake_port,
};
use std::collections::BTreeSet;

/// What a file has of a password.
#[derive(Debug, Clone, Default)]
pub(super) enum Password {
    /// None.
    #[default]
    None,
    /// It stands there as it is.
    Readable(Secret),
    /// It is scrambled with a key that everybody knows.
    Obfuscated(Secret),
    /// It is scrambled in the same way, in another file, which was chosen as well.
    Beside {
        /// That file's place among the files.
        file: usize,
        secret: Secret,
    },
    /// It is encrypted with something that the file does not have.
    Encrypted,
    /// The other program keeps it in a keyring, where only that program looks.
    Elsewhere,
    /// It was valid once.
    Once,
    /// It is valid once, for whoever opens the file now; worth nothing to be kept.
    Ticket(Secret),
}

/// One entry as its reader has read it, before it is checked.
#[derive(Debug)]
pub(super) struct Sketch {
    /// Where it stands, from 1 on; 0 where the file is one entry.
    pub(super) line: usize,
    pub(super) name: String,
    /// Where its server is, or why it can be no host.
    pub(super) address: Result<Address, ImportProblem>,
    /// The address as the file has it, for an entry that cannot be read.
    pub(super) as_written: String,
    pub(super) options: HostOptions,
    pub(super) ssh_jump: String,
    pub(super) proxy: String,
    pub(super) mac: String,
    pub(super) wake_address: String,
    pub(super) wake_port: String,
    pub(super) wake_ssh_host: String,
    pub(super) display: Display,
    pub(super) last_opened: Option<u64>,
    pub(super) favourite_place: Option<u32>,
    pub(super) password: Password,
    pub(super) left_out: BTreeSet<LeftOut>,
    /// Whether it is a machine that the person has kept; otherwise only one that may have a VNC server.
    pub(super) is_kept: bool,
    /// What the list knows it by, where it says so.
    pub(super) key: Option<String>,
    /// Its token, of a websockify token file: the name as the file has it.
    pub(super) token: Option<String>,
}

impl Sketch {
    /// A machine of which nothing is known but its name and place.
    pub(super) fn new(name: &str, address: Result<Address, ImportProblem>, as_written: &str) -> Self {
        Self {
            line: 0,
            name: name.to_owned(),
            address,
            as_written: as_written.to_owned(),
            options: HostOptions::default(),
            ssh_jump: String::new(),
            proxy: String::new(),
            mac: String::new(),
            wake_address: String::new(),
            wake_port: String::new(),
            wake_ssh_host: String::new(),
            display: Display::default(),
            last_opened: None,
            favourite_place: None,
            password: Password::None,
            left_out: BTreeSet::new(),
            is_kept: true,
            key: None,
            token: None,
        }
    }

    /// An entry that is no host.
    pub(super) fn skipped(name: &str, as_written: &str, problem: ImportProblem) -> Self {
        Self::new(name, Err(problem), as_written)
    }

    /// Takes tags over, as far as they can be some; the others are noted as left out.
    pub(super) fn tag<'a>(&mut self, found: impl IntoIterator<Item = &'a str>) {
        for text in found {
            let tags = tags_found([text]);
            self.leave_out(LeftOut::Tags, tags.is_empty() && !text.trim().is_empty());
            self.options.tags.extend(tags);
        }
    }

    /// Takes notes over.
    pub(super) fn note(&mut self, notes: &str) {
        self.options.notes = notes_found(notes);
    }

    /// Notes something that is not carried over, where there is anything of it.
    pub(super) fn leave_out(&mut self, what: LeftOut, is_there: bool) {
        if is_there {
            self.left_out.insert(what);
        }
    }

    /// The entry, checked as a form would be.
    pub(super) fn finish(mut self, file: usize) -> Found {
        let name = text::line(&self.name);
        let host = self.address.clone().and_then(|address| self.host(&name, &address));
        let address = match &host {
            Ok(host) => host.address.without_query().to_string(),
            Err(_) => text::line(&self.as_written),
        };
        let name = host.as_ref().map_or(name, |host| host.name.clone());
        let password = if host.is_ok() { self.password } else { Password::None };
        let (left_out, is_kept) = (self.left_out.into_iter().collect(), self.is_kept);
        let host = host.map(|host| Candidate { host, password, left_out, is_kept });
        Found { file, line: self.line, name, address, key: self.key, token: self.token, host }
    }

    fn host(&mut self, name: &str, address: &Address) -> Result<Host, ImportProblem> {
        if crate::model::Mac::parse(&self.mac).is_err() {
            self.leave_out(LeftOut::Mac, !self.mac.trim().is_empty());
            self.mac.clear();
        }
        let wrong_host = !self.wake_ssh_host.trim().is_empty() && Jump::parse(&self.wake_ssh_host).is_err();
        if wrong_host || wake_address(&self.wake_address).is_err() || wake_port(&self.wake_port).is_err() {
            self.leave_out(LeftOut::Wake, true);
            (self.wake_address, self.wake_port, self.wake_ssh_host) = Default::default();
        }
        if !self.options.ca_file.starts_with('/') {
            self.leave_out(LeftOut::Certificates, !self.options.ca_file.is_empty());
            self.options.ca_file.clear();
        }
        // A list that a hand has written may have what the form refuses.
        self.options.tags = tags_found(self.options.tags.iter().map(String::as_str));
        self.options.notes = notes_found(&self.options.notes);
        let options = HostOptions { username: text::line(&self.options.username), ..self.options.clone() };
        let (ssh_jump, proxy, mac) = (self.ssh_jump.clone(), self.proxy.clone(), self.mac.clone());
        let form = HostDraft {
            name: name.to_owned(),
            address: address.to_string(),
            options,
            ssh_jump,
            proxy,
            mac,
            wake_address: self.wake_address.clone(),
            wake_port: self.wake_port.clone(),
            wake_ssh_host: self.wake_ssh_host.clone(),
            ..Default::default()
        };
        let checked =
            form.check(None).map_err(|fields| fields.into_iter().next().map_or(ImportProblem::Line, problem))?;
        let favourite_place = self.favourite_place.filter(|_| checked.favourite);
        Ok(Host { display: self.display, last_opened: self.last_opened, favourite_place, ..checked })
    }
}

fn problem(field: FieldProblem) -> ImportProblem {
    match field {
        FieldProblem::Address(address) => ImportProblem::Address { address },
        FieldProblem::SshJump(ssh) => ImportProblem::Ssh { ssh },
        FieldProblem::Proxy(proxy) => ImportProblem::Proxy { proxy },
        FieldProblem::RepeaterId(_) => ImportProblem::Repeater,
        // What a name or a user name may not have was left out, and what else is wrong was not taken.
        FieldProblem::Name(_)
        | FieldProblem::Username(_)
        | FieldProblem::CaFile(_)
        | FieldProblem::ClientCertificate(_)
        | FieldProblem::ClientKey(_)
        | FieldProblem::Tags(_)
        | FieldProblem::Notes(_)
        | FieldProblem::Login(_)
        | FieldProblem::PasswordCommand(_)
        | FieldProblem::ConsoleCommand(_)
        | FieldProblem::Mac(_)
        | FieldProblem::WakeAddress(_)
        | FieldProblem::WakePort(_)
        | FieldProblem::WakeSshHost(_)
        | FieldProblem::SecureOn(_)
        | FieldProblem::SecretName(_)
        | FieldProblem::Url(_)
        | FieldProblem::HttpAuth(_) => ImportProblem::Line,
    }
}

/// One entry of a file, checked.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Which of the files.
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) name: String,
    /// As Portlight prints it, or as the file has it where that cannot be read.
    pub(super) address: String,
    /// What the list knows it by, where it says so.
    pub(super) key: Option<String>,
    /// Its token, of a websockify token file.
    pub(super) token: Option<String>,
    pub(super) host: Result<Candidate, ImportProblem>,
}

impl Found {
    /// As it is reached through a site; unchanged where it has no token, or is no host.
    pub(super) fn through(&self, site: &Site) -> Self {
        let mut found = self.clone();
        if let (Some(token), Ok(candidate)) = (&self.token, &mut found.host) {
            match site.address(token) {
                Ok(address) => (candidate.host.address, found.address) = (address, site.shown(token)),
                Err(address) => found.host = Err(ImportProblem::Address { address }),
            }
        }
        found
    }
}

/// A host to be.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) host: Host,
    pub(super) password: Password,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) is_kept: bool,
}

/// Reads host text as VNC programs write it: `box`, `box:1`, `box::5901`, `/path`.
pub(super) fn typed(text: &str) -> Result<Address, ImportProblem> {
    match Address::parse(text.trim()) {
        Ok(Address::Demo) => Err(AddressProblem::Hostname),
        address => address,
    }
    .map_err(|address| ImportProblem::Address { address })
}

/// Reads a host name beside a port that is a TCP port.
pub(super) fn tcp(host: &str, port: &str) -> Result<Address, ImportProblem> {
    let problem = |address| ImportProblem::Address { address };
    let host = host.trim();
    if host.is_empty() {
        return Err(problem(AddressProblem::Empty));
    }
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.trim();
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port != 0).ok_or(problem(AddressProblem::Port))?;
    Address::tcp(host, port).map_err(problem)
}

/// Reads a `vnc://` link whose port is a TCP port.
pub(super) fn link(text: &str) -> Result<Link, ImportProblem> {
    let text = text.trim();
    match text.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("vnc") => {
            Link::parse(text).map_err(|address| ImportProblem::Address { address })
        }
        Some((scheme, _)) => Err(ImportProblem::OtherProtocol { protocol: text::line(scheme) }),
        None => Err(ImportProblem::Address { address: AddressProblem::Scheme }),
    }
}

/// The name of a file without its ending and its folder.
pub(super) fn stem(name: &str) -> &str {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

/// The eight bytes of a password that VNC programs scramble with the key that all of them have, as 16 hexadecimal digits.
/// A second block behind it is a password for looking only.
pub(super) fn obfuscated(digits: &str) -> Password {
    let digits = digits.trim().as_bytes();
    if !(digits.len() == 16 || digits.len() == 32) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Password::None;
    }
    let mut block = [0; 8];
    for (byte, pair) in block.iter_mut().zip(digits.as_chunks::<2>().0) {
        let digit = |digit: u8| (digit as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
        *byte = digit(pair[0]) << 4 | digit(pair[1]);
    }
    unscrambled(block).map_or(Password::None, Password::Obfuscated)
}

/// Such a block in the clear; none where there is nothing in it.
pub(super) fn unscrambled(block: [u8; 8]) -> Option<Secret> {
    let plain = rfb::unobfuscated(block);
    let plain: String = plain.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    (!plain.is_empty()).then(|| plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_obfuscated_passwords_of_vnc_programs() {
        let shown = |digits| match obfuscated(digits) {
            Password::Obfuscated(secret) => Some(secret.expose().to_owned()),
            _ => None,
        };
        assert_eq!(shown("269674f20f69a332").as_deref(), Some("quince7"));
        assert_eq!(shown(" EF92A21C8E57DA00 ").as_deref(), Some("medlar42"));
        assert_eq!(shown("269674f20f69a332ef92a21c8e57da00").as_deref(), Some("quince7"));
        for none in ["", "5ab2cdc0badcaf13", "269674f20f69a33", "269674f20f69a33z", "é69674f20f69a33"] {
            assert_eq!(shown(none), None, "{none}");
        }
    }

    #[test]
    fn names_of_files() {
        for (name, expected) in [("a.vnc", "a"), ("x/y\\a.b.vnc", "a.b"), ("hosts", "hosts"), (".vnc", ".vnc")] {
            assert_eq!(stem(name), expected);
        }
    }

    #[test]
    fn what_has_no_place_in_a_host_is_told() {
        let mut sketch = Sketch::new("A\u{202e}\n", typed("box:1"), "box:1");
        (sketch.mac, sketch.options.ca_file) = ("nonsense".to_owned(), "ca.pem".to_owned());
        (sketch.wake_address, sketch.wake_port) = ("10.0.0.255".to_owned(), "all".to_owned());
        let candidate = sketch.finish(0).host.unwrap();
        assert_eq!(candidate.host.name, "A");
        assert_eq!(candidate.left_out, [LeftOut::Certificates, LeftOut::Mac, LeftOut::Wake]);

        let mut through = Sketch::new("A", typed("/run/vnc"), "");
        through.ssh_jump = "gate".to_owned();
        assert!(matches!(through.finish(0).host, Err(ImportProblem::Ssh { .. })));
        let mut option = Sketch::new("A", typed("box"), "");
        option.ssh_jump = "-oProxyCommand=x".to_owned();
        assert!(matches!(option.finish(0).host, Err(ImportProblem::Ssh { .. })));
        for host in ["-oProxyCommand=x", "a b", "ann@box", "box:65536", "box:-1", "box:5900x", "portlight:demo", ""] {
            assert!(typed(host).is_err(), "{host}");
        }
    }
}
