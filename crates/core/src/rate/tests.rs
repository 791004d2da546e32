use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn of(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit = rest[number..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| number + n);
        let factor = match &rest[number..unit] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            _ => return None,
        };
        sum += Duration::from_secs_f64(rest[..number].parse::<f64>().ok()? * factor);
        rest = &rest[unit..];
    }
    Some(sum)
}

#[test]
fn spans_are_written_as_openai_writes_them() {
    for (micros, text) in [
        (0, "0s"),
        (1, "1ms"),
        (17_000, "17ms"),
        (644_000, "644ms"),
        (1_000_000, "1s"),
        (8_640_000, "8.64s"),
        (3_890_000, "3.89s"),
        (20_000_000, "20s"),
        (360_000_000, "6m0s"),
        (3_723_000_000, "1h2m3s"),
        (3_600_000_000, "1h0m0s"),
        (60_005_000, "1m0.005s"),
    ] {
        assert_eq!(format_duration(Duration::from_micros(micros)), text);
    }
}

#[test]
fn a_minute_gives_its_limit_at_once_and_then_one_at_a_time() {
    let rate = Rate::new(3, MINUTE, Part::ALL);
    let mut bucket = Bucket::default();
    for _ in 0..3 {
        bucket.fits(rate, 1, Duration::ZERO).unwrap();
        bucket.settle(rate, 0, 1, Duration::ZERO);
    }
    assert_eq!(bucket.fits(rate, 1, Duration::ZERO), Err(Full::Wait(Duration::from_secs(20))));
    assert_eq!(
        bucket.state(rate, Duration::from_secs(5)),
        LimitState { limit: 3, remaining: 0, reset: Duration::from_secs(55) }
    );
    assert_eq!(bucket.fits(rate, 1, Duration::from_secs(20)), Ok(()));
    assert_eq!(bucket.fits(rate, 4, Duration::from_secs(90)), Err(Full::TooLarge));
}

/// Figures beyond those of any configuration are computed as the largest, and a clock that is set back does nothing.
#[test]
fn no_figure_is_too_large() {
    let periods = [Duration::ZERO, MINUTE, Duration::MAX];
    for (limit, period) in [0, 1, MOST, u64::MAX].into_iter().flat_map(|limit| periods.map(|period| (limit, period))) {
        for part in [Part::NONE, Part::of_pieces(1), Part::ALL] {
            let (rate, mut bucket) = (Rate::new(limit, period, part), Bucket::default());
            for now in [MINUTE, Duration::MAX, Duration::ZERO] {
                bucket.hold(u64::MAX);
                bucket.settle(rate, 1, u64::MAX, now);
                bucket.add(rate, u64::MAX);
                let level = bucket.level(rate, now);
                bucket.take(rate, level);
                assert!(bucket.state(rate, now).remaining <= limit);
                assert!(bucket.fits(rate, 1, now).is_err(), "{rate:?} at {now:?}");
            }
        }
    }
}

#[test]
fn several_nodes_share_a_limit_and_a_large_request_still_passes_alone() {
    let rate = Rate::new(12, MINUTE, Part::of_nodes(3));
    let mut bucket = Bucket::default();
    assert_eq!(bucket.fits(rate, 9, Duration::ZERO), Ok(()));
    bucket.settle(rate, 0, 9, Duration::ZERO);
    // Four of twelve are this node's: nine take as long as nine fourths of a minute.
    assert_eq!(bucket.fits(rate, 9, Duration::ZERO), Err(Full::Wait(9 * MINUTE / 4)));
    assert_eq!(bucket.fits(rate, 1, MINUTE), Err(Full::Wait(MINUTE / 2)));
    assert_eq!(bucket.fits(rate, 1, 3 * MINUTE / 2), Ok(()));
    // Less than one at once: one passes, and is paid for by the time in which the node may use one.
    let small = Rate::new(1, MINUTE, Part::of_nodes(7));
    let mut bucket = Bucket::default();
    assert_eq!(bucket.fits(small, 1, Duration::ZERO), Ok(()));
    bucket.settle(small, 0, 1, Duration::ZERO);
    assert_eq!(bucket.fits(small, 1, Duration::ZERO), Err(Full::Wait(7 * MINUTE)));
    let nothing = Rate::new(5, MINUTE, Part::NONE);
    assert_eq!(Bucket::default().fits(nothing, 1, Duration::ZERO), Err(Full::Wait(Duration::from_secs(1))));
    assert_eq!(Bucket::default().state(nothing, Duration::ZERO).remaining, 0);
}

