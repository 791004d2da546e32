//! Signing in through an external service.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use keystead_app::Error;

use super::forms::{sign_in_again, signed_in};
use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::PageError;
use crate::web::extract::{Visitor, local_path};
use crate::web::form::Form;
use crate::web::response::{Page, redirect, redirect_with_cookie};

/// Redirects to the external sign-in service.
pub(crate) async fn begin(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let started = state.app.begin_oidc(local_path(form.field("next"))).await;
    let started = started.map_err(|error| PageError::new(&visitor.format, error))?;
    Ok(redirect_with_cookie(&started.url, Cookie::OidcState.set(&started.cookie, 600, state.secure())))
}

/// Handles the return from the external sign-in service.
pub(crate) async fn finish(State(state): State<DashboardState>, visitor: Visitor, headers: HeaderMap) -> Page {
    let param = |name: &str| visitor.query.get(name).map(String::as_str).unwrap_or_default();
    let finished = match Cookie::OidcState.read(&headers, state.secure()) {
        None => Err(Error::Invalid { param: None, code: Some("link_expired"), message: String::new() }),
        Some(cookie) => state.app.finish_oidc(&cookie, param("state"), param("code"), &visitor.context).await,
    };
    match finished {
        Ok((opened, next)) => {
            let mut response = match opened {
                Some(opened) => signed_in(&state, &visitor, &opened, &next).await?,
                None => redirect(local_path(&next)),
            };
            response.headers_mut().append(header::SET_COOKIE, Cookie::OidcState.clear(state.secure()));
            Ok(response)
        }
        Err(error) => sign_in_again(&state, &visitor, &error, ""),
    }
}
