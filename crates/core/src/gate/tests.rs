//! The rules of a new installation, and every field of a rule.

use proptest::prelude::*;

use super::rule::glob;
use super::*;
use crate::id::OrganizationId;

fn organization() -> OrganizationId {
    "org-a".parse().unwrap_or_else(|_| unreachable!())
}

fn with(met: &[Requirement]) -> Entitlements {
    Entitlements { version: 1, met: met.to_vec(), organization_created_at: Timestamp(100), ..Entitlements::default() }
}

#[test]
fn default_gates() {
    // S1-01 new keys need a phone; S3-16 gpt-image-1 needs a verified organization; S1-02 from its date on.
    let policy = Policy::default_rules();
    let now = PHONE_RULE_EFFECTIVE;
    let judge = |action, met: &[Requirement], now| policy.judge(action, &organization(), &with(met), now).missing;
    assert_eq!(judge(Action::CreateKey, &[], now), [Requirement::Phone]);
    assert_eq!(judge(Action::CreateKey, &[], now.plus(-1)), []);
    assert_eq!(judge(Action::CreateKey, &[Requirement::Phone], now), []);
    assert_eq!(judge(Action::UseModel("gpt-image-1"), &[], now), [Requirement::Organization]);
    assert_eq!(judge(Action::UseModel("gpt-image-1"), &[Requirement::Organization], now), []);
    assert_eq!(judge(Action::UseModel("o3"), &[], now), [Requirement::Organization]);
    assert_eq!(judge(Action::UseModel("gpt-4o"), &[], now), []);
    assert_eq!(judge(Action::StreamModel("o3"), &[], now), [], "off by default");
}

#[test]
fn modes_dates_and_exceptions() {
    let mut policy = Policy::default_rules();
    let judge = |policy: &Policy, now| policy.judge(Action::UseModel("o3"), &organization(), &with(&[]), now);
    policy.rules[3].mode = Mode::Warn;
    assert_eq!(judge(&policy, Timestamp(5)).warned, [Requirement::Organization]);
    policy.rules[3].mode = Mode::Shadow;
    assert_eq!(judge(&policy, Timestamp(5)).shadowed, [Requirement::Organization]);
    policy.rules[3].mode = Mode::Enforce;
    assert_eq!(judge(&policy, Timestamp(5)).rule.as_deref(), Some("verified-for-o3"));
    policy.rules[3].grandfather_created_before = Some(Timestamp(101));
    assert!(judge(&policy, Timestamp(5)).allowed(), "older organizations are spared");
    policy.rules[3].grandfather_created_before = None;
    policy.exemptions.push(Exemption {
        organization: organization(),
        until: Some(Timestamp(10)),
        reason: "contract".to_owned(),
        by: "ops:anna".to_owned(),
    });
    assert!(judge(&policy, Timestamp(9)).allowed());
    assert!(!judge(&policy, Timestamp(10)).allowed(), "an exemption ends on its date");
}

#[test]
fn patterns() {
    for (pattern, text, matches) in [
        ("o3", "o3", true),
        ("o3", "o3-mini", false),
        ("gpt-image-*", "gpt-image-1", true),
        ("*", "", true),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), matches, "{pattern} {text}");
    }
}

