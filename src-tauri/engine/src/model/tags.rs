//! What a user sorts machines by: tags, and a colour.

use super::text::{TextProblem, one_line};
use serde::{Deserialize, Deserializer, Serialize};

/// How many characters a tag may have.
pub const MAX_TAG: usize = 50;

/// The colour of a machine's sign. Without one it follows from its first tag, or from its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// As deep water.
    Blue,
    /// As a lamp.
    Amber,
    /// As leaves.
    Green,
    /// As bricks.
    Red,
    /// As lilac.
    Violet,
    /// As stone.
    Grey,
    /// One that this version does not know; it stays in the file.
    #[serde(untagged)]
    Other(String),
}

const COMMAS: [char; 2] = [',', '，'];

/// Tags as typed: each without the space around it, none empty, none twice. Commas part them, and case does not tell them
/// apart.
///
/// # Errors
/// What is wrong with the first one that cannot be a tag.
pub fn tags(typed: &[String]) -> Result<Vec<String>, TextProblem> {
    let mut tags: Vec<String> = Vec::new();
    for text in typed.iter().flat_map(|text| text.split(COMMAS)) {
        let tag = one_line(text)?;
        if tag.chars().count() > MAX_TAG {
            return Err(TextProblem::TooLong);
        }
        if !tag.is_empty() && !tags.iter().any(|other| is_same_tag(other, &tag)) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// Those that other programs' lists have, as far as they can be tags.
pub(crate) fn tags_found<'a>(found: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut all = Vec::new();
    for text in found {
        all.extend(tags(&[text.to_owned()]).unwrap_or_default());
    }
    tags(&all).unwrap_or_default()
}

/// Whether both are the same tag.
pub(crate) fn is_same_tag(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Reads tags from a file: a list, or one text with commas, as people write it.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<String>),
        Text(String),
    }
    let written = match Written::deserialize(deserializer)? {
        Written::List(list) => list,
        Written::Text(text) => vec![text],
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in written.iter().flat_map(|text| text.split(COMMAS)).map(str::trim) {
        if !tag.is_empty() && !tags.iter().any(|other| is_same_tag(other, tag)) {
            tags.push(tag.to_owned());
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: &[&str]) -> Result<Vec<String>, TextProblem> {
        tags(&typed.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_tag_is_a_word_or_two_and_comes_once() {
        assert_eq!(of(&[" lab ", "rack 4", "", "LAB"]).unwrap(), ["lab", "rack 4"]);
        assert_eq!(of(&["lab, büro，机房"]).unwrap(), ["lab", "büro", "机房"]);
        assert_eq!(of(&["a\u{202e}b"]).unwrap(), ["ab"]);
        assert_eq!(of(&["a\nb"]), Err(TextProblem::ControlCharacters));
        assert_eq!(of(&[&"ü".repeat(MAX_TAG)]).map(|tags| tags.len()), Ok(1));
        assert_eq!(of(&[&"ü".repeat(MAX_TAG + 1)]), Err(TextProblem::TooLong));
    }

    #[test]
    fn what_cannot_be_a_tag_elsewhere_is_left_there() {
        assert_eq!(tags_found(["lab", "a\nb", "Lab", "rack"]), ["lab", "rack"]);
    }

    #[test]
    fn a_colour_of_a_newer_portlight_stays() {
        for name in ["\"blue\"", "\"grey\"", "\"#c06040\""] {
            let colour: Colour = serde_json::from_str(name).unwrap();
            assert_eq!(colour == Colour::Other("#c06040".into()), name.contains('#'));
            assert_eq!(serde_json::to_string(&colour).unwrap(), name);
        }
    }
}
