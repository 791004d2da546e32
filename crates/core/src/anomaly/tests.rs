use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::money::Amount;

fn hours(figures: &[i64], spend: i64) -> Vec<(Timestamp, i64, Amount)> {
    let at = |place: usize| Timestamp(i64::try_from(place).unwrap() * HOUR);
    figures.iter().enumerate().map(|(place, n)| (at(place), *n, Amount::of_cents(*n * spend))).collect()
}

#[test]
fn names_are_read_back() {
    for signal in Signal::ALL {
        assert_eq!(Signal::from_name(signal.as_str()), Some(signal));
        assert_eq!(signal.pauses().is_none(), Signal::SWITCHES.contains(&signal), "{signal:?}");
    }
    for reason in PauseReason::ALL {
        assert_eq!(PauseReason::from_name(reason.as_str()), Some(reason));
    }
    for period in CapPeriod::ALL {
        assert_eq!(CapPeriod::from_name(period.as_str()), Some(period));
    }
    let some = Signals::without("new_model,anything,spend_over_cap,new_network");
    assert_eq!(some.off_names(), "new_network,new_model", "what comes from a cap has no switch");
    assert_eq!(Signals::only(&some.on()), some);
    assert!(some.has(Signal::SpendOverCap) && !some.has(Signal::NewModel));
    assert_eq!(Signals::default().on(), Signal::SWITCHES);
}

#[test]
fn networks_are_wider_than_an_address() {
    let network = |text: &str| network_of(text.parse().unwrap());
    assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
    assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.0/24");
    assert_eq!(network("2001:db8:1:2:3::4"), "2001:db8:1::/48");
}

#[test]
fn caps_have_bounds() {
    let cap = |requests, cents| VelocityCap { period: CapPeriod::Minute, requests, cents };
    assert_eq!(cap(None, None).checked(), Err(WrongCap::Empty));
    for none in [0, -1, i64::MIN, MOST_CAP_REQUESTS + 1, i64::MAX] {
        assert_eq!(cap(Some(none), None).checked(), Err(WrongCap::Requests));
    }
    for none in [0, -1, i64::MIN, MOST_CAP_CENTS + 1, i64::MAX] {
        assert_eq!(cap(Some(1), Some(none)).checked(), Err(WrongCap::Cents));
    }
    let both = cap(Some(10), Some(200)).checked().unwrap();
    assert_eq!(both.exceeded_by(10, Amount::of_cents(200)), None, "what the cap allows");
    assert_eq!(both.exceeded_by(11, Amount::of_cents(201)), Some(PauseReason::RequestsOverCap));
    let pico = Amount::of_cents(200).plus(Amount::of_picos(1));
    assert_eq!(both.exceeded_by(0, pico), Some(PauseReason::SpendOverCap));
    assert_eq!(KeyCap::Inherited.or_of(Some(both)), Some(both));
    assert_eq!(KeyCap::Off.or_of(Some(both)), None);
    assert_eq!(KeyCap::Own(both).or_of(None), Some(both));
    for cap in [KeyCap::Inherited, KeyCap::Off, KeyCap::Own(both)] {
        let text = serde_json::to_string(&cap).unwrap();
        assert_eq!(serde_json::from_str::<KeyCap>(&text).unwrap(), cap);
    }
}

#[test]
fn a_past_needs_three_days_with_use() {
    let mut figures = vec![0; 72];
    figures[0] = 10;
    figures[23] = 20;
    figures[30] = 5;
    assert!(!Past::of_hours(hours(&figures, 1)).requests_are_beyond(1_000), "two days");
    figures[60] = 1;
    let past = Past::of_hours(hours(&figures, 10));
    assert_eq!((past.days, past.requests, past.spend), (3, 20, Amount::of_cents(200)));
    assert!(past.requests_are_beyond(101));
    assert!(!past.requests_are_beyond(100), "the floor");
    assert!(past.spend_is_beyond(Amount::of_cents(601)));
    assert!(!past.spend_is_beyond(Amount::of_cents(600)), "three times the busiest hour");
}

