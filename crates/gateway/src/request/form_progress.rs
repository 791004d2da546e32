//! What is known of a form while it is sent upstream.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use crate::estimate::sound::SoundMeter;

/// What was read of a form while it was sent.
#[derive(Debug, Default)]
pub(crate) struct FormProgress {
    /// Its sound.
    pub(crate) sound: Mutex<SoundMeter>,
    /// Whether it was sent completely.
    pub(crate) sent: AtomicBool,
}
