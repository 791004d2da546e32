//! Whether every gateway has heard of every change, for the operator (verification.md 5.4).

use keystead_core::propagation::{NodeState, PROMISE};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::changes;

use crate::{App, Error};

/// How the gateways stand.
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
    /// How many of the gateways know of a grant of this moment, while that is of interest and some do not yet.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn spreading(&self, granted_at: Timestamp) -> Result<Option<GatewaysView>, Error> {
        if self.now().since(granted_at) > PROMISE {
            return Ok(None);
        }
        Ok(Some(self.gateways().await?).filter(|view| view.current < view.all))
    }

    /// How the gateways stand now.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn gateways(&self) -> Result<GatewaysView, Error> {
        let now = self.now();
        let read =
            self.store().read("gateways", async move |tx: &mut Tx| Ok::<_, Error>(changes::list_nodes(tx).await?));
        let mut view = GatewaysView::default();
        for report in read.await? {
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
