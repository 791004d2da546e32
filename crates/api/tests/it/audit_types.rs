//! Every type of OpenAI's API that can happen here is caused once, is found in the log with its details, and is a link
//! of the chain; what is refused leaves no event.

use std::collections::BTreeSet;

use http::Method;
use keystead_api::command_line::CommandLine;
use keystead_app::Actor;
use keystead_app::accounts::Context;
use keystead_app::audit::contract::{ABSENT, CONTRACT};
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::network::Client;
use keystead_core::rate::RateLimits;
use keystead_core::secret::Secret;
use serde_json::{Value, json};

use crate::audit_shapes::{check, kind_of};
use crate::certificates::AUTHORITY;
use crate::external::{EXTERNAL_KEYS, EXTERNAL_STORAGE, external_key, external_storage};
use crate::people::Firm;
use crate::rates::serve;
use crate::workloads::{WORKLOAD_PROVIDERS, federation_rule, workload_provider};
use crate::world::Answer;

const PROJECTS: &str = "/v1/organization/projects";
const LOG: &str = "/v1/organization/audit_logs";
const DAY: i64 = 86_400;

impl Firm {
    /// Calls an endpoint with the admin key, from an address; it must succeed.
    async fn must(&self, method: Method, path: &str, body: Value) -> Answer {
        let client = Client::at("203.0.113.9".parse().unwrap());
        let answer = self.world.call_of(client, (method, path), &self.key, body.clone()).await;
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.body);
        answer
    }

    async fn make(&self, path: &str, body: Value) -> String {
        self.must(Method::POST, path, body).await.text("id")
    }

    async fn change(&self, path: &str, body: Value) {
        self.must(Method::POST, path, body).await;
    }

    async fn remove(&self, path: &str) {
        self.must(Method::DELETE, path, json!({})).await;
    }

    fn organization_id(&self) -> OrganizationId {
        self.organization.parse().unwrap()
    }

    /// The whole log as an operator reads it, also of a deleted organization; oldest first.
    async fn log(&self) -> Vec<Value> {
        let api = CommandLine::new(self.world.app.clone(), Actor::operator("command line"));
        let (organization, mut found, mut after) = (self.organization_id(), Vec::new(), String::new());
        loop {
            let path = format!("{LOG}?order=asc&limit=100{after}");
            let page = api.call(Some(&organization), (Method::GET, &path), None).await.unwrap();
            check(&page);
            found.extend(page["data"].as_array().unwrap().iter().cloned());
            if page["has_more"] == json!(false) {
                return found;
            }
            after = format!("&after={}", page["last_id"].as_str().unwrap());
        }
    }

    async fn chain_is_intact(&self) -> i64 {
        let checked = self.world.app.check_audit_chain(&Actor::operator("command line"), &self.organization_id()).await;
        let checked = checked.unwrap();
        assert_eq!(checked.broken, None);
        checked.rows
    }
}

async fn projects_and_keys(firm: &Firm) -> String {
    let lab = firm.make(PROJECTS, json!({ "name": "Lab" })).await;
    let one = format!("{PROJECTS}/{lab}");
    firm.change(&one, json!({ "name": "Laboratory" })).await;
    firm.change("/v1/organization/data_retention", json!({ "retention_type": "modified_abuse_monitoring" })).await;
    let accounts = format!("{one}/service_accounts");
    let account = firm.must(Method::POST, &accounts, json!({ "name": "bot" })).await;
    let (bot, key) = (account.text("id"), account.body["api_key"]["id"].as_str().unwrap().to_owned());
    firm.change(&format!("{accounts}/{bot}"), json!({ "role": "owner" })).await;
    firm.change(&format!("{one}/api_keys/{key}"), json!({ "scopes": ["api.model.request"] })).await;
    firm.make(&format!("{accounts}/{bot}/api_keys"), json!({ "name": "next" })).await;
    firm.remove(&format!("{one}/api_keys/{key}")).await;
    firm.remove(&format!("{accounts}/{bot}")).await;

    let rates = RateLimits { requests_per_minute: Some(100), ..RateLimits::NONE };
    serve(&firm.world, &[("gpt-4o", rates)]).await;
    firm.change(&format!("{one}/rate_limits/rl-gpt-4o"), json!({ "max_requests_per_1_minute": 20 })).await;
    let (person, project) = (Actor::Person(firm.owner.parse().unwrap()), lab.parse::<ProjectId>().unwrap());
    let reset = firm.world.app.reset_project_rate(&person, &firm.organization_id(), &project, "rl-gpt-4o").await;
    reset.unwrap();
    lab
}

