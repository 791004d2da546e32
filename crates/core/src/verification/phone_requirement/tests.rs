//! Every pair of an organization's status and event, and invariants of all paths.

use proptest::prelude::*;

use super::PhoneStatus::{None as Nothing, PendingNew, Proving, Revoked, Verified, Waived};
use super::Submission::{Accepted, LimitReached, Refused};
use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

const EVENTS: [RequirementEvent; 12] = [
    RequirementEvent::Submitted(Accepted),
    RequirementEvent::Submitted(Refused),
    RequirementEvent::Submitted(LimitReached),
    RequirementEvent::ChangeStarted { submission: Accepted, signed_in_again: true },
    RequirementEvent::ChangeStarted { submission: Refused, signed_in_again: true },
    RequirementEvent::ChangeStarted { submission: Accepted, signed_in_again: false },
    RequirementEvent::Proven,
    RequirementEvent::AttemptEnded,
    RequirementEvent::ProvenForAnother,
    RequirementEvent::Revoke { reasoned: true, organizations: 1, people: 1 },
    RequirementEvent::Waive { reasoned: true, until: None },
    RequirementEvent::DateReached,
];

/// The result of each event, in the order above: the next status and the audit event, or the refusal.
#[test]
fn every_standing_meets_every_event() {
    use RequirementRefusal::{AlreadyVerified, NotApplicable, OperatorOnly, SignInAgain};
    type Row = [Result<(PhoneStatus, &'static str), RequirementRefusal>; 12];
    let waived = Ok((Waived, "phone.waived"));
    let first = |stays: PhoneStatus, proven, ended| -> Row {
        [
            Ok((if stays == Waived { Waived } else { Proving }, "phone.code_sent")),
            Ok((stays, "phone.refused")),
            Ok((stays, "phone.limit_reached")),
            Err(NotApplicable),
            Err(NotApplicable),
            Err(NotApplicable),
            proven,
            ended,
            Ok((stays, "")),
            Err(NotApplicable),
            waived,
            Ok((stays, "")),
        ]
    };
    let later = |stays: PhoneStatus, proven, ended| -> Row {
        [
            Err(AlreadyVerified),
            Err(AlreadyVerified),
            Err(AlreadyVerified),
            Ok((PendingNew, "phone.change_started")),
            Ok((stays, "phone.refused")),
            Err(SignInAgain),
            proven,
            ended,
            Ok((stays, "")),
            Ok((Revoked, "phone.revoked")),
            waived,
            Ok((stays, "")),
        ]
    };
    let verified = Ok((Verified, "phone.verified"));
    let revoked: Row = [
        Err(OperatorOnly),
        Err(OperatorOnly),
        Err(OperatorOnly),
        Err(OperatorOnly),
        Err(OperatorOnly),
        Err(OperatorOnly),
        Err(OperatorOnly),
        Err(NotApplicable),
        Ok((Revoked, "")),
        Err(NotApplicable),
        waived,
        Ok((Revoked, "")),
    ];
    let table = [
        (Nothing, first(Nothing, Err(NotApplicable), Err(NotApplicable))),
        (Proving, first(Proving, verified, Ok((Nothing, "")))),
        (Verified, later(Verified, Err(NotApplicable), Err(NotApplicable))),
        (PendingNew, later(PendingNew, verified, Ok((Verified, "")))),
        (Revoked, revoked),
        (Waived, first(Waived, verified, Ok((Waived, "")))),
    ];
    assert_eq!(table.len(), PhoneStatus::ALL.len());
    for (status, row) in table {
        for (event, expected) in EVENTS.into_iter().zip(row) {
            let found = with_status(status).step(event, NOW).map(|(next, _, audit)| (next.status, audit));
            assert_eq!(found, expected, "{status:?} {event:?}");
        }
    }
}

#[test]
fn the_operator_needs_reasons_and_for_many_a_second_person() {
    let revoke = |reasoned, organizations, people| {
        let event = RequirementEvent::Revoke { reasoned, organizations, people };
        with_status(Verified).step(event, NOW).map(|(next, ..)| next.status)
    };
    assert_eq!(revoke(false, 1, 2), Err(RequirementRefusal::ReasonMissing));
    assert_eq!(revoke(true, 1, 0), Err(RequirementRefusal::SecondPersonMissing));
    assert_eq!(revoke(true, REVOKED_ALONE, 1), Ok(Revoked));
    assert_eq!(revoke(true, REVOKED_ALONE + 1, 1), Err(RequirementRefusal::SecondPersonMissing));
    assert_eq!(revoke(true, REVOKED_ALONE + 1, 2), Ok(Revoked));
    let waive = with_status(Nothing).step(RequirementEvent::Waive { reasoned: false, until: None }, NOW);
    assert_eq!(waive.map(|(next, ..)| next.status), Err(RequirementRefusal::ReasonMissing));
}

#[test]
fn waivers_end_on_their_date() {
    // S1-31, S1-34.
    let event = RequirementEvent::Waive { reasoned: true, until: Some(NOW.plus(10)) };
    let (waived, effects, _) = with_status(Nothing).step(event, NOW).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert!(effects.contains(&RequirementEffect::Open));
    let at = |now| waived.step(RequirementEvent::DateReached, now).map(|(next, ..)| next.status);
    assert_eq!((at(NOW.plus(9)), at(NOW.plus(10))), (Ok(Waived), Ok(Nothing)));
}

#[test]
fn names_and_values_are_read_back() {
    for status in PhoneStatus::ALL {
        assert_eq!(PhoneStatus::from_name(status.as_str()), Some(status));
        let one = PhoneRequirement { status, until: Some(NOW) };
        let text = serde_json::to_string(&one).unwrap_or_default();
        assert!(text.contains(status.as_str()), "{text}");
        assert_eq!(serde_json::from_str::<PhoneRequirement>(&text).ok(), Some(one));
    }
}

fn event() -> impl Strategy<Value = RequirementEvent> {
    let date = prop::option::of(0..500_i64).prop_map(|wait| wait.map(|wait| NOW.plus(wait)));
    prop_oneof![
        12 => prop::sample::select(EVENTS.to_vec()),
        2 => (any::<bool>(), 0..20_u32, 0..3_u8).prop_map(|(reasoned, organizations, people)| {
            RequirementEvent::Revoke { reasoned, organizations, people }
        }),
        2 => (any::<bool>(), date).prop_map(|(reasoned, until)| RequirementEvent::Waive { reasoned, until }),
    ]
}

proptest! {
    /// S1-06, S1-08, S1-09, S1-25: open exactly while proven or waived; proven only by a right code of an attempt that
    /// was begun; closed only by the operator or a waiver's end; and no effect is about a key.
    #[test]
    fn no_path_skips_a_step(path in prop::collection::vec((event(), 0..100_i64), 0..60)) {
        let (mut one, mut now) = (PhoneRequirement::begin(), NOW);
        let mut open = false;
        for (event, pause) in path {
            now = now.plus(pause);
            let Ok((next, effects, audit)) = one.step(event, now) else { continue };
            prop_assert!(audit.is_empty() || audit.starts_with("phone."));
            for effect in &effects {
                match effect {
                    RequirementEffect::Open => {
                        let named = matches!(event, RequirementEvent::Proven | RequirementEvent::Waive { reasoned: true, .. });
prop_assert!(named, "opened by {:?}", event);
                        open = true;
                    }
                    RequirementEffect::Close => {
                        let named = matches!(event, RequirementEvent::Revoke { .. } | RequirementEvent::DateReached);
prop_assert!(named, "closed by {:?}", event);
                        open = false;
                    }
                    RequirementEffect::BindNumber => {
                        prop_assert_eq!(event, RequirementEvent::Proven);
                        prop_assert!(matches!(one.status, Proving | PendingNew | Waived));
                    }
                    // Written without a wildcard, so that a new effect on keys would be noticed.
                    RequirementEffect::BeginAttempt
                    | RequirementEffect::EndAttempt
                    | RequirementEffect::ReportReason
                    | RequirementEffect::NotifyOwners => {}
                }
            }
            if one.status.opens() && !next.status.opens() { prop_assert!(effects.contains(&RequirementEffect::Close)); }
            prop_assert_eq!(open, next.status.opens(), "{:?} after {:?}", next, event);
            one = next;
        }
    }
}
