//! The page of alerts about budgets: the owners' emails, alerts with recipients, what is wrong in a form, and who sees it.

use keystead_app::Actor;
use keystead_app::budgets::BudgetSettings;
use keystead_core::budget::{BudgetSubject, Interval, Measure};
use keystead_core::id::UserId;

use crate::world::*;

const HERE: &str = "/settings/organization/budget-alerts";

/// Sets a budget of tokens in a day for the organization; returns its id.
async fn budget(browser: &mut Browser<'_>) -> String {
    let user: UserId = browser.members().await.remove(0);
    let app = &browser.world.app;
    let home = app.organizations_of(&user).await.unwrap().remove(0).id;
    let subject = BudgetSubject::Organization(home.clone());
    let settings = BudgetSettings { subject, measure: Measure::Tokens, interval: Interval::Day, amount: 1_000 };
    app.create_budget(&Actor::Person(user), &home, &settings).await.unwrap().row.budget.id.to_string()
}

async fn send(browser: &mut Browser<'_>, verb: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(&format!("{HERE}/{verb}"), &all).await
}

#[tokio::test]
async fn owners_switch_emails_and_add_alerts() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    assert!(ann.get(HERE).await.body.contains("There are no budgets yet."));
    let budget = budget(&mut ann).await;
    let seen = ann.get(HERE).await.body;
    assert!(seen.contains("No email to owners") && seen.contains("Tokens per day"), "{seen}");
    for (verb, state) in
        [("mail", "Owners get emails"), ("mail", "Owners get emails"), ("silence", "No email to owners")]
    {
        let saved = send(&mut ann, verb, &[("budget", &budget)]).await;
        assert!(saved.location().contains("done=saved"), "{}", saved.body);
        let seen = ann.get(HERE).await.body;
        assert!(seen.contains(state) && !seen.contains("Not reached yet"), "{verb}: listed once: {seen}");
    }
    let fields = [
        ("budget", budget.as_str()),
        ("kind", "percent"),
        ("value", "75 %"),
        ("recipients", "a@example.com, b@example.com"),
    ];
    send(&mut ann, "create", &fields).await;
    let fields =
        [("budget", budget.as_str()), ("kind", "amount"), ("value", "1,500"), ("recipients", ""), ("owners", "yes")];
    send(&mut ann, "create", &fields).await;
    let seen = ann.get(HERE).await.body;
    for text in ["75%", "a@example.com", "b@example.com", "1,500", "Owners", "Not reached yet"] {
        assert!(seen.contains(text), "{text}: {seen}");
    }
    let id = seen.split("delete=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(ann.get(&format!("{HERE}?delete={id}")).await.body.contains("dialog-title"));
    send(&mut ann, "delete", &[("id", &id)]).await;
    assert!(!ann.get(HERE).await.body.contains(&id));
}

#[tokio::test]
async fn wrong_alerts_stay_in_the_form() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let budget = budget(&mut ann).await;
    for (kind, value, recipients, says) in [
        ("percent", "0", "a@example.com", "Enter a whole number from 1 to 100."),
        ("percent", "2.5", "a@example.com", "Enter a whole number from 1 to 100."),
        ("percent", "many", "a@example.com", "Enter a whole number from 1 to 100."),
        ("amount", "-5", "a@example.com", "Enter a whole number of at least 1"),
        ("percent", "50", "no address", "no"),
    ] {
        let fields = [("budget", budget.as_str()), ("kind", kind), ("value", value), ("recipients", recipients)];
        let refused = send(&mut ann, "create", &fields).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{value}: {}", refused.body);
        assert!(refused.body.contains("aria-invalid=\"true\"") && refused.body.contains(&format!("value=\"{value}\"")));
    }
    assert!(ann.get(HERE).await.body.contains("No alerts yet."));
}

#[tokio::test]
async fn readers_and_strangers_change_no_alert() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let budget = budget(&mut ann).await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let seen = ben.get(HERE).await;
    assert!(seen.status == 200 && !seen.body.contains(&budget), "{}", seen.body);
    for browser in [&mut ben, &mut eve] {
        for verb in ["mail", "silence"] {
            let answer = send(browser, verb, &[("budget", &budget)]).await;
            assert!([403, 404].contains(&answer.status), "{verb}: {} {}", answer.status, answer.body);
        }
        let fields =
            [("budget", budget.as_str()), ("kind", "percent"), ("value", "50"), ("recipients", "e@example.com")];
        let answer = send(browser, "create", &fields).await;
        assert!([403, 404].contains(&answer.status), "{}", answer.status);
    }
    assert!(ann.get(HERE).await.body.contains("No email to owners"));
}
