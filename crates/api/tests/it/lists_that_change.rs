//! A list is read page by page while others add to it and take from it: what stays is seen once, and nothing twice.

use std::collections::BTreeSet;

use http::Method;
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_app::projects::rate_limits::ProjectRate;
use keystead_core::rate::RateLimits;
use keystead_core::role::OrganizationRole;
use keystead_testkit::Databases;
use serde_json::{Value, json};

use crate::certificates::AUTHORITY;
use crate::credit::grant;
use crate::external::{external_key, external_storage};
use crate::lists::{LISTS, NEXT_LISTS};
use crate::operator::{HERE as OPERATOR, operator};
use crate::rates::serve;
use crate::spend::spend_alert;
use crate::webhooks::{WEBHOOKS, budget, budget_alert, webhook};
use crate::workloads::{WORKLOAD_PROVIDERS, federation_rule, workload_provider};
use crate::world::{World, admin};

/// The operator's list of what organizations have.
const ORGANIZATIONS_CREDIT: &str = "/v1/keystead/operator/credit";

/// The same numbers for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// One list of one organization.
struct Place<'w> {
    world: &'w World,
    owner: Bootstrapped,
    project: String,
    account: String,
    /// Where a role that the list shows is made.
    roles: String,
    /// The models that are served, which the list of rate limits shows.
    models: BTreeSet<String>,
    /// The list's path in the table, and with its ids.
    list: &'static str,
    path: String,
    made: usize,
}

impl<'w> Place<'w> {
    async fn new(world: &'w World, list: &'static str, name: &str) -> Self {
        let owner = match list.starts_with(OPERATOR) {
            true => operator(world, "ops").await,
            false => world.bootstrap(name, true).await,
        };
        let key = admin(&owner);
        let project = world.post("/v1/organization/projects", key, json!({ "name": "Lab" })).await.text("id");
        let accounts = format!("/v1/organization/projects/{project}/service_accounts");
        let account = world.post(&accounts, key, json!({ "name": "bot" })).await.text("id");
        let provider = world.post(WORKLOAD_PROVIDERS, key, workload_provider("ci")).await.text("id");
        let group = world.post("/v1/organization/groups", key, json!({ "name": "Team" })).await.text("id");
        let path = list.replace("{project_id}", &project).replace("{workload_identity_provider_id}", &provider);
        let path = match list.contains("{webhook_id}") {
            true => path.replace("{webhook_id}", &world.post(WEBHOOKS, key, webhook()).await.text("id")),
            false => path,
        };
        let path = path.replace("{group_id}", &group).replace("{user_id}", owner.user_id.as_str());
        let roles = match list.starts_with("/v1/projects/") {
            true => format!("/v1/projects/{project}/roles"),
            false => "/v1/organization/roles".to_owned(),
        };
        Self { world, owner, project, account, roles, models: BTreeSet::new(), list, path, made: 0 }
    }

    /// Makes a role, which holders and lists of roles then show.
    async fn role(&self, name: &str) -> String {
        let body = json!({ "role_name": name, "permissions": ["api.model.read"] });
        let made = self.world.post(&self.roles, admin(&self.owner), body).await;
        assert_eq!(made.status, 200, "{}: {}", self.list, made.body);
        made.text("id")
    }

    /// Adds a row to a list of groups or of their members; returns its id.
    async fn add_to_groups(&self, name: &str) -> String {
        let (world, key) = (self.world, admin(&self.owner));
        let group = async || world.post("/v1/organization/groups", key, json!({ "name": name })).await.text("id");
        let (id, body) = match self.list {
            "/v1/organization/groups" => return group().await,
            list if list.ends_with("/users") => {
                let user = world.member(&self.owner.organization_id, OrganizationRole::Reader).await;
                (user.to_string(), json!({ "user_id": user }))
            }
            _ => {
                let id = group().await;
                (id.clone(), json!({ "group_id": id, "role": "role-api-project-member" }))
            }
        };
        let made = world.post(&self.path, key, body).await;
        assert_eq!(made.status, 200, "{}: {}", self.list, made.body);
        id
    }

    /// Adds a row to a list of roles or of held roles; returns its id.
    async fn add_to_roles(&self, name: &str) -> String {
        let id = self.role(name).await;
        if self.path != self.roles {
            let given = self.world.post(&self.path, admin(&self.owner), json!({ "role_id": id })).await;
            assert_eq!(given.status, 200, "{}: {}", self.list, given.body);
        }
        id
    }

    /// Lets the installation serve these models and no others.
    async fn serve(&self) {
        let served: Vec<_> = self.models.iter().map(|model| (model.as_str(), RateLimits::NONE)).collect();
        serve(self.world, &served).await;
    }

    /// Whether the list names the cursor of its next page.
    fn names_next(&self) -> bool {
        NEXT_LISTS.iter().any(|(path, _)| *path == self.list)
    }

