//! What the server sends: a first update, and a row of others that is repeated for as long as it is asked for.

use super::{
    encode::{Encoder, Encoding, Order, Update},
    picture::{self, Area, LETTER, Noise},
};
use image::{Rgb, RgbImage};

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Full frames of 1920x1080, each different.
    Full,
    /// The same of 3840x2160.
    Full4k,
    /// What desktops really send: a terminal that scrolls, a window that moves, a video; the rest is still.
    Desktop,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Full, Self::Full4k, Self::Desktop];

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Full4k => "4k",
            Self::Desktop => "desktop",
        }
    }

    /// What the numbers of this load are.
    pub fn description(self) -> &'static str {
        match self {
            Self::Full => "full frames of 1920x1080, frames a second",
            Self::Full4k => "full frames of 3840x2160, frames a second",
            Self::Desktop => "a desktop of 1920x1080, updates a second",
        }
    }
}

/// Encoded updates.
pub struct Load {
    pub size: (u16, u16),
    /// For which the pixels are encoded.
    pub order: Order,
    /// What a connection begins with: the whole screen, and each zlib stream that is used later.
    pub first: Vec<u8>,
    pub rest: Vec<Vec<u8>>,
}

/// Of the desktop, and of the smaller full frames.
pub const SCREEN: (u32, u32) = (1920, 1080);
/// As many as differ enough that they cannot be cached.
const FRAMES: u32 = 12;
/// Fewer of those with four times as many pixels, which all stay in memory.
const FRAMES_4K: u32 = 6;

impl Load {
    /// Makes and encodes the load.
    pub fn new(kind: Kind, encoding: Encoding, order: Order) -> Self {
        match kind {
            Kind::Full => Self::full(SCREEN, FRAMES, encoding, order),
            Kind::Full4k => Self::full((2 * SCREEN.0, 2 * SCREEN.1), FRAMES_4K, encoding, order),
            Kind::Desktop => Self::desktop(encoding, order),
        }
    }

    fn full((width, height): (u32, u32), frames: u32, encoding: Encoding, order: Order) -> Self {
        let mut encoder = Encoder::new(order);
        let mut encode = |index| {
            let picture = picture::desktop(width, height, index);
            let mut update = encoder.update();
            update.draw(&picture, Area::of(&picture), encoding);
            update.finish()
        };
        let first = encode(frames);
        Self { size: (width as u16, height as u16), order, first, rest: (0..frames).map(encode).collect() }
    }

    fn desktop(encoding: Encoding, order: Order) -> Self {
        let mut encoder = Encoder::new(order);
        let mut desktop = Desktop::new();
        let first = desktop.whole(&mut encoder, encoding);
        let begun = encoder.begun();
        let rest = (0..STEPS).map(|number| desktop.step(number, &mut encoder, encoding)).collect();
        assert_eq!(encoder.begun(), begun, "a stream whose header would come again in the middle");
        Self { size: (SCREEN.0 as u16, SCREEN.1 as u16), order, first, rest }
    }
}

/// Updates of the desktop's script; after them the screen is as if they had just begun.
const STEPS: u32 = 120;
/// The terminal scrolls in every second update, and is painted anew once in so many.
const REPAINT: u32 = 60;
const TERMINAL: Area = Area::new(40, 60, 100 * LETTER.0, 40 * LETTER.1);
const VIDEO: Area = Area::new(1240, 60, 640, 360);
const PICTURES: u32 = 30;
const WINDOW: (u32, u32) = (400, 300);
/// Where the window's corner goes round, and how far from there.
const CENTRE: (f64, f64) = (1190.0, 600.0);
const RADIUS: f64 = 130.0;

const PAPER: Rgb<u8> = Rgb([0x12, 0x14, 0x18]);
const INK: Rgb<u8> = Rgb([0xd4, 0xd6, 0xd9]);
const PROMPT: Rgb<u8> = Rgb([0x6c, 0xc6, 0x44]);
const FRAME: Rgb<u8> = Rgb([0x3a, 0x6e, 0xa5]);

/// A desktop, and how it changes.
pub struct Desktop {
    /// What a client shows that was sent all.
    pub screen: RgbImage,
    /// What is behind the window.
    wallpaper: RgbImage,
    window: RgbImage,
    /// Made when they first come.
    video: Vec<RgbImage>,
    noise: Noise,
}

impl Desktop {
    /// Before the first step.
    pub fn new() -> Self {
        let mut wallpaper = RgbImage::new(SCREEN.0, SCREEN.1);
        picture::wallpaper(&mut wallpaper, 1);
        let mut window = RgbImage::new(WINDOW.0, WINDOW.1);
        let mut noise = Noise::new(5);
        picture::fill(&mut window, Area::new(0, 0, WINDOW.0, WINDOW.1), Rgb([0xf4, 0xf4, 0xf2]));
        picture::fill(&mut window, Area::new(0, 0, WINDOW.0, 24), FRAME);
        for line in 0..14 {
            let at = (8, 34 + line * (LETTER.1 + 3));
            picture::text(&mut window, at, 44, Rgb([0x22; 3]), Rgb([0xf4, 0xf4, 0xf2]), &mut noise);
        }
        let mut desktop = Self { screen: wallpaper.clone(), wallpaper, window, video: Vec::new(), noise };
        desktop.paint_terminal();
        picture::paste(&desktop.window, Area::of(&desktop.window), &mut desktop.screen, corner(STEPS - 1));
        desktop.play(0);
        desktop
    }

