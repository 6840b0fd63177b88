//! Text without its passwords and tokens, also where it is no address: to be passed to another process, shown or logged.

use super::{
    Address, Link,
    link::is_password,
    parse::{scheme, strip_prefix_ignoring_case},
};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What separates a user name from its password, also encoded or from a Chinese or Japanese input method.
const COLONS: [&str; 3] = [":", "：", "%3a"];
/// What separates user information from a host name, likewise.
const AT_SIGNS: [&str; 3] = ["@", "＠", "%40"];

/// `text`, a word of the command line, without any password in it; what it means stays the same. So it may be handed to
/// another process, over D-Bus for example.
///
/// A `vnc://` link is written anew from what [`Link`] keeps of it. The query of a `ws://` or `wss://` address stays, as
/// the server needs it: show it by [`without_secrets`]. A text that is no address, such as a host's name, is returned as
/// it is, unless it looks like `user:password@…` or has a password parameter.
pub fn without_password(text: &str) -> Cow<'_, str> {
    match Link::parse(text) {
        Ok(link) if strip_prefix_ignoring_case(text.trim(), "vnc://").is_some() => link.to_string().into(),
        Ok(_) => text.into(),
        Err(_) => without_password_parameters(without_userinfo_password(text)),
    }
}

/// `text` without any password and without a query, where a token may be: to be shown or logged, no longer to be used.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let text = without_password(text);
    let is_path = matches!(Link::parse(&text), Ok(Link { address: Address::Unix(_), .. }));
    // A host may be called "What now?".
    let query = text.find('?').filter(|at| scheme(&text).is_some() || text[*at..].contains('='));
    match query {
        Some(at) if !is_path => text[..at].to_owned().into(),
        _ => text,
    }
}

/// Cuts from the first colon to the last `@`, wherever they are: a text that is no address has no parts to rely on, and a
/// password may have any character.
fn without_userinfo_password(text: &str) -> Cow<'_, str> {
    let scheme = scheme(text).unwrap_or_default();
    let start = if scheme.is_empty() { 0 } else { scheme.len() + "://".len() };
    let (before, rest) = text.split_at(start);
    // The same length as `rest`, byte for byte.
    let lower = rest.to_ascii_lowercase();
    let at = AT_SIGNS.iter().filter_map(|sign| lower.rfind(sign).map(|at| (at, at + sign.len()))).max();
    let Some((at, behind)) = at else { return text.into() };
    let colons = COLONS.iter().flat_map(|sign| lower[..at].match_indices(sign).map(|(at, _)| (at, at + sign.len())));
    // A colon before a space is prose: a host may be called "Office: ann@home".
    let is_prose = |next: usize| scheme.is_empty() && rest[next..].starts_with(char::is_whitespace);
    let user = &rest[..colons.filter(|(_, next)| !is_prose(*next)).map(|(colon, _)| colon).min().unwrap_or(at)];
    // In other links a user information without a password is often a token.
    let has_user = ["", "vnc", "ssh"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    format!("{before}{}@{}", if has_user { user } else { "" }, &rest[behind..]).into()
}

