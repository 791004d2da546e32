//! The pages of federation rules: a rule is made with its service account, issues keys, and ends them.

use keystead_app::Actor;
use keystead_app::workload_identity::Exchange;
use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_testkit::Workloads;
use serde_json::json;

use crate::workloads::{HERE, provider};
use crate::world::*;

/// The organization of this owner and its Default project.
async fn place(world: &World, browser: &mut Browser<'_>) -> (OrganizationId, String) {
    let user = browser.members().await.remove(0);
    let mine = world.app.organizations_of(&user).await.unwrap().remove(0);
    (mine.id, mine.projects[0].id.to_string())
}

async fn waive_phone(world: &World, organization: &OrganizationId) {
    let operator = Actor::operator("test");
    world.app.waive_requirement(&operator, organization, Requirement::Phone, None, "test").await.unwrap();
}

/// The fields of a rule for a new account in a project.
fn fields<'a>(csrf: &'a str, account: &'a str, changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("csrf", csrf), ("account", account), ("account_name", "builder"), ("permissions", "all")];
    all.extend([("name", "Main branch"), ("description", "")]);
    all.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    all.extend(changed);
    if !changed.iter().any(|(name, _)| *name == "attribute") {
        all.extend([("attribute", "repository"), ("kind", "text"), ("value", "acme/app")]);
    }
    all
}

/// Exchanges a token with these claims.
async fn exchange(world: &World, provider: &str, account: &str) -> Result<String, String> {
    let now = world.now();
    let mut claims = json!({ "iss": Workloads::ISSUER, "aud": "keystead", "sub": "a", "iat": now, "exp": now + 300 });
    claims["repository"] = json!("acme/app");
    let token = Workloads::sign(1, &claims);
    let asked = Exchange { token: &token, provider, service_account: account, address: None };
    let issued = world.app.exchange_workload_token(&asked).await;
    issued.map(|key| key.secret.expose().clone()).map_err(|refused| refused.to_string())
}

/// The text after this mark, up to the first character that no id has.
fn id_after(body: &str, mark: &str) -> String {
    let rest = body.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in {body}"));
    let id: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    format!("{}{id}", mark.rsplit(['/', '=', '>']).next().unwrap())
}

#[tokio::test]
async fn a_rule_issues_keys_and_ends_them() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (organization, project) = place(&world, &mut ann).await;
    let one = provider(&mut ann, &[]).await;
    let wip = one.rsplit('/').next().unwrap().to_owned();
    let csrf = ann.csrf().await;
    let (path, new) = (format!("{one}/rules/create"), format!("{project}/new"));
    // What is required before a new key is required before a rule.
    let refused = ann.post(&path, &fields(&csrf, &new, &[])).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Verify a phone number first."), "{}", refused.body);
    assert!(
        refused.body.contains("selected>builder</option>"),
        "the account that was made is chosen: {}",
        refused.body
    );
    waive_phone(&world, &organization).await;
    let account = id_after(&refused.body, "/svc_acct_");
    let chosen = format!("{project}/{account}");
    let made = ann.post(&path, &fields(&csrf, &chosen, &[])).await;
    assert!(made.location().contains("done=rule-created"), "{}", made.body);
    let page = ann.get(&one).await;
    for shown in ["Main branch", "repository = acme/app", "builder", "Default project · Permissions: All", &account] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    let rule = id_after(&page.body, "/rules/wifr_");

    exchange(&world, &wip, &account).await.unwrap();
    let list = ann.get("/api-keys").await;
    assert!(list.body.contains("/api-keys/workloads"), "{}", list.body);
    let issued = ann.get("/api-keys/workloads").await;
    for shown in ["Main branch", "Builds", "builder", "Expires in 5 minutes", &wip] {
        assert!(issued.body.contains(shown), "{shown} in {}", issued.body);
    }
    let key = ann.get(&format!("/api-keys/{}", id_after(&issued.body, "/api-keys/key_"))).await;
    assert!(key.status == 200 && key.body.contains("Issued by federation rule"), "{}", key.body);
    let asked = ann.get(&format!("{one}?rule-disable={rule}")).await;
    assert!(asked.body.contains("1 key that works now stops working"), "{}", asked.body);
    let edit = ann.get(&format!("{one}/rules/{rule}")).await;
    assert!(edit.body.contains("It stops working if you change the conditions"), "{}", edit.body);
    let act = async |ann: &mut Browser<'_>, verb: &str| {
        ann.post(&format!("{one}/rules/{rule}/{verb}"), &[("csrf", &csrf)]).await
    };
    assert_eq!(act(&mut ann, "disable").await.status, 303);
    assert!(exchange(&world, &wip, &account).await.unwrap_err().contains("No federation rule"));
    assert!(ann.get("/api-keys/workloads").await.body.contains("Ended with the rule"));
    assert_eq!(act(&mut ann, "enable").await.status, 303);

    // A restriction, and a condition of another kind.
    let changed = [
        ("attribute", "repository"),
        ("kind", "text"),
        ("value", "acme/app"),
        ("attribute", "run"),
        ("kind", "number"),
        ("value", "7"),
        ("permissions", "restricted"),
        ("scope", "api.model.request"),
    ];
    let saved = ann.post(&format!("{one}/rules/{rule}/save"), &fields(&csrf, &chosen, &changed)).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = ann.get(&one).await;
    assert!(page.body.contains("run = 7") && page.body.contains("Permissions: "), "{}", page.body);
    assert!(ann.get(&format!("{one}/rules/{rule}")).await.body.contains("<option value=\"number\" selected>"));
    let early = ann.post(&format!("{one}/delete"), &[("csrf", &csrf)]).await;
    assert_eq!(early.status, 422);
    assert!(early.body.contains("delete its rules first"), "{}", early.body);
    assert!(ann.get(&format!("{one}?rule-delete={rule}")).await.body.contains("The service account stays."));
    assert!(act(&mut ann, "delete").await.location().contains("done=rule-deleted"));
    assert_eq!(ann.get(&format!("{one}/rules/{rule}")).await.status, 404);
    assert!(ann.get("/api-keys/workloads").await.body.contains("The rule was deleted"));
}

