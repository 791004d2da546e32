//! Requests with an admin key to a node, for the figures that are compared after each kill.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::bench::http::send;
use crate::shell::Done;

/// How long a node that was started again may take until nothing of its earlier run is set aside.
const RELEASED: Duration = Duration::from_secs(30);

/// Who asks, and where.
#[derive(Clone, Copy)]
pub(super) struct Admin<'a> {
    /// Host and port of a node.
    pub(super) address: &'a str,
    /// An admin key.
    pub(super) key: &'a str,
}

impl Admin<'_> {
    /// The sum of the costs since yesterday, in USD.
    pub(super) fn costs(&self) -> Done<f64> {
        let day_ago = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().saturating_sub(86_400);
        let answer = self.get(&format!("/v1/organization/costs?start_time={day_ago}&limit=7"))?;
        let days = answer["data"].as_array().ok_or_else(|| format!("no costs: {answer}"))?.iter();
        let rows = days.filter_map(|day| day["results"].as_array()).flatten();
        Ok(rows.filter_map(|row| row["amount"]["value"].as_f64()).sum())
    }

    /// Waits until nothing is set aside from a budget; `look` reads its figures. Returns the last figures.
    pub(super) fn wait_until_free(&self, look: impl Fn(&Self) -> Done<Value>) -> Done<Value> {
        let until = Instant::now() + RELEASED;
        loop {
            let figures = look(self)?;
            // A lease may have parts of micros.
            if figures["set_aside"].as_f64() == Some(0.0) {
                return Ok(figures);
            }
            if Instant::now() > until {
                return Err(format!("still set aside although nothing runs: {figures}"));
            }
            sleep(Duration::from_millis(50));
        }
    }

    pub(super) fn get(&self, path: &str) -> Done<Value> {
        let head = format!("authorization: Bearer {}\r\n", self.key);
        let answer = send(self.address, "GET", path, &head, "")?;
        serde_json::from_slice(&answer.body).map_err(|error| format!("{path}: {error}"))
    }
}
