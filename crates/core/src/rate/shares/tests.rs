use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::rate::{Measure, Need, Reach, SharedBuckets};

const NODES: usize = 3;
const MINUTE_MILLIS: u64 = 60_000;

/// One process of a node.
struct Node {
    name: String,
    buckets: SharedBuckets,
    number: u64,
    /// Whether its messages reach the store.
    cut: bool,
    /// When it reported to the list of nodes, in milliseconds.
    seen: u64,
    epoch: u64,
    /// By how many seconds its clock is ahead.
    ahead: i64,
    running: Vec<(Need, Need)>,
}

/// Nodes, and the store between them.
struct World {
    division: Division,
    /// The list of nodes: each with its own clock.
    list: BTreeMap<String, Timestamp>,
    nodes: Vec<Node>,
    now: u64,
    limits: RateLimits,
    /// What was granted, with its time.
    requests: Vec<(u64, u64)>,
    tokens: Vec<(u64, u64)>,
    started: usize,
}

impl World {
    fn new(limits: RateLimits) -> Self {
        let mut world = Self {
            division: Division::default(),
            list: BTreeMap::new(),
            nodes: Vec::new(),
            now: 0,
            limits,
            requests: Vec::new(),
            tokens: Vec::new(),
            started: 0,
        };
        for _ in 0..NODES {
            let node = world.start();
            world.nodes.push(node);
        }
        world.heartbeats();
        world
    }

    fn start(&mut self) -> Node {
        self.started += 1;
        Node {
            name: format!("n{}", self.started),
            buckets: SharedBuckets::default(),
            number: 0,
            cut: false,
            seen: self.now,
            epoch: 0,
            ahead: 0,
            running: Vec::new(),
        }
    }

    fn clock(&self, node: usize) -> Timestamp {
        Timestamp(1_000_000 + i64::try_from(self.now / 1_000).unwrap() + self.nodes[node].ahead)
    }

    fn heartbeats(&mut self) {
        for n in 0..self.nodes.len() {
            if !self.nodes[n].cut {
                let clock = self.clock(n);
                if !self.may_use(n) {
                    // What ran while the node was cut off counts beside what others grant.
                    while !self.nodes[n].running.is_empty() {
                        self.end(n);
                    }
                    self.nodes[n].epoch += 1;
                }
                let node = &mut self.nodes[n];
                node.seen = self.now;
                self.list.insert(node.name.clone(), clock);
            }
        }
    }

    /// Whether the node may use its part.
    fn may_use(&self, node: usize) -> bool {
        u128::from(self.now - self.nodes[node].seen) <= CUT_OFF.as_millis()
    }

    fn reach(&self, node: usize) -> Reach {
        Reach { now: Duration::from_millis(self.now), nodes: 3, epoch: Some(self.nodes[node].epoch), away: false }
    }

    /// Reports, unless the report is lost; the answer may be lost too.
    fn report(&mut self, n: usize, (sent, received): (bool, bool)) -> bool {
        let (reach, clock, limits) = (self.reach(n), self.clock(n), self.limits);
        let node = &mut self.nodes[n];
        node.buckets.limits = limits;
        let (number, name) = (&mut node.number, LimitName { subject: "org-1".to_owned(), model: "m".to_owned() });
        let next = || {
            *number += 1;
            *number
        };
        let ask = node.buckets.report(|| name, next, &reach);
        if node.cut || !sent {
            return false;
        }
        let list = &self.list;
        let answer =
            self.division.divide(&node.name, &ask, |name| NodeState::of(list.get(name).copied(), clock), clock);
        received && node.buckets.answer(&answer, &reach)
    }

    fn report_all(&mut self, lost: (bool, bool)) {
        for n in 0..self.nodes.len() {
            let reach = self.reach(n);
            if self.nodes[n].buckets.is_due(&reach, true) && self.report(n, lost) {
                self.report(n, (true, true));
            }
        }
    }

    /// A request, which is admitted or not; with its first one the node asks the store.
    fn ask(&mut self, n: usize, need: Need, used: Need) -> bool {
        if !self.may_use(n) {
            return false;
        }
        let reach = self.reach(n);
        self.nodes[n].buckets.limits = self.limits;
        self.nodes[n].buckets.note_demand(&need);
        if !self.nodes[n].buckets.is_ready(&reach) {
            self.report(n, (true, true));
        }
        let node = &mut self.nodes[n];
        if !node.buckets.is_ready(&reach) || node.buckets.fits(&need, &reach).is_err() {
            return false;
        }
        node.buckets.hold(&need, &reach);
        node.running.push((need, used));
        self.requests.push((self.now, 1));
        true
    }

