//! Every pair of state and event, and invariants of all paths.

use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000);
const LATER: Timestamp = Timestamp(1_800_000_100);

fn go(status: Status, live: Option<AttemptState>, event: Event) -> Result<Step, Refusal> {
    step(status, live, event, Facts::default(), NOW)
}

fn status_after(status: Status, live: Option<AttemptState>, event: Event) -> Option<Status> {
    go(status, live, event).ok().map(|step| step.status)
}

/// Without a live attempt.
#[test]
fn every_status_meets_every_event() {
    use Status::*;
    let events = [
        Event::Start,
        Event::ProviderReported(Check::Approved),
        Event::AttemptExpired,
        Event::Cancel,
        Event::Appeal,
        Event::Decide { approve: true },
        Event::Decide { approve: false },
        Event::Suspend,
        Event::Restore,
        Event::Revoke,
        Event::Exempt { until: Some(LATER) },
        Event::Withdraw { keep: true },
        Event::Withdraw { keep: false },
    ];
    let no = None;
    let table: [(Status, [Option<Status>; 13]); 10] = [
        (
            Unverified,
            [Some(InProgress), no, no, no, no, no, no, no, no, no, Some(Exempt), Some(Unverified), Some(Unverified)],
        ),
        (InProgress, [no, no, no, no, no, no, no, no, no, no, Some(Exempt), Some(Unverified), Some(Unverified)]),
        (
            InReview,
            [
                no,
                no,
                no,
                no,
                no,
                Some(Verified),
                Some(Rejected),
                no,
                no,
                no,
                Some(Exempt),
                Some(Unverified),
                Some(Unverified),
            ],
        ),
        (
            Verified,
            [
                no,
                no,
                no,
                no,
                no,
                no,
                no,
                Some(Suspended),
                no,
                Some(Revoked),
                Some(Exempt),
                Some(Verified),
                Some(Unverified),
            ],
        ),
        (
            Rejected,
            [
                Some(InProgress),
                no,
                no,
                no,
                Some(InReview),
                no,
                no,
                no,
                no,
                no,
                Some(Exempt),
                Some(Unverified),
                Some(Unverified),
            ],
        ),
        (
            Expired,
            [Some(InProgress), no, no, no, no, no, no, no, no, no, Some(Exempt), Some(Unverified), Some(Unverified)],
        ),
        (
            Cooldown,
            [
                Some(InProgress),
                no,
                no,
                no,
                Some(InReview),
                no,
                no,
                no,
                no,
                no,
                Some(Exempt),
                Some(Cooldown),
                Some(Cooldown),
            ],
        ),
        (
            Suspended,
            [
                no,
                no,
                no,
                no,
                Some(Suspended),
                Some(Verified),
                Some(Revoked),
                no,
                Some(Verified),
                Some(Revoked),
                Some(Exempt),
                Some(Suspended),
                Some(Suspended),
            ],
        ),
        (Revoked, [no, no, no, no, no, no, no, no, no, no, Some(Exempt), Some(Revoked), Some(Revoked)]),
        (Exempt, [no, no, no, no, no, no, no, no, no, no, Some(Exempt), Some(Exempt), Some(Exempt)]),
    ];
    for (status, row) in table {
        for (event, expected) in events.into_iter().zip(row) {
            assert_eq!(status_after(status, None, event), expected, "{status:?} {event:?}");
        }
    }
}

/// With a live attempt: reports of the service.
#[test]
fn the_service_decides_a_live_attempt() {
    let live = Some(AttemptState::LinkIssued);
    for (check, status) in [
        (Check::Waiting, Status::InProgress),
        (Check::InProgress, Status::InProgress),
        (Check::Submitted, Status::InProgress),
        (Check::InReview, Status::InReview),
        (Check::Approved, Status::Verified),
        (Check::Rejected, Status::Rejected),
        (Check::Expired, Status::Expired),
        (Check::Cancelled, Status::Unverified),
        (Check::Unknown, Status::InProgress),
    ] {
        assert_eq!(status_after(Status::InProgress, live, Event::ProviderReported(check)), Some(status), "{check:?}");
        assert_eq!(
            status_after(Status::InProgress, None, Event::ProviderReported(check)),
            None,
            "nothing to speak about"
        );
    }
    let unknown = go(Status::InProgress, live, Event::ProviderReported(Check::Unknown));
    assert_eq!(
        unknown.map(|step| step.effects),
        Ok(vec![Effect::AlertOperator]),
        "the state stays and the operator is asked"
    );
    // A vendor does not reverse the operator's decision.
    for status in [Status::Suspended, Status::Revoked] {
        assert_eq!(status_after(status, live, Event::ProviderReported(Check::Approved)), Some(status));
    }
    for status in [Status::Verified, Status::Exempt] {
        for check in [Check::Rejected, Check::Expired, Check::Cancelled] {
            assert_eq!(
                status_after(status, live, Event::ProviderReported(check)),
                Some(status),
                "{status:?} {check:?}"
            );
        }
    }
}

