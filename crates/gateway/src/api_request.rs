//! One authorized request in the gateway.

use std::net::IpAddr;
use std::sync::Arc;

use keystead_core::access::{ModelUse, Payer};
use keystead_core::caller::Caller;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::RequestId;
use keystead_core::project_features::{HostedTools, RequestedTier};
use keystead_core::route::Route;
use tokio::time::Instant;

use crate::caller_lookup::CallerLookup;

/// A request with a caller who may use its route.
#[derive(Debug)]
pub(crate) struct ApiRequest<'p> {
    pub(crate) route: &'static Route,
    /// The path segment that names an upstream object.
    pub(crate) object: Option<&'p str>,
    pub(crate) caller: Arc<Caller>,
    /// Where the caller is read again.
    pub(crate) lookup: CallerLookup,
    pub(crate) payer: Payer,
    /// The client's address.
    pub(crate) address: IpAddr,
    /// The client's certificate, if a trusted proxy reported one.
    pub(crate) certificate: Option<ReportedCertificate>,
    pub(crate) id: RequestId,
    /// When the caller was looked up.
    pub(crate) began: Instant,
}

/// The features of a request that a gate may refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Features {
    pub(crate) stream: bool,
    /// A summary of the reasoning.
    pub(crate) summary: bool,
    /// The tools that the upstream itself would run.
    pub(crate) tools: HostedTools,
    pub(crate) tier: RequestedTier,
}

impl Features {
    /// The use of a model with them.
    pub(crate) const fn of_model(self, model: &str) -> ModelUse<'_> {
        let Self { stream, summary, tools, tier } = self;
        ModelUse { model, stream, summary, tools, tier }
    }
}
