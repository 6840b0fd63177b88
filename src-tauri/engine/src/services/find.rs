//! What a typed text, or a link from another program, means.

use crate::{
    error::{FormError, Result, StoreError},
    model::{Address, AddressProblem, FieldProblem, Host, Jump, Level, Link, Proxy, Target, name_for},
    store::List,
};

/// Characters of a link's name that are shown: the address beside it has to stay visible.
const MAX_LINK_NAME: usize = 60;

/// What `text` means in `list`: a name, or else an address or a `vnc://` link.
///
/// A link's name never stands alone: anyone can write a link, so its window is called `Name (address)`.
///
/// # Errors
/// [`FormError::Fields`] where it is neither; [`StoreError::HostUnreadable`] where it is the name of an entry that cannot be
/// read: that is not looked up in the network.
pub fn find_target(list: &List, text: &str, view_only: bool) -> Result<Target> {
    let text = text.trim();
    let hosts = list.all();
    let of = |host: &Host, view_only: bool| {
        let mut target = Target::from(host);
        target.view_only |= view_only;
        target
    };
    let lower = text.to_lowercase();
    let named = hosts.iter().find(|host| host.name == text);
    if let Some(host) = named.or_else(|| hosts.iter().find(|host| host.name.to_lowercase() == lower)) {
        return Ok(of(host, view_only));
    }
    if let Some(detail) = list.unreadable(text) {
        return Err(StoreError::HostUnreadable { name: text.to_owned(), detail: detail.to_owned() }.into());
    }
    let refused = |problem| FormError::Fields { fields: vec![FieldProblem::Address(problem)] };
    let link = Link::parse(text).map_err(refused)?;
    let (least, ssh_jump) = way_of(&link).map_err(refused)?;
    let view_only = view_only || link.view_only;
    let is_meant = |host: &&Host| host.address == link.address && (ssh_jump.is_none() || host.ssh_jump == ssh_jump);
    let username = link.username.filter(|username| !username.is_empty());
    let is_users = |host: &&Host| username.as_ref().is_none_or(|username| host.username == *username);
    let is_nobodys = |host: &&Host| host.username.is_empty();
    let meant = || hosts.iter().filter(is_meant);
    // The entry of another user is not what the link means: its password is not that user's.
    if let Some(host) = meant().find(is_users).or_else(|| meant().find(is_nobodys)) {
        let mut target = of(host, view_only);
        target.least = least;
        target.name_user(username);
        return Ok(target);
    }
    let name = name_beside(link.name.as_deref().unwrap_or_default(), &link.address, ssh_jump.as_ref(), None);
    let mut target = Target::unsaved(name, link.address, view_only);
    target.name_user(username);
    target.for_once = link.had_password;
    (target.least, target.ssh_jump) = (least, ssh_jump);
    Ok(target)
}

/// What a window is called where a link or a file has this name for what it shows: anyone can write one, so the name never
/// stands alone.
pub(super) fn name_beside(name: &str, address: &Address, ssh_jump: Option<&Jump>, proxy: Option<&Proxy>) -> String {
    let via = ssh_jump.map(ToString::to_string).or_else(|| proxy.map(ToString::to_string));
    let address = match via {
        // Behind another machine an address may be anybody's: it never stands alone.
        Some(via) => format!("{} via {via}", name_for(address)),
        None => name_for(address),
    };
    let name = rfb::sanitize(name.as_bytes());
    match name.chars().take(MAX_LINK_NAME).collect::<String>().trim() {
        "" => address,
        name if name == address => address,
        name => format!("{name} ({address})"),
    }
}

