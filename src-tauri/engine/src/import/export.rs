//! The list as text for others. There is no secret in it: passwords lie in the keyring, and what a list has of a token is
//! taken out of an address.

use crate::model::{Address, Host};
use serde::Serialize;

/// A form that the list can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ExportFormat"))]
#[serde(rename_all = "snake_case")]
pub enum Export {
    /// Portlight's own: everything but secrets, and what only counts on this computer.
    Portlight,
    /// CSV with a header, for spreadsheets.
    Csv,
    /// A token file of websockify: machines that it can reach.
    Websockify,
}

impl Export {
    /// What a file of it is called.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Portlight => "portlight-machines.json",
            Self::Csv => "portlight-machines.csv",
            Self::Websockify => "portlight-machines.cfg",
        }
    }
}

/// The hosts in this form, without the demo desktop.
pub fn export(hosts: &[Host], format: Export) -> String {
    let hosts = hosts.iter().filter(|host| host.address != Address::Demo);
    match format {
        Export::Portlight => portlight(hosts),
        Export::Csv => csv(hosts),
        Export::Websockify => websockify(hosts),
    }
}

fn portlight<'a>(hosts: impl Iterator<Item = &'a Host>) -> String {
    #[derive(Serialize)]
    struct List {
        version: u64,
        hosts: Vec<Host>,
    }
    let for_others = |host: &Host| Host {
        address: host.address.without_query(),
        // What lies in this computer's keyring, and what was learned and agreed to here.
        has_password: false,
        has_http_auth: false,
        has_secure_on: false,
        secret_name: String::new(),
        has_secret: false,
        login: None,
        protection: None,
        clear_text: false,
        source: None,
        // Nobody's import takes a command in, and its arguments are nobody else's business.
        password_command: None,
        console_command: None,
        // A newer version may keep here what is nobody else's business.
        rest: serde_json::Map::new(),
        ..host.clone()
    };
    let list = List { version: 1, hosts: hosts.map(for_others).collect() };
    // Texts, numbers and booleans: there is nothing that could not be written.
    serde_json::to_string_pretty(&list).unwrap_or_default() + "\n"
}

