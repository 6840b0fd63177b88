//! Tight (rfbproto, section "Tight Encoding"): <https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst>

use super::{Encoder, Pixels};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

/// TigerVNC's for its level 6, which is what noVNC asks for; without subsampling, as there.
const QUALITY: u8 = 79;

// What is done to the pixels is in the upper four bits of the first byte.
const FILL: u8 = 0x80;
const JPEG: u8 = 0x90;
/// A filter is named in the second byte.
const FILTER: u8 = 0x40;
const PALETTE: u8 = 1;
/// Shorter data is sent as it is.
const SHORT: usize = 12;

// TigerVNC's use of the four zlib streams.
const FULL_COLOUR: u8 = 0;
const MONO: u8 = 1;
const INDEXED: u8 = 2;

/// A rectangle as a JPEG picture.
pub fn jpeg(pixels: &Pixels, out: &mut Vec<u8>) {
    let mut picture = Vec::new();
    let (width, height) = (pixels.width as u32, pixels.height as u32);
    let written = JpegEncoder::new_with_quality(&mut picture, QUALITY).encode(
        pixels.all.as_flattened(),
        width,
        height,
        ExtendedColorType::Rgb8,
    );
    written.expect("memory");
    out.push(JPEG);
    push_with_length(&picture, out);
}

/// A rectangle without loss: one colour, a palette, or all pixels.
pub fn lossless(pixels: &Pixels, encoder: &mut Encoder, out: &mut Vec<u8>) {
    match pixels.palette(256) {
        Some((colours, _)) if colours.len() == 1 => {
            out.push(FILL);
            out.extend(colours[0]);
        }
        Some((colours, indexes)) => {
            let is_mono = colours.len() == 2;
            let stream = if is_mono { MONO } else { INDEXED };
            out.extend([stream << 4 | FILTER, PALETTE, (colours.len() - 1) as u8]);
            out.extend(colours.as_flattened());
            let data = if is_mono { bits(&indexes, pixels.width) } else { indexes };
            compressed(stream, &data, encoder, out);
        }
        None => {
            out.push(FULL_COLOUR << 4);
            compressed(FULL_COLOUR, pixels.all.as_flattened(), encoder, out);
        }
    }
}

/// A bit for each pixel, each line from a new byte on, the leftmost pixel in the highest bit.
fn bits(indexes: &[u8], width: usize) -> Vec<u8> {
    let byte = |pixels: &[u8]| (0_u32..).zip(pixels).fold(0, |byte, (place, index)| byte | index << (7 - place));
    indexes.chunks_exact(width).flat_map(|line| line.chunks(8).map(byte)).collect()
}

fn compressed(stream: u8, data: &[u8], encoder: &mut Encoder, out: &mut Vec<u8>) {
    if data.len() < SHORT {
        out.extend(data);
        return;
    }
    push_with_length(&encoder.deflate(stream.into(), data), out);
}

/// The length is in one to three bytes: seven bits, seven bits, eight bits, the lowest first.
fn push_with_length(data: &[u8], out: &mut Vec<u8>) {
    let length = data.len();
    assert!(length < 1 << 22, "a rectangle that is too large for Tight");
    let more = |rest: usize| if rest > 0 { 0x80 } else { 0 };
    out.push((length & 0x7f) as u8 | more(length >> 7));
    if length >> 7 > 0 {
        out.push((length >> 7 & 0x7f) as u8 | more(length >> 14));
    }
    if length >> 14 > 0 {
        out.push((length >> 14) as u8);
    }
    out.extend(data);
}
