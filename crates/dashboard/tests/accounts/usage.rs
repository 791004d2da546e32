//! Usage: for any days, any grouping and any measure; names for people, ids beside them (S1-38).

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use keystead_core::id::UserId;
use keystead_core::money::{Amount, Micros};
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent};
use keystead_store::tables::refusals::{self, RefusedCall};
use keystead_store::tables::usage;
use keystead_store::{Error, Tx};
use keystead_testkit::usage_event;

use crate::world::*;

/// An owner with two calls today and one a hundred days ago, by a key with markup in its name.
async fn used(world: &World) -> (Browser<'_>, UserId) {
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let user = ann.members().await.remove(0);
    let home = world.app.organizations_of(&user).await.unwrap().remove(0);
    let operator = Actor::operator("test");
    world.app.waive_requirement(&operator, &home.id, Requirement::Phone, None, "test").await.unwrap();
    let key = NewKey { name: Some("<i>shop</i>".to_owned()), ..NewKey::default() };
    let actor = Actor::Person(user.clone());
    let made = world.app.create_project_key(&actor, &home.id, &home.projects[0].id, &key).await.unwrap();
    let event = |days: i64, owner: &str, tokens: i64| UsageEvent {
        key: made.key.id.clone(),
        owner: owner.into(),
        used: Quantities { requests: 1, input_tokens: tokens, ..Quantities::default() },
        ..usage_event(&home.id, &home.projects[0].id, world.now() - days * 86_400, Micros(2_000_000).into())
    };
    let events = [event(0, user.as_str(), 111), event(0, user.as_str(), 222), event(100, user.as_str(), 444)];
    let write = world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-x", 0, &events).await);
    let recorded: Result<_, Error> = write.await;
    assert_eq!(recorded.unwrap(), 3);
    (ann, user)
}

#[tokio::test]
async fn usage_is_told_by_name_and_for_any_days() {
    let world = World::new().await;
    let (mut ann, user) = used(&world).await;
    let page = ann.get("/usage").await.body;
    assert!(page.contains("Spend per day") && page.contains(">333<") && page.contains("<code>gpt-4o</code>"), "{page}");
    let by_key = ann.get("/usage?period=7&by=key&show=tokens").await.body;
    assert!(by_key.contains("Tokens per day") && by_key.contains("&#60;i&#62;shop&#60;/i&#62;<small>"), "{by_key}");
    assert!(by_key.contains(": 333</title>"), "bars are tokens");
    let by_person = ann.get("/usage?by=user&show=requests").await.body;
    assert!(by_person.contains("ann@example.com</small>") && by_person.contains(": 2</title>"), "{by_person}");
    let japanese = ann.get("/usage?by=user&show=requests&language=ja").await.body;
    assert!(japanese.contains(">内訳：</span>") && japanese.contains("：2</title>"), "{japanese}");
    let by_project = ann.get("/usage?by=project").await.body;
    assert!(by_project.contains("proj_") && by_project.contains("<small>proj_"), "{by_project}");

    // 1 795 183 320 is 20 November 2026; a hundred days before is 12 August.
    let old = ann.get("/usage?from=2026-08-01&to=2026-08-31").await;
    assert!(old.status == 200 && old.body.contains(">444<") && !old.body.contains(">333<"), "{}", old.body);
    assert!(old.body.contains("value=\"2026-08-31\""), "the form keeps what was asked");
    let wrong = ann.get("/usage?from=2026-08-31&to=2026-08-01").await;
    assert!(wrong.status == 422 && wrong.body.contains("at most 92 days apart"), "{}", wrong.status);
    let csv = ann.get("/usage.csv?from=2026-08-01&to=2026-08-31&by=user").await.body;
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(
        rows[0],
        "day,user,name,requests,input_tokens,output_tokens,images,cost_usd,estimated_requests,estimated_input_tokens,\
         estimated_output_tokens,estimated_images,estimated_cost_usd"
    );
    assert!(rows.len() == 2 && rows[1].starts_with(&format!("2026-08-12,{user},")), "{csv}");

    // A member without the organization's rights may look, and gets no names of other organizations.
    let mut ben = world.owner("ben@example.com", "Elsewhere").await;
    assert!(!ben.get("/usage?by=user").await.body.contains("ann@example.com"));
}

/// Estimated figures are marked in the table, explained in a sentence and have their own columns; costs are exact in
/// the file.
#[tokio::test]
async fn estimated_figures_are_told_apart() {
    let world = World::new().await;
    let (mut ann, user) = used(&world).await;
    let reported = ann.get("/usage").await.body;
    assert!(!reported.contains('≈') && reported.contains("spent 4.00\u{a0}USD on 2 requests"), "{reported}");
    let home = world.app.organizations_of(&user).await.unwrap().remove(0);
    let guessed = UsageEvent {
        owner: user.text(),
        used: Quantities { requests: 1, input_tokens: 1_000, output_tokens: 24, ..Quantities::default() },
        estimated: true,
        stream: true,
        ..usage_event(&home.id, &home.projects[0].id, world.now(), Amount::of_picos(3_200_000))
    };
    let write = world
        .store
        .write("record", async move |tx: &mut Tx| usage::record(tx, "2-x", 0, std::slice::from_ref(&guessed)).await);
    let recorded: Result<_, Error> = write.await;
    assert_eq!(recorded.unwrap(), 1);
    let page = ann.get("/usage").await.body;
    assert!(page.contains(">≈ 1,333<") && page.contains(">≈ 24<") && page.contains(">≈ 4.00<"), "{page}");
    assert!(page.contains("did not report the usage of 1 request, so Keystead counted about 1,024 tokens"), "{page}");
    for (language, words) in
        [("pl", "serwer modelu nie podał wykorzystania dla 1\u{a0}żądania"), ("ja", "1件の使用量を報告しなかったため")]
    {
        let page = ann.get(&format!("/usage?language={language}")).await.body;
        assert!(page.contains(words), "{page}");
    }
    let csv = ann.get("/usage.csv?period=7").await.body;
    assert!(csv.contains(",gpt-4o,,3,1333,24,0,4.0000032,1,1000,24,0,0.0000032\r\n"), "{csv}");
}

