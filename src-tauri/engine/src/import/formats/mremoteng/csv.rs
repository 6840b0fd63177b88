//! mRemoteNG's CSV: semicolons, no quotes at all, passwords readable (mRemoteNG's
//! `CsvConnectionsSerializerMremotengFormat.cs`).

use super::table::{Node, Table};
use crate::import::{
    FileProblem, ImportProblem,
    candidate::{Password, Sketch},
};
use csv::{ReaderBuilder, StringRecord};
use std::collections::HashMap;

/// In version 1.78 dev the header lacks a separator here: every later column is one further to the right.
const TWO_COLUMNS: &str = "RedirectDiskDrivesCustomRedirectPorts";

/// Whether a first line is such a file's.
pub(in super::super::super) fn is_header(line: &str) -> bool {
    let columns: Vec<&str> = line.split(';').map(str::trim).collect();
    ["Name", "Hostname", "Protocol", "NodeType"].iter().all(|name| columns.contains(name))
}

/// Reads the file.
pub(in super::super::super) fn read(text: &str) -> Result<Vec<Sketch>, FileProblem> {
    let mut reader = ReaderBuilder::new()
        .delimiter(b';')
        .quoting(false)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let malformed = |cause: csv::Error| FileProblem::Malformed { detail: cause.to_string() };
    let mut rows = reader.records();
    let header = rows.next().ok_or(FileProblem::NoMachine)?.map_err(malformed)?;
    let mut columns = Vec::new();
    for name in &header {
        columns.push(name.trim());
        if name.trim() == TWO_COLUMNS {
            columns.push("");
        }
    }
    let (mut table, mut parents, mut ids, mut wrong) = (Table(Vec::new()), Vec::new(), HashMap::new(), Vec::new());
    for row in rows {
        let row = row.map_err(malformed)?;
        let line = row.position().map_or(0, |place| usize::try_from(place.line()).unwrap_or(0));
        // One empty value at the end is normal.
        let has_all =
            row.len() == columns.len() || (row.len() == columns.len() + 1 && row.get(columns.len()) == Some(""));
        if !has_all {
            // Its password may have a semicolon in it, so nothing of it is shown but its name.
            let name = row.get(columns.iter().position(|column| *column == "Name").unwrap_or(0)).unwrap_or_default();
            wrong.push(Sketch { line, ..Sketch::skipped(name, "", ImportProblem::Columns) });
            continue;
        }
        let fields = fields(&columns, &row);
        ids.insert(fields.get("Id").cloned().unwrap_or_default(), table.0.len());
        parents.push(fields.get("Parent").cloned().unwrap_or_default());
        table.0.push(Node { line, parent: None, fields });
    }
    // Children stand before their folder.
    for (index, parent) in parents.iter().enumerate() {
        let parent = ids.get(parent).copied().filter(|parent| *parent != index);
        if let Some(node) = table.0.get_mut(index) {
            node.parent = parent;
        }
    }
    let readable =
        |text: &str| if text.is_empty() { Password::None } else { Password::Readable(text.to_owned().into()) };
    let mut machines = table.machines(readable);
    machines.append(&mut wrong);
    Ok(machines)
}

/// Under the names that the XML has.
fn fields(columns: &[&str], row: &StringRecord) -> HashMap<String, String> {
    let name = |column: &str| match column {
        "NodeType" => "Type".to_owned(),
        "Description" => "Descr".to_owned(),
        column => column.to_owned(),
    };
    columns.iter().zip(row).map(|(column, value)| (name(column), value.to_owned())).collect()
}
