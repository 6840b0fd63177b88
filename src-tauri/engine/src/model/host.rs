//! A host: one machine the user saved. As typed ([`HostDraft`]), as meant ([`Host`]), as shown ([`HostView`]).

use super::{Address, AddressProblem, HostId, Jump, JumpProblem, Level, Mac, MacProblem};
use serde::{Deserialize, Serialize};

/// How many characters a name or a user name may have.
pub const MAX_TEXT: usize = 200;

/// One machine the user saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name for life.
    pub id: HostId,
    /// What the user calls it; never empty.
    pub name: String,
    /// Where its server is.
    pub address: Address,
    /// User name for servers that ask for one; empty where none is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Whether sessions only watch.
    #[serde(default)]
    pub view_only: bool,
    /// Whether the tray lists it first.
    #[serde(default)]
    pub favourite: bool,
    /// Whether the keyring has a password for it, as far as we know.
    #[serde(default)]
    pub has_password: bool,
    /// When it was last opened, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_opened: Option<u64>,
    /// Whom to ask for where the address is an UltraVNC repeater's; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repeater_id: String,
    /// A file of certificate authorities that may vouch for this server too; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// The best protection that it was reached with: less is asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<Level>,
    /// The user agreed that the password travels readably to this host.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clear_text: bool,
    /// The SSH host that the way leads through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_jump: Option<Jump>,
    /// Its network card, by which it can be woken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Whether the keyring has what the site in front of it wants to see.
    #[serde(default, alias = "has_site", skip_serializing_if = "is_false")]
    pub has_http_auth: bool,
    /// Whether a session dials again where the way breaks.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub reconnect: bool,
    /// What a newer Portlight wrote here, kept as it was.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

impl Host {
    /// A new entry for the demo desktop inside Portlight.
    pub fn demo(name: &str) -> Self {
        Self {
            id: HostId::new(),
            name: name.to_owned(),
            address: Address::Demo,
            username: String::new(),
            view_only: false,
            favourite: false,
            has_password: false,
            last_opened: None,
            repeater_id: String::new(),
            ca_file: String::new(),
            protection: None,
            clear_text: false,
            ssh_jump: None,
            mac: None,
            has_http_auth: false,
            reconnect: true,
            rest: serde_json::Map::new(),
        }
    }

    /// The host as shown.
    pub fn view(&self) -> HostView {
        HostView {
            id: self.id,
            name: self.name.clone(),
            address: self.address.to_string(),
            username: self.username.clone(),
            view_only: self.view_only,
            favourite: self.favourite,
            has_password: self.has_password,
            last_opened: self.last_opened,
            repeater_id: self.repeater_id.clone(),
            ca_file: self.ca_file.clone(),
            ssh_jump: self.ssh_jump.as_ref().map(Jump::to_string).unwrap_or_default(),
            mac: self.mac.map(|mac| mac.to_string()).unwrap_or_default(),
            has_http_auth: self.has_http_auth,
            reconnect: self.reconnect,
            demo: self.address == Address::Demo,
        }
    }
}

/// A host as typed into the form.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct HostDraft {
    /// The host that is edited; none for a new one.
    pub id: Option<HostId>,
    /// Empty means: call it by its address.
    pub name: String,
    /// As [`Address::parse`] reads it.
    pub address: String,
    /// May be empty.
    pub username: String,
    /// Whether sessions only watch.
    pub view_only: bool,
    /// Whether the tray lists it first.
    pub favourite: bool,
    /// May be empty.
    pub repeater_id: String,
    /// May be empty.
    pub ca_file: String,
    /// As [`Jump::parse`] reads it; may be empty.
    pub ssh_jump: String,
    /// As [`Mac::parse`] reads it; may be empty.
    pub mac: String,
    /// Whether a session dials again where the way breaks.
    pub reconnect: bool,
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
        let username = line(&self.username, FieldProblem::Username);
        let repeater_id = line(&self.repeater_id, FieldProblem::RepeaterId);
        let ca_file = line(&self.ca_file, FieldProblem::CaFile);
        let mac = match self.mac.trim() {
            "" => None,
            text => Mac::parse(text).map_err(|wrong| problems.push(FieldProblem::Mac(wrong))).ok(),
        };
        let ssh_jump = match self.ssh_jump.trim() {
            "" => None,
            text => Jump::parse(text).map_err(|wrong| problems.push(FieldProblem::SshJump(wrong))).ok(),
        };
        let address = match Address::parse(&self.address) {
            // ssh leads to a machine's port, and to nothing else.
            Ok(address) if ssh_jump.is_some() && !matches!(address, Address::Tcp { .. }) => {
                problems.push(FieldProblem::SshJump(JumpProblem::Address));
                return Err(problems);
            }
            Ok(address) if problems.is_empty() => address,
            address => {
                problems.extend(address.err().map(FieldProblem::Address));
                return Err(problems);
            }
        };
        let name = if name.is_empty() { name_for(&address) } else { name };
        let (view_only, favourite, reconnect) = (self.view_only, self.favourite, self.reconnect);
        let mut host = existing.cloned().unwrap_or_else(|| Host::demo(""));
        if (&host.address, &host.repeater_id) != (&address, &repeater_id) {
            // Another server: what was learned about the old one says nothing about it.
            (host.protection, host.clear_text) = (None, false);
        }
        Ok(Host {
            name,
            address,
            username,
            view_only,
            favourite,
            repeater_id,
            ca_file,
            ssh_jump,
            mac,
            reconnect,
            ..host
        })
    }
}

