//! A preview as text. The engine has taken out of it what controls a terminal.

use super::chosen;
use crate::args::ImportArgs;
use portlight_engine::{
    Imported,
    import::{Entry, Format, Gap, PasswordKind, Plan, Preview},
};
use std::fmt::Write;

/// What would be done, entry by entry.
pub(super) fn plain(preview: &Preview, args: &ImportArgs) -> String {
    let chosen = chosen(preview, args.passwords, args.all);
    let mut text = String::new();
    for (number, file) in preview.files.iter().enumerate() {
        let format = file.format.map_or(String::new(), |format| format!(" ({})", format.words()));
        let problem = file.problem.as_ref().map_or(String::new(), |problem| format!(": {problem}"));
        let guessed = if file.guessed { ", letters may be wrong: its encoding is not known" } else { "" };
        line(&mut text, format_args!("{}{format}{guessed}{problem}", file.name));
        let entries = preview.entries.iter().enumerate().filter(|(_, entry)| entry.file == number);
        for (place, entry) in entries {
            line(&mut text, format_args!("  {}", entry_line(entry, chosen.binary_search(&place).is_ok())));
            if !entry.left_out.is_empty() {
                let words: Vec<_> = entry.left_out.iter().map(|what| what.words()).collect();
                line(&mut text, format_args!("      left out: {}", words.join("; ")));
            }
        }
    }
    totals(&mut text, preview, &chosen, args);
    text
}

fn entry_line(entry: &Entry, is_chosen: bool) -> String {
    let via = if entry.via.is_empty() { String::new() } else { format!(" through {}", entry.via) };
    let what = format!("{}  {}{via}", entry.name, entry.address);
    match &entry.plan {
        Plan::Add { .. } if is_chosen => format!("+ {what}"),
        Plan::Add { .. } => format!("? {what}  (may have a VNC server: --all adds it)"),
        Plan::Change { host, gaps } => {
            let gaps: Vec<_> = gaps.iter().map(|gap| gap_words(*gap)).collect();
            let mark = if is_chosen { '~' } else { '=' };
            format!("{mark} {what}  fills in {:?}: {}", host, gaps.join(", "))
        }
        Plan::Known { host } => format!("= {what}  already in the list as {host:?}"),
        Plan::Again => format!("= {what}  stands further up already"),
        Plan::Skip { why } => format!("- {what}  skipped: {why}"),
    }
}

fn gap_words(gap: Gap) -> &'static str {
    match gap {
        Gap::Username => "user name",
        Gap::Mac => "MAC address",
        Gap::CaFile => "certificate file",
        Gap::Password => "password (with --passwords)",
    }
}

fn totals(text: &mut String, preview: &Preview, chosen: &[usize], args: &ImportArgs) {
    let plans = || chosen.iter().filter_map(|place| preview.entries.get(*place)).map(|entry| &entry.plan);
    let added = plans().filter(|plan| matches!(plan, Plan::Add { .. })).count();
    let skipped = preview.entries.iter().filter(|entry| matches!(entry.plan, Plan::Skip { .. })).count();
    let changed = chosen.len() - added;
    line(text, format_args!("{added} to add, {changed} to change, {skipped} skipped"));
    let of = |kind| preview.entries.iter().filter(|entry| entry.password == kind).count();
    let beside = of(PasswordKind::Beside);
    let open = of(PasswordKind::Readable) + of(PasswordKind::Obfuscated) + beside;
    if let Some(site) = &args.site {
        if !preview.files.iter().any(|file| file.format == Some(Format::Websockify)) {
            line(text, format_args!("there is no websockify token file among these: --site changes nothing"));
        } else if site.is_clear() {
            line(text, format_args!("ws:// is not encrypted: everyone on the way can read the tokens; wss:// is"));
        }
    }
    if open > 0 {
        let passwords = count(open, "password is", "passwords are");
        let then = if args.passwords { "into the keyring with them" } else { "--passwords puts them into the keyring" };
        line(text, format_args!("{passwords} readable for everybody who has these files: {then}"));
    }
    if beside > 0 {
        line(
            text,
            format_args!(
                "TigerVNC's passwd has usually the password of this computer's own VNC server: take it only where it is theirs"
            ),
        );
    }
    if of(PasswordKind::Encrypted) > 0 {
        let passwords = count(of(PasswordKind::Encrypted), "password is", "passwords are");
        line(text, format_args!("{passwords} encrypted and cannot be taken: you will be asked for them"));
    }
    if !args.yes && !chosen.is_empty() {
        line(text, format_args!("nothing is changed yet: --yes does it"));
    }
}

/// What was done.
pub(super) fn done(imported: Imported) -> String {
    let Imported { added, changed, passwords } = imported;
    let passwords =
        if passwords > 0 { format!(", {}", count(passwords, "password", "passwords")) } else { String::new() };
    format!("added {}, changed {changed}{passwords}\n", count(added, "machine", "machines"))
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
