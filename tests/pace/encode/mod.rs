//! Framebuffer updates (RFC 6143, section 7.6.1), encoded once and sent many times.
//!
//! RFB's zlib streams go on for a whole connection. Here each piece begins with an empty dictionary (zlib's full flush):
//! after the stream's header, which the first piece of a connection has, the pieces may come in any order and again.

mod hextile;
mod tight;
mod zrle;

use super::picture::Area;
use flate2::{Compress, Compression, FlushCompress};
use image::RgbImage;
use std::collections::HashMap;

/// What a picture is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    TightJpeg,
    Raw,
    Zrle,
    /// Tight without JPEG.
    TightZlib,
    Hextile,
}

/// In which order the bytes of a pixel of 32 bits are: what clients ask for with SetPixelFormat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Red first: noVNC.
    Rgbx,
    /// Blue first: X servers, and TigerVNC's viewer on one.
    Bgrx,
}

/// The pixels of a rectangle at most, as TigerVNC has it (SubRectMaxArea), but for raw.
const PIXELS: u32 = 65_536;
/// And its width (SubRectMaxWidth).
const WIDTH: u32 = 2_048;
/// What TigerVNC's levels 1 and 2 mean for zlib is near this.
const LEVEL: u32 = 2;
/// Deflate with a window of 32 KiB, no dictionary, fastest (RFC 1950, section 2.2).
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];
const COPY_RECT: i32 = 1;

impl Encoding {
    pub const ALL: [Self; 5] = [Self::TightJpeg, Self::Raw, Self::Zrle, Self::TightZlib, Self::Hextile];

    /// As people call it, and the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::TightJpeg => "Tight-JPEG",
            Self::Raw => "raw",
            Self::Zrle => "ZRLE",
            Self::TightZlib => "Tight-zlib",
            Self::Hextile => "Hextile",
        }
    }

    /// The same without loss, for what is not a photograph.
    pub fn lossless(self) -> Self {
        if self == Self::TightJpeg { Self::TightZlib } else { self }
    }

    fn number(self) -> i32 {
        match self {
            Self::Raw => 0,
            Self::Hextile => 5,
            Self::TightJpeg | Self::TightZlib => 7,
            Self::Zrle => 16,
        }
    }
}

impl Order {
    fn pixel(self, [red, green, blue]: [u8; 3]) -> [u8; 3] {
        match self {
            Self::Rgbx => [red, green, blue],
            Self::Bgrx => [blue, green, red],
        }
    }
}

/// Encodes for one connection: knows which zlib streams have begun.
pub struct Encoder {
    order: Order,
    begun: [bool; STREAMS],
}

/// Four of Tight's, one of ZRLE's.
const STREAMS: usize = 5;
const ZRLE_STREAM: usize = 4;

impl Encoder {
    /// For a connection that begins.
    pub fn new(order: Order) -> Self {
        Self { order, begun: [false; STREAMS] }
    }

    /// A new update.
    pub fn update(&mut self) -> Update<'_> {
        // FramebufferUpdate, padding, and the number of rectangles, which comes last.
        Update { encoder: self, count: 0, bytes: vec![0; 4] }
    }

    /// Which zlib streams have begun.
    pub fn begun(&self) -> [bool; STREAMS] {
        self.begun
    }

    fn deflate(&mut self, stream: usize, data: &[u8]) -> Vec<u8> {
        let mut packed = Vec::with_capacity(data.len() / 2 + 1024);
        if !self.begun[stream] {
            self.begun[stream] = true;
            packed.extend(ZLIB_HEADER);
        }
        let mut compress = Compress::new(Compression::new(LEVEL), false);
        loop {
            packed.reserve(4096);
            let taken = compress.total_in() as usize;
            compress.compress_vec(&data[taken..], &mut packed, FlushCompress::Full).expect("memory");
            // All of it is out when there was room for more.
            if compress.total_in() as usize == data.len() && packed.len() < packed.capacity() {
                return packed;
            }
        }
    }
}

/// An update that is being written.
pub struct Update<'e> {
    encoder: &'e mut Encoder,
    count: u16,
    bytes: Vec<u8>,
}

