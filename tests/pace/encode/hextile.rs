//! Hextile (RFC 6143, section 7.7.4).

use super::{Order, Pixels};

const SIDE: usize = 16;

const RAW: u8 = 1;
const BACKGROUND: u8 = 2;
const FOREGROUND: u8 = 4;
const SUBRECTANGLES: u8 = 8;
const COLOURED: u8 = 16;

/// All tiles of a rectangle: with subrectangles one pixel high where that is shorter than raw.
pub fn encode(pixels: &Pixels, order: Order, out: &mut Vec<u8>) {
    let push = |colour: [u8; 3], out: &mut Vec<u8>| {
        let [a, b, c] = order.pixel(colour);
        out.extend_from_slice(&[a, b, c, 0]);
    };
    // The background is not repeated where it is the last tile's, but after a raw tile it has to be.
    let mut last = None;
    for tile in pixels.tiles(SIDE) {
        let start = out.len();
        let Some(Flat { background, foreground, runs }) = Flat::of(&tile) else {
            raw(&tile, push, out);
            last = None;
            continue;
        };
        let mut kind = if last == Some(background) { 0 } else { BACKGROUND };
        kind |= if runs.is_empty() { 0 } else { SUBRECTANGLES };
        kind |= match foreground {
            Some(_) => FOREGROUND,
            None if runs.is_empty() => 0,
            None => COLOURED,
        };
        out.push(kind);
        if kind & BACKGROUND != 0 {
            push(background, out);
        }
        if let Some(foreground) = foreground {
            push(foreground, out);
        }
        if !runs.is_empty() {
            out.push(runs.len() as u8);
        }
        for (x, y, length, colour) in runs {
            if foreground.is_none() {
                push(colour, out);
            }
            out.extend([(x << 4 | y) as u8, ((length - 1) << 4) as u8]);
        }
        last = Some(background);
        if out.len() - start > 1 + 4 * tile.all.len() {
            out.truncate(start);
            raw(&tile, push, out);
            last = None;
        }
    }
}

/// A tile that is more than its pixels.
struct Flat {
    background: [u8; 3],
    /// Where there is exactly one other colour.
    foreground: Option<[u8; 3]>,
    /// Place, length and colour of each line that is not background.
    runs: Vec<(usize, usize, usize, [u8; 3])>,
}

impl Flat {
    /// None where that is too much for a tile.
    fn of(tile: &Pixels) -> Option<Self> {
        let (colours, indexes) = tile.palette(64)?;
        let mut often = vec![0; colours.len()];
        indexes.iter().for_each(|index| often[usize::from(*index)] += 1);
        let (background, _) = often.iter().enumerate().max_by_key(|(_, often)| **often)?;
        let background = colours[background];
        let mut runs = Vec::new();
        for (y, line) in tile.all.chunks_exact(tile.width).enumerate() {
            let mut x = 0;
            for run in line.chunk_by(|one, other| one == other) {
                if run[0] != background {
                    runs.push((x, y, run.len(), run[0]));
                }
                x += run.len();
            }
        }
        let foreground = colours.iter().copied().find(|colour| *colour != background).filter(|_| colours.len() == 2);
        (runs.len() < 256).then_some(Self { background, foreground, runs })
    }
}

fn raw(tile: &Pixels, push: impl Fn([u8; 3], &mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(RAW);
    for pixel in &tile.all {
        push(*pixel, out);
    }
}
