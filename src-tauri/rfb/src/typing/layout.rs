//! Keyboard layouts: where each character is.
//!
//! The table is `layouts.txt`: for each layout the keys alone, with Shift, and with AltGr, from left to right and from the digits' row
//! down, as [`KEYS`] has them. A dead key stands behind `◌`. It says what is printed on the keys: what X11 has beyond that, other
//! systems mostly have not. What it says is held against X11's own tables by a test.

use super::{Place, symbol_of};

/// A keyboard layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout(&'static str);

/// Numbers of Linux's input system.
pub(super) const SHIFT: u8 = 42;
pub(super) const ALT_GR: u8 = 100;
/// A key more, on Japanese and Brazilian keyboards,
pub(super) const RO: u8 = 89;
/// and another one on Japanese ones.
pub(super) const YEN: u8 = 124;
const ENTER: u8 = 28;
const TAB: u8 = 15;
const SPACE: u8 = 57;

/// The keys that have characters: those of the digits' row, of the three rows of letters, and two that few keyboards have.
const KEYS: [u8; 50] = [
    41, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, // from ` to =
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, // from q to ]
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 43, // from a to \\
    86, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, // from < to /
    YEN, RO,
];

const TABLE: &str = include_str!("layouts.txt");
const DEAD: char = '◌';

/// What dead keys make of letters: each with what comes of it. X11's symbols of dead keys follow each other in this order.
const COMPOSED: [(char, &str); 13] = [
    ('`', "AÀEÈIÌOÒUÙaàeèiìoòuù"),
    ('´', "AÁCĆEÉIÍLĹNŃOÓRŔSŚUÚYÝZŹaácćeéiílĺnńoórŕsśuúyýzź"),
    ('^', "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷ"),
    ('~', "AÃIĨNÑOÕUŨaãiĩnñoõuũ"),
    ('¯', "AĀEĒIĪOŌUŪaāeēiīoōuū"),
    ('˘', "AĂEĔGĞIĬOŎUŬaăeĕgğiĭoŏuŭ"),
    ('˙', "CĊEĖGĠIİZŻcċeėgġzż"),
    ('¨', "AÄEËIÏOÖUÜYŸaäeëiïoöuüyÿ"),
    ('˚', "AÅUŮaåuů"),
    ('˝', "OŐUŰoőuű"),
    ('ˇ', "CČDĎEĚLĽNŇRŘSŠTŤZŽcčdďeělľnňrřsštťzž"),
    ('¸', "CÇGĢKĶLĻNŅRŖSŞTŢcçgģkķlļnņrŗsştţ"),
    ('˛', "AĄEĘIĮUŲaąeęiįuų"),
];
/// These come of a dead key and a space everywhere; the others of their kind do not.
const ALONE: &str = "`^~";
const FIRST_DEAD_SYMBOL: u32 = 0xfe50;

impl Layout {
    /// The layout of this name; none where there is no such one.
    pub fn of(name: &str) -> Option<Self> {
        TABLE.lines().find(|line| !line.starts_with('\t') && *line == name).map(Self)
    }

    /// Where a character is: one key, or a dead one and the letter that it changes. None where the layout has it nowhere.
    pub(super) fn places(self, letter: char) -> Option<Vec<Place>> {
        let plain = |key| Some(Place { symbol: symbol_of(letter)?, key: Some(key), shift: false, alt_gr: false });
        match letter {
            '\n' => return Some(vec![plain(ENTER)?]),
            '\t' => return Some(vec![plain(TAB)?]),
            ' ' => return Some(vec![plain(SPACE)?]),
            _ => {}
        }
        self.place(letter, false).map(|place| vec![place]).or_else(|| {
            COMPOSED.into_iter().find_map(|(mark, pairs)| {
                let base = if mark == letter && ALONE.contains(mark) { ' ' } else { before(pairs, letter)? };
                let dead = self.place(mark, true)?;
                Some([vec![dead], self.places(base)?].concat())
            })
        })
    }

