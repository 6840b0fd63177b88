//! The pictures of which the loads are made: what is on a desktop, the same in every run.

use image::{Rgb, RgbImage};

/// A place on a screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Area {
    /// The area of this size with this upper left corner.
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// The whole of a picture.
    pub fn of(picture: &RgbImage) -> Self {
        Self::new(0, 0, picture.width(), picture.height())
    }
}

/// A letter's width and height.
pub const LETTER: (u32, u32) = (8, 15);

const PAPER: Rgb<u8> = Rgb([0xfa, 0xfa, 0xf7]);
const INK: Rgb<u8> = Rgb([0x1c, 0x1e, 0x26]);
const PANEL: Rgb<u8> = Rgb([0x2b, 0x30, 0x3a]);

/// Numbers that look random: xorshift.
pub struct Noise(u64);

impl Noise {
    /// The same row of numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as u32 % bound
    }
}

/// The `index`th of a row of desktops that have not one pixel in common but by chance: wallpaper, a photograph, a
/// document and a panel.
pub fn desktop(width: u32, height: u32, index: u32) -> RgbImage {
    let mut picture = RgbImage::new(width, height);
    wallpaper(&mut picture, index);
    let (half, third) = (width / 2, height / 3);
    photograph(&mut picture, Area::new(width / 40, height / 20, half - width / 20, 2 * third), index);
    let document = Area::new(half, height / 20, half - width / 40, height - height / 8);
    fill(&mut picture, document, PAPER);
    let mut noise = Noise::new(u64::from(index) + 1);
    for line in 0..document.height / (LETTER.1 + 3) {
        let at = (document.x + 8, document.y + line * (LETTER.1 + 3) + 2);
        text(&mut picture, at, (document.width - 16) / LETTER.0, INK, PAPER, &mut noise);
    }
    let panel = Rgb([PANEL.0[0] + index as u8 * 5, PANEL.0[1], PANEL.0[2]]);
    fill(&mut picture, Area::new(0, height - height / 24, width, height / 24), panel);
    picture
}

/// Gradients both ways.
pub fn wallpaper(picture: &mut RgbImage, index: u32) {
    let (width, height) = picture.dimensions();
    let shade = |part: u32, whole: u32, from: u32, by: u32| ((from + part * by / whole) & 0xff) as u8;
    let across: Vec<u8> = (0..width).map(|x| shade(x, width, 30 + index * 12, 60)).collect();
    for (y, row) in (0_u32..).zip(picture.chunks_exact_mut(3 * width as usize)) {
        let (green, blue) = (shade(y, height, 50 + index * 7, 90), shade(y, height, 180 - index * 9, 70));
        for (pixel, red) in row.chunks_exact_mut(3).zip(&across) {
            pixel.copy_from_slice(&[*red, green, blue]);
        }
    }
}

/// Something with soft shapes and the grain of a sensor, which moves with `index`.
pub fn photograph(picture: &mut RgbImage, area: Area, index: u32) {
    let waves: Vec<u32> = (0..1024).map(|at| (((f64::from(at) / 163.0).sin() + 1.0) * 60.0) as u32).collect();
    let wave = |at: u32| waves[(at & 1023) as usize];
    let mut noise = Noise::new(u64::from(index) + 99);
    let stride = 3 * picture.width() as usize;
    let bytes: &mut [u8] = picture;
    let across: Vec<[u32; 3]> = (0..area.width)
        .map(|x| [wave(x * 2 + index * 70), wave(x + index * 130 + 300), wave(x * 3 + 600 + index * 40)])
        .collect();
    for y in 0..area.height {
        let down = [wave(y * 3 + index * 50), wave(y * 2 + 200), wave(y + index * 90)];
        let start = (area.y + y) as usize * stride + 3 * area.x as usize;
        let row = &mut bytes[start..start + 3 * area.width as usize];
        for (pixel, across) in row.chunks_exact_mut(3).zip(&across) {
            let grain = noise.below(8);
            pixel[0] = (across[0] + down[0] + grain) as u8;
            pixel[1] = (across[1] + down[1] + grain) as u8;
            pixel[2] = (across[2] + down[2] + grain) as u8;
        }
    }
}

/// A line of words of one colour, `letters` long at most, without gaps in its background.
pub fn text(
    picture: &mut RgbImage,
    (left, top): (u32, u32),
    letters: u32,
    ink: Rgb<u8>,
    paper: Rgb<u8>,
    noise: &mut Noise,
) {
    let length = letters / 2 + noise.below(letters / 2);
    for place in 0..letters {
        let letter = noise.below(40);
        let is_blank = place >= length || letter < 7;
        for y in 0..LETTER.1 {
            // A letter's rows: always the same for the same letter, with blank rows above and below.
            let is_inside = !is_blank && (2..12).contains(&y);
            let row = if is_inside { Noise::new(u64::from(letter * 16 + y / 2)).below(128) << 1 } else { 0 };
            for x in 0..LETTER.0 {
                let colour = if row >> x & 1 == 1 { ink } else { paper };
                picture.put_pixel(left + place * LETTER.0 + x, top + y, colour);
            }
        }
    }
}

/// One colour.
pub fn fill(picture: &mut RgbImage, area: Area, colour: Rgb<u8>) {
    for y in area.y..area.y + area.height {
        for x in area.x..area.x + area.width {
            picture.put_pixel(x, y, colour);
        }
    }
}

/// Copies a part of one picture to a place in another.
pub fn paste(from: &RgbImage, area: Area, to: &mut RgbImage, (left, top): (u32, u32)) {
    let (from_stride, to_stride) = (3 * from.width() as usize, 3 * to.width() as usize);
    let (length, to): (_, &mut [u8]) = (3 * area.width as usize, to);
    for y in 0..area.height {
        let source = (area.y + y) as usize * from_stride + 3 * area.x as usize;
        let target = (top + y) as usize * to_stride + 3 * left as usize;
        to[target..target + length].copy_from_slice(&from.as_raw()[source..source + length]);
    }
}

/// Copies a part of a picture to another place in it, as CopyRect does.
pub fn shift(picture: &mut RgbImage, from: Area, to: (u32, u32)) {
    let mut part = RgbImage::new(from.width, from.height);
    paste(picture, from, &mut part, (0, 0));
    paste(&part, Area::of(&part), picture, to);
}
