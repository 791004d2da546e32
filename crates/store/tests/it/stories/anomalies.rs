//! Unusual use of keys: noticed where usage is counted, once, and the caps that follow the usage.

use keystead_core::anomaly::{CapPeriod, DAY, HOUR, KeyCap, KeyPause, PauseReason, Signal, Signals, VelocityCap};
use keystead_core::key::KeyKind;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_store::tables::anomaly_settings::{self, AnomalySettings};
use keystead_store::tables::key_profiles::{self, PlacesOfKey};
use keystead_store::tables::key_signals::KeySignal;
use keystead_store::tables::{api_keys, changes, directory, key_caps, key_signals, usage};

use super::usage::event;
use crate::world::*;

fn cap(period: CapPeriod, requests: Option<i64>, cents: Option<i64>) -> VelocityCap {
    VelocityCap { period, requests, cents }
}

/// So many requests in one event, which cost a cent each.
fn used(seconds: i64, model: &str, requests: i64) -> UsageEvent {
    let mut event = event(seconds, model);
    event.used.requests = requests;
    event.cost = Amount::of_cents(requests);
    event
}

async fn with_key(db: &Database) {
    seed(db).await;
    let row = key(KeyKind::Project, "a", Some(("one", Some("x1"))), person("ann"));
    change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
}

/// Counts events from the next place of a spool, and returns what was noticed about the key, latest first.
async fn count(db: &Database, place: &mut i64, events: &[UsageEvent]) -> Vec<(Signal, String)> {
    let first = *place;
    *place += i64::try_from(events.len()).unwrap();
    change!(db, |tx| usage::record(tx, "1-a", first, events)).unwrap();
    noticed(db).await.into_iter().map(|one| (one.signal, one.value)).collect()
}

async fn noticed(db: &Database) -> Vec<KeySignal> {
    look!(db, |tx| key_signals::list(tx, &id("org-one"), Some(&key_id("a")), 100)).unwrap()
}

