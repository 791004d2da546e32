//! Answers: a page, a page again after an error, or the way to another one.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keystead_app::Error;

use crate::text::Text;
use crate::web::error_page::Failure;
use crate::web::html::{html, mark_limit};

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

/// A file of ours, as text.
pub(crate) async fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
