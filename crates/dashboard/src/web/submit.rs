//! Every form leads to a page that can be reloaded, and runs once.
//!
//! A page that answers a form is kept for a moment, and the form is answered with a redirect to the page it came from,
//! where the kept page is shown once. Reloading shows the page it came from. A form that arrives twice, because its
//! button was pressed twice, leads where the first one led.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keystead_app::App;
use keystead_app::submissions::{KeptPage, Submission, SubmissionId};
use keystead_core::language::Language;
use keystead_core::time::Timestamp;

use crate::state::DashboardState;
use crate::web::extract::{Visitor, local_path};
use crate::web::form::{LONGEST, from_our_page, wants_json};
use crate::web::headers::holds_secret;
use crate::web::html::{RetryAt, html};
use crate::web::response::{Page, redirect};

/// The parameter that names a kept page.
const SHOWN: &str = "shown";
/// The field with the token of a page's forms.
pub(crate) const TOKEN: &str = "form";
/// How long a form that arrived twice waits for the first one, and how often it looks.
const WAITS: u32 = 150;
const WAIT: Duration = Duration::from_millis(100);
/// The largest page that is kept, in bytes; a longer one is answered directly.
const LARGEST_PAGE: usize = 1 << 20;

/// Where reloading the page that answers a form leads, when that is not the page with the form. An extension of the
/// response.
#[derive(Debug, Clone)]
struct ReloadsAs(String);

/// Marks the page that answers a form: reloading it leads to this address.
pub(crate) fn reloads_as(page: Page, address: String) -> Page {
    let mut response = page?;
    response.extensions_mut().insert(ReloadsAs(address));
    Ok(response)
}

/// Middleware of all pages.
pub(crate) async fn redirect_after_forms(
    State(state): State<DashboardState>,
    request: Request,
    next: Next,
) -> Response {
    if *request.method() == Method::POST {
        return submit(state, request, next).await;
    }
    let (mut parts, body) = request.into_parts();
    match take_page(&state, &mut parts).await {
        Some(page) => add_tokens(&state, page).await,
        None => add_tokens(&state, next.run(Request::from_parts(parts, body)).await).await,
    }
}

/// Takes the kept page that the address names, and removes its name from the address.
async fn take_page(state: &DashboardState, parts: &mut Parts) -> Option<Response> {
    let query = parts.uri.query().filter(|query| query.contains(SHOWN))?;
    let id = form_pairs(query).find(|(name, _)| name == SHOWN).and_then(|(_, id)| SubmissionId::parse(&id));
    parts.uri = without_marks(&parts.uri, &[SHOWN]).parse().ok()?;
    let (id, true) = (id?, parts.method == Method::GET) else { return None };
    let session = Visitor::from_request_parts(parts, state).await.ok()?.session;
    let user = session.as_ref().map(|(view, _)| &view.user);
    let page = state.app.take_page(id, user).await.ok()??;
    let language = [Language::English, Language::Polish, Language::Japanese];
    let language = language.into_iter().find(|language| language.tag() == page.language).unwrap_or(Language::English);
    let mut response = html(page.html, language.tag());
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    if let Some(at) = page.retry_at {
        response.extensions_mut().insert(RetryAt(Timestamp(at)));
    }
    Some(response)
}

