//! Random histories of the directory against an oracle that knows every state the store has had.
//!
//! Reads are polled by hand, so that any of them can be under way while anything else happens.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use keystead_core::Timestamp;
use keystead_core::caller::Caller;
use proptest::prelude::*;

use super::{ChangedSubject, Directory, DirectoryOptions};
use crate::{BoxFuture, Unavailable};
mod world;

use world::{KEYS, PLACES, Rows, Source, World, digest};

/// One event.
#[derive(Debug, Clone)]
enum Step {
    /// A request begins; `true` reads again like before the refusal of a gate.
    Begin(u8, bool),
    /// A running request continues.
    Poll(usize),
    /// The client of a running request disconnects.
    GiveUp(usize),
    /// A request from start to end.
    Use(u8, bool),
    /// The store changes.
    Change(Change),
    /// The node applies this many of the changes it has not applied.
    Apply(usize),
    /// The store fails, or answers again.
    Down(bool),
    Pass(i64),
    /// The node lost track of the changes: nothing in memory may be trusted.
    Lost,
}

#[derive(Debug, Clone)]
enum Change {
    Edit(u8),
    Revoke(u8),
    Create(u8),
    Move(u8, u8),
    ReOwn(u8, u8),
    Join(u8, Option<u8>),
    User(u8),
    Bot(u8),
    Project(u8),
    Organization(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let (key, place) = (0..KEYS, 0..PLACES);
    prop_oneof![
        key.clone().prop_map(Change::Edit),
        key.clone().prop_map(Change::Revoke),
        key.clone().prop_map(Change::Create),
        (key.clone(), place.clone()).prop_map(|(key, to)| Change::Move(key, to)),
        (key.clone(), place.clone()).prop_map(|(key, to)| Change::ReOwn(key, to)),
        (key, proptest::option::of(place.clone())).prop_map(|(key, to)| Change::Join(key, to)),
        place.clone().prop_map(Change::User),
        place.clone().prop_map(Change::Bot),
        place.clone().prop_map(Change::Project),
        place.prop_map(Change::Organization),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS;
    prop_oneof![
        6 => (key.clone(), any::<bool>()).prop_map(|(key, again)| Step::Begin(key, again)),
        10 => (0..8usize).prop_map(Step::Poll),
        1 => (0..8usize).prop_map(Step::GiveUp),
        8 => (key, any::<bool>()).prop_map(|(key, again)| Step::Use(key, again)),
        6 => change().prop_map(Step::Change),
        5 => (1..4usize).prop_map(Step::Apply),
        1 => any::<bool>().prop_map(Step::Down),
        1 => (1..8i64).prop_map(Step::Pass),
        1 => Just(Step::Lost),
    ]
}

type Answer = Result<Option<Arc<Caller>>, Unavailable>;

/// A running request.
struct PendingLookup {
    key: u8,
    /// The changes applied when it began: its answer may not be older.
    since: usize,
    /// Whether the store has failed since.
    failed: bool,
    answer: BoxFuture<'static, Answer>,
}

struct Play {
    world: Arc<Mutex<World>>,
    directory: Arc<Directory>,
    clock: Arc<AtomicI64>,
    applied: usize,
    flights: Vec<PendingLookup>,
}

impl Play {
    fn new(capacity: usize) -> Self {
        let world = Arc::new(Mutex::new(World { history: vec![Rows::new()], changes: Vec::new(), down: false }));
        let clock = Arc::new(AtomicI64::new(1_000));
        let time = Arc::clone(&clock);
        let options = DirectoryOptions { capacity, max_stale_seconds: 0, lookups_per_second: u64::MAX };
        let directory = Directory::new(
            Arc::new(Source(Arc::clone(&world))),
            options,
            Arc::new(move || Timestamp(time.load(Ordering::SeqCst))),
        );
        Self { world, directory: Arc::new(directory), clock, applied: 0, flights: Vec::new() }
    }

    fn begin(&self, key: u8, again: bool) -> PendingLookup {
        let directory = Arc::clone(&self.directory);
        let answer = async move {
            let digest = digest(key);
            if again { directory.reread(&digest).await } else { directory.find(&digest).await }
        };
        // A running read is shared with later requests, and so is its failure.
        let failed = self.flights.iter().any(|flight| flight.key == key && flight.failed);
        let failed = failed || self.world.lock().unwrap().down;
        PendingLookup { key, since: self.applied, failed, answer: answer.boxed() }
    }

    /// Polls once, and checks a finished request.
    fn poll(&self, flight: &mut PendingLookup) -> bool {
        let Poll::Ready(answer) = flight.answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            return false;
        };
        let world = self.world.lock().unwrap();
        match answer {
            Err(Unavailable) => assert!(flight.failed, "the store answered all the time"),
            Ok(found) => {
                let states = world.history.iter().enumerate().skip(flight.since);
                let known: Vec<_> = states.map(|(_, rows)| rows.caller(flight.key, 0)).collect();
                let found = found.map(|caller| Caller { revision: 0, ..(*caller).clone() });
                assert!(known.contains(&found), "key {} since {}: {found:?}", flight.key, flight.since);
            }
        }
        true
    }

    fn finish(&self, mut flight: PendingLookup) {
        while !self.poll(&mut flight) {}
    }

    fn change(&self, change: &Change) {
        let mut world = self.world.lock().unwrap();
        let mut rows = world.history.last().unwrap().clone();
        let of_key = |key: u8| ChangedSubject::Key(format!("key_{key}").parse().unwrap());
        let subject = match *change {
            Change::Edit(key) => {
                rows.keys[usize::from(key)].edited += 1;
                of_key(key)
            }
            Change::Revoke(key) => {
                rows.keys[usize::from(key)].living = false;
                of_key(key)
            }
            Change::Create(key) => {
                rows.keys[usize::from(key)].living = true;
                of_key(key)
            }
            Change::Move(key, to) => {
                rows.keys[usize::from(key)].project = to;
                of_key(key)
            }
            Change::ReOwn(key, to) => {
                let row = &mut rows.keys[usize::from(key)];
                (row.owner, row.bot) = (to, !row.bot);
                of_key(key)
            }
            Change::Join(key, to) => {
                let row = &rows.keys[usize::from(key)];
                let owner = (row.owner, row.bot);
                // Memberships belong to the owner: all of their keys reach the organization.
                for row in rows.keys.iter_mut().filter(|row| (row.owner, row.bot) == owner) {
                    row.joined = to;
                }
                owner_subject(owner.0, owner.1)
            }
            Change::User(id) => {
                *rows.users.entry(id).or_default() += 1;
                owner_subject(id, false)
            }
            Change::Bot(id) => {
                *rows.bots.entry(id).or_default() += 1;
                owner_subject(id, true)
            }
            Change::Project(id) => {
                *rows.projects.entry(id).or_default() += 1;
                ChangedSubject::Project(format!("proj_{id}").parse().unwrap())
            }
            Change::Organization(id) => {
                *rows.organizations.entry(id).or_default() += 1;
                ChangedSubject::Organization(format!("org-{id}").parse().unwrap())
            }
        };
        world.history.push(rows);
        world.changes.push(subject);
    }

    fn apply(&mut self, most: usize) {
        let world = self.world.lock().unwrap();
        let until = world.changes.len().min(self.applied.saturating_add(most));
        self.directory.apply(&world.changes[self.applied..until], i64::try_from(until).unwrap());
        self.applied = until;
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Begin(key, again) => {
                let mut flight = self.begin(*key, *again);
                if !self.poll(&mut flight) {
                    self.flights.push(flight);
                }
            }
            Step::Poll(which) if !self.flights.is_empty() => {
                let which = which % self.flights.len();
                let mut flight = self.flights.swap_remove(which);
                if !self.poll(&mut flight) {
                    self.flights.push(flight);
                }
            }
            Step::GiveUp(which) if !self.flights.is_empty() => {
                let which = which % self.flights.len();
                drop(self.flights.swap_remove(which));
            }
            Step::Poll(_) | Step::GiveUp(_) => {}
            Step::Use(key, again) => {
                let flight = self.begin(*key, *again);
                self.finish(flight);
            }
            Step::Change(change) => self.change(change),
            Step::Apply(most) => self.apply(*most),
            Step::Down(down) => {
                self.world.lock().unwrap().down = *down;
                for flight in &mut self.flights {
                    flight.failed |= *down;
                }
            }
            Step::Pass(seconds) => {
                self.clock.fetch_add(*seconds, Ordering::SeqCst);
            }
            Step::Lost => {
                self.applied = self.world.lock().unwrap().changes.len();
                self.directory.apply(&[ChangedSubject::Everything], i64::try_from(self.applied).unwrap());
            }
        }
        self.directory.assert_consistent();
    }

