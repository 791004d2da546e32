//! Every pair of state and event, and invariants of all paths.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

const EVENTS: [PhoneEvent; 10] = [
    PhoneEvent::Resend { same_code: false },
    PhoneEvent::Resend { same_code: true },
    PhoneEvent::RightCode,
    PhoneEvent::WrongCode,
    PhoneEvent::Exhausted,
    PhoneEvent::ProviderDown,
    PhoneEvent::SentByOtherService,
    PhoneEvent::DeliveryFailed,
    PhoneEvent::Tick,
    PhoneEvent::Abandon,
];

fn begun() -> PhoneAttempt {
    PhoneAttempt::begin(NOW, 0).0
}

fn at(state: PhoneState) -> PhoneAttempt {
    let locked_until = (state == PhoneState::Locked).then(|| NOW.plus(900));
    PhoneAttempt { state, locked_until, ..begun() }
}

/// The state after each event a minute later (the first wait is over, the code is valid), `None` where it is refused.
#[test]
fn every_state_meets_every_event() {
    use PhoneState::{Abandoned, CodeSent, Locked, ProviderDown, Verified};
    let table: [(PhoneState, [Option<PhoneState>; 10]); 6] = [
        (
            CodeSent,
            [
                Some(CodeSent),
                Some(CodeSent),
                Some(Verified),
                Some(CodeSent),
                Some(Locked),
                Some(ProviderDown),
                Some(CodeSent),
                Some(CodeSent),
                Some(CodeSent),
                Some(Abandoned),
            ],
        ),
        (
            ProviderDown,
            [
                Some(CodeSent),
                Some(CodeSent),
                None,
                None,
                None,
                Some(ProviderDown),
                None,
                Some(ProviderDown),
                Some(ProviderDown),
                Some(Abandoned),
            ],
        ),
        (Locked, [None; 10]),
        (PhoneState::Expired, [None; 10]),
        (Abandoned, [None; 10]),
        (Verified, [None; 10]),
    ];
    assert_eq!(table.len(), PhoneState::ALL.len());
    for (state, row) in table {
        for (event, expected) in EVENTS.into_iter().zip(row) {
            let next = at(state).step(event, NOW.plus(60)).ok().map(|(next, ..)| next.state);
            assert_eq!(next, expected, "{state:?} {event:?}");
        }
    }
}

#[test]
fn codes_run_out_and_locks_end() {
    let late = NOW.plus(CODE_LIFE);
    assert_eq!(begun().step(PhoneEvent::RightCode, late), Err(PhoneRefusal::Expired), "accepted for ten minutes only");
    let (expired, effects, audit) = begun().step(PhoneEvent::Tick, late).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!(
        (expired.state, effects, audit),
        (PhoneState::Expired, vec![PhoneEffect::RevokeCode], "phone.code_expired")
    );
    assert_eq!(
        at(PhoneState::Locked).step(PhoneEvent::Tick, NOW.plus(899)),
        Err(PhoneRefusal::Locked { at: NOW.plus(900) })
    );
    let ended = at(PhoneState::Locked).step(PhoneEvent::Tick, NOW.plus(900)).map(|(next, ..)| next.state);
    assert_eq!(ended, Ok(PhoneState::Expired));
}

#[test]
fn five_wrong_codes_lock_longer_each_time() {
    for (round, wait) in [(0, 900), (1, 3_600), (2, 86_400), (9, 86_400)] {
        let mut one = PhoneAttempt::begin(NOW, round).0;
        for left in (1..CHECKS_PER_CODE).rev() {
            one = one.step(PhoneEvent::WrongCode, NOW).map_or_else(|e| unreachable!("{e:?}"), |(next, ..)| next);
            assert_eq!((one.state, one.checks_left()), (PhoneState::CodeSent, left));
        }
        let (locked, effects, audit) = one.step(PhoneEvent::WrongCode, NOW).unwrap_or_else(|e| unreachable!("{e:?}"));
        assert_eq!((locked.state, locked.locked_until), (PhoneState::Locked, Some(NOW.plus(wait))));
        assert_eq!((effects, audit), (vec![PhoneEffect::RevokeCode], "phone.locked"));
    }
}

