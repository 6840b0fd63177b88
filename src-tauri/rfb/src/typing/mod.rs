//! A text as key events ([RFC 6143, 7.5.4](https://www.rfc-editor.org/rfc/rfc6143#section-7.5.4)): what is pressed for a
//! character where nothing can be pasted.
//!
//! RFB has keys and no characters: a server is told an X11 symbol, and looks for a key that has it. Shift goes down for capitals
//! and for what lies above on a us keyboard: QEMU presses the key alone, and other servers undo a Shift that is wrong. No place goes
//! along then: QEMU would look at nothing else, and the key of `z` is not everywhere where it is here.
//!
//! Firmware, and QEMU's guests, have keys at places, and a layout of their own that no server tells. Where the person says which one,
//! each character is pressed as that has it: with Shift, with AltGr, or after a dead key.

mod layout;

pub use layout::Layout;

/// The symbols that a server understands beside those of Latin-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Those of Unicode.
    Unicode,
    /// None: QEMU's own server takes the lower 16 bits of a symbol for all of it.
    Latin1,
}

impl Symbols {
    /// What a server understands, by its desktop's name.
    pub fn of_desktop(name: &str) -> Self {
        if name == "QEMU" || name.starts_with("QEMU ") { Self::Latin1 } else { Self::Unicode }
    }
}

/// The keyboard that a text is typed on, as the other side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyboard {
    /// What the server understands.
    pub symbols: Symbols,
    /// The layout that is set over there; none where that is not known: then the server looks for the keys.
    pub layout: Option<Layout>,
    /// Whether the server takes keys by their places, with
    /// [QEMU's extended KeyEvent](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#qemu-extended-key-event-message).
    pub takes_places: bool,
}

/// A key that goes down or up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// X11's symbol.
    pub symbol: u32,
    /// Its place, by the number of Linux's input system; none where only the server knows.
    pub key: Option<u8>,
    /// Whether it goes down.
    pub down: bool,
}

impl Keyboard {
    /// What is pressed for `letter`: all of it goes down and up. None where there is no key for it.
    pub fn strokes(self, letter: char) -> Option<Vec<Stroke>> {
        let places = match self.layout {
            Some(layout) => layout.places(letter)?,
            None => vec![Place::anywhere(letter)?],
        };
        let by_place = self.layout.is_some() && self.takes_places;
        if !by_place && self.symbols == Symbols::Latin1 && places.iter().any(|place| place.symbol >= UNICODE) {
            return None;
        }
        Some(places.into_iter().flat_map(Place::strokes).collect())
    }

    /// The same as messages for the server.
    pub fn key_events(self, letter: char) -> Option<Vec<u8>> {
        Some(self.strokes(letter)?.into_iter().flat_map(|stroke| stroke.message(self.takes_places)).collect())
    }
}

impl Stroke {
    fn message(self, by_place: bool) -> Vec<u8> {
        let symbol = self.symbol.to_be_bytes();
        match self.key.filter(|_| by_place) {
            None => [&[4, u8::from(self.down), 0, 0], &symbol[..]].concat(),
            Some(key) => [&[255, 0, 0, u8::from(self.down)], &symbol[..], &scan_code(key).to_be_bytes()].concat(),
        }
    }
}

/// The scan code of an XT keyboard: those of the keys from Escape to F12 are the numbers of Linux's input system, and one that begins
/// with 0xe0 has the upper bit of the rest instead.
fn scan_code(key: u8) -> u32 {
    match key {
        layout::ALT_GR => 0xb8,
        layout::RO => 0x73,
        layout::YEN => 0x7d,
        key => key.into(),
    }
}

/// A key and what is held for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    symbol: u32,
    key: Option<u8>,
    shift: bool,
    alt_gr: bool,
}

impl Place {
    /// Wherever the server has it.
    fn anywhere(letter: char) -> Option<Self> {
        let shift = ABOVE.contains(letter) || letter.is_uppercase();
        Some(Self { symbol: symbol_of(letter)?, key: None, shift, alt_gr: false })
    }

    fn strokes(self) -> impl Iterator<Item = Stroke> {
        let held = |held: bool, symbol, key| held.then_some((symbol, self.key.and(Some(key))));
        let keys = [
            held(self.shift, SHIFT, layout::SHIFT),
            held(self.alt_gr, LEVEL_3, layout::ALT_GR),
            Some((self.symbol, self.key)),
        ];
        let keys = keys.into_iter().flatten();
        let go = |down| move |(symbol, key)| Stroke { symbol, key, down };
        keys.clone().map(go(true)).chain(keys.rev().map(go(false)))
    }
}