/// Cuts from the first parameter that holds a password.
fn without_password_parameters(text: Cow<'_, str>) -> Cow<'_, str> {
    let separators = ['?', '&', '#', ';', '/'];
    let parameter = text.match_indices(separators).map(|(at, _)| at).find(|at| {
        let key = text[at + 1..].split(separators).next().and_then(|pair| pair.split_once('='));
        key.is_some_and(|(key, _)| is_password(&percent_decode_str(key).decode_utf8_lossy()))
    });
    match parameter {
        Some(at) => text[..at].to_owned().into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_leaves_the_command_line() {
        for (typed, passed_on) in [
            ("vnc://ann:SECRET@box:5901/?VncPassword=SECRET", "vnc://box:5901/?VncUsername=ann&VncPassword="),
            ("VNC://ann:SECRET@Box", "vnc://Box/?VncUsername=ann&VncPassword="),
            (" vnc://:SECRET@box ", "vnc://box/?VncPassword="),
            ("vnc://ann:S@EC@RET@box", "vnc://box/?VncUsername=ann&VncPassword="),
            ("vnc://ann%3ASECRET@box", "vnc://box/?VncUsername=ann&VncPassword="),
            ("vnc://box/?vncpassword=SECRET&VncUsername=ann&x=SECRET", "vnc://box/?VncUsername=ann&VncPassword="),
            ("vnc://box?Vnc%50assword=SECRET", "vnc://box/?VncPassword="),
            ("vnc://box?SshPassword=SECRET&ViewOnly=1", "vnc://box/?VncPassword=&ViewOnly=true"),
            ("vnc://box?password=SECRET#SECRET", "vnc://box/?VncPassword="),
            ("vnc://box/VncPassword=SECRET", "box"),
            ("vnc://ann:5901/SECRET@box", "ann:5901"),
            // No addresses.
            ("vnc://ann:SEC/RET@box", "vnc://ann@box"),
            ("vnc://ann:SEC?RET@box", "vnc://ann@box"),
            ("vnc://ann:SEC#RET@box", "vnc://ann@box"),
            ("vnc://ann:SEC RET@box", "vnc://box/?VncUsername=ann&VncPassword="),
            ("vnc://ann:SECRET@my box", "vnc://ann@my box"),
            ("vnc://ann:SECRET%40box", "vnc://ann@box"),
            ("vnc://box:x/?VncPassword=SECRET&ViewOnly=1", "vnc://box:x/"),
            ("vnc://box:x/?a=b&Vnc%50assword=SE&CRET", "vnc://box:x/?a=b"),
            ("vnc://box&VncPassword=SECRET", "vnc://box"),
            ("vnc:ann:SECRET@box", "vnc@box"),
            ("vnc:/ann:SECRET@box", "vnc@box"),
            ("vnc:///ann:SECRET@box", "vnc:///ann@box"),
            ("ann:SECRET@box", "ann@box"),
            ("ann：SECRET＠box", "ann@box"),
            ("ann%3aSECRET%40box", "ann@box"),
            ("ann:SEC@RET@box:1", "ann@box:1"),
            ("vnc: //ann:SECRET@box", "vnc: //ann@box"),
            ("ssh://ann:SECRET@box:22", "ssh://ann@box:22"),
            ("wss://ann:SECRET@site/?token=x", "wss://@site/?token=x"),
            ("wss://SECRET@site", "wss://@site"),
            ("https://ann:SECRET@site/vnc.html?password=SECRET", "https://@site/vnc.html"),
        ] {
            assert_eq!(without_password(typed), passed_on, "{typed}");
            assert!(!without_secrets(typed).contains("SECRET"), "{typed}");
        }
    }

    #[test]
    fn what_has_no_password_is_passed_on_as_it_is() {
        for text in [
            "box",
            "box:1",
            "ann@box",
            "Office: ann@home",
            "What now? a=b",
            "",
            "/run/a:b@c?password=d",
            "wss://site/websockify?token=abc&password=d",
            "ws://box:80/a:b@c",
            "[fe80::1%25eth0]:1",
            "portlight:demo",
        ] {
            assert_eq!(without_password(text), text);
        }
    }

    #[test]
    fn what_is_passed_on_means_the_same() {
        for text in
            ["vnc://ann:x@cafe:99", "vnc://[fe80::1%25eth0]:5901/?ViewOnly=1", "vnc://b%C3%BCro/?ConnectionName=a%26b"]
        {
            let passed_on = without_password(text).into_owned();
            assert_eq!(Link::parse(&passed_on), Link::parse(text), "{passed_on}");
        }
    }

    #[test]
    fn what_is_shown_has_no_token() {
        for (text, shown) in [
            ("wss://site/websockify?token=SECRET", "wss://site/websockify"),
            ("wss://site:x?token=SECRET", "wss://site:x"),
            ("site/websockify?token=SECRET", "site/websockify"),
            ("vnc://ann@box", "vnc://box/"),
            ("What now?", "What now?"),
            ("/run/a?b=c", "/run/a?b=c"),
            ("box", "box"),
        ] {
            assert_eq!(without_secrets(text), shown, "{text}");
        }
    }
}
