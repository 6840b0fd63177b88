//! `cargo xtask package`: a .deb, an .rpm, and a folder that an AppImage can be made of, from one tree of files.
//!
//! ```text
//! compile      the programs, with no path of this machine in them
//! contents     which file goes where      words ─▶ man, completions     made of `portlight --help`
//! deb, rpm, appdir                        the tree, as each wants it
//! ```
//! Two builds of one commit are the same bytes: times are the commit's, owners and order are fixed, paths are mapped.
//!
//! Made by the distributions' own tools: Tauri's bundler asks for libayatana where there is a tray, which ours does not
//! link, takes times of now and paths of here, and knows neither man pages nor completions. dpkg-shlibdeps and rpmbuild
//! read from the programs what they link, so the packages depend on that and on nothing else.

mod appdir;
mod compile;
mod completions;
mod contents;
mod deb;
mod man;
mod rpm;
mod words;

use crate::command::{Outcome, call, top};
use contents::Tree;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use words::Words;

/// The application's id, which names its files.
const ID: &str = "io.github.portlight.Portlight";
/// Where everything is made.
const FOLDER: &str = "target/package";

/// What is packaged, and when it was written.
struct Release {
    version: String,
    /// Of the commit, in seconds since 1970.
    time: u64,
}

/// Makes the packages. The pages have been built.
///
/// # Errors
/// What could not be built, or a package that is not as it has to be.
pub fn make() -> Outcome {
    let release = Release { version: env!("CARGO_PKG_VERSION").to_owned(), time: time()? };
    let programs = compile::programs()?;
    let folder = top().join(FOLDER);
    let words = Words::read(&printed(Command::new(&programs[0]).arg("--help"))?);
    let tree = Tree::new(contents::files(&release, &words, &programs)?);
    let packages = [
        deb::make(&release, &tree, &folder)?,
        rpm::make(&release, &tree, &folder)?,
        appdir::make(&release, &tree, &folder)?,
    ];
    println!();
    for package in packages.iter().filter(|package| package.is_file()) {
        let size = fs::metadata(package).map_err(|cause| cause.to_string())?.len();
        println!("{} ({:.1} MB)", package.display(), size as f64 / 1e6);
    }
    call(Command::new("sha256sum").args(packages.iter().filter(|package| package.is_file())))?;
    println!("{}", packages[2].display());
    Ok(())
}

/// When the commit was made: what `SOURCE_DATE_EPOCH` says, or git.
fn time() -> Outcome<u64> {
    let time =
        match env::var("SOURCE_DATE_EPOCH") {
            Ok(time) => time,
            Err(_) => printed(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(top())).map_err(
                |problem| format!("{problem}\nWithout git, SOURCE_DATE_EPOCH has to say when this was written."),
            )?,
        };
    time.trim().parse().map_err(|_| format!("{time:?} is no time in seconds"))
}

impl Release {
    /// As `date` formats it, in the world's time.
    fn date(&self, format: &str) -> Outcome<String> {
        let mut date = Command::new("date");
        date.args(["-u", "-d", &format!("@{}", self.time), format]).env("LC_ALL", "C");
        Ok(printed(&mut date)?.trim().to_owned())
    }
}

/// What a command prints.
fn printed(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|cause| format!("{name} could not be started: {cause}"))?;
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|cause| cause.to_string()),
        false => Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

/// A folder of that name, new and empty.
fn empty(folder: &Path) -> Outcome<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|cause| format!("{}: {cause}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|cause| format!("{}: {cause}", folder.display()))?;
    Ok(folder.to_owned())
}

fn write(file: &Path, text: impl AsRef<[u8]>) -> Outcome {
    fs::write(file, text).map_err(|cause| format!("{}: {cause}", file.display()))
}
