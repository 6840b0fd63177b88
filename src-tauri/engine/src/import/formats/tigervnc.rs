//! TigerVNC's connection files and its history (TigerVNC's `vncviewer/parameters.cxx` and `vncviewer/ServerDialog.cxx`).

use super::super::{
    ChosenIn, File, FileProblem, LeftOut,
    candidate::{Password, Sketch, stem, typed, unscrambled},
    key_file::{self, is_on},
};
use crate::model::{ClipboardSharing, Quality, Secret};
use std::path::PathBuf;

/// What the first line of a connection file begins with.
pub(in super::super) const HEAD: &str = "TigerVNC Configuration file Version 1.0";

/// What TigerVNC calls its file of a password.
const PASSWORD: &str = "passwd";

/// Files of passwords that the person has chosen themselves, as TigerVNC's `vncpasswd` writes them: eight scrambled bytes, and eight
/// more where there is a password for looking only. Usually they are those of this computer's own server, so none is ever
/// looked for.
#[derive(Default)]
pub(in super::super) struct Passwords(Vec<PasswordFile>);

struct PasswordFile {
    /// Its place among the files.
    file: usize,
    path: PathBuf,
    chosen_in: ChosenIn,
    secret: Secret,
}

impl Passwords {
    pub(in super::super) fn of(files: &[File]) -> Self {
        let read = |(file, found): (usize, &File)| {
            let chosen_in = found.chosen_in.clone()?;
            let bytes = found.bytes.as_ref().ok().filter(|bytes| matches!(bytes.len(), 8 | 16))?;
            // One of another name may be a short text.
            let is_one = found.name == PASSWORD || std::str::from_utf8(bytes).is_err();
            let secret = unscrambled(*bytes.first_chunk()?).filter(|_| is_one)?;
            Some(PasswordFile { file, path: chosen_in.folder.join(&found.name), chosen_in, secret })
        };
        Self(files.iter().enumerate().filter_map(read).collect())
    }

    /// Whether the file at this place is one.
    pub(in super::super) fn has(&self, file: usize) -> bool {
        self.0.iter().any(|password| password.file == file)
    }

    /// The password of a connection file in a folder: the one that it names; where it names none, the one beside it, and else the one
    /// where TigerVNC keeps it.
    fn of_machine(&self, chosen_in: Option<&ChosenIn>, named: &str) -> Option<&PasswordFile> {
        let chosen_in = chosen_in?;
        if !named.is_empty() {
            return self.0.iter().find(|password| password.path.as_os_str() == named);
        }
        let mut usual = self.0.iter().filter(|password| password.path.ends_with(PASSWORD));
        let beside = usual.clone().find(|password| password.chosen_in.folder == chosen_in.folder);
        beside.or_else(|| usual.find(|password| password.chosen_in.is_tigervncs))
    }
}

/// Reads a connection file. TigerVNC writes no password into one; a file that one names by hand is not followed, but taken where the
/// person has chosen it as well.
pub(in super::super) fn read(
    text: &str,
    name: &str,
    chosen_in: Option<&ChosenIn>,
    passwords: &Passwords,
) -> Result<Vec<Sketch>, FileProblem> {
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
    let named = unescaped(file.first(&["PasswordFile", "passwd"]));
    match passwords.of_machine(chosen_in, &named) {
        Some(PasswordFile { file, secret, .. }) => {
            machine.password = Password::Beside { file: *file, secret: secret.clone() };
        }
        None => machine.leave_out(LeftOut::PasswordFile, !named.is_empty()),
    }
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
