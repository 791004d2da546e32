//! Rules as operators change them: in force at once, previewed before, with exempt organizations, and keys that no rule
//! ever disables.

use keystead_app::keys::NewKey;
use keystead_app::{Actor, Error, Settings};
use keystead_core::access::{ModelUse, Payer, Selection, decide, judge_model};
use keystead_core::gate::{AppliesTo, FirstUse, Mode, Requirement, Rule};
use keystead_core::id::KeyId;
use keystead_core::key::{ApiKey, Pepper, TagKeys};
use keystead_core::money::Micros;
use keystead_core::route::ROUTES;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_store::Tx;
use keystead_store::tables::{activity, directory, first_uses, policy};
use keystead_testkit::{count_usage, usage_event};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::vendors::{DAY, NOON, ServicesApp, number};

fn rule(id: &str, action: &str, models: &[&str]) -> Rule {
    Rule {
        id: id.to_owned(),
        action: action.to_owned(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        require: vec![Requirement::Organization],
        any_of: Vec::new(),
        effective_from: Timestamp(0),
        grandfather_created_before: None,
        grandfather_used_before: None,
        above: None,
        applies_to: AppliesTo::default(),
        mode: Mode::Enforce,
    }
}

// S1-04, S1-06: for any change by an operator, an existing key keeps working; only new keys wait.
#[tokio::test]
async fn no_rule_disables_a_key_that_exists() {
    let test = ServicesApp::new(Settings::default()).await;
    let operator = Actor::operator("anna");
    let tenant = test.tenant("ann").await;
    test.prove(&tenant, &number(100, 1), "10.0.0.1").await;
    let asked = NewKey::default();
    let key = test.app.create_project_key(&tenant.actor, tenant.organization(), &tenant.made.project_id, &asked).await;
    let key = key.unwrap().secret;
    let judge = async |model: &str| {
        let parsed = ApiKey::parse(key.expose(), &TagKeys::new(Secret::new([1; 32]), Vec::new())).unwrap();
        let digest = parsed.digest(&Pepper::new(Secret::new([2; 32])));
        let read = test.store.read("judge", async move |tx: &mut Tx| {
            let caller = directory::find_caller(tx, &digest).await?;
            Ok::<_, keystead_store::Error>((caller, policy::find(tx).await?.1))
        });
        let (caller, policy) = read.await.unwrap();
        let (caller, now) = (caller.unwrap(), Timestamp(test.now()));
        let chat = ROUTES.iter().find(|route| route.path == "/v1/chat/completions").unwrap();
        let payer: Payer = decide(&caller, chat, Selection::default(), [127, 0, 0, 1].into(), now).unwrap();
        let asked = ModelUse::of(model);
        judge_model(&policy, &caller, &payer, chat, asked, now).is_ok()
    };
    assert!(judge("gpt-4o").await && !judge("o3").await);

    let mut rules: Vec<Rule> = ["api_key.create", "model.use"]
        .iter()
        .map(|action| rule(&action.replace(['.', '_'], "-"), action, &[]))
        .collect();
    rules[1].models = vec!["o*".to_owned()];
    test.app.save_policy(&operator, rules, 1, "close everything").await.unwrap();
    assert!(judge("gpt-4o").await, "the old key works for every model that no rule names");
    let refused =
        test.app.create_project_key(&tenant.actor, tenant.organization(), &tenant.made.project_id, &asked).await;
    assert!(matches!(refused, Err(Error::RequirementMissing { .. })), "{refused:?}");
    // Revoking a proof does not disable one either.
    let mine = [tenant.organization().clone()];
    test.app.revoke_phones(&operator, &mine, "abuse").await.unwrap();
    assert!(judge("gpt-4o").await);
    assert!(matches!(test.app.revoke_phones(&operator, &mine, "abuse").await, Err(Error::Invalid { .. })), "once");
}

#[tokio::test]
async fn rules_are_previewed_saved_in_versions_and_never_over_somebody_elses() {
    let test = ServicesApp::new(Settings::default()).await;
    let (anna, ben) = (Actor::operator("anna"), Actor::operator("ben"));
    let tenant = test.tenant("ann").await;
    for refused in [
        test.app.policy(&tenant.actor).await.map(|_| ()),
        test.app.preview_policy(&tenant.actor, Vec::new()).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "for operators only");
    }
    test.prove(&tenant, &number(100, 1), "10.0.0.1").await;
    let asked = NewKey::default();
    for _ in 0..2 {
        test.app
            .create_project_key(&tenant.actor, tenant.organization(), &tenant.made.project_id, &asked)
            .await
            .unwrap();
    }
    let present = test.app.policy(&anna).await.unwrap();
    assert_eq!((present.version, present.policy.rules.len(), present.versions.len()), (1, 7, 1));
    let mut rules = present.policy.rules.clone();
    rules.push(Rule {
        effective_from: Timestamp(NOON + DAY),
        mode: Mode::Shadow,
        ..rule("verified-for-keys", "api_key.create", &[])
    });
    let shadow = test.app.preview_policy(&anna, rules.clone()).await.unwrap();
    assert_eq!((shadow.organizations, shadow.times, shadow.enforced), (0, 0, (1, 2)), "what enforcing would come to");
    rules[7].mode = Mode::Enforce;
    let preview = test.app.preview_policy(&anna, rules.clone()).await.unwrap();
    assert_eq!((preview.at, preview.organizations, preview.times), (Timestamp(NOON + DAY), 1, 2));
    let row = &preview.refusals[0];
    assert_eq!(
        (row.name.as_str(), row.action.as_str(), row.rule.as_str()),
        ("ann", "api_key.create", "verified-for-keys")
    );

    let version = test.app.save_policy(&anna, rules.clone(), 1, "announced in May").await.unwrap();
    assert_eq!(version, 2);
    let raced = test.app.save_policy(&ben, rules.clone(), 1, "mine").await;
    assert!(matches!(raced, Err(Error::Conflict { .. })), "{raced:?}");
    rules[7].id = "Not An Id".to_owned();
    let senseless = test.app.save_policy(&anna, rules, 2, "typo").await;
    assert!(matches!(senseless, Err(Error::Invalid { code: Some("policy_invalid"), .. })));
    let view = test.app.policy(&anna).await.unwrap();
    let newest = &view.versions[0];
    assert_eq!((newest.version, newest.saved_by.as_str(), newest.reason.as_str()), (2, "anna", "announced in May"));

    let make = async || {
        test.app.create_project_key(&tenant.actor, tenant.organization(), &tenant.made.project_id, &asked).await
    };
    assert!(make().await.is_ok(), "it sleeps until its date");
    test.wait(DAY);
    assert!(matches!(make().await, Err(Error::RequirementMissing { rule, .. }) if rule == "verified-for-keys"));

    // An exemption overrides the rules, has a date, and ends by itself.
    let until = Some(Timestamp(test.now() + DAY));
    test.app.exempt_from_rules(&anna, tenant.organization(), until, "invoice contract").await.unwrap();
    assert!(make().await.is_ok());
    let view = test.app.policy(&anna).await.unwrap();
    assert_eq!(view.policy.exemptions[0].by, "anna");
    test.wait(DAY);
    assert!(make().await.is_err());
    test.app.end_exemption(&anna, tenant.organization(), "over").await.unwrap();
    let twice = test.app.end_exemption(&anna, tenant.organization(), "over").await;
    assert!(matches!(twice, Err(Error::NotFound { .. })));
    let past = test.app.exempt_from_rules(&anna, tenant.organization(), Some(Timestamp(1)), "late").await;
    assert!(matches!(past, Err(Error::Invalid { param: Some("until"), .. })));
}

