//! A text as key events ([RFC 6143, 7.5.4](https://www.rfc-editor.org/rfc/rfc6143#section-7.5.4)): what is pressed for a
//! character where nothing can be pasted.
//!
//! RFB has keys and no characters: a server is told an X11 symbol, and looks for a key that has it. Shift goes down for capitals
//! and for what lies above on a us keyboard: QEMU presses the key alone, and other servers undo a Shift that is wrong. The
//! viewer's page follows the same rule (`ui/src/viewer/keyboard/symbols.ts`).

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

/// The key events that type `letter`: all of it goes down and up. None where there is no key for it.
pub fn key_events(letter: char, symbols: Symbols) -> Option<Vec<u8>> {
    let symbol = match letter {
        '\n' => RETURN,
        '\t' => TAB,
        // X11's symbols of Latin-1 are its numbers.
        ' '..='~' | '\u{a0}'..='\u{ff}' => u32::from(letter),
        _ if letter.is_control() || symbols == Symbols::Latin1 => return None,
        _ => UNICODE | u32::from(letter),
    };
    let needs_shift = ABOVE.contains(letter) || letter.is_uppercase();
    let shift = |down| needs_shift.then(|| key_event(SHIFT, down));
    let events = [shift(true), Some(key_event(symbol, true)), Some(key_event(symbol, false)), shift(false)];
    Some(events.into_iter().flatten().flatten().collect())
}

fn key_event(symbol: u32, down: bool) -> [u8; 8] {
    let [a, b, c, d] = symbol.to_be_bytes();
    [4, u8::from(down), 0, 0, a, b, c, d]
}

const RETURN: u32 = 0xff0d;
const TAB: u32 = 0xff09;
const SHIFT: u32 = 0xffe1;
/// X11 has Unicode's characters from here on.
const UNICODE: u32 = 0x0100_0000;
/// What is above on a us keyboard.
const ABOVE: &str = "~!@#$%^&*()_+{}|:\"<>?";

#[cfg(test)]
mod tests {
    use super::*;

    /// Symbols, `+` for down and `-` for up.
    fn pressed(letter: char, symbols: Symbols) -> Option<String> {
        let events = key_events(letter, symbols)?;
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
