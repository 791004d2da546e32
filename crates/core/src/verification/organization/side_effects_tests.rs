//! Events besides the path from start to decision: prerequisites, links, outages, owners, dates.

use super::*;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000);
const LATER: Timestamp = Timestamp(1_800_000_100);

const LIVE: [AttemptState; 5] = [
    AttemptState::Created,
    AttemptState::LinkIssued,
    AttemptState::InProgress,
    AttemptState::Submitted,
    AttemptState::InReview,
];

fn until(date: Timestamp) -> Facts {
    Facts { until: Some(date), ..Facts::default() }
}

fn go(status: Status, live: Option<AttemptState>, event: Event, facts: Facts) -> Step {
    step(status, live, event, facts, NOW).unwrap_or_else(|e| unreachable!("{status:?} {event:?} {e:?}"))
}

/// S0-03: a missing prerequisite or declined consent is recorded exactly where a start would be possible, and changes
/// nothing.
#[test]
fn what_was_not_begun_changes_nothing() {
    for status in Status::ALL {
        let start = step(status, None, Event::Start, Facts::default(), NOW).map(|_| ());
        for (event, audit) in
            [(Event::PrerequisiteMissing, "orgv.prereq_missing"), (Event::ConsentDeclined, "orgv.consent_declined")]
        {
            let expected = start.map(|()| Step { status, until: None, effects: Vec::new(), audit });
            assert_eq!(step(status, None, event, Facts::default(), NOW), expected, "{status:?} {event:?}");
        }
    }
}

#[test]
fn a_new_link_can_be_made_until_everything_is_submitted() {
    for status in Status::ALL {
        assert_eq!(step(status, None, Event::LinkReissued, Facts::default(), NOW), Err(Refusal::NotApplicable));
    }
    for live in LIVE {
        let handed_in = matches!(live, AttemptState::Submitted | AttemptState::InReview);
        let found = step(Status::InProgress, Some(live), Event::LinkReissued, Facts::default(), NOW);
        let same = Step { status: Status::InProgress, until: None, effects: Vec::new(), audit: "orgv.link_reissued" };
        assert_eq!(found, if handed_in { Err(Refusal::NotApplicable) } else { Ok(same) }, "{live:?}");
    }
}

#[test]
fn an_outage_does_not_shorten_the_time() {
    for live in LIVE {
        for status in [Status::InProgress, Status::InReview] {
            let down = |seconds| go(status, Some(live), Event::ProviderDown { seconds }, Facts::default());
            assert_eq!((down(SILENCE).status, down(SILENCE).effects), (status, Vec::new()));
            let long = down(SILENCE + 1);
            assert_eq!((long.status, long.effects), (status, vec![Effect::Extend { seconds: SILENCE + 1 }]));
            assert_eq!(long.audit, "orgv.provider_down");
        }
    }
    let nothing = step(Status::Verified, None, Event::ProviderDown { seconds: 999 }, Facts::default(), NOW);
    assert_eq!(nothing, Err(Refusal::NotApplicable));
}

#[test]
fn a_reversed_decision_raises_an_alarm() {
    for status in Status::ALL {
        let reversed = go(status, None, Event::Reversed, until(LATER));
        assert_eq!((reversed.status, reversed.until), (status, Some(LATER)), "nothing by itself");
        assert_eq!((reversed.effects, reversed.audit), (vec![Effect::AlertOperator], "orgv.reversed"));
    }
}

