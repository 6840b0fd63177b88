//! Starting with the desktop: an entry in its autostart folder
//! (<https://specifications.freedesktop.org/autostart-spec/latest/>).

use portlight_engine::Settings;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

const FILE: &str = "io.github.portlight.Portlight.desktop";

/// Whether Portlight starts with the desktop, as the desktop's own settings see it. None where that cannot be had: in a Flatpak, whose
/// programs the desktop does not know by their paths.
pub fn starts_with_desktop() -> Option<bool> {
    let text = fs::read_to_string(place()?);
    Some(text.is_ok_and(|text| is_on(&text)))
}

/// Starts with the desktop from the next time on, or no longer. An entry that its user has changed is only switched on and off: it
/// has what they wrote.
///
/// # Errors
/// Where the folder cannot be written.
pub fn start_with_desktop(on: bool) -> io::Result<()> {
    let place = place().ok_or(io::ErrorKind::Unsupported)?;
    // An AppImage's own files lie elsewhere at each start.
    let program = match env::var_os("APPIMAGE") {
        Some(image) => PathBuf::from(image),
        None => env::current_exe()?.with_file_name("portlight"),
    };
    let ours = entry(program.to_str().ok_or(io::ErrorKind::InvalidFilename)?);
    let theirs = match fs::read_to_string(&place) {
        Ok(text) => Some(switched(&text, true)).filter(|text| !is_same_but_for_the_program(text, &ours)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
        Err(cause) => return Err(cause),
    };
    let text = match (theirs, on) {
        (None, false) => {
            return match fs::remove_file(place) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
                _ => Ok(()),
            };
        }
        (None, true) => ours,
        (Some(theirs), false) => switched(&theirs, false),
        (Some(theirs), true) if is_on(&theirs) => theirs,
        (Some(_), true) => ours,
    };
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    // A whole one or none: a desktop that reads it meanwhile.
    let new = place.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, place)
}

/// An entry in force, or hidden: then desktops take it for one that is not there. All else in it stays as it is.
fn switched(text: &str, on: bool) -> String {
    let is_switch = |line: &str| {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        matches!(key, Some("Hidden" | "X-GNOME-Autostart-enabled"))
    };
    let mut in_entry = false;
    let mut switched = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            in_entry = line.trim() == "[Desktop Entry]";
        }
        if in_entry && is_switch(line) {
            continue;
        }
        switched += line;
        switched.push('\n');
        if !on && line.trim() == "[Desktop Entry]" {
            switched += "Hidden=true\n";
        }
    }
    switched
}

/// Whether an entry is ours, perhaps of a Portlight that lay elsewhere.
fn is_same_but_for_the_program(text: &str, ours: &str) -> bool {
    let rest =
        |text: &str| text.lines().filter(|line| !line.starts_with("Exec=")).map(str::to_owned).collect::<Vec<_>>();
    rest(text) == rest(ours)
        && text.lines().any(|line| line.starts_with("Exec=\"") && line.ends_with("/portlight\" --background"))
}

fn place() -> Option<PathBuf> {
    if Path::new("/.flatpak-info").exists() {
        return None;
    }
    let (config, _) = Settings::folders().ok()?;
    Some(config.parent()?.join("autostart").join(FILE))
}

fn entry(program: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=Portlight\nIcon=io.github.portlight.Portlight\nExec={} --background\nTerminal=false\n",
        quoted(program)
    )
}

/// A word of an `Exec` line, as the Desktop Entry Specification quotes it: for the line first, then for the file.
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '\\' => quoted += "\\\\\\\\",
            '"' | '`' | '$' => {
                quoted += "\\\\";
                quoted.push(letter);
            }
            '%' => quoted += "%%",
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// Whether an entry is in force: desktops hide one that their user has switched off.
fn is_on(text: &str) -> bool {
    let entry = text.lines().skip_while(|line| line.trim() != "[Desktop Entry]").skip(1);
    let keys = entry.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('='));
    let says = |name: &str, value: &str| keys.clone().any(|(key, said)| (key.trim(), said.trim()) == (name, value));
    says("Type", "Application") && !says("Hidden", "true") && !says("X-GNOME-Autostart-enabled", "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_desktop_has_switched_off_is_off() {
        let ours = entry("/usr/bin/portlight");
        assert!(is_on(&ours), "{ours}");
        for off in ["Hidden=true", "X-GNOME-Autostart-enabled=false", "Hidden = true "] {
            assert!(!is_on(&format!("{ours}{off}\n")), "{off}");
        }
        assert!(is_on(&format!("{ours}[Other]\nHidden=true\n")) && !is_on("") && !is_on("Hidden=false"));
    }

    #[test]
    fn what_the_user_wrote_is_only_switched_off_and_on() {
        let ours = entry("/usr/bin/portlight");
        assert!(is_same_but_for_the_program(&entry("/opt/portlight"), &ours));
        let theirs = ours.replace("--background", "--background tag:lab");
        assert!(!is_same_but_for_the_program(&theirs, &ours));
        let theirs = format!("# mine\n{theirs}X-GNOME-Autostart-Delay=5\n[Other]\nHidden=false\n");
        let off = switched(&theirs, false);
        assert!(!is_on(&off) && off.contains("tag:lab") && off.contains("[Other]\nHidden=false\n"), "{off}");
        assert_eq!(switched(&off, false), off, "once");
        assert_eq!(switched(&off, true), theirs);
        assert_eq!(switched(&format!("{ours}X-GNOME-Autostart-enabled=false\n"), true), ours);
    }

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(quoted("/usr/bin/portlight"), "\"/usr/bin/portlight\"");
        assert_eq!(quoted("/a b/100%/$x"), "\"/a b/100%%/\\\\$x\"");
        assert_eq!(quoted("/a\\b\"c"), "\"/a\\\\\\\\b\\\\\"c\"");
    }
}
