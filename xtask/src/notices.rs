//! The licences of the Rust crates that Portlight's packages contain, as one text that is passed on with them.
//!
//! cargo-about finds them (`about.toml`), which takes minutes: so the text is in the tree, and `cargo xtask test` compares
//! its crates with Cargo.lock's.

use crate::command::{Outcome, call, cargo, output_of_cargo, top};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs, iter,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the text is kept.
const FILE: &str = "src-tauri/THIRD-PARTY-NOTICES-RUST.txt";
/// Where the pages and the packages find it.
const COPY: &str = "ui/dist/THIRD-PARTY-NOTICES-RUST.txt";
/// What packages are made for.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Between two licences.
const LINE: &str = "--------------------------------------------------------------------------------";
const HEAD: &str = "\
Portlight contains these Rust crates, each under its licence, which follows below.
Made by `cargo xtask notices`; do not edit.
";

/// Makes the text anew, with cargo-about, which is installed into target/tools first.
///
/// # Errors
/// A crate with a licence that is not accepted (see about.toml), or without any.
pub fn make() -> Outcome {
    let tools = top().join("target/tools");
    if !tools.join("bin/cargo-about").exists() {
        cargo(&["install", "cargo-about", "--locked", "--quiet", "--features", "cli", "--root", "target/tools"])?;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(iter::once(tools.join("bin")).chain(env::split_paths(&path)))
        .map_err(|cause| cause.to_string())?;
    let found = top().join("target/about.json");
    let mut about = Command::new(env!("CARGO"));
    about.args(["about", "generate", "--config", "xtask/about.toml", "--locked", "--fail", "--format", "json"]);
    call(about.arg("--output-file").arg(&found).env("PATH", path))?;
    let found: Value = serde_json::from_slice(&read(&found)?).map_err(|cause| cause.to_string())?;
    let text = text(&contained()?, &found, &openssl()?)?;
    fs::write(top().join(FILE), text).map_err(|cause| cause.to_string())
}

/// Whether the text has the crates that Cargo.lock has.
///
/// # Errors
/// Those that are missing or too many.
pub fn check() -> Outcome {
    println!("\n> notices of the Rust crates");
    let text = String::from_utf8(read(&top().join(FILE))?).map_err(|cause| cause.to_string())?;
    let problems = differences(&contained()?, &listed(&text));
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{FILE} is out of date: cargo xtask notices makes it anew.\n{}", problems.join("\n")))
}

/// Puts the text where the pages and the packages find it.
///
/// # Errors
/// Where it cannot be read or written.
pub fn place() -> Outcome {
    let text = read(&top().join(FILE))?;
    let copy = top().join(COPY);
    // Not written without need: the build follows that folder.
    match fs::read(&copy).is_ok_and(|there| there == text) {
        true => Ok(()),
        false => fs::write(&copy, text).map_err(|cause| format!("{COPY}: {cause}")),
    }
}

/// The crates that are linked into Portlight, as `name version`: our own and those that run in the compiler left out.
fn contained() -> Outcome<BTreeSet<String>> {
    let edges = "normal,no-proc-macro";
    let tree = ["tree", "--locked", "--package", "portlight", "--edges", edges, "--target", TARGET, "--prefix", "none"];
    let tree = output_of_cargo(&[&tree[..], &["--format", "{p}"]].concat())?;
    Ok(crates_in(&String::from_utf8_lossy(&tree)))
}

/// The lines `name v1.2.3` of a tree; crates of a folder have it behind.
fn crates_in(tree: &str) -> BTreeSet<String> {
    let crates = tree.lines().filter(|line| !line.contains('/')).filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?.strip_prefix('v')?))
    });
    crates.collect()
}

/// The crates that a text of ours names, indented.
fn listed(text: &str) -> BTreeSet<String> {
    let list = text.split(LINE).next().unwrap_or_default();
    let line = |line: &str| line.strip_prefix("  ")?.rsplit_once("  ").map(|(name, _)| name.trim().to_owned());
    list.lines().filter_map(line).collect()
}

fn differences(contained: &BTreeSet<String>, listed: &BTreeSet<String>) -> Vec<String> {
    let missing = contained.difference(listed).map(|name| format!("  {name} is missing"));
    let more = listed.difference(contained).map(|name| format!("  {name} is not used any more"));
    missing.chain(more).collect()
}

