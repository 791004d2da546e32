//! The quality of a picture, so that a better one is requested at once.

use std::ops::Range;

use image::{GrayImage, imageops};

use super::kind::PictureKind;

/// Longer side of the copy that is measured, so that the numbers do not depend on the camera.
const MEASURED_SIDE: u32 = 1024;
/// Number of tiles of the copy in each direction.
const TILES: usize = 8;
/// The rank of the tile that gives the sharpness. A document fills only a part of the picture: the plain table around
/// it must not make it count as blurred, and one speck of dust must not make it count as sharp.
const RANK: usize = 6;
/// Below this variance of the Laplacian (luma 0 to 255) print cannot be read.
pub const BLURRED_BELOW: f64 = 90.0;
/// Luma from which a pixel counts as overexposed.
const CLIPPED_FROM: u8 = 251;
/// The overexposed share from which a reflection hides something on a document.
pub const DOCUMENT_GLARE_FROM: f64 = 0.12;
/// The overexposed share for a face, which may be in front of a window: only from half on is there nothing to compare.
pub const FACE_GLARE_FROM: f64 = 0.5;
/// Below this mean luma a picture is too dark.
pub const DARK_BELOW: f64 = 45.0;

/// The measurements of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Variance of the Laplacian in a good tile; higher is sharper.
    pub sharpness: f64,
    /// Share of overexposed pixels, 0 to 1.
    pub clipped: f64,
    /// Mean luma, 0 to 255.
    pub brightness: f64,
}

/// The findings from the measurements. Each asks the person for another picture; after three more the picture is
/// accepted and the reviewer sees the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings {
    /// Out of focus or moved.
    pub blurred: bool,
    /// A reflection or too much light.
    pub glare: bool,
    /// Too little light.
    pub dark: bool,
}

impl Findings {
    /// Whether another picture should be requested.
    #[must_use]
    pub const fn any(self) -> bool {
        self.blurred || self.glare || self.dark
    }
}

impl Measures {
    /// Measures a picture.
    pub(super) fn of(luma: &GrayImage) -> Self {
        let (width, height) = luma.dimensions();
        let longer = width.max(height).max(1);
        let scaled = |side: u32| (u64::from(side) * u64::from(MEASURED_SIDE) / u64::from(longer)).max(1) as u32;
        let small = match longer > MEASURED_SIDE {
            true => imageops::thumbnail(luma, scaled(width), scaled(height)),
            false => luma.clone(),
        };
        let pixels = (small.len() as f64).max(1.0);
        let clipped = small.iter().filter(|luma| **luma >= CLIPPED_FROM).count() as f64 / pixels;
        let brightness = small.iter().map(|luma| f64::from(*luma)).sum::<f64>() / pixels;
        Self { sharpness: sharpness(&small), clipped, brightness }
    }

    /// The findings for a picture of this kind.
    #[must_use]
    pub fn findings(self, kind: PictureKind) -> Findings {
        let glare_from = if kind.shows_a_document() { DOCUMENT_GLARE_FROM } else { FACE_GLARE_FROM };
        Findings {
            blurred: self.sharpness < BLURRED_BELOW,
            glare: self.clipped >= glare_from,
            dark: self.brightness < DARK_BELOW,
        }
    }
}

/// Computes the variance of the Laplacian in the tile of rank [`RANK`], counted from the sharpest.
fn sharpness(luma: &GrayImage) -> f64 {
    let bounds = |tile: usize, side: u32| {
        let side = side as usize;
        (tile * side / TILES).max(1)..((tile + 1) * side / TILES).min(side.saturating_sub(1))
    };
    let (width, height) = luma.dimensions();
    let mut tiles: Vec<f64> = Vec::with_capacity(TILES * TILES);
    for down in 0..TILES {
        for across in 0..TILES {
            tiles.push(laplacian_variance(luma, bounds(across, width), bounds(down, height)));
        }
    }
    tiles.sort_unstable_by(|a, b| b.total_cmp(a));
    tiles.get(RANK - 1).copied().unwrap_or_default()
}

fn laplacian_variance(luma: &GrayImage, columns: Range<usize>, rows: Range<usize>) -> f64 {
    let (raw, width) = (luma.as_raw(), luma.width() as usize);
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for row in rows {
        let start = row * width;
        let line = |from: usize| raw.get(from + columns.start - 1..from + columns.end + 1).unwrap_or_default();
        let (above, here, below) = (line(start - width), line(start), line(start + width));
        for ((up, three), down) in above.iter().skip(1).zip(here.windows(3)).zip(below.iter().skip(1)) {
            let around = i32::from(*up) + i32::from(*down) + i32::from(three[0]) + i32::from(three[2]);
            let value = f64::from(around - 4 * i32::from(three[1]));
            count += 1.0;
            sum += value;
            squares += value * value;
        }
    }
    if count < 1.0 {
        return 0.0;
    }
    squares / count - (sum / count) * (sum / count)
}
