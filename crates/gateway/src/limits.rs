//! Limits of size and time of the forwarding path.

use std::time::Duration;

use crate::request::client_body::BodyBounds;
use crate::response::metered_body::ReadOn;

/// Limits of size and time of the forwarding path.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest JSON body, in bytes.
    pub json_body: usize,
    /// The largest multipart body, in bytes.
    pub form_body: usize,
    /// Bytes of a form that are held before the part `model` arrives.
    pub form_prefix: usize,
    /// How long a client may pause within a body.
    pub body_idle: Duration,
    /// How long a whole body may take.
    pub body_whole: Duration,
    /// How long a whole upload may take.
    pub upload_whole: Duration,
    /// Memory for held bodies, in bytes.
    pub body_memory: usize,
    /// Memory that requests with one key may hold at once, in bytes.
    pub body_memory_per_key: usize,
    /// How long an upstream may take to accept a connection.
    pub connect: Duration,
    /// How far an answer is read after its client has disconnected.
    pub read_on: ReadOn,
    /// The tokens that one answer is expected to have at most, for spend limits, where neither the request nor the
    /// catalogue says.
    pub unbounded_output_tokens: u64,
    /// The interval at which the permission is checked again, while an answer is awaited or sent.
    pub recheck: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_body: 20 << 20,
            form_body: 512 << 20,
            form_prefix: 32 << 20,
            body_idle: Duration::from_secs(30),
            body_whole: Duration::from_secs(300),
            upload_whole: Duration::from_secs(3_600),
            body_memory: 256 << 20,
            body_memory_per_key: 64 << 20,
            connect: Duration::from_secs(5),
            read_on: ReadOn::default(),
            unbounded_output_tokens: 32_768,
            recheck: Duration::from_secs(2),
        }
    }
}

impl Limits {
    pub(crate) fn json_bounds(&self) -> BodyBounds {
        BodyBounds { most: self.json_body, pause: self.body_idle, whole: self.body_whole }
    }

    pub(crate) fn upload_bounds(&self) -> BodyBounds {
        BodyBounds { most: self.form_body, pause: self.body_idle, whole: self.upload_whole }
    }
}
