//! A hundred thousand requests of random sizes on three nodes: the ledgers of the product over one store in memory. The
//! requests end, fail, are aborted and outlive themselves; messages to the store are lost or read late, the store is away
//! for longer than leases last, nodes are killed and come back or do not, leases end, hours and days begin, and budgets
//! are changed. No budget is ever passed, except by what a killed node had used since it was last heard of; no node uses
//! more than the store holds for it; and what is left can be used.

mod outages;
mod store;

use std::collections::{BTreeMap, VecDeque};

use futures_util::FutureExt as _;
use keystead_core::budget::{BudgetZone, Measure, Window};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use tokio::task::coop::unconstrained;

use super::*;

use self::store::{FAILURES, Fate, Known, Limit, Period, Place, Store};

const REQUESTS: usize = 100_000;
const NODES: usize = 3;
const NOW: Timestamp = Timestamp(1_800_000_000);
/// The budgets: of an organization, two of its projects, a person and a key; each with the most at first.
const BUDGETS: [(&str, &str, i64); 6] = [
    ("org-1", "money/month", 1_000),
    ("org-1", "tokens/day", 1_000),
    ("proj_1", "money/month", 1_000),
    ("proj_2", "money/month", 1_000),
    ("org-1/user-1", "tokens/total", 1_000),
    ("key_1", "requests/hour", 40),
];
const PROJECTS: [&str; 2] = ["proj_1", "proj_2"];

/// A request, or what is left of it.
#[derive(Clone, Copy)]
struct Event {
    project: &'static str,
    used: Measured,
    admitted_at: Timestamp,
}

struct Running {
    guard: SpendGuard,
    event: Event,
}

struct Node {
    ledgers: SpendLedgers,
    holder: Arc<str>,
    /// Earlier runs with events that are not counted yet.
    dead: Vec<Arc<str>>,
    running: Vec<Running>,
    spool: VecDeque<(Arc<str>, Event)>,
    /// What this run has used, counted or not.
    used: BTreeMap<Place, Amount>,
}

struct World {
    store: Arc<Store>,
    nodes: Vec<Node>,
    /// What stays set aside, and what it will use.
    pending: Vec<(Measured, Event)>,
    /// By when every node that lives has renewed its leases after the store was away.
    back_by: Option<Timestamp>,
    runs: usize,
    rng: ChaCha20Rng,
}

fn scope(subject: &str, terms: &str) -> BudgetScope {
    BudgetScope { subject: subject.parse().unwrap(), terms: terms.parse().unwrap() }
}

fn measure(place: usize) -> Measure {
    scope(BUDGETS[place].0, BUDGETS[place].1).terms.measure
}

fn window(place: usize, at: Timestamp) -> Window {
    scope(BUDGETS[place].0, BUDGETS[place].1).terms.interval.window(at, BudgetZone::UTC.rules())
}

/// The budgets that apply to requests of a project.
fn of_project(project: &'static str) -> impl Iterator<Item = usize> {
    (0..BUDGETS.len()).filter(move |place| {
        let subject = BUDGETS[*place].0;
        !PROJECTS.contains(&subject) || subject == project
    })
}

impl World {
    fn new() -> Self {
        let limit =
            |(subject, terms, most)| Limit { most: scope(subject, terms).terms.measure.amount(most), version: 1 };
        let known = Known { limits: BUDGETS.map(limit).into(), ..Known::default() };
        let store =
            Store { known: Mutex::new(known), fate: Mutex::new(Fate::Answered), now: Arc::new(Mutex::new(NOW)) };
        let rng = ChaCha20Rng::seed_from_u64(37);
        let (store, nodes, pending) = (Arc::new(store), Vec::new(), Vec::new());
        let mut world = Self { store, nodes, pending, back_by: None, runs: 0, rng };
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
        let now = Arc::clone(&self.store.now);
        let ledgers = SpendLedgers::new(leases, Arc::clone(&holder), Arc::new(move || *lock(&now)));
        let (dead, running, spool) = (Vec::new(), Vec::new(), VecDeque::new());
        Node { ledgers, holder, dead, running, spool, used: BTreeMap::new() }
    }

    fn now(&self) -> Timestamp {
        *lock(&self.store.now)
    }

    fn random(&mut self, most: i64) -> i64 {
        self.rng.random_range(0..=most)
    }

    fn draw_fate(&mut self) {
        let failure = FAILURES[self.rng.random_range(0..FAILURES.len())];
        *lock(&self.store.fate) = if self.rng.random_bool(0.1) { failure } else { Fate::Answered };
    }

    /// Works on the period of each budget that pays for an event, with what the event counts there.
    fn each(&self, event: &Event, used: &Measured, mut work: impl FnMut(&mut Period, Place, Amount)) {
        let mut known = lock(&self.store.known);
        for place in of_project(event.project) {
            let at = (place, window(place, event.admitted_at).start);
            work(known.periods.entry(at).or_default(), at, used.of(measure(place)));
        }
    }

