//! The package for Fedora and its kin, by rpmbuild, which finds by itself which libraries the programs link.

use super::{
    Release,
    contents::{Tree, compress},
    empty, write,
};
use crate::command::{Outcome, call};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Makes the package.
///
/// # Errors
/// What rpmbuild says.
pub fn make(release: &Release, tree: &Tree, folder: &Path) -> Outcome<PathBuf> {
    let work = empty(&folder.join("rpm"))?;
    let root = work.join("root");
    tree.lay_out(&root, release)?;
    compress(&root.join("usr/share/man/man1/portlight.1"))?;
    // Fedora has zsh's completions elsewhere than Debian.
    let functions = root.join("usr/share/zsh/site-functions");
    fs::rename(root.join("usr/share/zsh/vendor-completions"), functions).map_err(|cause| cause.to_string())?;
    super::contents::settle(&root, release)?;
    let spec = work.join("portlight.spec");
    write(&spec, specification(release, tree, &root))?;
    let mut build = Command::new("rpmbuild");
    build.arg("-bb").arg("--define").arg(format!("_topdir {}", work.display())).arg(&spec);
    call(build.env("SOURCE_DATE_EPOCH", release.time.to_string()))?;
    let architecture = std::env::consts::ARCH;
    let name = format!("portlight-{}-1.{architecture}.rpm", release.version);
    let package = folder.join(&name);
    fs::rename(work.join("RPMS").join(architecture).join(&name), &package)
        .map_err(|cause| format!("{name}: {cause}"))?;
    Ok(package)
}

fn specification(release: &Release, tree: &Tree, root: &Path) -> String {
    let version = &release.version;
    let folders = folders(tree.places()).iter().map(|folder| format!("%dir /{folder}\n")).collect::<String>();
    let places = tree.places().map(place).collect::<Vec<_>>().join("\n");
    format!(
        "\
# The programs come as they are: nothing is stripped again, and no debug package is made.
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
# The same bytes on every machine, at every time.
%global _buildhost portlight
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global source_date_epoch_from_changelog 0
%global _binary_payload w9.xzdio

Name: portlight
Version: {version}
Release: 1
Summary: List of your machines, whose screens open at a click (VNC)
License: MIT
URL: https://github.com/portlight/portlight
Recommends: openssh-clients

%description
Portlight is a list of the computers that you look after; one click, and the
screen of one is there, over VNC. It remembers passwords in your keyring, lives
in the tray, and needs nothing set up on a server.

%install
cp -a \"{root}/.\" %{{buildroot}}

%files
%defattr(-,root,root,-)
{folders}{places}
",
        root = root.display()
    )
}

/// The folders that are Portlight's own, the outer first: those of its documents. A package owns what it leaves no one else to remove.
fn folders<'a>(places: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let own = |folder: &&Path| folder.starts_with("usr/share/doc/portlight");
    places.flat_map(|place| Path::new(place).ancestors().skip(1).take_while(own)).filter_map(Path::to_str).collect()
}

/// A file's line: compressed or elsewhere than in the tree, a licence or documentation.
fn place(place: &str) -> String {
    match place {
        "usr/share/man/man1/portlight.1" => format!("%doc /{place}.gz"),
        "usr/share/doc/portlight/copyright" => format!("%license /{place}"),
        _ if place.starts_with("usr/share/doc/") => format!("%doc /{place}"),
        _ => format!("/{}", place.replace("zsh/vendor-completions", "zsh/site-functions")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_its_documents_is_its_own_and_no_other() {
        let places = [
            "usr/bin/portlight",
            "usr/share/doc/portlight/copyright",
            "usr/share/doc/portlight/examples/sources/libvirt",
        ];
        let own =
            ["usr/share/doc/portlight", "usr/share/doc/portlight/examples", "usr/share/doc/portlight/examples/sources"];
        assert_eq!(folders(places.into_iter()).into_iter().collect::<Vec<_>>(), own);
    }

    #[test]
    fn files_stand_where_fedora_has_them() {
        assert_eq!(place("usr/bin/portlight"), "/usr/bin/portlight");
        assert_eq!(place("usr/share/man/man1/portlight.1"), "%doc /usr/share/man/man1/portlight.1.gz");
        assert_eq!(place("usr/share/zsh/vendor-completions/_x"), "/usr/share/zsh/site-functions/_x");
        assert_eq!(place("usr/share/doc/portlight/copyright"), "%license /usr/share/doc/portlight/copyright");
    }
}