impl From<&Host> for HostDraft {
    fn from(host: &Host) -> Self {
        Self {
            id: Some(host.id),
            name: host.name.clone(),
            address: host.address.to_string(),
            username: host.username.clone(),
            view_only: host.view_only,
            favourite: host.favourite,
            repeater_id: host.repeater_id.clone(),
            ca_file: host.ca_file.clone(),
            ssh_jump: host.ssh_jump.as_ref().map(Jump::to_string).unwrap_or_default(),
            mac: host.mac.map(|mac| mac.to_string()).unwrap_or_default(),
            reconnect: host.reconnect,
        }
    }
}

/// What a host without a name is called. A very long address is cut, so that the form takes the name back; a token is
/// left out, as names are seen by whoever looks at the screen.
pub(crate) fn name_for(address: &Address) -> String {
    address.without_query().to_string().chars().take(MAX_TEXT).collect()
}

fn one_line(text: &str) -> Result<String, TextProblem> {
    let text = text.trim();
    // The Unicode line separators break lines too, and are not among the control characters.
    if text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(TextProblem::ControlCharacters);
    }
    if text.chars().count() > MAX_TEXT { Err(TextProblem::TooLong) } else { Ok(text.to_owned()) }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_true(value: &bool) -> bool {
    *value
}

fn yes() -> bool {
    true
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
    /// May be empty.
    pub username: String,
    /// Whether sessions only watch.
    pub view_only: bool,
    /// Whether the tray lists it first.
    pub favourite: bool,
    /// Whether the keyring has a password for it.
    pub has_password: bool,
    /// When it was last opened, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last_opened: Option<u64>,
    /// May be empty.
    pub repeater_id: String,
    /// May be empty.
    pub ca_file: String,
    /// As [`Jump::parse`] reads it; may be empty.
    pub ssh_jump: String,
    /// As [`Mac::parse`] reads it; may be empty.
    pub mac: String,
    /// Whether the keyring has what the site in front of it wants to see.
    pub has_http_auth: bool,
    /// Whether a session dials again where the way breaks.
    pub reconnect: bool,
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
    /// The SSH host.
    #[error("SSH host: {0}")]
    SshJump(JumpProblem),
    /// The network card's address.
    #[error("MAC address: {0}")]
    Mac(MacProblem),
}

/// What is wrong with a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum TextProblem {
    /// More than [`MAX_TEXT`] characters.
    #[error("it has more than {MAX_TEXT} characters")]
    TooLong,
    /// Has line breaks or other control characters.
    #[error("it has line breaks or other control characters")]
    ControlCharacters,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(name: &str, address: &str, username: &str) -> HostDraft {
        let (name, address, username) = (name.to_owned(), address.to_owned(), username.to_owned());
        let (repeater_id, ca_file, ssh_jump, mac) = Default::default();
        let (view_only, favourite, reconnect) = (false, false, true);
        HostDraft {
            id: None,
            name,
            address,
            username,
            view_only,
            favourite,
            repeater_id,
            ca_file,
            ssh_jump,
            mac,
            reconnect,
        }
    }

    fn host() -> Host {
        serde_json::from_value(json!({
            "id": "6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a11", "name": "Studio", "address": "studio:1", "username": "ann",
            "has_password": true, "last_opened": 1_790_000_000, "colour": "blue",
        }))
        .unwrap()
    }

    #[test]
    fn a_new_host_is_what_was_typed_without_the_space_around() {
        let typed = HostDraft { view_only: true, favourite: true, ..draft("  Studio ", " studio:1 ", " ann\t") };
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
        let edited =
            HostDraft { name: "Atelier".into(), favourite: true, ..HostDraft::from(&before) }.check(Some(&before));
        assert_eq!(edited, Ok(Host { name: "Atelier".into(), favourite: true, ..before }));
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
                "view_only": false, "favourite": false, "has_password": true, "last_opened": 1_790_000_000, "repeater_id": "",
                "ca_file": "", "ssh_jump": "", "mac": "", "has_http_auth": false, "reconnect": true, "demo": false,
            })
        );
    }

    #[test]
    fn what_a_newer_portlight_wrote_survives() {
        let written = serde_json::to_value(host()).unwrap();
        assert_eq!(written["colour"], "blue");
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