#[test]
fn the_messages_of_refusals() {
    let refused = |measure, full| {
        let exceeded = LimitExceeded { measure, limit: 3, used: 3, requested: 1, full };
        let refused = RateLimitRefusal {
            exceeded,
            model: "gpt-4o".to_owned(),
            organization: "org-1".parse().unwrap(),
            project: "proj_1".parse().unwrap(),
            of_project: false,
        };
        let wire = refused.response("https://k.test");
        assert_eq!((wire.status, wire.code, wire.param), (429, Some("rate_limit_exceeded"), None));
        (wire.kind, wire.message)
    };
    let (kind, message) = refused(Measure::RequestsPerMinute, Full::Wait(Duration::from_secs(20)));
    assert_eq!(kind, "requests");
    assert!(
        message.starts_with(
            "Rate limit reached for gpt-4o in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. \
             Please try again in 20s."
        ),
        "{message}"
    );
    let (kind, message) = refused(Measure::TokensPerMinute, Full::TooLarge);
    assert_eq!(kind, "tokens");
    assert!(message.starts_with(
        "Request too large for gpt-4o in organization org-1 on tokens per min (TPM): Limit 3, Requested 1."
    ));
    assert!(!message.contains("try again"));
}

#[test]
fn the_lower_of_two_limits_holds() {
    let (one, other) = (
        RateLimits { requests_per_minute: Some(5), tokens_per_minute: Some(9), ..RateLimits::NONE },
        RateLimits { requests_per_minute: Some(7), images_per_minute: Some(2), ..RateLimits::NONE },
    );
    let both = one.lower(other);
    assert_eq!(both, other.lower(one));
    let wanted = RateLimits {
        requests_per_minute: Some(5),
        tokens_per_minute: Some(9),
        images_per_minute: Some(2),
        requests_per_day: None,
    };
    assert_eq!(both, wanted);
    assert!(RateLimits::NONE.lower(RateLimits::NONE).is_none());
}