/// Runs a form, once, and answers with a redirect.
async fn submit(state: DashboardState, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if !is_form(&parts.headers) || wants_json(&parts.headers) || !from_our_page(&parts.headers) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(body) = to_bytes(body, LONGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let visitor = match Visitor::from_request_parts(&mut parts, &state).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    let id = if form_pairs(std::str::from_utf8(&body).unwrap_or_default()).any(|(name, _)| name == TOKEN) {
        SubmissionId::of(visitor.session.as_ref().map(|(_, secret)| secret), &visitor.path, &body)
    } else {
        state.app.submission_id()
    };
    let user = visitor.session.as_ref().map(|(view, _)| &view.user);
    for _ in 0..WAITS {
        match state.app.begin_submission(id, user, visitor.context.origin).await {
            Ok(Submission::New) => return run(&state, id, parts, body, next).await,
            Ok(Submission::Finished(location)) => return redirect(&location),
            Ok(Submission::Running) => tokio::time::sleep(WAIT).await,
            // The handler says that the store does not answer.
            Err(_) => return next.run(Request::from_parts(parts, Body::from(body))).await,
        }
    }
    redirect(&page_of_form(&parts))
}

/// Runs a form and keeps the page that answers it.
async fn run(state: &DashboardState, id: SubmissionId, parts: Parts, body: Bytes, next: Next) -> Response {
    let mut unfinished = Unfinished(Some((state.app.clone(), id)));
    let from = page_of_form(&parts);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if response.status().is_redirection() {
        let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        if let Some(location) = location
            && state.app.finish_submission(id, location, None).await.is_ok()
        {
            unfinished.0 = None;
        }
        return response;
    }
    // What failed may be tried again with the same form.
    let failed = matches!(response.status(), StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE);
    if failed || !is_html(&response) {
        return response;
    }
    let (head, body) = response.into_parts();
    let reloads_as = head.extensions.get::<ReloadsAs>().map_or(from, |to| to.0.clone());
    let mark = if reloads_as.contains('?') { '&' } else { '?' };
    let location = format!("{reloads_as}{mark}{SHOWN}={id}");
    let Ok(body) = to_bytes(body, LARGEST_PAGE).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let language = head.headers.get(header::CONTENT_LANGUAGE).and_then(|tag| tag.to_str().ok());
    let page = KeptPage {
        status: head.status.as_u16(),
        language: language.unwrap_or_default().to_owned(),
        retry_at: head.extensions.get::<RetryAt>().map(|at| at.0.0),
        html: String::from_utf8_lossy(&body).into_owned(),
    };
    if state.app.finish_submission(id, &location, Some(&page)).await.is_err() {
        return Response::from_parts(head, Body::from(body));
    }
    unfinished.0 = None;
    let mut response = redirect(&location);
    for cookie in head.headers.get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

/// Forgets a submission that did not end, because it failed or its client disconnected.
struct Unfinished(Option<(App, SubmissionId)>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some((app, id)) = self.0.take() else { return };
        tokio::spawn(async move {
            if let Err(error) = app.forget_submission(id).await {
                tracing::debug!(%error, "a form that did not end could not be forgotten");
            }
        });
    }
}

/// Returns the page with the form: the address that the browser names, if it is ours. Browsers do not name an address that
/// contains a secret, and neither does this: then it is the address of the form itself, without its query.
fn page_of_form(parts: &Parts) -> String {
    let path = parts.uri.path();
    if holds_secret(path) {
        let capture = path.rfind("/capture/").map(|at| &path[..at + "/capture".len()]);
        return local_path(capture.unwrap_or(path)).to_owned();
    }
    let from = parts.headers.get(header::REFERER).and_then(|from| from.to_str().ok()?.parse::<Uri>().ok());
    let from = from.map(|from| without_marks(&from, &[SHOWN, "done"]));
    local_path(from.as_deref().unwrap_or_default()).to_owned()
}

/// Returns path and query without these parameters.
fn without_marks(uri: &Uri, marks: &[&str]) -> String {
    let pairs = form_pairs(uri.query().unwrap_or_default()).filter(|(name, _)| !marks.contains(&name.as_str()));
    let query = serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default();
    if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) }
}

fn form_pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    serde_urlencoded::from_str::<Vec<(String, String)>>(text).unwrap_or_default().into_iter()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/html"))
}

/// Gives every form of a page the page's token.
async fn add_tokens(state: &DashboardState, response: Response) -> Response {
    if !is_html(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let page = String::from_utf8_lossy(&body);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(with_tokens(&page, || state.app.form_token())))
}

/// Adds the field after the first tag of each form that is sent by POST.
fn with_tokens(page: &str, token: impl FnOnce() -> String) -> String {
    const FORM: &str = "<form method=\"post\"";
    if !page.contains(FORM) {
        return page.to_owned();
    }
    let field = format!("<input type=\"hidden\" name=\"{TOKEN}\" value=\"{}\">", token());
    let mut pieces = page.split(FORM);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        out.extend([FORM, tag, ">", &field, rest]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_gets_the_token() {
        let page = "<p><form method=\"post\" action=\"/a\"><input></form><form action=\"/b\"><form method=\"post\">x";
        let field = "<input type=\"hidden\" name=\"form\" value=\"7\">";
        let marked = format!(
            "<p><form method=\"post\" action=\"/a\">{field}<input></form><form action=\"/b\"><form method=\"post\">{field}x"
        );
        assert_eq!(with_tokens(page, || "7".to_owned()), marked);
        assert_eq!(with_tokens("<form action=\"/b\">", || unreachable!()), "<form action=\"/b\">");
    }

    #[test]
    fn marks_of_an_answer_are_removed() {
        let uri: Uri = "/a?project=p%26q&shown=00&done=saved&x=".parse().unwrap();
        assert_eq!(without_marks(&uri, &[SHOWN, "done"]), "/a?project=p%26q&x=");
        assert_eq!(without_marks(&"/a?shown=1".parse().unwrap(), &[SHOWN]), "/a");
    }
}
