//! The closed table of data-plane routes: other routes are not forwarded, so no route is unmetered or unguarded.

use crate::scope::Scope;

/// How a route's use is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeterKind {
    /// Nothing but the request itself: reads and management.
    Request,
    /// Tokens from `usage` in the body or the terminal event, as completions.
    Completion,
    /// Tokens from `usage`, as embeddings.
    Embedding,
    /// Images, and tokens where reported.
    Image,
    /// Characters of the input.
    Speech,
    /// Seconds of audio, or tokens where reported.
    Transcription,
    /// Requests and input tokens.
    Moderation,
}

/// Where the name of a route's model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelIn {
    /// There is none.
    Nowhere,
    /// In the last path segment.
    Path,
    /// In the field `model` of a JSON body.
    Json,
    /// In the part `model` of a multipart body, or the field `model` of a JSON one.
    Form,
}

/// A method of the data plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Create or change.
    Post,
    /// Remove.
    Delete,
}

impl Method {
    /// Parses the method's name. `HEAD` is handled as `GET`, without a body in the response.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below the host; `{id}` matches exactly one segment.
    pub path: &'static str,
    /// The scope that a caller needs.
    pub scope: Scope,
    /// How it is measured.
    pub meter: MeterKind,
    /// Where the model's name is.
    pub model: ModelIn,
}

impl Route {
    /// The query parameters that are forwarded, each with whether it may be repeated. Others are refused.
    #[must_use]
    pub fn parameters(&self) -> &'static [(&'static str, bool)] {
        match (self.method, self.path) {
            (Method::Get, "/v1/responses/{id}") => &[
                ("include", true),
                ("include[]", true),
                ("include_obfuscation", false),
                ("starting_after", false),
                ("stream", false),
            ],
            (Method::Get, "/v1/responses/{id}/input_items") => &[
                ("after", false),
                ("before", false),
                ("include", true),
                ("include[]", true),
                ("limit", false),
                ("order", false),
            ],
            (Method::Get, "/v1/files") => &[("after", false), ("limit", false), ("order", false), ("purpose", false)],
            (Method::Get, "/v1/batches") => &[("after", false), ("limit", false)],
            _ => &[],
        }
    }
}

const fn route(method: Method, path: &'static str, scope: Scope, meter: MeterKind, model: ModelIn) -> Route {
    Route { method, path, scope, meter, model }
}

/// Every route of the data plane.
pub static ROUTES: &[Route] = &[
    route(Method::Get, "/v1/models", Scope::ModelRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Get, "/v1/models/{id}", Scope::ModelRead, MeterKind::Request, ModelIn::Path),
    route(Method::Post, "/v1/chat/completions", Scope::ModelRequest, MeterKind::Completion, ModelIn::Json),
    route(Method::Post, "/v1/completions", Scope::ModelRequest, MeterKind::Completion, ModelIn::Json),
    route(Method::Post, "/v1/responses", Scope::ResponsesWrite, MeterKind::Completion, ModelIn::Json),
    route(Method::Post, "/v1/responses/input_tokens", Scope::ResponsesWrite, MeterKind::Request, ModelIn::Json),
    route(Method::Get, "/v1/responses/{id}", Scope::ResponsesRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Delete, "/v1/responses/{id}", Scope::ResponsesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/responses/{id}/cancel", Scope::ResponsesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Get, "/v1/responses/{id}/input_items", Scope::ResponsesRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/embeddings", Scope::ModelRequest, MeterKind::Embedding, ModelIn::Json),
    route(Method::Post, "/v1/images/generations", Scope::ModelRequest, MeterKind::Image, ModelIn::Json),
    route(Method::Post, "/v1/images/edits", Scope::ModelRequest, MeterKind::Image, ModelIn::Form),
    route(Method::Post, "/v1/audio/speech", Scope::ModelRequest, MeterKind::Speech, ModelIn::Json),
    route(Method::Post, "/v1/audio/transcriptions", Scope::ModelRequest, MeterKind::Transcription, ModelIn::Form),
    route(Method::Post, "/v1/audio/translations", Scope::ModelRequest, MeterKind::Transcription, ModelIn::Form),
    route(Method::Post, "/v1/moderations", Scope::ModelRequest, MeterKind::Moderation, ModelIn::Json),
    route(Method::Get, "/v1/files", Scope::FilesRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/files", Scope::FilesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Get, "/v1/files/{id}", Scope::FilesRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Delete, "/v1/files/{id}", Scope::FilesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Get, "/v1/files/{id}/content", Scope::FilesRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/uploads", Scope::FilesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/uploads/{id}/parts", Scope::FilesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/uploads/{id}/complete", Scope::FilesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/uploads/{id}/cancel", Scope::FilesWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Get, "/v1/batches", Scope::BatchRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/batches", Scope::BatchWrite, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Get, "/v1/batches/{id}", Scope::BatchRead, MeterKind::Request, ModelIn::Nowhere),
    route(Method::Post, "/v1/batches/{id}/cancel", Scope::BatchWrite, MeterKind::Request, ModelIn::Nowhere),
];