pub(crate) async fn settings_and_pauses(db: Database) {
    with_key(&db).await;
    let (one, key) = (id("org-one"), key_id("a"));
    assert_eq!(look!(db, |tx| anomaly_settings::find(tx, &one)), Ok(AnomalySettings::default()));
    let wanted =
        AnomalySettings { signals: Signals::only(&[Signal::NewModel]), cap: Some(cap(CapPeriod::Hour, Some(5), None)) };
    for settings in [&AnomalySettings::default(), &wanted] {
        change!(db, |tx| anomaly_settings::save(tx, &one, settings, NOW)).unwrap();
        assert_eq!(look!(db, |tx| anomaly_settings::find(tx, &one)).as_ref(), Ok(settings));
    }
    assert_eq!(look!(db, |tx| anomaly_settings::find(tx, &id("org-two"))), Ok(AnomalySettings::default()));

    let of_key = async || look!(db, |tx| key_caps::find(tx, &one, &key)).unwrap().unwrap();
    assert_eq!(of_key().await, key_caps::KeyCapRow::default());
    for own in [KeyCap::Own(cap(CapPeriod::Minute, None, Some(7))), KeyCap::Off, KeyCap::Inherited] {
        change!(db, |tx| key_caps::set_cap(tx, &key, own)).unwrap();
        assert_eq!(of_key().await.cap, own);
    }
    change!(db, |tx| key_caps::set_cap(tx, &key, KeyCap::Off)).unwrap();
    change!(db, |tx| key_caps::carry_over(tx, &key, &key)).unwrap();
    assert_eq!(of_key().await.cap, KeyCap::Off);
    change!(db, |tx| key_caps::set_cap(tx, &key, KeyCap::Inherited)).unwrap();
    let caller = async || look!(db, |tx| directory::find_caller(tx, &digest("a"))).unwrap().unwrap();
    assert_eq!(caller().await.pause, None);
    let latest = async || look!(db, |tx| changes::latest(tx)).unwrap();
    let (before, pause) = (latest().await, KeyPause { since: later(9), reason: PauseReason::Person });
    assert_eq!(change!(db, |tx| key_caps::resume(tx, &key, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| key_caps::pause(tx, &key, pause, "session:user-ann")), Ok(true));
    let again = KeyPause { since: later(10), reason: PauseReason::SpendOverCap };
    assert_eq!(change!(db, |tx| key_caps::pause(tx, &key, again, "service:x")), Ok(false), "the first reason stays");
    assert_eq!(caller().await.pause, Some(pause));
    assert_eq!((of_key().await.pause, of_key().await.paused_by.as_deref()), (Some(pause), Some("session:user-ann")));
    let listed = look!(db, |tx| key_caps::pauses(tx, &one, &[key_id("none"), key.clone()])).unwrap();
    assert_eq!(listed.into_iter().collect::<Vec<_>>(), [(key.clone(), pause)]);
    // Another organization neither finds nor lists it.
    let two = id("org-two");
    assert_eq!(look!(db, |tx| key_caps::find(tx, &two, &key)), Ok(None));
    assert!(look!(db, |tx| key_caps::pauses(tx, &two, std::slice::from_ref(&key))).unwrap().is_empty());
    assert_eq!(look!(db, |tx| key_caps::find_any(tx, &key)), Ok(of_key().await));
    assert_eq!(look!(db, |tx| key_caps::find_any(tx, &key_id("none"))), Ok(key_caps::KeyCapRow::default()));
    assert_eq!(change!(db, |tx| key_caps::resume(tx, &key, later(20))), Ok(true));
    assert_eq!(caller().await.pause, None);
    assert_eq!(latest().await, before + 2, "every node reads both changes");
}

pub(crate) async fn news_and_figures_beyond_the_past(db: Database) {
    with_key(&db).await;
    let mut place = 0;
    // In the first day nothing is new, and an unknown key has no profile.
    let mut unknown = event(0, "m");
    unknown.key = key_id("unknown");
    assert_eq!(count(&db, &mut place, &[event(0, "m"), event(5, "n"), unknown]).await, []);
    let day = |days: i64| days * DAY;
    assert_eq!(count(&db, &mut place, &[event(day(1), "m")]).await, []);
    let news = [(Signal::NewModel, "o".to_owned())];
    assert_eq!(count(&db, &mut place, &[event(day(1) + 1, "o"), event(day(1) + 2, "o")]).await, news);
    assert_eq!(count(&db, &mut place, &[event(day(1) + 3, "o")]).await, news, "once");
    // What is switched off is not noticed, but learned.
    let off = AnomalySettings { signals: Signals::only(&[]), cap: None };
    change!(db, |tx| anomaly_settings::save(tx, &id("org-one"), &off, NOW)).unwrap();
    assert_eq!(count(&db, &mut place, &[event(day(1) + 4, "p")]).await, news);
    change!(db, |tx| anomaly_settings::save(tx, &id("org-one"), &AnomalySettings::default(), NOW)).unwrap();
    assert_eq!(count(&db, &mut place, &[event(day(1) + 5, "p")]).await, news);

    // Three days with at most 60 requests in an hour; on the next day 181 are beyond, and 180 are not.
    let hour = |days: i64| day(days) - NOW.0.rem_euclid(DAY) + HOUR;
    for days in [2, 3, 4] {
        assert_eq!(count(&db, &mut place, &[used(hour(days), "m", 60)]).await, news);
    }
    assert_eq!(count(&db, &mut place, &[used(hour(5), "m", 180)]).await, news);
    let mut batch = used(hour(5), "m", 5_000);
    batch.attributes.batch = true;
    assert_eq!(count(&db, &mut place, &[batch]).await, news, "a batch is counted at once");
    let found = count(&db, &mut place, &[used(hour(5) + 60, "m", 1)]).await;
    let mut signals: Vec<Signal> = found.iter().map(|(signal, _)| *signal).collect();
    signals.sort();
    assert_eq!(signals, [Signal::SpendBeyondPast, Signal::RequestsBeyondPast, Signal::NewModel]);
    let requests = noticed(&db).await.into_iter().find(|one| one.signal == Signal::RequestsBeyondPast).unwrap();
    assert_eq!((requests.figure, requests.usual, requests.period), (181, 60, Some(CapPeriod::Hour)));
    assert_eq!(requests.value, later(hour(5)).to_string()[..10]);
    assert_eq!(count(&db, &mut place, &[used(hour(5) + HOUR, "m", 500)]).await.len(), 3, "once a day");
    assert_eq!(count(&db, &mut place, &[used(hour(6), "m", 1_501)]).await.len(), 5, "500 were the busiest hour");

    // Each is claimed once, in order, and old ones are deleted.
    assert_eq!(look!(db, |tx| key_signals::has_due(tx)), Ok(true));
    let claimed = change!(db, |tx| key_signals::claim(tx, later(day(6)), 2)).unwrap();
    assert_eq!((claimed.len(), claimed[0].signal), (2, Signal::NewModel));
    assert_eq!(change!(db, |tx| key_signals::claim(tx, later(day(6)), 20)).unwrap().len(), 3);
    assert_eq!(look!(db, |tx| key_signals::has_due(tx)), Ok(false));
    assert_eq!(look!(db, |tx| key_signals::list(tx, &id("org-one"), None, 2)).unwrap().len(), 2);
    assert_eq!(look!(db, |tx| key_signals::list(tx, &id("org-two"), None, 2)), Ok(vec![]));
    change!(db, |tx| key_signals::delete_old(tx, later(day(2)))).unwrap();
    assert_eq!(noticed(&db).await.len(), 4);
    // A key that was not used for long is forgotten, and learns again.
    change!(db, |tx| key_profiles::delete_unused(tx, later(day(90)))).unwrap();
    assert_eq!(count(&db, &mut place, &[event(day(100), "q")]).await.len(), 4);
}

pub(crate) async fn caps_follow_the_usage(db: Database) {
    with_key(&db).await;
    let (one, key, mut place) = (id("org-one"), key_id("a"), 0);
    let ten = AnomalySettings { cap: Some(cap(CapPeriod::Minute, Some(10), None)), ..AnomalySettings::default() };
    change!(db, |tx| anomaly_settings::save(tx, &one, &ten, NOW)).unwrap();
    assert_eq!(count(&db, &mut place, &[used(0, "m", 10)]).await, []);
    assert_eq!(count(&db, &mut place, &[used(60, "m", 10), used(59, "n", 0)]).await, [], "a minute begins");
    let mut again = used(61, "m", 1);
    again.key = key_id("b");
    assert_eq!(count(&db, &mut place, &[again]).await, [], "of another key");
    // Two minutes in one batch: the earlier one is above the cap.
    let over = |seconds: i64| (Signal::RequestsOverCap, later(seconds).to_string());
    assert_eq!(count(&db, &mut place, &[used(120, "m", 1), used(119, "m", 1)]).await, [over(60)]);
    let found = noticed(&db).await;
    assert_eq!((found[0].figure, found[0].usual, found[0].period), (11, 10, Some(CapPeriod::Minute)));
    let claim = async || change!(db, |tx| key_signals::claim(tx, NOW, 9)).unwrap().len();
    assert_eq!((claim().await, claim().await), (1, 0));

    // While it is paused nothing more is noticed; after it is resumed the same minute begins from nothing.
    let pause = KeyPause { since: later(121), reason: PauseReason::RequestsOverCap };
    change!(db, |tx| key_caps::pause(tx, &key, pause, "service:x")).unwrap();
    assert_eq!(count(&db, &mut place, &[used(122, "m", 50)]).await, [over(60)]);
    change!(db, |tx| key_caps::resume(tx, &key, later(125))).unwrap();
    assert_eq!(count(&db, &mut place, &[used(119, "m", 50)]).await, [over(60)], "usage that is counted late");
    assert_eq!(count(&db, &mut place, &[used(126, "m", 10)]).await, [over(60)]);
    assert_eq!(count(&db, &mut place, &[used(127, "m", 1)]).await, [over(120), over(60)]);
    assert_eq!(claim().await, 1);
    // Resumed and above the cap again in the same minute: it is noticed again.
    change!(db, |tx| key_caps::resume(tx, &key, later(128))).unwrap();
    change!(db, |tx| key_caps::pause(tx, &key, pause, "service:x")).unwrap();
    change!(db, |tx| key_caps::resume(tx, &key, later(129))).unwrap();
    assert_eq!(count(&db, &mut place, &[used(130, "m", 11)]).await.len(), 2);
    assert_eq!(claim().await, 1);

    // Its own cap takes the place of the organization's; money counts exactly.
    change!(db, |tx| key_caps::set_cap(tx, &key, KeyCap::Off)).unwrap();
    assert_eq!(count(&db, &mut place, &[used(300, "m", 900)]).await.len(), 2);
    let own = KeyCap::Own(cap(CapPeriod::Hour, None, Some(2_000)));
    change!(db, |tx| key_caps::set_cap(tx, &key, own)).unwrap();
    let start = HOUR - NOW.0.rem_euclid(HOUR) + HOUR;
    assert_eq!(count(&db, &mut place, &[used(start, "m", 1_000), used(start + 600, "m", 1_000)]).await.len(), 2);
    let found = count(&db, &mut place, &[used(start + 1_200, "m", 1)]).await;
    assert_eq!(found[0], (Signal::SpendOverCap, later(start).to_string()));
    assert_eq!(noticed(&db).await[0].figure, 20_010_000);
}

pub(crate) async fn places_of_keys(db: Database) {
    with_key(&db).await;
    let places = |from: &str, country: Option<&str>, seconds: i64| {
        let country = country.map(|code| (code.parse().unwrap(), later(seconds)));
        let addresses = vec![(from.parse().unwrap(), later(seconds))];
        [PlacesOfKey { key: key_id("a"), addresses, countries: country.into_iter().collect() }]
    };
    let note = async |places: &[PlacesOfKey]| {
        change!(db, |tx| key_profiles::note_places(tx, places)).unwrap();
        noticed(&db).await.into_iter().map(|one| (one.signal, one.value)).collect::<Vec<_>>()
    };
    assert_eq!(note(&[]).await, []);
    let unknown = PlacesOfKey { key: key_id("unknown"), addresses: Vec::new(), countries: Vec::new() };
    assert_eq!(note(&[unknown]).await, []);
    assert_eq!(note(&places("192.0.2.1", Some("PL"), 0)).await, [], "nothing is new at first");
    assert_eq!(note(&places("192.0.2.200", Some("PL"), DAY)).await, [], "the same network");
    let network = (Signal::NewNetwork, "198.51.100.0/24".to_owned());
    assert_eq!(note(&places("198.51.100.7", None, DAY + 1)).await, std::slice::from_ref(&network));
    assert_eq!(note(&places("198.51.100.9", None, DAY + 2)).await, std::slice::from_ref(&network), "once");
    let country = (Signal::NewCountry, "JP".to_owned());
    assert_eq!(note(&places("198.51.100.9", Some("JP"), DAY + 3)).await, [country, network]);
    // One mail an hour.
    let key = key_id("a");
    let claim = async |since: Timestamp, now: Timestamp| {
        change!(db, |tx| key_profiles::claim_mail(tx, &key, since, now)).unwrap()
    };
    assert!(claim(NOW, later(1)).await);
    assert!(!claim(NOW, later(2)).await);
    assert!(claim(later(2), later(3_602)).await);
    let direct = KeySignal {
        key: key_id("a"),
        organization: id("org-one"),
        signal: Signal::NewModel,
        value: "m".to_owned(),
        at: NOW,
        period: None,
        figure: 0,
        usual: 0,
    };
    change!(db, |tx| key_signals::raise(tx, &[])).unwrap();
    for _ in 0..2 {
        change!(db, |tx| key_signals::raise(tx, std::slice::from_ref(&direct))).unwrap();
    }
    assert_eq!(noticed(&db).await.len(), 3);
}
