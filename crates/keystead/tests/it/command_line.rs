//! `keystead admin` through the program itself: what people and programs read, and what a running server follows.

use std::process::{Command, Output};

use keystead_store::testing::PostgresServer;
use serde_json::{Value, json};

use crate::product::{Product, command};
use crate::upstream;

/// A running product with an organization.
pub(crate) struct Place {
    pub(crate) product: Product,
    pub(crate) admin: String,
    pub(crate) organization: String,
    pub(crate) project: String,
    pub(crate) owner: String,
}

impl Place {
    pub(crate) fn new(variables: &[(&str, &str)]) -> Self {
        let product = Product::start(variables);
        let made = product.bootstrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let (admin, organization) = (text("admin_key"), text("organization_id"));
        Self { admin, organization, project: text("project_id"), owner: text("user_id"), product }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.product.folder(), &self.product.variables());
        command.arg("admin").args(arguments);
        command
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What people read.
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let (text, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert!(!text.contains('\u{1b}'), "no colours: {text:?}");
        text
    }

    /// What programs read: one document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// The exit code and the standard error stream without log lines.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.output(arguments);
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        (output.status.code().unwrap(), errors(&output))
    }

    pub(crate) fn models(&self, key: &str) -> u16 {
        self.product.call("GET", "/v1/models", key, None).status
    }
}

/// Logs are lines of JSON with a time.
pub(crate) fn errors(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.lines().filter(|line| !line.starts_with("{\"timestamp\"")).collect::<Vec<_>>().join("\n")
}