impl Update<'_> {
    /// What the screen shows at `from` is to be shown at `to`, too.
    pub fn copy(&mut self, from: (u32, u32), to: Area) {
        self.begin(to, COPY_RECT);
        self.bytes.extend([from.0, from.1].into_iter().flat_map(|at| (at as u16).to_be_bytes()));
    }

    /// What `screen` has in an area, in as many rectangles as a server makes of it.
    pub fn draw(&mut self, screen: &RgbImage, area: Area, encoding: Encoding) {
        let (width, height) = match encoding {
            Encoding::Raw => (area.width, area.height),
            _ => {
                let width = area.width.min(WIDTH);
                (width, PIXELS / width)
            }
        };
        for y in (0..area.height).step_by(height as usize) {
            for x in (0..area.width).step_by(width as usize) {
                let part = Area::new(area.x + x, area.y + y, width.min(area.width - x), height.min(area.height - y));
                self.rectangle(&Pixels::of(screen, part), part, encoding);
            }
        }
    }

    /// The message.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes[2..4].copy_from_slice(&self.count.to_be_bytes());
        self.bytes
    }

    fn rectangle(&mut self, pixels: &Pixels, area: Area, encoding: Encoding) {
        self.begin(area, encoding.number());
        match encoding {
            Encoding::Raw => {
                let order = self.encoder.order;
                for pixel in &pixels.all {
                    let [a, b, c] = order.pixel(*pixel);
                    self.bytes.extend_from_slice(&[a, b, c, 0]);
                }
            }
            Encoding::Hextile => hextile::encode(pixels, self.encoder.order, &mut self.bytes),
            Encoding::Zrle => {
                let tiles = zrle::encode(pixels, self.encoder.order);
                let packed = self.encoder.deflate(ZRLE_STREAM, &tiles);
                self.bytes.extend((packed.len() as u32).to_be_bytes());
                self.bytes.extend(packed);
            }
            Encoding::TightJpeg => tight::jpeg(pixels, &mut self.bytes),
            Encoding::TightZlib => tight::lossless(pixels, self.encoder, &mut self.bytes),
        }
    }

    fn begin(&mut self, area: Area, encoding: i32) {
        self.count += 1;
        let Area { x, y, width, height } = area;
        self.bytes.extend([x, y, width, height].into_iter().flat_map(|number| (number as u16).to_be_bytes()));
        self.bytes.extend(encoding.to_be_bytes());
    }
}

/// The pixels of a rectangle or a tile, line by line.
struct Pixels {
    width: usize,
    height: usize,
    all: Vec<[u8; 3]>,
}

impl Pixels {
    fn of(screen: &RgbImage, area: Area) -> Self {
        let (width, height, stride) = (area.width as usize, area.height as usize, 3 * screen.width() as usize);
        let mut all = Vec::with_capacity(width * height);
        for y in area.y as usize..area.y as usize + height {
            let start = y * stride + 3 * area.x as usize;
            let (line, _) = screen.as_raw()[start..start + 3 * width].as_chunks::<3>();
            all.extend_from_slice(line);
        }
        Self { width, height, all }
    }

    /// Line by line of tiles, each of this many pixels in both directions at most, with the place of each.
    fn tiles(&self, side: usize) -> impl Iterator<Item = Self> {
        let corners =
            (0..self.height).step_by(side).flat_map(move |y| (0..self.width).step_by(side).map(move |x| (x, y)));
        corners.map(move |(x, y)| {
            let (width, height) = (side.min(self.width - x), side.min(self.height - y));
            let mut all = Vec::with_capacity(width * height);
            for y in y..y + height {
                let start = y * self.width + x;
                all.extend_from_slice(&self.all[start..start + width]);
            }
            Self { width, height, all }
        })
    }

    /// The colours in the order in which they first come, and for each pixel the index of its own; none where there are
    /// more than `most`.
    fn palette(&self, most: usize) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
        let mut known: HashMap<[u8; 3], u8> = HashMap::new();
        let (mut colours, mut indexes) = (Vec::new(), Vec::with_capacity(self.all.len()));
        let mut last: Option<([u8; 3], u8)> = None;
        for pixel in &self.all {
            let index = match last {
                Some((colour, index)) if colour == *pixel => index,
                _ => match known.get(pixel) {
                    Some(index) => *index,
                    None if colours.len() == most => return None,
                    None => {
                        let index = colours.len() as u8;
                        known.insert(*pixel, index);
                        colours.push(*pixel);
                        index
                    }
                },
            };
            last = Some((*pixel, index));
            indexes.push(index);
        }
        Some((colours, indexes))
    }
}
