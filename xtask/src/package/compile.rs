//! The programs as they are packaged: the same bytes wherever they are compiled.

use super::FOLDER;
use crate::command::{Outcome, call, top};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The programs, in the order of Cargo.toml.
pub const PROGRAMS: [&str; 2] = ["portlight", "portlight-window"];

/// Where OpenSSL, which is built in without modules and engines, would look for them. By itself it has the build's folder
/// there.
const NO_MODULES: &str = "/usr/lib/portlight/none";

/// Compiles them. In a folder of their own: other flags than those of other builds would have everything compiled anew.
pub fn programs() -> Outcome<[PathBuf; 2]> {
    let target = top().join(FOLDER);
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--locked", "--package", "portlight", "--bins", "--target-dir"]).arg(&target);
    build.env("CARGO_ENCODED_RUSTFLAGS", flags(&mapped(&target)?)).env("CARGO_INCREMENTAL", "0");
    // OpenSSL writes down when it was compiled; that of one commit and the next is the same, and compiled once.
    build.env("SOURCE_DATE_EPOCH", "0");
    // The one way to OpenSSL's `make` that its crate leaves open.
    build.env("GNUMAKEFLAGS", format!("ENGINESDIR={NO_MODULES} MODULESDIR={NO_MODULES}"));
    call(&mut build)?;
    let programs = PROGRAMS.map(|name| target.join("release").join(name));
    for program in &programs {
        let bytes = fs::read(program).map_err(|cause| format!("{}: {cause}", program.display()))?;
        let paths = mapped(&target)?;
        if let Some((path, _)) = paths.iter().find(|(path, _)| has(&bytes, &format!("{}/", path.display()))) {
            return Err(format!("{} has a path of this machine in it: {}", program.display(), path.display()));
        }
    }
    Ok(programs)
}

/// Folders of this machine, and what the programs have in place of them; of several that a path is in, the last one counts.
fn mapped(target: &Path) -> Outcome<[(PathBuf, &'static str); 3]> {
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let cargo = cargo.ok_or("neither CARGO_HOME nor HOME is set")?;
    Ok([(top().to_owned(), "/portlight"), (cargo, "/cargo"), (target.to_owned(), "/target")])
}

fn flags(mapped: &[(PathBuf, &str)]) -> String {
    let flag = |(path, name): &(PathBuf, &str)| format!("--remap-path-prefix={}={name}", path.display());
    mapped.iter().map(flag).collect::<Vec<_>>().join("\u{1f}")
}

/// Whether the text is somewhere in the bytes.
fn has(bytes: &[u8], text: &str) -> bool {
    !text.is_empty() && bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_this_machine_is_mapped_the_innermost_last() {
        let mapped = mapped(&top().join("target/x")).unwrap();
        let flags = flags(&mapped);
        let flags: Vec<&str> = flags.split('\u{1f}').collect();
        assert_eq!(flags[0], format!("--remap-path-prefix={}=/portlight", top().display()));
        assert!(flags[2].ends_with("/target/x=/target"), "{flags:?}");
    }

    #[test]
    fn a_path_is_found_in_bytes() {
        assert!(has(b"\x7fELF\0/home/ann/src\0", "/home/ann/"));
        assert!(!has(b"\x7fELF\0/portlight/src\0", "/home/ann/"));
    }
}