#[test]
fn owners_and_policies_may_require_a_new_verification() {
    for status in Status::ALL.into_iter().filter(|status| *status != Status::Verified) {
        for event in
            [Event::OwnerChanged { reverify_by: Some(LATER) }, Event::ReverifyDue { deadline: LATER, grace: 9 }]
        {
            let same = Step { status, until: None, effects: Vec::new(), audit: "" };
            assert_eq!(go(status, None, event, Facts::default()), same);
        }
    }
    let changed = go(Status::Verified, None, Event::OwnerChanged { reverify_by: None }, Facts::default());
    assert_eq!((changed.status, changed.until, changed.audit), (Status::Verified, None, "orgv.owner_changed"));
    let due = Event::ReverifyDue { deadline: NOW, grace: 100 };
    let asked = go(Status::Verified, None, due, Facts::default());
    assert_eq!((asked.status, asked.until, asked.audit), (Status::Verified, Some(LATER), "orgv.reverify_due"));
    let earlier = go(Status::Verified, None, due, until(NOW.plus(5)));
    assert_eq!(earlier.until, Some(NOW.plus(5)), "a date is not put off by another");

    // Until then everything stays open, however the new attempt ends.
    let begun = go(Status::Verified, None, Event::Start, until(LATER));
    assert_eq!((begun.status, begun.until, begun.audit), (Status::Verified, Some(LATER), "orgv.started"));
    for check in Check::ALL.into_iter().filter(|check| *check != Check::Approved) {
        let beside = go(Status::Verified, Some(AttemptState::LinkIssued), Event::ProviderReported(check), until(LATER));
        assert_eq!((beside.status, beside.until), (Status::Verified, Some(LATER)), "{check:?}");
    }
    let live = Some(AttemptState::Submitted);
    let reverified = go(Status::Verified, live, Event::ProviderReported(Check::Approved), until(LATER));
    assert_eq!((reverified.status, reverified.until), (Status::Verified, None));
    let tired = Facts { rejected: ATTEMPTS, ..until(LATER) };
    assert_eq!(step(Status::Verified, None, Event::Start, tired, NOW), Err(Refusal::Cooldown { until: LATER }));

    let early = step(Status::Verified, None, Event::DateReached, until(LATER), LATER.plus(-1)).map(|step| step.status);
    assert_eq!(early, Ok(Status::Verified));
    let over = step(Status::Verified, None, Event::DateReached, until(LATER), LATER);
    let effects = vec![Effect::Close, Effect::NotifyOwners];
    let audit = "orgv.verification_ended";
    assert_eq!(over, Ok(Step { status: Status::Unverified, until: None, effects, audit }));
}

#[test]
fn a_new_verification_may_be_reviewed_while_the_old_one_is_valid() {
    let reviewed = Some(AttemptState::InReview);
    let decide = |live, approve| step(Status::Verified, live, Event::Decide { approve }, until(LATER), NOW);
    assert_eq!(decide(reviewed, true).map(|step| (step.status, step.until)), Ok((Status::Verified, None)));
    assert_eq!(decide(reviewed, false).map(|step| (step.status, step.until)), Ok((Status::Verified, Some(LATER))));
    assert_eq!(decide(Some(AttemptState::Submitted), true), Err(Refusal::NotApplicable));
    assert_eq!(decide(None, true), Err(Refusal::NotApplicable));
    let clock = go(Status::Verified, reviewed, Event::AttemptExpired, until(LATER));
    assert!(clock.effects.is_empty(), "while a person decides, the clock does not");
}

#[test]
fn overriding_a_decline_needs_two_people_and_expires() {
    for status in Status::ALL {
        for live in LIVE.map(Some).into_iter().chain([None]) {
            for approve in [false, true] {
                let overrides = status == Status::InReview && live.is_none() && approve;
                assert_eq!(people_needed(status, live, approve), if overrides { 2 } else { 1 });
            }
        }
    }
    let overridden = go(Status::InReview, None, Event::Decide { approve: true }, Facts::default());
    assert_eq!((overridden.status, overridden.until), (Status::Verified, Some(NOW.plus(OVERRIDE_LIFE))));
    let live = Some(AttemptState::InReview);
    let decided = go(Status::InReview, live, Event::Decide { approve: true }, Facts::default());
    assert_eq!((decided.status, decided.until), (Status::Verified, None), "a service left this to people");
}

/// S3-33: neither an appeal nor withdrawing consent is a way around a date.
#[test]
fn dates_are_preserved() {
    let cooling = until(NOW.plus(COOLDOWN));
    for keep in [false, true] {
        for status in [Status::Cooldown, Status::Exempt] {
            let left = go(status, None, Event::Withdraw { keep }, cooling);
            assert_eq!((left.status, left.until), (status, cooling.until), "{status:?}");
        }
    }
    let appealed = go(Status::Cooldown, None, Event::Appeal, cooling);
    assert_eq!((appealed.status, appealed.until), (Status::InReview, cooling.until));
    for event in [Event::Decide { approve: false }, Event::Withdraw { keep: false }] {
        let back = go(Status::InReview, None, event, cooling);
        assert_eq!((back.status, back.until), (Status::Cooldown, cooling.until), "{event:?}");
        let past = step(Status::InReview, None, event, cooling, NOW.plus(COOLDOWN)).map(|step| step.until);
        assert_eq!(past, Ok(None), "{event:?} after the date");
    }
}
