//! The arrows between crates and modules, checked by a machine (see docs/DESIGN.md).

use crate::{Outcome, newest_first, top};
use std::{fs, process::Command};

/// Crates that must never reach a crate of ours.
const NO_CRATE: &[(&str, &str)] = &[
    ("portlight-engine", "tauri"),
    ("relay", "portlight-engine"),
    ("relay", "rfb"),
    ("relay", "tauri"),
    ("rfb", "tauri"),
    ("rfb", "tokio-tungstenite"),
    ("rfb", "keyring"),
];

/// Modules of the engine that may know only these others.
const ENGINE: &[(&str, &[&str])] = &[
    ("address", &[]),
    ("jump", &[]),
    ("site", &["host", "secrets"]),
    ("host", &["address", "jump", "protection", "wake"]),
    ("file", &[]),
    ("hosts", &["error", "file", "host"]),
    ("protection", &["trust"]),
    ("trust", &["error", "file", "lock"]),
    ("listen", &["file", "lock"]),
    ("handshake", &["address", "error", "transport"]),
    ("doctor", &["error", "address", "handshake", "protection", "secrets", "session", "transport", "trust"]),
    ("list", &["error", "hosts"]),
    ("secrets", &["error", "host"]),
    ("demo", &["error"]),
    ("transport", &["address", "demo", "error", "jump", "listen", "lock", "protection", "secrets", "site", "trust"]),
    ("wake", &["error"]),
    ("import", &["address", "error", "host"]),
    ("told", &[]),
    ("error", &["host", "protection"]),
];

pub fn check() -> Outcome {
    println!("\n> arrows between crates and modules");
    for (from, to) in NO_CRATE {
        if reaches(from, to)? {
            return Err(format!("the crate {from} must not reach {to}"));
        }
    }
    let source = top().join("src-tauri/engine/src");
    for (module, may_know) in ENGINE {
        let files = newest_first(&source, |path| {
            path.is_dir()
                || path
                    .strip_prefix(&source)
                    .is_ok_and(|p| p.starts_with(module) || p == std::path::Path::new(&format!("{module}.rs")))
        });
        if files.is_empty() {
            return Err(format!("there is no module {module} in the engine: correct the table in xtask/src/arrows.rs"));
        }
        // Tests may know everything.
        for file in files.into_iter().filter(|file| !file.ends_with("tests.rs")) {
            let text = fs::read_to_string(&file).map_err(|cause| cause.to_string())?;
            if let Some(known) =
                known_modules(&text).into_iter().find(|known| known != module && !may_know.contains(&known.as_str()))
            {
                return Err(format!("{} must not know crate::{known}", file.display()));
            }
        }
    }
    Ok(())
}

fn reaches(from: &str, to: &str) -> Outcome<bool> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", from, "--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .current_dir(top())
        .output()
        .map_err(|cause| cause.to_string())?;
    let libraries = String::from_utf8_lossy(&tree.stdout);
    if libraries.trim().is_empty() {
        return Err(format!("cargo tree shows nothing for {from}"));
    }
    let to = to.replace('-', "_");
    Ok(libraries.lines().any(|library| library == to))
}

/// The first words behind each `crate::` in the code, tests left out, in paths and in braces.
fn known_modules(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut modules = Vec::new();
    for part in code.split("crate::").skip(1) {
        let Some(inside) = part.strip_prefix('{') else {
            modules.push(word(part));
            continue;
        };
        let mut depth = 0;
        let mut at_start = true;
        for (place, character) in inside.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                c if c.is_whitespace() => {}
                _ if at_start => {
                    modules.push(word(&inside[place..]));
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    modules
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::known_modules;

    #[test]
    fn modules_are_found_in_paths_and_in_braces() {
        let text =
            "use crate::{\n    address::Address,\n    error::{Error, Result},\n};\nfn f() { crate::demo::dial() }";
        assert_eq!(known_modules(text), ["address", "error", "demo"]);
    }

    #[test]
    fn tests_and_comments_may_know_everything() {
        let text = "// crate::session\n#[cfg(test)]\nmod tests { use crate::session; }";
        assert!(known_modules(text).is_empty());
    }
}
