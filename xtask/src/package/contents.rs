//! Which file goes where, for every package alike.

use super::{ID, Release, compile::PROGRAMS, completions, man, words::Words, write};
use crate::command::{Outcome, call, top};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

/// Sizes in pixels of the application's icon, beside the drawing itself.
const ICON_SIZES: [u32; 11] = [16, 22, 24, 32, 48, 64, 96, 128, 192, 256, 512];

/// A file of the packages.
#[derive(Debug)]
pub struct File {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it is a program.
    pub runs: bool,
}

/// The files by their places, without the first slash.
pub struct Tree(BTreeMap<String, File>);

/// All files.
///
/// # Errors
/// One that cannot be read.
pub fn files(release: &Release, words: &Words, programs: &[PathBuf; 2]) -> Outcome<BTreeMap<String, File>> {
    let mut files = BTreeMap::new();
    let mut put = |place: String, bytes: Vec<u8>| files.insert(place, File { bytes, runs: false });
    for (place, source) in sources() {
        put(place, read(&top().join(source))?);
    }
    let metainfo = read(&top().join(format!("packaging/linux/{ID}.metainfo.xml")))?;
    let metainfo = String::from_utf8(metainfo).map_err(|cause| cause.to_string())?;
    let day = release.date("+%Y-%m-%d")?;
    let metainfo = metainfo.replace("@VERSION@", &release.version).replace("@DATE@", &day);
    put(format!("usr/share/metainfo/{ID}.metainfo.xml"), metainfo.into_bytes());
    let page = man::page(words, &release.version, &day);
    put("usr/share/man/man1/portlight.1".into(), page.into_bytes());
    put("usr/share/bash-completion/completions/portlight".into(), completions::bash(words).into_bytes());
    put("usr/share/zsh/vendor-completions/_portlight".into(), completions::zsh(words).into_bytes());
    put("usr/share/fish/vendor_completions.d/portlight.fish".into(), completions::fish(words).into_bytes());
    for (place, source) in scripts()? {
        files.insert(place, File { bytes: read(&source)?, runs: true });
    }
    for (name, program) in PROGRAMS.iter().zip(programs) {
        files.insert(format!("usr/bin/{name}"), File { bytes: read(program)?, runs: true });
    }
    Ok(files)
}

/// What is taken from the project as it is: the place, and the file in the project.
fn sources() -> Vec<(String, String)> {
    let share = |place: &str, source: &str| (format!("usr/share/{place}"), source.to_owned());
    let mut sources = vec![
        share(&format!("applications/{ID}.desktop"), &format!("packaging/linux/{ID}.desktop")),
        share(&format!("mime/packages/{ID}.xml"), &format!("packaging/linux/{ID}.xml")),
        share("doc/portlight/copyright", "packaging/linux/copyright"),
        share("doc/portlight/THIRD-PARTY-NOTICES.txt", "ui/dist/THIRD-PARTY-NOTICES.txt"),
        share("doc/portlight/THIRD-PARTY-NOTICES-RUST.txt", "ui/dist/THIRD-PARTY-NOTICES-RUST.txt"),
        share(&format!("icons/hicolor/scalable/apps/{ID}.svg"), "icons/portlight.svg"),
        share(&format!("icons/hicolor/symbolic/apps/{ID}-symbolic.svg"), "icons/portlight-symbolic.svg"),
    ];
    for size in ICON_SIZES {
        let place = format!("icons/hicolor/{size}x{size}/apps/{ID}.png");
        sources.push(share(&place, &format!("icons/hicolor/{size}.png")));
    }
    sources
}

/// The scripts that find consoles, and those that make lists: the place, and the file in the project.
fn scripts() -> Outcome<Vec<(String, PathBuf)>> {
    let mut scripts = Vec::new();
    for kind in ["consoles", "sources"] {
        let folder = top().join("docs").join(kind);
        let problem = |cause: std::io::Error| format!("{}: {cause}", folder.display());
        for entry in fs::read_dir(&folder).map_err(problem)? {
            let entry = entry.map_err(problem)?;
            let name = entry.file_name().into_string().map_err(|name| format!("{} is no name", name.display()))?;
            scripts.push((format!("usr/share/doc/portlight/examples/{kind}/{name}"), entry.path()));
        }
    }
    Ok(scripts)
}

impl Tree {
    pub fn new(files: BTreeMap<String, File>) -> Self {
        Self(files)
    }

