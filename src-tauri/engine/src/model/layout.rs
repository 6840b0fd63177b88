//! The keyboard layouts that a machine may have.

use serde::{Deserialize, Serialize};

/// The layout that is set on a machine, for what is typed there where a server takes keys and no characters. In files and to `rfb` they
/// have the names of X11's layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the layout of its name")]
pub enum KeyboardLayout {
    Us,
    Gb,
    De,
    Ch,
    ChFr,
    Fr,
    Be,
    It,
    Es,
    Latam,
    Pt,
    Br,
    Dk,
    No,
    Se,
    Fi,
    Pl,
    Cz,
    Hu,
    Tr,
    Ru,
    Jp,
}

impl KeyboardLayout {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Us,
        Self::Gb,
        Self::De,
        Self::Ch,
        Self::ChFr,
        Self::Fr,
        Self::Be,
        Self::It,
        Self::Es,
        Self::Latam,
        Self::Pt,
        Self::Br,
        Self::Dk,
        Self::No,
        Self::Se,
        Self::Fi,
        Self::Pl,
        Self::Cz,
        Self::Hu,
        Self::Tr,
        Self::Ru,
        Self::Jp,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Gb => "gb",
            Self::De => "de",
            Self::Ch => "ch",
            Self::ChFr => "ch_fr",
            Self::Fr => "fr",
            Self::Be => "be",
            Self::It => "it",
            Self::Es => "es",
            Self::Latam => "latam",
            Self::Pt => "pt",
            Self::Br => "br",
            Self::Dk => "dk",
            Self::No => "no",
            Self::Se => "se",
            Self::Fi => "fi",
            Self::Pl => "pl",
            Self::Cz => "cz",
            Self::Hu => "hu",
            Self::Tr => "tr",
            Self::Ru => "ru",
            Self::Jp => "jp",
        }
    }

    /// Where it has each character.
    pub fn layout(self) -> Option<rfb::Layout> {
        rfb::Layout::of(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_is_one_of_rfbs_and_has_its_name() {
        let table = include_str!("../../../rfb/src/typing/layouts.txt");
        let names: Vec<_> = table.lines().filter(|line| !line.starts_with('\t')).collect();
        assert_eq!(names.len(), KeyboardLayout::ALL.len(), "{names:?}");
        for name in names {
            let layout: KeyboardLayout = serde_json::from_str(&format!("\"{name}\"")).expect("a layout");
            assert_eq!((layout.name(), layout.layout()), (name, rfb::Layout::of(name)));
            assert!(KeyboardLayout::ALL.contains(&layout), "{name}");
            assert!(layout.layout().is_some(), "{name}");
        }
    }
}
