//! Passwords in links on the command line. Every user of this machine can read a process's arguments (`/proc/PID/cmdline`),
//! and they travel to the Portlight that runs: so they are dropped before anything else is done with them.

use crate::files::file_of;
use portlight_engine::{
    Error, FormError,
    model::{FieldProblem, Link, without_password, without_secrets},
};
use std::{borrow::Cow, ffi::OsString};

/// What is said on standard error where a password was dropped.
pub const PASSWORD_DROPPED: &str =
    "passwords in links are not used: a password is asked for, or comes from the keyring";

/// In place of a link that cannot be read, and of which nothing may be repeated.
const UNREADABLE: &str = "vnc://…";

/// The arguments without any password in them; none where there is no password to drop.
pub fn without_passwords(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let mut dropped = false;
    // A file may be called anything.
    let link = |text: &&str| !file_of(text).is_some_and(|path| text.starts_with("file:") || path.exists());
    let mut clean = |argument: &OsString| match argument.to_str().filter(link).and_then(clean) {
        Some(text) => {
            dropped = true;
            text.into()
        }
        None => argument.clone(),
    };
    let arguments = arguments.iter().map(&mut clean).collect();
    dropped.then_some(arguments)
}

/// `text` without its password; none where there is nothing to drop, or nothing any more.
fn clean(text: &str) -> Option<String> {
    let read = Link::parse(text);
    let has_password = read.as_ref().map_or(true, |link| link.had_password);
    let clean = Some(without_password(text)).filter(|clean| has_password && *clean != text).map(Cow::into_owned)?;
    // What was no address must not become one: `vnc://ann:pass/word@box` names the machine `ann`, read strictly.
    Some(if read.is_err() && Link::parse(&clean).is_ok() { UNREADABLE.to_owned() } else { clean })
}

/// What is wrong with a target, without repeating a password that may be in it.
pub fn unreadable(target: &str, error: &Error) -> String {
    let reason = match error {
        Error::Form(FormError::Fields { fields }) => match fields.first() {
            // Its own text begins with the name of the form's field.
            Some(FieldProblem::Address(problem)) => problem.to_string(),
            _ => error.to_string(),
        },
        _ => error.to_string(),
    };
    format!("{:?} is neither a saved machine nor an address: {reason}", without_secrets(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_dropped_once_and_the_rest_stays() {
        let given = ["doctor", "vnc://ann:SECRET@box", "--json", "ann:SECRET@box", "vnc://ann@box"].map(OsString::from);
        let cleaned = without_passwords(&given).unwrap();
        assert!(cleaned.iter().all(|argument| !argument.to_str().unwrap().contains("SECRET")), "{cleaned:?}");
        for (place, argument) in [(0, "doctor"), (2, "--json"), (4, "vnc://ann@box")] {
            assert_eq!(cleaned[place], argument);
        }
        assert_eq!(without_passwords(&cleaned), None, "once is enough: the process is replaced once");
    }

    #[test]
    fn a_link_that_cannot_be_read_leads_nowhere_else_without_its_password() {
        let cleaned = without_passwords(&["vnc://ann:SEC/RET@box".into()]).unwrap();
        assert!(Link::parse(cleaned[0].to_str().unwrap()).is_err(), "{cleaned:?}");
        assert_eq!(without_passwords(&cleaned), None);
    }

    #[test]
    fn arguments_without_passwords_stay_as_they_are() {
        let given = [
            "",
            "box:1",
            "vnc://",
            "vnc://box",
            "vnc://ann@box:5901/",
            "wss://site/path?token=abc",
            "file:///home/ann/a:b@c.vnc",
            "--view-only",
            "ü",
        ];
        assert_eq!(without_passwords(&given.map(OsString::from)), None);
    }
}
