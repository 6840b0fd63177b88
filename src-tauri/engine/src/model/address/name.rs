//! Host names beyond ASCII: as DNS, HTTP and certificates have them (IDNA, by
//! [UTS 46](https://www.unicode.org/reports/tr46/)), and those that a person would read otherwise than a resolver does.

use super::AddressProblem;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::{borrow::Cow, net::Ipv4Addr};

/// A host name in ASCII: itself, or with its international labels as `xn--…`. An IPv6 address stays as it is.
pub(crate) fn dns_name(hostname: &str) -> Cow<'_, str> {
    if hostname.is_ascii() {
        return hostname.into();
    }
    // What was checked can be written so.
    to_ascii(hostname).unwrap_or_else(|| hostname.into())
}

/// The address that a resolver of old (`inet_aton`) reads in a name: up to four numbers, decimal, octal or hexadecimal, of which the last
/// fills what is left.
pub(crate) fn inet_aton(name: &str) -> Option<Ipv4Addr> {
    let number =
        |label: &str| match (label.strip_prefix("0x").or_else(|| label.strip_prefix("0X")), label.strip_prefix('0')) {
            (Some(digits), _) => u32::from_str_radix(digits, 16).ok(),
            (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
            _ => label.parse().ok(),
        };
    let numbers: Vec<u32> = name.split('.').map(number).collect::<Option<_>>()?;
    let (last, before) = numbers.split_last().filter(|(_, before)| before.len() < 4)?;
    let left = 32 - 8 * u32::try_from(before.len()).ok()?;
    let fits = u64::from(*last) < 1 << left && before.iter().all(|number| *number < 256);
    let high = before.iter().enumerate().map(|(place, number)| number << (24 - 8 * place)).sum::<u32>();
    fits.then(|| Ipv4Addr::from(high | last))
}

/// Whether a person would read this host name otherwise than a resolver does. What else may be wrong with it shows when it is looked up.
pub(crate) fn is_read_otherwise(hostname: &str) -> bool {
    matches!(check_meaning(hostname), Err(AddressProblem::Ipv4 | AddressProblem::Scripts))
}

/// # Errors
/// [`AddressProblem::Ipv4`], [`AddressProblem::Scripts`] and [`AddressProblem::International`].
pub(super) fn check_meaning(hostname: &str) -> Result<(), AddressProblem> {
    // What is written may be one letter in the form of another, such as a wide one: what it comes to is looked at.
    let (meant, _) = Uts46::new().to_unicode(hostname.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
    if meant.split('.').any(mixes_scripts) {
        return Err(AddressProblem::Scripts);
    }
    let name =
        if hostname.is_ascii() { hostname.into() } else { to_ascii(hostname).ok_or(AddressProblem::International)? };
    // Also a comma, a star or a quotation mark may be written so.
    if !name.split('.').all(is_label) {
        return Err(AddressProblem::International);
    }
    // Also where an international name comes to digits: ①②⑦.
    if is_numeric(&name) && (name != hostname || name.parse::<Ipv4Addr>().is_err()) {
        return Err(AddressProblem::Ipv4);
    }
    Ok(())
}

/// Whether a part of a name has only what one in ASCII may have; the last one may be empty.
fn is_label(label: &str) -> bool {
    !label.starts_with('-') && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn to_ascii(hostname: &str) -> Option<Cow<'_, str>> {
    Uts46::new().to_ascii(hostname.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::VerifyAllowRootDot).ok()
}

/// Whether a resolver may read it as an IPv4 address in one of the ways of old (`inet_aton`): `127.1`, `0177.0.0.1`, `0x7f.1`,
/// `2130706433`; or a person as one that has a slip in it.
fn is_numeric(name: &str) -> bool {
    let number = |label: &str| match label.strip_prefix("0x").or_else(|| label.strip_prefix("0X")) {
        Some(digits) => digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => label.bytes().all(|digit| digit.is_ascii_digit()),
    };
    name.strip_suffix('.').unwrap_or(name).split('.').all(number)
}

/// Whether a label has letters of several of those scripts whose letters look alike: `pаypal`, with a Cyrillic а.
fn mixes_scripts(label: &str) -> bool {
    let mut scripts = label.chars().filter_map(script);
    scripts.next().is_some_and(|first| scripts.any(|other| other != first))
}

#[derive(PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

fn script(letter: char) -> Option<Script> {
    match letter {
        'a'..='z' | 'A'..='Z' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'Ḁ'..='ỿ' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => Some(Script::Cyrillic),
        '\u{531}'..='\u{58f}' => Some(Script::Armenian),
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Some(Script::Cherokee),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_to_dns_in_ascii() {
        for (typed, sent) in [
            ("box.example", "box.example"),
            ("My_Box.example.", "My_Box.example."),
            ("büro.example", "xn--bro-hoa.example"),
            ("BÜRO.example.", "xn--bro-hoa.example."),
            ("straße.example", "xn--strae-oqa.example"),
            ("हिन्दी.भारत", "xn--j2bd4cyah0f.xn--h2brj9c"),
            ("客厅.example", "xn--imrr2q.example"),
            ("fe80::1%eth0", "fe80::1%eth0"),
        ] {
            assert_eq!(dns_name(typed), sent, "{typed}");
        }
    }

    #[test]
    fn what_a_person_and_a_resolver_would_read_differently_is_refused() {
        use AddressProblem::{International, Ipv4, Scripts};
        for (typed, problem) in [
            ("0177.0.0.1", Some(Ipv4)),
            ("127.1", Some(Ipv4)),
            ("1.2.3", Some(Ipv4)),
            ("2130706433", Some(Ipv4)),
            ("0x7f000001", Some(Ipv4)),
            ("0X7F.0.0.1", Some(Ipv4)),
            ("0x", Some(Ipv4)),
            ("192.168.1.300", Some(Ipv4)),
            ("192.168.001.020", Some(Ipv4)),
            ("1.2.3.4.5", Some(Ipv4)),
            ("127.0.0.1.", Some(Ipv4)),
            ("①②⑦.0.0.1", Some(Ipv4)),
            ("１２７.0.0.1", Some(Ipv4)),
            ("p\u{430}ypal.example", Some(Scripts)),
            ("box.\u{3bf}rg", Some(Scripts)),
            ("\u{3bf}rg.example", Some(Scripts)),
            ("\u{ff50}\u{430}\u{ff59}pal.example", Some(Scripts)),
            ("\u{1d429}\u{430}ypal.example", Some(Scripts)),
            ("xn--pypal-4ve.example", Some(Scripts)),
            ("box\u{ff0c}evil.example", Some(International)),
            ("\u{ff0a}.example", Some(International)),
            ("a\u{ff40}b\u{ff1b}c", Some(International)),
            ("a\u{ff04}\u{ff08}id\u{ff09}", Some(International)),
            ("\u{ff0d}Lx", Some(International)),
            ("\u{ff42}ox.example", None),
            ("a\u{338}\u{661}x\u{5d0}", Some(International)),
            ("192.168.1.20", None),
            ("box.5", None),
            ("5.example", None),
            ("0xbox", None),
            ("сервер-1.example", None),
            ("客厅pc", None),
            ("カフェcafe", None),
        ] {
            assert_eq!(check_meaning(typed).err(), problem, "{typed}");
        }
    }
}
