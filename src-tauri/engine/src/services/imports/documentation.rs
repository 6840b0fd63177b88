//! docs/IMPORT.md tells what `portlight import --json` prints.

use super::Imported;
use crate::{
    import::{Entry, FileProblem, FileView, Format, Gap, ImportProblem, LeftOut, PasswordKind, Plan, Preview},
    model::AddressProblem,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../../../docs/IMPORT.md");

/// Every key within `value`, with those that lead to it; those of what is reported as wrong are the problem's own.
fn keys(value: &Value, before: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| {
            let path = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
            if !matches!(key.as_str(), "problem" | "why") {
                keys(inner, &path, found);
            }
            found.insert(path);
        }),
        Value::Array(all) => all.iter().for_each(|inner| keys(inner, before, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_a_preview_is_documented_and_no_other() {
    let files = vec![FileView {
        name: "list.csv".into(),
        format: Some(Format::Csv),
        guessed: false,
        problem: Some(FileProblem::NoMachine),
    }];
    let why = ImportProblem::Address { address: AddressProblem::Empty };
    let plans = [
        Plan::Add { proposed: true },
        Plan::Change { host: "B".into(), gaps: vec![Gap::Username, Gap::Mac, Gap::CaFile, Gap::Password] },
        Plan::Known { host: "A".into() },
        Plan::Again,
        Plan::Skip { why },
    ];
    let text = |value: Value| value.as_str().unwrap().to_owned();
    let mut words: Vec<String> =
        plans.iter().map(|plan| text(serde_json::to_value(plan).unwrap()["plan"].clone())).collect();
    let entry = |plan| Entry {
        name: "A".into(),
        address: "a".into(),
        via: String::new(),
        file: 0,
        line: 1,
        plan,
        password: PasswordKind::None,
        left_out: vec![LeftOut::Notes],
    };
    let preview = Preview { number: 0, files, entries: plans.map(entry).into() };
    let mut printed = BTreeSet::new();
    keys(&json!({ "preview": preview, "imported": Imported::default() }), "", &mut printed);
    let rows = DOCUMENT.split("## In a terminal").nth(1).unwrap().lines().skip_while(|line| !line.starts_with('|'));
    let first_columns = rows.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(1));
    let documented: BTreeSet<String> = first_columns
        .flat_map(|names| names.split('`').skip(1).step_by(2).collect::<Vec<_>>())
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, printed);
    // The words that stand there, too.
    let gaps = json!([Gap::Username, Gap::Mac, Gap::CaFile, Gap::Password]);
    let passwords = json!([
        PasswordKind::None,
        PasswordKind::Readable,
        PasswordKind::Obfuscated,
        PasswordKind::Beside,
        PasswordKind::Encrypted,
        PasswordKind::Elsewhere,
        PasswordKind::Once,
    ]);
    words.extend([gaps, passwords].iter().flat_map(|all| all.as_array().unwrap()).map(|word| text(word.clone())));
    let below = DOCUMENT.split("## In a terminal").nth(1).unwrap();
    for word in words {
        assert!(below.contains(&format!("`{word}`")), "{word}");
    }
}
