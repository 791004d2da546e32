//! Responses and batches that outlive the request that started them.

use serde::{Deserialize, Serialize};

use crate::budget::{Charge, Payers, PendingHold};
use crate::id::{KeyId, OrganizationId, ProjectId};
use crate::time::Timestamp;
use crate::usage::StatedImages;

/// The kind of pending object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingKind {
    /// A response that runs in the background.
    Response,
    /// A batch.
    Batch,
}

/// Usage that is not known yet, and where it will be attributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The response or batch.
    pub id: String,
    /// Its kind.
    pub kind: PendingKind,
    /// The upstream that can be asked.
    pub upstream: String,
    /// The paying organization.
    pub organization: OrganizationId,
    /// The project.
    pub project: ProjectId,
    /// The key.
    pub key: KeyId,
    /// The key's owner.
    pub owner: String,
    /// The model of a response; the lines of a batch name their own.
    pub model: String,
    /// The model of its tool that generates images, which is the same in all lines of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What the lines of a batch state of their images.
    #[serde(default, skip_serializing_if = "StatedImages::is_empty")]
    pub images: StatedImages,
    /// Estimated number of tokens that were sent.
    pub read: i64,
    /// Whether a stream was requested.
    pub stream: bool,
    /// Whether reasoning summaries were requested.
    pub summary: bool,
    /// The request that started it.
    pub request: String,
    /// When it was started.
    pub begun_at: Timestamp,
    /// What stays set aside for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<PendingHold>,
}

impl Pending {
    /// How its use counts: in the periods in which its request was admitted, and not from the lease of the node that
    /// happens to count it.
    #[must_use]
    pub fn charge(&self) -> Option<Charge> {
        let hold = self.hold.as_ref()?;
        Some(Charge { admitted_at: hold.charge.admitted_at, payers: Payers::NONE })
    }
}
