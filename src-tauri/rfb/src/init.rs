//! ServerInit ([RFC 6143, 7.3.2](https://www.rfc-editor.org/rfc/rfc6143#section-7.3.2)): the server's screen.
//!
//! | bytes | what |
//! | --- | --- |
//! | 2, 2 | framebuffer width, height |
//! | 16 | [pixel format](https://www.rfc-editor.org/rfc/rfc6143#section-7.4): bits per pixel first |
//! | 4 | length of the name |
//! | length | desktop name |

use crate::text;

/// A server's description of its screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInit {
    /// Framebuffer width in pixels; 0 where the server announces it later.
    pub width: u16,
    /// Framebuffer height in pixels; 0 where the server announces it later.
    pub height: u16,
    /// The server's pixel format as received, padding included. It may be one that the specification does not allow:
    /// see [`Self::to_bytes`].
    pub pixel_format: [u8; 16],
    /// The desktop name as received, untrusted: at most its first 1 MiB. See [`Self::name_text`].
    pub name: Vec<u8>,
}

impl ServerInit {
    /// The desktop name for titles: one line of at most 400 characters, without control or invisible ones.
    pub fn name_text(&self) -> String {
        text::sanitize(&self.name)
    }

    /// The message for a viewer: as received, with two exceptions. A name that is not UTF-8 or longer than 64 KiB
    /// becomes [`Self::name_text`]. A pixel format with another number of bits per pixel than 8, 16 or 32 becomes
    /// 24-bit true colour in 32 bits: the viewer must be shown a valid one, and which one makes no difference, as noVNC
    /// always sends SetPixelFormat before it asks for the first pixels.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sanitized;
        let name = match std::str::from_utf8(&self.name) {
            Ok(name) if name.len() <= MAX_NAME_TO_VIEWER => name,
            _ => {
                sanitized = self.name_text();
                &sanitized
            }
        };
        let mut bytes = Vec::with_capacity(HEAD_LEN + name.len());
        bytes.extend(self.width.to_be_bytes());
        bytes.extend(self.height.to_be_bytes());
        bytes.extend(if has_valid_depth(&self.pixel_format) { self.pixel_format } else { TRUE_COLOUR });
        // Not truncated: a name has at most 64 KiB here.
        bytes.extend((name.len() as u32).to_be_bytes());
        bytes.extend(name.as_bytes());
        bytes
    }
}

/// 32 bits per pixel, depth 24, little-endian, true colour, 8 bits each for red, green and blue.
pub(crate) const TRUE_COLOUR: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];

/// Whether the bits per pixel are a number that the specification allows.
fn has_valid_depth(pixel_format: &[u8; 16]) -> bool {
    matches!(pixel_format[0], 8 | 16 | 32)
}

/// The fixed part, before the name.
pub(crate) struct Head {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) pixel_format: [u8; 16],
    /// Bytes of the name, as announced.
    pub(crate) name_length: u32,
}

impl Head {
    pub(crate) fn parse(bytes: &[u8; HEAD_LEN]) -> Self {
        let [w0, w1, h0, h1, pixel_format @ .., n0, n1, n2, n3] = *bytes;
        Self {
            width: u16::from_be_bytes([w0, w1]),
            height: u16::from_be_bytes([h0, h1]),
            pixel_format,
            name_length: u32::from_be_bytes([n0, n1, n2, n3]),
        }
    }

    /// Bytes of the name that are kept; the rest is read and discarded.
    pub(crate) fn name_length_kept(&self) -> usize {
        self.name_length.min(MAX_NAME_KEPT) as usize
    }

    /// Whether this is what the specification describes: proof that the server has accepted the login.
    pub(crate) fn is_regular(&self) -> bool {
        has_valid_depth(&self.pixel_format) && self.has_colour_maxima()
    }

    /// Whether this cannot be a ServerInit at all. neatvnc 0.5 answers a wrong password with bytes that read as "ok",
    /// followed by 28 bytes of its stack, and closes. A pixel format that is merely unusual still has colour maxima
    /// of the form 2^n - 1, which random bytes and addresses do not have.
    pub(crate) fn is_noise(&self) -> bool {
        !has_valid_depth(&self.pixel_format) && !self.has_colour_maxima()
    }

    /// Whether the maxima of red, green and blue are of the form 2^n - 1, or 0, as in colour map formats.
    fn has_colour_maxima(&self) -> bool {
        let [_, _, _, _, r0, r1, g0, g1, b0, b1, ..] = self.pixel_format;
        [[r0, r1], [g0, g1], [b0, b1]]
            .map(u16::from_be_bytes)
            .iter()
            .all(|maximum| maximum & maximum.wrapping_add(1) == 0)
    }
}

