//! The repeated check of a running answer: whether its request would still be admitted now.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use keystead_core::access::{ModelUse, Payer, decide, judge_model};
use keystead_core::caller::Caller;
use keystead_core::id::KeyId;
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::route::Route;

use tokio::time::Instant;

use crate::alarm::Alarms;
use crate::catalogue::Catalogue;
use crate::directory::Directory;
use crate::exchange::{Exchange, Outgoing};
use crate::response::error_body;
use crate::{Clock, Gateway, Unavailable};

/// What the permission for a long answer depends on.
pub(crate) struct Right {
    directory: Arc<Directory>,
    catalogue: Arc<ArcSwap<Catalogue>>,
    clock: Clock,
    public_url: Arc<str>,
    caller: Arc<Caller>,
    route: &'static Route,
    payer: Payer,
    /// The client's address.
    from: IpAddr,
    /// The model, and whether a stream and reasoning summaries were requested.
    asked: Option<(Arc<str>, bool, bool)>,
}

impl Right {
    pub(crate) fn new(gateway: &Gateway, exchange: &Exchange<'_>, outgoing: &Outgoing<'_>) -> Self {
        let (stream, summary) = outgoing.asked;
        Self {
            directory: Arc::clone(&gateway.directory),
            catalogue: Arc::clone(&gateway.catalogue),
            clock: Arc::clone(&gateway.clock),
            public_url: Arc::clone(&gateway.public_url),
            caller: Arc::clone(&exchange.caller),
            route: exchange.route,
            payer: exchange.payer.clone(),
            from: exchange.from,
            asked: outgoing.model.map(|model| (Arc::clone(&model.id), stream, summary)),
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
        let caller = match self.directory.find(&self.caller.digest).await {
            Ok(Some(caller)) => caller,
            Ok(None) => return Err(revoked()),
            // A store outage ends no answer before the directory is too old to be trusted.
            Err(Unavailable) if self.directory.is_too_old() => return Err(error_body::store_unavailable()),
            Err(Unavailable) => return Ok(()),
        };
        let now = (self.clock)();
        let refuse = |refusal: Refusal| refusal.response(&self.public_url);
        decide(&caller, self.route, self.payer.selection(), self.from, now).map_err(refuse)?;
        if let Some((model, stream, summary)) = &self.asked {
            let asked = ModelUse { model, stream: *stream, summary: *summary };
            let catalogue = self.catalogue.load();
            judge_model(&catalogue.policy, &caller, &self.payer, self.route, asked, now).map_err(refuse)?;
        }
        Ok(())
    }
}

fn revoked() -> ErrorResponse {
    ErrorResponse::invalid(401, Some("invalid_api_key"), "This API key was revoked while the answer was being sent.")
}
