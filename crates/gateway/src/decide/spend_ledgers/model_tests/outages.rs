//! Time that passes, and a store that is away for longer than leases last.

use futures_util::FutureExt as _;
use tokio::task::coop::unconstrained;

use super::store::Fate;
use super::*;

impl World {
    /// Time passes until leases have ended, and an hour or a day has. Nodes that live renew theirs meanwhile.
    pub(super) async fn sleep(&mut self) {
        tokio::time::advance(Duration::from_secs(10)).await;
        self.renew_all();
        let until = self.now().plus(1 + self.random(4_000));
        while self.now() < until {
            let next = self.now().plus(5).min(until);
            *lock(&self.store.now) = next;
            self.hear();
        }
    }

    /// The store is away for longer than leases last. Nodes that live use what they keep of their leases, and cannot renew
    /// them.
    pub(super) async fn outage(&mut self) {
        *lock(&self.store.fate) = Fate::Lost;
        for _ in 0..20 {
            let n = self.rng.random_range(0..NODES);
            let (money, tokens) = (Amount::of_cents(1 + self.random(9)), 1 + self.random(9));
            let most = Measured { money, tokens, requests: 1 };
            let project = PROJECTS[self.rng.random_range(0..PROJECTS.len())];
            self.request(n, project, most, most);
            self.end(n);
            if self.rng.random_bool(0.3) {
                let _ = unconstrained(self.nodes[n].ledgers.renew_all()).now_or_never();
            }
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        let seconds = LEASE_SECONDS + self.random(4_000);
        let now = self.now();
        *lock(&self.store.now) = now.plus(seconds);
        *lock(&self.store.fate) = Fate::Answered;
        // What it had not read is lost.
        lock(&self.store.known).late.clear();
        // The first one may need what the others have used.
        let n = self.rng.random_range(0..NODES);
        let all = Measured { money: Amount::of_cents(150), tokens: 150, requests: 1 };
        self.hear();
        self.back_by = Some(self.now().plus(20));
        self.request(n, PROJECTS[0], all, all);
    }

    pub(super) fn renew_all(&self) {
        *lock(&self.store.fate) = Fate::Answered;
        for node in &self.nodes {
            let _ = unconstrained(node.ledgers.renew_all()).now_or_never();
        }
    }

    /// Each node hears of the store.
    pub(super) fn hear(&self) {
        let now = self.now();
        self.nodes.iter().for_each(|node| node.ledgers.heard(now));
    }
}
