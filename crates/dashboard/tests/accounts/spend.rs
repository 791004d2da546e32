//! Spend limits and alerts: who sees and changes them, what is no amount, and what is said on other pages.

use axum::body::Body;
use keystead_app::organizations::OrganizationChoice;
use keystead_core::id::{ProjectId, UserId};
use keystead_core::money::Amount;
use keystead_core::usage::UsageEvent;
use keystead_testkit::{count_usage, usage_event};

use crate::world::*;

const SPEND: &str = "/settings/organization/spend";

async fn home(browser: &mut Browser<'_>) -> OrganizationChoice {
    let user: UserId = browser.members().await.remove(0);
    browser.world.app.organizations_of(&user).await.unwrap().remove(0)
}

/// Records what the Default project spent on some days before now.
async fn spent(world: &World, home: &OrganizationChoice, segment: &'static str, days: &[(i64, i64)]) {
    let event = |(before, cents): &(i64, i64)| {
        usage_event(&home.id, &home.projects[0].id, world.now() - before * 86_400, Amount::of_cents(*cents))
    };
    let events: Vec<UsageEvent> = days.iter().map(event).collect();
    count_usage(&world.store, segment, 0, &events).await;
}

/// The ids of the alerts that a page lists.
fn alerts(page: &str) -> Vec<String> {
    page.split("?change=").skip(1).map(|rest| rest.split('&').next().unwrap().to_owned()).collect()
}

fn own_page(project: &ProjectId) -> String {
    format!("/settings/organization/projects/{project}/spend")
}

/// Sends a form of the page of the organization (without a place) or of a project.
async fn send(browser: &mut Browser<'_>, verb: &str, place: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let mut all = vec![("csrf", csrf.as_str()), ("place", place)];
    all.extend(fields);
    browser.post(&format!("{SPEND}/{verb}"), &all).await
}

#[tokio::test]
async fn owners_set_change_and_remove_limits() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = home(&mut ann).await;
    let project = home.projects[0].id.clone();
    for (place, page) in [(String::new(), SPEND.to_owned()), (project.to_string(), own_page(&project))] {
        let before = ann.get(&page).await.body;
        assert!(before.contains("No limit") && !before.contains("Remove limit"), "{before}");
        for (typed, shown, kept) in [
            ("1,234.5", "1,234.50\u{a0}USD", "1,234.50"),
            ("$50", "50.00\u{a0}USD", "50.00"),
            ("0.01", "0.01\u{a0}USD", "0.01"),
        ] {
            let saved = send(&mut ann, "limit", &place, &[("amount", typed)]).await;
            assert!(saved.location().starts_with(&page) && saved.location().contains("done=saved"), "{}", saved.body);
            let seen = ann.get(&page).await.body;
            assert!(
                seen.contains(&format!("value=\"{kept}\"")) && seen.contains(&format!("of its limit of {shown}")),
                "{seen}"
            );
            assert!(
                seen.contains("Within the limit") && seen.contains("1\u{a0}December 2026, 00:00\u{a0}UTC"),
                "{seen}"
            );
        }
        let removed = send(&mut ann, "remove", &place, &[]).await;
        assert!(removed.location().contains("done=saved"), "{}", removed.body);
        assert!(!ann.get(&page).await.body.contains("Remove limit"));
        // Removed in another tab as well: that is what was wanted.
        assert!(send(&mut ann, "remove", &place, &[]).await.location().contains("done=saved"));
    }
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert!(log.contains("spend_limit.updated") && log.contains("spend_limit.deleted"), "{log}");
}

#[tokio::test]
async fn what_is_no_amount_is_refused_and_stays_in_the_field() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for (typed, says) in [
        ("", "Enter an amount"),
        ("-5", "cannot be negative"),
        ("0", "at least 0.01\u{a0}USD"),
        ("12.345", "at most two decimals"),
        ("12 EUR", "without another currency"),
        ("€12", "without another currency"),
        ("many", "Enter a number"),
        ("10,000,000,000.01", "at most 10,000,000,000.00\u{a0}USD"),
        ("99999999999999999999", "at most 10,000,000,000.00\u{a0}USD"),
    ] {
        let refused = send(&mut ann, "limit", "", &[("amount", typed)]).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{typed}: {}", refused.body);
        assert!(refused.body.contains("<a href=\"#limit\">") && refused.body.contains("aria-invalid=\"true\""));
        assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", refused.body);
    }
    assert!(!ann.get(SPEND).await.body.contains("Remove limit"), "nothing was set");
    let polish = "/settings/organization/spend/limit?language=pl";
    let csrf = ann.csrf().await;
    assert!(ann.post(polish, &[("csrf", &csrf), ("amount", "1 234,50")]).await.location().contains("done=saved"));
    assert!(ann.get(SPEND).await.body.contains("value=\"1,234.50\""));
}