/// The text from what cargo-about has found, for the crates in `contained`.
fn text(contained: &BTreeSet<String>, found: &Value, openssl: &str) -> Outcome<String> {
    let crate_name = |krate: &Value| Some(format!("{} {}", krate["name"].as_str()?, krate["version"].as_str()?));
    let mut licences_of = BTreeMap::<String, BTreeSet<&str>>::new();
    let mut users_of = BTreeMap::<(&str, &str), BTreeSet<String>>::new();
    for licence in found["licenses"].as_array().into_iter().flatten() {
        let (Some(name), Some(words)) = (licence["name"].as_str(), licence["text"].as_str()) else { continue };
        let users = licence["used_by"].as_array().into_iter().flatten();
        for user in users.filter_map(|user| crate_name(&user["crate"])).filter(|user| contained.contains(user)) {
            licences_of.entry(user.clone()).or_default().insert(licence["id"].as_str().unwrap_or(name));
            users_of.entry((name, words)).or_default().insert(user);
        }
    }
    if let Some(without) = contained.iter().find(|name| !licences_of.contains_key(*name)) {
        return Err(format!("cargo-about has found no licence of {without}"));
    }
    let mut text = format!("{HEAD}\n");
    for (name, licences) in &licences_of {
        text += &format!("  {name:<48}  {}\n", licences.iter().copied().collect::<Vec<_>>().join(", "));
    }
    for ((name, words), users) in &users_of {
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        text += &format!("\n{LINE}\n{name}\n\nOf: {}\n\n{}\n", users.join(", "), words.trim());
    }
    text += &format!("\n{LINE}\nOpenSSL, which is built in by the crate openssl-sys\n\n{}\n", openssl.trim());
    Ok(text)
}

/// OpenSSL's own licence, out of the crate that has its source: a part of the build only, though its result is linked.
fn openssl() -> Outcome<String> {
    let metadata = output_of_cargo(&["metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET])?;
    let metadata: Value = serde_json::from_slice(&metadata).map_err(|cause| cause.to_string())?;
    let package =
        metadata["packages"].as_array().into_iter().flatten().find(|package| package["name"] == "openssl-src");
    let manifest = package.and_then(|package| package["manifest_path"].as_str()).ok_or("openssl-src is not used")?;
    let file = PathBuf::from(manifest).with_file_name("openssl").join("LICENSE.txt");
    String::from_utf8(read(&file)?).map_err(|cause| cause.to_string())
}

fn read(file: &Path) -> Outcome<Vec<u8>> {
    fs::read(file).map_err(|cause| format!("{}: {cause}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_text_names_every_crate_once_and_each_licence_with_its_crates() {
        let user = |name: &str| json!({ "crate": { "name": name, "version": "1.0.0" } });
        let found = json!({ "licenses": [
            { "id": "MIT", "name": "MIT License", "text": "Permission", "used_by": [user("a"), user("compiler-only")] },
            { "id": "Zlib", "name": "zlib", "text": "As is", "used_by": [user("b")] },
        ] });
        let contained = set(&["a 1.0.0", "b 1.0.0"]);
        let text = text(&contained, &found, "OpenSSL's words").unwrap();
        assert_eq!(listed(&text), contained);
        assert!(
            text.contains("MIT License\n\nOf: a 1.0.0\n\nPermission\n") && !text.contains("compiler-only"),
            "{text}"
        );
        assert!(text.ends_with("OpenSSL's words\n"), "{text}");
        assert!(super::text(&set(&["c 1.0.0"]), &found, "").is_err(), "no licence");
    }

    #[test]
    fn a_crate_that_came_went_or_changed_makes_the_text_out_of_date() {
        let (old, new) = (set(&["a 1.0.0", "b 1.0.0"]), set(&["a 1.0.1", "b 1.0.0"]));
        assert!(differences(&old, &old).is_empty());
        assert_eq!(differences(&new, &old), ["  a 1.0.1 is missing", "  a 1.0.0 is not used any more"]);
    }

    #[test]
    fn crates_are_read_from_a_tree_without_our_own() {
        let tree = "portlight v0.1.0 (/home/ann/portlight)\nserde v1.0.2\nserde v1.0.2 (*)\nopenssl-sys v0.9.1\n";
        assert_eq!(crates_in(tree), set(&["serde 1.0.2", "openssl-sys 0.9.1"]));
    }
}
