//! A hundred thousand requests of random sizes on three nodes: the ledgers of the product over one store in memory. The
//! requests end, fail, are aborted and outlive themselves; messages to the store are lost, nodes are killed, and limits are
//! changed. Neither the organization nor a project ever spends more than its limit, and what is left can be spent.

use std::collections::{BTreeMap, VecDeque};

use futures_util::FutureExt as _;
use keystead_core::budget::{StoredFigures, decide};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use tokio::task::coop::unconstrained;

use super::*;

const REQUESTS: usize = 100_000;
const NODES: usize = 3;
const NOW: Timestamp = Timestamp(1_800_000_000);
/// An organization and two of its projects.
const SUBJECTS: [&str; 3] = ["org-1", "proj_1", "proj_2"];

#[derive(Default)]
struct Lease {
    granted: Amount,
    consumed: Amount,
    renewed_at: Timestamp,
}

#[derive(Default)]
struct Budget {
    limit: Amount,
    version: i64,
    spent: Amount,
    /// What is set aside for responses that outlived their request.
    held: Amount,
    scarce: (Timestamp, Timestamp),
    leases: BTreeMap<Arc<str>, Lease>,
}

impl Budget {
    fn renew(&mut self, ask: &LeaseAsk, now: Timestamp) -> LeaseAnswer {
        let consumed = self.leases.get(&ask.holder).map_or(Amount::ZERO, |lease| lease.consumed);
        let (limit, spent, pending, scarce) = (Some(self.limit), self.spent, self.held, self.scarce);
        let mut stored = StoredFigures { limit, spent, consumed, pending, scarce, ..StoredFigures::default() };
        for (_, other) in self.leases.iter().filter(|(holder, _)| **holder != ask.holder) {
            stored.add_other(other.granted, other.consumed, other.renewed_at, now);
        }
        let (decision, answer) = decide(ask, &stored, now);
        self.scarce = decision.scarce;
        let lease = Lease { granted: decision.granted, consumed, renewed_at: now };
        self.leases.insert(Arc::clone(&ask.holder), lease);
        answer
    }

    fn consume(&mut self, holder: &Arc<str>, cost: Amount) {
        let lease = self.leases.entry(Arc::clone(holder)).or_default();
        lease.consumed = lease.consumed.plus(cost);
    }

    /// What is spent, and what may still be spent by everything that was granted.
    fn promised(&self) -> Amount {
        let open = |lease: &Lease| lease.granted.minus(lease.consumed).max(Amount::ZERO);
        self.leases.values().fold(self.spent.plus(self.held), |sum, lease| sum.plus(open(lease)))
    }
}

/// What becomes of a message to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    Lost,
    AnswerLost,
    /// The asking request ends before the store has read it, or afterwards.
    AbortedBefore,
    AbortedAfter,
}

const FAILURES: [Fate; 4] = [Fate::Lost, Fate::AnswerLost, Fate::AbortedBefore, Fate::AbortedAfter];

struct Store {
    budgets: Mutex<BTreeMap<&'static str, Budget>>,
    fate: Mutex<Fate>,
    now: Mutex<Timestamp>,
}

impl SpendLeases for Store {
    fn renew(&self, ask: LeaseAsk) -> BoxFuture<'_, Result<LeaseAnswer, Unavailable>> {
        let (fate, now) = (*lock(&self.fate), *lock(&self.now));
        let read = !matches!(fate, Fate::Lost | Fate::AbortedBefore);
        let answer = read.then(|| lock(&self.budgets).get_mut(ask.subject.as_str()).unwrap().renew(&ask, now));
        async move {
            match (fate, answer) {
                (Fate::Answered, Some(answer)) => Ok(answer),
                (Fate::AbortedBefore | Fate::AbortedAfter, _) => std::future::pending().await,
                _ => Err(Unavailable),
            }
        }
        .boxed()
    }
}

struct Running {
    guard: SpendGuard,
    project: &'static str,
    cost: Amount,
}

