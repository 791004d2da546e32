//! Every list of the table pages as OpenAI's SDKs expect, and every request without a body is read.

use axum::body::Body;
use http::{Method, Request};
use keystead_api::{Endpoint, ROUTES};
use serde_json::{Value, json};

use crate::unknown_fields::Walk;
use crate::world::Answer;

/// A list: its path, the usual and the largest `limit`, and its usual order.
pub(crate) struct List {
    pub(crate) path: &'static str,
    usual: usize,
    most: usize,
    pub(crate) ascending: bool,
}

const fn newest_first(path: &'static str) -> List {
    List { path, usual: 20, most: 100, ascending: false }
}

/// Every list with a cursor. A list that is added to `ROUTES` needs a row here.
pub(crate) const LISTS: &[List] = &[
    List { ascending: true, ..newest_first("/v1/keystead/budgets") },
    newest_first("/v1/keystead/credit/purchases"),
    newest_first("/v1/keystead/ledger"),
    newest_first("/v1/keystead/operator/credit"),
    List { ascending: true, ..newest_first("/v1/organization/admin_api_keys") },
    newest_first("/v1/organization/audit_logs"),
    newest_first("/v1/organization/certificates"),
    newest_first("/v1/organization/external_keys"),
    newest_first("/v1/organization/external_storage"),
    newest_first("/v1/organization/invites"),
    newest_first("/v1/organization/projects"),
    newest_first("/v1/organization/projects/{project_id}/api_keys"),
    newest_first("/v1/organization/projects/{project_id}/certificates"),
    List { usual: 100, ascending: true, ..newest_first("/v1/organization/projects/{project_id}/rate_limits") },
    newest_first("/v1/organization/projects/{project_id}/service_accounts"),
    List { ascending: true, ..newest_first("/v1/organization/projects/{project_id}/spend_alerts") },
    newest_first("/v1/organization/projects/{project_id}/users"),
    List { ascending: true, ..newest_first("/v1/organization/spend_alerts") },
    newest_first("/v1/organization/users"),
    newest_first("/v1/organization/workload_identity_providers"),
    newest_first("/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules"),
    List { ascending: true, ..newest_first("/v1/keystead/alerts") },
    newest_first("/v1/keystead/webhooks/{webhook_id}/deliveries"),
];

/// Lists that name the cursor of their next page: their path and the largest `limit`.
pub(crate) const NEXT_LISTS: &[(&str, usize)] = &[
    ("/v1/organization/groups", 1000),
    ("/v1/organization/groups/{group_id}/roles", 1000),
    ("/v1/organization/groups/{group_id}/users", 1000),
    ("/v1/organization/projects/{project_id}/groups", 100),
    ("/v1/organization/roles", 1000),
    ("/v1/organization/users/{user_id}/roles", 1000),
    ("/v1/projects/{project_id}/groups/{group_id}/roles", 1000),
    ("/v1/projects/{project_id}/roles", 1000),
    ("/v1/projects/{project_id}/users/{user_id}/roles", 1000),
];

fn is_list(endpoint: &Endpoint) -> bool {
    endpoint.method == Method::GET && endpoint.accepted.one.contains(&"after")
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.body["data"].as_array().unwrap();
    data.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Follows the pages of a query to the end, as the SDKs do.
async fn all_of(walk: &Walk, endpoint: &Endpoint, query: &str) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = walk.call(endpoint, &format!("{query}&after={cursor}"), "").await;
        seen.extend(ids(&page));
        match page.body["last_id"].as_str() {
            Some(last) if page.body["has_more"] == true => last.clone_into(&mut cursor),
            _ => return seen,
        }
    }
}

fn refused(answer: &Answer, param: &str) {
    assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{}", answer.body);
}

#[test]
fn every_list_is_known() {
    let mut listed: Vec<&str> = ROUTES.iter().filter(|one| is_list(one)).map(|one| one.path).collect();
    let mut known: Vec<&str> = LISTS.iter().map(|list| list.path).collect();
    known.extend(NEXT_LISTS.iter().map(|(path, _)| path));
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
}

