//! The OpenAPI document.

use serde_json::{Value, json};

use crate::error_statuses::{ERROR_STATUSES, ErrorStatus, OAUTH_STATUSES};
use crate::examples::{answer_example, body_example};
use crate::groups::{GROUPS, operations};
use crate::json::Json;
use crate::members::{Kind, Member};
use crate::object::Object;
use crate::operation::{Access, Answer, Operation};
use crate::samples::samples;
use crate::schema::{object, or_null, reference};

const ABOUT: &str = "The API of a Keystead installation: requests for models, which are decided, counted and forwarded \
    to model servers, and the administration of the organization, its projects, people and keys. Paths, fields and \
    errors are those of OpenAI's API, so that its SDKs work with another base URL; what only Keystead has is below \
    `/v1/keystead`. Times are Unix seconds. Names that an operation does not take are refused with 400.";

/// Returns the document. `server` is the address of the installation without a slash at the end.
#[must_use]
pub fn document(server: &str) -> Json {
    let info = Json::EMPTY.with("title", "Keystead").with("version", env!("CARGO_PKG_VERSION"));
    let info = info
        .with("description", ABOUT)
        .with("license", json!({ "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }));
    let tags = GROUPS.iter().map(|group| Json::EMPTY.with("name", group.name).with("description", group.about));
    Json::EMPTY
        .with("openapi", "3.1.0")
        .with("info", info)
        .with("servers", vec![Json::EMPTY.with("url", server)])
        .with("tags", tags.collect::<Vec<_>>())
        .with("paths", paths(server))
        .with("components", components())
}

fn paths(server: &str) -> Json {
    let base_url = format!("{server}/v1");
    let mut paths: Vec<(String, Json)> = Vec::new();
    for group in GROUPS {
        for operation in group.operations {
            let entry = described(operation, group.name, &base_url);
            let verb = operation.method.to_lowercase();
            match paths.iter_mut().find(|(path, _)| path == operation.path) {
                Some((_, Json::Object(verbs))) => verbs.push((verb, entry)),
                _ => paths.push((operation.path.to_owned(), Json::EMPTY.with(&verb, entry))),
            }
        }
    }
    Json::Object(paths)
}

/// One operation.
fn described(operation: &Operation, group: &str, base_url: &str) -> Json {
    let permission = format!("Access: {}", operation.access.words());
    let about = if operation.about.is_empty() { permission } else { format!("{}\n\n{permission}", operation.about) };
    let mut entry = Json::EMPTY
        .with("operationId", operation.id)
        .with("summary", operation.title)
        .with("description", about)
        .with("tags", vec![Json::from(group)])
        .with("security", security(operation.access));
    let path = operation.path_members();
    let parameters = path.iter().map(in_path);
    let parameters: Vec<Json> = parameters.chain(operation.query.iter().map(in_query)).collect();
    if !parameters.is_empty() {
        entry = entry.with("parameters", parameters);
    }
    if let Some(body) = request_body(operation) {
        entry = entry.with("requestBody", body);
    }
    let codes = samples(operation, base_url)
        .map(|one| Json::EMPTY.with("lang", one.id).with("label", one.name).with("source", one.text));
    entry.with("responses", responses(operation)).with("x-codeSamples", Json::List(codes.into()))
}

fn security(access: Access) -> Json {
    let schemes: &[&str] = match access {
        Access::Nobody => &[],
        Access::AnyKey => &["adminKey", "projectKey"],
        Access::Admin(_) | Access::Operator => &["adminKey"],
        Access::Project(_) => &["projectKey"],
    };
    schemes.iter().map(|scheme| Json::EMPTY.with(scheme, json!([]))).collect::<Vec<_>>().into()
}

fn in_path(member: &Member) -> Json {
    let place = Json::EMPTY.with("name", member.name).with("in", "path").with("required", true);
    place
        .with("description", member.about)
        .with("schema", Json::EMPTY.with("type", "string"))
        .with("example", member.example())
}

fn in_query(member: &Member) -> Json {
    let place = Json::EMPTY.with("name", member.name).with("in", "query");
    let place = if member.required { place.with("required", true) } else { place };
    let place = place.with("description", member.about);
    // Several values may also be written with commas, or with `[]` after the name.
    let place = if member.is_list() { place.with("style", "form").with("explode", true) } else { place };
    place.with("schema", Member { about: "", example: None, ..*member }.schema())
}

fn request_body(operation: &Operation) -> Option<Json> {
    if operation.method == "GET" || (operation.body.is_empty() && operation.unsupported.is_empty()) {
        return None;
    }
    let null = |name: &&'static str| crate::members::optional(name, Kind::Null, "Not supported by Keystead.");
    let unsupported: Vec<Member> = operation.unsupported.iter().map(null).collect();
    let required = operation.body.iter().any(|member| member.required);
    // The model server reads more than Keystead does.
    let schema = object(operation.body.iter().chain(&unsupported), operation.is_forwarded());
    // Keystead itself reads null like an absent body.
    let schema = if required || operation.is_forwarded() { schema } else { or_null(schema) };
    let media = Json::EMPTY.with("schema", schema);
    let media = match body_example(operation) {
        Some(example) if !operation.is_form() => media.with("example", example),
        _ => media,
    };
    let kind = if operation.is_form() { "multipart/form-data" } else { "application/json" };
    Some(Json::EMPTY.with("required", required).with("content", Json::EMPTY.with(kind, media)))
}

fn responses(operation: &Operation) -> Json {
    let success = Json::EMPTY.with("description", "Success.").with("headers", headers(false));
    let success = success.with("content", content(operation));
    let mut responses = Json::EMPTY.with("200", success);
    for status in operation.refusals() {
        if let Some(known) = operation.refusal(status) {
            let target = format!("#/components/responses/{}", known.name);
            responses = responses.with(&status.to_string(), Json::EMPTY.with("$ref", target));
        }
    }
    if operation.is_forwarded() {
        responses = responses.with("default", json!({ "$ref": "#/components/responses/ModelServerError" }));
    }
    responses
}

fn content(operation: &Operation) -> Json {
    let media = |schema: Json| {
        let media = Json::EMPTY.with("schema", schema);
        let media = answer_example(operation).map_or(media.clone(), |example| media.with("example", example));
        Json::EMPTY.with("application/json", media)
    };
    let any = || Json::EMPTY.with("schema", Json::EMPTY);
    match operation.answer {
        Answer::One(one) => media(reference(one.name)),
        Answer::Page(item) | Answer::NextPage(item) => media(reference(&format!("{}List", item.name))),
        Answer::Buckets(result) => media(reference(&format!("{}Page", result.name))),
        Answer::Deleted(name) => {
            let id = operation.names_what_it_removes().then_some(ID);
            let members = [crate::members::field("object", Kind::Always(name), ""), DELETED];
            media(object(id.iter().chain(&members), false))
        }
        Answer::Forwarded => Json::EMPTY.with("application/json", any()).with("text/event-stream", any()),
        // A sound, lines of JSON or anything else: the model server says which.
        Answer::File => Json::EMPTY.with("*/*", any()),
    }
}

const ID: Member = crate::members::field("id", Kind::Text, "What was removed.");
const DELETED: Member = crate::members::field("deleted", Kind::AlwaysBoolean(true), "It is gone.");

fn headers(retry_after: bool) -> Json {
    let id = Json::EMPTY.with("$ref", "#/components/headers/RequestId");
    let headers = Json::EMPTY.with("x-request-id", id);
    match retry_after {
        true => headers.with("retry-after", Json::EMPTY.with("$ref", "#/components/headers/RetryAfter")),
        false => headers,
    }
}

fn components() -> Json {
    let header = |about: &str, schema: Value| json!({ "description": about, "schema": schema });
    let key = |about: &str| json!({ "type": "http", "scheme": "bearer", "description": about });
    let mut responses = Json::EMPTY;
    for status in ERROR_STATUSES {
        let schema = match status.string_form {
            true => Json::EMPTY.with("anyOf", vec![reference(ERROR.name), reference(PLAIN_ERROR.name)]),
            false => reference(ERROR.name),
        };
        responses = responses.with(status.name, refusal(status, schema));
    }
    for status in OAUTH_STATUSES {
        responses = responses.with(status.name, refusal(status, reference(OAUTH_ERROR.name)));
    }
    let forwarded = Json::EMPTY.with("description", "The error of the model server, as it answered.");
    let any = Json::EMPTY.with("application/json", Json::EMPTY.with("schema", Json::EMPTY));
    responses = responses.with("ModelServerError", forwarded.with("content", any));
    Json::EMPTY
        .with(
            "securitySchemes",
            Json::EMPTY
                .with("adminKey", key("An admin key, `sk-admin-…`: administration, and no requests for models."))
                .with(
                    "projectKey",
                    key("A key of a project or a service account, or a user key, `sk-proj-…`, `sk-svcacct-…`, `sk-…`."),
                ),
        )
        .with(
            "headers",
            Json::EMPTY
                .with(
                    "RequestId",
                    header("The id of the request. Quote it when you ask the operator.", json!({ "type": "string" })),
                )
                .with(
                    "RetryAfter",
                    header("Seconds after which the request may be sent again.", json!({ "type": "integer" })),
                ),
        )
        .with("responses", responses)
        .with("schemas", schemas())
}

fn refusal(status: &ErrorStatus, schema: Json) -> Json {
    let mut about = status.about.to_owned();
    if !status.codes.is_empty() {
        about.push_str("\n\nCodes:\n");
        let lines = status.codes.iter().map(|(code, meaning)| format!("\n- `{code}`: {meaning}"));
        about.push_str(&lines.collect::<String>());
    }
    let content = Json::EMPTY.with("application/json", Json::EMPTY.with("schema", schema));
    Json::EMPTY.with("description", about).with("headers", headers(status.retry_after)).with("content", content)
}

/// Every named schema: those of errors, then the objects in the order in which operations name them.
fn schemas() -> Json {
    let mut all: Vec<(String, Json)> =
        [&ERROR, &PLAIN_ERROR, &OAUTH_ERROR].map(|object| (object.name.to_owned(), object.schema())).into();
    for operation in operations() {
        let kinds = operation.query.iter().chain(operation.body).map(|member| member.kind);
        kinds.for_each(|kind| add(kind, &mut all));
        match operation.answer {
            Answer::One(one) => add(Kind::Object(one), &mut all),
            Answer::Page(item) => {
                add(Kind::Object(item), &mut all);
                keep(&format!("{}List", item.name), || list(item), &mut all);
            }
            Answer::NextPage(item) => {
                add(Kind::Object(item), &mut all);
                keep(&format!("{}List", item.name), || list_with_next(item), &mut all);
            }
            Answer::Buckets(result) => {
                add(Kind::Object(result), &mut all);
                keep(&format!("{}Page", result.name), || buckets(result), &mut all);
            }
            Answer::Deleted(_) | Answer::Forwarded | Answer::File => {}
        }
    }
    Json::Object(all)
}

fn keep(name: &str, schema: impl FnOnce() -> Json, all: &mut Vec<(String, Json)>) -> bool {
    let new = !all.iter().any(|(known, _)| known == name);
    if new {
        all.push((name.to_owned(), schema()));
    }
    new
}

/// Adds the objects that a kind names, and those below them.
fn add(kind: Kind, all: &mut Vec<(String, Json)>) {
    match kind {
        Kind::Object(named) if keep(named.name, || named.schema(), all) => {
            named.all_members().for_each(|member| add(member.kind, all));
        }
        Kind::Members(members) => members.iter().for_each(|member| add(member.kind, all)),
        Kind::List(item) | Kind::Map(item) => add(*item, all),
        Kind::Either(kinds) => kinds.iter().for_each(|one| add(*one, all)),
        _ => {}
    }
}

/// A list with a cursor.
fn list(item: &'static Object) -> Json {
    use crate::members::field;
    let before = [field("object", Kind::Always("list"), "")];
    let after = [
        field("first_id", Kind::Text, "The id of the first one; null when there is none.").or_null(),
        field("last_id", Kind::Text, "The id of the last one: `after` of the next page.").or_null(),
        field("has_more", Kind::Boolean, "Whether there are more."),
    ];
    with_data(object(before.iter().chain(&after), false), reference(item.name))
}

/// A list that says where the next page begins.
fn list_with_next(item: &'static Object) -> Json {
    use crate::members::field;
    let members = [
        field("object", Kind::Always("list"), ""),
        field("has_more", Kind::Boolean, "Whether there are more."),
        field("next", Kind::Text, "`after` of the next page; null at the end.").or_null(),
    ];
    with_data(object(members.iter(), false), reference(item.name))
}

/// Buckets of time.
fn buckets(result: &'static Object) -> Json {
    use crate::members::field;
    let page = [
        field("object", Kind::Always("page"), ""),
        field("has_more", Kind::Boolean, "Whether there are more buckets."),
        field("next_page", Kind::Text, "`page` of the next request; null at the end.").or_null(),
    ];
    let bucket = [
        field("object", Kind::Always("bucket"), ""),
        field("start_time", Kind::Time, "Its beginning."),
        field("end_time", Kind::Time, "Its end, not included."),
    ];
    let bucket = with_member(object(bucket.iter(), false), "results", reference(result.name));
    with_data(object(page.iter(), false), bucket)
}

fn with_data(schema: Json, item: Json) -> Json {
    with_member(schema, "data", item)
}

/// Adds a required member with an array to the schema of an object.
fn with_member(schema: Json, name: &str, item: Json) -> Json {
    let Json::Object(mut members) = schema else { return schema };
    for (known, value) in &mut members {
        match (known.as_str(), value) {
            ("properties", Json::Object(properties)) => {
                let array = Json::EMPTY.with("type", "array").with("items", item.clone());
                properties.push((name.to_owned(), array));
            }
            ("required", Json::List(required)) => required.push(name.into()),
            _ => {}
        }
    }
    Json::Object(members)
}

const ERROR: Object = Object::new(
    "Error",
    "The body of an error.",
    &[crate::members::field(
        "error",
        Kind::Members(&[
            crate::members::field("message", Kind::Text, "What is wrong, for people.")
                .such_as("No such project: proj_abc123."),
            crate::members::field("type", Kind::Text, "The class of the error.").such_as("invalid_request_error"),
            crate::members::field("param", Kind::Text, "The member or parameter at fault.").or_null().such_as("name"),
            crate::members::field("code", Kind::Text, "A stable name of the cause, where it has one.")
                .or_null()
                .such_as("invalid_api_key"),
        ]),
        "",
    )],
);

const PLAIN_ERROR: Object = Object::new(
    "PlainError",
    "The body of an error about a missing permission.",
    &[crate::members::field("error", Kind::Text, "The message.")
        .such_as("You have insufficient permissions for this operation.")],
);

const OAUTH_ERROR: Object = Object::new(
    "OAuthError",
    "The body of an error in the form of OAuth (RFC 6749, 5.2).",
    &[
        crate::members::field("error", Kind::Text, "The stable name of the cause.").such_as("invalid_grant"),
        crate::members::field("error_description", Kind::Text, "What is wrong, for people.")
            .such_as("The token has expired."),
    ],
);
