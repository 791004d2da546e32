//! Names that an endpoint does not read are refused, on every route of the table.

use http::Method;
use keystead_api::{Endpoint, ROUTES};
use keystead_core::id::OrganizationId;
use keystead_core::role::OrganizationRole;
use serde_json::{Map, Value, json};

use crate::certificates::AUTHORITY;
use crate::external::{EXTERNAL_KEYS, EXTERNAL_STORAGE, external_key, external_storage};
use crate::operator::operator;
use crate::spend::{spend_alert, spend_limit};
use crate::webhooks::{ALERTS, WEBHOOKS, budget, budget_alert, webhook};
use crate::workloads::{WORKLOAD_PROVIDERS, federation_rule, workload_provider};
use crate::world::{Answer, World, admin};

/// Paths with ids of existing objects, for a caller with all permissions.
pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) key: String,
    organization: OrganizationId,
    project: String,
    account: String,
    ids: Vec<(&'static str, String)>,
}

impl Walk {
    pub(crate) async fn new() -> Self {
        let world = World::new().await;
        let made = operator(&world, "ops").await;
        let key = admin(&made).to_owned();
        let own = world.post("/v1/api-keys", &key, json!({ "name": "data" })).await.text("id");
        let accounts = format!("/v1/organization/projects/{}/service_accounts", made.project_id);
        let account = world.post(&accounts, &key, json!({ "name": "bot" })).await.text("id");
        let list = json!({ "name": "office", "allowed_ips": ["192.0.2.0/24"] });
        let list = world.post("/v1/keystead/organization/ip_allowlists", &key, list).await.text("id");
        let invited = json!({ "email": "ben@example.com", "role": "owner" });
        let invite = world.post("/v1/organization/invites", &key, invited).await.text("id");
        let certificate = world.post("/v1/organization/certificates", &key, json!({ "certificate": AUTHORITY })).await;
        let group = world.post("/v1/organization/groups", &key, json!({ "name": "team" })).await.text("id");
        let provider = world.post(WORKLOAD_PROVIDERS, &key, workload_provider("ci")).await.text("id");
        let rules = format!("{WORKLOAD_PROVIDERS}/{provider}/federation_rules");
        let rule = world.post(&rules, &key, federation_rule(made.project_id.as_str(), &account)).await.text("id");
        let bucket = external_storage(made.project_id.as_str());
        let alert = world.post("/v1/organization/spend_alerts", &key, spend_alert()).await.text("id");
        let alerts = format!("/v1/organization/projects/{}/spend_alerts", made.project_id);
        let project_alert = world.post(&alerts, &key, spend_alert()).await.text("id");
        for place in [String::new(), format!("/projects/{}", made.project_id)] {
            world.post(&format!("/v1/organization{place}/spend_limit"), &key, spend_limit(500)).await;
        }
        let budget = budget(&world, &key).await;
        let budget_alert = world.post(ALERTS, &key, budget_alert(&budget)).await.text("id");
        let webhook = world.post(WEBHOOKS, &key, webhook()).await.text("id");
        let delivery = world.post(&format!("{WEBHOOKS}/{webhook}/test"), &key, json!({})).await.text("id");
        let ids = vec![
            ("{budget_id}", budget),
            ("{node}", "run".to_owned()),
            ("{budget_alert_id}", budget_alert),
            ("{webhook_id}", webhook),
            ("{delivery_id}", delivery),
            ("{external_key_id}", world.post(EXTERNAL_KEYS, &key, external_key("vault")).await.text("id")),
            ("{external_storage_id}", world.post(EXTERNAL_STORAGE, &key, bucket).await.text("id")),
            ("{workload_identity_provider_id}", provider),
            ("{workload_identity_federation_rule_id}", rule),
            ("{certificate_id}", certificate.text("id")),
            ("{alert_id}", alert),
            ("{project_alert_id}", project_alert),
            ("{invite_id}", invite),
            ("{group_id}", group),
            ("{role_id}", "role-api-organization-reader".to_owned()),
            ("{project_id}", made.project_id.to_string()),
            ("{service_account_id}", account.clone()),
            ("{key_id}", own),
            ("{user_id}", made.user_id.to_string()),
            ("{organization_id}", made.organization_id.to_string()),
            ("{rate_limit_id}", "rl-gpt-4o".to_owned()),
            ("{id}", list),
        ];
        let place = format!("/v1/organization/projects/{}/users", made.project_id);
        let person = world.member(&made.organization_id, OrganizationRole::Reader).await;
        world.post(&place, &key, json!({ "user_id": person, "role": "member" })).await;
        let (organization, project) = (made.organization_id, made.project_id.to_string());
        Self { world, key, organization, project, account, ids }
    }