/// Five series have a colour each, the rest is one hatched row that leads to all of them; numbers are grouped, and an
/// unusual day is named with the key that caused it.
#[tokio::test]
async fn a_chart_has_five_series_and_a_rest() {
    let world = World::new().await;
    let (mut ann, user) = used(&world).await;
    let home = world.app.organizations_of(&user).await.unwrap().remove(0);
    let mut events = Vec::new();
    for day in 1..=14_i64 {
        for (place, model) in ["a", "b", "c", "d", "e", "f", "g"].into_iter().enumerate() {
            let requests = if day == 5 && place == 0 { 90_000 } else { 1_000 - i64::try_from(place).unwrap() };
            events.push(UsageEvent {
                owner: user.text(),
                model: format!("model-{model}").into(),
                used: Quantities { requests, ..Quantities::default() },
                ..usage_event(&home.id, &home.projects[0].id, world.now() - day * 86_400, Amount::ZERO)
            });
        }
    }
    let write = world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "3-x", 0, &events).await);
    let recorded: Result<_, Error> = write.await;
    assert_eq!(recorded.unwrap(), 98);
    let page = ann.get("/usage?show=requests").await.body;
    for place in 1..=6 {
        assert_eq!(page.matches(&format!("class=\"swatch f{place}\"")).count(), 1, "{place}: {page}");
    }
    assert!(
        page.contains("other (3)") && page.contains("<code>model-a</code>") && !page.contains(">model-g<"),
        "{page}"
    );
    assert!(page.contains(">103,000<") && page.contains("Requests per day"), "grouped: {page}");
    assert!(page.contains("15\u{a0}November: ") && page.contains(" times a typical day"), "{page}");
    assert!(page.contains("from=2026-11-15&#38;to=2026-11-15&#38;by=key"), "{page}");
    assert!(page.contains("until 14:02"), "today is not over: {page}");
    let all = ann.get("/usage?show=requests&all=1").await.body;
    assert!(all.contains("<code>model-g</code>") && !all.contains("other (3)</a>"), "{all}");
    let polish = ann.get("/usage?show=requests&language=pl").await.body;
    assert!(polish.contains(">103\u{202f}000<"), "{polish}");
}

/// Days begin at midnight in the time zone of the account.
#[tokio::test]
async fn days_are_those_of_the_reader() {
    let world = World::new().await;
    let (mut ann, _) = used(&world).await;
    assert!(ann.get("/usage").await.body.contains("Days in UTC."));
    let csrf = ann.csrf().await;
    let zone = [("csrf", csrf.as_str()), ("next", "/usage"), ("time_zone", "Pacific/Auckland")];
    assert_eq!(ann.post("/preferences", &zone).await.status, 303);
    assert!(ann.get("/usage").await.body.contains("Days in Pacific/Auckland."));
    // 14:02 on 20 November in UTC is 03:02 on the next day there.
    let csv = ann.get("/usage.csv?from=2026-11-21&to=2026-11-21").await.body;
    assert!(csv.contains("\r\n2026-11-21,gpt-4o,,2,333,"), "{csv}");
    assert_eq!(ann.get("/usage.csv?from=2026-11-20&to=2026-11-20").await.body.lines().count(), 1);
}

#[tokio::test]
async fn refused_requests_are_counted_by_reason() {
    let world = World::new().await;
    let (mut ann, user) = used(&world).await;
    let home = world.app.organizations_of(&user).await.unwrap().remove(0);
    let none = ann.get("/usage?show=refused").await.body;
    assert!(none.contains("No requests were refused by a rule in this period."), "{none}");
    let (organization, project, now) = (home.id.clone(), home.projects[0].id.clone(), world.now());
    let write = world.store.write("refuse", async move |tx: &mut Tx| {
        for (number, model) in ["gpt-image-1", "gpt-image-1", "o3"].into_iter().enumerate() {
            let call = RefusedCall {
                id: format!("req_{number}"),
                organization: organization.clone(),
                project: Some(project.clone()),
                api_key: None,
                action: format!("model.use:{model}"),
                rule: format!("verified-for-{model}"),
                missing: "organization".to_owned(),
                at: Timestamp(now - 60),
            };
            refusals::insert(tx, &call).await?;
        }
        Ok(())
    });
    let written: Result<(), Error> = write.await;
    written.unwrap();
    let page = ann.get("/usage?show=refused").await.body;
    assert!(
        page.contains("<code>gpt-image-1</code>") && page.contains("/help/image-model-needs-verification"),
        "{page}"
    );
    assert!(page.contains("<strong>3</strong>") && page.contains("20\u{a0}November 2026: 3</title>"), "{page}");
    let home = ann.get("/home").await.body;
    assert!(home.contains("<strong>3</strong>") && home.contains("<strong>4.00</strong>"), "{home}");
    let mut ben = world.owner("ben@example.com", "Other").await;
    assert!(!ben.get("/usage?show=refused").await.body.contains("gpt-image-1"));
}
