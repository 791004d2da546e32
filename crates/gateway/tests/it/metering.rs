//! Usage is counted once, also with failures in between.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use keystead_core::Timestamp;
use keystead_core::money::Micros;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use keystead_gateway::{Meter, MeterOptions, SpoolFileReport, UsageSink, spool_report};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::world::store::Store;
use crate::world::{World, full, json};

fn event(number: u32) -> UsageEvent {
    UsageEvent {
        at: Timestamp(i64::from(number)),
        kind: UsageKind::Completions,
        organization: "org-1".parse().unwrap(),
        project: "proj_1".parse().unwrap(),
        key: "key_1".parse().unwrap(),
        owner: "user-1".into(),
        model: "gpt-4o".into(),
        used: Quantities { requests: 1, ..Quantities::default() },
        cost: Micros(1).into(),
        status: 200,
        estimated: false,
        request: "req_1".into(),
        stream: false,
        summary: false,
        once: None,
        attributes: keystead_core::usage::Attributes::default(),
        charge: None,
    }
}

async fn open(dir: &Path, store: &Arc<Store>, run: u64) -> Meter {
    let sink = Arc::clone(store) as Arc<dyn UsageSink>;
    let quick = MeterOptions {
        batch: 7,
        interval: Duration::ZERO,
        retry: Duration::from_millis(1),
        segment: 4 << 10,
        reserve: 1 << 10,
        ..MeterOptions::default()
    };
    let stopped = Arc::new(|| Duration::ZERO);
    Meter::open(dir, sink, quick, stopped, &mut ChaCha20Rng::seed_from_u64(run)).await.unwrap()
}

/// Events in all segments.
fn written(dir: &Path) -> usize {
    let segments = std::fs::read_dir(dir).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    // The first line says the form, and what many events have in common is in lines with a mark behind the checksum.
    let is_event = |line: &&[u8]| !line.starts_with(b"keystead usage") && line.get(9).is_some_and(|mark| *mark != b'=');
    segments.map(|bytes| bytes.split_inclusive(|byte| *byte == b'\n').filter(is_event).count()).sum()
}

fn counted(store: &Store) -> Vec<i64> {
    let mut at: Vec<i64> = store.events.lock().unwrap().iter().map(|event| event.at.0).collect();
    at.sort_unstable();
    at
}

#[tokio::test]
async fn an_outage_of_the_store_and_a_restart_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let dead = Arc::new(Store::default());
    dead.down.store(true, Ordering::SeqCst);
    let meter = open(&dir, &dead, 1).await;
    for number in 0..100 {
        let _ = meter.record(event(number));
    }
    assert_eq!(meter.waiting(), 100);
    assert_eq!(written(&dir), 100, "an event is with the operating system once it was recorded");
    assert!(dead.events.lock().unwrap().is_empty());
    // The first process has ended here; only its folder is left.
    drop(meter);
    let store = Arc::new(Store::default());
    let meter = open(&dir, &store, 2).await;
    meter.flush().await;
    assert_eq!(counted(&store), (0..100).collect::<Vec<_>>());
    assert_eq!(meter.waiting(), 0);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in std::fs::read_dir(&dir).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

// What the run had leased of spend limits is held until then, and no longer.
#[tokio::test]
async fn a_run_ends_once_when_all_of_its_segments_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let dead = Arc::new(Store::default());
    dead.down.store(true, Ordering::SeqCst);
    let meter = open(&dir, &dead, 1).await;
    let run = meter.run();
    // The next segment is made beside it, while events are recorded.
    let mut recorded = 0;
    while std::fs::read_dir(&dir).unwrap().count() < 3 {
        meter.record(event(recorded)).safe().await.unwrap();
        recorded += 1;
        tokio::task::yield_now().await;
    }
    drop(meter);
    let store = Arc::new(Store::default());
    let meter = open(&dir, &store, 2).await;
    assert_ne!(meter.run(), run);
    meter.flush().await;
    while store.ended.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let _ = meter.record(event(200));
    meter.flush().await;
    assert_eq!(*store.ended.lock().unwrap(), [(run.to_string(), usize::try_from(recorded).unwrap())]);
}

// A process that is being replaced may still write into the folder: what it has leased stays with it.
#[tokio::test]
async fn a_run_that_another_process_still_writes_does_not_end() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let dead = Arc::new(Store::default());
    dead.down.store(true, Ordering::SeqCst);
    let first = open(&dir, &dead, 1).await;
    let run = first.run();
    for number in 0..100 {
        let _ = first.record(event(number));
    }
    let store = Arc::new(Store::default());
    let second = open(&dir, &store, 2).await;
    let _ = second.record(event(200));
    second.flush().await;
    assert!(store.ended.lock().unwrap().is_empty());
    drop((first, second));
    let third = open(&dir, &store, 3).await;
    third.flush().await;
    let ended = |run: &str| store.ended.lock().unwrap().iter().any(|(ended, _)| ended == run);
    while !ended(&run) {
        tokio::task::yield_now().await;
    }
}

