//! Every form leads to a page that can be reloaded, and runs once.
//!
//! A page that answers a form is kept for a moment, and the form is answered with a redirect to the page it came from,
//! where the kept page is shown once. Reloading shows the page it came from. A form that arrives twice, because its
//! button was pressed twice, waits for the first one and leads where that led. After a while it stops waiting and leads to
//! a page that says so, with a link that looks again.

use std::time::Duration;

use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, response};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keystead_app::App;
use keystead_app::submissions::{FormAnswer, Kept, KeptPage, Sender, Submission, SubmissionId};
use keystead_core::time::Timestamp;
use keystead_locales::Messages;

use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::PageError;
use crate::web::extract::{Visitor, local_path};
use crate::web::form::{LONGEST, from_our_page, wants_json};
use crate::web::headers::holds_secret;
use crate::web::html::{RetryAt, html};
use crate::web::response::{Page, redirect, render};

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
    if request.extensions().get::<MatchedPath>().is_none() {
        return next.run(request).await;
    }
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
    let id = form_pairs(query).find(|(name, _)| name == SHOWN).and_then(|(_, id)| SubmissionId::parse(&id))?;
    let with_mark = parts.uri.clone();
    parts.uri = without_marks(&parts.uri, &[SHOWN]).parse().ok()?;
    // A browser that loads a page in advance does not show it.
    if parts.method != Method::GET || parts.headers.contains_key("sec-purpose") {
        return None;
    }
    let visitor = Visitor::from_request_parts(parts, state).await.ok()?;
    let page = match state.app.open_answer_of(id, sender(&visitor)).await.ok()? {
        Kept::Page(page) => page,
        Kept::Moved(answer) => return Some(redirect_to(&answer)),
        Kept::Running => return Some(still_running(&visitor, &with_mark)),
        Kept::Nothing => {
            // A person who is not signed in any more finds the page after they have signed in again.
            if visitor.session.is_none() {
                parts.uri = with_mark;
            }
            return None;
        }
    };
    let mut response = html(page.html, Messages::of(&page.language).0.tag());
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::OK);
    if let Some(at) = page.retry_at {
        response.extensions_mut().insert(RetryAt(Timestamp(at)));
    }
    Some(response)
}

/// The page for a form that is still being worked on: its link looks again.
fn still_running(visitor: &Visitor, here: &Uri) -> Response {
    let page = StillRunning { t: visitor.messages, again: here.to_string() };
    render(visitor.messages, &page).unwrap_or_else(IntoResponse::into_response)
}

#[derive(Template)]
#[template(path = "pages/still_running.html")]
struct StillRunning {
    t: Messages,
    again: String,
}

fn sender(visitor: &Visitor) -> Sender<'_> {
    Sender { user: visitor.session.as_ref().map(|(view, _)| &view.user), origin: visitor.context.origin }
}

/// Runs a form, once, and answers with a redirect.
async fn submit(state: DashboardState, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let kind = FormKind::of(&parts.headers);
    if kind == FormKind::None || wants_json(&parts.headers) || !from_our_page(&parts.headers) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let visitor = match Visitor::from_request_parts(&mut parts, &state).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    let (id, body) = match kind {
        FormKind::Fields => {
            let Ok(body) = to_bytes(body, LONGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
            (id_of(&state, &visitor, &parts, &body), Body::from(body))
        }
        FormKind::Files | FormKind::None => (state.app.random_submission(), body),
    };
    let mut known = state.app.begin_submission(id, sender(&visitor)).await;
    for waits in 0..WAITS {
        match known {
            Ok(Submission::New) => {
                if waits == 0 {
                    // The handler needs the same session, and reads it only if it may have changed meanwhile.
                    parts.extensions.insert(visitor);
                }
                return run(&state, id, parts, body, next).await;
            }
            Ok(Submission::Answered(answer)) => return redirect_to(&answer),
            Ok(Submission::Running) => tokio::time::sleep(WAIT).await,
            // A form that cannot be told from one that has run does not run.
            Err(error) => return PageError::new(visitor.messages, error).into_response(),
        }
        known = match state.app.poll_submission(id).await {
            Ok(Submission::New) => state.app.begin_submission(id, sender(&visitor)).await,
            other => other,
        };
    }
    redirect(&with_answer(&page_of_form(&parts), id))
}

/// Adds the name of a form's answer to an address.
fn with_answer(address: &str, id: SubmissionId) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{SHOWN}={id}")
}

