//! Work that ends although its client disconnects.

use keystead_app::Error;

use crate::ApiState;
use crate::error::{ApiError, OrFail};

/// Waits for work that runs on its own: a client that disconnects ends the waiting and not the work. For use cases that
/// have effects at other services, so that these are completed and their outcome is saved.
pub(crate) async fn to_its_end<T: Send + 'static>(
    state: &ApiState,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, ApiError> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|_| Err(Error::Internal("the work of a request did not end".to_owned()))).or_fail(state)
}
