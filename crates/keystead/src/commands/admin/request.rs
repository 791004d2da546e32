//! A request of a command to the Administration API.

use clap::Args;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::cli_error::CliError;

/// What is encoded within a part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The rows of one request for a list.
const PAGE: u32 = 100;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

impl Request {
    fn new(method: Method, prefix: &str, parts: &[&str], body: Option<Value>) -> Self {
        let mut path = prefix.to_owned();
        for part in parts {
            path.push('/');
            path.extend(utf8_percent_encode(part, PART));
        }
        Self { method, path, query: Vec::new(), body }
    }

    /// A request that changes nothing. The parts follow the prefix in the path.
    pub(super) fn get(prefix: &str, parts: &[&str]) -> Self {
        Self::new(Method::GET, prefix, parts, None)
    }

    /// A request with a body. Fields that are null are left out: null means something in some endpoints.
    pub(super) fn post(prefix: &str, parts: &[&str], mut body: Value) -> Self {
        if let Value::Object(fields) = &mut body {
            fields.retain(|_, value| !value.is_null());
        }
        Self::new(Method::POST, prefix, parts, Some(body))
    }

    /// A request that removes something.
    pub(super) fn delete(prefix: &str, parts: &[&str]) -> Self {
        Self::new(Method::DELETE, prefix, parts, None)
    }

    /// Adds a parameter, if it has a value.
    pub(super) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Adds a parameter with several values.
    pub(super) fn with_all(mut self, name: &'static str, values: &[String]) -> Self {
        self.query.extend(values.iter().map(|value| (name, value.clone())));
        self
    }

    /// Path and query.
    pub(super) fn uri(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query = Serializer::new(String::new()).extend_pairs(&self.query).finish();
        format!("{}?{query}", self.path)
    }
}

/// The part of a list that is wanted.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Window {
    /// Show at most this many; without it, the whole list, up to 50,000 rows.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Begin after the item with this id, or at the next of an earlier answer.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

impl Window {
    /// The same with this limit, unless another one was given.
    pub(super) fn or_limit(self, limit: u32) -> Self {
        Self { limit: self.limit.or(Some(limit)), ..self }
    }
}

/// A list that is read page by page.
pub(super) struct Pages {
    request: Request,
    left: Option<u32>,
    after: Option<String>,
    has_more: bool,
    /// Whether the pages name the next one in `next`, as lists of groups and roles do.
    names_next: bool,
}

impl Pages {
    pub(super) fn new(request: Request, window: Window) -> Self {
        Self { request, left: window.limit, after: window.after, has_more: true, names_next: false }
    }

    /// The request for the next page; `None` when everything wanted was read.
    pub(super) fn request(&self) -> Option<Request> {
        let size = self.left.map_or(PAGE, |left| left.min(PAGE));
        let wanted = self.has_more && size > 0;
        wanted.then(|| self.request.clone().with("limit", Some(size)).with("after", self.after.as_ref()))
    }

    /// Takes the answer to a request for a page, and returns its rows. An answer without rows is an error and not the
    /// end of the list.
    pub(super) fn take(&mut self, mut page: Value) -> Result<Vec<Value>, CliError> {
        let Some(Value::Array(rows)) = page.get_mut("data").map(Value::take) else {
            return Err(CliError::Other("the answer is no list".to_owned()));
        };
        let read = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        self.left = self.left.map(|left| left.saturating_sub(read));
        self.names_next = page.get("next").is_some();
        self.after = page["last_id"].as_str().or_else(|| page["next"].as_str()).map(str::to_owned);
        // A page without a last row has no next one.
        self.has_more = page["has_more"] == true && self.after.is_some();
        Ok(rows)
    }

