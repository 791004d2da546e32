//! A model of nodes, their spools and the store: requests of random sizes that end, fail and are aborted, messages that
//! are lost, nodes that are killed and start again or never come back, leases that end, and a store that is away for
//! longer than leases last. What is spent never passes the limit, except by what a killed node had spent since it was
//! last heard of; and nothing that is left is lost.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NODES: usize = 3;

#[derive(Debug, Clone, Copy, Default)]
struct Lease {
    granted: Amount,
    committed: Amount,
    consumed: Amount,
    renewed_at: Timestamp,
    ends_at: Timestamp,
}

impl Lease {
    fn other(&self) -> OtherLease {
        let Self { granted, committed, consumed, renewed_at, ends_at } = *self;
        OtherLease { granted, committed, consumed, renewed_at, ends_at }
    }
}

#[derive(Debug, Default)]
struct Store {
    limit: Amount,
    spent: Amount,
    leases: BTreeMap<String, Lease>,
    pending: Vec<(Amount, Amount)>,
    scarce: (Timestamp, Timestamp),
}

impl Store {
    fn answer(&mut self, node: &Node, committed: Amount, least: Amount, want: Amount, now: Timestamp) -> LeaseAnswer {
        let holder = node.holder.as_str();
        let ask = LeaseAsk {
            scope: BudgetScope::spend_limit("proj_1".parse().unwrap()),
            window: Window::month(now),
            holder: holder.into(),
            committed,
            least,
            want,
            ends_at: now.plus(LEASE_SECONDS),
            ended_by: node.contact.ended_by(),
        };
        let own = self.leases.entry(holder.to_owned()).or_default().consumed;
        let mut stored = StoredFigures {
            limit: Some(self.limit),
            spent: self.spent,
            consumed: own,
            pending: self.pending.iter().fold(Amount::ZERO, |sum, (held, _)| sum.plus(*held)),
            scarce: self.scarce,
            ..StoredFigures::default()
        };
        for (_, other) in self.leases.iter().filter(|(name, _)| *name != holder) {
            stored.add_other(&other.other(), ask.ended_by, now);
        }
        let (decision, answer) = decide(&ask, &stored, now);
        self.scarce = decision.scarce;
        let Decision { granted, committed, .. } = decision;
        let lease = Lease { granted, committed, consumed: own, renewed_at: now, ends_at: ask.ends_at };
        self.leases.insert(holder.to_owned(), lease);
        answer
    }

    fn count(&mut self, holder: &str, cost: Amount) {
        self.spent = self.spent.plus(cost);
        let lease = self.leases.entry(holder.to_owned()).or_default();
        lease.consumed = lease.consumed.plus(cost);
    }

    fn promised(&self, now: Timestamp) -> Amount {
        let open = self.leases.values().fold(self.spent, |sum, lease| sum.plus(lease.other().open(now)));
        self.pending.iter().fold(open, |sum, (held, _)| sum.plus(*held))
    }
}

#[derive(Debug, Default)]
struct Node {
    holder: String,
    ledger: Ledger,
    contact: Contact,
    /// What was set aside for each running request, and what it will cost.
    running: Vec<(Amount, Amount)>,
    /// Events that are not in the store, with the run that wrote them.
    spool: Vec<(String, Amount)>,
    runs: usize,
}