    /// Sets aside from every budget, as the gateway does. A request that would have to wait is aborted.
    fn request(&mut self, n: usize, project: &'static str, most: Measured, used: Measured) -> bool {
        let now = self.now();
        let budgets: Vec<Budget> = {
            let known = lock(&self.store.known);
            let budget = |place: usize| {
                let Limit { most, version } = known.limits[place];
                let (id, scope) = ("budget_1".parse().unwrap(), scope(BUDGETS[place].0, BUDGETS[place].1));
                Budget { id, scope, zone: BudgetZone::UTC, most, version }
            };
            of_project(project).map(budget).collect()
        };
        let node = &mut self.nodes[n];
        let asking = node.ledgers.set_aside(budgets.iter(), &most, now);
        let Some(Ok(guard)) = unconstrained(asking).now_or_never() else { return false };
        let event = Event { project, used, admitted_at: now };
        node.running.push(Running { guard, event });
        true
    }

    fn take(&mut self, n: usize) -> Option<Running> {
        let running = &mut self.nodes[n].running;
        let place = (!running.is_empty()).then(|| self.rng.random_range(0..running.len()))?;
        Some(running.swap_remove(place))
    }

    fn end(&mut self, n: usize) {
        let Some(Running { mut guard, event }) = self.take(n) else { return };
        let charge = guard.charge().unwrap();
        assert_eq!((charge.admitted_at, charge.payers.iter().count()), (event.admitted_at, BUDGETS.len() - 1));
        let node = &mut self.nodes[n];
        node.spool.push_back((Arc::clone(&node.holder), event));
        guard.spend(&event.used);
        let mut taken = Vec::new();
        self.each(&event, &event.used, |period, at, used| {
            period.truth = period.truth.plus(used);
            taken.push((at, used));
        });
        for (at, used) in taken {
            let sum = self.nodes[n].used.entry(at).or_default();
            *sum = sum.plus(used);
        }
    }

    fn outlive(&mut self, n: usize) {
        let Some(Running { mut guard, event }) = self.take(n) else { return };
        let hold = guard.hand_over().unwrap();
        let holder: Arc<str> = hold.holder.as_str().into();
        self.each(&event, &hold.most(), |period, _, most| {
            period.held = period.held.plus(most);
            period.consume(&holder, most);
        });
        self.each(&event, &event.used, |period, _, used| period.truth = period.truth.plus(used));
        let mut taken = Vec::new();
        self.each(&event, &hold.most(), |_, at, most| taken.push((at, most)));
        for (at, most) in taken {
            let sum = self.nodes[n].used.entry(at).or_default();
            *sum = sum.plus(most);
        }
        self.pending.push((hold.most(), event));
    }

    fn count_pending(&mut self) {
        let Some((most, event)) = self.pending.pop() else { return };
        self.each(&event, &most, |period, _, most| period.held = period.held.minus(most));
        self.each(&event, &event.used, |period, _, used| period.spent = period.spent.plus(used));
    }

    /// Counts events, each once. When none is left, earlier runs have ended.
    fn deliver(&mut self, n: usize, most: usize) {
        for _ in 0..most {
            let Some((holder, event)) = self.nodes[n].spool.pop_front() else { break };
            self.each(&event, &event.used, |period, _, used| {
                period.spent = period.spent.plus(used);
                period.consume(&holder, used);
            });
        }
        if self.nodes[n].spool.is_empty() {
            for holder in std::mem::take(&mut self.nodes[n].dead) {
                self.release(&holder);
            }
        }
    }

    fn release(&self, holder: &Arc<str>) {
        for period in lock(&self.store.known).periods.values_mut() {
            period.leases.remove(holder);
        }
    }

    /// Kills a node; `lost` is that its data directory does not come back either. Returns the run that has ended.
    fn kill(&mut self, n: usize, lost: bool) -> Arc<str> {
        let started = self.node();
        let killed = std::mem::replace(&mut self.nodes[n], started);
        {
            let now = self.now();
            let known = &mut *lock(&self.store.known);
            known.read_late(&killed.holder, now);
            for (at, used) in &killed.used {
                let period = known.periods.entry(*at).or_default();
                let lease = period.leases.get(&killed.holder).copied().unwrap_or_default();
                let since = used.minus(lease.committed).max(Amount::ZERO);
                period.unreported = period.unreported.plus(since);
            }
        }
        let holder = Arc::clone(&killed.holder);
        if lost {
            for (_, event) in &killed.spool {
                self.each(event, &event.used, |period, _, used| period.truth = period.truth.minus(used));
            }
            return holder;
        }
        self.nodes[n].spool = killed.spool;
        self.nodes[n].dead = killed.dead;
        self.nodes[n].dead.push(killed.holder);
        holder
    }