struct Node {
    ledgers: SpendLedgers,
    holder: Arc<str>,
    /// Earlier runs with events that are not counted yet.
    dead: Vec<Arc<str>>,
    running: Vec<Running>,
    spool: VecDeque<(Arc<str>, &'static str, Amount)>,
}

struct World {
    store: Arc<Store>,
    nodes: Vec<Node>,
    /// What stays set aside, and what it will cost.
    pending: Vec<(&'static str, Amount, Amount)>,
    /// What all requests have cost, counted or not.
    truth: BTreeMap<&'static str, Amount>,
    runs: usize,
    rng: ChaCha20Rng,
}

fn cents(figure: i64) -> Amount {
    Amount::of_cents(figure)
}

impl World {
    fn new() -> Self {
        let budget = |subject| (subject, Budget { limit: cents(1_000), version: 1, ..Budget::default() });
        let budgets = Mutex::new(SUBJECTS.into_iter().map(budget).collect());
        let store = Arc::new(Store { budgets, fate: Mutex::new(Fate::Answered), now: Mutex::new(NOW) });
        let truth = SUBJECTS.into_iter().map(|subject| (subject, Amount::ZERO)).collect();
        let (nodes, pending, rng) = (Vec::new(), Vec::new(), ChaCha20Rng::seed_from_u64(37));
        let mut world = Self { store, nodes, pending, truth, runs: 0, rng };
        for _ in 0..NODES {
            let node = world.node();
            world.nodes.push(node);
        }
        world
    }

    fn node(&mut self) -> Node {
        self.runs += 1;
        let holder: Arc<str> = format!("run{}", self.runs).into();
        let leases = Arc::clone(&self.store) as Arc<dyn SpendLeases>;
        let ledgers = SpendLedgers::new(leases, Arc::clone(&holder), Arc::new(|| NOW));
        Node { ledgers, holder, dead: Vec::new(), running: Vec::new(), spool: VecDeque::new() }
    }

    fn random(&mut self, most: i64) -> i64 {
        self.rng.random_range(0..=most)
    }

    fn draw_fate(&mut self) {
        let failure = FAILURES[self.rng.random_range(0..FAILURES.len())];
        *lock(&self.store.fate) = if self.rng.random_bool(0.1) { failure } else { Fate::Answered };
    }

    fn with<T>(&self, subject: &str, work: impl FnOnce(&mut Budget) -> T) -> T {
        work(lock(&self.store.budgets).get_mut(subject).unwrap())
    }

    /// Sets aside from both limits, as the gateway does. A request that would have to wait is aborted.
    fn request(&mut self, n: usize, project: &'static str, need: Amount, cost: Amount) -> bool {
        let mut holds = [None, None];
        for (place, subject) in ["org-1", project].into_iter().enumerate() {
            let limit = SpendLimit { cents: 0, version: self.with(subject, |budget| budget.version) };
            let asking = self.nodes[n].ledgers.set_aside(subject.parse().unwrap(), limit, need, NOW);
            let Some(Ok(hold)) = unconstrained(asking).now_or_never() else { return false };
            holds[place] = Some(hold);
        }
        let node = &mut self.nodes[n];
        let guard = node.ledgers.guard(NOW, need, holds);
        node.running.push(Running { guard, project, cost });
        true
    }

    fn take(&mut self, n: usize) -> Option<Running> {
        let running = &mut self.nodes[n].running;
        let place = (!running.is_empty()).then(|| self.rng.random_range(0..running.len()))?;
        Some(running.swap_remove(place))
    }

    fn spend(&mut self, project: &'static str, cost: Amount) {
        for subject in ["org-1", project] {
            let sum = self.truth.get_mut(subject).unwrap();
            *sum = sum.plus(cost);
        }
    }

    fn end(&mut self, n: usize) {
        let Some(Running { guard, project, cost }) = self.take(n) else { return };
        let charge = guard.charge().unwrap();
        assert!(charge.organization && charge.project);
        let node = &mut self.nodes[n];
        node.spool.push_back((Arc::clone(&node.holder), project, cost));
        guard.spend(cost);
        self.spend(project, cost);
    }

    fn outlive(&mut self, n: usize) {
        let Some(Running { mut guard, project, cost }) = self.take(n) else { return };
        let hold = guard.hand_over().unwrap();
        for subject in ["org-1", project] {
            self.with(subject, |budget| {
                budget.held = budget.held.plus(hold.amount);
                budget.consume(&hold.holder.as_str().into(), hold.amount);
            });
        }
        self.pending.push((project, hold.amount, cost));
        self.spend(project, cost);
    }

    fn count_pending(&mut self) {
        let Some((project, amount, cost)) = self.pending.pop() else { return };
        for subject in ["org-1", project] {
            self.with(subject, |budget| {
                (budget.held, budget.spent) = (budget.held.minus(amount), budget.spent.plus(cost));
            });
        }
    }