/// No answer is a list that does not page. Lists that are only Keystead's, and short, are whole.
#[tokio::test]
async fn every_list_of_the_administration_has_pages() {
    let walk = Walk::new().await;
    for endpoint in ROUTES.iter().filter(|one| one.method == Method::GET && !is_list(one)) {
        let query = if endpoint.accepted.one.contains(&"start_time") { "start_time=1" } else { "" };
        let object = walk.call(endpoint, query, "").await.body["object"].clone();
        let pages = endpoint.accepted.one.contains(&"page");
        assert_eq!(object == "page", pages, "{endpoint:?}");
        let own = endpoint.path.starts_with("/v1/keystead/");
        assert!(object != "list" || own, "{endpoint:?} has no pages");
    }
}

#[tokio::test]
async fn every_list_has_limits_orders_and_cursors() {
    let walk = Walk::new().await;
    walk.fill(LISTS.iter().map(|list| list.usual.min(20) + 3).max().unwrap()).await;
    for list in LISTS {
        let endpoint = ROUTES.iter().find(|one| is_list(one) && one.path == list.path).unwrap();
        let ask = async |query: &str| walk.call(endpoint, query, "").await;
        let first = ask("").await;
        let body = &first.body;
        let shown = ids(&first);
        assert_eq!(body["object"], "list", "{endpoint:?}");
        assert!(shown.len() <= list.usual, "{endpoint:?} {}", shown.len());
        let long = list.path != "/v1/organization/projects/{project_id}/rate_limits";
        assert!(!long || (shown.len() == list.usual && body["has_more"] == true), "{endpoint:?} {}", shown.len());
        assert_eq!((&body["first_id"], &body["last_id"]), (&json!(shown.first()), &json!(shown.last())));
        let whole = all_of(&walk, endpoint, &format!("limit={}", list.most)).await;
        for wrong in ["0", "-1", "x", "1.5", &(list.most + 1).to_string()] {
            refused(&ask(&format!("limit={wrong}")).await, "limit");
        }
        for (order, ascending) in [("asc", true), ("desc", false)] {
            let mut ordered = all_of(&walk, endpoint, &format!("order={order}&limit={}", list.most)).await;
            if ascending != list.ascending {
                ordered.reverse();
            }
            assert_eq!(ordered, whole, "{endpoint:?} {order}");
        }
        refused(&ask("order=up").await, "order");
        refused(&ask("after=nothing").await, "after");
        if !long {
            // No model is served here; `rates.rs` has its pages.
            assert!(whole.is_empty());
            continue;
        }
        refused(&ask(&format!("after={}&before={}", whole[0], whole[0])).await, "before");
        // Page by page the same, and backwards from the end.
        assert_eq!(all_of(&walk, endpoint, "limit=7").await, whole, "{endpoint:?}");
        let before = ids(&ask(&format!("limit=2&before={}", whole[whole.len() - 1])).await);
        assert_eq!(before, whole[whole.len().saturating_sub(3)..whole.len() - 1], "{endpoint:?}");
        let end = ask(&format!("after={}", whole[whole.len() - 1])).await.body;
        let empty = json!({ "object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false });
        assert_eq!(end, empty, "{endpoint:?}");
        // Empty values count as absent.
        assert_eq!(ask("after=&before=&limit=&order=").await.body, *body, "{endpoint:?}");
    }
}

#[tokio::test]
async fn every_list_that_names_its_next_page_has_limits_orders_and_cursors() {
    let walk = Walk::new().await;
    walk.hold_roles().await;
    for (path, most) in NEXT_LISTS {
        let endpoint = ROUTES.iter().find(|one| is_list(one) && one.path == *path).unwrap();
        let ask = async |query: &str| walk.call(endpoint, query, "").await;
        let data = async |query: &str| {
            let answer = ask(query).await;
            assert_eq!((answer.status, &answer.body["object"]), (200, &json!("list")), "{endpoint:?}: {}", answer.body);
            (answer.body["data"].as_array().unwrap().clone(), answer.body)
        };
        let (whole, body) = data("").await;
        assert_eq!((whole.len() > 1, &body["has_more"], &body["next"]), (true, &json!(false), &json!(null)), "{path}");
        for wrong in ["-1", "x", "1.5", &(most + 1).to_string()] {
            refused(&ask(&format!("limit={wrong}")).await, "limit");
        }
        for (param, query) in [("order", "order=up"), ("after", "after=nothing")] {
            refused(&ask(query).await, param);
        }
        assert_eq!(data(&format!("limit={most}")).await.0, whole, "{path}");
        let none = json!({ "object": "list", "data": [], "has_more": false, "next": null });
        assert_eq!(data("limit=0").await.1, none, "{path}");
        assert_eq!(data("after=&limit=&order=").await.1, body, "{path}");
        let (ascending, descending) = (data("order=asc").await.0, data("order=desc").await.0);
        assert!(whole == ascending || whole == descending, "{path}");
        assert_eq!(ascending.into_iter().rev().collect::<Vec<_>>(), descending, "{path}");
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let (part, page) = data(&format!("limit=1&after={next}")).await;
            assert_eq!((part.len(), page["has_more"] == true), (1, page["next"].is_string()), "{path}");
            seen.extend(part);
            let Some(cursor) = page["next"].as_str() else { break };
            cursor.clone_into(&mut next);
        }
        assert_eq!(seen, whole, "{path}");
    }
}

/// Buckets: what each width has by default and at most, and the same page by page.
#[tokio::test]
async fn every_kind_of_usage_has_buckets() {
    let walk = Walk::new().await;
    let now = walk.world.app.now().0;
    for endpoint in ROUTES.iter().filter(|one| one.accepted.one.contains(&"page")) {
        let costs = endpoint.path.ends_with("/costs");
        let widths: &[(&str, i64, usize, usize)] = match costs {
            true => &[("1d", 86_400, 7, 180)],
            false => &[("1d", 86_400, 7, 31), ("1h", 3_600, 24, 168), ("1m", 60, 60, 1_440)],
        };
        for (width, seconds, usual, most) in widths {
            let start = now - seconds * i64::try_from(most + 5).unwrap();
            let base = format!("start_time={start}&bucket_width={width}");
            let ask = async |query: &str| walk.call(endpoint, &format!("{base}{query}"), "").await;
            let first = ask("").await.body;
            let buckets = |page: &Value| page["data"].as_array().unwrap().len();
            assert_eq!((buckets(&first), &first["has_more"]), (*usual, &json!(true)), "{endpoint:?} {width}");
            assert_eq!(buckets(&ask(&format!("&limit={most}")).await.body), *most, "{endpoint:?} {width}");
            refused(&ask(&format!("&limit={}", most + 1)).await, "limit");
            let next = first["next_page"].as_str().unwrap();
            let second = ask(&format!("&page={next}")).await.body;
            let (end, start) = (&first["data"][usual - 1]["end_time"], &second["data"][0]["start_time"]);
            assert_eq!(end, start, "{endpoint:?} {width}");
            for bucket in first["data"].as_array().unwrap() {
                assert_eq!((&bucket["object"], &bucket["results"]), (&json!("bucket"), &json!([])), "{endpoint:?}");
            }
        }
        for (query, param) in [
            ("", "start_time"),
            ("start_time=1&bucket_width=1w", "bucket_width"),
            ("start_time=1&page=none", "page"),
            ("start_time=1&group_by=colour", "group_by"),
            ("start_time=5&end_time=5", "end_time"),
        ] {
            refused(&walk.call(endpoint, query, "").await, param);
        }
        for group in ["group_by=project_id", "group_by[]=project_id&group_by[]=project_id", "group_by[0]=project_id"] {
            assert_eq!(walk.call(endpoint, &format!("start_time=1&{group}"), "").await.status, 200, "{endpoint:?}");
        }
    }
}

/// Actions are sent without a body, with a content type (Python) or without one (Node), or with an empty object.
#[tokio::test]
async fn empty_bodies_are_read() {
    let walk = Walk::new().await;
    let actions = ROUTES.iter().filter(|one| one.method == Method::POST && one.accepted.body.is_empty());
    for endpoint in actions {
        let mut answers = Vec::new();
        for (kind, body) in
            [(None, ""), (Some("application/json"), ""), (Some("application/json"), " {} "), (None, "null")]
        {
            let mut request = Request::builder().method(Method::POST).uri(walk.path(endpoint));
            request = request.header("authorization", format!("Bearer {}", walk.key));
            if let Some(kind) = kind {
                request = request.header("content-type", kind);
            }
            let answer = walk.world.send(request.body(Body::from(body)).unwrap()).await;
            let message = answer.body["error"]["message"].as_str().unwrap_or_default().to_owned();
            assert!(!message.contains("parse"), "{endpoint:?} {body:?}: {message}");
            assert_ne!(answer.status, 500, "{endpoint:?}");
            answers.push((answer.status, message));
        }
        // An action that can be done once is refused afterwards, in the same words each time.
        assert!(answers[1..].iter().all(|answer| *answer == answers[1]), "{endpoint:?} {answers:?}");
    }
}
