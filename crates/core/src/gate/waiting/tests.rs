use super::*;
use crate::gate::{Action, Entitlements};
use crate::id::OrganizationId;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn organization() -> OrganizationId {
    "org-000000000000000000000001".parse().unwrap()
}

fn rule(require: &[Requirement], any_of: &[&[Requirement]]) -> Rule {
    let mut rule = Policy::default_rules().rules[0].clone();
    rule.id = "tried".to_owned();
    rule.require = require.to_vec();
    rule.any_of = any_of.iter().map(|group| group.to_vec()).collect();
    rule
}

fn policy(rule: Rule, never_set_up: &[Requirement], refuse: &[Requirement]) -> Policy {
    Policy {
        rules: vec![rule],
        never_set_up: never_set_up.to_vec(),
        refuse_without_service: refuse.to_vec(),
        ..Policy::default()
    }
}

fn missing(policy: &Policy, met: &[Requirement]) -> Vec<Requirement> {
    let met = Entitlements { met: met.to_vec(), ..Entitlements::default() };
    policy.judge(Action::CreateKey, &organization(), &met, NOW).missing
}

/// Every requirement, with its service set up once or never, configured now or not, and with each decision.
#[test]
fn a_rule_waits_exactly_when_its_service_was_never_set_up_and_no_decision_was_made() {
    for requirement in Requirement::ALL {
        for (never, configured, decided, refuses, state) in [
            // A service that is configured is always asked for, also when it is down.
            (false, true, false, true, None),
            (false, true, true, true, None),
            // Removed from the configuration: the rule stays closed.
            (false, false, false, true, Some(UnmeetableState::Removed)),
            (false, false, true, true, Some(UnmeetableState::RefusesByDecision)),
            // Never set up: the operator decides.
            (true, false, false, false, Some(UnmeetableState::Waits)),
            (true, false, true, true, Some(UnmeetableState::RefusesByDecision)),
        ] {
            let never: Vec<_> = [requirement].into_iter().filter(|_| never).collect();
            let decided: Vec<_> = [requirement].into_iter().filter(|_| decided).collect();
            let policy = policy(rule(&[requirement], &[]), &never, &decided);
            let expected: Vec<_> = [requirement].into_iter().filter(|_| refuses).collect();
            assert_eq!(missing(&policy, &[]), expected, "{requirement:?} {never:?} {configured} {decided:?}");
            assert!(missing(&policy, &[requirement]).is_empty());
            let configured: Vec<_> = [requirement].into_iter().filter(|_| configured).collect();
            let states: Vec<_> = policy.unmeetable(&configured).into_iter().map(|found| found.state).collect();
            assert_eq!(states, state.into_iter().collect::<Vec<_>>());
        }
    }
}

/// What a rule requires, its groups, what was never set up, what is met, and what is missing then.
type Case<'a> = (&'a [Requirement], &'a [&'a [Requirement]], &'a [Requirement], &'a [Requirement], Vec<Requirement>);

#[test]
fn what_can_be_checked_is_still_required_beside_what_waits() {
    use Requirement::{Organization, PaymentMethod, Phone};
    let cases: [Case<'_>; 6] = [
        (&[Phone, PaymentMethod][..], &[][..], &[Phone][..], &[][..], vec![PaymentMethod]),
        (&[], &[&[Phone][..], &[Organization]], &[Phone], &[], vec![Organization]),
        // A waiver counts, although no new organization can prove the same.
        (&[], &[&[Phone], &[Organization]], &[Phone], &[Phone], vec![]),
        (&[], &[&[Phone, PaymentMethod], &[Phone, Organization]], &[Phone], &[], vec![PaymentMethod]),
        (&[], &[&[Phone], &[PaymentMethod]], &[Phone, PaymentMethod], &[], vec![]),
        (&[Phone], &[&[Organization]], &[Phone, Organization], &[], vec![]),
    ];
    for (require, any_of, never, met, expected) in cases {
        let policy = policy(rule(require, any_of), never, &[]);
        assert_eq!(missing(&policy, met), expected, "{require:?} {any_of:?} without {never:?}");
    }
}

#[test]
fn a_choice_that_can_be_met_is_not_reported() {
    use Requirement::{Organization, PaymentMethod, Phone};
    let found = |require: &[Requirement], any_of: &[&[Requirement]]| -> Vec<Requirement> {
        let policy = policy(rule(require, any_of), &[Phone, PaymentMethod], &[]);
        policy.unmeetable(&[Organization]).into_iter().map(|found| found.requirement).collect()
    };
    assert!(found(&[], &[&[Phone], &[Organization]]).is_empty());
    assert_eq!(found(&[], &[&[Phone], &[PaymentMethod, Organization]]), [PaymentMethod, Phone]);
    assert_eq!(found(&[Phone], &[&[Organization]]), [Phone]);
    let mut off = rule(&[Phone], &[]);
    off.mode = Mode::Warn;
    assert!(policy(off, &[Phone], &[]).unmeetable(&[]).is_empty());
}

#[test]
fn only_the_decision_is_kept_with_the_rules() {
    let policy = policy(rule(&[Requirement::Phone], &[]), &[Requirement::Phone], &[Requirement::Phone]);
    let text = serde_json::to_string(&policy).unwrap();
    let read: Policy = serde_json::from_str(&text).unwrap();
    assert_eq!(read.refuse_without_service, [Requirement::Phone]);
    assert!(read.never_set_up.is_empty(), "a policy that says nothing of the installation is enforced");
    // A node of the version before can read a policy without a decision.
    let plain = serde_json::to_string(&Policy::default_rules()).unwrap();
    assert!(!plain.contains("refuse_without_service"));
}