#[tokio::test]
async fn a_limit_below_what_is_spent_is_confirmed_once() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = home(&mut ann).await;
    spent(&world, &home, "1-a", &[(1, 2_000)]).await;
    for typed in ["19.99", "20"] {
        let asked = send(&mut ann, "limit", "", &[("amount", typed)]).await;
        assert!(asked.status == 422 && asked.body.contains("requests that cost something are refused at once"));
        assert!(asked.body.contains("20.00\u{a0}USD is already spent") && asked.body.contains("name=\"acknowledged\""));
        assert!(!ann.get(SPEND).await.body.contains("Remove limit"), "not set yet");
    }
    // One cent more refuses nothing yet.
    assert!(send(&mut ann, "limit", "", &[("amount", "20.01")]).await.location().contains("done=saved"));
    let near = ann.get(SPEND).await.body;
    assert!(near.contains("At least 80% spent") && near.contains("Spent 99.9%"), "{near}");
    let confirmed = send(&mut ann, "limit", "", &[("amount", "19.99"), ("acknowledged", "yes")]).await;
    assert!(confirmed.location().contains("done=saved"), "{}", confirmed.body);
    let reached = ann.get(SPEND).await.body;
    assert!(reached.contains("Limit reached") && reached.contains("Spent 100%"), "{reached}");
    assert!(reached.contains("are refused until 1\u{a0}December 2026, 00:00\u{a0}UTC"), "{reached}");
    // The page shows the figures that the API and refusals use.
    let actor = keystead_app::Actor::Person(ann.members().await.remove(0));
    let view = world.app.spend_of(&actor, &home.id, None).await.unwrap();
    assert_eq!(view.figures.spent, Amount::of_cents(2_000));
    assert!(world.app.spend_limit(&actor, &home.id, None).await.unwrap().reached);
    // In the next month everything is free again.
    world.advance(11 * 86_400);
    let mut ann = world.browser();
    ann.sign_in("ann@example.com", SPEND).await;
    assert!(ann.get(SPEND).await.body.contains("has spent 0.00\u{a0}USD of its limit of 19.99\u{a0}USD"));
}

#[tokio::test]
async fn readers_see_limits_and_change_nothing() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let home = home(&mut ann).await;
    let project = home.projects[0].id.clone();
    send(&mut ann, "limit", "", &[("amount", "40")]).await;
    send(&mut ann, "create", "", &[("amount", "30"), ("recipients", "ann@example.com")]).await;
    let owners = ann.get(SPEND).await.body;
    let alert = alerts(&owners).remove(0);
    for page in [SPEND.to_owned(), own_page(&project)] {
        let seen = ben.get(&page).await.body;
        assert!(seen.contains("Only owners of the organization can change spend limits"), "{seen}");
        assert!(!seen.contains("name=\"amount\"") && !seen.contains("ann@example.com"), "{seen}");
    }
    assert!(ben.get(SPEND).await.body.contains("of its limit of 40.00\u{a0}USD"));
    for (verb, fields) in [
        ("limit", &[("amount", "50")][..]),
        ("limit", &[("amount", "50"), ("acknowledged", "yes")]),
        ("remove", &[]),
        ("create", &[("amount", "5"), ("recipients", "ben@example.com")]),
        ("change", &[("id", alert.as_str()), ("amount", "5"), ("recipients", "ben@example.com")]),
        ("delete", &[("id", alert.as_str())]),
    ] {
        for place in ["", project.as_str()] {
            let refused = send(&mut ben, verb, place, fields).await;
            assert!(
                [403, 404].contains(&refused.status),
                "{verb} in {place:?}: {} {}",
                refused.status,
                refused.location()
            );
        }
        // Another organization's ids are answered like unknown ones.
        let foreign = send(&mut eve, verb, project.as_str(), fields).await;
        assert_eq!(foreign.status, 404, "{verb}: {}", foreign.body);
        let unknown = send(&mut eve, verb, "proj_unknown", fields).await;
        assert_eq!(unknown.status, 404, "{verb}: {}", unknown.body);
    }
    for (verb, fields) in [
        ("change", &[("id", alert.as_str()), ("amount", "5"), ("recipients", "eve@example.com")][..]),
        ("delete", &[("id", alert.as_str())]),
        ("delete", &[("id", "alert_unknown")]),
        ("delete", &[("id", "")]),
        ("surprise", &[]),
    ] {
        assert_eq!(send(&mut eve, verb, "", fields).await.status, 404, "{verb} {fields:?}");
    }
    // An alert of the organization is none of a project.
    assert_eq!(send(&mut ann, "delete", project.as_str(), &[("id", &alert)]).await.status, 404);
    assert_eq!(eve.get(&own_page(&project)).await.status, 404);
    assert!(world.browser().get(SPEND).await.location().starts_with("/sign-in"));
    let after = ann.get(SPEND).await.body;
    assert!(after.contains("of its limit of 40.00") && after.contains(&alert) && after.contains("30.00\u{a0}USD"));
}