    /// The key that has this character, or the dead one of this mark.
    fn place(self, wanted: char, dead: bool) -> Option<Place> {
        let rows = TABLE.lines().skip_while(|line| *line != self.0).skip(1);
        let rows = rows.map_while(|line| line.strip_prefix('\t'));
        rows.zip([(false, false), (true, false), (false, true)]).find_map(|(row, (shift, alt_gr))| {
            let key = keys(row).zip(KEYS).find(|(character, _)| *character == (dead, wanted))?.1;
            let symbol = if dead { dead_symbol(wanted)? } else { symbol_of(wanted)? };
            Some(Place { symbol, key: Some(key), shift, alt_gr })
        })
    }
}

/// What is on the keys of a row, and whether it is dead; a space where there is nothing.
fn keys(row: &str) -> impl Iterator<Item = (bool, char)> {
    let mut characters = row.chars();
    std::iter::from_fn(move || match characters.next()? {
        DEAD => Some((true, characters.next()?)),
        character => Some((false, character)),
    })
}

/// The letter of which this one comes.
fn before(pairs: &str, letter: char) -> Option<char> {
    let mut pairs = pairs.chars();
    std::iter::from_fn(|| pairs.next().zip(pairs.next()))
        .find(|(_, composed)| *composed == letter)
        .map(|(base, _)| base)
}