    /// With every change applied, the memory answers like the store; with every key removed, it is empty.
    fn end(mut self) {
        self.step(&Step::Down(false));
        for flight in std::mem::take(&mut self.flights) {
            self.finish(flight);
        }
        for again in [false, true, false] {
            self.apply(usize::MAX);
            for key in 0..KEYS {
                let flight = self.begin(key, again);
                self.finish(flight);
            }
            self.directory.assert_consistent();
        }
        for key in 0..KEYS {
            self.change(&Change::Revoke(key));
            self.apply(1);
            let flight = self.begin(key, false);
            self.finish(flight);
        }
        let stats = self.directory.stats();
        assert_eq!((stats.entries, stats.bytes), (0, 0), "memory is returned");
        self.directory.assert_consistent();
    }
}

fn owner_subject(id: u8, bot: bool) -> ChangedSubject {
    if bot {
        ChangedSubject::ServiceAccount(format!("svc_acct_{id}").parse().unwrap())
    } else {
        ChangedSubject::User(format!("user-{id}").parse().unwrap())
    }
}

proptest! {
    // PROPTEST_CASES sets the number of histories.
    #[test]
    fn model_of_the_directory(
        capacity in prop_oneof![Just(0usize), Just(1), Just(2), Just(3), Just(100)],
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut play = Play::new(capacity);
        for step in &steps {
            play.step(step);
        }
        play.end();
    }
}
