//! A model of nodes, their spools and the store: requests of random sizes that end, fail and are aborted, messages that
//! are lost or read late, nodes that are killed and start again or never come back, leases that end, limits that change,
//! and a store that is away for longer than leases last. What is spent never passes the limit, except by what a killed
//! node had spent since it was last heard of; no node uses what the store does not hold for it; and nothing that is left
//! is lost.

mod steps;
mod store;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

use self::steps::{Fate, Step, steps};
use self::store::Store;

const NODES: usize = 3;

#[derive(Debug, Default)]
struct Node {
    holder: String,
    ledger: Ledger,
    contact: Contact,
    asks: i64,
    /// What it was told to keep at most.
    part: Amount,
    /// Asks that are read after the next one.
    late: Vec<LeaseAsk>,
    /// What was set aside for each running request, and what it will cost.
    running: Vec<(Amount, Amount)>,
    /// Events that are not in the store, with the run that wrote them.
    spool: Vec<(String, Amount)>,
    runs: usize,
}

struct World {
    store: Store,
    nodes: Vec<Node>,
    now: Timestamp,
    /// By when every node that lives has renewed its lease after the store was away.
    back_by: Option<Timestamp>,
    /// What all requests have cost, counted or not, without what was lost with a spool.
    truth: Amount,
    /// What killed nodes had spent that the store did not know to be committed.
    unreported: Amount,
}

fn cents(figure: u16) -> Amount {
    Amount::of_cents(figure.into())
}

impl World {
    fn new(limit: u16) -> Self {
        let node = |n: usize| Node { holder: format!("{n}-0"), ..Node::default() };
        let store = Store { limit: cents(limit), ..Store::default() };
        Self {
            store,
            nodes: (0..NODES).map(node).collect(),
            now: Timestamp(1_000_000),
            back_by: None,
            truth: Amount::ZERO,
            unreported: Amount::ZERO,
        }
    }

    /// A node asks for what a request needs and what it wants, and keeps something until it is answered.
    fn ask(&mut self, n: usize, (least, want, keep): (Amount, Amount, Amount), fate: Fate) -> Option<LeaseAnswer> {
        let (node, now) = (&mut self.nodes[n], self.now);
        let (committed, keep) = node.ledger.keep(keep);
        node.asks += 1;
        let ask = LeaseAsk {
            scope: BudgetScope::spend_limit("proj_1".parse().unwrap()),
            window: Window::month(now),
            holder: node.holder.as_str().into(),
            number: node.asks,
            committed,
            keep,
            least,
            want,
            ends_at: now.plus(LEASE_SECONDS),
            ended_by: node.contact.ended_by(),
        };
        let is_read = !matches!(fate, Fate::LostBefore | Fate::Late);
        let answer = is_read.then(|| self.store.read(&ask, now)).flatten();
        for late in node.late.drain(..) {
            self.store.read(&late, now);
        }
        if fate == Fate::Late {
            node.late.push(ask);
        }
        if fate == Fate::Meanwhile {
            let all = node.ledger.free();
            assert!(node.ledger.reserve(all));
            node.running.push((all, all));
        }
        let answer = answer.filter(|_| matches!(fate, Fate::Answered | Fate::Meanwhile))?;
        node.ledger.grant(answer.granted);
        node.part = answer.part;
        Some(answer)
    }

    fn request(&mut self, n: usize, (need, actual, keep): (Amount, Amount, Amount), fate: Fate) -> bool {
        if !self.nodes[n].ledger.reserve(need) {
            let want = Amount::of_picos(need.picos() * 8);
            let Some(answer) = self.ask(n, (need, want, keep), fate) else { return false };
            let fits = self.nodes[n].ledger.reserve(need);
            assert!(fits == answer.met || fate == Fate::Meanwhile, "a request fits if and only if the store says so");
            if !fits {
                return false;
            }
        }
        self.nodes[n].running.push((need, actual));
        true
    }

    /// Renews a lease with nothing but what is committed.
    fn returned(&mut self, n: usize) {
        let answer = self.ask(n, (Amount::ZERO, Amount::ZERO, Amount::ZERO), Fate::Answered);
        assert!(answer.is_some());
    }