/// With a live attempt, in every status that allows one: events of the clock, an owner and the service.
#[test]
fn every_status_meets_every_end_of_an_attempt() {
    use Status::*;
    let events = [
        Event::AttemptExpired,
        Event::Cancel,
        Event::ProviderReported(Check::InReview),
        Event::ProviderReported(Check::Approved),
        Event::ProviderReported(Check::Rejected),
        Event::ProviderReported(Check::Expired),
        Event::ProviderReported(Check::Cancelled),
        Event::ProviderReported(Check::Unknown),
    ];
    let ended = |state| Some(Effect::EndAttempt(state));
    let effects = [
        ended(AttemptState::Expired),
        ended(AttemptState::Cancelled),
        Some(Effect::MoveAttempt(AttemptState::InReview)),
        ended(AttemptState::Approved),
        ended(AttemptState::Rejected),
        ended(AttemptState::Expired),
        ended(AttemptState::Cancelled),
        Some(Effect::AlertOperator),
    ];
    let table: [(Status, [Status; 8]); 6] = [
        (InProgress, [Expired, Unverified, InReview, Verified, Rejected, Expired, Unverified, InProgress]),
        (InReview, [InReview, Unverified, InReview, Verified, Rejected, Expired, Unverified, InReview]),
        (Verified, [Verified; 8]),
        (Exempt, [Exempt, Exempt, Exempt, Verified, Exempt, Exempt, Exempt, Exempt]),
        (Suspended, [Suspended; 8]),
        (Revoked, [Revoked; 8]),
    ];
    let facts = Facts { until: Some(LATER), ..Facts::default() };
    for (status, row) in table {
        for ((event, effect), expected) in events.into_iter().zip(effects).zip(row) {
            let next = step(status, Some(AttemptState::Submitted), event, facts, NOW)
                .unwrap_or_else(|e| unreachable!("{status:?} {event:?} {e:?}"));
            assert_eq!(next.status, expected, "{status:?} {event:?}");
            let waits = status == InReview && event == Event::AttemptExpired;
            assert_eq!(next.effects.first().copied(), effect.filter(|_| !waits), "{status:?} {event:?}");
            let beside = matches!(status, Verified | Exempt | Suspended | Revoked);
            if beside && next.audit != "orgv.verified" {
                assert_eq!(next.until, Some(LATER), "{status:?} {event:?} keeps its date");
            }
            // S1-06: what was open stays open, however a new attempt ends.
            assert!(!next.effects.contains(&Effect::Close), "{status:?} {event:?}");
        }
    }
}

#[test]
fn three_attempts_then_a_date_and_an_appeal() {
    let live = Some(AttemptState::Submitted);
    let rejected = |before| {
        let facts = Facts { rejected: before, ..Facts::default() };
        step(Status::InProgress, live, Event::ProviderReported(Check::Rejected), facts, NOW)
            .unwrap_or_else(|e| unreachable!("{e:?}"))
    };
    assert_eq!((rejected(0).status, rejected(1).status), (Status::Rejected, Status::Rejected));
    let third = rejected(2);
    assert_eq!((third.status, third.until, third.audit), (Status::Cooldown, Some(NOW.plus(COOLDOWN)), "orgv.cooldown"));
    let facts = Facts { until: third.until, ..Facts::default() };
    let early = step(Status::Cooldown, None, Event::Start, facts, NOW.plus(COOLDOWN - 1));
    assert_eq!(early, Err(Refusal::Cooldown { until: NOW.plus(COOLDOWN) }));
    let due = step(Status::Cooldown, None, Event::Start, facts, NOW.plus(COOLDOWN)).map(|step| step.status);
    assert_eq!(due, Ok(Status::InProgress));
    let ended = step(Status::Cooldown, None, Event::DateReached, facts, NOW.plus(COOLDOWN)).map(|step| step.status);
    assert_eq!(ended, Ok(Status::Unverified));
    let appeal = go(Status::Cooldown, None, Event::Appeal).map(|step| step.effects);
    assert_eq!(appeal, Ok(vec![Effect::OpenCase, Effect::NotifyOwners]));
}

#[test]
fn the_same_document_goes_to_people() {
    let facts = Facts { duplicate: true, ..Facts::default() };
    let said = |attempt| step(Status::InProgress, Some(attempt), Event::ProviderReported(Check::Approved), facts, NOW);
    let first = said(AttemptState::Submitted).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((first.status, first.audit), (Status::InReview, "orgv.duplicate"));
    assert!(first.effects.contains(&Effect::OpenCase) && !first.effects.contains(&Effect::Open));
    let again =
        step(Status::InReview, Some(AttemptState::InReview), Event::ProviderReported(Check::Approved), facts, NOW);
    assert_eq!(again.map(|step| step.effects), Ok(Vec::new()), "one case, however often it is told");
}

