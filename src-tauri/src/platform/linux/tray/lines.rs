//! The menu's lines with their numbers: knows no bus.

use crate::platform::MenuLine;
use std::collections::HashMap;
use zbus::zvariant::{OwnedValue, StructureBuilder, Value};

/// The menu itself, of which all lines are.
const ROOT: i32 = 0;
/// Lines whose numbers are remembered: those of former menus are among them.
const MAX_KNOWN: usize = 4096;

/// What a line looks like, by the names of the specification.
pub type Properties = HashMap<&'static str, OwnedValue>;
/// A line as the specification has it, `(ia{sv}av)`: its number, its properties, and the lines below it.
pub type Layout = (i32, Properties, Vec<OwnedValue>);

/// The lines. A number stands for one line with its text for as long as Portlight runs: a tray that has shown a former menu means
/// the line that it has shown, and never gets what stands in its place now.
pub struct Lines {
    known: HashMap<Key, i32>,
    next: i32,
    revision: u32,
    root: Vec<Node>,
}

/// A line without those below it: the number of its menu, and which of several alike it is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    menu: i32,
    line: MenuLine,
    nth: usize,
}

struct Node {
    id: i32,
    line: MenuLine,
    below: Vec<Node>,
}

impl Lines {
    /// A menu with these lines.
    pub fn of(lines: &[MenuLine]) -> Self {
        let mut made = Self { known: HashMap::new(), next: ROOT + 1, revision: 0, root: Vec::new() };
        made.replace(lines);
        made
    }

    /// Puts others in their place. Gives back the number of the menu as it is then.
    pub fn replace(&mut self, lines: &[MenuLine]) -> u32 {
        if self.known.len() > MAX_KNOWN {
            self.known.clear();
        }
        self.root = self.numbered(ROOT, lines);
        self.revision = self.revision.wrapping_add(1);
        self.revision
    }

    /// How often the lines were replaced.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// What a line stands for that can be chosen, be it one of a former menu.
    pub fn item(&self, id: i32) -> Option<&str> {
        match self.line(id)? {
            MenuLine::Item { id, .. } => Some(id),
            MenuLine::Title(_) | MenuLine::Menu { .. } | MenuLine::Separator => None,
        }
    }

    /// The numbers of all lines that are shown now.
    pub fn ids(&self) -> Vec<i32> {
        fn add(nodes: &[Node], ids: &mut Vec<i32>) {
            for node in nodes {
                ids.push(node.id);
                add(&node.below, ids);
            }
        }
        let mut ids = vec![ROOT];
        add(&self.root, &mut ids);
        ids
    }

    /// The numbers of the menus in the menu.
    pub fn menus(&self) -> Vec<i32> {
        self.root.iter().filter(|node| matches!(node.line, MenuLine::Menu { .. })).map(|node| node.id).collect()
    }

    /// Those properties of a line that are asked for, or all; none where there is no such line.
    pub fn properties(&self, id: i32, names: &[String]) -> Option<Properties> {
        match id {
            ROOT => Some(wanted(vec![SUBMENU], names)),
            _ => self.line(id).map(|line| properties(line, names)),
        }
    }

    /// A line with those below it, to a depth; a negative one is all.
    pub fn layout(&self, id: i32, depth: i32, names: &[String]) -> Option<Layout> {
        if id == ROOT {
            return Some((ROOT, wanted(vec![SUBMENU], names), below(&self.root, depth, names)));
        }
        let node = find(&self.root, id)?;
        Some((id, properties(&node.line, names), below(&node.below, depth, names)))
    }

    fn line(&self, id: i32) -> Option<&MenuLine> {
        self.known.iter().find_map(|(key, known)| (*known == id).then_some(&key.line))
    }

    fn numbered(&mut self, menu: i32, lines: &[MenuLine]) -> Vec<Node> {
        let mut seen: HashMap<MenuLine, usize> = HashMap::new();
        let mut nodes = Vec::new();
        for line in lines {
            let (line, below) = match line {
                MenuLine::Menu { text, lines } => {
                    (MenuLine::Menu { text: text.clone(), lines: Vec::new() }, lines.as_slice())
                }
                line => (line.clone(), [].as_slice()),
            };
            let alike = seen.entry(line.clone()).or_default();
            let key = Key { menu, line: line.clone(), nth: *alike };
            *alike += 1;
            let next = self.next;
            let id = *self.known.entry(key).or_insert(next);
            if id == next {
                self.next = next.saturating_add(1);
            }
            nodes.push(Node { id, line, below: self.numbered(id, below) });
        }
        nodes
    }
}

fn find(nodes: &[Node], id: i32) -> Option<&Node> {
    nodes.iter().find_map(|node| if node.id == id { Some(node) } else { find(&node.below, id) })
}

fn below(nodes: &[Node], depth: i32, names: &[String]) -> Vec<OwnedValue> {
    if depth == 0 {
        return Vec::new();
    }
    let node = |node: &Node| {
        let layout = StructureBuilder::new()
            .add_field(node.id)
            .add_field(properties(&node.line, names))
            .add_field(below(&node.below, depth.saturating_sub(1), names));
        owned(layout.build().ok()?)
    };
    nodes.iter().filter_map(node).collect()
}