#[test]
fn the_first_day_is_not_news() {
    assert!(!can_be_new(Timestamp(10), Timestamp(10 + DAY - 1)));
    assert!(can_be_new(Timestamp(10), Timestamp(10 + DAY)));
    assert!(!can_be_new(Timestamp(10), Timestamp(0)));
}

proptest! {
    #[test]
    fn a_steady_key_is_never_unusual(level in 0..1_000_000_i64, wave in proptest::collection::vec(50..=100_i64, 72..336)) {
        // Between half of its level and all of it, for days.
        let figures: Vec<i64> = wave.iter().map(|share| level * share / 100).collect();
        let past = Past::of_hours(hours(&figures, 3));
        for now in [level / 2, level] {
            prop_assert!(!past.requests_are_beyond(now));
            prop_assert!(!past.spend_is_beyond(Amount::of_cents(now * 3)));
        }
    }

    #[test]
    fn more_use_is_never_less_unusual(now in 0..1_000_000_i64, more in 0..1_000_000_i64, figures in proptest::collection::vec(0..10_000_i64, 72..100), extra in 0..10_000_i64) {
        let past = Past::of_hours(hours(&figures, 1));
        if past.requests_are_beyond(now) {
            prop_assert!(past.requests_are_beyond(now + more));
        }
        // A busier past makes nothing unusual that was not.
        let busier: Vec<i64> = figures.iter().map(|n| if *n > 0 { n + extra } else { 0 }).collect();
        let busier = Past::of_hours(hours(&busier, 1));
        if busier.requests_are_beyond(now) {
            prop_assert!(past.requests_are_beyond(now));
        }
    }

    #[test]
    fn only_shares_count_above_the_floor(now in 0..100_000_i128, highest in 0..100_000_i128, scale in 1..1_000_i128) {
        prop_assert_eq!(is_beyond(now, highest, 0), is_beyond(now * scale, highest * scale, 0));
    }

    #[test]
    fn what_is_remembered_follows_a_model(steps in proptest::collection::vec((0..12_u8, 0..6_000_i64), 0..120), most in 1..6_usize) {
        let (mut seen, mut model) = (Seen::default(), BTreeMap::<String, i64>::new());
        for (value, hour) in steps {
            let (value, at) = (format!("m{value}"), Timestamp(hour * HOUR));
            let day = at.0.div_euclid(DAY);
            let expected = match model.get(&value) {
                None => Noted::New,
                Some(last) if *last < day => Noted::Again,
                Some(_) => Noted::Known,
            };
            prop_assert_eq!(seen.note(&value, at, most), expected);
            let last = model.entry(value.clone()).or_insert(day);
            *last = day.max(*last);
            if expected != Noted::Known {
                model.retain(|_, last| day - *last <= REMEMBERED_DAYS);
            }
            if model.len() > most {
                let oldest = model.iter().filter(|(known, _)| **known != value).min_by_key(|(_, day)| **day);
                let oldest = oldest.map(|(known, _)| known.clone()).unwrap();
                model.remove(&oldest);
            }
            prop_assert_eq!(seen.len(), model.len());
            prop_assert_eq!(Seen::from_text(&seen.to_text()), Some(seen.clone()));
        }
        let expected: Vec<(String, i64)> = model.into_iter().collect();
        prop_assert_eq!(seen.to_text(), serde_json::to_string(&expected).unwrap());
    }
}

#[test]
fn hostile_values_are_shortened() {
    let mut seen = Seen::default();
    let long = "ż".repeat(10_000);
    assert_eq!(seen.note(&long, Timestamp(0), 2), Noted::New);
    assert_eq!(seen.note(&long, Timestamp(0), 2), Noted::Known);
    assert!(seen.to_text().len() < 500);
    assert_eq!(Seen::from_text("{}"), None);
}