fn dead_symbol(mark: char) -> Option<u32> {
    let place = COMPOSED.iter().position(|(other, _)| *other == mark)?;
    Some(FIRST_DEAD_SYMBOL + u32::try_from(place).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashMap, fs, process::Command};

    /// The keys in words: the key's number behind what is held for it.
    fn pressed(layout: &str, letter: char) -> Option<String> {
        let word = |place: &Place| {
            let held =
                [(place.shift, "shift+"), (place.alt_gr, "altgr+")].map(|(held, name)| if held { name } else { "" });
            format!("{}{}", held.concat(), place.key.unwrap())
        };
        Some(Layout::of(layout)?.places(letter)?.iter().map(word).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_character_is_where_the_layout_has_it() {
        for (layout, letter, keys) in [
            ("us", 'y', "21"),
            ("us", '@', "shift+3"),
            ("de", 'y', "44"),
            ("de", 'Z', "shift+21"),
            ("de", '@', "altgr+16"),
            ("de", 'ß', "12"),
            ("de", 'é', "13 18"),
            ("de", 'È', "shift+13 shift+18"),
            ("de", '^', "41 57"),
            ("de", '\\', "altgr+12"),
            ("fr", 'a', "16"),
            ("fr", '1', "shift+2"),
            ("fr", 'ë', "shift+26 18"),
            ("es", 'ñ', "39"),
            ("br", '/', "89"),
            ("jp", '\\', "124"),
            ("jp", '_', "shift+89"),
            ("pl", 'ą', "altgr+30"),
            ("ru", 'ы', "31"),
            ("gb", '\n', "28"),
            ("gb", '\t', "15"),
        ] {
            assert_eq!(pressed(layout, letter).as_deref(), Some(keys), "{letter} of {layout}");
        }
        for (layout, letter) in
            [("us", 'é'), ("ru", 'a'), ("de", 'ñ'), ("de", '中'), ("de", '◌'), ("de", '\u{7}'), ("gb", '´')]
        {
            assert_eq!(pressed(layout, letter), None, "{letter} of {layout}");
        }
        assert_eq!(Layout::of("xx"), None);
        assert_eq!(Layout::of(""), None);
    }

    #[test]
    fn ascii_can_be_typed_wherever_letters_are_latin() {
        for layout in TABLE.lines().filter(|line| !line.starts_with('\t') && *line != "ru") {
            let missing: String = (' '..='~').filter(|letter| pressed(layout, *letter).is_none()).collect();
            assert_eq!(missing, "", "{layout}");
        }
    }

    /// Each name of X11's with its symbol.
    fn names() -> HashMap<String, u32> {
        let header = fs::read_to_string("/usr/include/X11/keysymdef.h").unwrap_or_default();
        let mut names = HashMap::new();
        for line in header.lines() {
            let Some((name, rest)) =
                line.strip_prefix("#define XK_").and_then(|line| line.split_once(char::is_whitespace))
            else {
                continue;
            };
            let symbol =
                rest.split_whitespace().next().and_then(|hex| u32::from_str_radix(hex.strip_prefix("0x")?, 16).ok());
            // Where Unicode has it, its comment says so: Cyrillic letters have two symbols.
            let unicode = rest.split_once("U+").and_then(|(_, hex)| u32::from_str_radix(hex.get(..4)?, 16).ok());
            let symbol = match unicode.and_then(char::from_u32) {
                Some(letter) if symbol.is_some_and(|symbol| symbol < 0xfe00) => symbol_of(letter),
                _ => symbol,
            };
            if let Some(symbol) = symbol {
                names.insert(name.to_owned(), symbol);
            }
        }
        names
    }

    /// X11's symbols of the keys, by the key's name, as `xkbcomp` prints them.
    fn of_x11(layout: &str) -> Option<HashMap<String, Vec<String>>> {
        let source = format!(
            "xkb_keymap {{ xkb_keycodes {{ include \"evdev\" }}; xkb_types {{ include \"complete\" }};
             xkb_compat {{ include \"complete\" }}; xkb_symbols {{ include \"pc+{}\" }}; }};",
            layout.split_once('_').map_or(layout.to_owned(), |(layout, variant)| format!("{layout}({variant})"))
        );
        let folder = std::env::temp_dir().join(format!("layout-{layout}-{}", std::process::id()));
        fs::create_dir_all(&folder).ok()?;
        fs::write(folder.join("in"), source).ok()?;
        let ran = Command::new("xkbcomp").args(["-w0", "-xkb", "in", "out"]).current_dir(&folder).status();
        let keymap =
            ran.ok().filter(|status| status.success()).and_then(|_| fs::read_to_string(folder.join("out")).ok());
        fs::remove_dir_all(&folder).ok()?;
        let mut keys = HashMap::new();
        for key in keymap?.split("key <").skip(1) {
            let (name, rest) = key.split_once('>')?;
            let body = rest.split_once('}').map_or(rest, |(body, _)| body);
            let list = body.rsplit_once('[').and_then(|(_, list)| list.split_once(']'));
            let symbols = list.map(|(list, _)| list.split(',').map(|symbol| symbol.trim().to_owned()).collect());
            keys.entry(name.to_owned()).or_insert(symbols.unwrap_or_default());
        }
        Some(keys)
    }

    /// X11's name of a key.
    fn name_of(key: u8) -> String {
        let row = |row: &str, first: u8| format!("{row}{:02}", key + 1 - first);
        match key {
            41 => "TLDE".to_owned(),
            2..=13 => row("AE", 2),
            16..=27 => row("AD", 16),
            30..=40 => row("AC", 30),
            43 => "BKSL".to_owned(),
            86 => "LSGT".to_owned(),
            44..=53 => row("AB", 44),
            YEN => "AE13".to_owned(),
            _ => "AB11".to_owned(),
        }
    }

    #[test]
    fn what_the_table_says_x11_says_too() {
        let names = names();
        if names.is_empty() || Command::new("xkbcomp").arg("-version").output().is_err() {
            eprintln!("not compared: X11's tables are not here");
            return;
        }
        for layout in TABLE.lines().filter(|line| !line.starts_with('\t')) {
            let theirs = of_x11(layout).unwrap_or_else(|| panic!("X11 has no {layout}"));
            let rows =
                TABLE.lines().skip_while(|line| *line != layout).skip(1).map_while(|line| line.strip_prefix('\t'));
            for (level, row) in rows.enumerate() {
                for ((dead, character), key) in keys(row).zip(KEYS).filter(|((_, character), _)| *character != ' ') {
                    let name = theirs[&name_of(key)].get(level).map_or("", String::as_str);
                    let unicode = name.strip_prefix('U').and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    let symbol = names.get(name).copied().or(unicode.and_then(char::from_u32).and_then(symbol_of));
                    let ours = if dead { dead_symbol(character) } else { symbol_of(character) };
                    assert_eq!(symbol, ours, "{character} of {layout}: X11 has {name} on key {key}, level {level}");
                }
            }
        }
    }
}