#[tokio::test]
async fn alerts_come_change_and_go() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = home(&mut ann).await;
    let project = home.projects[0].id.clone();
    let page = own_page(&project);
    let fresh = ann.get(&page).await.body;
    assert!(fresh.contains("No alerts yet.") && fresh.contains(">ann@example.com</textarea>"), "{fresh}");
    let many: String = (0..11).map(|number| format!("a{number}@example.com\n")).collect();
    let long = "x".repeat(256);
    for (fields, at, says) in [
        ([("amount", "-1"), ("recipients", "ann@example.com"), ("prefix", "")], "amount", "cannot be negative"),
        ([("amount", ""), ("recipients", "ann@example.com"), ("prefix", "")], "amount", "Enter an amount"),
        ([("amount", "5"), ("recipients", " \n"), ("prefix", "")], "recipients", "at least one email address"),
        (
            [("amount", "5"), ("recipients", "ann@example.com, no<b>"), ("prefix", "")],
            "recipients",
            "“no&#60;b&#62;” is not",
        ),
        ([("amount", "5"), ("recipients", many.as_str()), ("prefix", "")], "recipients", "at most 10 email addresses"),
        (
            [("amount", "5"), ("recipients", "ann@example.com"), ("prefix", long.as_str())],
            "prefix",
            "255 visible characters",
        ),
    ] {
        let refused = send(&mut ann, "create", project.as_str(), &fields).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{says}: {}", refused.body);
        assert!(refused.body.contains(&format!("<a href=\"#alert-{at}\">")), "{says}: {}", refused.body);
    }
    let fields = [("amount", "10"), ("recipients", "Ann@Example.com; cy@example.com"), ("prefix", "[costs]")];
    assert!(send(&mut ann, "create", project.as_str(), &fields).await.location().contains("done=saved"));
    let made = ann.get(&page).await;
    assert!(
        made.body.contains("cy@example.com")
            && made.body.contains("<small>[costs]</small>")
            && made.body.contains("Not reached")
    );
    let id = alerts(&made.body).remove(0);
    // It is reached once usage is counted; what is passed already applies from the next month.
    spent(&world, &home, "1-a", &[(0, 1_200)]).await;
    send(&mut ann, "create", project.as_str(), &[("amount", "5"), ("recipients", "ann@example.com")]).await;
    let reached = ann.get(&page).await.body;
    assert!(
        reached.contains("Reached</span><small>20\u{a0}November 2026, 14:02\u{a0}UTC, at 12.00\u{a0}USD"),
        "{reached}"
    );
    assert!(reached.contains("Applies from next month"), "{reached}");
    // A refused change keeps what was typed in the form of that alert.
    let change = [("id", id.as_str()), ("amount", "1.2.3"), ("recipients", "dan@example.com"), ("prefix", "")];
    let refused = send(&mut ann, "change", project.as_str(), &change).await;
    assert!(refused.status == 422 && refused.body.contains("value=\"1.2.3\"") && refused.body.contains("<dialog open"));
    assert!(refused.body.contains(&format!("#alert-amount-{id}")), "{}", refused.body);
    let change = [("id", id.as_str()), ("amount", "99.99"), ("recipients", "dan@example.com"), ("prefix", "")];
    assert!(send(&mut ann, "change", project.as_str(), &change).await.location().contains("done=saved"));
    let changed = ann.get(&page).await.body;
    assert!(
        changed.contains("99.99\u{a0}USD")
            && changed.contains("dan@example.com")
            && !changed.contains("<small>[costs]</small>")
    );
    assert!(send(&mut ann, "delete", project.as_str(), &[("id", &id)]).await.location().contains("done=saved"));
    assert!(!ann.get(&page).await.body.contains("99.99\u{a0}USD"));
    assert!(ann.get(SPEND).await.body.contains("No alerts yet."), "none of it is of the organization");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_creates_one_alert() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get(SPEND).await;
    let (csrf, token) = (page.field("csrf"), page.field("form"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("form", token.as_str()),
        ("place", ""),
        ("amount", "5"),
        ("recipients", "ann@example.com"),
    ];
    for _ in 0..2 {
        let request = ann.request("POST", &format!("{SPEND}/create")).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = ann.send_once(request.body(Body::from(encoded(&fields))).unwrap()).await;
        assert!(answer.status == 303 && answer.location().contains("done=saved"), "{}", answer.body);
    }
    let page = ann.get(SPEND).await.body;
    assert_eq!(alerts(&page).len(), 1, "{page}");
}

