//! The `.vnc` files of RealVNC, UltraVNC and TightVNC. Those with sections have the same ones, and their keys do not
//! contradict each other, so one reader takes them all; RealVNC's newer files have no sections.

use super::{
    super::{
        FileProblem, ImportProblem, LeftOut,
        candidate::{Sketch, obfuscated, stem, tcp, typed},
        key_file::{self, Group},
    },
    tigervnc::quality,
};
use crate::model::{AddressProblem, ClipboardSharing, Scaling};

/// Reads a file with the section `[connection]`.
pub(in super::super) fn read(text: &str, name: &str) -> Result<Vec<Sketch>, FileProblem> {
    let groups = key_file::groups(text);
    let section = |name: &str| groups.iter().find(|group| group.name.eq_ignore_ascii_case(name));
    let connection = section("connection").ok_or(FileProblem::Unknown)?;
    let empty = key_file::groups("");
    let options = section("options").or(empty.first()).ok_or(FileProblem::Unknown)?;
    let host = unquoted(connection.get("host"));
    if host.is_empty() {
        return Err(FileProblem::NoMachine);
    }
    let mut machine = Sketch::new(stem(name), place(connection, host), host);
    machine.line = connection.line;
    if options.is_on("UseDSMPlugin") {
        machine.address = Err(ImportProblem::Plugin);
    } else if options.is_on("UseProxy") || host.eq_ignore_ascii_case("id") {
        behind_repeater(&mut machine, connection, host);
    }
    machine.options.username = unquoted(connection.get("UserName")).to_owned();
    machine.password = obfuscated(unquoted(connection.get("password")));
    machine.leave_out(LeftOut::Proxy, !connection.get("ProxyServer").is_empty());
    look(&mut machine, options);
    Ok(vec![machine])
}

/// Reads a file without sections, as RealVNC 6 and 7 write it.
pub(in super::super) fn flat(text: &str, name: &str) -> Result<Vec<Sketch>, FileProblem> {
    let groups = key_file::groups(text);
    let file = groups.first().ok_or(FileProblem::Unknown)?;
    let host = file.get("Host");
    let called = Some(file.get("FriendlyName")).filter(|name| !name.is_empty()).unwrap_or(stem(name));
    let mut machine = Sketch::new(called, typed(host), host);
    match file.get("ConnMethod") {
        "" => {}
        method if method.eq_ignore_ascii_case("tcp") => {}
        _ => machine.address = Err(ImportProblem::Cloud),
    }
    machine.options.username = file.get("UserName").to_owned();
    machine.password = obfuscated(file.get("Password"));
    machine.leave_out(LeftOut::Proxy, !file.get("ProxyServer").is_empty());
    machine.tag([file.get("Labels")]);
    machine.last_opened = super::seconds(file.get("ConnTime"));
    look(&mut machine, file);
    Ok(vec![machine])
}

fn place(connection: &Group<'_>, host: &str) -> Result<crate::model::Address, ImportProblem> {
    if !connection.has("port") {
        return typed(host);
    }
    // Both programs put the two together themselves, so a host with a port of its own is broken.
    tcp(host, unquoted(connection.get("port")))
}

/// UltraVNC's repeater: the machine is asked for by a number, which stands in place of the port.
fn behind_repeater(machine: &mut Sketch, connection: &Group<'_>, host: &str) {
    let (repeater, port) = (unquoted(connection.get("proxyhost")), unquoted(connection.get("proxyport")));
    machine.as_written = format!("{repeater}:{port}");
    // Several repeaters, of which UltraVNC chooses one.
    if repeater.contains(';') || !host.eq_ignore_ascii_case("id") {
        machine.address = Err(ImportProblem::Repeater);
        return;
    }
    machine.address = tcp(repeater, port);
    let id = unquoted(connection.get("port"));
    machine.options.repeater_id = id.to_owned();
    // UltraVNC adds 5900 to an ID below 100 before it saves it.
    let is_ambiguous = id.parse().is_ok_and(|id: u32| (5900..6000).contains(&id));
    machine.leave_out(LeftOut::RepeaterId, is_ambiguous);
    if id.parse::<u32>().is_err() {
        machine.address = Err(ImportProblem::Address { address: AddressProblem::Port });
    }
}

/// How it is seen and used, in the words of all of these programs.
fn look(machine: &mut Sketch, options: &Group<'_>) {
    let off = |keys: &[&str]| keys.iter().any(|key| options.has(key)) && options.first(keys) == "0";
    let no_input = off(&["SendPtrEvents", "SendPointerEvents"]) && off(&["SendKeyEvents"]);
    machine.options.view_only = options.is_on("viewonly") || no_input;
    if options.has("AutoReconnect") && options.has("Reconnect") {
        // UltraVNC: seconds between the attempts, and how many there are.
        machine.options.reconnect = options.is_on("Reconnect");
    } else if options.has("AutoReconnect") {
        machine.options.reconnect = options.is_on("AutoReconnect");
    }
    machine.display.full_screen = options.is_on("fullscreen");
    let sends_none = off(&["SendCutText", "ClientCutText"]);
    let takes_none = off(&["AcceptCutText", "ServerCutText"]);
    machine.display.clipboard = match (sends_none, takes_none) {
        _ if options.is_on("disableclipboard") => Some(ClipboardSharing::Off),
        (true, true) => Some(ClipboardSharing::Off),
        (true, false) => Some(ClipboardSharing::FromServer),
        (false, true) => Some(ClipboardSharing::ToServer),
        (false, false) => None,
    };
    if options.get("fitwindow") == "0" && options.get("scale_num") == "1" && options.get("scale_den") == "1" {
        machine.display.scaling = Some(Scaling::Actual);
    }
    let chooses_itself = ["autoDetect", "AutoSelect"].iter().any(|key| options.is_on(key));
    let level = options.first(&["quality", "QualityLevel"]);
    if !chooses_itself {
        machine.display.quality = quality(level);
    }
}

/// Windows drops one pair of quotes around a value.
fn unquoted(value: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value).trim()
}