// A rule that exempts earlier users looks at their first use, even if it was deleted since.
#[tokio::test]
async fn earlier_users_are_spared() {
    let test = ServicesApp::new(Settings::default()).await;
    let operator = Actor::operator("anna");
    let (early, late) = (test.tenant("early").await, test.tenant("late").await);
    let organization = early.organization().clone();
    let write = test.store.write("use", async move |tx: &mut Tx| {
        let first = FirstUse { model: "sora-2".to_owned(), at: Timestamp(NOON - 5) };
        first_uses::save(tx, &organization, &[first], Timestamp(NOON)).await
    });
    write.await.unwrap();
    let spares =
        Rule { grandfather_used_before: Some(Timestamp(NOON)), ..rule("verified-for-sora", "model.use", &["sora-*"]) };
    let mut rules = test.app.policy(&operator).await.unwrap().policy.rules;
    rules.push(spares);
    rules.push(rule("verified-for-sora-3", "model.use", &["sora-3"]));
    test.app.save_policy(&operator, rules, 1, "new model").await.unwrap();
    for (tenant, sora) in [(&early, true), (&late, false)] {
        let view = test.app.verification_of(tenant.organization()).await.unwrap();
        let guarded = view.actions.iter().find(|action| action.action == "model.use:sora-3").unwrap();
        assert_eq!(guarded.missing, [Requirement::Organization], "another rule exempts no organization");
        let organization = tenant.organization().clone();
        let read = test.store.read("judge", async move |tx: &mut Tx| {
            let (_, policy) = policy::find(tx).await?;
            Ok::<_, keystead_store::Error>((policy, first_uses::list(tx, &organization).await?))
        });
        let (policy, first_used) = read.await.unwrap();
        let met = keystead_core::gate::Entitlements { first_used, ..Default::default() };
        let use_it = keystead_core::gate::Action::UseModel("sora-2");
        assert_eq!(policy.judge(use_it, tenant.organization(), &met, Timestamp(test.now())).allowed(), sora);
    }
}

