//! One file that is opened, as a double click does: its machine is reached as the file says, and nothing is added to the list.
//!
//! A file may come from anybody, as a link may. So what it has for the form is taken only where it leads somewhere or asks for
//! less: no certificates (they would vouch for its own server), no older TLS, no clipboard, no full screen.

use super::{
    File, FileProblem, Format, ImportProblem,
    candidate::{Candidate, Password},
    plan::Machine,
    read,
};
use crate::model::{ClipboardSharing, Display, Host, HostOptions, Secret, Target};
use serde::Serialize;

/// What a file is that is opened.
#[derive(Debug)]
pub(crate) enum Opening {
    /// One machine: as the list has it where it is there, else as the file says. With a password that is good once.
    Machine(Box<Target>),
    /// A list of machines, or a file that is not made to be opened: what is in it can be added.
    List,
}

/// Why a file is not opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{name:?} cannot be opened: {why}")]
pub struct NotOpened {
    /// The file's name, without its folder.
    pub name: String,
    /// Why.
    pub why: WhyNot,
}

/// What keeps a file from being opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The file.
    #[error(transparent)]
    File(FileProblem),
    /// What stands in it.
    #[error(transparent)]
    Import(ImportProblem),
}

/// Reads a file that is opened. `hosts` is the list; `name_of` says what a window is called that shows something that is not in
/// it, by the name that the file has for it.
///
/// # Errors
/// Why nothing is opened.
pub(crate) fn opening(file: File, hosts: &[Host], name_of: impl FnOnce(&Host) -> String) -> Result<Opening, NotOpened> {
    let reading = read(&[file]);
    let view = reading.files.into_iter().next();
    let (name, format, problem) = view.map_or_else(Default::default, |view| (view.name, view.format, view.problem));
    let failed = |why| NotOpened { name: name.clone(), why };
    if let Some(problem) = problem {
        return Err(failed(WhyNot::File(problem)));
    }
    let mut found = reading.found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(failed(WhyNot::File(FileProblem::NoMachine))),
        (Some(only), None) if format.is_some_and(Format::is_opened) => match only.host {
            Ok(candidate) => Ok(Opening::Machine(Box::new(target(candidate, hosts, name_of)))),
            Err(why) => Err(failed(WhyNot::Import(why))),
        },
        _ => Ok(Opening::List),
    }
}

fn target(candidate: Candidate, hosts: &[Host], name_of: impl FnOnce(&Host) -> String) -> Target {
    let Candidate { host: found, password, .. } = candidate;
    let machine = Machine::of(&found);
    // One with a console command is elsewhere each time, and the file says where.
    let listed = hosts.iter().find(|host| host.console_command.is_none() && Machine::of(host) == machine);
    let mut target = match listed {
        Some(host) => {
            let mut target = Target::from(host);
            target.view_only |= found.view_only;
            target
        }
        None => unlisted(&found, name_of(&found)),
    };
    target.for_once = !matches!(password, Password::None);
    target.ticket = ticket(password);
    target
}

fn unlisted(found: &Host, name: String) -> Target {
    let HostOptions { username, repeater_id, view_only, reconnect, .. } = found.options.clone();
    let mut target = Target::unsaved(name, found.address.clone(), view_only);
    target.options = HostOptions { username, repeater_id, reconnect, ..target.options };
    (target.ssh_jump, target.proxy) = (found.ssh_jump.clone(), found.proxy.clone());
    let Display { scaling, quality, clipboard, .. } = found.display;
    let clipboard = clipboard.filter(|sharing| *sharing == ClipboardSharing::Off);
    target.display = Display { scaling, quality, clipboard, ..Display::default() };
    target
}