/// The route of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched<'p> {
    /// The row.
    pub route: &'static Route,
    /// The raw segment in place of `{id}`, still percent-encoded.
    pub id: Option<&'p str>,
}

/// Why a request has no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// No such path.
    Unknown,
    /// The path exists with other methods.
    Method,
}

/// Finds the route of a raw request path. One trailing slash is ignored; nothing is decoded or collapsed, so there is
/// exactly one reading of a path.
///
/// # Errors
/// [`NoRoute`] when no route matches.
pub fn find<'p>(method: &str, path: &'p str) -> Result<Matched<'p>, NoRoute> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut known = false;
    for route in ROUTES {
        let Some(id) = fits(route.path, path) else {
            continue;
        };
        known = true;
        if Method::from_name(method) == Some(route.method) {
            return Ok(Matched { route, id });
        }
    }
    Err(if known { NoRoute::Method } else { NoRoute::Unknown })
}

fn fits<'p>(template: &str, path: &'p str) -> Option<Option<&'p str>> {
    // One byte to search for: this runs over many templates for each request.
    let Some(at) = template.find('{') else {
        return (template == path).then_some(None);
    };
    let (before, after) = (template.get(..at)?, template.get(at..)?.strip_prefix("{id}")?);
    let id = path.strip_prefix(before)?.strip_suffix(after)?;
    // Requests for models are answered by the gateway, and model names may contain slashes:
    // `/v1/models/organization/name`.
    let fits = if template == "/v1/models/{id}" { id.split('/').all(is_segment) } else { is_segment(id) };
    (fits && !(template == "/v1/responses/{id}" && id == "input_tokens")).then_some(Some(id))
}

/// Whether this is one path segment that every reader takes literally.
fn is_segment(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'%' | b'@' | b'~' | b'+');
    !text.is_empty() && text != "." && text != ".." && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading() {
        // Spellings that another parser would read as a route of this table have no route.
        for path in [
            "",
            "/",
            "v1/models",
            "//v1/models",
            "/v1//models",
            "/v1/./models",
            "/v1/models/../files",
            "/V1/models",
            "/v1/models;x",
            "/v1/models%2f",
            "/v1%2fmodels",
            "/v1/models\\x",
            "/v1/models/a//b",
            "/v1/models/a/../b",
            "/v1/models//",
            "/v1/files/a/b",
            "/v1/files/../content",
            "/v1/chat/completions//",
            "/v1/responses/",
            "/v1/files/a b",
        ] {
            assert!(find("GET", path).is_err() || path == "/v1/responses/", "{path}");
        }
        assert_eq!(find("GET", "/v1/models/").map(|m| m.route.path), Ok("/v1/models"));
        assert_eq!(find("GET", "/v1/models/gpt-4o").map(|m| m.id), Ok(Some("gpt-4o")));
        assert_eq!(find("GET", "/v1/models/meta/llama-3").map(|m| m.id), Ok(Some("meta/llama-3")));
        assert_eq!(find("HEAD", "/v1/models").map(|m| m.route.path), Ok("/v1/models"));
        assert_eq!(find("HEAD", "/v1/chat/completions"), Err(NoRoute::Method));
        assert_eq!(find("PUT", "/v1/models"), Err(NoRoute::Method));
        assert_eq!(find("GET", "/v1/chat/completions"), Err(NoRoute::Method));
        assert_eq!(find("GET", "/v1/nothing"), Err(NoRoute::Unknown));
        assert_eq!(find("GET", "/v1/responses/input_tokens"), Err(NoRoute::Method));
    }
}