    /// The places of all files, in order.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Writes all files into a folder, with modes and times that do not depend on who does it, and when.
    ///
    /// # Errors
    /// What cannot be written.
    pub fn lay_out(&self, folder: &Path, release: &Release) -> Outcome {
        for (place, file) in &self.0 {
            let path = folder.join(place);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent).map_err(|cause| format!("{}: {cause}", parent.display()))?;
            write(&path, &file.bytes)?;
            mode(&path, if file.runs { 0o755 } else { 0o644 })?;
        }
        settle(folder, release)
    }
}

/// Gives every folder its mode, and everything the release's time; the outermost last, as each change shows on the one above.
///
/// # Errors
/// What cannot be changed.
pub fn settle(path: &Path, release: &Release) -> Outcome {
    let problem = |cause: std::io::Error| format!("{}: {cause}", path.display());
    let data = fs::symlink_metadata(path).map_err(problem)?;
    if data.is_symlink() {
        return Ok(());
    }
    if data.is_dir() {
        for entry in fs::read_dir(path).map_err(problem)? {
            settle(&entry.map_err(problem)?.path(), release)?;
        }
        mode(path, 0o755)?;
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(release.time);
    fs::File::open(path).and_then(|file| file.set_modified(time)).map_err(problem)
}

/// Compresses a file as Debian and Fedora have them, without its name and time.
///
/// # Errors
/// What gzip says.
pub fn compress(file: &Path) -> Outcome {
    call(Command::new("gzip").args(["-9", "--no-name", "--force"]).arg(file))
}

fn mode(path: &Path, mode: u32) -> Outcome {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|cause| format!("{}: {cause}", path.display()))
}

