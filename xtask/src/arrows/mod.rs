//! The arrows between crates and modules, checked by a machine (see docs/DESIGN.md): which crate may reach which, which
//! top module may know which, and that nowhere, also not within a folder, there is a circle.

mod graph;
mod source;
mod tables;

use crate::command::{Outcome, output_of_cargo};
use graph::{Graph, circle};
use serde_json::Value;
use source::Source;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use tables::{NEVER, TABLES, Table};

/// What a crate's root is called where it stands among its modules.
const ROOT: &str = "(root)";

/// Checks all crates of the workspace.
///
/// # Errors
/// Every arrow that must not be, one a line.
pub fn check() -> Outcome {
    println!("\n> arrows between crates and modules");
    let mut problems = Vec::new();
    for (from, to) in NEVER {
        if reaches(from, to)? {
            problems.push(format!("the crate {from} must not reach {to}"));
        }
    }
    let crates = crates()?;
    for name in TABLES.iter().map(|(name, _)| *name).filter(|name| !crates.contains_key(*name)) {
        problems.push(format!("there is a table for {name}, which is no crate of ours"));
    }
    let (mut modules, mut arrows) = (0, 0);
    for (name, root) in &crates {
        let source = Source::read(root).map_err(|problem| format!("{name}: {problem}"))?;
        let folders = folders(&source);
        modules += source.modules.len();
        arrows += folders.values().flat_map(Graph::values).map(BTreeSet::len).sum::<usize>();
        let table = TABLES.iter().find(|(of, _)| of == name).map(|(_, table)| *table);
        problems.extend(faults(&folders, table).into_iter().map(|fault| format!("{name}: {fault}")));
    }
    if problems.is_empty() {
        println!("{} crates, {modules} modules, {arrows} arrows, no circle", crates.len());
        return Ok(());
    }
    Err(problems.join("\n"))
}

/// What is wrong with a crate: with its arrows, or with its table (see [`tables`]).
fn faults(folders: &BTreeMap<String, Graph>, table: Option<Table>) -> Vec<String> {
    let mut faults = Vec::new();
    for (folder, graph) in folders {
        if let Some(circle) = circle(graph) {
            let place = if folder.is_empty() { String::new() } else { format!(" in {folder}") };
            faults.push(format!("a circle{place}: {}", circle.join(" → ")));
        }
    }
    let Some(table) = table else { return faults };
    let empty = Graph::new();
    let graph = folders.get("").unwrap_or(&empty);
    let modules: BTreeSet<&str> = graph.keys().map(String::as_str).filter(|module| *module != ROOT).collect();
    let mut rows = BTreeMap::new();
    for (module, may_know) in table {
        let may_know: BTreeSet<&str> = may_know.split_whitespace().collect();
        // Arrows that all lead to rows above cannot form a circle.
        for known in may_know.iter().filter(|known| !rows.contains_key(**known)) {
            faults.push(format!("the table lets {module} know {known}, which has no row above it"));
        }
        if !modules.contains(module) {
            faults.push(format!("the table has a row for {module}, which is no module"));
        }
        if rows.insert(*module, may_know).is_some() {
            faults.push(format!("the table has two rows for {module}"));
        }
    }
    for module in modules {
        let Some(may_know) = rows.get(module) else {
            faults.push(format!("the module {module} has no row in the table"));
            continue;
        };
        let knows: BTreeSet<&str> = graph[module].iter().map(String::as_str).collect();
        faults.extend(knows.difference(may_know).map(|known| format!("{module} must not know {known}")));
        let unused = may_know.difference(&knows);
        faults.extend(unused.map(|known| format!("the table lets {module} know {known}, which it does not")));
    }
    faults
}