// A node that was killed before its first event may have leased something, too.
#[tokio::test]
async fn a_run_without_events_ends() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let store = Arc::new(Store::default());
    let meter = open(&dir, &store, 1).await;
    let run = meter.run();
    drop(meter);
    let meter = open(&dir, &store, 2).await;
    let _ = meter.record(event(1));
    meter.flush().await;
    while store.ended.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(*store.ended.lock().unwrap(), [(run.to_string(), 0)]);
}

#[tokio::test]
async fn what_was_counted_before_a_crash_is_not_counted_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let store = Arc::new(Store::default());
    let first = open(&dir, &store, 1).await;
    for number in 0..50 {
        let _ = first.record(event(number));
    }
    first.flush().await;
    // The store fails, the node takes more events, dies, and starts again twice: the segments stay there all the time.
    store.down.store(true, Ordering::SeqCst);
    for number in 50..60 {
        let _ = first.record(event(number));
    }
    drop(first);
    store.down.store(false, Ordering::SeqCst);
    for run in 2..4 {
        let meter = open(&dir, &store, run).await;
        let _ = meter.record(event(u32::try_from(run).unwrap() + 100));
        meter.flush().await;
    }
    assert_eq!(counted(&store), (0..60).chain([102, 103]).collect::<Vec<_>>());
    assert!(std::fs::read_dir(&dir).unwrap().count() <= 2, "segments counted to their end are gone");
}

