//! The package for Debian and its kin, by dpkg-deb. What it depends on is what dpkg-shlibdeps finds linked.

use super::{
    Release,
    compile::PROGRAMS,
    contents::{Tree, compress, settle},
    empty, printed, write,
};
use crate::command::{Outcome, call};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Who answers for the package.
const MAINTAINER: &str = env!("CARGO_PKG_AUTHORS");

/// Makes the package.
///
/// # Errors
/// What one of Debian's tools says.
pub fn make(release: &Release, tree: &Tree, folder: &Path) -> Outcome<PathBuf> {
    let work = empty(&folder.join("deb"))?;
    let root = work.join("root");
    tree.lay_out(&root, release)?;
    compress(&root.join("usr/share/man/man1/portlight.1"))?;
    let changelog = root.join("usr/share/doc/portlight/changelog");
    write(&changelog, changes(release)?)?;
    compress(&changelog)?;
    let overrides = root.join("usr/share/lintian/overrides");
    fs::create_dir_all(&overrides).map_err(|cause| cause.to_string())?;
    write(&overrides.join("portlight"), OVERRIDES)?;

    let architecture = printed(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned();
    let control = root.join("DEBIAN");
    fs::create_dir_all(&control).map_err(|cause| cause.to_string())?;
    let sums = printed(
        Command::new("sh")
            .current_dir(&root)
            .args(["-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"]),
    )?;
    write(&control.join("md5sums"), sums)?;
    let size = size(&root.join("usr"))?.div_ceil(1024);
    let depends = depends(&work, &root)?;
    write(&control.join("control"), control_file(release, &architecture, size, &depends))?;
    settle(&root, release)?;

    let package = folder.join(format!("portlight_{}_{architecture}.deb", release.version));
    let mut build = Command::new("dpkg-deb");
    // One thread: how xz divides its work among several shows in what comes out.
    build.args(["--root-owner-group", "--threads-max=1", "-Zxz", "--build"]).arg(&root).arg(&package);
    call(build.env("SOURCE_DATE_EPOCH", release.time.to_string()))?;
    call(Command::new("lintian").args(["--fail-on", "error,warning"]).arg(&package))?;
    Ok(package)
}

/// What lintian is told: the program with the windows is started by the other one, never by hand.
const OVERRIDES: &str = "portlight: no-manual-page [usr/bin/portlight-window]\n";

/// The packages that have the libraries that the programs link, with the versions that have what is used of them.
fn depends(work: &Path, root: &Path) -> Outcome<String> {
    let debian = work.join("debian");
    fs::create_dir_all(&debian).map_err(|cause| cause.to_string())?;
    write(&debian.join("control"), "Source: portlight\n\nPackage: portlight\nArchitecture: any\n")?;
    let mut shlibdeps = Command::new("dpkg-shlibdeps");
    shlibdeps.arg("-O").args(PROGRAMS.map(|name| format!("-e{}", root.join("usr/bin").join(name).display())));
    let found = printed(shlibdeps.current_dir(work))?;
    let depends = found.trim().strip_prefix("shlibs:Depends=").map(str::to_owned);
    depends.ok_or_else(|| format!("dpkg-shlibdeps said {found:?}"))
}

fn control_file(release: &Release, architecture: &str, kib: u64, depends: &str) -> String {
    let version = &release.version;
    format!(
        "\
Package: portlight
Version: {version}
Architecture: {architecture}
Maintainer: {MAINTAINER}
Installed-Size: {kib}
Depends: {depends}
Recommends: gnome-keyring | kwalletmanager | keepassxc, openssh-client
Section: net
Priority: optional
Homepage: https://github.com/portlight/portlight
Description: list of your machines, whose screens open at a click (VNC)
 Portlight is a list of the computers that you look after; one click, and the
 screen of one is there, over VNC. It remembers passwords in your keyring, lives
 in the tray, and needs nothing set up on a server.
 .
 Machines are reached directly, through an SSH host, a proxy, a website or a
 repeater. The lists of Remmina, TigerVNC, RealVNC and others are read.
"
    )
}

fn changes(release: &Release) -> Outcome<String> {
    let (version, time) = (&release.version, release.date("+%a, %d %b %Y %H:%M:%S +0000")?);
    Ok(format!(
        "portlight ({version}) unstable; urgency=medium\n\n  * Version {version}.\n\n -- {MAINTAINER}  {time}\n"
    ))
}

/// In bytes, of all files below a folder.
fn size(folder: &Path) -> Outcome<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder).map_err(|cause| cause.to_string())? {
        let path = entry.map_err(|cause| cause.to_string())?.path();
        size += match path.is_dir() {
            true => self::size(&path)?,
            false => fs::metadata(&path).map_err(|cause| cause.to_string())?.len(),
        };
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_depends_on_what_is_linked_and_nothing_else() {
        let release = Release { version: "1.2.3".into(), time: 0 };
        let control = control_file(&release, "amd64", 7, "libc6 (>= 2.36)");
        assert!(control.contains("\nDepends: libc6 (>= 2.36)\n") && control.ends_with('\n'), "{control}");
        assert!(!control.contains("ayatana"), "{control}");
        assert!(!control.contains("\n\n"), "one paragraph: {control}");
    }

    #[test]
    fn the_changelog_is_dated_by_the_commit() {
        let release = Release { version: "1.2.3".into(), time: 0 };
        assert!(changes(&release).unwrap().ends_with(">  Thu, 01 Jan 1970 00:00:00 +0000\n"));
    }
}