async fn certificates_lists_and_external_things(firm: &Firm, lab: &str) {
    let certificates = "/v1/organization/certificates";
    let certificate = firm.make(certificates, json!({ "certificate": AUTHORITY, "name": "Offices" })).await;
    firm.change(&format!("{certificates}/{certificate}"), json!({ "name": "Labs" })).await;
    for turn in ["activate", "deactivate"] {
        let path = format!("{PROJECTS}/{lab}/certificates/{turn}");
        firm.change(&path, json!({ "certificate_ids": [certificate] })).await;
    }
    firm.remove(&format!("{certificates}/{certificate}")).await;

    let lists = "/v1/keystead/organization/ip_allowlists";
    let list = firm.make(lists, json!({ "name": "office", "allowed_ips": ["203.0.113.0/24"] })).await;
    firm.change(&format!("{lists}/{list}/activate"), json!({})).await;
    firm.change(&format!("{lists}/{list}"), json!({ "name": "office", "allowed_ips": ["203.0.113.9"] })).await;
    firm.change(&format!("{lists}/{list}/deactivate"), json!({})).await;
    firm.remove(&format!("{lists}/{list}")).await;

    let key = firm.make(EXTERNAL_KEYS, external_key("vault")).await;
    firm.remove(&format!("{EXTERNAL_KEYS}/{key}")).await;
    let storage = firm.make(EXTERNAL_STORAGE, external_storage(lab)).await;
    firm.remove(&format!("{EXTERNAL_STORAGE}/{storage}")).await;

    let account = firm.make(&format!("{PROJECTS}/{lab}/service_accounts"), json!({ "name": "jobs" })).await;
    let provider = firm.make(WORKLOAD_PROVIDERS, workload_provider("GitHub")).await;
    let provider = format!("{WORKLOAD_PROVIDERS}/{provider}");
    firm.change(&provider, json!({ "name": "Actions" })).await;
    let rules = format!("{provider}/federation_rules");
    let rule = firm.make(&rules, federation_rule(lab, &account)).await;
    firm.change(&format!("{rules}/{rule}"), json!({ "name": "main" })).await;
    firm.remove(&format!("{rules}/{rule}")).await;
    firm.remove(&provider).await;
}

/// Causes every event about people; returns the session of another owner.
async fn people_and_roles(firm: &Firm, lab: &str) -> Secret<String> {
    let (users, roles, groups) = ("/v1/organization/users", "/v1/organization/roles", "/v1/organization/groups");
    let ben = firm.join("ben@example.com", "reader", json!([{ "id": lab, "role": "member" }])).await;
    let invite = firm.make("/v1/organization/invites", json!({ "email": "cid@example.com", "role": "reader" })).await;
    firm.remove(&format!("/v1/organization/invites/{invite}")).await;
    firm.change(&format!("{users}/{ben}"), json!({ "role": "owner" })).await;

    let group = firm.make(groups, json!({ "name": "Data" })).await;
    firm.change(&format!("{groups}/{group}"), json!({ "name": "Models" })).await;
    let role = firm.make(roles, json!({ "role_name": "usage", "permissions": ["api.usage.read"] })).await;
    let change = json!({ "role_name": "models", "permissions": ["api.model.read"], "description": "d" });
    firm.change(&format!("{roles}/{role}"), change).await;
    firm.change(&format!("{groups}/{group}/roles"), json!({ "role_id": role })).await;
    firm.remove(&format!("{groups}/{group}/roles/{role}")).await;
    firm.remove(&format!("{roles}/{role}")).await;
    firm.remove(&format!("{groups}/{group}")).await;

    let (app, password) = (&firm.world.app, Secret::new("a long and plain sentence".to_owned()));
    let sign_in = async |password: &Secret<String>| app.sign_in("ben@example.com", password, &Context::default()).await;
    sign_in(&Secret::new("not the password".to_owned())).await.unwrap_err();
    while app.run_due_jobs().await.unwrap() > 0 {}
    let opened = sign_in(&password).await.unwrap();
    app.sign_out(&opened.session).await.unwrap();
    assert!(!app.end_session(&ben, "session_of_another").await.unwrap());
    let dora = firm.join("dora@example.com", "owner", json!([])).await;
    firm.remove(&format!("{users}/{dora}")).await;
    sign_in(&password).await.unwrap().session
}