// One operator may revoke a number of at most ten organizations; for more, a second one must approve.
#[tokio::test]
async fn many_at_once_need_two_people() {
    let test = ServicesApp::new(Settings::default()).await;
    let (anna, ben) = (Actor::operator("anna"), Actor::operator("ben"));
    let mut all = Vec::new();
    for n in 0..11 {
        let tenant = test.tenant(&format!("p{n}")).await;
        test.prove(&tenant, &number(100 + n, n), &format!("10.{n}.0.1")).await;
        all.push(tenant.organization().clone());
    }
    let alone = test.app.revoke_phones(&anna, &all, "one ring").await;
    assert!(matches!(alone, Err(Error::Forbidden { .. })), "{alone:?}");
    let twice = test.app.revoke_phones(&anna, &all, "one ring").await;
    assert!(matches!(twice, Err(Error::Forbidden { .. })), "the same person twice is one person");
    test.wait(DAY + 1);
    let stale = test.app.revoke_phones(&ben, &all, "one ring").await;
    assert!(matches!(stale, Err(Error::Forbidden { .. })), "an approval waits for a day");
    test.app.revoke_phones(&anna, &all, "one ring").await.unwrap();
    test.app.revoke_phones(&anna, &all[..1], "again").await.unwrap_err();
}

// The console's report says which personal data is kept and when it is deleted; the cleanup keeps that promise.
#[tokio::test]
async fn the_retention_report_is_kept() {
    let test = ServicesApp::new(Settings::default()).await;
    let operator = Actor::operator("anna");
    let tenant = test.tenant("ann").await;
    test.prove(&tenant, &number(100, 1), "10.0.0.1").await;
    let rows = async |what: &str| {
        let report = test.app.retention_report(&operator).await.unwrap();
        report.into_iter().find(|kept| kept.what == what).unwrap()
    };
    let begun = rows("phone_verifications").await;
    assert_eq!((begun.rows, begun.oldest, begun.days), (1, Some(Timestamp(NOON)), Some(30)));
    assert_eq!(rows("line_lookups").await.rows, 1);
    test.wait(30 * DAY + 1);
    test.work().await;
    for what in ["phone_verifications", "line_lookups"] {
        assert_eq!(rows(what).await.rows, 0, "{what}");
    }
    let proven = rows("phone_numbers").await;
    assert_eq!((proven.rows, proven.days), (1, None), "as long as it verifies the organization");
}

