//! Apple's `.vncloc`: a property list, as XML or binary, whose only content is a `vnc://` link.

use super::super::{
    FileProblem, ImportProblem,
    candidate::{Password, Sketch, link, stem},
};
use crate::model::AddressProblem;
use std::io::Cursor;

const MAX_BYTES: usize = 16 * 1024;

/// Reads a file.
pub(in super::super) fn read(bytes: &[u8], name: &str) -> Result<Vec<Sketch>, FileProblem> {
    if bytes.len() > MAX_BYTES {
        return Err(FileProblem::TooLarge);
    }
    // Nothing is replaced, so nothing may be declared.
    if bytes.windows(8).any(|part| part == b"<!ENTITY") {
        return Err(FileProblem::Entities);
    }
    let list = plist::Value::from_reader(Cursor::new(bytes));
    let list = list.map_err(|cause| FileProblem::Malformed { detail: cause.to_string() })?;
    let url = list.as_dictionary().and_then(|fields| fields.get("URL")).and_then(plist::Value::as_string);
    let url = url.ok_or(FileProblem::Unknown)?;
    let mut machine = match link(url) {
        // More than a machine of the list can insist on.
        Ok(found) if found.security_type.is_some() || found.channel_type.is_some() || found.names_key => {
            Sketch::skipped(
                stem(name),
                &found.address.to_string(),
                ImportProblem::Address { address: AddressProblem::Link },
            )
        }
        Ok(found) => {
            let mut machine = Sketch::new(stem(name), Ok(found.address), url);
            machine.options.username = found.username.unwrap_or_default();
            machine.options.view_only = found.view_only;
            machine.ssh_jump = found.ssh_host.unwrap_or_default();
            // A password in a link is none any more.
            machine.password = if found.had_password { Password::Once } else { Password::None };
            machine
        }
        // Only as far as no password can be in it.
        Err(problem) => Sketch::skipped(stem(name), &crate::model::without_secrets(url), problem),
    };
    machine.line = 0;
    Ok(vec![machine])
}
