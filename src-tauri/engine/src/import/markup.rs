//! XML as a small tree: bounded, without entities but the five that XML has, without anything from elsewhere.

use super::FileProblem;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 200_000;

/// An element. Names are without their prefixes: none of the formats uses two of the same name.
#[derive(Debug, Default, Clone)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    /// From 1 on.
    pub(super) line: usize,
}

impl Element {
    /// The value of an attribute; empty where there is none.
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, without space around.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }
}

/// The root element. A document type is let through only where it has this name, and says nothing but that.
///
/// # Errors
/// Why it is not read.
pub(super) fn root(text: &str, doctype: Option<&str>) -> Result<Element, FileProblem> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    // The document itself, and the elements that are open.
    let mut open = vec![Element::default()];
    let mut count = 0;
    loop {
        match reader.read_event().map_err(malformed)? {
            Event::Start(start) => {
                count += 1;
                if open.len() > MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err(FileProblem::Nested);
                }
                open.push(element(&start, lines.at(reader.buffer_position()))?);
            }
            Event::Empty(start) => {
                count += 1;
                let element = element(&start, lines.at(reader.buffer_position()))?;
                match open.last_mut() {
                    Some(parent) if count <= MAX_ELEMENTS => parent.children.push(element),
                    _ => return Err(FileProblem::Nested),
                }
            }
            Event::End(_) => match (open.pop(), open.last_mut()) {
                (Some(element), Some(parent)) => parent.children.push(element),
                _ => return Err(malformed("an end without a start")),
            },
            Event::Text(part) => add_text(&mut open, &part.xml10_content()),
            Event::CData(part) => add_text(&mut open, &part.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(malformed)?.or(match &*reference.into_inner() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                });
                add_text(&mut open, character.ok_or(FileProblem::Entities)?.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(declared) => {
                if doctype.is_none_or(|name| declared.into_inner().trim() != name) {
                    return Err(FileProblem::Entities);
                }
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let (Some(document), true) = (open.pop(), open.is_empty()) else {
        return Err(malformed("it ends in the middle"));
    };
    document.children.into_iter().next().ok_or_else(|| malformed("it has no content"))
}

fn element(start: &BytesStart<'_>, line: usize) -> Result<Element, FileProblem> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(malformed)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { name, attributes, line, ..Element::default() })
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn malformed(cause: impl ToString) -> FileProblem {
    FileProblem::Malformed { detail: cause.to_string() }
}

/// Counts lines on the way through a text.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of a place that is not before the last one asked for.
    fn at(&mut self, position: u64) -> usize {
        let to = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = to.max(self.at);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_with_its_texts() {
        let root = root("<?xml version=\"1.0\"?>\n<a:b x='1 &amp; 2'>\n <c>d&lt;&#x65;</c><f/></a:b>", None).unwrap();
        assert_eq!((root.name.as_str(), root.attribute("x"), root.text_of("c")), ("b", "1 & 2", "d<e"));
        assert_eq!(root.children.iter().map(|child| child.line).collect::<Vec<_>>(), [3, 3]);
        assert_eq!(root.attribute("y"), "");
    }

    #[test]
    fn nothing_is_taken_from_elsewhere() {
        for text in [
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM 'http://example.org/'><a/>",
            "<!DOCTYPE a><a/>",
            "<a>&b;</a>",
        ] {
            assert_eq!(root(text, None).unwrap_err(), FileProblem::Entities, "{text}");
        }
        assert!(root("<!DOCTYPE xbel>\n<xbel/>", Some("xbel")).is_ok());
        assert_eq!(root("<!DOCTYPE xbel [<!ENTITY a 'b'>]><xbel/>", Some("xbel")).unwrap_err(), FileProblem::Entities);
        assert!(root("<a b='&c;'/>", None).is_err());
    }

    #[test]
    fn a_tree_is_bounded() {
        assert_eq!(root(&"<a>".repeat(100_000), None).unwrap_err(), FileProblem::Nested);
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS + 1));
        assert_eq!(root(&wide, None).unwrap_err(), FileProblem::Nested);
        for text in ["", "<a>", "<a></b>", "</a>", "text", "<a", "<a b>"] {
            assert!(matches!(root(text, None), Err(FileProblem::Malformed { .. })), "{text}");
        }
    }
}
