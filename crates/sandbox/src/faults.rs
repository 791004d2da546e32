//! Faults on demand: a prompt that begins with `[sandbox: …]` names them.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The requested faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Answer with this status.
    pub(crate) status: Option<u16>,
    /// Abort the stream after this many events.
    pub(crate) cut_after: Option<usize>,
    /// Wait before the first byte.
    pub(crate) delay: Duration,
    /// Wait before each event.
    pub(crate) chunk_delay: Duration,
    /// Report no usage.
    pub(crate) no_usage: bool,
}

impl Faults {
    /// Parses `[sandbox: status=503 cut_after=3 delay_ms=10 chunk_delay_ms=5 no_usage]`; any other text has no fault.
    pub(crate) fn read(prompt: &str) -> Self {
        let mut faults = Self::default();
        let inside = prompt.trim_start().strip_prefix("[sandbox:").and_then(|rest| rest.split(']').next());
        for word in inside.unwrap_or_default().split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let number = value.parse::<u64>().ok();
            // Limited, so that no test can hang for long.
            let wait = Duration::from_millis(number.unwrap_or(0).min(60_000));
            match name {
                "status" => faults.status = number.and_then(|n| u16::try_from(n).ok()),
                "cut_after" => faults.cut_after = number.and_then(|n| usize::try_from(n).ok()),
                "delay_ms" => faults.delay = wait,
                "chunk_delay_ms" => faults.chunk_delay = wait,
                "no_usage" => faults.no_usage = true,
                _ => {}
            }
        }
        faults
    }

    /// Waits as requested; returns the error answer, if one was requested.
    pub(crate) async fn before(&self) -> Option<Response> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let status = StatusCode::from_u16(self.status?).ok()?;
        let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
        let error = json!({ "error": { "message": "The sandbox was asked for this error.", "type": kind, "param": null, "code": null } });
        Some((status, Json(error)).into_response())
    }
}