/// The first of these was stored by the previous version; both load, and a policy without new fields is written as
/// before.
#[test]
fn stored_policies_still_load() {
    let rule = r#"{"id":"a","action":"model.use","models":["o3"],"require":["phone"],"effective_from":5,"grandfather_created_before":null,"mode":"warn"}"#;
    let stored =
        format!(r#"{{"rules":[{rule}],"exemptions":[{{"organization":"org-a","until":null,"reason":"contract"}}]}}"#);
    let policy = serde_json::from_str::<Policy>(&stored).unwrap_or_else(|e| unreachable!("{e}"));
    assert!(policy.rules[0].any_of.is_empty() && policy.exemptions[0].by.is_empty());
    assert_eq!(serde_json::to_string(&policy).ok(), Some(stored), "gateways of the version before read it, too");

    let new = r#"{"rules":[{"id":"b","action":"api_key.create","any_of":[["phone"],["payment_method","organization"]],"grandfather_used_before":9,"mode":"enforce"}]}"#;
    let policy = serde_json::from_str::<Policy>(new).unwrap_or_else(|e| unreachable!("{e}"));
    assert_eq!(policy.rules[0].any_of[1], [Requirement::PaymentMethod, Requirement::Organization]);
    let text = serde_json::to_string(&policy).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Policy>(&text).ok(), Some(policy));

    for bad in [
        r#"{"rules":[{"id":"c","action":"model.use","require":["blood_test"],"mode":"enforce"}]}"#,
        r#"{"rules":[{"id":"c","action":"model.use","any_of":[[]],"mode":"enforce"}]}"#,
        r#"{"rules":[{"id":"c","action":"model.use","anyof":[["phone"]],"mode":"enforce"}]}"#,
    ] {
        assert!(serde_json::from_str::<Policy>(bad).is_err(), "refused rather than read as an open gate: {bad}");
    }
}

#[test]
fn a_payment_method_comes_before_verification() {
    // S0-03: exempt organizations are not refused.
    let mut policy = Policy::default_rules();
    let judge = |policy: &Policy, met: &[Requirement]| {
        policy.judge(Action::VerifyOrganization, &organization(), &with(met), Timestamp(0))
    };
    let refused = judge(&policy, &[Requirement::Phone]);
    assert_eq!(refused.missing, [Requirement::PaymentMethod]);
    assert_eq!(refused.rule.as_deref(), Some("payment-before-verification"));
    assert!(judge(&policy, &[Requirement::PaymentMethod]).allowed());
    let reason = "invoice contract".to_owned();
    let by = "ops:anna".to_owned();
    policy.exemptions.push(Exemption { organization: organization(), until: None, reason, by });
    assert!(judge(&policy, &[]).allowed());
}

fn rule(require: &[Requirement], any_of: &[&[Requirement]]) -> Rule {
    Rule {
        id: "one".to_owned(),
        action: "model.use".to_owned(),
        models: vec!["gpt-image-*".to_owned()],
        require: require.to_vec(),
        any_of: any_of.iter().map(|group| group.to_vec()).collect(),
        effective_from: Timestamp(0),
        grandfather_created_before: None,
        grandfather_used_before: None,
        above: None,
        applies_to: AppliesTo::default(),
        mode: Mode::Enforce,
    }
}

fn judged(rule: &Rule, met: &Entitlements) -> Verdict {
    let policy = Policy { rules: vec![rule.clone()], ..Policy::default() };
    policy.judge(Action::UseModel("gpt-image-1"), &organization(), met, Timestamp(1_000))
}

#[test]
fn a_rule_concerns_whom_it_says() {
    let mut young = rule(&[Requirement::Organization], &[]);
    young.applies_to = AppliesTo { created_after: Some(Timestamp(101)), org_tags_not: Vec::new() };
    assert!(judged(&young, &with(&[])).allowed(), "made at 100");
    young.applies_to.created_after = Some(Timestamp(100));
    assert!(!judged(&young, &with(&[])).allowed());
    young.applies_to.org_tags_not = vec!["partner".to_owned()];
    let partner = Entitlements { tags: vec!["partner".to_owned()], ..with(&[]) };
    assert!(judged(&young, &partner).allowed() && !judged(&young, &with(&[])).allowed());

    let policy = Policy { rules: vec![young.clone()], ..Policy::default() };
    assert!(policy.check().is_ok());
    let text = serde_json::to_string(&policy).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Policy>(&text).ok(), Some(policy));
    young.applies_to = AppliesTo::default();
    assert!(!serde_json::to_string(&young).unwrap_or_default().contains("applies_to"), "older gateways still read it");
    young.applies_to.org_tags_not = vec!["Two Words".to_owned()];
    assert!(Policy { rules: vec![young], ..Policy::default() }.check().is_err());
}

