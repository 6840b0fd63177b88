//! Untrusted text of a server, made fit to be shown: it must not control a terminal, change the reading direction, hide
//! characters, or fill the window.

/// Characters that are kept at most.
pub(crate) const MAX_CHARS: usize = 400;

/// One line of at most 400 characters: cut at the first NUL (QEMU sends one), decoded as UTF-8 or else Latin-1, without
/// control characters, bidirectional controls and invisible characters.
pub fn sanitize(bytes: &[u8]) -> String {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let kept: String = decode(bytes)
        .chars()
        .map(|c| if is_break(c) { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .take(MAX_CHARS)
        .collect();
    kept.trim().to_owned()
}

/// [`sanitize`]; none where nothing is left.
pub(crate) fn sanitize_reason(bytes: &[u8]) -> Option<String> {
    Some(sanitize(bytes)).filter(|text| !text.is_empty())
}

fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // UTF-8 that ends within a character. If all before it is ASCII, Latin-1 is more likely.
        Err(error) if error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
        }
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Bidirectional controls, zero-width characters, fillers and tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_servers() {
        for (bytes, shown) in [
            (&b"Too many security failures"[..], "Too many security failures"),
            (b"Authentication failed\0\0", "Authentication failed"),
            (b"  first\r\nsecond\tthird \n", "first  second third"),
            ("Zugriff verweigert: für Gäste".as_bytes(), "Zugriff verweigert: für Gäste"),
            (b"f\xfcr G\xe4ste", "für Gäste"),
            (b"caf\xe9", "café"),
            ("密码错误".as_bytes(), "密码错误"),
            (&"密码错误".as_bytes()[..11], "密码错"),
            (b"\x1b[31mred\x07\x9b2J", "[31mred2J"),
            ("safe\u{202e}gnp.exe\u{2069}\u{200b}\u{feff}".as_bytes(), "safegnp.exe"),
            (b"<b onclick=x>&amp;</b>", "<b onclick=x>&amp;</b>"),
            (b"\0hidden", ""),
        ] {
            assert_eq!(sanitize(bytes), shown, "{bytes:?}");
        }
    }

    #[test]
    fn four_hundred_characters_are_enough() {
        assert_eq!(sanitize("ü".repeat(70_000).as_bytes()).chars().count(), MAX_CHARS);
        // Characters that are left out do not count.
        assert_eq!(sanitize("\u{200b}x".repeat(500).as_bytes()), "x".repeat(MAX_CHARS));
    }

    #[test]
    fn nothing_left_is_no_reason() {
        assert_eq!(sanitize_reason(b"\n\0x"), None);
        assert_eq!(sanitize_reason(b""), None);
        assert_eq!(sanitize_reason(b"no"), Some("no".to_owned()));
    }
}
