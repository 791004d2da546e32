use std::collections::BTreeSet;

use keystead_core::route::{self, Method};
use serde_json::{Value, json};

use crate::document::document;
use crate::error_statuses::{ERROR_STATUSES, OAUTH_STATUSES};
use crate::examples::{answer_example, body_example};
use crate::groups::{GROUPS, operations};
use crate::members::Member;
use crate::operation::{Access, Answer, Operation};
use crate::samples::samples;

/// The address in the document of the repository; an installation's own document has its own.
const SERVER: &str = "http://127.0.0.1:8080";

fn plain_document() -> Value {
    serde_json::to_value(document(SERVER)).unwrap()
}

#[test]
fn the_document_of_the_repository_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == document(SERVER).pretty() + "\n", "docs/openapi.json is not current: run `cargo xtask openapi`");
}

#[test]
fn every_route_of_the_data_plane_has_a_row() {
    let verb = |method: Method| match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    };
    let names = |members: &[Member]| members.iter().map(|member| (member.name, member.is_list())).collect();
    let mut rows: BTreeSet<(&str, &str)> =
        operations().filter(|one| matches!(one.access, Access::Project(_))).map(|one| (one.method, one.path)).collect();
    for route in route::ROUTES {
        let key = (verb(route.method), route.path);
        assert!(rows.remove(&key), "{key:?} has no row in crates/reference/src/groups/requests.rs");
        let row = operations().find(|one| (one.method, one.path) == key).unwrap();
        assert_eq!(row.access, Access::Project(route.scope.as_str()), "{key:?}");
        // `include[]` is another spelling of `include`.
        let known = route.parameters().iter().copied().filter(|(name, _)| !name.ends_with("[]"));
        let documented: BTreeSet<(&str, bool)> = names(row.query);
        assert_eq!(documented, known.collect(), "{key:?}");
    }
    assert!(rows.is_empty(), "rows without a route: {rows:?}");
}

#[test]
fn names_are_given_once() {
    let mut seen = BTreeSet::new();
    for operation in operations() {
        assert!(seen.insert(operation.id), "{} twice", operation.id);
        assert!(seen.insert(operation.path) || operations().filter(|one| one.path == operation.path).count() > 1);
        let wanted = operation.path.matches('{').count();
        assert_eq!(
            operation.path_members().len(),
            wanted,
            "{}: a parameter of the path is not explained",
            operation.id
        );
    }
    for group in GROUPS {
        assert!(seen.insert(group.slug), "{} twice", group.slug);
    }
}

/// Objects of one name are one object, because the document has it once.
#[test]
fn objects_of_one_name_are_the_same() {
    let schemas = plain_document()["components"]["schemas"].clone();
    for operation in operations() {
        if let Answer::One(object) | Answer::Page(object) | Answer::NextPage(object) = operation.answer {
            let own = serde_json::to_value(object.schema()).unwrap();
            assert_eq!(schemas[object.name], own, "{}: two objects are called {}", operation.id, object.name);
        }
    }
}

#[test]
fn every_status_of_a_refusal_is_explained() {
    for operation in operations() {
        for status in operation.refusals() {
            assert!(operation.refusal(status).is_some(), "{}: {status}", operation.id);
        }
    }
    for status in ERROR_STATUSES.iter().chain(OAUTH_STATUSES) {
        let codes: Vec<&str> = status.codes.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted(), "{}: {codes:?}", status.status);
    }
}

/// Returns the schema with the definitions that it refers to.
fn standalone(document: &Value, schema: &Value) -> Value {
    json!({ "allOf": [schema], "components": document["components"] })
}

#[test]
fn examples_are_valid() {
    let document = plain_document();
    for operation in operations() {
        let described = &document["paths"][operation.path][operation.method.to_lowercase()];
        let answer = &described["responses"]["200"]["content"]["application/json"]["schema"];
        let sent = &described["requestBody"]["content"]["application/json"]["schema"];
        for (schema, example) in [(answer, answer_example(operation)), (sent, body_example(operation))] {
            let Some(example) = example.filter(|_| !schema.is_null()) else { continue };
            let example = serde_json::to_value(example).unwrap();
            let validator = jsonschema::validator_for(&standalone(&document, schema)).unwrap();
            let faults: Vec<String> =
                validator.iter_errors(&example).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
            assert!(faults.is_empty(), "{}: {faults:?} in {example}", operation.id);
        }
    }
}

/// The model server says what a file contains, and null counts as an absent body.
#[test]
fn files_and_absent_bodies_are_described() {
    let document = plain_document();
    for operation in operations() {
        let described = &document["paths"][operation.path][operation.method.to_lowercase()];
        if matches!(operation.answer, Answer::File) {
            assert!(described["responses"]["200"]["content"]["*/*"].is_object(), "{}", operation.id);
        }
        let sent = &described["requestBody"];
        if !operation.is_forwarded() && sent["required"] == false {
            let kinds = &sent["content"]["application/json"]["schema"]["type"];
            assert_eq!(*kinds, json!(["object", "null"]), "{}", operation.id);
        }
    }
}

#[test]
fn schemas_are_schemas() {
    let document = plain_document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
    }
    // Every reference leads to something.
    let mut text = document.to_string();
    while let Some(at) = text.find("\"$ref\":\"#/") {
        text = text.split_off(at + "\"$ref\":\"#".len());
        let target = text.split('"').next().unwrap();
        assert!(document.pointer(target).is_some(), "{target}");
    }
}

#[test]
fn examples_of_requests_name_the_installation() {
    let row = |id: &str| operations().find(|one| one.id == id).unwrap();
    let texts = |operation: &Operation| samples(operation, "https://keys.example/v1").map(|one| one.text);
    let [curl, python, node] = texts(row("createProject"));
    assert_eq!(
        curl,
        "curl \"https://keys.example/v1/organization/projects\" \\\n  -H \"Authorization: Bearer $OPENAI_ADMIN_KEY\" \
         \\\n  -H \"Content-Type: application/json\" \\\n  -d '{\n    \"name\": \"Search\"\n  }'"
    );
    assert!(python.contains("client.admin.organization.projects.create(name=\"Search\")"), "{python}");
    assert!(node.contains("client.admin.organization.projects.create({ name: \"Search\" })"), "{node}");
    let [curl, _, node] = texts(row("deleteAdminApiKey"));
    assert!(curl.starts_with("curl -X DELETE \"https://keys.example/v1/organization/admin_api_keys/key_abc123\""));
    assert!(node.contains("client.admin.organization.adminAPIKeys.delete(\"key_abc123\")"), "{node}");
}
