//! The model servers for the operator's tests, requested as the gateway requests them.

use std::sync::Arc;

use keystead_core::id::RequestId;
use keystead_gateway::{NoModelList, Upstream};
use keystead_providers::model_server::ModelServer;
use keystead_providers::{BoxFuture, ProviderError};

use crate::wiring;

struct Server(Upstream);

/// Wraps the upstreams of the catalogue.
pub(crate) fn servers(upstreams: &[Upstream]) -> Vec<Arc<dyn ModelServer>> {
    let wrap = |upstream: &Upstream| -> Arc<dyn ModelServer> { Arc::new(Server(upstream.clone())) };
    upstreams.iter().map(wrap).collect()
}

impl ModelServer for Server {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn count_models(&self) -> BoxFuture<'_, Result<usize, ProviderError>> {
        Box::pin(async {
            let id = RequestId::generate(&mut wiring::rng());
            let listed = self.0.list_models(&id).await;
            listed.map(|models| models.len()).map_err(|failed| match failed {
                NoModelList::Unreachable(_) | NoModelList::NoAnswer(_) => {
                    ProviderError::Unavailable(failed.to_string())
                }
                _ => ProviderError::Refused(failed.to_string()),
            })
        })
    }
}
