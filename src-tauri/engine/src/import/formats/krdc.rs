//! KRDC's bookmarks, which are XBEL, and its settings for each machine in `krdcrc` (KRDC's `bookmarkmanager.cpp`, KBookmarks'
//! `src/kbookmark.cpp`).

use super::super::{
    FileProblem, ImportProblem,
    candidate::{Password, Sketch, link},
    key_file::{self, is_on},
    markup::{self, Element},
};
use crate::model::{Address, Link, Quality};
use std::collections::HashMap;

/// The only document type that such a file may have.
const DOCTYPE: &str = "xbel";

/// Settings of each machine, by the URL that its bookmark has.
pub(in super::super) type Settings = HashMap<String, HashMap<String, String>>;

/// Reads `krdcrc`: groups with two heads in one line, `[hostpreferences][vnc://box:5900]`.
pub(in super::super) fn settings(text: &str) -> Settings {
    let mut settings = Settings::new();
    for group in key_file::groups(text) {
        let Some(url) = group.name.strip_prefix("hostpreferences][") else { continue };
        let url = url.replace("\\x5b", "[").replace("\\x5d", "]");
        let keys = [
            "viewOnly",
            "quality",
            "use_ssh_tunnel",
            "use_ssh_tunnel_loopback",
            "ssh_tunnel_port",
            "ssh_tunnel_user_name",
        ];
        let values = keys.iter().map(|key| ((*key).to_owned(), group.get(key).to_owned()));
        settings.insert(url, values.collect());
    }
    settings
}

/// Reads the bookmarks.
pub(in super::super) fn read(text: &str, settings: &Settings) -> Result<Vec<Sketch>, FileProblem> {
    let root = markup::root(text, Some(DOCTYPE))?;
    let mut machines = Vec::new();
    folder(&root, settings, &mut Vec::new(), false, &mut machines);
    Ok(machines)
}

/// `titles` are those of the folder and of the ones that it lies in, but for the history's.
fn folder<'a>(
    element: &'a Element,
    settings: &Settings,
    titles: &mut Vec<&'a str>,
    is_history: bool,
    machines: &mut Vec<Sketch>,
) {
    for child in &element.children {
        match child.name.as_str() {
            "folder" => {
                let is_history = is_history || metadata(child, "krdc-history") == "historyfolder";
                titles.push(if is_history { "" } else { child.text_of("title") });
                folder(child, settings, titles, is_history, machines);
                titles.pop();
            }
            "bookmark" => {
                let mut machine = bookmark(child, settings);
                machine.is_kept = !is_history;
                machine.tag(titles.iter().copied());
                machines.push(machine);
            }
            _ => {}
        }
    }
}

fn bookmark(bookmark: &Element, settings: &Settings) -> Sketch {
    let (url, title) = (bookmark.attribute("href"), bookmark.text_of("title"));
    // Without one KRDC calls it by its URL.
    let name = if title.contains("://") { "" } else { title };
    let read = link(url).and_then(|link| Ok((plus_5900(&link)?, link.username)));
    let mut machine = match read {
        Ok((address, username)) => {
            let mut machine = Sketch::new(name, Ok(address), url);
            machine.options.username = username.unwrap_or_default();
            machine
        }
        Err(problem) => Sketch::skipped(name, url, problem),
    };
    machine.line = bookmark.line;
    machine.password = Password::Elsewhere;
    machine.last_opened = metadata(bookmark, "time_visited").parse().ok();
    machine.note(bookmark.text_of("desc"));
    if let Some(settings) = settings.get(url.trim_end_matches('/')) {
        apply(&mut machine, settings);
    }
    machine
}

fn apply(machine: &mut Sketch, settings: &HashMap<String, String>) {
    let get = |key: &str| settings.get(key).map_or("", String::as_str);
    machine.options.view_only = is_on(get("viewOnly"));
    machine.display.quality = match get("quality") {
        "1" => Some(Quality::Best),
        "2" => Some(Quality::Good),
        "3" => Some(Quality::Low),
        _ => None,
    };
    if let (true, Ok(Address::Tcp { hostname, port })) = (is_on(get("use_ssh_tunnel")), machine.address.clone()) {
        // The SSH host is the machine itself.
        let place = match get("ssh_tunnel_port") {
            "" | "22" => hostname,
            other => format!("{hostname}:{other}"),
        };
        machine.ssh_jump = super::jump(get("ssh_tunnel_user_name"), &place);
        if is_on(get("use_ssh_tunnel_loopback")) {
            machine.address = Address::tcp("127.0.0.1", port).map_err(|address| ImportProblem::Address { address });
        }
    }
}

/// KRDC reads a port below 100 as a display.
fn plus_5900(link: &Link) -> Result<Address, ImportProblem> {
    match &link.address {
        Address::Tcp { hostname, port } if *port < 100 => {
            Address::tcp(hostname, port + 5900).map_err(|address| ImportProblem::Address { address })
        }
        address => Ok(address.clone()),
    }
}

/// What KDE has noted about a bookmark or a folder.
fn metadata<'a>(element: &'a Element, name: &str) -> &'a str {
    let all = element.child("info").map(|info| info.children.as_slice()).unwrap_or_default();
    let of_kde = all.iter().filter(|metadata| metadata.attribute("owner") == "http://www.kde.org");
    of_kde.map(|metadata| metadata.text_of(name)).find(|text| !text.is_empty()).unwrap_or_default()
}
