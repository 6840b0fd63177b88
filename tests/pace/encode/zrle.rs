//! ZRLE (RFC 6143, section 7.7.6), before zlib.

use super::{Order, Pixels};

const SIDE: usize = 64;
/// Of a palette whose indexes are packed into bits.
const PACKED: usize = 16;
/// Of a palette whose indexes have runs.
const INDEXED: usize = 127;

const RAW: u8 = 0;
const SOLID: u8 = 1;
const PLAIN_RUNS: u8 = 128;
/// Beside an index, and in a tile's kind.
const RUNS: u8 = 128;

/// All tiles of a rectangle, each in the shortest of its forms.
pub fn encode(pixels: &Pixels, order: Order) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.all.len() * 3);
    for tile in pixels.tiles(SIDE) {
        encode_tile(&tile, order, &mut out);
    }
    out
}

fn encode_tile(tile: &Pixels, order: Order, out: &mut Vec<u8>) {
    let palette = tile.palette(INDEXED);
    let mut forms = Vec::new();
    match palette {
        Some((colours, _)) if colours.len() == 1 => {
            out.push(SOLID);
            out.extend(order.pixel(colours[0]));
            return;
        }
        Some((colours, indexes)) => {
            if colours.len() <= PACKED {
                forms.push(packed(&colours, &indexes, tile.width, order));
            }
            forms.push(indexed_runs(&colours, &indexes, order));
        }
        None => forms.push(plain_runs(tile, order)),
    }
    let raw = 1 + 3 * tile.all.len();
    match forms.into_iter().min_by_key(Vec::len).filter(|form| form.len() < raw) {
        Some(form) => out.extend(form),
        None => {
            out.push(RAW);
            for pixel in &tile.all {
                out.extend_from_slice(&order.pixel(*pixel));
            }
        }
    }
}

fn packed(colours: &[[u8; 3]], indexes: &[u8], width: usize, order: Order) -> Vec<u8> {
    let bits = match colours.len() {
        0..=2 => 1,
        3..=4 => 2,
        _ => 4,
    };
    let mut out = vec![colours.len() as u8];
    out.extend(colours.iter().flat_map(|colour| order.pixel(*colour)));
    for line in indexes.chunks_exact(width) {
        for pixels in line.chunks(8 / bits) {
            let place = |at: usize| 8 - bits * (at + 1);
            out.push(pixels.iter().enumerate().fold(0, |byte, (at, index)| byte | index << place(at)));
        }
    }
    out
}

fn indexed_runs(colours: &[[u8; 3]], indexes: &[u8], order: Order) -> Vec<u8> {
    let mut out = vec![RUNS + colours.len() as u8];
    out.extend(colours.iter().flat_map(|colour| order.pixel(*colour)));
    for run in indexes.chunk_by(|one, other| one == other) {
        match run.len() {
            1 => out.push(run[0]),
            length => {
                out.push(run[0] | RUNS);
                push_length(length, &mut out);
            }
        }
    }
    out
}

fn plain_runs(tile: &Pixels, order: Order) -> Vec<u8> {
    let mut out = vec![PLAIN_RUNS];
    for run in tile.all.chunk_by(|one, other| one == other) {
        out.extend_from_slice(&order.pixel(run[0]));
        push_length(run.len(), &mut out);
    }
    out
}

/// One less than the length, as the sum of bytes of which only the last is not 255.
fn push_length(length: usize, out: &mut Vec<u8>) {
    let mut rest = length - 1;
    while rest >= 255 {
        out.push(255);
        rest -= 255;
    }
    out.push(rest as u8);
}