    fn take(&mut self, n: usize, which: usize) -> Option<(Amount, Amount)> {
        let running = &mut self.nodes[n].running;
        (!running.is_empty()).then(|| running.swap_remove(which % running.len()))
    }

    fn deliver_all(&mut self, n: usize) {
        for (run, cost) in std::mem::take(&mut self.nodes[n].spool) {
            self.store.count(&run, cost);
        }
        // All events of earlier runs of this node are counted: what they held is free.
        let node = &self.nodes[n];
        let own = format!("{n}-");
        for (holder, lease) in &mut self.store.leases {
            if holder.starts_with(&own) && *holder != node.holder {
                (lease.granted, lease.committed) = (lease.consumed, lease.consumed);
            }
        }
    }

    fn step(&mut self, n: usize, step: Step) {
        match step {
            Step::Request { need, share, keep, fate } => {
                let actual = Amount::of_picos(cents(need).picos() * i128::from(share) / 100);
                self.request(n, (cents(need), actual, cents(keep)), fate);
            }
            Step::Ended { which } => {
                let Some((need, actual)) = self.take(n, which) else { return };
                let node = &mut self.nodes[n];
                node.ledger.spend(actual);
                node.ledger.end(need);
                node.spool.push((node.holder.clone(), actual));
                self.truth = self.truth.plus(actual);
            }
            Step::Failed { which } => {
                let Some((need, _)) = self.take(n, which) else { return };
                self.nodes[n].ledger.end(need);
            }
            Step::Outlived { which } => {
                let Some((need, actual)) = self.take(n, which) else { return };
                let node = &mut self.nodes[n];
                node.ledger.spend(need);
                node.ledger.end(need);
                let lease = self.store.leases.get_mut(&node.holder).unwrap();
                lease.consumed = lease.consumed.plus(need);
                self.store.pending.push((need, actual));
                self.truth = self.truth.plus(actual);
            }
            Step::PendingCounted { which } => {
                if self.store.pending.is_empty() {
                    return;
                }
                let (_, actual) = self.store.pending.swap_remove(which % self.store.pending.len());
                self.store.spent = self.store.spent.plus(actual);
            }
            Step::Delivered => {
                let node = &mut self.nodes[n];
                if !node.spool.is_empty() {
                    let (run, cost) = node.spool.remove(0);
                    self.store.count(&run, cost);
                }
            }
            Step::Killed => {
                let now = self.now;
                for late in self.nodes[n].late.drain(..) {
                    self.store.read(&late, now);
                }
                self.kill(n);
            }
            Step::Lost => {
                let own = self.nodes[n].spool.iter().map(|(_, cost)| *cost);
                self.truth = own.fold(self.truth, Amount::minus);
                self.kill(n);
                self.nodes[n].spool.clear();
            }
            Step::Slept => {
                self.renew_all();
                self.pass(LEASE_SECONDS + 1);
            }
            Step::Away => {
                // Before its end no node uses its lease any more.
                for node in &mut self.nodes {
                    node.ledger.give_up();
                    node.late.clear();
                }
                self.now = self.now.plus(LEASE_SECONDS + 1);
                self.back_by = Some(self.now.plus(20));
                self.hear();
            }
            Step::Renewed { want, keep, fate } => {
                self.ask(n, (Amount::ZERO, cents(want), cents(keep)), fate);
            }
            Step::Limited { limit } => {
                // What was granted is not taken back.
                let least = self.store.promised(Timestamp(0)).max(self.truth);
                self.store.limit = cents(limit).max(least);
                self.nodes[n].ledger.give_up();
            }
            Step::Waited { seconds } => self.pass(seconds.into()),
        }
    }

    fn renew_all(&mut self) {
        (0..NODES).for_each(|n| self.returned(n));
    }

    fn hear(&mut self) {
        let now = self.now;
        self.nodes.iter_mut().for_each(|node| node.contact.hear(now));
    }

