//! TigerVNC's connection files and its history (TigerVNC's `vncviewer/parameters.cxx` and `vncviewer/ServerDialog.cxx`).

use super::super::{
    FileProblem, LeftOut,
    candidate::{Sketch, stem, typed},
    key_file::{self, is_on},
};
use crate::model::{ClipboardSharing, Quality};

/// What the first line of a connection file begins with.
pub(in super::super) const HEAD: &str = "TigerVNC Configuration file Version 1.0";

/// Reads a connection file. TigerVNC writes no password into one; a file that one names by hand is not followed.
pub(in super::super) fn read(text: &str, name: &str) -> Result<Vec<Sketch>, FileProblem> {
    let groups = key_file::groups(text);
    let file = groups.first().ok_or(FileProblem::Unknown)?;
    let server = unescaped(file.get("ServerName"));
    if server.is_empty() && !file.has("ServerName") {
        return Err(FileProblem::NoMachine);
    }
    // Nothing is this computer.
    let place = if server.is_empty() { "localhost" } else { &server };
    let called = if matches!(stem(name), "default" | "") { "" } else { stem(name) };
    let mut machine = Sketch::new(called, typed(place), &server);
    machine.options.view_only = is_yes(file.get("ViewOnly"), file.has("ViewOnly"));
    if file.has("ReconnectOnError") {
        machine.options.reconnect = is_yes(file.get("ReconnectOnError"), true);
    }
    // Written even where nothing was chosen and nothing is there.
    let chosen =
        |key, usual: &str| Some(unescaped(file.get(key))).filter(|path| !path.ends_with(usual)).unwrap_or_default();
    machine.options.ca_file = chosen("X509CA", "/x509_ca.pem");
    machine.display.full_screen = is_yes(file.get("FullScreen"), file.has("FullScreen"));
    let off = |key| file.has(key) && !is_yes(file.get(key), true);
    machine.display.clipboard = match (off("SendClipboard"), off("AcceptClipboard")) {
        (true, true) => Some(ClipboardSharing::Off),
        (true, false) => Some(ClipboardSharing::FromServer),
        (false, true) => Some(ClipboardSharing::ToServer),
        (false, false) => None,
    };
    if off("AutoSelect") {
        machine.display.quality = quality(file.get("QualityLevel"));
    }
    machine.leave_out(LeftOut::PasswordFile, ["PasswordFile", "passwd"].iter().any(|key| !file.get(key).is_empty()));
    machine.leave_out(LeftOut::Certificates, !chosen("X509CRL", "/x509_crl.pem").is_empty());
    Ok(vec![machine])
}

/// A level from 0 to 9 as these programs count.
pub(super) fn quality(level: &str) -> Option<Quality> {
    match level.parse() {
        Ok(0..=3) => Some(Quality::Low),
        Ok(4..=7) => Some(Quality::Good),
        Ok(8..=9) => Some(Quality::Best),
        Ok(10_u8..) | Err(_) => None,
    }
}

/// Reads the history: one address a line, the newest first.
pub(in super::super) fn history(text: &str) -> Vec<Sketch> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let used = |(number, line): (usize, &str)| Sketch {
        line: number + 1,
        is_kept: false,
        ..Sketch::new("", typed(line), line)
    };
    lines.map(used).collect()
}

/// A boolean, which is also true where nothing stands behind the equals sign.
fn is_yes(value: &str, is_there: bool) -> bool {
    is_there && (value.is_empty() || is_on(value))
}

fn unescaped(value: &str) -> String {
    key_file::glib_value(value).trim().to_owned()
}
