//! Any gateway that carries text messages over HTTP: `POST {url}` with `{"to", "text"}`.

use keystead_core::secret::Secret;
use serde_json::json;

use super::SmsSender;
use crate::http::Http;
use crate::{BoxFuture, Failure, Health};

/// The client.
#[derive(Debug)]
pub struct HttpSms {
    http: Http,
    url: String,
    token: Option<Secret<String>>,
}

impl HttpSms {
    /// A client; `token` is sent as a bearer when there is one.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(url: String, token: Option<Secret<String>>) -> Result<Self, Failure> {
        Ok(Self { http: Http::new()?, url, token })
    }

    /// How the last call went.
    #[must_use]
    pub fn health(&self) -> Health {
        self.http.health()
    }
}

impl SmsSender for HttpSms {
    fn send<'a>(&'a self, e164: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async move {
            let mut request = self.http.post(&self.url).json(&json!({ "to": e164, "text": text }));
            if let Some(token) = &self.token {
                request = request.bearer_auth(token.expose());
            }
            let answer = self.http.ask(request).await?;
            if answer.status.is_success() {
                return Ok(answer.text(&["id"]).unwrap_or_default().to_owned());
            }
            let status = answer.status.as_u16();
            // A wrong token is the operator's fault and no word about the number.
            if matches!(status, 401 | 403 | 408 | 429) {
                return Err(Failure::Unavailable(format!("status {status}")));
            }
            Err(Failure::Refused(format!("status {status}")))
        })
    }
}
