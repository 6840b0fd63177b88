//! GNOME Connections' `connections.db`: a key file with a group for each connection, named by a UUID (GNOME Connections'
//! `src/database.vala`).

use super::super::{
    FileProblem, ImportProblem,
    candidate::{Password, Sketch, link, tcp},
    key_file::{self, glib_value},
};
use crate::model::{Quality, Scaling};

/// Whether a group is a connection.
pub(in super::super) fn is_connection(group: &key_file::Group<'_>) -> bool {
    uuid::Uuid::parse_str(group.name).is_ok() && (group.has("protocol") || group.has("uri"))
}

/// Reads the file.
pub(in super::super) fn read(text: &str) -> Result<Vec<Sketch>, FileProblem> {
    let groups = key_file::groups(text);
    let connections: Vec<_> = groups.iter().filter(|group| is_connection(group)).collect();
    if connections.is_empty() {
        return Err(FileProblem::NoMachine);
    }
    Ok(connections.into_iter().map(machine).collect())
}

fn machine(group: &key_file::Group<'_>) -> Sketch {
    let name = glib_value(group.get("display-name"));
    let (host, uri) = (glib_value(group.get("host")), glib_value(group.get("uri")));
    let protocol = match group.get("protocol") {
        "" => uri.split_once("://").map_or("vnc", |(scheme, _)| scheme),
        protocol => protocol,
    };
    let mut machine = if !protocol.eq_ignore_ascii_case("vnc") {
        let protocol = super::super::text::line(protocol);
        Sketch::skipped(&name, if host.is_empty() { &uri } else { &host }, ImportProblem::OtherProtocol { protocol })
    } else if host.is_empty() {
        Sketch::new(&name, link(&uri).map(|link| link.address), &uri)
    } else {
        // Only what differs from the default is written.
        let port = if group.has("port") { group.get("port") } else { "5900" };
        Sketch::new(&name, tcp(&host, port), &format!("{host}:{port}"))
    };
    machine.line = group.line;
    machine.options.view_only = group.is_on("view-only");
    machine.display.scaling = match group.get("scale-mode") {
        "resize-desktop" => Some(Scaling::Follow),
        "original" => Some(Scaling::Actual),
        _ => None,
    };
    machine.display.quality = match group.get("bandwidth") {
        "low-quality" => Some(Quality::Low),
        "medium-quality" => Some(Quality::Good),
        "high-quality" | "hight-quality" => Some(Quality::Best),
        _ => None,
    };
    machine.password = Password::Elsewhere;
    machine
}
