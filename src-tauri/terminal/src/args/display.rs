//! How a machine is seen and used, as its window's menus offer it.

use super::given::{Given, known};
use portlight_engine::model::{
    ClipboardSharing, Composing, Cursor, DisplayChange, KeyboardLayout, Quality, RewindChoice, Scaling,
};

/// What leaves a choice to what is chosen for all machines.
const AS_FOR_ALL: &str = "as-for-all";

const SCALINGS: [(&str, Scaling); 3] =
    [("fit", Scaling::Fit), ("actual", Scaling::Actual), ("follow", Scaling::Follow)];

/// Percent that a screen may be scaled to.
const PERCENT: std::ops::RangeInclusive<u16> = 10..=500;

const QUALITIES: [(&str, Quality); 4] =
    [("automatic", Quality::Automatic), ("best", Quality::Best), ("good", Quality::Good), ("low", Quality::Low)];

const CLIPBOARDS: [(&str, ClipboardSharing); 4] = [
    ("off", ClipboardSharing::Off),
    ("to-server", ClipboardSharing::ToServer),
    ("from-server", ClipboardSharing::FromServer),
    ("both", ClipboardSharing::Both),
];

const REWINDS: [(&str, RewindChoice); 2] = [("kept", RewindChoice::Kept), ("off", RewindChoice::Off)];

const COMPOSINGS: [(&str, Composing); 2] = [("here", Composing::Here), ("there", Composing::There)];

const CURSORS: [(&str, Cursor); 3] =
    [("server", Cursor::Server), ("always-dot", Cursor::AlwaysDot), ("nothing", Cursor::Nothing)];

/// The choices that are named.
pub(super) fn display(given: &Given) -> Result<DisplayChange, String> {
    Ok(DisplayChange {
        scaling: given.value("scaling").map(|word| scaling(&word)).transpose()?,
        quality: shared(given, "quality", &QUALITIES)?,
        clipboard: shared(given, "clipboard", &CLIPBOARDS)?,
        rewind: shared(given, "rewind", &REWINDS)?,
        composing: shared(given, "composing", &COMPOSINGS)?,
        layout: given.value("layout").map(|word| layout(&word)).transpose()?,
        screen: match given.value("screen").as_deref() {
            None => None,
            Some("all" | "") => Some(None),
            Some(number) => {
                let number = number.parse().map_err(|_| "--screen takes a number from 1 to 255, or all")?;
                Some(Some(number))
            }
        },
        cursor: given.value("cursor").map(|word| known(&word, &CURSORS, "--cursor")).transpose()?,
        grab: given.either("grab", "no-grab"),
        full_screen: given.either("full-screen", "no-full-screen"),
        apart: given.either("apart", "no-apart"),
    })
}

/// A choice that can be left to what is chosen for all machines; none in there leaves it.
fn shared<T: Clone>(given: &Given, option: &str, words: &[(&str, T)]) -> Result<Option<Option<T>>, String> {
    let Some(word) = given.value(option) else { return Ok(None) };
    let left = [(AS_FOR_ALL, None)].into_iter();
    let words: Vec<(&str, Option<T>)> =
        words.iter().map(|(word, value)| (*word, Some(value.clone()))).chain(left).collect();
    known(if word.is_empty() { AS_FOR_ALL } else { &word }, &words, &format!("--{option}")).map(Some)
}

fn scaling(word: &str) -> Result<Option<Scaling>, String> {
    if let Some((_, scaling)) = SCALINGS.iter().find(|(known, _)| *known == word) {
        return Ok(Some(*scaling));
    }
    match word {
        AS_FOR_ALL | "" => Ok(None),
        percent => match percent.trim_end_matches('%').parse() {
            Ok(percent) if PERCENT.contains(&percent) => Ok(Some(Scaling::Percent(percent))),
            _ => Err(format!(
                "--scaling takes one of fit, actual, follow, {AS_FOR_ALL}, or percent from {} to {}",
                PERCENT.start(),
                PERCENT.end()
            )),
        },
    }
}

fn layout(word: &str) -> Result<Option<KeyboardLayout>, String> {
    let layouts = KeyboardLayout::ALL.map(|layout| (layout.name(), Some(layout)));
    let none = [("none", None)];
    let words: Vec<_> = layouts.into_iter().chain(none).collect();
    known(if word.is_empty() { "none" } else { word }, &words, "--layout")
}