    /// Adds this many rows to every list.
    pub(crate) async fn fill(&self, rows: usize) {
        let (world, key) = (&self.world, &self.key);
        let project = format!("/v1/organization/projects/{}", self.project);
        for n in 0..rows {
            world.wait(1);
            let name = format!("row {n}");
            let user = world.member(&self.organization, OrganizationRole::Reader).await;
            crate::credit::grant(world, &self.organization).await;
            crate::purchases::add(world, &self.organization, n).await;
            let payer = world.bootstrap(&format!("payer{n}"), true).await;
            crate::credit::grant(world, &payer.organization_id).await;
            for (path, body) in [
                ("/v1/organization/admin_api_keys".to_owned(), json!({ "name": name })),
                ("/v1/organization/projects".to_owned(), json!({ "name": name })),
                ("/v1/organization/certificates".to_owned(), json!({ "certificate": AUTHORITY, "name": name })),
                (
                    "/v1/organization/invites".to_owned(),
                    json!({ "email": format!("p{n}@example.com"), "role": "reader" }),
                ),
                (format!("{project}/users"), json!({ "user_id": user, "role": "member" })),
                (format!("{project}/service_accounts"), json!({ "name": name, "create_service_account_only": true })),
                (format!("{project}/service_accounts/{}/api_keys", self.account), json!({ "name": name })),
                (WORKLOAD_PROVIDERS.to_owned(), workload_provider(&name)),
                (EXTERNAL_KEYS.to_owned(), external_key(&name)),
                (EXTERNAL_STORAGE.to_owned(), external_storage(&self.project)),
                (self.path_of("{workload_identity_provider_id}"), federation_rule(&self.project, &self.account)),
                (
                    "/v1/keystead/budgets".to_owned(),
                    json!({ "subject": { "type": "user", "id": user }, "measure": "tokens", "interval": "day", "amount": 5 }),
                ),
                (format!("{project}/spend_alerts"), spend_alert()),
                ("/v1/organization/spend_alerts".to_owned(), spend_alert()),
                (ALERTS.to_owned(), budget_alert(self.id_of("{budget_id}"))),
                (format!("{WEBHOOKS}/{}/test", self.id_of("{webhook_id}")), json!({})),
            ] {
                let made = world.post(&path, key, body).await;
                assert_eq!(made.status, 200, "{path}: {}", made.body);
            }
        }
    }

    /// Makes groups, and gives roles to the group, the person and the project of the paths, so that each list has rows.
    pub(crate) async fn hold_roles(&self) {
        let (world, key) = (&self.world, &self.key);
        let id = |name: &str| self.ids.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let (group, person, project) = (id("{group_id}"), id("{user_id}"), self.project.clone());
        for n in 0..3 {
            world.wait(1);
            let user = world.member(&self.organization, OrganizationRole::Reader).await;
            let other =
                world.post("/v1/organization/groups", key, json!({ "name": format!("row {n}") })).await.text("id");
            let asked = json!({ "role_name": format!("row {n}"), "permissions": ["api.model.read"] });
            let here = world.post("/v1/organization/roles", key, asked.clone()).await.text("id");
            let there = world.post(&format!("/v1/projects/{project}/roles"), key, asked).await.text("id");
            for (path, body) in [
                (format!("/v1/organization/groups/{group}/users"), json!({ "user_id": user })),
                (format!("/v1/organization/groups/{group}/roles"), json!({ "role_id": here })),
                (format!("/v1/organization/users/{person}/roles"), json!({ "role_id": here })),
                (format!("/v1/projects/{project}/groups/{group}/roles"), json!({ "role_id": there })),
                (format!("/v1/projects/{project}/users/{person}/roles"), json!({ "role_id": there })),
                (format!("/v1/projects/{project}/groups/{other}/roles"), json!({ "role_id": there })),
            ] {
                let made = world.post(&path, key, body).await;
                assert_eq!(made.status, 200, "{path}: {}", made.body);
            }
        }
    }