    /// An update of the whole screen, which a connection begins with.
    pub fn whole(&self, encoder: &mut Encoder, encoding: Encoding) -> Vec<u8> {
        let mut update = encoder.update();
        let encoding = encoding.lossless();
        update.draw(&self.screen, Area::of(&self.screen), encoding);
        // Lines of two colours and of three: each kind of rectangle once, as Tight has a zlib stream for each.
        for line in 0..2 {
            let line = Area::new(TERMINAL.x, TERMINAL.y + line * LETTER.1, TERMINAL.width, LETTER.1);
            update.draw(&self.screen, line, encoding);
        }
        update.finish()
    }

    /// An update.
    pub fn step(&mut self, number: u32, encoder: &mut Encoder, encoding: Encoding) -> Vec<u8> {
        let mut update = encoder.update();
        self.move_window(number, &mut update, encoding.lossless());
        if number.is_multiple_of(REPAINT) {
            self.paint_terminal();
            update.draw(&self.screen, TERMINAL, encoding.lossless());
        } else if number.is_multiple_of(2) {
            self.scroll(number, &mut update, encoding.lossless());
        }
        self.play(number);
        update.draw(&self.screen, VIDEO, encoding);
        update.finish()
    }

    /// CopyRect, and what the window has left behind.
    fn move_window(&mut self, number: u32, update: &mut Update<'_>, encoding: Encoding) {
        let (from, to) = (corner((number + STEPS - 1) % STEPS), corner(number));
        let (width, height) = WINDOW;
        let old = Area::new(from.0, from.1, width, height);
        picture::paste(&self.wallpaper, old, &mut self.screen, from);
        picture::paste(&self.window, Area::of(&self.window), &mut self.screen, to);
        update.copy(from, Area::new(to.0, to.1, width, height));
        let (across, down) = (from.0.abs_diff(to.0), from.1.abs_diff(to.1));
        // Beside the window over the old one's whole height, and above or below it over what is left of the width.
        let beside = if to.0 > from.0 { from.0 } else { to.0 + width };
        let rest = if to.0 > from.0 { to.0 } else { from.0 };
        let over = if to.1 > from.1 { from.1 } else { to.1 + height };
        if across > 0 {
            update.draw(&self.screen, Area::new(beside, from.1, across, height), encoding);
        }
        if down > 0 {
            update.draw(&self.screen, Area::new(rest, over, width - across, down), encoding);
        }
    }

    /// CopyRect, and a new line.
    fn scroll(&mut self, number: u32, update: &mut Update<'_>, encoding: Encoding) {
        let kept = Area::new(TERMINAL.x, TERMINAL.y + LETTER.1, TERMINAL.width, TERMINAL.height - LETTER.1);
        picture::shift(&mut self.screen, kept, (TERMINAL.x, TERMINAL.y));
        update.copy((kept.x, kept.y), Area { y: TERMINAL.y, ..kept });
        self.write_line(TERMINAL.height / LETTER.1 - 1, number.is_multiple_of(8));
        let line = Area::new(TERMINAL.x, kept.y + kept.height - LETTER.1, TERMINAL.width, LETTER.1);
        update.draw(&self.screen, line, encoding);
    }

    /// The video's next picture; always the same after so many.
    fn play(&mut self, number: u32) {
        let index = number % PICTURES;
        if self.video.len() <= index as usize {
            let mut picture = RgbImage::new(VIDEO.width, VIDEO.height);
            let area = Area::of(&picture);
            picture::photograph(&mut picture, area, index);
            self.video.push(picture);
        }
        let picture = &self.video[index as usize];
        picture::paste(picture, Area::of(picture), &mut self.screen, (VIDEO.x, VIDEO.y));
    }

    fn paint_terminal(&mut self) {
        for line in 0..TERMINAL.height / LETTER.1 {
            self.write_line(line, line % 4 == 1);
        }
    }

    fn write_line(&mut self, line: u32, has_prompt: bool) {
        let top = TERMINAL.y + line * LETTER.1;
        let prompt = if has_prompt { 12 } else { 0 };
        let letters = TERMINAL.width / LETTER.0 - prompt;
        let noise = &mut self.noise;
        if has_prompt {
            picture::text(&mut self.screen, (TERMINAL.x, top), prompt, PROMPT, PAPER, noise);
        }
        picture::text(&mut self.screen, (TERMINAL.x + prompt * LETTER.0, top), letters, INK, PAPER, noise);
    }
}

/// Where the window is after this update.
fn corner(number: u32) -> (u32, u32) {
    let angle = f64::from(number) / f64::from(STEPS) * std::f64::consts::TAU;
    ((CENTRE.0 + RADIUS * angle.cos()) as u32, (CENTRE.1 + RADIUS * angle.sin()) as u32)
}