/// Fields of a form with their values.
type Fields<'a> = Vec<(&'a str, &'a str)>;

#[tokio::test]
async fn every_fault_of_a_rule_is_explained() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (organization, project) = place(&world, &mut ann).await;
    waive_phone(&world, &organization).await;
    let one = provider(&mut ann, &[]).await;
    let csrf = ann.csrf().await;
    let new = format!("{project}/new");
    let condition = |name, kind, value| vec![("attribute", name), ("kind", kind), ("value", value)];
    let twice = [condition("sub", "text", "a"), condition("sub", "text", "b")].concat();
    let many: Vec<String> = (0..21).map(|number| format!("a{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().flat_map(|name| condition(name, "text", "x")).collect();
    let restricted = [condition("sub", "text", "a"), vec![("permissions", "restricted")]].concat();
    let faults: [(Fields, &str, &str); 11] = [
        (condition("", "text", ""), "conditions", "Add at least one condition"),
        (condition("sub", "text", ""), "conditions", "needs an attribute and a value"),
        (condition("a b", "text", "x"), "conditions", "no spaces"),
        (condition("iss", "text", "x"), "conditions", "differs between workloads"),
        (condition("run", "number", "<b>"), "conditions", "“&#60;b&#62;” is not a number"),
        (condition("ok", "boolean", "yes"), "conditions", "neither true nor false"),
        (twice, "conditions", "“sub” occurs twice"),
        (many, "conditions", "at most 20 conditions"),
        (restricted, "permissions", "at least one permission"),
        (vec![("account_name", "")], "account_name", "Enter a name for the new service account"),
        (vec![("account", "nothing")], "account", "Select a service account"),
    ];
    for (changed, field, words) in faults {
        let answer = ann.post(&format!("{one}/rules/create"), &fields(&csrf, &new, &changed)).await;
        assert_eq!(answer.status, 422, "{words}: {}", answer.location());
        assert!(answer.body.contains(words), "{words} in {}", answer.body);
        assert!(answer.body.contains(&format!("<a href=\"#{field}\">")), "{words} leads to {field}");
        assert!(answer.body.contains("value=\"Main branch\""), "what was typed stays");
    }
    let page = ann.get(&format!("{one}/rules/new")).await;
    assert!(!page.body.contains("svc_acct_"), "no account was made");
    // What every token of the issuer says lets everyone in.
    let answer =
        ann.post(&format!("{one}/rules/create"), &fields(&csrf, &new, &condition("aud", "text", "keystead"))).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("Add a condition that differs between workloads"), "{}", answer.body);
}

#[tokio::test]
async fn rules_of_others_are_out_of_reach() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let (organization, project) = place(&world, &mut ann).await;
    let (evil, foreign) = place(&world, &mut eve).await;
    waive_phone(&world, &organization).await;
    waive_phone(&world, &evil).await;
    let one = provider(&mut ann, &[]).await;
    let csrf = ann.csrf().await;
    // The same form twice: one account and one rule.
    let page = ann.get(&format!("{one}/rules/new")).await;
    let token = page.field("form");
    let account = format!("{project}/new");
    let mut form = fields(&csrf, &account, &[]);
    form.push(("form", &token));
    for _ in 0..2 {
        assert!(ann.post(&format!("{one}/rules/create"), &form).await.location().contains("done=rule-created"));
    }
    let page = ann.get(&one).await;
    assert_eq!(page.body.matches("rule-delete=").count(), 1, "{}", page.body);
    let (rule, account) =
        (id_after(&page.body, "/rules/wifr_"), id_after(&page.body, "service_account_id=<b>svc_acct_"));
    for (browser, status) in [(&mut ben, 403), (&mut eve, 404)] {
        let csrf = browser.csrf().await;
        assert_eq!(browser.get(&format!("{one}/rules/{rule}")).await.status, status);
        for verb in ["save", "enable", "disable", "delete"] {
            let path = format!("{one}/rules/{rule}/{verb}");
            assert_eq!(browser.post(&path, &fields(&csrf, "", &[])).await.status, status, "{verb}");
        }
    }
    // Her own provider, but the project or the service account of another organization.
    let hers = provider(&mut eve, &[]).await;
    let csrf = eve.csrf().await;
    for account in [format!("{project}/{account}"), format!("{foreign}/{account}"), format!("{project}/new")] {
        let answer = eve.post(&format!("{hers}/rules/create"), &fields(&csrf, &account, &[])).await;
        assert_eq!(answer.status, 404, "{account}: {}", answer.body);
    }
    // The rule of another provider.
    let second = provider(&mut ann, &[]).await;
    assert_eq!(ann.get(&format!("{second}/rules/{rule}")).await.status, 404);
    // Keys that were issued are listed for those who administer the project only.
    assert_eq!(ben.get("/api-keys/workloads").await.status, 403);
    assert_eq!(eve.get(&format!("/api-keys/workloads?project={project}")).await.status, 404);
    assert!(ann.get(&one).await.body.contains("Main branch"), "nothing changed");
    assert!(ann.get(HERE).await.body.contains("1 rule<"));
}
