//! The list of models of an upstream, requested as the gateway sends a request: with the same connection, TLS, address
//! and secret. It shows operators whether an upstream can be used.

use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use keystead_core::id::RequestId;
use serde::Deserialize;
use tokio::time::timeout;

use crate::body::RequestBody;
use crate::catalogue::Upstream;
use crate::upstream::{NoAnswer, UpstreamClient, UpstreamRequest, collect};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long everything may take.
const TOTAL: Duration = Duration::from_secs(15);
/// The largest list, in bytes.
const LARGEST: usize = 4 << 20;

/// Why an upstream gives no list of its models.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoModelList {
    /// The address or the secret cannot be used.
    #[error("its address or its key cannot be used")]
    Unusable,
    /// No connection could be made.
    #[error("no connection could be made: {0}")]
    Unreachable(String),
    /// There was no complete answer in time.
    #[error("there was no complete answer: {0}")]
    NoAnswer(String),
    /// The secret is missing or refused.
    #[error("the key was refused ({0})")]
    Key(u16),
    /// There is no list at this address.
    #[error("there is no list of models at this address (404)")]
    NotFound,
    /// Another status.
    #[error("the answer was {0}")]
    Status(u16),
    /// The answer is not a list of models.
    #[error("the answer is not a list of models")]
    Unreadable,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

impl Upstream {
    /// Requests the names of the models that it serves.
    ///
    /// # Errors
    /// When there is no list of models in its answer.
    pub async fn list_models(&self, id: &RequestId) -> Result<Vec<String>, NoModelList> {
        let slow = |_| NoModelList::NoAnswer(format!("nothing within {} seconds", TOTAL.as_secs()));
        timeout(TOTAL, self.models_of(id)).await.map_err(slow)?
    }

    async fn models_of(&self, id: &RequestId) -> Result<Vec<String>, NoModelList> {
        let address = self.address.as_ref().ok_or(NoModelList::Unusable)?;
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
        let target = PathAndQuery::from_static("/v1/models");
        let request = UpstreamRequest { method: &Method::GET, target: &target, headers: &headers, id, begun: None };
        let answered = UpstreamClient::new(CONNECT).send(address, &request, RequestBody::Nothing).await;
        let answer = answered.map_err(|failed| match failed {
            NoAnswer::Unreachable(why) => NoModelList::Unreachable(why),
            other => NoModelList::NoAnswer(other.to_string()),
        })?;
        match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(NoModelList::Key(answer.status().as_u16())),
            StatusCode::NOT_FOUND => Err(NoModelList::NotFound),
            status if !status.is_success() => Err(NoModelList::Status(status.as_u16())),
            _ => {
                let broken = |_| NoModelList::NoAnswer("it broke off".to_owned());
                let body = collect(answer.into_body(), LARGEST).await.map_err(broken)?;
                let list: List = serde_json::from_slice(&body).map_err(|_| NoModelList::Unreadable)?;
                Ok(list.data.into_iter().map(|entry| entry.id).collect())
            }
        }
    }
}