fn read(file: &Path) -> Outcome<Vec<u8>> {
    fs::read(file).map_err(|cause| format!("{}: {cause}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &str) -> String {
        fs::read_to_string(top().join(file)).unwrap()
    }

    #[test]
    fn every_source_but_the_built_pages_notices_is_in_the_project() {
        for (place, source) in sources().iter().filter(|(_, source)| !source.starts_with("ui/dist")) {
            assert!(top().join(source).is_file(), "{source} for {place}");
        }
    }

    #[test]
    fn the_notices_of_both_kinds_are_in_the_packages() {
        let all = sources();
        for file in ["THIRD-PARTY-NOTICES.txt", "THIRD-PARTY-NOTICES-RUST.txt"] {
            let place = format!("usr/share/doc/portlight/{file}");
            assert!(all.contains(&(place, format!("ui/dist/{file}"))), "{file}");
        }
    }

    #[test]
    fn the_scripts_for_consoles_are_where_the_help_says() {
        let places: Vec<_> = scripts().unwrap().into_iter().map(|(place, _)| place).collect();
        let help = ["en", "zh-CN"].map(|language| text(&format!("docs/help/{language}/consoles.md")));
        for page in help {
            let named = page.lines().find_map(|line| line.strip_prefix('/')?.split_once(' ')).unwrap().0;
            assert!(places.iter().any(|place| place == named), "{named} is not among {places:?}");
        }
        for name in ["libvirt", "ansible"] {
            let place = format!("usr/share/doc/portlight/examples/sources/{name}");
            assert!(places.contains(&place), "{place}");
        }
    }

    #[test]
    fn an_icon_is_as_large_as_its_folder_says() {
        for size in ICON_SIZES {
            let png = fs::read(top().join(format!("icons/hicolor/{size}.png"))).unwrap();
            let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
            let height = u32::from_be_bytes(png[20..24].try_into().unwrap());
            assert_eq!((width, height), (size, size));
        }
    }

    #[test]
    fn the_desktop_entry_starts_the_program_and_names_only_types_that_are_declared() {
        let entry = text(&format!("packaging/linux/{ID}.desktop"));
        let value = |key: &str| entry.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap();
        assert_eq!((value("Exec"), value("Icon")), ("portlight -- %U", ID));
        let types = text(&format!("packaging/linux/{ID}.xml"));
        let metainfo = text(&format!("packaging/linux/{ID}.metainfo.xml"));
        let opened: Vec<&str> = value("MimeType").split_terminator(';').collect();
        for name in &opened {
            let declared = name.starts_with("x-scheme-handler/") || types.contains(&format!("type=\"{name}\""));
            assert!(declared && metainfo.contains(&format!("<mediatype>{name}</mediatype>")), "{name}");
        }
        assert_eq!(types.matches("<mime-type ").count() + 1, opened.len(), "all types are opened, and links");
        if let Ok(status) =
            Command::new("desktop-file-validate").arg(top().join(format!("packaging/linux/{ID}.desktop"))).status()
        {
            assert!(status.success());
        }
    }

    #[test]
    fn the_types_of_files_have_their_endings() {
        let types = text(&format!("packaging/linux/{ID}.xml"));
        for ending in ["plrec", "portlight", "vnc", "tigervnc", "remmina", "vv", "vncloc"] {
            assert!(types.contains(&format!("<glob pattern=\"*.{ending}\" />")), "{ending}");
        }
    }

    /// What a desktop does with the package's files: `update-mime-database`, `update-desktop-database`, and questions.
    #[test]
    fn a_desktop_knows_the_types_and_who_opens_them() {
        let data = super::super::empty(&top().join("target/tmp/desktop-data")).unwrap();
        let put = |place: &str, file: &str| {
            let place = data.join(place);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::copy(top().join("packaging/linux").join(file), place).unwrap();
        };
        put(&format!("mime/packages/{ID}.xml"), &format!("{ID}.xml"));
        put(&format!("applications/{ID}.desktop"), &format!("{ID}.desktop"));
        // GIO knows no entry whose program it does not find. Nothing starts it.
        let programs = data.join("bin");
        fs::create_dir_all(&programs).unwrap();
        fs::copy("/bin/true", programs.join("portlight")).unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.env("PATH", &path);
            command.args(arguments).env("XDG_DATA_HOME", &data).env("XDG_DATA_DIRS", "/nowhere").env("HOME", &data);
            // xdg-mime asks what the desktop has for that, and guesses by content where it knows none.
            command.env("XDG_CURRENT_DESKTOP", "GNOME").env_remove("DISPLAY");
            command.output().ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let at = |place: &str| data.join(place).to_str().unwrap().to_owned();
        let known =
            run("update-mime-database", &[&at("mime")]).and(run("update-desktop-database", &[&at("applications")]));
        if known.is_none() || run("gio", &["--version"]).is_none() {
            eprintln!("skipped: this machine has no desktop's tools");
            return;
        }
        for (file, name) in [
            ("a.vnc", "application/x-vnc"),
            ("a.tigervnc", "application/x-vnc"),
            ("a.remmina", "application/x-remmina"),
            ("a.vv", "application/x-virt-viewer"),
            ("a.vncloc", "application/x-vncloc"),
            ("a.portlight", "application/x-portlight-machines"),
            ("a.plrec", "application/x-portlight-recording"),
        ] {
            fs::write(data.join(file), "x").unwrap();
            let told = run("gio", &["info", "-a", "standard::content-type", &at(file)]).unwrap();
            assert!(told.contains(&format!("standard::content-type: {name}")), "{file}: {told}");
            let asked = run("xdg-mime", &["query", "filetype", &at(file)]);
            assert!(asked.as_deref().is_none_or(|asked| asked == name), "{file}: {asked:?}");
            let opener = run("gio", &["mime", name]).unwrap();
            assert!(opener.contains(&format!("{ID}.desktop")), "{name}: {opener}");
        }
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn a_tree_is_laid_out_with_modes_and_times_that_are_its_own() {
        let folder = top().join("target/tmp/laid-out");
        let folder = super::super::empty(&folder).unwrap();
        let file = |runs| File { bytes: b"x".to_vec(), runs };
        let tree = Tree::new(BTreeMap::from([("usr/bin/a".into(), file(true)), ("usr/share/b".into(), file(false))]));
        let release = Release { version: "1.2.3".into(), time: 1_700_000_000 };
        tree.lay_out(&folder, &release).unwrap();
        for (place, mode) in [("usr/bin/a", 0o755), ("usr/share/b", 0o644), ("usr/bin", 0o755), ("usr", 0o755)] {
            let data = fs::metadata(folder.join(place)).unwrap();
            assert_eq!(data.permissions().mode() & 0o7777, mode, "{place}");
            let time = data.modified().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            assert_eq!(time.as_secs(), release.time, "{place}");
        }
        assert_eq!(tree.places().collect::<Vec<_>>(), ["usr/bin/a", "usr/share/b"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