    fn end(&mut self, n: usize) {
        let (reach, limits) = (self.reach(n), self.limits);
        let node = &mut self.nodes[n];
        let Some((need, used)) = node.running.pop() else { return };
        node.buckets.settle(&limits, &need, &used, &reach);
        if self.may_use(n) {
            self.tokens.push((self.now, used.tokens));
        }
    }

    fn kill(&mut self, n: usize) {
        let next = self.start();
        self.nodes[n] = next;
        self.heartbeats();
    }
}

fn most_in_a_minute(granted: &[(u64, u64)]) -> u64 {
    let sums = granted.iter().enumerate().map(|(from, (start, _))| {
        let window = granted[from..].iter().filter(|(at, _)| *at < start + MINUTE_MILLIS);
        window.map(|(_, amount)| amount).sum::<u64>()
    });
    sums.max().unwrap_or(0)
}

#[derive(Debug, Clone)]
enum Step {
    Ask { node: usize, times: u64, tokens: u64, used: u64 },
    End { node: usize, times: usize },
    Pass { millis: u64 },
    Report { sent: bool, received: bool },
    Heartbeat,
    Cut { node: usize, cut: bool },
    Kill { node: usize },
    Clock { node: usize, ahead: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let node = || 0..NODES;
    prop_oneof![
        8 => (node(), 1u64..30, 0u64..5, 0u64..5)
            .prop_map(|(node, times, tokens, used)| Step::Ask { node, times, tokens, used: used.min(tokens) }),
        4 => (node(), 1usize..40).prop_map(|(node, times)| Step::End { node, times }),
        6 => (0u64..3_000).prop_map(|millis| Step::Pass { millis }),
        6 => (any::<bool>(), any::<bool>()).prop_map(|(sent, received)| Step::Report { sent, received }),
        6 => Just(Step::Report { sent: true, received: true }),
        5 => Just(Step::Heartbeat),
        1 => (node(), any::<bool>()).prop_map(|(node, cut)| Step::Cut { node, cut }),
        1 => node().prop_map(|node| Step::Kill { node }),
        1 => (node(), 0i64..4).prop_map(|(node, ahead)| Step::Clock { node, ahead }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// For any demand, deaths, cuts, lost messages and clocks that differ, all nodes together grant no more than one node
    /// would: twice the limit in a minute, for each node one request that is larger than its part, and what leaks while
    /// clocks differ.
    #[test]
    fn all_nodes_together_grant_the_limit_of_one(
        limit in 3u64..60,
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let limits = RateLimits {
            requests_per_minute: Some(limit),
            tokens_per_minute: Some(2 * limit),
            ..RateLimits::NONE
        };
        let mut world = World::new(limits);
        for step in steps {
            match step {
                Step::Ask { node, times, tokens, used } => {
                    for _ in 0..times {
                        world.ask(node, Need { tokens, images: 0 }, Need { tokens: used, images: 0 });
                    }
                }
                Step::End { node, times } => (0..times).for_each(|_| world.end(node)),
                Step::Pass { millis } => world.now += millis,
                Step::Report { sent, received } => world.report_all((sent, received)),
                Step::Heartbeat => world.heartbeats(),
                Step::Cut { node, cut } => world.nodes[node].cut = cut,
                Step::Kill { node } => world.kill(node),
                Step::Clock { node, ahead } => world.nodes[node].ahead = ahead,
            }
            let parts = world.division.holdings.iter().fold(0, |sum, holding| sum + holding.part.pieces());
            prop_assert!(parts <= Part::ALL.pieces());
        }
        let nodes = u64::try_from(NODES).unwrap();
        // What leaks in five seconds, rounded up.
        let clocks = |limit: u64| limit.div_ceil(12);
        let (requests, tokens) = (most_in_a_minute(&world.requests), most_in_a_minute(&world.tokens));
        prop_assert!(requests <= 2 * limit + nodes + clocks(limit), "{requests} requests of {limit}");
        prop_assert!(tokens <= 4 * limit + 4 * nodes + clocks(2 * limit), "{tokens} tokens of {}", 2 * limit);
    }

    /// The parts of all nodes that want something are all of the limit, and none has more than another that wants as
    /// much.
    #[test]
    fn a_limit_is_divided_by_what_nodes_want(wants in proptest::collection::vec(0u32..800_000, 1..6)) {
        let wants: Vec<Part> = wants.into_iter().map(|want| Part::of_pieces(want.into())).collect();
        let holding = |want: Part| Holding {
            node: String::new(),
            part: Part::NONE,
            want,
            levels: Levels::default(),
            at: Timestamp(0),
            answer: ShareAnswer::default(),
        };
        let targets: Vec<Part> = (0..wants.len()).map(|n| {
            let others = wants.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, want)| holding(*want));
            Division { holdings: others.collect(), ..Division::default() }.target(wants[n]).0
        }).collect();
        let sum: u64 = targets.iter().map(|target| target.pieces()).sum();
        prop_assert!(sum <= Part::ALL.pieces());
        if wants.iter().any(|want| !want.is_none()) {
            prop_assert!(sum + 6 >= Part::ALL.pieces(), "{targets:?}");
        }
        for (one, want) in targets.iter().zip(&wants) {
            prop_assert!(want.is_none() == one.is_none() || want.pieces() > 0);
            for (other, theirs) in targets.iter().zip(&wants) {
                prop_assert!(want > theirs || one <= other, "{wants:?} {targets:?}");
            }
        }
    }
}

/// A node to which all demand moves has all of the limit within seconds.
#[test]
fn parts_follow_demand() {
    const LIMIT: u64 = 600;
    let limits = RateLimits { requests_per_minute: Some(LIMIT), ..RateLimits::NONE };
    let mut world = World::new(limits);
    let one = Need { tokens: 1, images: 0 };
    let mut granted = Vec::new();
    for tick in 0..2_400u64 {
        world.now += 100;
        // Two nodes are asked for more than there is, then only the second one.
        let asked: &[usize] = if tick < 600 { &[0, 1] } else { &[1] };
        for n in asked {
            for _ in 0..3 {
                if world.ask(*n, one, one) {
                    granted.push((tick, *n));
                }
            }
        }
        if tick % 10 == 9 {
            world.report_all((true, true));
        }
        if tick % 20 == 19 {
            world.heartbeats();
        }
    }
    let passed = |from: u64, node: usize| {
        granted.iter().filter(|(tick, n)| (from..from + 600).contains(tick) && *n == node).count()
    };
    let all = usize::try_from(LIMIT).unwrap();
    // Of the second half of the first minute, each of the two had its half.
    assert!(granted.iter().filter(|(tick, n)| (300..600).contains(tick) && *n == 0).count() * 100 >= all / 4 * 90);
    // Twelve seconds after the demand has moved.
    let alone = passed(720, 1);
    assert!(alone * 100 >= all * 95 && alone <= all + 10, "{alone}");
}

#[test]
fn what_was_used_of_a_day_outlives_its_node() {
    let limits = RateLimits { requests_per_day: Some(10), ..RateLimits::NONE };
    let mut world = World::new(limits);
    let one = Need::default();
    let mut passed = (0..7).filter(|_| world.ask(0, one, one)).count();
    assert!(world.nodes[0].buckets.is_due(&world.reach(0), false), "it is kept");
    world.report(0, (true, true));
    // The process that follows in the same folder removes the name of the former one.
    let killed = world.nodes[0].name.clone();
    world.kill(0);
    world.list.remove(&killed);
    passed += (0..7).filter(|_| world.ask(0, one, one)).count();
    assert_eq!(passed, 10);
    // One that is only silent keeps its part until then.
    let (silent, level) = (world.nodes[0].name.clone(), world.division.free.of(Measure::RequestsPerDay));
    assert_eq!(level, 0, "it went with the part");
    world.kill(0);
    assert!(!world.ask(0, one, one) && world.division.holdings.iter().any(|holding| holding.node == silent));
}

/// A node that never comes back has used nothing since it stopped, however late its part is needed.
#[test]
fn the_part_of_a_lost_node_recovers() {
    let limits = RateLimits { requests_per_minute: Some(60), ..RateLimits::NONE };
    let name = LimitName { subject: "org-1".to_owned(), model: "m".to_owned() };
    let (part, want, empty) = (Part::NONE, Part::ALL, Levels::default());
    let ask = ShareAsk { name, limits, number: 1, first: true, part, given: empty, levels: empty, want };
    let start = Timestamp(1_000);
    let mut division = Division::default();
    assert_eq!(division.divide("lost", &ask, |_| NodeState::Gone, start).part, Part::ALL);
    for (seconds, used) in [(13, 59), (42, 30), (3_600, 0)] {
        let now = start.plus(seconds);
        let answer = division.clone().divide("other", &ask, |_| NodeState::of(Some(start), now), now);
        assert_eq!(answer.part, Part::ALL, "{seconds}");
        assert_eq!(answer.added.of(Measure::RequestsPerMinute), used * 1_000_000, "{seconds}");
    }
}
