//! What handlers answer: a rendered page, or a redirect.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keystead_app::Error;

use crate::web::error_page::PageError;
use crate::web::html::{html, mark_limit};
use keystead_locales::Messages;

/// The result of a handler: a page, or the page that shows the error.
pub(crate) type Page = Result<Response, PageError>;

/// The address of a form's target below a page. The query of the page's own address is kept.
pub(crate) fn subpath(address: &str, page: &str, rest: &str) -> String {
    address.replacen(page, &format!("{page}/{rest}"), 1)
}

/// Renders a template.
pub(crate) fn render(messages: Messages, page: &impl Template) -> Page {
    match page.render() {
        Ok(body) => Ok(html(body, messages.0.tag())),
        Err(error) => Err(PageError::new(messages, Error::Internal(format!("a template failed: {error}")))),
    }
}

/// Renders a page with the errors of a form, with status 422.
pub(crate) fn render_invalid(messages: Messages, page: &impl Template) -> Page {
    let mut response = render(messages, page)?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Renders a page with the error of a use case: status 429 for a limit, else 422.
pub(crate) fn render_error(messages: Messages, page: &impl Template, error: &Error) -> Page {
    Ok(mark_limit(render_invalid(messages, page)?, error))
}

/// Redirects to one of our pages after a form, so that reloading does not send the form again.
pub(crate) fn redirect(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Redirects and sets a cookie.
pub(crate) fn redirect_with_cookie(path: &str, cookie: HeaderValue) -> Response {
    let mut response = redirect(path);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// A static file of the dashboard.
pub(crate) async fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
