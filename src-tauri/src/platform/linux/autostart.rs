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

/// Starts with the desktop from the next time on, or no longer.
///
/// # Errors
/// Where the folder cannot be written.
pub fn start_with_desktop(on: bool) -> io::Result<()> {
    let place = place().ok_or(io::ErrorKind::Unsupported)?;
    if !on {
        return match fs::remove_file(place) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        };
    }
    // An AppImage's own files lie elsewhere at each start.
    let program = match env::var_os("APPIMAGE") {
        Some(image) => PathBuf::from(image),
        None => env::current_exe()?.with_file_name("portlight"),
    };
    let program = program.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    // A whole one or none: a desktop that reads it meanwhile.
    let new = place.with_extension("new");
    fs::write(&new, entry(program))?;
    fs::rename(new, place)
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
    fn a_path_is_one_word() {
        assert_eq!(quoted("/usr/bin/portlight"), "\"/usr/bin/portlight\"");
        assert_eq!(quoted("/a b/100%/$x"), "\"/a b/100%%/\\\\$x\"");
        assert_eq!(quoted("/a\\b\"c"), "\"/a\\\\\\\\b\\\\\"c\"");
    }
}
