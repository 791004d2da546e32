//! The URL that is sent upstream: the route's own path with the checked id in it, and the query parameters the route
//! knows. The client's raw URL is never forwarded, so that no other reader can find another route or parameter in it.

use http::Uri;
use http::uri::PathAndQuery;
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::{Matched, Route};
use keystead_core::text::printable;

use crate::response::error_body::bad_body;

/// Parameters that some clients always add and that mean nothing here; they are removed.
const IGNORED: [&str; 2] = ["api-version", "client_version"];

/// Returns the canonical URL of a request; `None` when the client wrote it in that form.
pub(crate) fn canonical(matched: &Matched<'_>, uri: &Uri) -> Result<Option<PathAndQuery>, ErrorResponse> {
    let path = matched.route.path;
    if uri.query().is_none() && uri.path() == path {
        return Ok(None);
    }
    let mut target = match matched.id {
        None => path.to_owned(),
        // Upstreams never issue an id that needs encoding.
        Some(id) if id.contains('%') => return Err(no_object(id)),
        Some(id) => path.replace("{id}", id),
    };
    let query = parameters(matched.route, uri.query().unwrap_or_default())?;
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query);
    }
    target.parse().map(Some).map_err(|_| bad_body("The address of this request cannot be sent on."))
}

/// Returns the known parameters in their one encoding.
fn parameters(route: &Route, query: &str) -> Result<String, ErrorResponse> {
    let mut written = form_urlencoded::Serializer::new(String::new());
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if IGNORED.contains(&&*name) {
            continue;
        }
        let known = route.parameters().iter().find(|(known, _)| *known == name);
        let Some((known, repeated)) = known else {
            let message =
                format!("Unknown parameter: '{}'. This route does not take it in its address.", printable(&name));
            return Err(ErrorResponse::invalid(400, Some("unknown_parameter"), message));
        };
        if seen.contains(known) && !repeated {
            return Err(bad_body(format!("The parameter '{known}' appears twice in the address.")).with_param(known));
        }
        seen.push(known);
        if *known == "stream" && !matches!(&*value, "true" | "false") {
            return Err(bad_body("The parameter 'stream' must be 'true' or 'false'.").with_param("stream"));
        }
        written.append_pair(known, &value);
    }
    Ok(written.finish())
}

/// Whether a canonical URL requests a stored response as a stream.
pub(crate) fn streams(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|parameter| parameter == "stream=true"))
}

/// The error for an object that does not exist or belongs to another organization: the same for both.
pub(crate) fn no_object(object: &str) -> ErrorResponse {
    ErrorResponse::invalid(404, None, format!("No such object: {}.", printable(object))).with_param("id")
}

#[cfg(test)]
mod tests {
    use keystead_core::route;

    use super::*;

    fn read(path: &str, query: &str) -> Result<(String, bool), ErrorResponse> {
        let matched = route::find("GET", path).unwrap();
        let uri: Uri = if query.is_empty() { path.parse() } else { format!("{path}?{query}").parse() }.unwrap();
        let target = canonical(&matched, &uri)?.map_or(uri, Uri::from);
        Ok((target.to_string(), streams(&target)))
    }

    #[test]
    fn known_parameters_pass_in_one_spelling() {
        for (path, query, target, stream) in [
            ("/v1/files", "", "/v1/files", false),
            ("/v1/files/", "", "/v1/files", false),
            ("/v1/files/file-1", "", "/v1/files/file-1", false),
            ("/v1/files", "limit=2&after=file-1", "/v1/files?limit=2&after=file-1", false),
            ("/v1/files", "%6cimit=2&", "/v1/files?limit=2", false),
            ("/v1/files", "purpose=a;model=o3", "/v1/files?purpose=a%3Bmodel%3Do3", false),
            ("/v1/files", "purpose=a+b%26model%3Do3", "/v1/files?purpose=a+b%26model%3Do3", false),
            ("/v1/files", "api-version=preview&client_version=1", "/v1/files", false),
            (
                "/v1/responses/resp_1/",
                "stream=true&starting_after=4&include[]=a&include%5B%5D=b",
                "/v1/responses/resp_1?stream=true&starting_after=4&include%5B%5D=a&include%5B%5D=b",
                true,
            ),
            ("/v1/responses/resp_1", "stream=false", "/v1/responses/resp_1?stream=false", false),
        ] {
            assert_eq!(read(path, query), Ok((target.to_owned(), stream)), "{path}?{query}");
        }
    }

    #[test]
    fn other_parameters_are_named_and_refused() {
        for (path, query, named) in [
            ("/v1/files", "model=o3", "'model'"),
            ("/v1/files", "Limit=2", "'Limit'"),
            ("/v1/files", "limit=1&limit=2", "'limit' appears twice"),
            ("/v1/files", "after=a&%61fter=b", "'after' appears twice"),
            ("/v1/files", "limit[]=2", "'limit[]'"),
            ("/v1/files/file-1", "limit=2", "'limit'"),
            ("/v1/batches", "order=asc", "'order'"),
            ("/v1/responses/resp_1", "stream=True", "'stream' must be"),
            ("/v1/responses/resp_1", "stream=1", "'stream' must be"),
            ("/v1/responses/resp_1", "stream", "'stream' must be"),
            ("/v1/responses/resp_1", "stream=false&stream=true", "'stream' appears twice"),
        ] {
            let wire = read(path, query).unwrap_err();
            assert!(wire.status == 400 && wire.message.contains(named), "{path}?{query}: {}", wire.message);
        }
        assert_eq!(read("/v1/files/file%2D1", "").unwrap_err().status, 404);
    }
}
