//! Responses and batches that outlive the request that began them.

use serde::{Deserialize, Serialize};

use crate::id::{KeyId, OrganizationId, ProjectId};
use crate::time::Timestamp;

/// What is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingKind {
    /// A response that runs in the background.
    Response,
    /// A batch.
    Batch,
}

/// Usage that is not known yet, and whose it will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The response or batch.
    pub id: String,
    /// What it is.
    pub kind: PendingKind,
    /// The upstream that can be asked.
    pub upstream: String,
    /// Who pays.
    pub organization: OrganizationId,
    /// In which project.
    pub project: ProjectId,
    /// With which key.
    pub key: KeyId,
    /// The key's owner.
    pub owner: String,
    /// The model of a response; the lines of a batch name their own.
    pub model: String,
    /// The model of its tool that makes pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Tokens that were sent, by an estimate.
    pub read: i64,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Whether reasoning summaries were asked for.
    pub summary: bool,
    /// The request that began it.
    pub request: String,
    /// When that was.
    pub begun_at: Timestamp,
}