// S1-35: a rule with a later date is announced once before it applies, and can be met before.
#[tokio::test]
async fn what_a_later_rule_will_ask_for_is_told_before() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let operator = Actor::operator("anna");
    let mut soon = rule("phones-in-june", "api_key.create", &[]);
    (soon.require, soon.effective_from) = (vec![Requirement::Phone], Timestamp(NOON + DAY));
    let mut later = rule("verified-for-four", "model.use", &["gpt-4o"]);
    later.effective_from = Timestamp(NOON + 9 * DAY);
    let mut quiet = rule("only-tried", "model.use", &["gpt-5"]);
    (quiet.effective_from, quiet.mode) = (Timestamp(NOON + DAY), Mode::Shadow);
    test.app.save_policy(&operator, vec![later, soon, quiet], 1, "announced").await.unwrap();
    let upcoming = async || {
        let view = test.app.verification_of(tenant.organization()).await.unwrap();
        let told = view.upcoming.into_iter().map(|one| (one.from.0, one.action.action, one.action.missing));
        (view.actions.iter().all(|action| action.missing.is_empty()), told.collect::<Vec<_>>())
    };
    let phone = (NOON + DAY, "api_key.create".to_owned(), vec![Requirement::Phone]);
    let model = (NOON + 9 * DAY, "model.use:gpt-4o".to_owned(), vec![Requirement::Organization]);
    assert_eq!(upcoming().await, (true, vec![phone, model.clone()]));
    test.prove(&tenant, &number(100, 1), "10.0.0.1").await;
    assert_eq!(upcoming().await, (true, vec![model]));
}

// Rules about streams and reasoning summaries are previewed by the use of these features, by model.
#[tokio::test]
async fn streams_and_summaries_are_previewed_apart() {
    let test = ServicesApp::new(Settings::default()).await;
    let anna = Actor::operator("anna");
    let tenant = test.tenant("ann").await;
    let event = |stream, summary, at| UsageEvent {
        key: KeyId::generate(&mut ChaCha20Rng::seed_from_u64(1)),
        owner: tenant.made.user_id.text(),
        stream,
        summary,
        ..usage_event(tenant.organization(), &tenant.made.project_id, at, Micros(0).into())
    };
    let events = [
        event(true, true, NOON),
        event(true, false, NOON),
        event(false, false, NOON),
        event(true, true, NOON - 40 * DAY),
    ];
    count_usage(&test.store, "1-x", 0, &events).await;
    let preview = async |action: &str, models: &[&str]| {
        let mut rules = test.app.policy(&anna).await.unwrap().policy.rules;
        rules.push(rule("tried", action, models));
        let preview = test.app.preview_policy(&anna, rules).await.unwrap();
        let rows: Vec<_> = preview.refusals.into_iter().map(|row| (row.action, row.times)).collect();
        (preview.times, rows)
    };
    let row = |action: &str, times| vec![(action.to_owned(), times)];
    assert_eq!(preview("feature.stream", &["gpt-*"]).await, (2, row("feature.stream:gpt-4o", 2)));
    let summaries = row("feature.reasoning_summary:gpt-4o", 1);
    assert_eq!(preview("feature.reasoning_summary", &[]).await, (1, summaries));
    assert_eq!(preview("model.use", &["gpt-*"]).await, (3, row("model.use:gpt-4o", 3)), "plain use counts all");
    assert_eq!(preview("feature.stream", &["o3"]).await, (0, Vec::new()));
    test.wait(40 * DAY);
    test.app.run_cleanup().await.unwrap();
    let read = test.store.read("features", async move |tx: &mut Tx| activity::list_features(tx, Timestamp(0)).await);
    assert_eq!(read.await.unwrap(), [], "forgotten after a month");
}