#[test]
fn sending_again_waits_longer_and_ends() {
    // S1-23: thirty seconds at first, then longer; five codes in all.
    let mut one = begun();
    let mut now = NOW;
    for wait in [30, 60, 120, 300] {
        let resend = PhoneEvent::Resend { same_code: true };
        assert_eq!(one.step(resend, now.plus(wait - 1)), Err(PhoneRefusal::TooSoon { at: now.plus(wait) }));
        now = now.plus(wait);
        one = one.step(resend, now).map_or_else(|e| unreachable!("{e:?}"), |(next, ..)| next);
        assert_eq!(one.expires_at, NOW.plus(CODE_LIFE), "the same code stays valid");
    }
    assert_eq!(one.sends, MOST_SENDS);
    let again = PhoneEvent::Resend { same_code: false };
    assert_eq!(one.step(again, now.plus(999)), Err(PhoneRefusal::NoSendsLeft));

    let wrong = begun().step(PhoneEvent::WrongCode, NOW).map_or_else(|e| unreachable!("{e:?}"), |(next, ..)| next);
    let (fresh, ..) = wrong.step(again, NOW.plus(30)).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((fresh.checks, fresh.expires_at), (0, NOW.plus(30 + CODE_LIFE)), "a new code starts again");
}

#[test]
fn an_outage_does_not_count() {
    let (down, effects, _) = begun().step(PhoneEvent::ProviderDown, NOW).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((down.sends, effects), (1, Vec::new()));
    let hour = NOW.plus(3_600);
    let (sent, effects, _) =
        down.step(PhoneEvent::Resend { same_code: false }, hour).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((sent.state, sent.sends, sent.expires_at), (PhoneState::CodeSent, 1, hour.plus(CODE_LIFE)));
    assert_eq!(effects, [PhoneEffect::SendCode]);
}

#[test]
fn a_code_from_the_other_service_is_another_code() {
    let wrong = begun().step(PhoneEvent::WrongCode, NOW).map_or_else(|e| unreachable!("{e:?}"), |(next, ..)| next);
    let minute = NOW.plus(60);
    let (fresh, effects, audit) =
        wrong.step(PhoneEvent::SentByOtherService, minute).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((fresh.checks, fresh.sends, fresh.expires_at), (0, 1, minute.plus(CODE_LIFE)), "it is no further send");
    assert_eq!((fresh.resend_at, effects, audit), (wrong.resend_at, Vec::new(), "phone.provider_down"));
}

#[test]
fn an_undelivered_code_is_reported_and_does_not_count() {
    // S1-23, S1-24: the person is informed at once; another way is offered and never used silently.
    let (same, effects, audit) =
        begun().step(PhoneEvent::DeliveryFailed, NOW).unwrap_or_else(|e| unreachable!("{e:?}"));
    assert_eq!((same, effects), (begun(), vec![PhoneEffect::OfferOtherWay]));
    assert_eq!(audit, "phone.delivery_failed");
}

fn events() -> impl Strategy<Value = Vec<(PhoneEvent, i64)>> {
    prop::collection::vec((prop::sample::select(EVENTS.to_vec()), 0..700_i64), 0..40)
}

proptest! {
    /// S1-06, S1-16: only a right code verifies, one code allows at most five wrong checks, and at most five codes are
    /// sent.
    #[test]
    fn no_path_skips_a_step(path in events()) {
        let mut one = begun();
        let mut now = NOW;
        let (mut sends, mut wrong) = (1, 0);
        for (event, pause) in path {
            now = now.plus(pause);
            let before = one;
            let Ok((next, effects, audit)) = one.step(event, now) else { continue };
            if effects.contains(&PhoneEffect::BindNumber) || next.state == PhoneState::Verified {
                prop_assert_eq!(event, PhoneEvent::RightCode);
                prop_assert_eq!(before.state, PhoneState::CodeSent);
                prop_assert!(now < before.expires_at);
            }
            if effects.contains(&PhoneEffect::SendCode) && before.state != PhoneState::ProviderDown { sends += 1; }
            wrong = if next.checks == 0 { 0 } else if event == PhoneEvent::WrongCode { wrong + 1 } else { wrong };
            prop_assert!(sends <= i64::from(MOST_SENDS));
            prop_assert!(wrong <= i64::from(CHECKS_PER_CODE));
            prop_assert!(audit.starts_with("phone."));
            if next.state.is_final() || next.state == PhoneState::Locked {
                let killed = effects.contains(&PhoneEffect::RevokeCode) || before.state == PhoneState::Locked;
                prop_assert!(killed, "a code that cannot be used any more must be gone");
            }
            one = next;
        }
    }

    #[test]
    fn states_are_stored_and_read_back(checks in any::<u8>(), sends in any::<u8>(), round in any::<u8>()) {
        let one = PhoneAttempt { checks, sends, lock_round: round, ..begun() };
        let text = serde_json::to_string(&one).unwrap_or_default();
        prop_assert_eq!(serde_json::from_str::<PhoneAttempt>(&text).ok(), Some(one));
    }
}
