//! Measures what rate limits cost a request without the estimate of its text: the reservation, the headers of the answer
//! and the settlement.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use keystead_core::access::Payer;
use keystead_core::rate::{MOST, RateLimits};
use keystead_gateway::RateLimiter;

const TURNS: u32 = 1_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let began = Instant::now();
    let rates = Arc::new(RateLimiter::new(Arc::new(move || began.elapsed())));
    let payer = Payer { organization: "org-1".parse().unwrap(), project: "proj_1".parse().unwrap() };
    let model: Arc<str> = "gpt-4o".into();
    let requests = RateLimits { requests_per_minute: Some(MOST), ..RateLimits::NONE };
    let all = RateLimits { tokens_per_minute: Some(MOST), ..requests };
    for (name, limits) in [("requests", requests), ("requests and tokens", all)] {
        let mut headers = HeaderMap::with_capacity(16);
        let began = Instant::now();
        for _ in 0..TURNS {
            assert!(rates.measure(&payer, &model, limits, &mut headers).await);
            headers.clear();
        }
        let each = began.elapsed().as_secs_f64() * 1e9 / f64::from(TURNS);
        println!("{name:<20} {each:>6.0} ns");
    }
}
