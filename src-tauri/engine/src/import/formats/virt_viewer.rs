//! virt-viewer's `.vv`: a ticket for one look, written by oVirt, Proxmox and others (virt-viewer's `src/virt-viewer-file.c`).
//! Its machine can be kept, its password is worth nothing any more.

use super::super::{
    FileProblem, ImportProblem, LeftOut,
    candidate::{Password, Sketch, stem, tcp},
    key_file::{self, glib_value},
};

/// Reads a file.
pub(in super::super) fn read(text: &str, name: &str) -> Result<Vec<Sketch>, FileProblem> {
    let groups = key_file::groups(text);
    let file = groups.iter().find(|group| group.name == "virt-viewer").ok_or(FileProblem::Unknown)?;
    let (title, host) = (glib_value(file.get("title")), glib_value(file.get("host")));
    let called = if title.trim().is_empty() { stem(name) } else { &title };
    let mut machine = match file.get("type").to_lowercase().as_str() {
        "vnc" => Sketch::new(called, tcp(&host, file.get("port")), &host),
        other => {
            let protocol = super::super::text::line(other);
            Sketch::skipped(called, &host, ImportProblem::OtherProtocol { protocol })
        }
    };
    machine.line = file.line;
    // The port of such a machine may be another one after its next start.
    machine.is_kept = false;
    machine.options.username = glib_value(file.get("username"));
    machine.display.full_screen = file.is_on("fullscreen");
    if !file.get("password").is_empty() {
        machine.password = Password::Ticket(glib_value(file.get("password")).into());
    }
    machine.leave_out(LeftOut::Certificates, !file.get("ca").is_empty());
    Ok(vec![machine])
}
