//! What is asked for with machines where a mistake is dear: a frame in a colour, watching only at first, and a question before several
//! lines go there. A machine has it of its own, or by one of its tags.

use super::{Colour, Target, is_same_tag, or_default};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What holds for all machines with a tag, beside what each has of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct TagCaution {
    /// The tag, in any case.
    pub tag: String,
    /// The colour of the frame around their windows.
    #[serde(deserialize_with = "or_default")]
    pub frame: Option<Colour>,
    /// Whether their sessions only watch at first.
    #[serde(deserialize_with = "or_default")]
    pub view_only: bool,
    /// Whether several lines are asked about before they go there.
    #[serde(deserialize_with = "or_default")]
    pub ask_lines: bool,
}

impl TagCaution {
    /// Reads those of a file; an entry that is none takes no other one with it.
    pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Self>, D::Error> {
        let Value::Array(entries) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
        Ok(entries.into_iter().filter_map(|entry| Self::deserialize(entry).ok()).take(MAX_TAGS).collect())
    }
}

impl Target {
    /// With what its tags ask for, beside its own.
    #[must_use]
    pub fn with_caution_of(mut self, tags: &[TagCaution]) -> Self {
        let (mut view_only, mut ask_lines) = (self.view_only, self.ask_lines);
        for caution in self.cautions(tags) {
            view_only |= caution.view_only;
            ask_lines |= caution.ask_lines;
        }
        (self.view_only, self.ask_lines) = (view_only, ask_lines);
        self
    }

    /// The colour of the frame around its window: its own one's, or else that of the first tag that has one.
    pub(crate) fn frame_colour(&self, tags: &[TagCaution]) -> Option<Colour> {
        let own = self.frame.then(|| self.colour.clone().unwrap_or(Colour::Red));
        own.or_else(|| self.cautions(tags).find_map(|caution| caution.frame.clone()))
    }

    fn cautions<'a>(&'a self, tags: &'a [TagCaution]) -> impl Iterator<Item = &'a TagCaution> {
        let of = |tag: &'a String| tags.iter().filter(move |caution| is_same_tag(&caution.tag, tag));
        self.tags.iter().flat_map(of)
    }
}

/// More tags with a caution are no caution.
const MAX_TAGS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Host;

    fn caution(tag: &str, frame: Option<Colour>, view_only: bool, ask_lines: bool) -> TagCaution {
        TagCaution { tag: tag.into(), frame, view_only, ask_lines }
    }

    #[test]
    fn a_machine_has_its_own_caution_and_that_of_its_tags() {
        let tags = [caution("prod", Some(Colour::Violet), true, false), caution("db", Some(Colour::Blue), false, true)];
        let of = |change: fn(&mut Target)| {
            let mut target = Target::from(&Host::demo("Box"));
            change(&mut target);
            let target = target.with_caution_of(&tags);
            (target.frame_colour(&tags), target.view_only, target.ask_lines)
        };
        assert_eq!(of(|_| ()), (None, false, false));
        assert_eq!(of(|it| it.tags = vec!["PROD".into()]), (Some(Colour::Violet), true, false));
        assert_eq!(of(|it| it.tags = vec!["x".into(), "db".into(), "prod".into()]), (Some(Colour::Blue), true, true));
        assert_eq!(of(|it| it.frame = true), (Some(Colour::Red), false, false));
        let own = of(|it| (it.frame, it.colour, it.tags) = (true, Some(Colour::Green), vec!["db".into()]));
        assert_eq!(own, (Some(Colour::Green), false, true), "its own colour comes first");
        assert_eq!(of(|it| (it.view_only, it.ask_lines) = (true, true)), (None, true, true));
    }
}
