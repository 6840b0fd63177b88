//! `confCons.xml` (mRemoteNG's `mRemoteNG/Config/Serializers/ConnectionSerializers/Xml/`).

use super::{
    crypt::Cipher,
    table::{Node, Table},
};
use crate::import::{
    FileProblem,
    candidate::Sketch,
    markup::{self, Element},
};

/// Reads the file.
pub(in super::super::super) fn read(text: &str) -> Result<Vec<Sketch>, FileProblem> {
    // Before version 2.6 the whole file could be one encrypted block, with the same key for everybody.
    let opened = if text.trim_start().starts_with('<') { None } else { Cipher::old().open(text.trim()) };
    let text = opened.as_ref().map_or(text, |opened| opened.expose());
    let root = markup::root(text, None)?;
    if root.name != "Connections" {
        return Err(FileProblem::Unknown);
    }
    let mut cipher = Cipher::of(&root);
    let mut table = Table(Vec::new());
    if root.attribute("FullFileEncryption").eq_ignore_ascii_case("true") {
        let inner = cipher.open(root.text.trim()).ok_or(FileProblem::Encrypted)?;
        let inner = markup::root(&format!("<Connections>{}</Connections>", inner.expose()), None)?;
        add(&inner, None, &mut table);
    } else {
        add(&root, None, &mut table);
    }
    Ok(table.machines(|password| cipher.password(password)))
}

fn add(element: &Element, parent: Option<usize>, table: &mut Table) {
    for child in element.children.iter().filter(|child| child.name == "Node") {
        let mut fields: std::collections::HashMap<_, _> = child.attributes.iter().cloned().collect();
        // Before 0.7 there was no other protocol than these two.
        if fields.get("UseVNC").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            fields.entry("Protocol".to_owned()).or_insert_with(|| "VNC".to_owned());
            if let Some(port) = fields.get("VNCPort").cloned() {
                fields.entry("Port".to_owned()).or_insert(port);
            }
        }
        table.0.push(Node { line: child.line, parent, fields });
        add(child, Some(table.0.len() - 1), table);
    }
}