#[test]
fn a_project_never_has_more_than_its_organization() {
    let organization = RateLimits { requests_per_minute: Some(10), ..RateLimits::NONE };
    let asked =
        |requests, tokens| RateLimits { requests_per_minute: requests, tokens_per_minute: tokens, ..RateLimits::NONE };
    let own = asked(Some(4), Some(5));
    assert_eq!(own.changed(&organization, &asked(None, Some(7))), Ok(asked(Some(4), Some(7))), "the rest stays");
    assert_eq!(own.changed(&organization, &asked(Some(10), Some(MOST))), Ok(RateLimits::NONE), "as the organization");
    let bad = own.changed(&organization, &asked(Some(11), None)).unwrap_err();
    assert_eq!(bad, InvalidLimit::AboveOrganization(Measure::RequestsPerMinute, 10));
    assert_eq!(bad.to_string(), "must not be above the organization's limit of 10");
    for wrong in [0, MOST + 1] {
        let bad = own.changed(&organization, &asked(None, Some(wrong))).unwrap_err();
        assert_eq!(bad, InvalidLimit::Range(Measure::TokensPerMinute));
    }
    let mut kept = ProjectLimits::default();
    kept.set("a/b", own);
    kept.set("c", RateLimits::NONE);
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(text, r#"{"a/b":{"requests_per_minute":4,"tokens_per_minute":5}}"#);
    assert_eq!(serde_json::from_str::<ProjectLimits>(&text).unwrap(), kept);
}

/// An event of a bucket: after some milliseconds, a request asks for an amount and will use another one, or the oldest
/// running request ends.
#[derive(Debug, Clone, Copy)]
enum Step {
    Ask(u64, u64, u64),
    End(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0u64..20_000, 0u64..60, 0u64..60).prop_map(|(after, need, used)| Step::Ask(after, need, used)),
        (0u64..20_000).prop_map(Step::End),
    ];
    proptest::collection::vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_window_sees_more_than_the_limit_and_one_burst(limit in 1u64..50, nodes in 1u32..4, steps in steps()) {
        let rate = Rate::new(limit, MINUTE, Part::of_nodes(nodes));
        let mut bucket = Bucket::default();
        let mut now = Duration::ZERO;
        let mut under_way: Vec<(u64, u64)> = Vec::new();
        // What was counted, and when: an ended request counts with what it used, if that was not more than it asked
        // for.
        let mut counted: Vec<(Duration, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Ask(after, need, used) => {
                    now += Duration::from_millis(after);
                    match bucket.fits(rate, need, now) {
                        Ok(()) => {
                            bucket.hold(need);
                            under_way.push((need, used.min(need)));
                        }
                        Err(Full::TooLarge) => prop_assert!(need > limit),
                        Err(Full::Wait(wait)) => {
                            prop_assert!(wait > Duration::ZERO);
                            // A request that waits as long as the refusal says, while the running ones use all they
                            // may, is admitted.
                            let mut later = bucket;
                            let ended: u64 = under_way.iter().map(|(need, _)| need).sum();
                            later.settle(rate, ended, ended, now);
                            if let Some(early) = wait.checked_sub(Duration::from_micros(1)) {
                                prop_assert!(later.fits(rate, need, now + early).is_err());
                            }
                            prop_assert_eq!(later.fits(rate, need, now + wait), Ok(()));
                        }
                    }
                }
                Step::End(after) if !under_way.is_empty() => {
                    now += Duration::from_millis(after);
                    let (need, used) = under_way.remove(0);
                    bucket.settle(rate, need, used, now);
                    counted.push((now, used));
                }
                Step::End(_) => {}
            }
            for (from, (start, _)) in counted.iter().enumerate() {
                let window = counted[from..].iter().filter(|(at, _)| *at < *start + MINUTE);
                let sum: u64 = window.map(|(_, used)| used).sum();
                prop_assert!(sum <= 2 * limit, "{sum} of {limit} in a minute");
            }
            prop_assert!(bucket.state(rate, now).remaining <= limit);
        }
    }

    #[test]
    fn settling_never_creates_allowance(limit in 1u64..100, first in 0u64..100, held in 0u64..100, used in 0u64..200, after in 0u64..90_000) {
        let rate = Rate::new(limit, MINUTE, Part::ALL);
        // One bucket reserves and settles; the other one knows the used amount from the start and counts it at the end.
        let (mut settled, mut knowing) = (Bucket::default(), Bucket::default());
        for bucket in [&mut settled, &mut knowing] {
            bucket.settle(rate, 0, first, Duration::ZERO);
        }
        settled.hold(held);
        let end = Duration::from_millis(after);
        prop_assert!(settled.state(rate, end).remaining <= knowing.state(rate, end).remaining);
        settled.settle(rate, held, used, end);
        knowing.settle(rate, 0, used, end);
        prop_assert_eq!(settled.state(rate, end), knowing.state(rate, end));
        prop_assert!(settled.state(rate, end).remaining <= limit);
        // Settled twice by mistake: never more than was reserved.
        settled.settle(rate, held, 0, end);
        prop_assert_eq!(settled.state(rate, end), knowing.state(rate, end));
    }

    #[test]
    fn spans_read_back(micros in 0u64..200_000_000_000) {
        let span = Duration::from_micros(micros);
        let text = format_duration(span);
        let read = of(&text).unwrap();
        prop_assert!(read + Duration::from_micros(1) >= span, "{text}");
        prop_assert!(read.as_secs_f64() - span.as_secs_f64() < 0.001_1, "{text}");
    }
}
