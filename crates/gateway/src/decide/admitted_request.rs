//! The repeated check of a running answer: whether its request would still be admitted now.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keystead_core::access::{Payer, decide, judge_model};
use keystead_core::caller::Caller;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::{KeyId, RequestId};
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::route::Route;

use tokio::time::Instant;

use crate::alarm::Alarms;
use crate::api_request::{ApiRequest, Features};
use crate::caller_lookup::CallerLookup;
use crate::outgoing::Outgoing;
use crate::response::error_body;
use crate::{Gateway, Services, Unavailable};

/// An admitted request, and what its permission depends on.
pub(crate) struct AdmittedRequest {
    pub(crate) services: Arc<Services>,
    pub(crate) caller: Arc<Caller>,
    lookup: CallerLookup,
    pub(crate) route: &'static Route,
    pub(crate) payer: Payer,
    pub(crate) request: RequestId,
    /// The client's address.
    address: IpAddr,
    certificate: Option<ReportedCertificate>,
    pub(crate) model: Option<Arc<str>>,
    pub(crate) features: Features,
}

impl AdmittedRequest {
    pub(crate) fn new(gateway: &Gateway, request: &ApiRequest<'_>, outgoing: &Outgoing<'_>) -> Self {
        Self {
            services: Arc::clone(&gateway.services),
            caller: Arc::clone(&request.caller),
            lookup: request.lookup.clone(),
            route: request.route,
            payer: request.payer.clone(),
            request: request.id.clone(),
            address: request.address,
            certificate: request.certificate.clone(),
            model: outgoing.model.map(|model| Arc::clone(&model.id)),
            features: outgoing.features,
        }
    }

    pub(crate) fn key(&self) -> &KeyId {
        &self.caller.key
    }

    /// Waits until the request would be refused; checks it at this interval.
    pub(crate) async fn refused(&self, every: Duration, alarms: &Arc<Alarms>) -> ErrorResponse {
        let mut alarm = alarms.at(Instant::now() + every);
        loop {
            alarm.rings().await;
            alarm.set(Instant::now() + every);
            if let Err(wire) = Box::pin(self.recheck()).await {
                return wire;
            }
        }
    }

    /// Judges the request again with the present state.
    pub(crate) async fn recheck(&self) -> Result<(), ErrorResponse> {
        let caller = match self.lookup.find(&self.services.directory).await {
            Ok(Some(caller)) => caller,
            Ok(None) => return Err(self.lookup.gone()),
            // A store that is down ends nothing before memory is too old to trust.
            Err(Unavailable) if self.services.directory.is_too_old() => return Err(error_body::store_unavailable()),
            Err(Unavailable) => return Ok(()),
        };
        let now = (self.services.clock)();
        let refuse = |refusal: Refusal| refusal.response(&self.services.public_url);
        decide(&caller, self.route, self.payer.selection(), self.address, now).map_err(refuse)?;
        let certificates = &self.services.client_certificates;
        certificates.check(&caller, self.payer.selection(), self.certificate.as_ref(), now).map_err(refuse)?;
        if let Some(model) = &self.model {
            let model_use = self.features.of_model(model);
            let catalogue = self.services.catalogue.load();
            judge_model(&catalogue.policy, &caller, &self.payer, self.route, model_use, now).map_err(refuse)?;
        }
        Ok(())
    }
}
