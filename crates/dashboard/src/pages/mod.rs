//! The pages, one file per subject.

pub(crate) mod account;
pub(crate) mod admin_keys;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod capture;
pub(crate) mod door;
pub(crate) mod general;
pub(crate) mod handoff;
pub(crate) mod help;
pub(crate) mod home;
pub(crate) mod key;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod member;
pub(crate) mod members;
pub(crate) mod network;
pub(crate) mod operator;
pub(crate) mod operator_policy;
pub(crate) mod operator_report;
pub(crate) mod passkey;
pub(crate) mod phone;
pub(crate) mod project;
pub(crate) mod project_models;
pub(crate) mod projects;
pub(crate) mod review;
pub(crate) mod security;
pub(crate) mod usage;
pub(crate) mod welcome;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keystead_app::Error;

use crate::failure::{Failure, mark_limit};
use crate::html;
use crate::text::Text;

/// A page or the page that says why not.
pub(crate) type Page = Result<Response, Failure>;

/// The address of something below a page, with the rest of the page's own address: forms lead there.
pub(crate) fn below(address: &str, page: &str, rest: &str) -> String {
    address.replacen(page, &format!("{page}/{rest}"), 1)
}

/// Renders a template.
pub(crate) fn show(text: Text, page: &impl Template) -> Page {
    match page.render() {
        Ok(body) => Ok(html(body, text.0.tag())),
        Err(error) => Err(Failure::new(text, Error::Internal(format!("a template failed: {error}")))),
    }
}

/// Renders a template that says what was wrong with a form.
pub(crate) fn show_again(text: Text, page: &impl Template) -> Page {
    let mut response = show(text, page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// The same after an error, with 429 where a limit was hit.
pub(crate) fn show_refused(text: Text, page: &impl Template, error: &Error) -> Page {
    Ok(mark_limit(show_again(text, page)?, error))
}

/// Goes on to another page of ours after a form, so that reloading repeats nothing.
pub(crate) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// The same, with a cookie.
pub(crate) fn go_with(path: &str, cookie: HeaderValue) -> Response {
    let mut response = go(path);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
