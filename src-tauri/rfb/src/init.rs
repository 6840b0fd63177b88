//! ServerInit (rfbproto, "ServerInit"): the server's screen.
//!
//! | bytes | what |
//! | --- | --- |
//! | 2, 2 | framebuffer width, height |
//! | 16 | pixel format: bits per pixel first |
//! | 4 | length of the name |
//! | length | desktop name |

use crate::text;

/// A server's description of its screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInit {
    /// Framebuffer width in pixels; 0 where the server will say later.
    pub width: u16,
    /// Framebuffer height in pixels; 0 where the server will say later.
    pub height: u16,
    /// The server's pixel format as it came, padding and all: here it is only passed on.
    pub pixel_format: [u8; 16],
    /// The desktop's name as it came: hostile bytes. See [`Self::name_text`].
    pub name: Vec<u8>,
}

impl ServerInit {
    /// The desktop's name, cleaned for titles: one line without control or invisible characters, not too long.
    pub fn name_text(&self) -> String {
        text::clean(&self.name)
    }

    /// The message again, for a viewer: as it came, but for a name that is not UTF-8 or longer than 64 KiB, which
    /// becomes [`Self::name_text`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let cleaned;
        let name = match std::str::from_utf8(&self.name) {
            Ok(name) if name.len() <= LONGEST_NAME_TO_VIEWER => name,
            _ => {
                cleaned = self.name_text();
                &cleaned
            }
        };
        let mut bytes = Vec::with_capacity(HEAD_LEN + name.len());
        bytes.extend(self.width.to_be_bytes());
        bytes.extend(self.height.to_be_bytes());
        bytes.extend(self.pixel_format);
        // Cannot cut: a name is at most 64 KiB here.
        bytes.extend((name.len() as u32).to_be_bytes());
        bytes.extend(name.as_bytes());
        bytes
    }
}

/// The part before the name.
pub(crate) struct Head {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) pixel_format: [u8; 16],
    pub(crate) name_length: usize,
}

impl Head {
    /// Reads the head; the error is what makes it implausible.
    pub(crate) fn read(bytes: &[u8; HEAD_LEN]) -> Result<Self, String> {
        let [w0, w1, h0, h1, pixel_format @ .., n0, n1, n2, n3] = *bytes;
        let name_length = u32::from_be_bytes([n0, n1, n2, n3]);
        let [bits_per_pixel, ..] = pixel_format;
        if !matches!(bits_per_pixel, 8 | 16 | 32) {
            return Err(format!("{bits_per_pixel} bits per pixel"));
        }
        if name_length > LONGEST_NAME {
            return Err(format!("a name of {name_length} bytes"));
        }
        Ok(Self {
            width: u16::from_be_bytes([w0, w1]),
            height: u16::from_be_bytes([h0, h1]),
            pixel_format,
            name_length: name_length as usize,
        })
    }
}

/// Tight's addition to ServerInit (rfbproto, "Tight Security Type"): three u16 counts and padding, then 16 bytes for each
/// message or encoding that was counted. Returns how many bytes follow; the error is what makes it implausible.
pub(crate) fn tight_capabilities(counts: &[u8; 8]) -> Result<usize, String> {
    let [s0, s1, c0, c1, e0, e1, ..] = *counts;
    let count: u32 = [[s0, s1], [c0, c1], [e0, e1]].map(u16::from_be_bytes).into_iter().map(u32::from).sum();
    match count {
        0..=MAX_CAPABILITIES => Ok(count as usize * 16),
        _ => Err(format!("{count} Tight capabilities")),
    }
}

/// Far more than there are.
const MAX_CAPABILITIES: u32 = 4096;
/// Bytes before the name.
pub(crate) const HEAD_LEN: usize = 24;
/// Nobody's desktop is called so, but the bytes are on the wire and have to be read.
const LONGEST_NAME: u32 = 1024 * 1024;
/// A viewer gets what a person could have typed, or the cleaned name.
const LONGEST_NAME_TO_VIEWER: usize = 64 * 1024;

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

    fn name_replayed(name: &[u8]) -> Vec<u8> {
        let bytes = init(name).to_bytes();
        let head: &[u8; HEAD_LEN] = bytes.first_chunk().unwrap();
        let head = Head::read(head).unwrap();
        assert_eq!((head.width, head.height, head.pixel_format), (0x0102, 0x0304, init(b"").pixel_format));
        assert_eq!(bytes.len(), HEAD_LEN + head.name_length);
        bytes[HEAD_LEN..].to_vec()
    }

    #[test]
    fn a_name_is_replayed_as_it_came() {
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
    fn titles_are_clean() {
        assert_eq!(init("a\u{202e}b\nc\0d".as_bytes()).name_text(), "ab c");
    }
}
