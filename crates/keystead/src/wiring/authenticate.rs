//! Authentication for the administration: the gateway's own, so that keys are read in one way everywhere.

use std::sync::Arc;

use http::HeaderMap;
use keystead_api::{Authenticate, BoxFuture};
use keystead_core::access::Selection;
use keystead_core::caller::Caller;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::network::Client;
use keystead_core::refusal::ErrorResponse;
use keystead_gateway::Gateway;

/// Authenticates through the gateway.
pub(crate) struct ByGateway(pub(crate) Arc<Gateway>);

impl Authenticate for ByGateway {
    fn authenticate<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Arc<Caller>, ErrorResponse>> {
        Box::pin(self.0.authenticate(headers))
    }

    fn check_certificate(
        &self,
        caller: &Caller,
        selection: Selection<'_>,
        reported: Option<&ReportedCertificate>,
    ) -> Result<(), ErrorResponse> {
        self.0.check_certificate(caller, selection, reported)
    }

    fn note_use(&self, caller: &Caller, client: Client) {
        self.0.note_use(caller, client);
    }
}