#[tokio::test]
async fn there_is_no_room_for_more_than_a_hundred_alerts_and_archived_projects_get_none() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = home(&mut ann).await;
    let actor = keystead_app::Actor::Person(ann.members().await.remove(0));
    for cents in 0..100 {
        let settings = keystead_app::organizations::spend_alerts::SpendAlertSettings {
            cents,
            recipients: vec!["ann@example.com".to_owned()],
            subject_prefix: None,
        };
        world.app.create_spend_alert(&actor, &home.id, None, settings).await.unwrap();
    }
    let page = ann.get(SPEND).await.body;
    assert!(page.contains("At most 100 alerts are possible here.") && !page.contains("spend/create"), "{page}");
    let full = send(&mut ann, "create", "", &[("amount", "5"), ("recipients", "ann@example.com")]).await;
    assert!(full.status == 422 && full.body.contains("At most 100 alerts are possible here."), "{}", full.body);

    let project = world.app.create_project(&actor, &home.id, "old").await.unwrap();
    world.app.archive_project(&actor, &home.id, &project.id).await.unwrap();
    let page = ann.get(&own_page(&project.id)).await.body;
    assert!(page.contains("This project is archived.") && !page.contains("name=\"amount\""), "{page}");
    let place = project.id.to_string();
    let refused = send(&mut ann, "limit", &place, &[("amount", "5")]).await;
    assert!(refused.status == 422 && refused.body.contains("This project is archived."), "{}", refused.body);
}

#[tokio::test]
async fn every_project_has_its_row() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = home(&mut ann).await;
    let actor = keystead_app::Actor::Person(ann.members().await.remove(0));
    for number in 0..55 {
        let project = world.app.create_project(&actor, &home.id, &format!("project {number:02}.")).await.unwrap();
        world.app.set_spend_limit(&actor, &home.id, Some(&project.id), 100 + number).await.unwrap();
    }
    spent(&world, &home, "1-a", &[(0, 7)]).await;
    let first = ann.get(SPEND).await.body;
    let more = first.split("\">Show more projects</a>").next().unwrap().rsplit("href=\"").next().unwrap();
    let second = ann.get(&more.replace("&amp;", "&").replace("&#38;", "&")).await.body;
    let both = format!("{first}{second}");
    for number in 0..55 {
        assert_eq!(both.matches(&format!("project {number:02}.</a></td>")).count(), 1, "{number}");
    }
    assert!(both.contains("1.54</td>") && both.contains(">0.07</td>"), "{both}");
}

#[tokio::test]
async fn other_pages_say_what_is_left_and_what_the_month_will_come_to() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = home(&mut ann).await;
    let project = home.projects[0].id.clone();
    let days: Vec<(i64, i64)> = (1..=19).map(|before| (before, 100)).collect();
    spent(&world, &home, "1-a", &days).await;
    let usage = ann.get("/usage").await.body;
    assert!(usage.contains("At this pace it will spend about 30\u{a0}USD by the end of the month."), "{usage}");
    assert!(usage.contains("/spend?project=") && usage.contains("#alerts\">Notify me when spend rises"), "{usage}");
    send(&mut ann, "limit", project.as_str(), &[("amount", "50")]).await;
    let usage = ann.get("/usage?show=requests&period=7").await.body;
    assert!(usage.contains("has spent 19.00\u{a0}USD of its limit of 50.00\u{a0}USD this month."), "{usage}");
    assert!(usage.contains("31.00\u{a0}USD is left.") && usage.contains("Spent 38%"), "{usage}");
    assert!(usage.contains("At this pace, spend will be about 30\u{a0}USD by 30\u{a0}November."), "{usage}");
    // The month is said once.
    assert!(!ann.get("/usage").await.body.contains("it will spend about"));
    // A lower limit is reached before the month ends.
    send(&mut ann, "limit", "", &[("amount", "25")]).await;
    let usage = ann.get("/usage").await.body;
    assert!(usage.contains("At this pace, the limit is reached around 25\u{a0}November."), "{usage}");
    for page in [format!("/limits?project={project}"), format!("/settings/organization/projects/{project}")] {
        let seen = ann.get(&page).await.body;
        assert!(seen.contains("31.00\u{a0}USD is left.") && seen.contains("/spend?project="), "{seen}");
    }
    assert!(
        ann.get("/limits")
            .await
            .body
            .contains("The organization Harbour has spent 19.00\u{a0}USD of its limit of 25.00")
    );
    for (language, words) in [
        ("pl", "W\u{a0}tym tempie limit wyczerpie się około 25\u{a0}listopada."),
        ("ja", "このペースでは、11月\u{2060}25日ごろに上限に達します。"),
    ] {
        let page = ann.get(&format!("/usage?language={language}")).await.body;
        assert!(page.contains(words), "{page}");
    }
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let seen = ben.get("/usage").await.body;
    assert!(seen.contains("31.00\u{a0}USD is left.") && !seen.contains("Notify me"), "{seen}");
}
