//! The symbols of keys, as X11 and the portal name them.

/// A named key: what chords call it, its number, and its name in xkbcommon.
const NAMED: &[(&str, u32, &str)] = &[
    ("Esc", 0xff1b, "Escape"),
    ("Tab", 0xff09, "Tab"),
    ("Space", 0x20, "space"),
    ("Enter", 0xff0d, "Return"),
    ("Backspace", 0xff08, "BackSpace"),
    ("Del", 0xffff, "Delete"),
    ("Ins", 0xff63, "Insert"),
    ("Home", 0xff50, "Home"),
    ("End", 0xff57, "End"),
    ("PgUp", 0xff55, "Page_Up"),
    ("PgDn", 0xff56, "Page_Down"),
    ("Print", 0xff61, "Print"),
    ("Left", 0xff51, "Left"),
    ("Up", 0xff52, "Up"),
    ("Down", 0xff54, "Down"),
    ("Right", 0xff53, "Right"),
    ("Pause", 0xff13, "Pause"),
    ("Menu", 0xff67, "Menu"),
    ("!", 0x21, "exclam"),
    ("\"", 0x22, "quotedbl"),
    ("#", 0x23, "numbersign"),
    ("$", 0x24, "dollar"),
    ("%", 0x25, "percent"),
    ("&", 0x26, "ampersand"),
    ("'", 0x27, "apostrophe"),
    ("(", 0x28, "parenleft"),
    (")", 0x29, "parenright"),
    ("*", 0x2a, "asterisk"),
    ("+", 0x2b, "plus"),
    (",", 0x2c, "comma"),
    ("-", 0x2d, "minus"),
    (".", 0x2e, "period"),
    ("/", 0x2f, "slash"),
    (":", 0x3a, "colon"),
    (";", 0x3b, "semicolon"),
    ("<", 0x3c, "less"),
    ("=", 0x3d, "equal"),
    (">", 0x3e, "greater"),
    ("?", 0x3f, "question"),
    ("@", 0x40, "at"),
    ("[", 0x5b, "bracketleft"),
    ("\\", 0x5c, "backslash"),
    ("]", 0x5d, "bracketright"),
    ("^", 0x5e, "asciicircum"),
    ("_", 0x5f, "underscore"),
    ("`", 0x60, "grave"),
    ("{", 0x7b, "braceleft"),
    ("|", 0x7c, "bar"),
    ("}", 0x7d, "braceright"),
    ("~", 0x7e, "asciitilde"),
];

/// The number of the first function key.
const F1: u32 = 0xffbe;
/// The first number of the symbols that are numbered as in Unicode.
const UNICODE: u32 = 0x0100_0000;

/// The numbers by which a keyboard may have a chord's key; none where there is no such key.
pub fn numbers(key: &str) -> Vec<u32> {
    if let Some((_, number, _)) = NAMED.iter().find(|(name, ..)| *name == key) {
        return vec![*number];
    }
    if let Some(number) = function(key) {
        return vec![F1 + number - 1];
    }
    let mut letters = key.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => {
            // The key of a letter has the small one below the large one.
            let letter = letter.to_lowercase().next().unwrap_or(letter);
            let number = u32::from(letter);
            // Latin-1 has the numbers of Unicode in X11, too.
            if number < 0x100 { vec![number] } else { vec![UNICODE + number] }
        }
        _ => Vec::new(),
    }
}

/// What xkbcommon calls the key of a chord; none where there is no such key.
pub fn name(key: &str) -> Option<String> {
    if let Some((.., name)) = NAMED.iter().find(|(name, ..)| *name == key) {
        return Some((*name).to_owned());
    }
    if function(key).is_some() {
        return Some(key.to_owned());
    }
    let number = *numbers(key).first()?;
    match char::from_u32(number) {
        Some(letter) if letter.is_ascii_alphanumeric() => Some(letter.to_string()),
        _ => Some(format!("U{:04X}", number % UNICODE)),
    }
}

/// Which function key it is.
fn function(key: &str) -> Option<u32> {
    let number = key.strip_prefix('F')?.parse().ok()?;
    (1..=24).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_numbers_and_names() {
        for (key, number, called) in [
            ("P", 0x70, "p"),
            ("7", 0x37, "7"),
            ("Space", 0x20, "space"),
            (",", 0x2c, "comma"),
            ("F12", 0xffc9, "F12"),
            ("é", 0xe9, "U00E9"),
            ("ж", 0x0100_0436, "U0436"),
            ("F", 0x66, "f"),
        ] {
            assert_eq!((numbers(key), name(key).as_deref()), (vec![number], Some(called)), "{key}");
        }
        assert_eq!((numbers("Nothing"), name("Nothing"), name("F99")), (vec![], None, None));
    }
}
