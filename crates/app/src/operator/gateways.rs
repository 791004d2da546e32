//! Whether every gateway has applied every change: for owners after a grant or a revocation, and for the operator.

use keystead_core::id::OrganizationId;
use keystead_core::node_lag::{NodeReport, NodeState, PROMISE};
use keystead_core::time::Timestamp;
use keystead_store::tables::{api_keys, changes};
use serde_json::json;

use crate::audit::{AuditEntry, Done};
use crate::{Actor, App, Error};

/// The state of the gateways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewaysView {
    /// Gateways that have applied every change.
    pub current: usize,
    /// Every gateway.
    pub all: usize,
    /// Those that lag or have been silent for more than a minute, with the seconds.
    pub late: Vec<(String, i64)>,
}

impl App {
    /// Returns how many gateways have applied the changes up to this moment; `None` when all have, or when the moment
    /// is too long ago to matter.
    pub async fn spreading(&self, at: Timestamp) -> Result<Option<GatewaysView>, Error> {
        if self.now().since(at) > PROMISE {
            return Ok(None);
        }
        let reports = read_tx!(self.store(), "spreading", |tx| Ok(changes::list_nodes(tx).await?));
        Ok(spread(&reports?, at, self.now()))
    }

    /// Returns the same for the organization's last revocation of a key.
    pub async fn revocation_spreading(&self, organization: &OrganizationId) -> Result<Option<GatewaysView>, Error> {
        let now = self.now();
        read_tx!(self.store(), "revocation_spreading", |tx| {
            let reports = changes::list_nodes(tx).await?;
            if reports.iter().all(|report| report.behind_since.is_none()) {
                return Ok(None);
            }
            let last = api_keys::last_revoked(tx, organization).await?;
            Ok(last.filter(|at| now.since(*at) <= PROMISE).and_then(|at| spread(&reports, at, now)))
        })
    }

    /// Returns on how many gateways a change of this moment is in force; `None` when it is too long ago to matter, or
    /// when there are no gateways.
    pub async fn progress_since(&self, at: Timestamp) -> Result<Option<GatewaysView>, Error> {
        if self.now().since(at) > PROMISE {
            return Ok(None);
        }
        let reports = read_tx!(self.store(), "progress_since", |tx| Ok(changes::list_nodes(tx).await?));
        Ok(Some(progress(&reports?, at, self.now())).filter(|view| view.all > 0))
    }

    /// Returns the same for the organization's last revocation of a key.
    pub async fn revocation_progress(&self, organization: &OrganizationId) -> Result<Option<GatewaysView>, Error> {
        let last =
            read_tx!(self.store(), "revocation_progress", |tx| Ok(api_keys::last_revoked(tx, organization).await?))?;
        match last {
            Some(at) => self.progress_since(at).await,
            None => Ok(None),
        }
    }

    /// Records for each of these entries that some nodes have not confirmed it yet and may serve older state.
    pub async fn record_unconfirmed(&self, entries: Vec<Done>, unconfirmed: usize, nodes: usize) -> Result<(), Error> {
        write_tx!(self.store(), "record_unconfirmed", |tx| {
            for done in &entries {
                let entry = AuditEntry {
                    organization: &done.organization,
                    action: "change.unconfirmed",
                    target: &done.target,
                    details: json!({ "action": done.action, "unconfirmed": unconfirmed, "nodes": nodes }),
                };
                self.record(tx, &Actor::Service("clock".to_owned()), entry).await?;
            }
            Ok(())
        })
    }

    /// Returns the state of all gateways now.
    pub async fn gateways(&self) -> Result<GatewaysView, Error> {
        let now = self.now();
        let read = read_tx!(self.store(), "gateways", |tx| Ok(changes::list_nodes(tx).await?));
        let mut view = GatewaysView::default();
        for report in read? {
            let Some(state) = report.state(now) else { continue };
            view.all += 1;
            match state {
                NodeState::Current => view.current += 1,
                NodeState::Behind { .. } => {}
                NodeState::Late { seconds } => view.late.push((report.node, seconds)),
            }
        }
        Ok(view)
    }
}

/// Returns how many of the nodes that may serve have applied the changes up to this moment.
fn progress(reports: &[NodeReport], at: Timestamp, now: Timestamp) -> GatewaysView {
    let serving = || reports.iter().filter(|report| report.state(now).is_some());
    let current = serving().filter(|report| report.confirms(at)).count();
    GatewaysView { current, all: serving().count(), late: Vec::new() }
}

/// Returns the same; `None` when all have.
fn spread(reports: &[NodeReport], at: Timestamp, now: Timestamp) -> Option<GatewaysView> {
    Some(progress(reports, at, now)).filter(|view| view.current < view.all)
}