    /// Time passes while the store answers.
    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now = self.now.plus(1);
            if self.back_by.take_if(|by| *by <= self.now).is_some() {
                self.renew_all();
            }
            self.hear();
        }
    }

    fn kill(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        let known = self.store.leases.get(&node.holder).map_or(Amount::ZERO, |lease| lease.committed);
        let since = node.ledger.spent().minus(known).max(Amount::ZERO);
        self.unreported = self.unreported.plus(since);
        node.runs += 1;
        (node.holder, node.ledger) = (format!("{n}-{}", node.runs), Ledger::default());
        node.contact = Contact::default();
        node.late.clear();
        node.running.clear();
    }

    fn assert_within(&self) {
        let most = self.store.limit.plus(self.unreported);
        assert!(self.truth <= most, "{} was spent of {most}", self.truth);
        assert!(self.store.promised(self.now) <= most, "{:?}", self.store);
        for node in &self.nodes {
            let (believed, granted) = (node.ledger.granted(), self.store.granted(&node.holder));
            assert!(believed <= granted, "{} believes in {believed} of {granted}", node.holder);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn spend_never_passes_the_limit_and_nothing_is_lost(limit in 1..3_000_u16, steps in steps()) {
        let mut world = World::new(limit);
        for (n, step) in steps {
            world.step(n, step);
            world.assert_within();
        }
        // Everything ends, is counted, and returned.
        for n in 0..NODES {
            while !world.nodes[n].running.is_empty() {
                world.step(n, Step::Ended { which: 0 });
            }
            world.deliver_all(n);
            world.returned(n);
        }
        while !world.store.pending.is_empty() {
            world.step(0, Step::PendingCounted { which: 0 });
        }
        prop_assert_eq!(world.store.spent, world.truth);
        prop_assert_eq!(world.store.promised(world.now), world.truth);
        if world.truth >= world.store.limit {
            return Ok(());
        }
        let rest = world.store.limit.minus(world.truth);
        let fits = world.request(1, (rest, rest, Amount::ZERO), Fate::Answered);
        prop_assert!(fits, "what is left can be spent to the last pico");
        world.step(1, Step::Ended { which: 0 });
        world.assert_within();
        let fits = world.request(2, (Amount::of_picos(1), Amount::ZERO, Amount::ZERO), Fate::Answered);
        prop_assert!(!fits, "and no more");
    }
}

#[test]
fn a_budget_for_37_requests_lets_37_of_1000_through() {
    for nodes in [1, 2, 3] {
        let mut world = World::new(37);
        let mut passed = 0;
        let mut waiting: Vec<usize> = (0..1_000).map(|number| number % nodes).collect();
        // Those that did not fit try again after every node has returned what it does not need. Nodes keep all they may.
        for _ in 0..3 {
            waiting.retain(|n| {
                let part = world.nodes[*n].part;
                let fits = world.request(*n, (cents(1), cents(1), part), Fate::Answered);
                passed += usize::from(fits);
                !fits
            });
            for n in (0..2 * nodes).map(|turn| turn % nodes) {
                let part = world.nodes[n].part;
                world.ask(n, (Amount::ZERO, part, part), Fate::Answered);
            }
        }
        assert_eq!(passed, 37, "{nodes} nodes");
        world.assert_within();
    }
}

/// After the end of its lease, what a node was killed with that it had kept is free; what it had committed is not.
#[test]
fn what_a_killed_node_kept_is_free_after_its_lease() {
    let mut world = World::new(100);
    assert!(world.request(0, (cents(10), cents(10), Amount::ZERO), Fate::Answered));
    world.step(0, Step::Renewed { want: 0, keep: 2, fate: Fate::LostAfter });
    world.step(0, Step::Killed);
    let fits =
        |world: &mut World, need: u16| world.request(1, (cents(need), cents(need), Amount::ZERO), Fate::Answered);
    assert!(!fits(&mut world, 89), "it is held while the lease lasts");
    world.pass(LEASE_SECONDS + 31);
    assert!(!fits(&mut world, 91));
    assert!(fits(&mut world, 90));
    world.assert_within();
}