#[derive(Debug, Clone)]
enum Step {
    Request {
        need: u16,
        share: u8,
        lost: bool,
    },
    Ended {
        which: usize,
    },
    Failed {
        which: usize,
    },
    Outlived {
        which: usize,
    },
    PendingCounted {
        which: usize,
    },
    Delivered,
    Killed,
    /// Killed, and its spool never comes back.
    Lost,
    /// Longer than a lease lasts; nodes that live have renewed theirs.
    Slept,
    /// The store is away for longer than a lease lasts: nodes that live cannot renew theirs.
    Away,
    Renewed {
        want: u16,
        lost: bool,
    },
    Waited {
        seconds: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let which = 0..20_usize;
    let step = prop_oneof![
        6 => (1..300_u16, 0..=100_u8, prop::bool::weighted(0.1))
            .prop_map(|(need, share, lost)| Step::Request { need, share, lost }),
        4 => which.clone().prop_map(|which| Step::Ended { which }),
        1 => which.clone().prop_map(|which| Step::Failed { which }),
        1 => which.clone().prop_map(|which| Step::Outlived { which }),
        1 => which.prop_map(|which| Step::PendingCounted { which }),
        3 => Just(Step::Delivered),
        1 => Just(Step::Killed),
        1 => Just(Step::Lost),
        1 => Just(Step::Slept),
        1 => Just(Step::Away),
        2 => (0..200_u16, prop::bool::weighted(0.2)).prop_map(|(want, lost)| Step::Renewed { want, lost }),
        1 => (0..20_u8).prop_map(|seconds| Step::Waited { seconds }),
    ];
    prop::collection::vec((0..NODES, step), 0..250)
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

    fn request(&mut self, n: usize, need: Amount, actual: Amount, lost: bool) -> bool {
        let node = &mut self.nodes[n];
        if !node.ledger.reserve(need) {
            let committed = node.ledger.give_up();
            let want = Amount::of_picos(need.picos() * 8);
            let answer = self.store.answer(node, committed, need, want, self.now);
            if lost {
                return false;
            }
            node.ledger.grant(answer.granted);
            let fits = node.ledger.reserve(need);
            assert_eq!(fits, answer.met, "a request fits if and only if the store says so");
            if !fits {
                return false;
            }
        }
        node.running.push((need, actual));
        true
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
            Step::Request { need, share, lost } => {
                let actual = Amount::of_picos(cents(need).picos() * i128::from(share) / 100);
                self.request(n, cents(need), actual, lost);
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
            Step::Killed => self.kill(n),
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
                }
                self.now = self.now.plus(LEASE_SECONDS + 1);
                self.back_by = Some(self.now.plus(20));
                self.hear();
            }
            Step::Renewed { want, lost } => {
                let node = &mut self.nodes[n];
                let committed = node.ledger.give_up();
                let answer = self.store.answer(node, committed, Amount::ZERO, cents(want), self.now);
                if !lost {
                    node.ledger.grant(answer.granted);
                }
            }
            Step::Waited { seconds } => self.pass(seconds.into()),
        }
    }

    fn renew_all(&mut self) {
        for n in 0..NODES {
            self.step(n, Step::Renewed { want: 0, lost: false });
        }
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
        node.running.clear();
    }

    fn assert_within(&self) {
        let most = self.store.limit.plus(self.unreported);
        assert!(self.truth <= most, "{} was spent of {most}", self.truth);
        assert!(self.store.promised(self.now) <= most, "{:?}", self.store);
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
            world.step(n, Step::Renewed { want: 0, lost: false });
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
        prop_assert!(world.request(1, rest, rest, false), "what is left can be spent to the last pico");
        world.step(1, Step::Ended { which: 0 });
        world.assert_within();
        prop_assert!(!world.request(2, Amount::of_picos(1), Amount::ZERO, false), "and no more");
    }
}

#[test]
fn a_budget_for_37_requests_lets_37_of_1000_through() {
    for nodes in [1, 2, 3] {
        let mut world = World::new(37);
        let mut passed = 0;
        let mut waiting: Vec<usize> = (0..1_000).map(|number| number % nodes).collect();
        // Those that did not fit try again after every node has returned what it does not need.
        for _ in 0..3 {
            waiting.retain(|n| {
                let fits = world.request(*n, cents(1), cents(1), false);
                passed += usize::from(fits);
                !fits
            });
            (0..nodes).for_each(|n| world.step(n, Step::Renewed { want: 0, lost: false }));
        }
        assert_eq!(passed, 37, "{nodes} nodes");
        world.assert_within();
    }
}
