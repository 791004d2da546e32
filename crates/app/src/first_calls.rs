//! The first calls with a new key, for the page that waits for them.
//!
//! Calls are noted only while such a page is open, in memory and on this node. A call that was refused before its key
//! was known is shown to the page that was opened from the same address. Answered calls are also found in the recorded
//! usage, whichever node answered them.

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::time::Timestamp;
use keystead_store::tables::usage::{self, GroupKey, UsageQuery};
use tokio::sync::watch;

use crate::keys::project_keys::key_to_change;
use crate::request::Origin;
use crate::usage::ONE_BUCKET;
pub use crate::watched_calls::{CallFault, FirstCall, PresentedKey, SeenCall};
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;

/// The recorded usage of a key with one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedUse {
    /// The model.
    pub model: String,
    /// Answered requests.
    pub requests: i64,
    /// Tokens of them.
    pub tokens: i64,
}

/// The first calls with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstCalls {
    /// The key as lists show it.
    pub redacted: String,
    /// The calls that this node answered since the page was opened, newest first.
    pub calls: Vec<FirstCall>,
    /// The recorded usage, of all nodes.
    pub recorded: Vec<RecordedUse>,
    /// When the key was last used, on any node.
    pub last_used_at: Option<Timestamp>,
}

impl FirstCalls {
    /// Whether a call was answered.
    #[must_use]
    pub fn answered(&self) -> bool {
        !self.recorded.is_empty() || self.calls.iter().any(|call| call.fault.is_none())
    }
}

impl App {
    /// Whether a page waits for calls. Costs nothing worth mentioning.
    #[must_use]
    pub fn watches_calls(&self) -> bool {
        self.inner.watched.any()
    }

    /// Notes a call for the pages that wait for one.
    pub fn note_call(&self, call: &SeenCall) {
        self.inner.watched.note(call);
    }

    /// Notifies waiting pages of noted calls. It does not say which: each page reads its own.
    #[must_use]
    pub fn noted_calls(&self) -> watch::Receiver<u64> {
        self.inner.watched.changes()
    }

    /// Returns the first calls with a key, for a person who may change it, and keeps watching it for a while.
    ///
    /// # Errors
    /// When there is no such key that this person may change.
    pub async fn first_calls(
        &self,
        actor: &Actor,
        (organization, project): (&OrganizationId, &ProjectId),
        key: &KeyId,
        origin: Origin,
    ) -> Result<FirstCalls, Error> {
        let now = self.now();
        let (found, rows) = read_tx!(self.store(), "first_calls", |tx| {
            let found = key_to_change(self, tx, actor, organization, project, key).await?;
            // The whole day in which the key was made: it was not used before, and sums of days are kept.
            let made = found.key.created_at;
            let span = (made.plus(-made.0.rem_euclid(DAY)), now.plus(60));
            let query = UsageQuery {
                group_by: vec![GroupKey::Model],
                keys: vec![key.clone()],
                ..UsageQuery::all(organization, span, ONE_BUCKET)
            };
            Ok((found, usage::query(tx, &query).await?))
        })?;
        let mut recorded: Vec<RecordedUse> = Vec::new();
        for row in rows {
            let (model, used) = (row.model.unwrap_or_default(), row.used);
            let tokens = used.input_tokens.saturating_add(used.output_tokens);
            match recorded.iter_mut().find(|known| known.model == model) {
                Some(known) => {
                    known.requests = known.requests.saturating_add(used.requests);
                    known.tokens = known.tokens.saturating_add(tokens);
                }
                None => recorded.push(RecordedUse { model, requests: used.requests, tokens }),
            }
        }
        let calls = self.inner.watched.watch(key, &found.key.redacted, origin.ip, now);
        Ok(FirstCalls { redacted: found.key.redacted, calls, recorded, last_used_at: found.key.last_used_at })
    }
}