#[test]
fn one_group_of_several_suffices() {
    use Requirement::{Organization, PaymentMethod, Phone};
    let either = rule(&[], &[&[PaymentMethod, Organization], &[Phone]]);
    for (met, missing) in [
        (&[][..], &[Phone][..]),
        (&[PaymentMethod], &[Organization]),
        (&[Phone], &[]),
        (&[PaymentMethod, Organization], &[]),
    ] {
        assert_eq!(judged(&either, &with(met)).missing, missing, "{met:?}");
    }
    assert_eq!(judged(&either, &with(&[])).alternatives, [vec![Phone], vec![PaymentMethod, Organization]]);
    let both = rule(&[Organization], &[&[Phone], &[PaymentMethod]]);
    assert_eq!(judged(&both, &with(&[Phone])).missing, [Organization]);
    assert!(judged(&both, &with(&[Phone])).alternatives.is_empty(), "nothing is left to choose");
    assert_eq!(judged(&both, &with(&[])).missing, [Organization, Phone]);
    let warned = judged(&Rule { mode: Mode::Warn, ..either }, &with(&[]));
    assert!(warned.allowed() && warned.warned == [Phone] && warned.alternatives.is_empty());
}

#[test]
fn earlier_users_are_spared() {
    let spares = Rule { grandfather_used_before: Some(Timestamp(500)), ..rule(&[Requirement::Organization], &[]) };
    let used = |model: &str, at| Entitlements {
        first_used: vec![FirstUse { model: model.to_owned(), at: Timestamp(at) }],
        ..with(&[])
    };
    assert!(!judged(&spares, &with(&[])).allowed());
    assert!(judged(&spares, &used("gpt-image-1", 499)).allowed());
    assert!(!judged(&spares, &used("gpt-image-1", 500)).allowed());
    assert!(!judged(&spares, &used("o3", 1)).allowed(), "another model is no use of this one");
    let keys = Rule { action: "api_key.create".to_owned(), ..spares.clone() };
    let policy = Policy { rules: vec![keys], ..Policy::default() };
    let make = |met: &Entitlements| policy.judge(Action::CreateKey, &organization(), met, Timestamp(1_000)).allowed();
    assert!(make(&used("o3", 1)) && !make(&with(&[])), "any use counts where there is no model");
    assert_eq!(Policy::default_rules().exempts_uses_before(), None);
    let later = Rule { grandfather_used_before: Some(Timestamp(600)), mode: Mode::Off, ..spares.clone() };
    let rules = vec![later, rule(&[Requirement::Phone], &[]), spares];
    assert_eq!(Policy { rules, ..Policy::default() }.exempts_uses_before(), Some(Timestamp(600)));
}

#[test]
fn a_preview_says_whom_a_rule_would_refuse() {
    let (a, b) = (organization(), "org-b".parse::<OrganizationId>().unwrap_or_else(|_| unreachable!()));
    let (bare, verified) = (with(&[]), with(&[Requirement::Organization]));
    let uses = [
        ActionUse { action: Action::UseModel("gpt-4o"), times: 200 },
        ActionUse { action: Action::UseModel("gpt-4o-mini"), times: 12 },
        ActionUse { action: Action::UseModel("o3"), times: 5 },
        ActionUse { action: Action::CreateKey, times: 1 },
    ];
    let facts = [
        OrganizationFacts { organization: &a, entitlements: &bare, uses: &uses, founder: None },
        OrganizationFacts { organization: &b, entitlements: &verified, uses: &uses, founder: None },
    ];
    let present = Policy::default_rules();
    let mut proposed = present.clone();
    proposed.rules.push(Rule {
        id: "verified-for-4o".to_owned(),
        models: vec!["gpt-4o*".to_owned()],
        effective_from: Timestamp(2_000),
        ..rule(&[Requirement::Organization], &[])
    });
    let at = Timestamp(2_000);
    let preview = proposed.preview(&present, &facts, at);
    assert_eq!((preview.organizations(), preview.times()), (1, 212), "o3 is refused already, and is no news");
    assert!(preview.refusals.iter().all(|refusal| refusal.organization == &a));
    assert_eq!(preview.refusals[0].action, Action::UseModel("gpt-4o"));
    assert_eq!(preview.refusals[0].missing, [Requirement::Organization]);
    assert_eq!(preview.refusals[0].rule, "verified-for-4o");
    assert_eq!(proposed.preview(&present, &facts, at.plus(-1)), Preview::default(), "it sleeps until its date");
    assert_eq!(present.preview(&present, &facts, at), Preview::default());

    proposed.rules[7].mode = Mode::Shadow;
    assert_eq!(proposed.preview(&present, &facts, at), Preview::default());
    assert_eq!(proposed.enforced().preview(&present, &facts, at).times(), 212);
    let off = proposed.enforced().rules.iter().filter(|rule| rule.mode == Mode::Off).count();
    assert_eq!(off, 3, "what is off stays off");
}

