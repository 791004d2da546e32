//! Notes a call for the page of the first call, while such a page is open.

use std::net::IpAddr;

use http::{Request, Uri};
use keystead_app::App;
use keystead_app::first_calls::{PresentedKey, SeenCall};
use keystead_core::caller::Caller;
use keystead_core::network::Client;
use keystead_core::refusal::GateRefusal;
use keystead_gateway::{ErrorCode, credential};
use tokio::time::Instant;

use crate::serve::dispatch::Answer;

/// What is known of a call before it is answered.
pub(crate) struct WatchedCall {
    uri: Uri,
    /// What the client sent as its key, without the secret itself.
    presented: Option<PresentedKey>,
    address: IpAddr,
    began: Instant,
}

impl WatchedCall {
    pub(crate) fn of<B>(request: &Request<B>, client: Client) -> Self {
        Self {
            uri: request.uri().clone(),
            presented: credential::read(request.headers()).ok().map(|secret| PresentedKey::of(secret.expose())),
            address: client.address,
            began: Instant::now(),
        }
    }

    /// Notes the call with its answer.
    pub(crate) fn note(self, app: &App, answer: &Answer, caller: Option<&Caller>) {
        app.note_call(&SeenCall {
            at: app.now(),
            status: answer.status().as_u16(),
            code: answer.extensions().get::<ErrorCode>().map(|code| code.0),
            gate: answer.extensions().get::<GateRefusal>().is_some(),
            key: caller.map(|caller| caller.key.clone()),
            presented: self.presented,
            address: self.address,
            path: self.uri.path().chars().take(80).collect(),
            milliseconds: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
}
