//! Events that a test causes inside a store: work between two transactions of one use case, or a fault at a statement.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Error, Store};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Plan {
    before: Vec<(&'static str, Work)>,
    seen: u64,
    commits: u64,
    fail_at: Option<u64>,
}

/// The script of one store. An empty one changes nothing.
#[derive(Default)]
pub struct Script(Mutex<Plan>);

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs what was planned just before the next transaction of this name.
    pub(crate) async fn reached(&self, transaction: &str) {
        let planned = {
            let mut plan = self.plan();
            let place = plan.before.iter().position(|(name, _)| *name == transaction);
            place.map(|place| plan.before.remove(place).1)
        };
        if let Some(work) = planned {
            work.await;
        }
    }

    /// Counts a statement or a commit of a writing transaction; the chosen one fails.
    pub(crate) fn statement(&self) -> Result<(), Error> {
        let mut plan = self.plan();
        plan.seen += 1;
        if plan.fail_at == Some(plan.seen) { Err(Error::Other("a planned fault".to_owned())) } else { Ok(()) }
    }
}

impl Script {
    /// Notes that a writing transaction was committed.
    pub(crate) fn committed(&self) {
        self.plan().commits += 1;
    }
}

impl Store {
    /// Runs `work` once, just before the next transaction of this name begins, as another request would meanwhile.
    pub fn before(&self, transaction: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.script.plan().before.push((transaction, Box::pin(work)));
    }

    /// Counts the planned work that has not run; a test must end with none.
    #[must_use]
    pub fn unplayed(&self) -> usize {
        self.script.plan().before.len()
    }

    /// Makes the `statement`-th statement of writing transactions from now on fail, counted from one; a commit counts
    /// as a statement. `None` lets every statement succeed. Returns how many there were since the last call.
    pub fn fail_at(&self, statement: Option<u64>) -> u64 {
        let mut plan = self.script.plan();
        plan.fail_at = statement;
        plan.commits = 0;
        std::mem::take(&mut plan.seen)
    }

    /// Counts the writing transactions committed since the last [`Store::fail_at`].
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.script.plan().commits
    }
}
