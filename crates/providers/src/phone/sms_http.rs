//! Any gateway that sends text messages over HTTP: `POST {url}` with `{"to", "text"}`.

use keystead_core::secret::Secret;
use reqwest::StatusCode;
use serde_json::json;
use url::Url;

use super::SmsSender;
use crate::http::Http;
use crate::{BoxFuture, Health, ProviderError};

/// Maximum length of a message id.
const LONGEST_ID: usize = 255;

/// The client.
#[derive(Debug)]
pub struct HttpSms {
    http: Http,
    url: Url,
    token: Option<Secret<String>>,
}

impl HttpSms {
    /// Creates a client; `token` is sent as a bearer token if there is one.
    ///
    /// # Errors
    /// When the address is not valid, or when TLS cannot be set up.
    pub fn new(url: String, token: Option<Secret<String>>) -> Result<Self, ProviderError> {
        let url = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| ProviderError::Refused("an address of a text gateway that is none".to_owned()))?;
        Ok(Self { http: Http::new()?, url, token })
    }

    async fn post_text(&self, e164: &str, text: &str) -> Result<String, ProviderError> {
        let mut request = self.http.post(self.url.clone()).json(&json!({ "to": e164, "text": text }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        let answer = self.http.send_json(request).await?;
        if answer.status.is_success() {
            // Not every gateway numbers its messages; an accepted text must not be sent again because of that.
            return Ok(answer.text(&["id"]).filter(|id| id.len() <= LONGEST_ID).unwrap_or_default().to_owned());
        }
        let summary = format!("text gateway {}", answer.status.as_u16());
        match answer.status {
            // These statuses are about the message; every other one is about the gateway or our account.
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Err(ProviderError::Refused(summary)),
            _ => Err(ProviderError::Unavailable(summary)),
        }
    }
}

impl SmsSender for HttpSms {
    fn send<'a>(&'a self, e164: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move { self.http.record(self.post_text(e164, text).await) })
    }

    fn health(&self) -> Health {
        self.http.health()
    }
}
