//! Servers of models, as the operator's tests see them.

use crate::{BoxFuture, ProviderError};

/// A server of models.
pub trait ModelServer: Send + Sync {
    /// The name in the configuration.
    fn name(&self) -> &str;
    /// Requests the models that it serves, and returns how many there are.
    fn count_models(&self) -> BoxFuture<'_, Result<usize, ProviderError>>;
}