    /// Raises a budget, or lowers it as far as nothing that was granted is taken back.
    fn change_limit(&mut self) {
        let place = self.rng.random_range(0..BUDGETS.len());
        let (up, down) = (self.random(BUDGETS[place].2 * 2 / 5), self.random(BUDGETS[place].2 * 2));
        let [up, down] = [up, down].map(|figure| measure(place).amount(figure));
        let lower = self.rng.random_bool(0.02);
        let known = &mut *lock(&self.store.known);
        let of_budget = known.periods.iter().filter(|((of, _), _)| *of == place);
        // As long as a node lives its lease has not ended, also where the store was away.
        let granted = |period: &Period| period.promised(Timestamp(0)).max(period.truth);
        let promised = of_budget.map(|(_, period)| granted(period)).max().unwrap_or_default();
        let limit = &mut known.limits[place];
        let lowered = limit.most.minus(down).max(promised);
        limit.most = if lower { lowered.min(limit.most) } else { limit.most.plus(up) };
        limit.version += 1;
    }

    fn assert_within(&self) {
        let (known, now) = (lock(&self.store.known), self.now());
        for ((place, start), period) in &known.periods {
            let (truth, promised) = (period.truth, period.promised(now));
            let most = known.limits[*place].most.plus(period.unreported);
            assert!(truth <= most, "{:?} from {start}: {truth} was used of {most}", BUDGETS[*place]);
            assert!(promised <= most, "{:?} from {start}: {promised} of {most}", BUDGETS[*place]);
        }
        for node in &self.nodes {
            for (at, used) in &node.used {
                let lease = known.periods.get(at).and_then(|period| period.leases.get(&node.holder));
                let granted = lease.map_or(Amount::ZERO, |lease| lease.granted);
                assert!(*used <= granted, "{at:?}: {} used {used} of {granted}", node.holder);
            }
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
            28 if self.rng.random_bool(0.1) => drop(self.kill(n, false)),
            29 if self.rng.random_bool(0.02) => {
                let holder = self.kill(n, true);
                // Some are released by the operator.
                if self.rng.random_bool(0.5) {
                    self.sleep().await;
                    self.release(&holder);
                }
            }
            30 if self.rng.random_bool(0.05) => self.sleep().await,
            30 if self.rng.random_bool(0.05) => self.outage().await,
            31..=36 => self.change_limit(),
            _ => {
                tokio::time::advance(Duration::from_millis(500)).await;
                let seconds = i64::from(self.rng.random_bool(0.5));
                let now = self.now().plus(seconds);
                *lock(&self.store.now) = now;
                if self.back_by.take_if(|by| *by <= now).is_some() {
                    self.renew_all();
                }
                self.hear();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_budget_is_passed_by_a_hundred_thousand_requests() {
    let mut world = World::new();
    let mut passed = 0;
    for _ in 0..REQUESTS {
        let n = world.rng.random_range(0..NODES);
        let (money, tokens) = (Amount::of_cents(1 + world.random(150)), 1 + world.random(150));
        let most = Measured { money, tokens, requests: 1 };
        let share = world.random(100);
        let money = Amount::of_picos(money.picos() * i128::from(share) / 100);
        let used = Measured { money, tokens: tokens * share / 100, requests: 1 };
        let project = PROJECTS[world.rng.random_range(0..PROJECTS.len())];
        world.draw_fate();
        passed += usize::from(world.request(n, project, most, used));
        world.step().await;
        world.assert_within();
    }
    assert!(passed > REQUESTS / 50 && passed < REQUESTS, "{passed} of {REQUESTS} have passed");

    // Everything ends, is counted, and is returned; what is lost is released.
    *lock(&world.store.fate) = Fate::Answered;
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
    let alive: Vec<Arc<str>> = world.nodes.iter().map(|node| Arc::clone(&node.holder)).collect();
    let now = world.now();
    for (at, period) in &mut lock(&world.store.known).periods {
        period.leases.retain(|holder, _| alive.contains(holder));
        assert_eq!(period.spent, period.truth, "{at:?}");
        // Periods that have ended are not renewed any more.
        if window(at.0, now).start == at.1 {
            assert_eq!(period.promised(now), period.truth, "{at:?}");
        }
    }
    // What is left of every budget can be used to the last, and no more.
    for limit in &mut lock(&world.store.known).limits {
        limit.most = limit.most.plus(Amount::of_cents(1_000_000));
        limit.version += 1;
    }
    let left = |place: usize| {
        let known = lock(&world.store.known);
        let truth = known.periods.get(&(place, window(place, now).start)).map(|period| period.truth);
        known.limits[place].most.minus(truth.unwrap_or_default())
    };
    let rest = left(0).min(left(2));
    let all = Measured { money: rest, tokens: 1, requests: 1 };
    assert!(world.request(1, "proj_1", all, all));
    world.end(1);
    world.assert_within();
    let more = Measured { money: Amount::of_picos(1), ..all };
    assert!(!world.request(2, "proj_1", more, Measured::default()));
}