    /// Counts events, each once. When none is left, earlier runs have ended.
    fn deliver(&mut self, n: usize, most: usize) {
        for _ in 0..most {
            let Some((holder, project, cost)) = self.nodes[n].spool.pop_front() else { break };
            for subject in ["org-1", project] {
                self.with(subject, |budget| {
                    budget.spent = budget.spent.plus(cost);
                    budget.consume(&holder, cost);
                });
            }
        }
        if self.nodes[n].spool.is_empty() {
            for holder in std::mem::take(&mut self.nodes[n].dead) {
                for subject in SUBJECTS {
                    self.with(subject, |budget| {
                        budget.leases.remove(&holder);
                    });
                }
            }
        }
    }

    fn kill(&mut self, n: usize) {
        let started = self.node();
        let killed = std::mem::replace(&mut self.nodes[n], started);
        self.nodes[n].spool = killed.spool;
        self.nodes[n].dead = killed.dead;
        self.nodes[n].dead.push(killed.holder);
    }

    /// Raises a limit, or lowers it as far as nothing that was granted is taken back.
    fn change_limit(&mut self) {
        let subject = SUBJECTS[self.rng.random_range(0..SUBJECTS.len())];
        let (up, down) = (cents(self.random(400)), cents(self.random(2_000)));
        let lower = self.rng.random_bool(0.02);
        self.with(subject, |budget| {
            let lowered = budget.limit.minus(down).max(budget.promised());
            budget.limit = if lower { lowered.min(budget.limit) } else { budget.limit.plus(up) };
            budget.version += 1;
        });
    }

    fn assert_within(&self) {
        for (subject, budget) in lock(&self.store.budgets).iter() {
            let truth = self.truth[subject];
            assert!(truth <= budget.limit, "{subject}: {truth} was spent of {}", budget.limit);
            assert!(budget.promised() <= budget.limit, "{subject}: {} of {}", budget.promised(), budget.limit);
        }
    }

    async fn step(&mut self) {
        let n = self.rng.random_range(0..NODES);
        match self.random(39) {
            0..=11 => self.end(n),
            12 | 13 => drop(self.take(n)),
            14 => self.outlive(n),
            15 => self.count_pending(),
            16..=24 => self.deliver(n, 4),
            25..=27 => {
                self.draw_fate();
                let _ = unconstrained(self.nodes[n].ledgers.renew_all()).now_or_never();
            }
            28 if self.rng.random_bool(0.1) => self.kill(n),
            29..=36 => self.change_limit(),
            _ => {
                tokio::time::advance(Duration::from_millis(500)).await;
                let mut now = lock(&self.store.now);
                *now = now.plus(i64::from(self.rng.random_bool(0.5)));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_limit_is_passed_by_a_hundred_thousand_requests() {
    let mut world = World::new();
    let mut passed = 0;
    for _ in 0..REQUESTS {
        let n = world.rng.random_range(0..NODES);
        let need = cents(1 + world.random(150));
        let cost = Amount::of_picos(need.picos() * i128::from(world.random(100)) / 100);
        let project = SUBJECTS[world.rng.random_range(1..SUBJECTS.len())];
        world.draw_fate();
        passed += usize::from(world.request(n, project, need, cost));
        world.step().await;
        world.assert_within();
    }
    assert!(passed > REQUESTS / 20 && passed < REQUESTS, "{passed} of {REQUESTS} have passed");

    // Everything ends, is counted, and is returned.
    *lock(&world.store.fate) = Fate::Answered;
    *lock(&world.store.now) = NOW.plus(1_000_000);
    tokio::time::advance(Duration::from_secs(10)).await;
    for n in 0..NODES {
        while !world.nodes[n].running.is_empty() {
            world.end(n);
        }
        world.deliver(n, usize::MAX);
        unconstrained(world.nodes[n].ledgers.return_all()).now_or_never().unwrap();
    }
    while !world.pending.is_empty() {
        world.count_pending();
    }
    for subject in SUBJECTS {
        let (spent, promised) = world.with(subject, |budget| (budget.spent, budget.promised()));
        assert_eq!((spent, promised), (world.truth[subject], world.truth[subject]), "{subject}");
    }
    // What is left of both limits can be spent to the last pico, and no more.
    let left = |subject: &str| world.with(subject, |budget| budget.limit).minus(world.truth[subject]);
    let rest = left("org-1").min(left("proj_1"));
    assert!(rest > Amount::ZERO, "the limits are far enough");
    assert!(world.request(1, "proj_1", rest, rest));
    world.end(1);
    world.assert_within();
    assert!(!world.request(2, "proj_1", Amount::of_picos(1), Amount::ZERO));
}
