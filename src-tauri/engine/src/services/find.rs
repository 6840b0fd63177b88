//! What a typed text, or a link from another program, means.

use crate::{
    error::{FormError, Result, StoreError},
    model::{FieldProblem, Host, Link, Target, name_for},
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
    let link =
        Link::parse(text).map_err(|problem| FormError::Fields { fields: vec![FieldProblem::Address(problem)] })?;
    let view_only = view_only || link.view_only;
    if let Some(host) = hosts.iter().find(|host| host.address == link.address) {
        return Ok(of(host, view_only));
    }
    let address = name_for(&link.address);
    let name: String = link.name.map(|name| rfb::sanitize(name.as_bytes())).unwrap_or_default();
    let name = match name.chars().take(MAX_LINK_NAME).collect::<String>().trim() {
        "" => address,
        name if name == address => address,
        name => format!("{name} ({address})"),
    };
    let username = link.username.unwrap_or_default();
    let mut target = Target::unsaved(name, link.address, view_only);
    target.username = username;
    Ok(target)
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
    fn a_links_user_name_is_used_where_the_machine_is_not_saved() {
        assert_eq!(find("vnc://elsewhere/?VncUsername=ann").unwrap().username, "ann");
        assert_eq!(find("vnc://elsewhere").unwrap().username, "");
        assert_eq!(find("vnc://studio:5901/?VncUsername=ann").unwrap().username, "bob", "a saved one has its own");
    }
}