/// Bytes of [Tight's addition](https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst#tight-security-type) to
/// ServerInit after `counts`: 16 for each server message, client message and encoding. At most 3 MiB, as each count has
/// two bytes.
pub(crate) fn tight_capabilities_len(counts: &[u8; 8]) -> u64 {
    let [s0, s1, c0, c1, e0, e1, ..] = *counts;
    [[s0, s1], [c0, c1], [e0, e1]].map(u16::from_be_bytes).into_iter().map(u64::from).sum::<u64>() * 16
}

/// Bytes before the name.
pub(crate) const HEAD_LEN: usize = 24;
/// Bytes of a name that are read at most; beyond, the server has broken the protocol.
pub(crate) const MAX_NAME_SENT: u32 = 16 * 1024 * 1024;
/// Bytes of a name that are kept at most.
const MAX_NAME_KEPT: u32 = 1024 * 1024;
/// Bytes of a name that a viewer is shown as received.
const MAX_NAME_TO_VIEWER: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn init(name: &[u8]) -> ServerInit {
        ServerInit {
            width: 0x0102,
            height: 0x0304,
            pixel_format: [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 7, 8, 9],
            name: name.to_vec(),
        }
    }

    fn head_of(init: &ServerInit) -> Head {
        Head::parse(init.to_bytes().first_chunk().unwrap())
    }

    fn name_replayed(name: &[u8]) -> Vec<u8> {
        let bytes = init(name).to_bytes();
        let head = head_of(&init(name));
        assert_eq!((head.width, head.height, head.pixel_format), (0x0102, 0x0304, init(b"").pixel_format));
        assert_eq!(bytes.len(), HEAD_LEN + head.name_length as usize);
        bytes[HEAD_LEN..].to_vec()
    }

    #[test]
    fn a_name_is_replayed_as_received() {
        for name in [&b""[..], b"desk:1 (me)", "机器\u{202e}\n<b>".as_bytes(), &[b'x'; 64 * 1024]] {
            assert_eq!(name_replayed(name), name);
        }
    }

    #[test]
    fn a_name_no_viewer_should_get_is_replaced() {
        assert_eq!(name_replayed(b"K\xfcche"), "Küche".as_bytes());
        assert_eq!(name_replayed(&[b'x'; 64 * 1024 + 1]), [b'x'; text::MAX_CHARS]);
    }

    #[test]
    fn titles_are_sanitized() {
        assert_eq!(init("a\u{202e}b\nc\0d".as_bytes()).name_text(), "ab c");
    }

    #[test]
    fn a_viewer_is_always_shown_a_valid_pixel_format() {
        for bits in 0..=255 {
            let mut init = init(b"desk");
            init.pixel_format[0] = bits;
            let shown = head_of(&init).pixel_format;
            assert_eq!(shown, if matches!(bits, 8 | 16 | 32) { init.pixel_format } else { TRUE_COLOUR });
        }
    }

    #[test]
    fn unusual_is_not_noise() {
        let head = |pixel_format: [u8; 16]| Head { width: 800, height: 600, pixel_format, name_length: 4 };
        let with_bits = |bits: u8| {
            let mut pixel_format = TRUE_COLOUR;
            pixel_format[0] = bits;
            head(pixel_format)
        };
        for bits in 0..=255 {
            assert!(!with_bits(bits).is_noise(), "{bits} bits per pixel");
            assert_eq!(with_bits(bits).is_regular(), matches!(bits, 8 | 16 | 32));
        }
        // A colour map, five bits a colour, and no format at all.
        assert!(head([8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_regular());
        assert!(head([16, 15, 1, 1, 0, 31, 0, 31, 0, 31, 10, 5, 0, 0, 0, 0]).is_regular());
        assert!(!head([0; 16]).is_noise());
        // Text, one byte over and over, and two addresses of x86-64 Linux.
        for noise in
            [*b"Invalid username", [0xa7; 16], [0x60, 0x3c, 0x9e, 0xd1, 0xfe, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
        {
            assert!(head(noise).is_noise(), "{noise:x?}");
        }
    }

    #[test]
    fn tights_addition_has_at_most_three_mebibytes() {
        assert_eq!(tight_capabilities_len(&[0, 2, 0, 1, 0, 3, 9, 9]), 6 * 16);
        assert_eq!(tight_capabilities_len(&[0xff; 8]), 3 * 65_535 * 16);
    }
}