fn csv<'a>(hosts: impl Iterator<Item = &'a Host>) -> String {
    let header = "name,address,username,view_only,favourite,ssh_jump,proxy,mac,wake_address,wake_port,wake_ssh_host,repeater_id,ca_file,reconnect,tags,colour,notes";
    let mut text = format!("{header}\r\n");
    for host in hosts {
        let address = host.address.without_query().to_string();
        let view = host.view();
        // A comma tells that no semicolon parts them.
        let end = if host.tags.len() == 1 && host.tags.iter().any(|tag| tag.contains(';')) { "," } else { "" };
        let tags = host.tags.join(", ") + end;
        // Its name in the list's own file.
        let colour = serde_json::to_value(&host.colour).unwrap_or_default();
        let flag = |is: bool| if is { "true" } else { "false" };
        let fields = [
            &host.name,
            &address,
            &host.username,
            flag(host.view_only),
            flag(host.favourite),
            &view.ssh_jump,
            &view.proxy,
            &view.mac,
            &view.wake_address,
            &view.wake_port,
            &view.wake_ssh_host,
            &host.repeater_id,
            &host.ca_file,
            flag(host.reconnect),
            &tags,
            colour.as_str().unwrap_or_default(),
            &host.notes,
        ];
        text.push_str(&fields.map(field).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A field of CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)). Spreadsheets calculate what begins like a formula,
/// so an apostrophe comes before that; reading takes it off again.
fn field(value: &str) -> String {
    let value = if value.starts_with(['=', '+', '-', '@']) { format!("'{value}") } else { value.to_owned() };
    if value.contains([',', '"', '\n', '\r', '\'']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
}

fn websockify<'a>(hosts: impl Iterator<Item = &'a Host>) -> String {
    let mut text =
        String::from("# Machines from Portlight. websockify reaches them as this computer does, without SSH.\n");
    for host in hosts {
        // A colon with a space behind it ends a token.
        let token = host.name.replace(": ", ":").trim_start_matches('#').trim().to_owned();
        let target = match &host.address {
            _ if host.ssh_jump.is_some() || host.proxy.is_some() || !host.repeater_id.is_empty() => None,
            Address::Tcp { hostname, port } if hostname.contains(':') => Some(format!("[{hostname}]:{port}")),
            Address::Tcp { hostname, port } => Some(format!("{hostname}:{port}")),
            Address::Unix(path) => Some(format!("unix_socket:{}", path.display())),
            Address::Ws(_) | Address::Demo => None,
        };
        match target {
            Some(target) if !token.is_empty() => text.push_str(&format!("{token}: {target}\n")),
            _ => text.push_str(&format!("# not reachable so: {token}\n")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        import::{File, Plan, read},
        model::Colour,
    };

    fn hosts() -> Vec<Host> {
        let mut hosts: Vec<Host> = ["box:1", "[fe80::1]:5901", "/run/vm.sock", "wss://site/path?token=SECRET", "nas"]
            .iter()
            .map(|address| Host::new(format!("At, \"{address}\""), address.parse().unwrap()))
            .collect();
        hosts[0].name = "=1+1".to_owned();
        hosts[3].name = "Site: one".to_owned();
        hosts[4].name = "客厅".to_owned();
        hosts[0].username = "ann".to_owned();
        hosts[4].ssh_jump = Some("ann@gate".parse().unwrap());
        hosts[3].proxy = Some("socks5://ann@gate".parse().unwrap());
        hosts[4].mac = Some("02:00:5e:10:00:07".parse().unwrap());
        hosts[4].wake_way.address = Some([10, 0, 0, 255].into());
        hosts[4].wake_way.port = std::num::NonZeroU16::new(7);
        (hosts[0].has_password, hosts[0].clear_text, hosts[0].view_only) = (true, true, true);
        hosts[4].tags = vec!["büro".to_owned(), "rack 4/2; left".to_owned()];
        hosts[3].tags = vec!["one; tag".to_owned()];
        (hosts[4].colour, hosts[4].notes) = (Some(Colour::Green), "=Two\n\"lines\", commas".to_owned());
        hosts[4].password_command = Some("pass show SECRET".parse().unwrap());
        hosts[4].console_command = Some("console SECRET".parse().unwrap());
        hosts.push(Host::demo("Demo"));
        hosts
    }

    #[test]
    fn what_is_exported_is_read_again() {
        for (format, count) in [(Export::Portlight, 5), (Export::Csv, 5), (Export::Websockify, 3)] {
            let text = export(&hosts(), format);
            let file =
                File { name: format.file_name().to_owned(), bytes: Ok(text.clone().into_bytes()), chosen_in: None };
            let preview = read(&[file]).preview(0, &[]);
            assert_eq!(preview.files[0].problem, None, "{text}");
            let added = preview.entries.iter().filter(|entry| entry.plan == Plan::Add { proposed: true }).count();
            assert_eq!((added, preview.entries.len()), (count, count), "{text}\n{preview:#?}");
            let first = &preview.entries[0];
            assert_eq!((first.name.as_str(), first.address.as_str()), ("=1+1", "box:5901"), "{text}");
        }
        let files =
            [File { name: "a".to_owned(), bytes: Ok(export(&hosts(), Export::Csv).into_bytes()), chosen_in: None }];
        let preview = read(&files).preview(0, &[]);
        assert_eq!((preview.entries[4].name.as_str(), preview.entries[4].via.as_str()), ("客厅", "ann@gate"));
    }

    #[test]
    fn tags_colour_and_notes_go_along() {
        for format in [Export::Portlight, Export::Csv] {
            let text = export(&hosts(), format);
            let reading =
                read(&[File { name: format.file_name().to_owned(), bytes: Ok(text.into_bytes()), chosen_in: None }]);
            let read = &reading.found[3].host.as_ref().unwrap().host;
            assert_eq!(read.tags, hosts()[3].tags);
            let read = &reading.found[4].host.as_ref().unwrap().host;
            let (host, left_out) = (&hosts()[4], &reading.found[4].host.as_ref().unwrap().left_out);
            assert_eq!((&read.tags, &read.colour, &read.notes), (&host.tags, &host.colour, &host.notes));
            assert!(left_out.is_empty(), "{left_out:?}");
        }
    }

    #[test]
    fn no_secret_is_exported() {
        for format in [Export::Portlight, Export::Csv, Export::Websockify] {
            let text = export(&hosts(), format);
            assert!(!text.contains("SECRET") && !text.contains("clear_text") && !text.contains("demo"), "{text}");
        }
        assert!(!export(&hosts(), Export::Portlight).contains("has_password\": true"));
    }
}
