//! Addresses that are no page here: those of other products lead to our pages, the rest is answered with a page.

use axum::http::{HeaderMap, Method};
use axum::response::Response;
use keystead_app::Error;

use crate::web::error_page::PageError;
use crate::web::extract::{Visitor, local_path};
use crate::web::response::{Page, redirect};
use crate::web::submit::page_before;

/// Addresses that people know from platform.openai.com or type from memory, and our page.
const KNOWN: &[(&str, &str)] = &[
    ("/account", "/settings/account"),
    ("/account/api-keys", "/api-keys"),
    ("/account/billing", "/settings/organization/billing"),
    ("/account/limits", "/limits"),
    ("/account/org-settings", "/settings/organization/general"),
    ("/account/usage", "/usage"),
    ("/billing", "/settings/organization/billing"),
    ("/chat", "/playground"),
    ("/chat/completions", "/playground"),
    ("/dashboard", "/home"),
    ("/keys", "/api-keys"),
    ("/login", "/sign-in"),
    ("/logs", "/settings/organization/audit-log"),
    ("/organization", "/settings/organization/general"),
    ("/playground/chat", "/playground"),
    ("/playground/prompts", "/playground"),
    ("/playground/p", "/playground"),
    ("/register", "/sign-up"),
    ("/settings", "/settings/organization/general"),
    ("/settings/general", "/settings/organization/general"),
    ("/settings/organization", "/settings/organization/general"),
    ("/settings/organization/api-keys", "/api-keys"),
    ("/settings/organization/billing/overview", "/settings/organization/billing"),
    ("/settings/organization/limits", "/limits"),
    ("/settings/organization/team", "/settings/organization/members"),
    ("/settings/organization/usage", "/usage"),
    ("/settings/profile", "/settings/account"),
    ("/settings/security", "/settings/account/security"),
    ("/signin", "/sign-in"),
    ("/signup", "/sign-up"),
    ("/team", "/settings/organization/members"),
    ("/verify", "/settings/organization/general"),
];

/// Answers an address without a route.
pub(crate) async fn open(visitor: Visitor) -> Page {
    let (path, query) = visitor.path.split_once('?').unwrap_or((&visitor.path, ""));
    let path = path.trim_end_matches('/');
    let Some((_, page)) = KNOWN.iter().find(|(known, _)| *known == path) else {
        return Err(PageError::new(visitor.messages, Error::not_found("page", path)));
    };
    // The chosen project is in the query.
    Ok(redirect(&if query.is_empty() { (*page).to_owned() } else { format!("{page}?{query}") }))
}

/// Answers an address that only forms are sent to. A person who chose another language on a page that answers a form is
/// sent here, and is led to the page with the form.
pub(crate) async fn form_only(visitor: Visitor, method: Method, headers: HeaderMap) -> Result<Response, PageError> {
    let path = |address: &str| address.split('?').next().unwrap_or_default().to_owned();
    let before = page_before(&headers).filter(|page| method == Method::GET && path(page) != path(&visitor.path));
    before.map(|page| redirect(local_path(&page))).ok_or_else(|| PageError::method_not_allowed(visitor.messages))
}