#[test]
fn exemptions_end_on_their_date() {
    let facts = Facts { until: Some(LATER), ..Facts::default() };
    let before = step(Status::Exempt, None, Event::DateReached, facts, LATER.plus(-1)).map(|step| step.status);
    assert_eq!(before, Ok(Status::Exempt));
    let due = step(Status::Exempt, None, Event::DateReached, facts, LATER).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((due.status, due.effects[0]), (Status::Unverified, Effect::Close));
    let for_good = step(Status::Exempt, None, Event::DateReached, Facts::default(), LATER.plus(9_999_999));
    assert_eq!(for_good.map(|step| step.status), Ok(Status::Exempt));
}

#[test]
fn names_are_read_back() {
    for status in Status::ALL {
        assert_eq!(Status::from_name(status.as_str()), Some(status));
    }
    for state in AttemptState::ALL {
        assert_eq!(AttemptState::from_name(state.as_str()), Some(state));
    }
}

fn event() -> impl Strategy<Value = Event> {
    let checks = prop::sample::select(Check::ALL.to_vec());
    let date = || prop::option::of(0..500_i64).prop_map(|wait| wait.map(|wait| NOW.plus(wait)));
    prop_oneof![
        3 => Just(Event::Start),
        6 => checks.prop_map(Event::ProviderReported),
        1 => Just(Event::AttemptExpired),
        1 => Just(Event::Cancel),
        1 => Just(Event::Appeal),
        1 => any::<bool>().prop_map(|approve| Event::Decide { approve }),
        1 => Just(Event::Suspend),
        1 => Just(Event::Restore),
        1 => Just(Event::Revoke),
        1 => date().prop_map(|until| Event::Exempt { until }),
        1 => Just(Event::DateReached),
        1 => Just(Event::Reversed),
        1 => Just(Event::LinkReissued),
        1 => Just(Event::PrerequisiteMissing),
        1 => Just(Event::ConsentDeclined),
        1 => (0..200_i64).prop_map(|seconds| Event::ProviderDown { seconds }),
        1 => date().prop_map(|reverify_by| Event::OwnerChanged { reverify_by }),
        1 => (0..500_i64, 0..100_i64).prop_map(|(wait, grace)| Event::ReverifyDue { deadline: NOW.plus(wait), grace }),
        1 => any::<bool>().prop_map(|keep| Event::Withdraw { keep }),
    ]
}

proptest! {
    /// S1-06, S3-33: open exactly while verified or exempt; opened only by an approval of the service or of people, or
    /// by the operator.
    #[test]
    fn open_and_status_agree_on_every_path(path in prop::collection::vec((event(), 0..400_i64, any::<bool>()), 0..60)) {
        let mut status = Status::Unverified;
        let mut live: Option<AttemptState> = None;
        let mut until = None;
        let mut open = false;
        let mut now = NOW;
        for (event, pause, duplicate) in path {
            now = now.plus(pause);
            let facts = Facts { rejected: 0, duplicate, until };
            // One attempt at a time: the second owner joins the first before the machine is called.
            if event == Event::Start && live.is_some() { continue; }
            let Ok(next) = step(status, live, event, facts, now) else { continue };
            if event == Event::Start { prop_assert!(live.is_none()); live = Some(AttemptState::Created); }
            let had = live.is_some();
            for effect in &next.effects {
                match effect {
                    Effect::Open => {
                        let allowed = matches!(event, Event::ProviderReported(Check::Approved) | Event::Decide { approve: true } | Event::Restore | Event::Exempt { .. });
                        prop_assert!(allowed, "{event:?} opened");
                        if matches!(event, Event::ProviderReported(_)) { prop_assert!(had && !duplicate); }
                        open = true;
                    }
                    Effect::Close => open = false,
                    Effect::EndAttempt(state) => { prop_assert!(state.is_final() && live.is_some()); live = None; }
                    Effect::MoveAttempt(state) => { prop_assert!(!state.is_final()); live = Some(*state); }
                    // Written without a wildcard, so that a new effect on keys would be noticed.
                    Effect::Extend { .. }
                    | Effect::AlertOperator
                    | Effect::CancelAtService
                    | Effect::RedactLater
                    | Effect::EraseNow
                    | Effect::OpenCase
                    | Effect::NotifyOwners => {}
                }
            }
            status = next.status;
            until = next.until;
            prop_assert_eq!(open, status.opens(), "{:?} after {:?}", status, event);
        }
    }
}
