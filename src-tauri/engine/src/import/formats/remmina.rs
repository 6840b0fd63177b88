//! Remmina's files, one a machine: a key file with the group `[remmina]` (Remmina's `src/remmina_file.c`).

use super::super::{
    FileProblem, ImportProblem, LeftOut,
    candidate::{Password, Sketch, typed},
    key_file::{self, Group, glib_value, is_on},
};
use crate::model::{Address, AddressProblem, ClipboardSharing, Quality, Secret};
use openssl::{
    base64,
    symm::{Cipher, Crypter, Mode},
};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

/// Reads one file. `key` is what Remmina encrypts passwords with, where its settings came along.
pub(in super::super) fn read(text: &str, key: Option<&Key>) -> Result<Vec<Sketch>, FileProblem> {
    let groups = key_file::groups(text);
    let file = groups.iter().find(|group| group.name == "remmina").ok_or(FileProblem::Unknown)?;
    let (name, server) = (glib_value(file.get("name")), glib_value(file.get("server")));
    let mut machine = match glib_value(file.get("protocol")).to_uppercase().as_str() {
        "VNC" | "GVNC" => {
            let place = server.trim();
            Sketch::new(&name, typed(place.strip_prefix("unix://").unwrap_or(place)), &server)
        }
        "VNCI" => return Ok(vec![Sketch::skipped(&name, &server, ImportProblem::Listens)]),
        other => {
            let protocol = super::super::text::line(other);
            return Ok(vec![Sketch::skipped(&name, &server, ImportProblem::OtherProtocol { protocol })]);
        }
    };
    let repeater = glib_value(file.get("proxy"));
    if !repeater.trim().is_empty() {
        behind_repeater(&mut machine, &server, &repeater);
    }
    machine.options.username = glib_value(file.get("username"));
    machine.options.view_only = file.is_on("viewonly");
    if file.is_on("disableclipboard") {
        machine.display.clipboard = Some(ClipboardSharing::Off);
    }
    machine.display.quality = match file.get("quality") {
        "0" => Some(Quality::Low),
        "1" | "2" => Some(Quality::Good),
        "9" => Some(Quality::Best),
        _ => None,
    };
    // View modes 2 to 4 are full screen (RemminaViewMode, in `src/remmina_rcw.h`).
    machine.display.full_screen = matches!(file.get("viewmode"), "2" | "3" | "4");
    machine.password = password(file, key);
    through_ssh(&mut machine, file);
    // A group may lie in another one; labels are parted by commas.
    machine.tag(file.get("group").split('/').chain([file.get("labels")]));
    let notes = percent_decode_str(file.get("notes_text")).decode_utf8_lossy();
    machine.note(&notes);
    let commands = ["precommand", "postcommand", "ssh_tunnel_command"];
    machine.leave_out(LeftOut::Commands, commands.iter().any(|key| !file.get(key).is_empty()));
    Ok(vec![machine])
}

/// `proxy` is an UltraVNC repeater, and `server` what it is asked for.
fn behind_repeater(machine: &mut Sketch, server: &str, repeater: &str) {
    let server = server.trim();
    match server.split_once(':') {
        Some((id, number)) if id.eq_ignore_ascii_case("id") => {
            machine.address = typed(repeater);
            machine.options.repeater_id = number.to_owned();
        }
        _ => machine.address = Err(ImportProblem::Repeater),
    }
}

fn through_ssh(machine: &mut Sketch, file: &Group<'_>) {
    // The names before version 1.4 are the same without the word in the middle.
    let get = |name: &str| file.first(&[&format!("ssh_tunnel_{name}"), &format!("ssh_{name}")]);
    if !is_on(get("enabled")) {
        return;
    }
    let Ok(Address::Tcp { hostname, port }) = machine.address.clone() else {
        machine.address = Err(ImportProblem::Address { address: AddressProblem::Path });
        return;
    };
    let (server, user) = (glib_value(get("server")), glib_value(get("username")));
    machine.ssh_jump = super::jump(&user, if server.trim().is_empty() { &hostname } else { server.trim() });
    if is_on(get("loopback")) {
        machine.address = Address::tcp("127.0.0.1", port).map_err(|address| ImportProblem::Address { address });
    }
    let keys = ["ssh_tunnel_privatekey", "ssh_privatekey", "ssh_tunnel_certfile"];
    machine.leave_out(LeftOut::SshKey, keys.iter().any(|key| !file.get(key).is_empty()));
}

fn password(file: &Group<'_>, key: Option<&Key>) -> Password {
    match file.get("password") {
        "" => Password::None,
        _ if file.is_on("disablepasswordstoring") => Password::None,
        "." => Password::Elsewhere,
        text => key.and_then(|key| key.decrypt(text)).map_or(Password::Encrypted, Password::Obfuscated),
    }
}

/// Key and initialisation vector of Remmina's passwords: `secret` in `remmina.pref`, which lies readably on the disk beside
/// what it encrypts (Remmina's `src/remmina_crypt.c`).
pub(in super::super) struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// From the text of `remmina.pref`.
    pub(in super::super) fn read(settings: &str) -> Option<Self> {
        let groups = key_file::groups(settings);
        let settings = groups.iter().find(|group| group.name == "remmina_pref")?;
        let key = Zeroizing::new(base64::decode_block(settings.get("secret")).ok()?);
        (key.len() >= 32).then_some(Self(key))
    }

    fn decrypt(&self, text: &str) -> Option<Secret> {
        let encrypted = base64::decode_block(text).ok()?;
        let (key, iv) = (self.0.get(..24)?, self.0.get(24..32)?);
        let cipher = Cipher::des_ede3_cbc();
        let mut crypter = Crypter::new(cipher, Mode::Decrypt, key, Some(iv)).ok()?;
        crypter.pad(false);
        let mut plain = Zeroizing::new(vec![0; encrypted.len() + cipher.block_size()]);
        let length = crypter.update(&encrypted, &mut plain).ok()?;
        let length = length + crypter.finalize(plain.get_mut(length..)?).ok()?;
        let plain = plain.get(..length)?;
        let end = plain.iter().position(|byte| *byte == 0).unwrap_or(plain.len());
        let password = str::from_utf8(plain.get(..end)?).ok()?;
        (!password.is_empty()).then(|| password.to_owned().into())
    }
}
