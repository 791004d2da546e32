use super::*;
use crate::gate::{AppliesTo, Exemption, Mode, Requirement, Rule};

const NOW: Timestamp = Timestamp(1_000);

fn owned(n: u32, met: &[Requirement], tags: &[&str]) -> OwnedOrganization {
    let organization = format!("org-{n}").parse().unwrap_or_else(|_| unreachable!("an id"));
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    OwnedOrganization {
        organization,
        entitlements: Entitlements { met: met.to_vec(), tags, ..Entitlements::default() },
    }
}

fn policy(above: u32) -> Policy {
    let mut policy = Policy::default_rules();
    for rule in &mut policy.rules {
        if rule.above.is_some() {
            rule.mode = Mode::Enforce;
            rule.above = Some(above);
        }
    }
    policy
}

#[test]
fn from_so_many_on_a_phone_is_needed() {
    let plain = |count: u32| (0..count).map(|n| owned(n, &[], &[])).collect::<Vec<_>>();
    for count in 0..6 {
        let verdict = policy(3).judge_organization_creation(&plain(count), NOW);
        assert_eq!(verdict.allowed(), count < 3, "{count}");
        let missing = if count < 3 { vec![] } else { vec![Requirement::Phone] };
        assert_eq!(verdict.missing, missing);
        assert!(Policy::default_rules().judge_organization_creation(&plain(count), NOW).allowed(), "off by default");
    }
    let mut some = plain(4);
    some.push(owned(9, &[Requirement::Phone], &[]));
    assert!(policy(3).judge_organization_creation(&some, NOW).allowed(), "proven in one of them");
    some[4].entitlements.ends = vec![(Requirement::Phone, Timestamp(1_001))];
    assert!(policy(3).judge_organization_creation(&some, NOW).allowed(), "a second before it ends");
    assert!(!policy(3).judge_organization_creation(&some, Timestamp(1_001)).allowed(), "ended");
    some[4] = owned(9, &[Requirement::Organization], &[]);
    assert_eq!(policy(3).judge_organization_creation(&some, NOW).rule.as_deref(), Some("phone-for-more-organizations"));
}

#[test]
fn exemptions_tags_and_dates_count_for_founders() {
    let all = [owned(1, &[], &["partner"]), owned(2, &[], &[])];
    let mut rules = policy(1);
    assert!(!rules.judge_organization_creation(&all, NOW).allowed());
    let exemption = |until| Exemption {
        organization: all[1].organization.clone(),
        until,
        reason: String::new(),
        by: String::new(),
    };
    rules.exemptions = vec![exemption(Some(Timestamp(1_001)))];
    assert!(
        rules.judge_organization_creation(&all, NOW).allowed()
            && !rules.judge_organization_creation(&all, Timestamp(1_001)).allowed()
    );
    rules.exemptions.clear();
    let change = |rules: &mut Policy, applies_to: AppliesTo| {
        for rule in rules.rules.iter_mut().filter(|rule| rule.above.is_some()) {
            rule.applies_to = applies_to.clone();
        }
    };
    change(&mut rules, AppliesTo { org_tags_not: vec!["partner".to_owned()], ..AppliesTo::default() });
    assert!(
        rules.judge_organization_creation(&all, NOW).allowed()
            && !rules.judge_organization_creation(&all[1..], NOW).allowed()
    );
    // The organization to be made has the present time as its creation time.
    change(&mut rules, AppliesTo { created_after: Some(Timestamp(1_001)), ..AppliesTo::default() });
    assert!(
        rules.judge_organization_creation(&all, NOW).allowed()
            && !rules.judge_organization_creation(&all, Timestamp(1_001)).allowed()
    );
}

#[test]
fn the_number_belongs_to_this_action_and_is_a_number() {
    let check = |change: &dyn Fn(&mut Rule)| {
        let mut policy = policy(3);
        policy.rules.retain(|rule| rule.above.is_some());
        change(&mut policy.rules[0]);
        policy.check().is_ok()
    };
    assert!(check(&|_| ()) && check(&|rule| rule.above = Some(1)) && check(&|rule| rule.above = Some(MOST_OWNED)));
    assert!(!check(&|rule| rule.above = None) && !check(&|rule| rule.above = Some(0)));
    assert!(!check(&|rule| rule.above = Some(MOST_OWNED + 1)));
    assert!(!check(&|rule| rule.action = "api_key.create".to_owned()));
    assert!(!check(&|rule| rule.models = vec!["o3".to_owned()]), "it concerns no models");
}