/// None where no key can have it.
fn symbol_of(letter: char) -> Option<u32> {
    match letter {
        '\n' => Some(RETURN),
        '\t' => Some(TAB),
        // X11's symbols of Latin-1 are its numbers.
        ' '..='~' | '\u{a0}'..='\u{ff}' => Some(letter.into()),
        _ if letter.is_control() => None,
        _ => Some(UNICODE | u32::from(letter)),
    }
}

const RETURN: u32 = 0xff0d;
const TAB: u32 = 0xff09;
const SHIFT: u32 = 0xffe1;
/// What AltGr has on most layouts.
const LEVEL_3: u32 = 0xfe03;
/// X11 has Unicode's characters from here on.
const UNICODE: u32 = 0x0100_0000;
/// What is above on a us keyboard.
const ABOVE: &str = "~!@#$%^&*()_+{}|:\"<>?";

#[cfg(test)]
mod tests {
    use super::*;

    /// Symbols, `+` for down and `-` for up.
    fn pressed(letter: char, symbols: Symbols) -> Option<String> {
        let events = Keyboard { symbols, layout: None, takes_places: true }.key_events(letter)?;
        let one = |event: &[u8]| {
            let symbol = u32::from_be_bytes(event[4..8].try_into().unwrap());
            format!("{}{symbol:x}", if event[1] == 1 { '+' } else { '-' })
        };
        Some(events.chunks(8).map(one).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_character_is_pressed_as_on_a_us_keyboard() {
        for (letter, keys) in [
            ('a', "+61 -61"),
            ('A', "+ffe1 +41 -41 -ffe1"),
            ('1', "+31 -31"),
            ('!', "+ffe1 +21 -21 -ffe1"),
            ('\'', "+27 -27"),
            ('é', "+e9 -e9"),
            ('É', "+ffe1 +c9 -c9 -ffe1"),
            ('ß', "+df -df"),
            ('\n', "+ff0d -ff0d"),
            ('\t', "+ff09 -ff09"),
            ('中', "+1004e2d -1004e2d"),
            ('😀', "+101f600 -101f600"),
        ] {
            assert_eq!(pressed(letter, Symbols::Unicode).as_deref(), Some(keys), "{letter}");
        }
    }

    #[test]
    fn there_is_no_key_for_these() {
        for letter in ['\0', '\u{7}', '\r', '\u{7f}', '\u{85}'] {
            assert_eq!(pressed(letter, Symbols::Unicode), None, "{letter:?}");
        }
        // QEMU would press Enter for this one.
        assert_eq!(pressed('\u{ff0d}', Symbols::Latin1), None);
        assert_eq!(pressed('é', Symbols::Latin1).as_deref(), Some("+e9 -e9"));
    }

    #[test]
    fn a_layout_has_places_where_the_server_takes_them() {
        let german = |takes_places| {
            let layout = Some(Layout::of("de").expect("a layout"));
            Keyboard { symbols: Symbols::Latin1, layout, takes_places }.key_events('@').expect("a key")
        };
        let alt_gr = [0, 0, 0xfe, 3];
        let by_symbol = [
            &[4, 1, 0, 0],
            &alt_gr[..],
            &[4, 1, 0, 0, 0, 0, 0, 64],
            &[4, 0, 0, 0, 0, 0, 0, 64],
            &[4, 0, 0, 0],
            &alt_gr,
        ];
        assert_eq!(german(false), by_symbol.concat());
        let key = |down: u8, symbol: &[u8], code: u8| [&[255, 0, 0, down], symbol, &[0, 0, 0, code]].concat();
        let at = [0, 0, 0, 64];
        assert_eq!(
            german(true),
            [key(1, &alt_gr, 0xb8), key(1, &at, 16), key(0, &at, 16), key(0, &alt_gr, 0xb8)].concat()
        );
        let cyrillic = |takes_places| {
            Keyboard { symbols: Symbols::Latin1, layout: Layout::of("ru"), takes_places }.key_events('я').is_some()
        };
        assert_eq!([cyrillic(true), cyrillic(false)], [true, false], "by its symbol QEMU would press another key");
    }

    #[test]
    fn a_server_is_known_by_its_desktops_name() {
        for (name, symbols) in [
            ("QEMU", Symbols::Latin1),
            ("QEMU (vm1)", Symbols::Latin1),
            ("QEMUlator", Symbols::Unicode),
            ("", Symbols::Unicode),
        ] {
            assert_eq!(Symbols::of_desktop(name), symbols, "{name}");
        }
    }
}
