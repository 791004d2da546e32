//! The reference of the API is true: every route has its row with the same names and permission, and every request and
//! answer of these tests is as the document says.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use keystead_api::{Endpoint, Permission, ROUTES};
use keystead_reference::{Access, Member, Operation, document, operations};
use serde_json::{Value, json};

use crate::sketch;
use crate::world::Answer;

/// Where rows are added.
const PLACE: &str = "crates/reference/src/groups";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(document("")).unwrap());
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Whether a path is one of a template.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (template.split('/'), path.split('/'));
    wanted.by_ref().zip(parts.by_ref()).all(|(one, part)| one == part || (one.starts_with('{') && !part.is_empty()))
        && template.split('/').count() == path.split('/').count()
}

/// The row of a request; exact paths first.
fn row(method: &str, path: &str) -> Option<&'static Operation> {
    let rows = || operations().filter(|one| one.method == method);
    rows().find(|one| one.path == path).or_else(|| rows().find(|one| fits(one.path, path)))
}

fn validator(place: &str) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().unwrap();
    let made = known.entry(place.to_owned()).or_insert_with(|| {
        let schema = DOCUMENT.pointer(place).unwrap_or_else(|| panic!("nothing at {place}"));
        let whole = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
        Arc::new(jsonschema::validator_for(&whole).unwrap())
    });
    Arc::clone(made)
}

/// What a value has that the schema at a place of the document does not allow.
fn faults(place: &str, value: &Value) -> Vec<String> {
    validator(place).iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

/// A part of a path as a JSON pointer writes it.
fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Checks a request and its answer against the document. Requests without a route, and deliveries, are not in it.
pub(crate) fn check(method: &str, path: &str, sent: &[u8], answer: &Answer) {
    let Some(row) = row(method, path) else {
        let known = path.starts_with("/webhooks/") || [401, 404, 405].contains(&answer.status);
        let endpoint = ROUTES.iter().find(|one| one.method == method && fits(one.path, path));
        let sketch = endpoint.map(|endpoint| sketch::row(endpoint, (answer.status == 200).then_some(&answer.body)));
        let sketch = sketch.unwrap_or_default();
        assert!(known, "{method} {path} answered {} and has no row in {PLACE}:\n\n{sketch}\n", answer.status);
        return;
    };
    let (id, status) = (row.id, answer.status);
    let place = format!("/paths/{}/{}", escaped(row.path), method.to_lowercase());
    if status == 200 {
        let content = format!("{place}/responses/200/content/application~1json/schema");
        let wrong = faults(&content, &answer.body);
        assert!(wrong.is_empty(), "{id}: the answer is not as {PLACE} says: {wrong:#?} in {}", answer.body);
        if let Ok(body @ Value::Object(_)) = serde_json::from_slice(sent)
            && method != "GET"
            && body != json!({})
        {
            let wrong = faults(&format!("{place}/requestBody/content/application~1json/schema"), &body);
            assert!(wrong.is_empty(), "{id}: an accepted body is not as {PLACE} says: {wrong:#?} in {body}");
        }
        return;
    }
    assert!(row.refusals().contains(&status), "{id} answered {status}: name it with `.or(&[{status}])` in {PLACE}");
    let known = row.refusal(status).unwrap();
    let content = format!("/components/responses/{}/content/application~1json/schema", known.name);
    let wrong = faults(&content, &answer.body);
    assert!(wrong.is_empty(), "{id}: the error is not as described: {wrong:#?} in {}", answer.body);
    let error = &answer.body["error"];
    if let Some(code) = if row.oauth { error.as_str() } else { error["code"].as_str() } {
        let listed = known.codes.iter().any(|(one, _)| *one == code);
        assert!(listed, "the code {code} of {status} has no row in crates/reference/src/error_statuses.rs");
    }
}

/// The names of lists, or those of parameters with one value.
fn named(members: &[Member], lists: bool) -> BTreeSet<&'static str> {
    members.iter().filter(|member| member.is_list() == lists).map(|member| member.name).collect()
}

fn set(names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().collect()
}

fn access(endpoint: &Endpoint) -> Access {
    match endpoint.permission {
        Permission::Scope(scope) => Access::Admin(scope.as_str()),
        Permission::AnyKey => Access::AnyKey,
        Permission::Operator => Access::Operator,
    }
}

#[test]
fn every_route_has_a_row() {
    let mut rows: BTreeSet<(&str, &str)> = operations()
        .filter(|one| !matches!(one.access, Access::Project(_) | Access::Nobody))
        .map(|one| (one.method, one.path))
        .collect();
    let missing = ROUTES.iter().filter(|one| {
        let described = operations().any(|row| (row.method, row.path) == (one.method.as_str(), one.path));
        !described
    });
    let missing: Vec<String> = missing.map(|endpoint| sketch::row(endpoint, None)).collect();
    assert!(missing.is_empty(), "routes without a row in {PLACE}:\n\n{}\n", missing.join("\n"));
    for endpoint in ROUTES {
        let key = (endpoint.method.as_str(), endpoint.path);
        let row = operations().find(|one| (one.method, one.path) == key).unwrap();
        rows.remove(&key);
        let accepted = endpoint.accepted;
        assert_eq!(row.access, access(endpoint), "{}", row.id);
        assert_eq!(named(row.query, false), set(accepted.one), "{}: query", row.id);
        assert_eq!(named(row.query, true), set(accepted.many), "{}: lists in the query", row.id);
        let body: BTreeSet<&str> = row.body.iter().map(|member| member.name).collect();
        assert_eq!(body, set(accepted.body), "{}: body", row.id);
        assert_eq!(set(row.unsupported), set(accepted.unsupported), "{}: unsupported", row.id);
    }
    assert!(rows.is_empty(), "rows without a route: {rows:?}");
}