    /// Adds a row and returns its id.
    async fn add(&mut self) -> String {
        self.made += 1;
        let (world, key, name) = (self.world, admin(&self.owner), format!("row {}", self.made));
        if self.list.ends_with("/roles") {
            return self.add_to_roles(&name).await;
        }
        if self.names_next() {
            return self.add_to_groups(&name).await;
        }
        if self.list == "/v1/keystead/credit/purchases" {
            return crate::purchases::add(world, &self.owner.organization_id, self.made).await;
        }
        if self.list == ORGANIZATIONS_CREDIT {
            let payer = world.bootstrap(&format!("payer{}", self.made), true).await;
            grant(world, &payer.organization_id).await;
            return payer.organization_id.to_string();
        }
        if self.list == "/v1/keystead/ledger" {
            return grant(world, &self.owner.organization_id).await;
        }
        let mut path = self.path.clone();
        let body = match self.list.rsplit('/').next().unwrap() {
            "users" => {
                let user = world.member(&self.owner.organization_id, OrganizationRole::Reader).await;
                if self.list == "/v1/organization/users" {
                    return user.to_string();
                }
                json!({ "user_id": user, "role": "member" })
            }
            "certificates" => {
                "/v1/organization/certificates".clone_into(&mut path);
                json!({ "certificate": AUTHORITY, "name": name })
            }
            "rate_limits" => {
                // Its place is anywhere among the others.
                let model = format!("m{}-{}", self.made * 7 % 10, self.made);
                self.models.insert(model.clone());
                self.serve().await;
                return format!("rl-{model}");
            }
            "spend_alerts" => spend_alert(),
            "budgets" => {
                let user = world.member(&self.owner.organization_id, OrganizationRole::Reader).await;
                json!({ "subject": { "type": "user", "id": user }, "measure": "tokens", "interval": "day", "amount": 5 })
            }
            "alerts" => budget_alert(&budget(world, key).await),
            "deliveries" => {
                path = self.path.replace("/deliveries", "/test");
                json!({})
            }
            "invites" => json!({ "email": format!("p{}@example.com", self.made), "role": "reader" }),
            "api_keys" => {
                path = format!("/v1/organization/projects/{}/service_accounts/{}/api_keys", self.project, self.account);
                json!({ "name": name })
            }
            "external_keys" => external_key(&name),
            "external_storage" => external_storage(&self.project),
            "workload_identity_providers" => workload_provider(&name),
            "federation_rules" => federation_rule(&self.project, &self.account),
            "audit_logs" => {
                let project = world.post("/v1/organization/projects", key, json!({ "name": name })).await;
                let found = format!("{}?limit=1&resource_ids[]={}", self.path, project.text("id"));
                return world.get(&found, key).await.text("first_id");
            }
            _ => json!({ "name": name }),
        };
        let made = world.post(&path, key, body).await;
        assert_eq!(made.status, 200, "{}: {}", self.list, made.body);
        made.text("id")
    }

    /// Takes a row away, if rows of this list can be.
    async fn take(&mut self, id: &str) {
        if self.list.ends_with("/rate_limits") {
            self.models.remove(ProjectRate::model_of(id).unwrap());
            return self.serve().await;
        }
        let (world, key, path) = (self.world, admin(&self.owner), format!("{}/{id}", self.path));
        let answer = match self.list {
            ORGANIZATIONS_CREDIT | "/v1/organization/audit_logs" => return,
            "/v1/keystead/credit/purchases" | "/v1/keystead/ledger" => return,
            list if list.ends_with("/deliveries") => return,
            list if list.ends_with("/certificates") => {
                world.delete(&format!("/v1/organization/certificates/{id}"), key).await
            }
            "/v1/organization/projects" => world.call(Method::POST, &format!("{path}/archive"), key, "").await,
            _ => world.delete(&path, key).await,
        };
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }

    /// Reads the list to its end, with changes between its pages.
    async fn read(&mut self, numbers: &mut Numbers, order: &str, stable: &BTreeSet<String>, passing: &mut Vec<String>) {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let limit = 1 + numbers.below(3);
            let path = format!("{}?order={order}&limit={limit}&after={cursor}", self.path);
            let page = self.world.get(&path, admin(&self.owner)).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            let data = page.body["data"].as_array().unwrap();
            let id = |row: &Value| row.get("id").unwrap_or(&row["group_id"]).as_str().unwrap().to_owned();
            seen.extend(data.iter().map(id));
            if page.body["has_more"] == false {
                break;
            }
            cursor = page.text(if self.names_next() { "next" } else { "last_id" });
            // The last row of the page, which the cursor names, is deleted as often as it can be.
            if let Some(at) = passing.iter().position(|id| Some(id) == seen.last()) {
                self.take(&passing.swap_remove(at)).await;
            } else if !passing.is_empty() && numbers.below(3) == 0 {
                let at = usize::try_from(numbers.below(passing.len() as u64)).unwrap();
                self.take(&passing.swap_remove(at)).await;
            }
            if passing.len() < 6 && self.made < 60 {
                self.world.wait(i64::try_from(numbers.below(2)).unwrap());
                passing.push(self.add().await);
            }
        }
        let once: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(once.len(), seen.len(), "{} {order}: a row was seen twice", self.list);
        let missed: Vec<_> = stable.difference(&once).collect();
        assert!(missed.is_empty(), "{} {order}: {missed:?} were not seen", self.list);
    }
}

/// Reads each of these lists in both orders while it changes, on both engines.
async fn read_while_they_change(lists: impl Iterator<Item = &'static str> + Clone) {
    for databases in Databases::both().await {
        let database = databases.fresh().await;
        let world = World::on(&database);
        for (seed, list) in (1..).zip(lists.clone()) {
            let mut place = Place::new(&world, list, &format!("owner{seed}")).await;
            let mut numbers = Numbers(seed);
            let (mut stable, mut passing) = (BTreeSet::new(), Vec::new());
            // Several of them in the same second.
            for n in 0..14 {
                world.wait(i64::try_from(numbers.below(2)).unwrap());
                let id = place.add().await;
                if n % 2 == 0 {
                    stable.insert(id);
                } else {
                    passing.push(id);
                }
            }
            for order in ["desc", "asc"] {
                place.read(&mut numbers, order, &stable, &mut passing).await;
            }
        }
    }
}

#[tokio::test]
async fn what_stays_is_seen_once() {
    read_while_they_change(LISTS.iter().map(|list| list.path)).await;
}

#[tokio::test]
async fn what_stays_is_seen_once_where_the_answer_names_the_next_page() {
    read_while_they_change(NEXT_LISTS.iter().map(|(path, _)| *path)).await;
}
