//! Requests of the playground, sent through the gateway in this process.

use std::sync::Arc;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::Response;
use keystead_app::App;
use keystead_core::caller::Caller;
use keystead_core::id::{ProjectId, SessionId};
use keystead_dashboard::{ModelRequest, Playground};
use keystead_gateway::{Gateway, SessionSource, Unavailable};
use tokio::sync::Semaphore;

use crate::serve::dispatch;

/// The gateway, for people who are signed in.
#[derive(Debug)]
pub(crate) struct ThroughGateway {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) app: App,
    /// Held while a refused request is saved.
    pub(crate) noting: Arc<Semaphore>,
}

/// A session in one project.
struct StoreSession {
    app: App,
    session: SessionId,
    project: ProjectId,
}

impl SessionSource for StoreSession {
    fn find(&self) -> BoxFuture<'_, Result<Option<Caller>, Unavailable>> {
        Box::pin(async move {
            self.app.session_caller(&self.session, &self.project).await.map_err(|error| {
                tracing::warn!(%error, "the store did not answer for a session in the playground");
                Unavailable
            })
        })
    }
}

impl Playground for ThroughGateway {
    fn send(&self, sent: ModelRequest) -> BoxFuture<'_, Response<Body>> {
        Box::pin(async move {
            let ModelRequest { session, project, client, request } = sent;
            let source = Arc::new(StoreSession { app: self.app.clone(), session, project });
            let handled = Box::pin(self.gateway.handle_for_session(request, client, source)).await;
            dispatch::note_refusal(&self.app, &self.noting, &handled.response);
            handled.response.map(Body::new)
        })
    }
}