/// How well and by which SSH host a link wants its server to be reached.
///
/// # Errors
/// Where that is more than can be insisted on: then nothing is reached.
fn way_of(link: &Link) -> std::result::Result<(Option<Level>, Option<Jump>), AddressProblem> {
    if link.names_key {
        return Err(AddressProblem::LinkKey);
    }
    let ssh_jump =
        link.ssh_host.as_deref().map(|host| Jump::parse(host).map_err(|_| AddressProblem::LinkSsh)).transpose()?;
    // IANA's registry of RFC 7869: 1 is plain TCP, 23 a secure tunnel, 24 SSH.
    match link.channel_type.as_deref().map(str::parse::<u32>) {
        None | Some(Ok(1)) => {}
        Some(Ok(23 | 24)) if ssh_jump.is_some() => {}
        Some(_) => return Err(AddressProblem::LinkSsh),
    }
    // Numbers of RFC 6143, section 7.1.2, and its registry.
    let least = match link.security_type.as_deref().map(str::parse::<u32>) {
        None | Some(Ok(0 | 1)) => None,
        Some(Ok(2 | 6 | 20 | 30 | 130)) => Some(Level::Password),
        Some(Ok(18 | 19)) => Some(Level::Encrypted),
        Some(Ok(5 | 129)) => Some(Level::Identified),
        Some(_) => return Err(AddressProblem::LinkSecurity),
    };
    Ok((least, ssh_jump))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, store::HostsFile};
    use serde_json::{Value, json};

    fn list(hosts: &Value) -> List {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hosts.json"), json!({ "version": 1, "hosts": hosts }).to_string()).unwrap();
        HostsFile::peek(folder.path()).unwrap()
    }

    fn id(last: u8) -> String {
        format!("6f4f7c1e-5c55-4d3f-9b5e-0f6d4b6f1a{last:02x}")
    }

    fn saved() -> List {
        list(&json!([
            { "id": id(1), "name": "Studio", "address": "studio:1", "username": "bob" },
            { "id": id(2), "name": "Atelier", "address": "no address" },
            { "id": id(3), "name": "studio", "address": "other:1", "view_only": true },
        ]))
    }

    fn find(text: &str) -> Result<Target> {
        find_target(&saved(), text, false)
    }

    #[test]
    fn a_name_in_its_own_case_comes_first_then_in_any_then_the_address() {
        let address = |text: &str| find(text).unwrap().address.to_string();
        assert_eq!((address("Studio"), address("studio")), ("studio:5901".into(), "other:5901".into()));
        assert_eq!(address(" STUDIO "), "studio:5901");
        let by_address = find("vnc://studio:5901").unwrap();
        assert_eq!((by_address.name.as_str(), by_address.host.is_some()), ("Studio", true));
        let watching = find("vnc://studio:5901/?ViewOnly=true").unwrap();
        assert!(watching.view_only && !by_address.view_only, "the link asks for it");
        assert!(find("studio").unwrap().view_only);
        assert!(find_target(&saved(), "Studio", true).unwrap().view_only);
        assert!(matches!(find("a b"), Err(Error::Form(FormError::Fields { .. }))));
    }

    #[test]
    fn a_name_whose_entry_cannot_be_read_is_not_looked_up_in_the_network() {
        for text in ["Atelier", "atelier ", "ATELIER"] {
            let Err(Error::Store(StoreError::HostUnreadable { name, detail })) = find(text) else { panic!("{text}") };
            assert!(name == text.trim() && !detail.is_empty());
        }
        assert_eq!(find("atelier.example").unwrap().name, "atelier.example", "another name is one");
    }

    #[test]
    fn a_links_name_never_stands_alone() {
        for (link, name) in [
            ("vnc://elsewhere/?ConnectionName=Studio", "Studio (elsewhere)"),
            ("vnc://elsewhere/?ConnectionName=Studio%E2%80%AE", "Studio (elsewhere)"),
            ("vnc://elsewhere/?ConnectionName=%00Studio", "elsewhere"),
            ("vnc://elsewhere/?ConnectionName=%20", "elsewhere"),
            ("vnc://elsewhere/?ConnectionName=elsewhere", "elsewhere"),
            ("vnc://elsewhere", "elsewhere"),
        ] {
            let target = find(link).unwrap();
            assert_eq!((target.name.as_str(), target.host), (name, None), "{link}");
        }
        let long = find(&format!("vnc://elsewhere/?ConnectionName={}", "x".repeat(1000))).unwrap().name;
        assert_eq!(long, format!("{} (elsewhere)", "x".repeat(MAX_LINK_NAME)));
    }

    #[test]
    fn a_link_is_reached_as_it_says_or_not_at_all() {
        let link = |parameters: &str| find(&format!("vnc://elsewhere/?{parameters}"));
        for (number, least) in [
            ("0", None),
            ("1", None),
            ("2", Some(Level::Password)),
            ("18", Some(Level::Encrypted)),
            ("19", Some(Level::Encrypted)),
            ("129", Some(Level::Identified)),
        ] {
            assert_eq!(link(&format!("SecurityType={number}")).unwrap().least, least, "{number}");
        }
        let saved = find("vnc://studio:5901/?SecurityType=19").unwrap();
        assert_eq!((saved.host.is_some(), saved.least), (true, Some(Level::Encrypted)));

        let through =
            link("SshHost=jump.example&SshPort=2222&SshUsername=ann%40home&ChannelType=24&SecurityType=1").unwrap();
        let jump = through.ssh_jump.unwrap();
        assert_eq!(jump.to_string(), "ssh://ann%40home@jump.example:2222");
        assert_eq!(through.name, format!("elsewhere via {jump}"));
        let named = link("SshHost=jump&ConnectionName=Studio").unwrap();
        assert_eq!(named.name, "Studio (elsewhere via ssh://jump)");
        let other_way = find("vnc://studio:5901/?SshHost=jump").unwrap();
        assert!(other_way.host.is_none() && other_way.ssh_jump.is_some(), "the saved one is reached without");

        for parameters in [
            "SecurityType=17",
            "SecurityType=99999999999",
            "SecurityType=tls",
            "SecurityType=",
            "SecurityType=24&SshHost=jump",
            "ChannelType=23",
            "ChannelType=24",
            "ChannelType=2",
            "ChannelType=&SshHost=jump",
            "SshHost=",
            "SshHost=-oProxyCommand%3Dtouch%20x",
            "SshHost=--",
            "SshHost=a%20b",
            "SshHost=a;b",
            "SshHost=jump&SshUsername=-x",
            "SshHost=jump&SshPort=-1",
            "SshHost=jump&SshPort=0",
            "SshHost=jump%3A22%20x",
            "IdHash=00&IdHashAlgorithm=4",
        ] {
            assert!(matches!(link(parameters), Err(Error::Form(FormError::Fields { .. }))), "{parameters}");
        }
    }

    #[test]
    fn nothing_of_the_way_is_lost_when_a_password_is_taken_out_of_a_link() {
        for parameters in [
            "SshHost=jump.example",
            "SshHost=%5Bfe80%3A%3A1%5D&SshPort=22",
            "SshHost=jump&SshUsername=a%40b&SshPort=2",
            "SecurityType=19",
            "SecurityType=what%3F",
            "IdHash=0",
            "ChannelType=24",
        ] {
            let text = format!("vnc://elsewhere/?VncPassword=x&{parameters}");
            let before = Link::parse(&text).unwrap();
            let clean = crate::model::without_password(&text);
            let after = Link::parse(&clean).unwrap();
            assert!(!clean.contains("=x") && before == after, "{clean}: {after:?}");
            assert_eq!(crate::model::Address::parse(&clean), Err(AddressProblem::Link), "{clean}");
        }
    }

    #[test]
    fn a_links_user_name_is_used_and_an_entry_of_another_user_is_not_meant() {
        let list = list(&json!([
            { "id": id(1), "name": "Bob's", "address": "studio:1", "username": "bob" },
            { "id": id(2), "name": "Ann's", "address": "studio:1", "username": "ann" },
            { "id": id(3), "name": "Shared", "address": "shared:1" },
        ]));
        let find = |text: &str| {
            let target = find_target(&list, text, false).unwrap();
            (target.name.clone(), target.host.is_some(), target.username.clone())
        };
        for (link, name, is_saved, username) in [
            ("vnc://elsewhere/?VncUsername=ann", "elsewhere", false, "ann"),
            ("vnc://elsewhere", "elsewhere", false, ""),
            ("vnc://studio:5901", "Bob's", true, "bob"),
            ("vnc://studio:5901/?VncUsername=", "Bob's", true, "bob"),
            ("vnc://studio:5901/?VncUsername=ann", "Ann's", true, "ann"),
            ("vnc://studio:5901/?VncUsername=eve", "studio:5901", false, "eve"),
            ("vnc://shared:5901/?VncUsername=eve", "Shared", true, "eve"),
        ] {
            assert_eq!(find(link), (name.to_owned(), is_saved, username.to_owned()), "{link}");
        }
    }
}