/// The id of a form: derived from it if it carries the token of a page, else random.
fn id_of(state: &DashboardState, visitor: &Visitor, parts: &Parts, body: &[u8]) -> SubmissionId {
    let fields = std::str::from_utf8(body).unwrap_or_default();
    if form_pairs(fields).any(|(name, _)| name == TOKEN) {
        // The cookie as it was sent: a form that is sent again may come with a session that the first one has replaced.
        let session = Cookie::Session.read(&parts.headers, state.secure());
        return state.app.submission_of(session.as_ref(), &visitor.path, fields);
    }
    state.app.random_submission()
}

/// Runs a form and keeps its answer.
async fn run(state: &DashboardState, id: SubmissionId, parts: Parts, body: Body, next: Next) -> Response {
    let mut unfinished = Unfinished(Some((state.app.clone(), id)));
    let from = page_of_form(&parts);
    let response = next.run(Request::from_parts(parts, body)).await;
    // What failed may be tried again with the same form.
    let failed = matches!(response.status(), StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE);
    if failed || !(is_html(&response) || response.status().is_redirection()) {
        return response;
    }
    let (head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let answer = answer_of(&head, &body, id, from);
    let kept = state.app.finish_submission(id, &answer).await;
    if kept.is_ok() {
        unfinished.0 = None;
    }
    if answer.page.is_some() && kept == Ok(true) {
        return redirect_to(&answer);
    }
    Response::from_parts(head, Body::from(body))
}

/// Describes what a handler answered to a form.
fn answer_of(head: &response::Parts, body: &[u8], id: SubmissionId, from: String) -> FormAnswer {
    let text = |name: header::HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let cookies = head.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()).map(str::to_owned).collect();
    if head.status.is_redirection() {
        return FormAnswer { location: text(header::LOCATION).unwrap_or("/").to_owned(), cookies, page: None };
    }
    let reloads_as = head.extensions.get::<ReloadsAs>().map_or(from, |to| to.0.clone());
    let page = KeptPage {
        status: head.status.as_u16(),
        language: text(header::CONTENT_LANGUAGE).unwrap_or_default().to_owned(),
        retry_at: head.extensions.get::<RetryAt>().map(|at| at.0.0),
        html: String::from_utf8_lossy(body).into_owned(),
    };
    let page = Some(page).filter(|page| page.html.len() <= LARGEST_PAGE);
    FormAnswer { location: with_answer(&reloads_as, id), cookies, page }
}

fn redirect_to(answer: &FormAnswer) -> Response {
    let mut response = redirect(&answer.location);
    for cookie in answer.cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
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
pub(crate) fn page_of_form(parts: &Parts) -> String {
    let path = parts.uri.path();
    if path == "/invite/join" {
        return "/invite".to_owned();
    }
    if holds_secret(path) {
        let capture = path.rfind("/capture/").map(|at| &path[..at + "/capture".len()]);
        return local_path(capture.unwrap_or(path)).to_owned();
    }
    local_path(page_before(&parts.headers).as_deref().unwrap_or_default()).to_owned()
}

/// Returns path and query of the page that the browser names as the one it comes from, without the marks of an answer.
/// Browsers read a path that begins with `//` as a host, so a redirect goes through [`local_path`].
pub(crate) fn page_before(headers: &HeaderMap) -> Option<String> {
    let from = headers.get(header::REFERER)?.to_str().ok()?.parse::<Uri>().ok()?;
    Some(without_marks(&from, &[SHOWN, "done"]))
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

/// How the fields of a form are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FormKind {
    Fields,
    /// With files, which are not read here.
    Files,
    None,
}

impl FormKind {
    fn of(headers: &HeaderMap) -> Self {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Self::Fields,
            "multipart/form-data" => Self::Files,
            _ => Self::None,
        }
    }
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

/// Adds the field after the tag of each form that is sent by POST.
fn with_tokens(page: &str, token: impl FnOnce() -> String) -> String {
    const FORM: &str = "<form ";
    let is_sent = |tag: &str| tag.contains("method=\"post\"");
    let tags = || page.split(FORM).skip(1).map(|piece| piece.split_once('>').unwrap_or((piece, "")));
    if !tags().any(|(tag, _)| is_sent(tag)) {
        return page.to_owned();
    }
    let field = format!("<input type=\"hidden\" name=\"{TOKEN}\" value=\"{}\">", token());
    let mut out = page.split(FORM).next().unwrap_or_default().to_owned();
    for (tag, rest) in tags() {
        out.extend([FORM, tag, ">", if is_sent(tag) { &field } else { "" }, rest]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_gets_the_token() {
        let page =
            "<p><form method=\"post\" action=\"/a\"><input></form><form action=\"/b\"><form id=\"c\" method=\"post\">x";
        let field = "<input type=\"hidden\" name=\"form\" value=\"7\">";
        let marked = format!(
            "<p><form method=\"post\" action=\"/a\">{field}<input></form><form action=\"/b\"><form id=\"c\" method=\"post\">{field}x"
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
