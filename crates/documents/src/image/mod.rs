//! Pictures from phones: decoded within limits, measured, and encoded again with only their pixels.

mod decode;
mod font;
mod kind;
pub mod quality;
pub mod watermark;

pub use decode::{
    ImageRefusal, MAX_BYTES, MAX_PIXELS, MIN_LONGER_SIDE, MIN_SIDE, Picture, PictureFingerprint, QUEUE_LIMIT,
    TIME_LIMIT, intake,
};
pub use kind::PictureKind;
