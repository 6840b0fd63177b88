//! Passwords in links on the command line. Every user of this machine can read a process's arguments (`/proc/PID/cmdline`),
//! and they travel to the Portlight that runs: so they are dropped before anything else is done with them.

use std::ffi::OsString;

const SCHEME: &str = "vnc://";

/// What is said on standard error where a password was dropped.
pub const PASSWORD_DROPPED: &str =
    "passwords in links are not used: a password is asked for, or comes from the keyring";

/// The arguments without the passwords of `vnc://` links; none where there are no such passwords.
///
/// Links of other kinds and logins without a scheme (`ann:secret@box`) are no addresses: Portlight ends with an error,
/// which never repeats them (see [`redacted`]).
pub fn without_passwords(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let mut dropped = false;
    let mut clean = |argument: &OsString| match argument.to_str().and_then(without_password) {
        Some(link) => {
            dropped = true;
            link.into()
        }
        None => argument.clone(),
    };
    let arguments = arguments.iter().map(&mut clean).collect();
    dropped.then_some(arguments)
}

/// A `vnc://` link without its password: that of the user information (RFC 3986, section 3.2.1), and parameters such
/// as `VncPassword` (RFC 7869, section 2.3). Path and fragment mean nothing in such a link, and may be the rest of a
/// password with `/` or `#` in it: they are dropped as well. None where nothing is to be dropped.
pub fn without_password(text: &str) -> Option<String> {
    let start = text.trim_start();
    let rest = start.get(SCHEME.len()..).filter(|_| start[..SCHEME.len()].eq_ignore_ascii_case(SCHEME))?;
    let (place, fragment) = rest.split_once('#').map_or((rest, ""), |(place, fragment)| (place, fragment));
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let (user, machine) = match authority.rsplit_once('@') {
        Some((login, machine)) => (login.split_once(':').map_or(Some(login), |(user, _)| Some(user)), machine),
        None => (None, authority),
    };
    let has_password = authority.len() != machine.len() + user.map_or(0, |user| user.len() + 1);
    let is_kept = |parameter: &&str| {
        let name = parameter.split_once('=').map(|(name, _)| name.to_ascii_lowercase());
        name.is_some_and(|name| !name.contains("password"))
    };
    let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    let kept: Vec<&str> = parameters.clone().filter(is_kept).collect();
    if !has_password && path.is_empty() && fragment.is_empty() && kept.len() == parameters.count() {
        return None;
    }
    let user = user.filter(|user| !user.is_empty()).map(|user| format!("{user}@")).unwrap_or_default();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    Some(format!("{SCHEME}{user}{machine}/{query}"))
}

/// A text for an error, without what may be a password in it: of a link only the scheme is left.
pub fn redacted(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), _) if !scheme.contains(['@', ':']) => format!("{scheme}://…"),
        (_, Some((_, machine))) => format!("…@{machine}"),
        (Some(_), None) => "…".to_owned(),
        (None, None) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_dropped_from_links_and_the_rest_stays() {
        for (link, clean) in [
            ("vnc://ann:SECRET@box:5901/", "vnc://ann@box:5901/"),
            ("vnc://:SECRET@box", "vnc://box/"),
            ("VNC://ann:SE:CR@ET@[::1]:5901", "vnc://ann@[::1]:5901/"),
            (" vnc://ann:SECRET@box", "vnc://ann@box/"),
            ("vnc://box/?VncPassword=SECRET", "vnc://box/"),
            ("vnc://box?ViewOnly=true&vncpassword=SECRET&VncUsername=ann", "vnc://box/?ViewOnly=true&VncUsername=ann"),
            ("vnc://box/?SshPassword=SECRET&ConnectionName=Studio", "vnc://box/?ConnectionName=Studio"),
            ("vnc://ann:SECRET@box/?VncPassword=SECRET", "vnc://ann@box/"),
            // Passwords that are not percent-encoded: what remains is no address, or that of another machine's name.
            ("vnc://ann:1/SECRET@box", "vnc://ann:1/"),
            ("vnc://ann:1#SECRET@box", "vnc://ann:1/"),
            ("vnc://ann:1?SECRET@box", "vnc://ann:1/"),
        ] {
            assert_eq!(without_password(link).as_deref(), Some(clean), "{link}");
            assert_eq!(without_password(clean), None, "once is enough: {clean}");
        }
    }

    #[test]
    fn links_without_passwords_and_all_else_stay_as_they_are() {
        for argument in [
            "",
            "box:1",
            "vnc://",
            "vnc://box",
            "vnc://ann@box:5901/",
            "vnc://box/?ViewOnly=true&ConnectionName=Ann%40home",
            "wss://site/path?token=abc&password=x",
            "/run/vm.sock",
            "ü",
            "--view-only",
        ] {
            assert_eq!(without_password(argument), None, "{argument}");
        }
        assert_eq!(without_passwords(&["--view-only".into(), "vnc://ann@box".into()]), None);
    }

    #[test]
    fn all_arguments_are_looked_at() {
        let given = ["doctor", "vnc://ann:SECRET@box", "--json"].map(OsString::from);
        let clean = ["doctor", "vnc://ann@box/", "--json"].map(OsString::from);
        assert_eq!(without_passwords(&given), Some(clean.to_vec()));
    }

    #[test]
    fn an_error_repeats_nothing_that_may_have_a_password_in_it() {
        for (text, shown) in [
            ("ssh://ann:SECRET@box", "ssh://…"),
            ("vnc://ann:SEC/RET@box", "vnc://…"),
            ("http://box/?p=SECRET", "http://…"),
            ("ann:SECRET@box", "…@box"),
            ("ann:SEC@RET@box", "…@box"),
            ("ann:SEC://RET", "…"),
            ("ann:SEC://RET@box", "…@box"),
            ("box:999999", "box:999999"),
        ] {
            assert_eq!(redacted(text), shown, "{text}");
        }
    }
}