/// For each folder (by its module's path, empty for the crate) the arrows between the modules directly in it. What lies
/// below such a module counts as part of it. The crate's root is one of its modules; a folder's `mod.rs` is none of the
/// folder's: it may know them, and they it.
fn folders(source: &Source) -> BTreeMap<String, Graph> {
    let mut folders = BTreeMap::<String, Graph>::new();
    for (path, module) in &source.modules {
        let nodes = folders.entry(path.join("::")).or_default();
        nodes.extend(module.children.iter().map(|child| (child.clone(), BTreeSet::new())));
        if path.is_empty() {
            nodes.insert(ROOT.to_owned(), BTreeSet::new());
        }
        for known in module.names.iter().map(|name| source.module_of(name)) {
            let common = path.iter().zip(&known).take_while(|(one, other)| one == other).count();
            let (from, to) = match (path.get(common), known.get(common)) {
                (Some(from), Some(to)) => (from.as_str(), to.as_str()),
                (Some(from), None) if common == 0 => (from.as_str(), ROOT),
                (None, Some(to)) if common == 0 => (ROOT, to.as_str()),
                _ => continue,
            };
            let folder = folders.entry(path[..common].join("::")).or_default();
            folder.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }
    folders.retain(|_, graph| !graph.is_empty());
    folders
}

/// The crates of the workspace with their root files. A package of several programs has a crate of each one's name.
fn crates() -> Outcome<BTreeMap<String, PathBuf>> {
    let text = output_of_cargo(&["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_slice(&text).map_err(|cause| cause.to_string())?;
    let is_root = |target: &&Value| {
        let kinds = target["kind"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "lib" || kind == "bin"))
    };
    let roots = |package: &Value| {
        let targets: Vec<_> = package["targets"].as_array().into_iter().flatten().filter(is_root).collect();
        let named = |target: &&Value| {
            let name = if targets.len() == 1 { &package["name"] } else { &target["name"] };
            Some((name.as_str()?.to_owned(), PathBuf::from(target["src_path"].as_str()?)))
        };
        targets.iter().filter_map(named).collect::<Vec<_>>()
    };
    Ok(metadata["packages"].as_array().into_iter().flatten().flat_map(roots).collect())
}

/// Whether the crate `from` depends on `to`, directly or through others.
fn reaches(from: &str, to: &str) -> Outcome<bool> {
    let tree = ["tree", "--package", from, "--edges", "normal", "--prefix", "none", "--format", "{lib}"];
    let libraries = output_of_cargo(&tree)?;
    let to = to.replace('-', "_");
    Ok(String::from_utf8_lossy(&libraries).lines().any(|library| library == to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders_of(texts: &[(&str, &str)]) -> BTreeMap<String, Graph> {
        let text_of = |path: &[String]| {
            let found = texts.iter().find(|(of, _)| *of == path.join("::"));
            found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| format!("no file for {path:?}"))
        };
        folders(&Source::from(&text_of).unwrap())
    }

    #[test]
    fn circles_are_found_between_modules_within_folders_and_through_the_root() {
        let root = ("", "mod a; mod b;");
        for (texts, expected) in [
            (vec![root, ("a", "use crate::b::B;"), ("b", "use crate::a::A;")], "a circle: a → b → a"),
            (
                vec![("", "mod a; mod b; fn f() { b::g() }"), ("a", ""), ("b", "use crate::f;")],
                "a circle: (root) → b → (root)",
            ),
            (
                vec![
                    root,
                    ("a", "mod c; mod d; pub use c::C;"),
                    ("a::c", "use super::d::D;"),
                    ("a::d", "use super::C;"),
                    ("b", ""),
                ],
                "a circle in a: c → d → c",
            ),
            (
                vec![root, ("a", "mod c;"), ("a::c", "use crate::b;"), ("b", "fn f() { crate::a::g() }")],
                "a circle: a → b → a",
            ),
        ] {
            assert_eq!(faults(&folders_of(&texts), None), [expected]);
        }
    }

    #[test]
    fn a_folders_file_may_know_what_lies_in_it_and_be_known_there() {
        let texts = [
            ("", "mod a; mod b; fn f() { a::g() }"),
            ("a", "mod c; pub use c::C; pub struct Own;"),
            ("a::c", "use super::Own; use crate::b::B;"),
            ("b", ""),
        ];
        assert!(faults(&folders_of(&texts), None).is_empty());
    }

    #[test]
    fn a_table_has_a_row_for_every_module_and_lets_it_know_what_it_knows() {
        let folders =
            folders_of(&[("", "mod a; mod b; mod c;"), ("a", ""), ("b", "use crate::a;"), ("c", "use crate::b;")]);
        let faults = |table| faults(&folders, Some(table));
        assert!(faults(&[("a", ""), ("b", "a"), ("c", "b")]).is_empty());
        assert_eq!(faults(&[("a", ""), ("b", "a")]), ["the module c has no row in the table"]);
        assert_eq!(faults(&[("a", ""), ("b", "a"), ("c", "")]), ["c must not know b"]);
        assert_eq!(faults(&[("a", ""), ("b", "a"), ("c", "a b")]), ["the table lets c know a, which it does not"]);
        assert_eq!(
            faults(&[("a", ""), ("b", "a"), ("c", "b"), ("d", "")]),
            ["the table has a row for d, which is no module"]
        );
        assert_eq!(faults(&[("a", ""), ("b", "a"), ("c", "b"), ("c", "b")]), ["the table has two rows for c"]);
    }

    #[test]
    fn no_circle_can_be_written_into_a_table() {
        let folders = folders_of(&[("", "mod a; mod b;"), ("a", "use crate::b;"), ("b", "use crate::a;")]);
        assert_eq!(
            faults(&folders, Some(&[("a", "b"), ("b", "a")])),
            ["a circle: a → b → a", "the table lets a know b, which has no row above it"]
        );
        assert!(
            faults(&folders_of(&[("", "mod a;"), ("a", "")]), Some(&[("a", "a")]))
                .contains(&"the table lets a know a, which has no row above it".to_owned())
        );
    }

    /// The real tables, without looking at the real modules.
    #[test]
    fn the_tables_are_read_from_top_to_bottom() {
        for (name, table) in TABLES {
            for fault in faults(&BTreeMap::new(), Some(table)) {
                assert!(fault.ends_with("which is no module"), "{name}: {fault}");
            }
        }
    }
}