    /// The id of a parameter of paths.
    fn id_of(&self, name: &str) -> &str {
        self.ids.iter().find(|(known, _)| *known == name).map_or("", |(_, id)| id)
    }

    /// The list of the rules of the provider in paths.
    fn path_of(&self, name: &str) -> String {
        let id = self.ids.iter().find(|(known, _)| *known == name).map_or("", |(_, id)| id);
        format!("{WORKLOAD_PROVIDERS}/{id}/federation_rules")
    }

    /// The endpoint's path with ids.
    pub(crate) fn path(&self, endpoint: &Endpoint) -> String {
        self.ids.iter().fold(endpoint.path.to_owned(), |path, (name, id)| path.replace(name, id))
    }

    pub(crate) async fn call(&self, endpoint: &Endpoint, query: &str, body: &str) -> Answer {
        let path = self.path(endpoint);
        self.world.call(endpoint.method.clone(), &format!("{path}?{query}"), &self.key, body).await
    }

    /// Checks for a refusal that names this parameter.
    async fn refuses(&self, endpoint: &Endpoint, query: &str, body: &str, param: &str) -> String {
        let answer = self.call(endpoint, query, body).await;
        let error = &answer.body["error"];
        let seen = (answer.status, error["param"].as_str(), error["type"].as_str());
        assert_eq!(
            seen,
            (400, Some(param), Some("invalid_request_error")),
            "{endpoint:?} ?{query} {body}: {}",
            answer.body
        );
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(message.contains(param), "{endpoint:?}: {message}");
        message
    }
}

/// ASVS 8.2.3, 15.3.3
#[tokio::test]
async fn every_route_refuses_what_it_does_not_read() {
    let walk = Walk::new().await;
    for endpoint in ROUTES {
        let accepted = endpoint.accepted;
        walk.refuses(endpoint, "not_a_wish=1", "", "not_a_wish").await;
        walk.refuses(endpoint, "not_a_wish", "", "not_a_wish").await;
        for body in ["{\"not_a_wish\":1}", "{\"not_a_wish\":null}"] {
            walk.refuses(endpoint, "", body, "not_a_wish").await;
        }
        walk.refuses(endpoint, "", "{\"twice\":1,\"twice\":1}", "twice").await;
        for name in accepted.one {
            walk.refuses(endpoint, &format!("{name}=1&{name}=1"), "", name).await;
            let list = format!("{name}[]");
            walk.refuses(endpoint, &format!("{list}=1"), "", &list).await;
        }
        for name in accepted.many {
            for empty in ["", "[]", "[0]"] {
                walk.refuses(endpoint, &format!("{name}{empty}="), "", name).await;
            }
            let nested = format!("{name}[x]");
            walk.refuses(endpoint, &format!("{nested}=1"), "", &nested).await;
        }
        for name in [accepted.one, accepted.many].concat() {
            let upper = name.to_uppercase();
            let message = walk.refuses(endpoint, &format!("{upper}=1"), "", &upper).await;
            assert!(message.contains("Did you mean '"), "{endpoint:?}: {message}");
        }
        for name in accepted.body {
            let upper = name.to_uppercase();
            let message = walk.refuses(endpoint, "", &format!("{{\"{upper}\":null}}"), &upper).await;
            assert!(message.contains(&format!("Did you mean '{name}'?")), "{endpoint:?}: {message}");
            walk.refuses(endpoint, "", &format!("{{\"{name}\":null,\"{name}\":null}}"), name).await;
        }
        for name in accepted.unsupported {
            let (query, body) = match endpoint.method {
                Method::GET => (format!("{name}=true"), String::new()),
                _ => (String::new(), format!("{{\"{name}\":\"x\"}}")),
            };
            walk.refuses(endpoint, &query, &body, name).await;
        }
    }
}

