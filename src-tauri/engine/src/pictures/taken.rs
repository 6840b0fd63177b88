//! A picture as a page gives it, and gets it back: a few bytes about it, and a JPEG or WebP file.

/// A picture of a machine's screen.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    /// Whether nothing can be read in it.
    pub blurred: bool,
    /// The screen's size in its own pixels; the picture is smaller.
    pub size: (u16, u16),
    /// A JPEG or WebP file.
    pub file: Vec<u8>,
}

/// Bytes in front of the file: whether it is blurred, width, height (big-endian).
const HEADER: usize = 5;
/// Bytes of a file, at most: one of 480 pixels' width has a fifth of it.
const MAX_FILE: usize = 256 * 1024;

impl Taken {
    /// What a page has sent; none where that is no picture.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[blurred, w1, w0, h1, h0], file) = bytes.split_first_chunk::<HEADER>()?;
        let size = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        let is_picture = blurred <= 1 && size.0 > 0 && size.1 > 0 && file.len() <= MAX_FILE && is_image(file);
        is_picture.then(|| Self { blurred: blurred == 1, size, file: file.to_vec() })
    }

    /// The same bytes.
    pub fn print(&self) -> Vec<u8> {
        let (width, height) = (self.size.0.to_be_bytes(), self.size.1.to_be_bytes());
        [&[u8::from(self.blurred)], &width[..], &height[..], &self.file].concat()
    }
}

/// How JPEG files begin (ITU-T T.81), and WebP files (RFC 9649).
fn is_image(file: &[u8]) -> bool {
    let is_webp = file.starts_with(b"RIFF") && file.get(8..12).is_some_and(|form| form == b"WEBP");
    file.starts_with(&[0xff, 0xd8, 0xff]) || is_webp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_picture_is_one() {
        let jpeg = b"\xff\xd8\xff\xe0..".as_slice();
        let sent = |header: [u8; 5], file: &[u8]| [&header, file].concat();
        let header = [0, 4, 0, 3, 0];
        let picture = Taken::parse(&sent(header, jpeg)).unwrap();
        assert_eq!((picture.blurred, picture.size, picture.file.as_slice()), (false, (1024, 768), jpeg));
        assert_eq!(picture.print(), sent(header, jpeg));
        assert!(Taken::parse(&sent([1, 4, 0, 3, 0], b"RIFF....WEBP...")).unwrap().blurred);
        let large = [jpeg, &vec![0; MAX_FILE]].concat();
        let webp = b"RIFF....WAVE".as_slice();
        for (header, file) in [
            ([2, 4, 0, 3, 0], jpeg),
            ([0; 5], jpeg),
            (header, b"<svg>"),
            (header, b""),
            (header, webp),
            (header, &large),
        ] {
            assert!(Taken::parse(&sent(header, file)).is_none());
        }
        assert!(Taken::parse(&[0, 4, 0, 3]).is_none());
    }
}
