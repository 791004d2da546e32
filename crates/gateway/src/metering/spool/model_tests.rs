//! The spool against the simplest oracle: a list of the recorded events. With any failure in between, the store counts
//! each event that was safe exactly once, and every other at most once.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::faults::{Faults, FaultyDisk};
use super::tests::event;
use super::*;

/// One step of a sequence.
#[derive(Debug, Clone)]
enum Step {
    /// Records this many events.
    Record(usize),
    /// Writes the gathered events.
    Write,
    /// The keeper works.
    Keep,
    /// The keeper syncs and makes no segment.
    Flush,
    /// The store takes a batch, or is down, or takes it and the answer is lost.
    Deliver(Store),
    /// Sets the faults from here on.
    Disk(Faults),
    /// The folder is renamed, or has its name again.
    Rename,
    /// The process is killed and started again.
    Kill,
    /// The machine loses power; each file keeps this part of what was not synced.
    PowerCut(u8),
    /// Switches to the other node.
    Turn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Takes,
    Away,
    AnswerLost,
}

fn faults() -> impl Strategy<Value = Faults> {
    prop_oneof![
        3 => Just(Faults::default()),
        2 => (0usize..600).prop_map(|room| Faults { room: Some(room), ..Faults::default() }),
        1 => Just(Faults { room: Some(0), no_files: true, ..Faults::default() }),
        1 => Just(Faults { no_files: true, ..Faults::default() }),
        1 => (1usize..4, 1usize..50)
            .prop_map(|(interruptions, short)| Faults { interruptions, short: Some(short), ..Faults::default() }),
        1 => Just(Faults { no_sync: true, ..Faults::default() }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1usize..6).prop_map(Step::Record),
        6 => Just(Step::Write),
        3 => Just(Step::Keep),
        2 => Just(Step::Flush),
        5 => prop_oneof![3 => Just(Store::Takes), 1 => Just(Store::Away), 1 => Just(Store::AnswerLost)]
            .prop_map(Step::Deliver),
        2 => faults().prop_map(Step::Disk),
        2 => Just(Step::Rename),
        1 => Just(Step::Kill),
        1 => any::<u8>().prop_map(Step::PowerCut),
        1 => Just(Step::Turn),
    ]
}

/// The store: the counted position of each segment, and how often each event was counted.
#[derive(Default)]
struct Oracle {
    segments: HashMap<String, i64>,
    counted: HashMap<String, usize>,
    /// Events that were safe at some moment, and those that only a power cut may lose.
    safe: HashSet<String>,
    from_power: HashSet<String>,
}

impl Oracle {
    fn take(&mut self, batch: &crate::metering::UsageBatch) {
        let counted = self.segments.entry(batch.segment.to_string()).or_default();
        for (place, event) in (batch.first..).zip(batch.events.iter()) {
            if place >= *counted {
                *self.counted.entry(event.request.to_string()).or_default() += 1;
            }
        }
        let end = batch.first + i64::try_from(batch.events.len()).unwrap();
        *counted = (*counted).max(end);
    }
}

struct Node {
    home: tempfile::TempDir,
    /// Whether the folder of the spool has another name now.
    renamed: bool,
    disk: FaultyDisk,
    spool: Option<Spool>,
    /// Delivered segments whose files could not be listed; the next start deals with them.
    left: HashSet<String>,
    /// Recorded in this run and not safe yet: number and name.
    unsafe_yet: Vec<(u64, String)>,
}

impl Node {
    fn folder(&self) -> PathBuf {
        self.home.path().join("spool")
    }

    fn rename(&mut self) {
        let names = [self.folder(), self.home.path().join("renamed")];
        let [from, to] = if self.renamed { [&names[1], &names[0]] } else { [&names[0], &names[1]] };
        std::fs::rename(from, to).unwrap();
        self.renamed = !self.renamed;
    }

    /// What an operator does before the next start: makes room, and gives the folder its name.
    fn repair(&mut self) {
        self.disk.set(Faults::default());
        if self.renamed {
            self.rename();
        }
    }
}

struct World {
    durability: Durability,
    nodes: [Node; 2],
    oracle: Oracle,
    rng: ChaCha20Rng,
    recorded: usize,
    now: Duration,
}

impl World {
    fn new(durability: Durability) -> Self {
        let node = || Node {
            home: tempfile::tempdir().unwrap(),
            renamed: false,
            disk: FaultyDisk::default(),
            spool: None,
            left: HashSet::new(),
            unsafe_yet: Vec::new(),
        };
        let mut world = Self {
            durability,
            nodes: [node(), node()],
            oracle: Oracle::default(),
            rng: ChaCha20Rng::seed_from_u64(1),
            recorded: 0,
            now: Duration::ZERO,
        };
        world.start(0);
        world.start(1);
        world
    }

    fn start(&mut self, at: usize) {
        let options = SpoolOptions {
            durability: self.durability,
            segment: 1_500,
            reserve: 500,
            unwritten_events: 20,
            unwritten_time: Duration::from_secs(5),
        };
        let node = &mut self.nodes[at];
        node.repair();
        node.left.clear();
        let disk = Arc::new(node.disk.clone());
        node.spool = Some(Spool::open(&node.folder(), disk, options, &mut self.rng).unwrap());
    }

    fn note_safe(&mut self, at: usize) {
        let Node { spool: Some(spool), unsafe_yet, .. } = &mut self.nodes[at] else { return };
        let safe = spool.safe();
        for (_, name) in unsafe_yet.extract_if(.., |(number, _)| *number < safe) {
            self.oracle.safe.insert(name);
        }
    }