/// Every field that an endpoint names is read: a value of a wrong type is refused by name.
#[tokio::test]
async fn every_member_of_a_body_is_read() {
    let walk = Walk::new().await;
    let mut usual = json!({
        "name": "n", "mode": "deny_list", "model_ids": [], "allowed_ips": ["192.0.2.1"], "phone_number": "+48600000000",
        "code": "123456", "decision": "reject", "reasons": [], "reason": "because", "until": 1, "requirement": "phone",
        "action": "suspend", "tags": [], "organization_ids": ["org-x"], "organization_id": "org-x", "rules": [], "version": 1,
        "scopes": [], "consent": true, "email": "ann@example.com", "role": "owner", "role_name": "r", "permissions": [],
        "description": "d", "role_id": "role-api-organization-owner", "user_id": "user-x", "group_id": "group_x",
        "type": "oidc", "issuer": "https://issuer.example.com", "audience": "keystead", "attribute_matchers": { "sub": "x" },
        "service_account_id": walk.account, "project_id": walk.project, "threshold_amount": 100, "currency": "USD",
        "interval": "month", "notification_channel": { "type": "email", "recipients": ["ann@example.com"] },
    });
    let of_money = json!({
        "model": "gpt-4o", "input": 1, "list": "[[price]]", "subject": { "type": "organization" }, "measure": "requests",
        "amount": 5, "url": "https://example.com/in", "event_types": ["budget.exhausted"], "budget_id": "budget_x",
        "percent": 80, "tier": 1, "enabled": true, "below_in_cents": 500, "amount_in_cents": 500,
        "monthly_ceiling_in_cents": 500,
    });
    usual.as_object_mut().unwrap().extend(of_money.as_object().unwrap().clone());
    for endpoint in ROUTES {
        for name in endpoint.accepted.body {
            let known =
                endpoint.accepted.body.iter().filter_map(|one| Some(((*one).to_owned(), usual.get(one)?.clone())));
            let mut body: Map<String, Value> = known.collect();
            if endpoint.path.contains("/federation_rules") {
                body.insert("permissions".to_owned(), json!({ "type": "service_account_default" }));
            }
            // Elsewhere the mode of a list, here of billing and of a velocity cap.
            if endpoint.path.starts_with("/v1/keystead/") && body.contains_key("mode") {
                let mode = if endpoint.path.ends_with("/velocity_cap") { "off" } else { "prepaid" };
                body.insert("mode".to_owned(), json!(mode));
            }
            body.insert((*name).to_owned(), json!({ "an": ["object"] }));
            walk.refuses(endpoint, "", &Value::Object(body).to_string(), name).await;
        }
    }
}

/// Filters apply in every spelling, and a similar but wrong name is refused.
#[tokio::test]
async fn filters_that_are_misspelt_are_refused() {
    let walk = Walk::new().await;
    let (world, key) = (&walk.world, &walk.key);
    for (path, param, near) in [
        ("/v1/organization/usage/completions?start_time=1&project_id=proj_x", "project_id", "project_ids"),
        ("/v1/organization/usage/completions?start_time=1&model=gpt-4o", "model", "models"),
        ("/v1/organization/costs?start_time=1&groupby=line_item", "groupby", "group_by"),
        ("/v1/organization/users?email=ops@example.com", "email", "emails"),
        ("/v1/organization/audit_logs?event_type[]=project.created", "event_type[]", "event_types"),
    ] {
        let answer = world.get(path, key).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{path}: {}", answer.body);
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("Did you mean '{near}'?")), "{message}");
    }
    for (query, param) in [
        ("group_by[0]=size", "group_by"),
        ("group_by=model,colour", "group_by"),
        ("batch=perhaps", "batch"),
        ("start_time=2", "start_time"),
        ("project_ids[0]=", "project_ids"),
    ] {
        let answer = world.get(&format!("/v1/organization/usage/completions?start_time=1&{query}"), key).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{query}: {}", answer.body);
    }
    for emails in ["emails[]=ann@example.com", "emails%5B0%5D=ann@example.com", "emails=ann%40example.com"] {
        let answer = world.get(&format!("/v1/organization/users?{emails}"), key).await;
        assert_eq!((answer.status, &answer.body["data"]), (200, &json!([])), "{emails}");
    }
}
