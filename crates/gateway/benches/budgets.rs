//! Measures what budgets cost a request on the forwarding path: setting aside and ending, with none, one and three
//! budgets: `cargo bench -p keystead-gateway --bench budgets`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use keystead_core::budget::{Budget, BudgetScope, BudgetZone, LeaseAnswer, LeaseAsk, Measured};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_gateway::{BoxFuture, SpendLeases, SpendLedgers, Unavailable};

const ROUNDS: u32 = 1_000_000;
const NOW: Timestamp = Timestamp(1_800_000_000);

/// A store that grants everything.
struct Endless;

impl SpendLeases for Endless {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        let granted = ask.committed.plus(Amount::of_cents(1_000_000_000));
        let answer =
            LeaseAnswer { granted, met: true, wait: false, part: granted, limit: granted, spent: Amount::ZERO };
        std::future::ready(Ok(answer)).boxed()
    }
}

fn budget(subject: &str, terms: &str) -> Budget {
    let scope = BudgetScope { subject: subject.parse().unwrap(), terms: terms.parse().unwrap() };
    Budget {
        id: "budget_1".parse().unwrap(),
        scope,
        zone: BudgetZone::UTC,
        most: Amount::of_cents(1_000_000_000),
        version: 1,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let all = [
        budget("org-abcdefghijklmnopqrstuvwx", "money/month"),
        budget("proj_abcdefghijklmnopqrstuvwx", "money/day"),
        budget("key_abcdefghijklmnopqrstuvwx", "tokens/hour"),
    ];
    let most = Measured { money: Amount::of_picos(1_000), tokens: 1_000, requests: 1 };
    let used = Measured { tokens: 100, ..most };
    for count in [0, 1, 3] {
        let ledgers = SpendLedgers::new(Arc::new(Endless), "run".into(), Arc::new(|| NOW));
        let budgets = &all[..count];
        let began = Instant::now();
        for _ in 0..ROUNDS {
            let guard = ledgers.set_aside(black_box(budgets).iter(), &most, NOW).await;
            let mut guard = guard.map_err(|(_, why)| why).unwrap();
            guard.spend(&used);
            drop(black_box(guard));
        }
        let nanoseconds = began.elapsed().as_nanos() / u128::from(ROUNDS);
        println!("{count} budgets: {nanoseconds} ns a request");
    }
}