    fn keep(&mut self, at: usize, make: bool) {
        let now = self.now;
        let Some(spool) = &mut self.nodes[at].spool else { return };
        if make && let Some(wanted) = spool.wanted() {
            let made = wanted.make(&self.nodes[at].disk.clone());
            let Some(spool) = &mut self.nodes[at].spool else { return };
            spool.made(made);
        }
        let Some(spool) = &mut self.nodes[at].spool else { return };
        spool.recover(now);
        if let Some(sync) = spool.begin_sync(now) {
            let result = sync.files.iter().try_for_each(|file| file.sync());
            spool.synced(&sync, result, now);
        }
    }

    /// Does one piece of work for the store; returns whether there was one.
    fn deliver(&mut self, at: usize, store: Store) -> bool {
        let now = self.now;
        let Some(spool) = &mut self.nodes[at].spool else { return false };
        match spool.work(4, &mut Vec::new()) {
            None => return false,
            Some(Work::Batch(batch)) => {
                if store != Store::Away {
                    self.oracle.take(&batch);
                }
                if store == Store::Takes {
                    spool.delivered(now);
                }
            }
            Some(Work::Read(segment)) => {
                // It is tried again.
                let Ok((contents, kept)) = leftover_files::read_segment(&segment) else { return true };
                assert_eq!((contents.damaged, kept.unread.len()), (0, 0));
                spool.read(contents, kept);
            }
            Some(Work::End(segment, kept)) => {
                assert_eq!(kept, Kept::default());
                // What stays is read at the next start, and the store still knows how far it was counted.
                if let Ok(files) = leftover_files::files_of(&segment) {
                    files.into_iter().for_each(|path| std::fs::remove_file(path).unwrap());
                    self.oracle.segments.remove(&*segment.name);
                } else {
                    self.nodes[at].left.insert(segment.name.to_string());
                }
                if let Some(spool) = &mut self.nodes[at].spool {
                    spool.ended(now);
                }
            }
        }
        true
    }

    fn step(&mut self, at: usize, step: &Step) {
        self.now += Duration::from_millis(100);
        match step {
            Step::Record(count) => {
                for _ in 0..*count {
                    let event = event(self.recorded);
                    self.recorded += 1;
                    let Node { spool: Some(spool), unsafe_yet, .. } = &mut self.nodes[at] else { return };
                    if spool.refuses(self.now) {
                        return;
                    }
                    let name = event.request.to_string();
                    let number = spool.record(event, || self.now);
                    unsafe_yet.push((number, name));
                }
            }
            Step::Write => {
                if let Some(spool) = &mut self.nodes[at].spool {
                    spool.write(self.now);
                }
            }
            Step::Keep => self.keep(at, true),
            Step::Flush => self.keep(at, false),
            Step::Deliver(store) => drop(self.deliver(at, *store)),
            Step::Disk(faults) => self.nodes[at].disk.set(*faults),
            Step::Rename => self.nodes[at].rename(),
            Step::Kill => {
                self.nodes[at].spool = None;
                self.nodes[at].unsafe_yet.clear();
                self.start(at);
            }
            Step::PowerCut(part) => {
                self.nodes[at].spool = None;
                self.nodes[at].unsafe_yet.clear();
                self.nodes[at].repair();
                self.nodes[at].disk.lose_power(|unsynced| unsynced * u64::from(*part) / 255);
                if self.durability == Durability::Process {
                    // They were safe only against the end of the process.
                    let lost: Vec<String> = self.oracle.safe.iter().cloned().collect();
                    let lost = lost.into_iter().filter(|name| !self.oracle.counted.contains_key(name));
                    self.oracle.from_power.extend(lost);
                }
                self.start(at);
            }
            Step::Turn => {}
        }
        self.note_safe(at);
    }

    /// Removes all faults, and delivers everything.
    fn settle(&mut self) {
        for at in [0, 1] {
            self.nodes[at].repair();
            self.keep(at, true);
            self.keep(at, true);
            self.note_safe(at);
            while self.deliver(at, Store::Takes) {}
            let spool = self.nodes[at].spool.as_ref().unwrap();
            assert_eq!((spool.waiting(), spool.unwritten(), spool.trouble()), (0, 0, None));
            assert!(!spool.refuses(self.now));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn model_of_the_spool_counts_each_event_once(disk: bool, steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new(if disk { Durability::Disk } else { Durability::Process });
        let mut at = 0;
        for step in &steps {
            if matches!(step, Step::Turn) {
                at = 1 - at;
            }
            world.step(at, step);
            let spool = world.nodes[at].spool.as_ref().unwrap();
            // The number of waiting answers is limited by the limit itself and the events of one step.
            prop_assert!(spool.recorded - spool.safe <= 20 + 6, "{} of {}", spool.safe, spool.recorded);
        }
        let still: Vec<String> = world.nodes.iter().flat_map(|node| &node.unsafe_yet).map(|(_, name)| name.clone()).collect();
        world.settle();
        // Without a crash, even events that were never safe before are counted.
        for name in world.oracle.safe.difference(&world.oracle.from_power).chain(&still) {
            prop_assert_eq!(world.oracle.counted.get(name), Some(&1), "{}", name);
        }
        for (name, times) in &world.oracle.counted {
            prop_assert_eq!(*times, 1, "{}", name);
        }
        // Nothing stays in the folders except the files of the present runs.
        for node in &world.nodes {
            let files = leftover_files::list(&node.folder()).unwrap().0;
            let segments: HashSet<String> = files.into_iter().map(|found| found.segment).collect();
            let segments: Vec<&String> = segments.difference(&node.left).collect();
            prop_assert!(segments.len() <= 2, "{:?}", segments);
        }
    }
}
