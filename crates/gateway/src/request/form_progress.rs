//! What is known of a form while it is sent upstream.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};

use keystead_core::usage::ImageTraits;

use crate::estimate::sound::SoundMeter;

/// What was read of a form while it was sent.
#[derive(Debug, Default)]
pub(crate) struct FormProgress {
    /// Its sound.
    pub(crate) sound: Mutex<SoundMeter>,
    /// The quality and size of the requested images.
    pub(crate) images: Mutex<ImageTraits>,
    /// How many images are requested; zero until that was read.
    pub(crate) count: AtomicU64,
    /// Whether it was sent completely.
    pub(crate) sent: AtomicBool,
}