fn ticket(password: Password) -> Option<Secret> {
    match password {
        Password::Ticket(ticket) => Some(ticket),
        // To be asked for: a password that stands in a file for good is taken only where the person says so, in an import.
        Password::None
        | Password::Readable(_)
        | Password::Obfuscated(_)
        | Password::Beside { .. }
        | Password::Encrypted
        | Password::Elsewhere
        | Password::Once => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClipboardSharing, HostId};

    fn open_beside(hosts: &[Host], name: &str, text: &str) -> Result<Opening, NotOpened> {
        let file = File { name: name.to_owned(), bytes: Ok(text.as_bytes().to_vec()), chosen_in: None };
        opening(file, hosts, |host| format!("<{}>", host.name))
    }

    fn machine(hosts: &[Host], name: &str, text: &str) -> Target {
        match open_beside(hosts, name, text).unwrap() {
            Opening::Machine(target) => *target,
            Opening::List => panic!("{text}"),
        }
    }

    fn why(name: &str, text: &str) -> WhyNot {
        open_beside(&[], name, text).map(|_| ()).unwrap_err().why
    }

    const VV: &str = "[virt-viewer]\ntype=vnc\nhost=node.test\nport=5907\npassword=quince7\nfullscreen=1\n\
        delete-this-file=1\ntitle=Mill\n";

    #[test]
    fn one_machine_is_reached_as_its_file_says() {
        let target = machine(&[], "mill.vv", VV);
        assert_eq!((target.name.as_str(), target.address.to_string().as_str()), ("<Mill>", "node.test:5907"));
        assert_eq!(target.ticket.as_ref().map(Secret::expose), Some("quince7"), "good for one login");
        assert!(target.host.is_none() && !target.display.full_screen, "it may come from anybody");
        assert!(!format!("{target:?}").contains("quince7"));

        let text = "[remmina]\nname=Kiln\nprotocol=VNC\nserver=kiln.test:2\nusername=ann\nviewonly=1\npassword=.\n\
            ssh_tunnel_enabled=1\nssh_tunnel_server=gate.test\n";
        let target = machine(&[], "x.remmina", text);
        assert_eq!((target.username.as_str(), target.view_only, target.ticket.is_some()), ("ann", true, false));
        assert!(target.ssh_jump.is_some(), "{target:?}");
    }

    #[test]
    fn a_file_vouches_for_nobody_and_asks_for_no_less() {
        let text = "TigerVNC Configuration file Version 1.0\n\nServerName=box.test\nX509CA=/tmp/theirs.pem\nFullScreen=1\n\
            SendClipboard=0\nAcceptClipboard=0\n";
        let target = machine(&[], "box.tigervnc", text);
        assert_eq!((target.ca_file.as_str(), target.display.full_screen), ("", false));
        assert_eq!(target.display.clipboard, Some(ClipboardSharing::Off), "less may be asked for");
        let list = format!(
            r#"{{"version":1,"hosts":[{{"id":"{}","name":"A","address":"a.test","old_tls":true,"client_certificate":"/c",
            "client_key":"/k","password_command":"id","display":{{"clipboard":"both","grab":true}}}}]}}"#,
            HostId::new()
        );
        let target = machine(&[], "a.portlight", &list);
        assert!(!target.old_tls && target.client_certificate.is_empty() && target.password_command.is_none());
        assert!(target.display.clipboard.is_none() && !target.display.grab, "{target:?}");
    }

    #[test]
    fn the_very_same_machine_is_the_one_in_the_list_and_another_way_is_another() {
        let mut host = Host::new("Mine".to_owned(), "NODE.test:5907".parse().unwrap());
        host.options.username = "bob".to_owned();
        let target = machine(&[host.clone()], "mill.vv", VV);
        assert_eq!((target.host, target.username.as_str()), (Some(host.id), "bob"));
        assert!(target.ticket.is_some(), "the file's own, for this time");
        let through = Host { ssh_jump: Some("gate".parse().unwrap()), ..host.clone() };
        assert_eq!(machine(&[through], "mill.vv", VV).host, None);
        let by_command = Host { console_command: Some("virsh domdisplay a".parse().unwrap()), ..host };
        assert_eq!(machine(&[by_command], "mill.vv", VV).host, None);
    }

    #[test]
    fn what_is_no_single_machine_is_looked_at_before_it_is_added() {
        for (name, text) in [
            ("two.portlight", r#"{"version":1,"hosts":[{"name":"a","address":"a"},{"name":"b","address":"b"}]}"#),
            ("list.csv", "name,host\nA,a.test\n"),
            // Any text of one word looks like an address.
            ("notes.txt", "box.test\n"),
            ("config", "Host gate\n  HostName gate.test\n"),
        ] {
            assert!(matches!(open_beside(&[], name, text), Ok(Opening::List)), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let spice = VV.replace("type=vnc", "type=spice");
        assert!(matches!(why("a.vv", &spice), WhyNot::Import(ImportProblem::OtherProtocol { .. })));
        assert!(matches!(why("a.vnc", "[connection]\nhost=\n"), WhyNot::File(FileProblem::NoMachine)));
        assert!(matches!(why("a.vnc", "hello, world"), WhyNot::File(FileProblem::Unknown)));
        assert!(matches!(why("a.vnc", ""), WhyNot::File(FileProblem::NoMachine)));
        let fifo = File { name: "a.vv".to_owned(), bytes: Err(FileProblem::NotAFile), chosen_in: None };
        let said = opening(fifo, &[], |_| String::new()).unwrap_err().to_string();
        assert_eq!(said, "\"a.vv\" cannot be opened: it is no regular file");
        let option = VV.replace("host=node.test", "host=-oProxyCommand=x");
        assert!(matches!(why("a.vv", &option), WhyNot::Import(ImportProblem::Address { .. })));
    }

    #[test]
    fn a_link_in_a_file_is_obeyed_or_refused() {
        let file = |parameters: &str| {
            format!("<plist><dict><key>URL</key><string>vnc://ann@box.test/{parameters}</string></dict></plist>")
        };
        let target = machine(&[], "box.vncloc", &file("?SshHost=gate.test"));
        assert_eq!((target.username.as_str(), target.ssh_jump.is_some()), ("ann", true));
        for parameters in ["?SecurityType=19", "?IdHash=00"] {
            assert!(matches!(why("box.vncloc", &file(parameters)), WhyNot::Import(ImportProblem::Address { .. })));
        }
    }
}
