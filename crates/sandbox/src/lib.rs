//! Stand-ins for the outside services: servers that speak the protocols of everything Keystead depends on, for
//! development and tests.
//!
//! There are an OpenAI-compatible model server with deterministic answers and true usage; Twilio, Stripe, Persona, an
//! OpenID Connect issuer and a mail server with their own protocols, hosted pages and signed deliveries; the services of
//! AWS and Azure for keys and buckets; and an inbox for text messages and mail. Everything is in memory and limited; the product uses it only over sockets.

mod audio;
mod bounded_map;
mod chat;
mod clouds;
mod embeddings;
mod faults;
mod guard;
mod images;
mod inbox;
mod ledger;
mod models;
mod objects;
mod oidc;
mod page;
mod persona;
mod responses;
mod smtp;
mod stream;
mod stripe;
mod text;
mod twilio;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use clouds::{AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET};
pub use inbox::{Channel, Message};
pub use ledger::Served;
pub use models::MODELS;
pub use oidc::{OIDC_CLIENT_ID, OIDC_CLIENT_SECRET};
pub use persona::{PERSONA_API_KEY, PERSONA_TEMPLATE};
pub use stripe::STRIPE_API_KEY;
pub use twilio::{TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_SERVICE_SID};
pub use webhooks::{PERSONA_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET, signature};

/// Returns the time in Unix seconds; passed in by the process.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The sandbox's state. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    inbox: inbox::Inbox,
    ledger: ledger::Ledger,
    objects: objects::Objects,
    webhooks: webhooks::Webhooks,
    twilio: twilio::Twilio,
    stripe: stripe::Stripe,
    persona: persona::Persona,
    oidc: oidc::Oidc,
    clouds: clouds::Clouds,
    smtp_down: AtomicBool,
    client: reqwest::Client,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sandbox")
    }
}

impl Sandbox {
    /// Creates an empty sandbox.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let objects = objects::Objects::new(clock());
        let inner = Inner {
            clock,
            inbox: inbox::Inbox::default(),
            ledger: ledger::Ledger::default(),
            objects,
            webhooks: webhooks::Webhooks::default(),
            twilio: twilio::Twilio::default(),
            stripe: stripe::Stripe::default(),
            persona: persona::Persona::default(),
            oidc: oidc::Oidc::default(),
            clouds: clouds::Clouds::default(),
            smtp_down: AtomicBool::new(false),
            client: client(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Puts a message into the inbox.
    pub fn deliver(&self, message: Message) {
        self.inner.inbox.deliver(message);
    }

    /// Returns what the model server says it produced.
    #[must_use]
    pub fn served(&self) -> Vec<Served> {
        self.inner.ledger.served()
    }

    /// Returns every credential that ever reached the model server, to prove that none was a client's.
    #[must_use]
    pub fn credentials(&self) -> Vec<String> {
        self.inner.ledger.credentials()
    }

    /// Sets where deliveries are sent from now on: the product's address, without a slash at the end.
    pub fn announce_to(&self, target: String) {
        self.inner.webhooks.aim(target);
    }

    fn now(&self) -> i64 {
        (self.inner.clock)()
    }

    /// All routes.
    pub fn router(&self) -> Router {
        let model_server = Router::new()
            .route("/v1/models", get(models::list))
            .route("/v1/models/{id}", get(models::retrieve))
            .route("/v1/chat/completions", post(chat::chat))
            .route("/v1/completions", post(chat::completions))
            .route("/v1/responses", post(responses::create))
            .route("/v1/responses/input_tokens", post(responses::input_tokens))
            .route("/v1/responses/{id}", get(responses::retrieve).delete(responses::delete))
            .route("/v1/responses/{id}/cancel", post(responses::cancel))
            .route("/v1/responses/{id}/input_items", get(responses::input_items))
            .route("/v1/embeddings", post(embeddings::create))
            .route("/v1/images/generations", post(images::generate))
            .route("/v1/images/edits", post(images::edit))
            .route("/v1/audio/speech", post(audio::speech))
            .route("/v1/audio/transcriptions", post(audio::transcribe))
            .route("/v1/audio/translations", post(audio::translate))
            .route("/v1/moderations", post(models::moderate))
            .route("/v1/files", get(objects::list_files).post(objects::create_file))
            .route("/v1/files/{id}", get(objects::retrieve_file).delete(objects::delete_file))
            .route("/v1/files/{id}/content", get(objects::file_content))
            .route("/v1/uploads", post(objects::create_upload))
            .route("/v1/uploads/{id}/parts", post(objects::add_part))
            .route("/v1/uploads/{id}/complete", post(objects::complete_upload))
            .route("/v1/uploads/{id}/cancel", post(objects::cancel_upload))
            .route("/v1/batches", get(objects::list_batches).post(objects::create_batch))
            .route("/v1/batches/{id}", get(objects::retrieve_batch))
            .route("/v1/batches/{id}/cancel", post(objects::cancel_batch))
            .layer(middleware::from_fn_with_state(self.clone(), ledger::remember_credential));
        Router::new()
            .route("/inbox", get(inbox::page))
            .route("/inbox/{number}", get(inbox::show))
            .route("/sandbox.css", get(page::stylesheet))
            .route("/sandbox/webhooks", get(webhooks::log).post(webhooks::set))
            .route("/sandbox/twilio", post(twilio::set))
            .route("/sandbox/stripe", post(stripe::set))
            .route("/sandbox/persona", post(persona::set))
            .route("/sandbox/oidc", post(oidc::set))
            .route("/sandbox/smtp", post(smtp::set))
            .nest("/twilio", twilio::router(self.clone()))
            .nest("/stripe", stripe::router())
            .nest("/persona", persona::router(self.clone()))
            .nest("/oidc", oidc::router())
            .nest("/aws", clouds::aws_router())
            .nest("/azure", clouds::azure_router())
            .route("/messages", get(inbox::list).delete(inbox::clear))
            .route("/sms/messages", post(inbox::receive_sms))
            .route("/sandbox/usage", get(ledger::usage))
            .route("/sandbox/seen", get(ledger::seen))
            .merge(model_server)
            .layer(DefaultBodyLimit::max(512 << 20))
            .layer(middleware::from_fn(guard::admit))
            .with_state(self.clone())
    }
}

/// Builds a client for the product on this machine, without encryption: no TLS is needed, but the client requires a
/// setting.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A proxy of the network cannot reach this machine's loopback, and vendors follow no redirects.
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap_or_default()
}

/// Serves until `shutdown` is done.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    sandbox: Sandbox,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    use axum::serve::ListenerExt;
    // Without this option, a streamed event waits for the acknowledgement of the previous one.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the sandbox's socket keeps its delay");
        }
    });
    axum::serve(listener, sandbox.router()).with_graceful_shutdown(shutdown).await
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
