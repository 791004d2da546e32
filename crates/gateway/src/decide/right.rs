//! The repeated check of a running answer: whether its request would still be admitted now.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keystead_core::access::{ModelUse, Payer, decide, judge_model};
use keystead_core::caller::Caller;
use keystead_core::id::{KeyId, RequestId};
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::route::Route;

use tokio::time::Instant;

use crate::alarm::Alarms;
use crate::exchange::{Exchange, Features, Outgoing};
use crate::response::error_body;
use crate::{Gateway, Seams, Unavailable};

/// An admitted request, and what its permission depends on.
pub(crate) struct Right {
    pub(crate) seams: Arc<Seams>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) route: &'static Route,
    pub(crate) payer: Payer,
    pub(crate) request: RequestId,
    /// The client's address.
    from: IpAddr,
    pub(crate) model: Option<Arc<str>>,
    pub(crate) asked: Features,
}

impl Right {
    pub(crate) fn new(gateway: &Gateway, exchange: &Exchange<'_>, outgoing: &Outgoing<'_>) -> Self {
        Self {
            seams: Arc::clone(&gateway.seams),
            caller: Arc::clone(&exchange.caller),
            route: exchange.route,
            payer: exchange.payer.clone(),
            request: exchange.id.clone(),
            from: exchange.from,
            model: outgoing.model.map(|model| Arc::clone(&model.id)),
            asked: outgoing.asked,
        }
    }

    pub(crate) fn key(&self) -> &KeyId {
        &self.caller.key
    }

    /// Waits until the permission ends; checks it at this interval.
    pub(crate) async fn ended(&self, every: Duration, alarms: &Arc<Alarms>) -> ErrorResponse {
        let mut alarm = alarms.at(Instant::now() + every);
        loop {
            alarm.rings().await;
            alarm.set(Instant::now() + every);
            if let Err(wire) = Box::pin(self.still_holds()).await {
                return wire;
            }
        }
    }

    /// Judges the request again with the present state.
    pub(crate) async fn still_holds(&self) -> Result<(), ErrorResponse> {
        let caller = match self.seams.directory.find(&self.caller.digest).await {
            Ok(Some(caller)) => caller,
            Ok(None) => return Err(revoked()),
            // A store that is down ends nothing before memory is too old to trust.
            Err(Unavailable) if self.seams.directory.is_too_old() => return Err(error_body::store_unavailable()),
            Err(Unavailable) => return Ok(()),
        };
        let now = (self.seams.clock)();
        let refuse = |refusal: Refusal| refusal.response(&self.seams.public_url);
        decide(&caller, self.route, self.payer.selection(), self.from, now).map_err(refuse)?;
        if let Some(model) = &self.model {
            let Features { stream, summary } = self.asked;
            let asked = ModelUse { model, stream, summary };
            let catalogue = self.seams.catalogue.load();
            judge_model(&catalogue.policy, &caller, &self.payer, self.route, asked, now).map_err(refuse)?;
        }
        Ok(())
    }
}

fn revoked() -> ErrorResponse {
    ErrorResponse::invalid(401, Some("invalid_api_key"), "This API key was revoked while the answer was being sent.")
}
