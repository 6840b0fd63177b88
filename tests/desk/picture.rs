//! Pictures of screens, and how alike they are.

use image::RgbImage;

/// What tells two pictures apart.
#[derive(Debug)]
pub struct Difference {
    /// Between 0 and 255, over all pixels and channels.
    mean: f64,
    /// The share of pixels that are clearly different.
    other: f64,
}

/// How much of a channel two pixels may differ and still be alike: some encodings lose a little.
const ALIKE: u8 = 24;

impl Difference {
    /// None where the pictures are not even of one size.
    pub fn between(one: &RgbImage, other: &RgbImage) -> Option<Self> {
        if one.dimensions() != other.dimensions() || one.is_empty() {
            return None;
        }
        let (mut sum, mut different) = (0_u64, 0_usize);
        for (a, b) in one.pixels().zip(other.pixels()) {
            let apart = [0, 1, 2].map(|channel| a.0[channel].abs_diff(b.0[channel]));
            sum += apart.iter().map(|&by| u64::from(by)).sum::<u64>();
            different += usize::from(apart.iter().any(|&by| by > ALIKE));
        }
        let pixels = f64::from(one.width()) * f64::from(one.height());
        Some(Self { mean: sum as f64 / (3.0 * pixels), other: different as f64 / pixels })
    }

    /// Whether nothing at all differs.
    pub fn is_identity(&self) -> bool {
        self.mean == 0.0
    }

    /// Whether the pictures show the same, but for a pointer.
    pub fn is_none(&self) -> bool {
        self.mean < 1.0 && self.other < 0.002
    }
}

/// How many pixels have a colour, give or take what an encoding loses.
pub fn count(picture: &RgbImage, colour: [u8; 3]) -> usize {
    picture.pixels().filter(|pixel| (0..3).all(|channel| pixel.0[channel].abs_diff(colour[channel]) <= 8)).count()
}