    /// The whole list in the form of one page.
    pub(super) fn list(&self, rows: Vec<Value>) -> Value {
        if self.names_next {
            let next = self.after.as_ref().filter(|_| self.has_more);
            return json!({ "object": "list", "data": rows, "has_more": self.has_more, "next": next });
        }
        let id = |row: Option<&Value>| row.map_or(Value::Null, |row| row["id"].clone());
        let (first, last) = (id(rows.first()), id(rows.last()));
        json!({ "object": "list", "first_id": first, "last_id": last, "has_more": self.has_more, "data": rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_stays_within_its_part_of_the_path() {
        let of = |id: &str| Request::get("/v1/organization/projects", &[id, "archive"]).uri();
        assert_eq!(of("proj_a"), "/v1/organization/projects/proj_a/archive");
        assert_eq!(of("../users?x=1#y"), "/v1/organization/projects/..%2Fusers%3Fx%3D1%23y/archive");
        assert_eq!(of("é\n"), "/v1/organization/projects/%C3%A9%0A/archive");
        let query = Request::get("/v1/x", &[]).with("after", Some("a&limit=1")).with("none", None::<u32>);
        assert_eq!(query.uri(), "/v1/x?after=a%26limit%3D1");
    }

    #[test]
    fn fields_without_a_value_are_not_sent() {
        let body = Request::post("/v1/x", &[], json!({ "name": null, "scopes": [] })).body;
        assert_eq!(body, Some(json!({ "scopes": [] })));
    }

    #[test]
    fn a_list_ends_with_its_last_page_or_its_limit() {
        let page = |ids: &[u32], has_more: bool| {
            let rows: Vec<Value> = ids.iter().map(|id| json!({ "id": id.to_string() })).collect();
            json!({ "data": rows, "last_id": rows.last().map(|row| row["id"].clone()), "has_more": has_more })
        };
        let list = |limit, after: Option<&str>| {
            Pages::new(Request::get("/v1/x", &[]), Window { limit, after: after.map(str::to_owned) })
        };
        let uri = |pages: &Pages| pages.request().map(|request| request.uri());
        let mut all = list(None, None);
        assert_eq!(uri(&all).as_deref(), Some("/v1/x?limit=100"));
        assert_eq!(all.take(page(&[1, 2], true)).unwrap().len(), 2);
        assert_eq!(uri(&all).as_deref(), Some("/v1/x?limit=100&after=2"));
        all.take(page(&[3], false)).unwrap();
        assert_eq!(uri(&all), None);
        let mut some = list(Some(150), Some("0"));
        assert_eq!(uri(&some).as_deref(), Some("/v1/x?limit=100&after=0"));
        some.take(page(&(1..=100).collect::<Vec<_>>(), true)).unwrap();
        assert_eq!(uri(&some).as_deref(), Some("/v1/x?limit=50&after=100"));
        some.take(page(&(101..=150).collect::<Vec<_>>(), true)).unwrap();
        assert_eq!((uri(&some), some.list(Vec::new())["has_more"].clone()), (None, json!(true)));
        let mut bounded = Pages::new(Request::get("/v1/x", &[]), Window::default().or_limit(2));
        bounded.take(page(&[1, 2], true)).unwrap();
        assert_eq!((uri(&bounded), bounded.list(Vec::new())["has_more"].clone()), (None, json!(true)), "a bound");
        let mut named = list(Some(1), None);
        named.take(json!({ "data": [{ "id": "a" }], "has_more": true, "next": "n1" })).unwrap();
        let part = named.list(vec![json!({ "id": "a" })]);
        assert_eq!(part, json!({ "object": "list", "data": [{ "id": "a" }], "has_more": true, "next": "n1" }));
        let mut named = list(None, Some("n1"));
        named.take(json!({ "data": [], "has_more": false, "next": null })).unwrap();
        assert_eq!(named.list(Vec::new()), json!({ "object": "list", "data": [], "has_more": false, "next": null }));
        let mut broken = list(None, None);
        broken.take(page(&[], true)).unwrap();
        assert_eq!(uri(&broken), None, "a page without rows");
        for answer in [Value::Null, json!({}), json!({ "data": null }), json!([])] {
            assert!(list(None, None).take(answer).is_err(), "no list");
        }
    }
}
