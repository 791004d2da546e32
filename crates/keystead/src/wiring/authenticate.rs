//! Authentication for the administration: the gateway's own, so that keys are read in one way everywhere.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use keystead_api::{Authenticate, BoxFuture};
use keystead_core::caller::Caller;
use keystead_core::refusal::ErrorResponse;
use keystead_gateway::Gateway;

/// Authenticates through the gateway.
pub(crate) struct ByGateway(pub(crate) Arc<Gateway>);

impl Authenticate for ByGateway {
    fn authenticate<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Arc<Caller>, ErrorResponse>> {
        Box::pin(self.0.authenticate(headers))
    }

    fn note_use(&self, caller: &Caller, address: IpAddr) {
        self.0.note_use(caller, address);
    }
}