#[test]
fn what_may_be_put_in_force() {
    let good = Policy::default_rules();
    assert_eq!(good.check(), Ok(()));
    let with = |change: &dyn Fn(&mut Rule)| {
        let mut policy = good.clone();
        change(&mut policy.rules[3]);
        policy.check().map_err(|fault| fault.rule)
    };
    let faults: [&dyn Fn(&mut Rule); 9] = [
        &|rule| rule.id = "Verified for o3".to_owned(),
        &|rule| rule.id = "phone-for-new-keys".to_owned(),
        &|rule| rule.action = "model.uses".to_owned(),
        &|rule| rule.models = vec![String::new()],
        &|rule| rule.models = vec!["o3 mini".to_owned()],
        &|rule| rule.models = vec!["o3".to_owned(); 51],
        &|rule| rule.require.clear(),
        &|rule| rule.any_of = vec![vec![]],
        &|rule| rule.action = "api_key.create".to_owned(),
    ];
    for (at, fault) in faults.iter().enumerate() {
        assert!(with(fault).is_err(), "{at}");
    }
    let circle = with(&|rule| {
        rule.action = "organization.verify".to_owned();
        rule.models.clear();
    });
    assert_eq!(circle, Err("verified-for-o3".to_owned()));
    assert_eq!(with(&|rule| rule.mode = Mode::Off), Ok(()));
    let mut many = good.clone();
    many.rules = vec![good.rules[0].clone(); MOST_RULES + 1];
    assert!(many.check().is_err());
    for name in Action::NAMES {
        let of_model = Action::of_models(name);
        assert_eq!(of_model, name.starts_with("model.") || name.starts_with("feature."));
    }
    assert!(Mode::ALL.into_iter().all(|mode| Mode::from_name(mode.as_str()) == Some(mode)));

    let mut later = good;
    later.rules[3].effective_from = Timestamp(9_000_000_000);
    assert_eq!(later.all_effective_at(Timestamp(5)), Timestamp(9_000_000_000));
    later.rules[3].mode = Mode::Off;
    assert_eq!(later.all_effective_at(Timestamp(5)), PHONE_RULE_EFFECTIVE);
}

fn requirements() -> impl Strategy<Value = Vec<Requirement>> {
    prop::sample::subsequence(Requirement::ALL.to_vec(), 0..=3)
}

proptest! {
    /// S1-45: allowed exactly when everything required is met and, where there are groups, one of them completely; an
    /// organization that then proves what is named as missing is not refused again.
    #[test]
    fn groups_mean_what_they_say(
        require in requirements(),
        groups in prop::collection::vec(requirements().prop_filter("no empty group is read", |g| !g.is_empty()), 0..4),
        met in requirements(),
    ) {
        let groups: Vec<&[Requirement]> = groups.iter().map(Vec::as_slice).collect();
        let one = rule(&require, &groups);
        let all = |wanted: &[Requirement]| wanted.iter().all(|requirement| met.contains(requirement));
        let verdict = judged(&one, &with(&met));
        prop_assert_eq!(verdict.allowed(), all(&require) && (groups.is_empty() || groups.iter().any(|group| all(group))));
        prop_assert!(verdict.missing.iter().all(|requirement| !met.contains(requirement)));
        let proven = [met, verdict.missing].concat();
        prop_assert!(judged(&one, &with(&proven)).allowed());
    }
}