/// S1-30: each type that OpenAI's API has and that can happen here, with its details.
#[tokio::test]
async fn every_type_of_the_api_is_recorded_where_it_happens() {
    let firm = Firm::new().await;
    let lab = projects_and_keys(&firm).await;
    certificates_lists_and_external_things(&firm, &lab).await;
    let session = people_and_roles(&firm, &lab).await;
    firm.change(&format!("{PROJECTS}/{lab}/archive"), json!({})).await;
    let rows = firm.chain_is_intact().await;
    assert_eq!(firm.log().await.len(), usize::try_from(rows).unwrap(), "the API has each row of the chain");

    // What is refused, or changes nothing, leaves no event.
    for (path, body) in [
        (PROJECTS.to_owned(), json!({ "name": "" })),
        (format!("{PROJECTS}/{lab}"), json!({ "name": "archived" })),
        (format!("/v1/organization/users/{}", firm.owner), json!({ "role": "king" })),
        ("/v1/organization/roles".to_owned(), json!({ "role_name": "x", "permissions": ["made.up"] })),
        ("/v1/organization/certificates/activate".to_owned(), json!({ "certificate_ids": ["cert_none"] })),
    ] {
        assert!(firm.world.post(&path, &firm.key, body).await.status >= 400, "{path}");
    }
    assert_eq!(firm.chain_is_intact().await, rows);

    let app = &firm.world.app;
    let name = app.organizations_of(&firm.owner.parse().unwrap()).await.unwrap()[0].name.clone();
    app.request_organization_deletion(&session, &firm.organization_id(), &name).await.unwrap();
    for _ in 0..40 {
        firm.world.wait(DAY);
        while app.run_due_jobs().await.unwrap() > 0 {}
    }
    assert!(firm.chain_is_intact().await > rows);
    let log = firm.log().await;
    let own: BTreeSet<&str> = log.iter().map(kind_of).collect();
    let shown: BTreeSet<&str> = log.iter().filter_map(|event| event["type"].as_str()).collect();
    let wanted: BTreeSet<&str> = CONTRACT.iter().filter(|name| !ABSENT.contains(name)).copied().collect();
    assert_eq!(wanted, shown, "left: to be caused by this test; right: recorded");
    let only_shown: Vec<&&str> = wanted.difference(&own).collect();
    assert_eq!(only_shown, [&"resource.deleted"], "every other is recorded under its own name");
    let deleted: Vec<&Value> = log.iter().filter(|event| event["type"] == "resource.deleted").collect();
    assert_eq!((deleted.len(), kind_of(deleted[0])), (1, "organization.deleted"));
    assert_eq!(deleted[0]["resource.deleted"], json!({ "id": firm.organization }));
    let ended = |kind: &str| log.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((ended("project.deleted"), ended("service_account.deleted")), (2, 2), "also what was archived");

    // A sign-in and a sign-out that failed: a code and its words, no address, no id of another session.
    for (kind, code) in [("login.failed", "wrong_credentials"), ("logout.failed", "session_ended")] {
        let event = log.iter().find(|event| event["type"] == kind).unwrap();
        assert_eq!(event[kind]["error_code"], code, "{event}");
        assert!(event[kind]["error_message"].as_str().unwrap().ends_with('.'), "{event}");
        assert!(!event[kind].to_string().contains("example.com") && !event.to_string().contains("session_of_another"));
    }
}
