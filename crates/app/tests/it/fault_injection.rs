//! Runs one use case repeatedly from the same moment, each time with a fault at another of its statements.

use std::collections::BTreeMap;

use keystead_app::Error;
use keystead_store::Store;

/// Columns by which rows are compared; ids and times differ from run to run.
const TOLD: [&str; 9] = ["action", "decision", "kind", "name", "origin", "requirement", "state", "status", "what"];
/// Attempts are counted before they are judged: a repeated call counts again.
const COUNTED_APART: [&str; 1] = ["limit_hits"];

/// The rows of each table, by these columns.
type Shape = BTreeMap<String, Vec<String>>;

pub(crate) struct Replay<'a> {
    store: &'a Store,
    /// Entries that the log may have more often after a fault.
    pub(crate) besides: &'static [&'static str],
    pub(crate) faults: u64,
}

impl<'a> Replay<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store, besides: &[], faults: 0 }
    }

    async fn shape(&self) -> Shape {
        let mut dump = self.store.dump().await.unwrap();
        for table in COUNTED_APART {
            dump.remove(table);
        }
        if let Some(log) = dump.get_mut("audit_events") {
            log.retain(|row| !self.besides.iter().any(|action| row.contains(&format!("action='{action}'"))));
        }
        let told = |row: &String| {
            let value = |name: &&str| {
                let (_, rest) =
                    format!(" {row}").split_once(&format!(" {name}='")).map(|(a, b)| (a.len(), b.to_owned()))?;
                Some(format!("{name}={}", rest.split('\'').next().unwrap_or_default()))
            };
            TOLD.iter().filter_map(value).collect::<Vec<_>>().join(" ")
        };
        let sorted = |rows: Vec<String>| {
            let mut rows: Vec<String> = rows.iter().map(told).collect();
            rows.sort();
            rows
        };
        dump.into_iter().map(|(table, rows)| (table, sorted(rows))).collect()
    }

    /// Plays `act` with a fault at its first statement, its second, and so on, each time from the present moment. A
    /// fault undoes its own transaction and leaves those before it. The same call again then does everything once, as
    /// if there had been no fault: `after` runs the queued jobs and checks what must be possible then, and the rows are
    /// as many as without a fault, also in the log and the job queue. In the end `act` is played once more without a
    /// fault, and its effects stay.
    pub(crate) async fn each<T>(
        &mut self,
        name: &str,
        act: impl AsyncFn() -> Result<T, Error>,
        after: impl AsyncFn(T),
    ) -> T {
        self.store.keep().await.unwrap();
        let before = self.store.dump().await.unwrap();
        let value = act().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_ne!(self.store.dump().await.unwrap(), before, "{name} does nothing");
        after(value).await;
        let wanted = self.shape().await;
        let mut halves: BTreeMap<u64, Shape> = BTreeMap::new();
        for statement in 1.. {
            let at = format!("{name}, a fault at statement {statement}");
            self.store.put_back().await.unwrap();
            self.store.fail_at(Some(statement));
            let done = act().await;
            let commits = self.store.commits();
            if self.store.fail_at(None) < statement {
                break;
            }
            self.faults += 1;
            let value = match done {
                // A queued job does what was left out.
                Ok(value) => value,
                Err(error) => {
                    let faulty =
                        matches!(error, Error::Internal(_) | Error::Unavailable | Error::ProviderUnavailable { .. });
                    assert!(faulty, "{at}: {error:?}");
                    if commits == 0 {
                        assert_eq!(self.store.dump().await.unwrap(), before, "{at}");
                    }
                    let half = self.shape().await;
                    // When a failing store looks like a service that is down, this is recorded and committed, too.
                    if self.besides.is_empty() {
                        assert_eq!(halves.entry(commits).or_insert_with(|| half.clone()), &half, "{at}");
                    }
                    act().await.unwrap_or_else(|error| panic!("{at}, and again without: {error:?}"))
                }
            };
            after(value).await;
            let shape = self.shape().await;
            for (table, rows) in &wanted {
                assert_eq!(
                    &shape[table],
                    rows,
                    "{at}: {table}; what waits: {:?}",
                    self.store.dump().await.unwrap()["jobs"]
                );
            }
        }
        self.store.put_back().await.unwrap();
        act().await.unwrap()
    }
}

/// Nothing is left to do or to check.
pub(crate) async fn nothing<T>(_: T) {}