#[tokio::test]
async fn every_kind() {
    let world = World::new().await;
    let key = world.key(1);
    let speech = r#"{"model":"tts-1","input":"héllo"}"#;
    world.answers(|_| {
        Response::builder().header("content-type", "audio/mpeg").body(full(Bytes::from(vec![1; 9_000]))).unwrap()
    });
    assert_eq!(world.post("/v1/audio/speech", &key, speech).await.body.len(), 9_000);
    world.answers(|_| json(200, r#"{"data":[{}],"usage":{"prompt_tokens":4,"total_tokens":4}}"#));
    world.post("/v1/embeddings", &key, r#"{"model":"text-embedding-3-small","input":"abc"}"#).await;
    world.answers(|_| json(200, r#"{"results":[]}"#));
    world.post("/v1/moderations", &key, r#"{"model":"gpt-4o","input":"abc"}"#).await;
    world.answers(|_| json(200, r#"{"id":"resp_1"}"#));
    world.post("/v1/responses", &key, r#"{"model":"gpt-4o","input":"abc"}"#).await;
    let long =
        format!("{{\"x\":\"{}\",\"usage\":{{\"prompt_tokens\":8,\"completion_tokens\":9}}}}", "y".repeat(9 << 20));
    world.answers(move |_| json(200, &long));
    assert!(world.chat(&key).await.body.len() > 9 << 20);
    let events = world.events().await;
    let rows: Vec<_> = events
        .iter()
        .map(|e| (e.kind, e.used.input_tokens, e.used.output_tokens, e.used.characters, e.estimated))
        .collect();
    assert_eq!(
        rows,
        [
            (UsageKind::AudioSpeeches, 0, 0, 5, false),
            (UsageKind::Embeddings, 4, 0, 0, false),
            (UsageKind::Moderations, 1, 0, 0, true),
            (UsageKind::Completions, 1, 0, 0, true),
            (UsageKind::Completions, 8, 9, 0, false),
        ]
    );
}

#[tokio::test]
async fn calls_of_hosted_searches_are_events_of_their_own() {
    let world = World::new().await;
    let key = world.key(1);
    let call = |tool: &str| format!(r#"{{"id":"x_1","type":"{tool}_call","status":"completed"}}"#);
    let output = [call("web_search"), call("file_search"), call("web_search"), call("code_interpreter")].join(",");
    let whole = format!(
        r#"{{"id":"resp_1","status":"completed","output":[{output}],"usage":{{"input_tokens":5,"output_tokens":7}}}}"#
    );
    world.answers(move |_| json(200, &whole));
    let body = r#"{"model":"gpt-4o","input":"abc","stream":false,"tools":[{"type":"web_search"}]}"#;
    assert_eq!(world.post("/v1/responses", &key, body).await.status, 200);
    let events = world.events().await;
    let rows: Vec<_> =
        events.iter().map(|e| (e.kind, &*e.model, e.used.requests, e.used.tool_calls, e.used.input_tokens)).collect();
    assert_eq!(
        rows,
        [
            (UsageKind::WebSearchCalls, "gpt-4o", 1, 2, 0),
            (UsageKind::FileSearchCalls, "gpt-4o", 1, 1, 0),
            (UsageKind::Completions, "gpt-4o", 1, 0, 5),
        ]
    );
    assert!(events[..2].iter().all(|event| event.cost == keystead_core::money::Amount::ZERO));
}

// With any content of the folder, the service starts, counts what it can read, and removes nothing else.
#[tokio::test]
async fn a_damaged_spool_is_kept_and_the_rest_of_it_counted() {
    const OLD: &str = include_str!("../../src/metering/spool/old_lines.txt");
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("spool");
    let dead = Arc::new(Store::default());
    dead.down.store(true, Ordering::SeqCst);
    let meter = open(&dir, &dead, 1).await;
    for number in 0..3 {
        meter.record(event(number)).safe().await.unwrap();
    }
    drop(meter);
    let written = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let written: Vec<_> = written.filter(|path| std::fs::metadata(path).unwrap().len() > 100).collect();
    let good = std::fs::read(&written[0]).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    std::fs::create_dir(&dir).unwrap();

    let name = |number: u32, run: &str| dir.join(format!("{number:020}-{run}.usage"));
    let mut damaged = good.clone();
    // In the line of the second event: without the line that names their context, all three would be lost.
    let ends: Vec<usize> =
        good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place).collect();
    damaged[ends[ends.len() - 2] - 5] ^= 1;
    std::fs::write(name(1, "damaged"), &damaged).unwrap();
    std::fs::write(name(2, "newer"), "keystead usage 5\nsomething else\n").unwrap();
    let outside = folder.path().join("outside");
    std::fs::write(&outside, &good).unwrap();
    std::os::unix::fs::symlink(&outside, name(3, "link")).unwrap();
    std::fs::create_dir(name(4, "folder")).unwrap();
    std::fs::write(dir.join("notes.txt"), "not ours").unwrap();
    std::fs::write(name(5, "old"), OLD).unwrap();
    // A process was killed while it wrote the last line.
    let torn = [&good[..], b"1234abcd 3 {\"at\":"].concat();
    std::fs::write(name(6, "torn"), torn).unwrap();
    // A running process writes this one.
    let live = std::fs::File::create(name(7, "live")).unwrap();
    live.lock().unwrap();
    std::fs::write(name(7, "live"), &good).unwrap();

    let wrong = |files: &[SpoolFileReport]| -> Vec<String> {
        let wrong = files.iter().filter_map(|file| Some((file.path.file_stem()?, file.wrong.as_ref()?)));
        let mut wrong: Vec<String> = wrong.map(|(name, why)| format!("{}: {why}", name.display())).collect();
        wrong.sort();
        wrong.into_iter().map(|line| line[20..].to_owned()).collect()
    };
    let before = spool_report(&dir).unwrap();
    assert_eq!(
        wrong(&before),
        [
            "-damaged: 1 lines are damaged",
            "-newer: it was written by another version of Keystead",
            "-link: it is no file",
            "-folder: it is no file"
        ]
    );
    assert_eq!(before.iter().map(|file| file.end).sum::<i64>(), 3 + 2 + 3 + 3);

    let store = Arc::new(Store::default());
    let meter = open(&dir, &store, 2).await;
    meter.flush().await;
    // The files of delivered events are removed before the next event is.
    meter.record(event(9)).safe().await.unwrap();
    meter.flush().await;
    let mut at = counted(&store);
    at.retain(|at| *at < 1_000_000);
    assert_eq!((at.len(), store.events.lock().unwrap().len()), (6, 8));
    for (kept, bytes) in [
        (name(1, "damaged").with_extension("usage.damaged"), &damaged[..]),
        (name(2, "newer"), b"keystead usage 5\nsomething else\n"),
        (outside.clone(), &good[..]),
        (dir.join("notes.txt"), b"not ours"),
        (name(7, "live"), &good[..]),
    ] {
        assert_eq!(std::fs::read(&kept).unwrap(), bytes, "{}", kept.display());
    }
    assert!(name(3, "link").is_symlink() && name(4, "folder").is_dir());
    for gone in [name(1, "damaged"), name(5, "old"), name(6, "torn")] {
        assert!(!gone.exists(), "{}", gone.display());
    }
}