type Property = (&'static str, Value<'static>);

const SUBMENU: Property = ("children-display", Value::Str(zbus::zvariant::Str::from_static("submenu")));

fn properties(line: &MenuLine, names: &[String]) -> Properties {
    // One underscore would mark the next letter as a key to press.
    let label = |text: &str| ("label", Value::from(text.replace('_', "__")));
    let properties = match line {
        MenuLine::Title(text) => vec![label(text), ("enabled", false.into())],
        MenuLine::Item { text, on: None, .. } => vec![label(text)],
        MenuLine::Item { text, on: Some(on), .. } => {
            vec![label(text), ("toggle-type", "checkmark".into()), ("toggle-state", i32::from(*on).into())]
        }
        MenuLine::Menu { text, .. } => vec![label(text), SUBMENU],
        MenuLine::Separator => vec![("type", "separator".into())],
    };
    wanted(properties, names)
}

fn wanted(properties: Vec<Property>, names: &[String]) -> Properties {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let properties = properties.into_iter().filter(|(name, _)| wanted(name));
    properties.filter_map(|(name, value)| Some((name, owned(value)?))).collect()
}

/// None only for what holds a file, which no line does.
fn owned(value: impl Into<Value<'static>>) -> Option<OwnedValue> {
    value.into().try_into_owned().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, text: &str) -> MenuLine {
        MenuLine::Item { id: id.to_owned(), text: text.to_owned(), on: None }
    }

    fn menu(text: &str, lines: Vec<MenuLine>) -> MenuLine {
        MenuLine::Menu { text: text.to_owned(), lines }
    }

    fn label(lines: &Lines, id: i32) -> Option<String> {
        let properties = lines.properties(id, &["label".to_owned()])?;
        properties.get("label").and_then(|label| String::try_from(label.clone()).ok())
    }

    #[test]
    fn a_number_stands_for_its_line_whatever_comes_before_it_later() {
        let mut lines = Lines::of(&[line("host:1", "Studio"), MenuLine::Separator, line("quit", "Quit")]);
        let before = lines.ids();
        let [_, studio, _, quit] = before[..] else { panic!("{before:?}") };
        lines.replace(&[line("host:2", "Attic"), MenuLine::Separator, line("quit", "Quit")]);
        assert_eq!(lines.item(studio), Some("host:1"), "as it was shown");
        assert_eq!(lines.ids()[3], quit);
        assert!(!lines.ids().contains(&studio));
        lines.replace(&[line("host:1", "Studio")]);
        assert_eq!((lines.ids(), lines.revision()), (vec![ROOT, studio], 3));
    }

    #[test]
    fn lines_that_are_alike_are_told_apart_and_so_is_what_another_text_has() {
        let session = |id: &str| menu("Studio", vec![line(&format!("session:{id}"), "Bring to front")]);
        let mut lines = Lines::of(&[session("1"), session("2"), MenuLine::Separator, MenuLine::Separator]);
        let ids = lines.ids();
        let second = ids[4];
        assert_eq!((ids.len(), lines.item(second)), (7, Some("session:2")));
        lines.replace(&[session("2")]);
        assert_eq!(lines.item(second), Some("session:2"));
        let shown = lines.ids()[2];
        assert_eq!(lines.item(shown), Some("session:2"));
        let switch = |on| MenuLine::Item { id: "calls".into(), text: "Wait".into(), on: Some(on) };
        lines.replace(&[switch(false)]);
        let off = lines.ids()[1];
        lines.replace(&[switch(true)]);
        assert_ne!(lines.ids()[1], off, "no tray goes on showing the old state of a number that it knows");
    }

    #[test]
    fn a_layout_has_as_many_levels_and_properties_as_are_asked_for() {
        let title = MenuLine::Title("Open_now".to_owned());
        let lines = Lines::of(&[title, menu("Studio", vec![line("session:1", "Show")])]);
        let (root, properties, all) = lines.layout(ROOT, -1, &[]).unwrap();
        assert_eq!((root, properties.len(), all.len()), (ROOT, 1, 2));
        assert!(lines.layout(ROOT, 0, &[]).unwrap().2.is_empty());
        let ids = lines.ids();
        assert_eq!(label(&lines, ids[1]).unwrap(), "Open__now");
        let only = lines.properties(ids[1], &["enabled".to_owned()]).unwrap();
        assert_eq!(only.keys().collect::<Vec<_>>(), [&"enabled"]);
        assert_eq!(lines.layout(ids[2], 1, &[]).unwrap().2.len(), 1);
        assert!(lines.layout(99, -1, &[]).is_none() && lines.properties(99, &[]).is_none());
        assert_eq!(lines.item(ids[1]), None, "a title is not to be chosen");
    }

    #[test]
    fn a_year_of_sessions_is_not_remembered() {
        let mut lines = Lines::of(&[]);
        for session in 0..10_000 {
            lines.replace(&[line(&format!("session:{session}"), "Show")]);
        }
        assert!(lines.known.len() <= MAX_KNOWN + 1);
        assert_eq!(lines.item(lines.ids()[1]), Some("session:9999"));
        assert_eq!(lines.ids()[1], 10_000, "no number is given twice");
    }
}
