//! The secrets of endpoints at rest.

use keystead_core::id::WebhookEndpointId;
use keystead_core::time::Timestamp;
use keystead_core::webhook::WebhookSecret;
use keystead_store::Tx;
use keystead_store::tables::webhook_endpoints;

use crate::{App, Error};

fn context(id: &WebhookEndpointId) -> String {
    format!("webhook_endpoints.secret:{id}")
}

/// Draws a secret.
pub(super) fn draw(app: &App) -> WebhookSecret {
    app.draw(WebhookSecret::generate)
}

/// Seals the secret of an endpoint.
pub(super) fn seal(app: &App, id: &WebhookEndpointId, secret: &WebhookSecret) -> Vec<u8> {
    app.draw(|rng| app.sealer().seal(rng, &context(id), secret.text().expose().as_bytes()))
}

fn open(app: &App, id: &WebhookEndpointId, sealed: &[u8]) -> Result<WebhookSecret, Error> {
    let text = app.sealer().open_text(&context(id), sealed)?;
    let broken = || Error::Internal(format!("webhook endpoint {id} has an unreadable secret"));
    WebhookSecret::parse(text.expose()).ok_or_else(broken)
}

/// Reads the secrets of an endpoint that sign at a moment: the present one, and the one before for a day after a rotation.
pub(super) async fn read(
    app: &App,
    tx: &mut Tx,
    id: &WebhookEndpointId,
    at: Timestamp,
) -> Result<Vec<WebhookSecret>, Error> {
    let sealed = webhook_endpoints::secrets(tx, id).await?;
    let mut secrets = vec![open(app, id, &sealed.current)?];
    if let Some((previous, until)) = &sealed.previous
        && at < *until
    {
        secrets.push(open(app, id, previous)?);
    }
    Ok(secrets)
}
