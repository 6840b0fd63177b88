//! Keys that are pressed together.

use serde::{Deserialize, Serialize};

/// Modifiers and one key behind them, as they are written: `Ctrl+Alt+F2`, `Super`, `Ctrl++`. Which names of keys there are is the
/// page's to know: it presses them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Chord(String);

/// In the order in which they are written.
const MODIFIERS: [&str; 4] = ["Ctrl+", "Alt+", "Shift+", "Super+"];

/// No name of a key is longer.
const MAX_KEY: usize = 20;

impl Chord {
    /// None where it is not written like one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let key = key_of(text);
        let mut letters = key.chars();
        let is_key = match (letters.next(), letters.next()) {
            (Some(letter), None) => !letter.is_control() && !letter.is_whitespace(),
            (Some(_), Some(_)) => key.len() <= MAX_KEY && key.bytes().all(|letter| letter.is_ascii_alphanumeric()),
            (None, _) => false,
        };
        is_key.then(|| Self(text.to_owned()))
    }

    /// The key behind the modifiers.
    #[must_use]
    pub fn key(&self) -> &str {
        key_of(&self.0)
    }

    /// The modifiers, each by its name alone, in their order.
    pub fn modifiers(&self) -> impl Iterator<Item = &'static str> {
        let written = &self.0[..self.0.len() - self.key().len()];
        MODIFIERS
            .iter()
            .filter(move |modifier| written.contains(**modifier))
            .map(|modifier| modifier.trim_end_matches('+'))
    }

    /// Whether a desktop may give it to a program: one that is no modifier itself, and that is not typed as text.
    #[must_use]
    pub fn is_hotkey(&self) -> bool {
        let key = self.key();
        let is_modifier = MODIFIERS.iter().any(|modifier| modifier.trim_end_matches('+') == key);
        let is_function = key.len() > 1 && key.strip_prefix('F').is_some_and(|number| number.parse::<u8>().is_ok());
        !is_modifier && (is_function || self.modifiers().any(|modifier| modifier != "Shift"))
    }
}

fn key_of(text: &str) -> &str {
    MODIFIERS.iter().fold(text, |rest, modifier| rest.strip_prefix(modifier).unwrap_or(rest))
}

impl TryFrom<String> for Chord {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("this is no chord")
    }
}

impl From<Chord> for String {
    fn from(chord: Chord) -> Self {
        chord.0
    }
}

#[cfg(test)]
mod tests {
    use super::Chord;

    #[test]
    fn a_chord_is_modifiers_in_their_order_and_one_key() {
        for text in ["Super", "Ctrl+Alt+Del", "Ctrl+Alt+Shift+Super+F24", "Ctrl++", "Shift+é", "a"] {
            assert_eq!(Chord::parse(text).map(String::from).as_deref(), Some(text));
        }
        let long = format!("Ctrl+{}", "a".repeat(21));
        for text in ["", "Ctrl+", "Alt+Ctrl+a", "Ctrl+Ctrl+a", "Ctrl+a b", "Ctrl+\n", "Ctrl+<b>", &long] {
            assert_eq!(Chord::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_chord_has_its_parts_and_a_hotkey_is_nothing_that_is_typed() {
        let chord = Chord::parse("Ctrl+Alt++").unwrap();
        assert_eq!((chord.modifiers().collect::<Vec<_>>(), chord.key()), (vec!["Ctrl", "Alt"], "+"));
        let is_hotkey = |text: &str| Chord::parse(text).unwrap().is_hotkey();
        assert!(["Ctrl+Alt+P", "Super+Space", "F9", "Shift+F9"].iter().all(|text| is_hotkey(text)));
        assert!(!["p", "Shift+P", "F", "Super", "Ctrl+Alt", "Space"].iter().any(|text| is_hotkey(text)));
    }
}
