//! Budgets: owners add, change and remove them; everyone sees those that apply to them.

use keystead_app::Actor;
use keystead_app::organizations::OrganizationChoice;
use keystead_app::roles::{NewRole, Place};
use keystead_core::id::UserId;

use crate::world::*;

const BUDGETS: &str = "/settings/organization/budgets";

async fn home(browser: &mut Browser<'_>) -> (UserId, OrganizationChoice) {
    let user: UserId = browser.members().await.remove(0);
    let home = browser.world.app.organizations_of(&user).await.unwrap().remove(0);
    (user, home)
}

async fn send(browser: &mut Browser<'_>, verb: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(&format!("{BUDGETS}/{verb}"), &all).await
}

/// The ids of the budgets that a page lists for owners.
fn ids(page: &str) -> Vec<String> {
    let rest = page.split("&change=").skip(1);
    let rest = rest.chain(page.split("&amp;change=").skip(1)).chain(page.split("&#38;change=").skip(1));
    rest.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn owners_add_change_and_remove_budgets() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (user, home) = home(&mut ann).await;
    assert!(ann.get(BUDGETS).await.body.contains("No budgets yet."));
    for (subject, terms, amount, shown) in [
        (home.id.as_str(), "tokens/day", "2,000,000", "2,000,000"),
        (home.projects[0].id.as_str(), "requests/hour", "500", "500"),
        (user.as_str(), "money/week", "$50", "50.00\u{a0}USD"),
    ] {
        let fields = [("subject", subject), ("terms", terms), ("amount", amount)];
        let saved = send(&mut ann, "create", &fields).await;
        assert!(saved.location().contains("done=saved"), "{}", saved.body);
        let seen = ann.get(BUDGETS).await.body;
        assert!(seen.contains(shown), "{shown}: {seen}");
        // There is one of each kind.
        let taken = send(&mut ann, "create", &fields).await;
        assert!(taken.status == 422 && taken.body.contains("There is already a budget"), "{}", taken.body);
    }
    let seen = ann.get(BUDGETS).await.body;
    for words in ["Tokens per day", "Requests per hour", "Spend per week", "Harbour"] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    let id = ids(seen.split("Tokens per day").nth(1).unwrap()).remove(0);
    let dialog = ann.get(&format!("{BUDGETS}?change={id}")).await.body;
    assert!(dialog.contains("value=\"2000000\""), "{dialog}");
    let wrong = send(&mut ann, "change", &[("id", &id), ("amount", "1.5")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("dialog-title"), "{}", wrong.body);
    assert!(wrong.body.contains("value=\"1.5\"") && wrong.body.contains("Enter a whole number"), "{}", wrong.body);
    let changed = send(&mut ann, "change", &[("id", &id), ("amount", "3 000 000")]).await;
    assert!(changed.location().contains("done=saved"), "{}", changed.body);
    assert!(ann.get("/limits").await.body.contains("3,000,000"), "the page of limits shows what applies");
    for _ in 0..2 {
        // Removed in another tab as well: that is what was wanted.
        assert!(send(&mut ann, "remove", &[("id", &id)]).await.location().contains("done=saved"));
    }
    assert!(!ann.get(BUDGETS).await.body.contains("3,000,000"));
    let log = ann.get("/settings/organization/audit-log").await.body;
    for action in ["budget.created", "budget.updated", "budget.deleted"] {
        assert!(log.contains(action), "{action}");
    }
}

#[tokio::test]
async fn what_is_no_amount_is_refused_and_stays_in_the_field() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (_, home) = home(&mut ann).await;
    for (terms, typed, says) in [
        ("tokens/day", "", "Enter a whole number"),
        ("tokens/day", "1.5", "Enter a whole number"),
        ("requests/day", "-5", "Enter a whole number"),
        ("requests/day", "many", "Enter a whole number"),
        ("requests/day", "1000000000001", "Enter a whole number"),
        ("money/day", "-5", "cannot be negative"),
        ("money/day", "12 EUR", "without another currency"),
        ("money/total", "0", "at least 0.01\u{a0}USD"),
    ] {
        let fields = [("subject", home.id.as_str()), ("terms", terms), ("amount", typed)];
        let refused = send(&mut ann, "create", &fields).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{terms} {typed}: {}", refused.body);
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", refused.body);
    }
    for fields in [
        [("subject", "org-none"), ("terms", "tokens/day"), ("amount", "5")],
        [("subject", "key_none"), ("terms", "tokens/day"), ("amount", "5")],
        [("subject", "nothing"), ("terms", "tokens/day"), ("amount", "5")],
    ] {
        assert_eq!(send(&mut ann, "create", &fields).await.status, 404);
    }
    assert!(ids(&ann.get(BUDGETS).await.body).is_empty(), "nothing was set");
}

/// Members see what applies to them and change nothing.
#[tokio::test]
async fn members_look_at_what_applies_to_them() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (user, home) = home(&mut ann).await;
    for (subject, amount) in [(home.id.as_str(), "777"), (user.as_str(), "888")] {
        let fields = [("subject", subject), ("terms", "requests/day"), ("amount", amount)];
        assert!(send(&mut ann, "create", &fields).await.location().contains("done=saved"));
    }
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let seen = ben.get(BUDGETS).await;
    assert!(seen.status == 200 && seen.body.contains("777") && !seen.body.contains("888"), "{}", seen.body);
    assert!(seen.body.contains("Only owners of the organization can change budgets."));
    let fields = [("subject", home.id.as_str()), ("terms", "tokens/day"), ("amount", "5")];
    assert!(send(&mut ben, "create", &fields).await.status >= 400);
}

/// Who manages an organization need not see what it uses.
#[tokio::test]
async fn managers_who_see_no_usage_set_budgets_and_cards() {
    let world = World::prepaid(&[]).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (owner, home) = home(&mut ann).await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let user = ann.members().await.into_iter().find(|id| *id != owner).unwrap();
    let permissions = ["api.management.read", "api.management.write"].map(str::to_owned).to_vec();
    let asked = NewRole { name: "manager".to_owned(), permissions, description: None };
    let place = Place { organization: &home.id, project: None };
    let role = world.app.create_role(&Actor::Person(owner), place, asked).await.unwrap().id.to_string();
    for (verb, role) in [("give", role.as_str()), ("take", "role-api-organization-reader")] {
        let csrf = ann.csrf().await;
        let fields = [("csrf", csrf.as_str()), ("place", "organization"), ("role", role)];
        let done = ann.post(&format!("/settings/organization/members/{user}/roles/{verb}"), &fields).await;
        assert_eq!(done.status, 303, "{verb}: {}", done.body);
    }
    let fields = [("subject", home.id.as_str()), ("terms", "requests/day"), ("amount", "777")];
    let made = send(&mut ben, "create", &fields).await;
    assert!(made.location().contains("done=saved"), "{} {}", made.status, made.body);
    let billing = "/settings/organization/billing";
    assert_eq!(ben.get(billing).await.status, 403);
    let cards = ben.get(&format!("{billing}/payment-methods")).await;
    assert_eq!(cards.status, 200, "{}", cards.body);
    assert!(!cards.body.contains(&format!("href=\"{billing}?")), "no entry leads to a closed page: {}", cards.body);
}
