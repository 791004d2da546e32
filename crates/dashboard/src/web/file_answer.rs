//! Answers that are files and not pages: tables to download, pictures of documents. The middleware of headers treats an
//! answer as data only if it has the mark that is set here; an error page at the same address stays a page.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The mark of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IsFile;

/// What a file contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A table, saved under this name.
    Csv { disposition: &'static str },
    /// Data for programs, saved under this name.
    Json { disposition: &'static str },
    /// A picture of a document. Browsers show it and do not download it by themselves, so that none is left in a
    /// download folder.
    Jpeg,
}

/// Answers with a file that no cache keeps.
pub(crate) fn file_answer(kind: FileKind, body: impl Into<Body>) -> Response {
    let (content_type, disposition) = match kind {
        FileKind::Csv { disposition } => ("text/csv; charset=utf-8", disposition),
        FileKind::Json { disposition } => ("application/json", disposition),
        FileKind::Jpeg => ("image/jpeg", "inline"),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut response = (headers, body.into()).into_response();
    response.extensions_mut().insert(IsFile);
    response
}

/// Middleware of pictures: refuses requests from other sites before anything is looked up, also without a session.
pub(crate) async fn only_on_our_pages(request: Request, next: Next) -> Response {
    match from_our_page(request.headers()) {
        true => next.run(request).await,
        false => StatusCode::FORBIDDEN.into_response(),
    }
}

/// Whether a picture is shown on one of our pages, or opened from one. Browsers say both.
fn from_our_page(headers: &HeaderMap) -> bool {
    let says =
        |name: &str, allowed: &[&str]| headers.get(name).is_none_or(|said| allowed.iter().any(|one| said == one));
    says("sec-fetch-dest", &["image", "document"]) && says("sec-fetch-site", &["same-origin"])
}