/// Replaces what differs from run to run by text of the same length.
fn golden(text: &str) -> String {
    let word = |word: &str| {
        let prefixes = ["proj_", "user-", "key_", "org-", "svc_acct_", "invite-"];
        if let Some(prefix) = prefixes.iter().find(|prefix| word.starts_with(**prefix)) {
            return format!("{prefix}{}", "x".repeat(word.len() - prefix.len()));
        }
        if word.len() == 20 && word.starts_with("20") && word.ends_with('Z') {
            return "2026-01-01T00:00:00Z".to_owned();
        }
        match word.split_once("...") {
            Some((start, _)) => format!("{}xxx...xxxx", &start[..start.len() - 3]),
            None => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn tables_for_people() {
    let place = Place::new(&[]);
    let (project, owner) = (place.project.as_str(), place.owner.as_str());
    place.text(&["projects", "create", "検索 Lab"]);
    place.text(&["service-accounts", "create", "--project", project, "Bot", "--expires-in", "3600"]);
    let projects = golden(&place.text(&["projects", "list"]));
    let mut lines: Vec<&str> = projects.lines().collect();
    // Made within one second, they are in the order of their ids.
    lines[1..].sort_unstable();
    assert_eq!(
        lines.join("\n"),
        "ID                             NAME             STATUS  CREATED               ARCHIVED\n\
         proj_xxxxxxxxxxxxxxxxxxxxxxxx  Default project  active  2026-01-01T00:00:00Z  -\n\
         proj_xxxxxxxxxxxxxxxxxxxxxxxx  検索 Lab         active  2026-01-01T00:00:00Z  -"
    );
    assert_eq!(
        golden(&place.text(&["users", "show", owner])),
        "id        user-xxxxxxxxxxxxxxxxxxxxxxxx\n\
         email     owner@example.com\n\
         name      owner\n\
         role      owner\n\
         added     2026-01-01T00:00:00Z\n\
         key used  -"
    );
    assert_eq!(
        golden(&place.text(&["keys", "list", "--project", project])),
        "ID                            NAME        SECRET                 OWNER  CREATED               USED  EXPIRES\n\
         key_xxxxxxxxxxxxxxxxxxxxxxxx  Secret Key  sk-svcacct-xxx...xxxx  Bot    2026-01-01T00:00:00Z  -     2026-01-01T00:00:00Z"
    );
    assert_eq!(place.text(&["invites", "list"]), "There are no invitations.\n");
    assert_eq!(
        golden(&place.text(&["limits", "list", "--project", project])).lines().nth(1).unwrap(),
        "rl-gpt-4o                  gpt-4o                             -           -           -             -"
    );
    let part = place.output(&["projects", "list", "--limit", "1"]);
    assert_eq!(String::from_utf8_lossy(&part.stdout).lines().count(), 2, "{part:?}");
    let hint = errors(&part);
    let after = hint.split_once("--after ").and_then(|(_, rest)| rest.split_once(' ')).unwrap().0;
    assert!(hint.starts_with("This is not the whole list"), "{hint}");
    let rest = place.output(&["projects", "list", "--after", after]);
    assert_eq!((String::from_utf8_lossy(&rest.stdout).lines().count(), errors(&rest)), (2, String::new()), "{rest:?}");
    let log = place.text(&["audit", "list", "--limit", "1"]);
    assert!(log.contains("api_key.created") && log.contains("operator (command line)"), "{log}");
    assert!(place.text(&["audit", "verify"]).contains("unbroken"));
    assert!(place.text(&["organizations", "list"]).contains("payment_method (waived), phone (waived)"));
    assert!(place.text(&["models", "list"]).contains("gpt-4o-mini"));
    place.text(&["credit", "mode", "prepaid", "--reason", "a test"]);
    let budgets = place.text(&["budgets", "list"]);
    assert!(budgets.contains("  credit  total  cents  "), "prepaid credit is told from a budget: {budgets}");
}

#[test]
fn programs_read_the_objects_of_the_api() {
    let place = Place::new(&[]);
    let project = place.project.as_str();
    let account = place.json(&["service-accounts", "create", "--project", project, "Bot"]);
    assert!(account["api_key"]["value"].as_str().unwrap().starts_with("sk-svcacct-"), "{account}");
    let admin = place.json(&["admin-keys", "create", "--owner", &place.owner, "--name", "second"]);
    assert_eq!(admin["object"], "organization.admin_api_key");
    let listed = place.product.call("GET", "/v1/organization/projects", admin["value"].as_str().unwrap(), None);
    assert_eq!(listed.status, 200, "{listed:?}");
    place.json(&["invites", "create", "ben@example.com", "--project", &format!("{project}:owner")]);
    let of_project = |rest: &str| format!("/v1/organization/projects/{project}/{rest}");
    for (arguments, path) in [
        (vec!["projects", "list"], "/v1/organization/projects".to_owned()),
        (vec!["projects", "show", project], format!("/v1/organization/projects/{project}")),
        (vec!["users", "list"], "/v1/organization/users".to_owned()),
        (vec!["invites", "list"], "/v1/organization/invites".to_owned()),
        (vec!["service-accounts", "list", "--project", project], of_project("service_accounts")),
        (vec!["project-users", "list", "--project", project], of_project("users")),
        (vec!["limits", "list", "--project", project], of_project("rate_limits")),
        (vec!["models", "show", "--project", project], of_project("model_permissions")),
        (vec!["groups", "list"], "/v1/organization/groups".to_owned()),
        (vec!["roles", "list"], "/v1/organization/roles".to_owned()),
        (vec!["roles", "list", "--project", project], format!("/v1/projects/{project}/roles")),
    ] {
        let over_http = place.product.call("GET", &path, &place.admin, None);
        assert_eq!(place.json(&arguments), over_http.json(), "{arguments:?}");
    }
    // Lists have all their pages, or the part that is wanted.
    for number in 0..4 {
        place.json(&["projects", "create", &format!("Lab {number}")]);
    }
    let all = place.json(&["projects", "list"]);
    let ids: Vec<&Value> = all["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    let part = place.json(&["projects", "list", "--limit", "2", "--after", ids[0].as_str().unwrap()]);
    assert_eq!((part["first_id"].clone(), part["last_id"].clone()), (ids[1].clone(), ids[2].clone()));
    assert_eq!((&part["has_more"], &all["has_more"]), (&json!(true), &json!(false)));
    // Lists of roles name the next part in `next`.
    let first = place.json(&["roles", "list", "--limit", "1"]);
    let rest = place.json(&["roles", "list", "--after", first["next"].as_str().unwrap()]);
    let roles = place.json(&["roles", "list"]);
    let ids = |list: &Value| list["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!([ids(&first), ids(&rest)].concat(), ids(&roles));
    assert_eq!((&first["has_more"], &rest["has_more"], &rest["next"]), (&json!(true), &json!(false), &Value::Null));
    // Every change of this test is in the log, once, with the operator as its actor.
    let exported = place.text(&["audit", "export"]);
    let events: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let made = events
        .iter()
        .filter(|event| event["type"] == "project.created" && event["keystead_actor"]["id"] == "command line");
    assert_eq!(made.count(), 4, "{exported}");
    assert_eq!(place.json(&["audit", "list"])["data"].as_array().unwrap().len(), events.len());
}

/// What a command has revoked is refused on the next request of a server that runs.
fn a_server_follows(place: &Place) {
    let (project, owner) = (place.project.as_str(), place.owner.as_str());
    let made = place.json(&["keys", "create", "--owner", owner, "--project", project, "--name", "mine"]);
    let (id, key) = (made["id"].as_str().unwrap(), made["value"].as_str().unwrap());
    assert_eq!(place.models(key), 200);
    place.text(&["keys", "revoke", id]);
    assert_eq!(place.models(key), 401, "on the next request");
    let shown = place.json(&["keys", "show", id]);
    assert_eq!((&shown["state"], &shown["revoked_by"]), (&json!("revoked"), &json!("operator:command line")));
    let account = place.json(&["service-accounts", "create", "--project", project, "Bot"]);
    let key = account["api_key"]["value"].as_str().unwrap();
    assert_eq!(place.models(key), 200);
    let rotated = place.json(&["keys", "rotate", account["api_key"]["id"].as_str().unwrap(), "--overlap", "0"]);
    assert_eq!((place.models(key), place.models(rotated["value"].as_str().unwrap())), (401, 200));
    place.text(&["service-accounts", "delete", "--project", project, account["id"].as_str().unwrap()]);
    assert_eq!(place.models(rotated["value"].as_str().unwrap()), 401);
    // Rules about models hold at once, too.
    let made = place.json(&["keys", "create", "--owner", owner, "--project", project]);
    let key = made["value"].as_str().unwrap();
    let chat = || {
        let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
        place.product.call("POST", "/v1/chat/completions", key, Some(&body)).status
    };
    assert_eq!(chat(), 200);
    place.text(&["models", "deny", "--project", project, "gpt-4o"]);
    assert_eq!(chat(), 403);
    place.text(&["models", "reset", "--project", project]);
    assert_eq!(chat(), 200);
    place.product.until("the usage is counted", || {
        let page = place.json(&["usage", "--by", "model", "--by", "project"]);
        page["data"].to_string().contains("\"input_tokens\":14")
    });
    let table = place.text(&["usage", "--by", "model"]);
    assert!(table.contains("INPUT") && table.contains("gpt-4o") && !table.contains("SECONDS"), "{table}");
    place.text(&["costs", "--days", "2", "--by", "model"]);
    assert_eq!(place.text(&["usage", "images"]), "Nothing was used in this time.\n");
}

pub(crate) fn with_upstream(more: &[(&str, &str)]) -> Place {
    let base_url = upstream::start();
    let served = [
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", base_url.as_str()),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ];
    Place::new(&[&served[..], more].concat())
}

#[test]
fn a_server_follows_on_sqlite() {
    a_server_follows(&with_upstream(&[]));
}

#[test]
fn a_server_follows_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    a_server_follows(&with_upstream(&[("KEYSTEAD_DATABASE__URL", &url)]));
}

#[test]
fn the_rest_of_an_operators_day() {
    let place = Place::new(&[]);
    let (organization, owner) = (place.organization.as_str(), place.owner.as_str());
    let tagged = place.json(&["organizations", "set-tags", organization, "vip", "--reason", "a contract"]);
    assert_eq!(tagged["tags"], json!(["vip"]));
    place.text(&["organizations", "rename", organization, "Acme Labs"]);
    let shown = place.json(&["organizations", "show", organization]);
    assert_eq!((&shown["name"], &shown["tags"]), (&json!("Acme Labs"), &json!(["vip"])));
    let made = place.json(&["projects", "create", "Lab"]);
    let project = made["id"].as_str().unwrap();
    assert_eq!(place.json(&["projects", "rename", project, "Lab 2"])["name"], "Lab 2");
    place.text(&["project-users", "add", "--project", project, "owner@example.com", "--role", "member"]);
    let raised = place.json(&["project-users", "set-role", "--project", project, owner, "owner"]);
    assert_eq!(raised["role"], "owner");
    place.text(&["project-users", "remove", "--project", project, owner]);
    let limit = place.json(&["limits", "set", "--project", project, "rl-gpt-4o", "--requests-per-minute", "5"]);
    assert_eq!(limit["max_requests_per_1_minute"], 5, "{limit}");
    let allowed = place.json(&["models", "allow", "--project", project, "gpt-4o", "gpt-4o-mini"]);
    assert_eq!(allowed["model_ids"], json!(["gpt-4o", "gpt-4o-mini"]));
    let invite = place.json(&["invites", "create", "ben@example.com"]);
    let mails = || place.product.sandbox("GET", "/messages", None).body;
    place.product.until("the running server mails it", || mails().contains("ben@example.com"));
    place.text(&["invites", "delete", invite["id"].as_str().unwrap()]);
    let key = place.json(&["admin-keys", "create", "--owner", owner])["id"].clone();
    place.text(&["admin-keys", "revoke", key.as_str().unwrap()]);
    assert_eq!(place.json(&["projects", "archive", project])["status"], "archived");
    assert_eq!(place.json(&["projects", "list", "--include-archived"])["data"].as_array().unwrap().len(), 2);
    let (code, text) = place.refused(&["verifications", "suspend", "--reason", "a test"]);
    assert!(code == 1 && text.starts_with("keystead: "), "what is not verified cannot be suspended: {text}");
}

#[test]
fn groups_and_roles_hold_with_the_next_request() {
    let place = Place::new(&[]);
    let (project, owner) = (place.project.as_str(), place.owner.as_str());
    let made = place.json(&["keys", "create", "--owner", owner, "--project", project]);
    assert_eq!(place.models(made["value"].as_str().unwrap()), 200);
    let group = place.json(&["groups", "create", "Night shift"]);
    let group = group["id"].as_str().unwrap();
    place.text(&["groups", "rename", group, "Day shift"]);
    place.text(&["groups", "add-user", group, owner]);
    assert!(place.text(&["groups", "users", group]).contains("owner@example.com"));
    let role = place.json(&["roles", "create", "Reporter", "--permission", "api.usage.read"]);
    let role = role["id"].as_str().unwrap();
    assert_eq!(place.json(&["roles", "update", role, "--name", "Reporters"])["permissions"], json!(["api.usage.read"]));
    place.text(&["roles", "give", role, "--group", group]);
    let held = place.json(&["roles", "held", "--user", owner]);
    let mine = held["data"].as_array().unwrap().iter().find(|held| held["id"] == role);
    assert_eq!(mine.unwrap()["assignment_sources"][0]["principal_id"], group, "{held}");
    assert!(place.text(&["roles", "held", "--user", owner]).contains(group));
    place.text(&["roles", "take", role, "--group", group]);
    place.text(&["roles", "delete", role]);
    assert!(place.text(&["roles", "list"]).contains("role-api-organization-owner"));
    assert!(place.text(&["roles", "list", "--project", project]).contains("role-api-project-member"));
    place.text(&["groups", "remove-user", group, owner]);
    place.text(&["groups", "delete", group]);
    assert_eq!(place.text(&["groups", "list"]), "There are no groups.\n");
    // The last owner keeps their role, however it would be taken.
    let (code, text) = place.refused(&["roles", "take", "role-api-organization-owner", "--user", owner]);
    assert!(code == 1 && text.contains("needs an owner"), "{text}");
    assert_eq!(place.refused(&["roles", "held"]).0, 2, "a holder is needed");
    // Every change is the operator's in the audit log.
    let log = place.text(&["audit", "export"]);
    let mine = log.lines().filter(|line| line.contains("\"keystead_actor\":{\"id\":\"command line\""));
    assert!(mine.count() >= 10, "{log}");
}
