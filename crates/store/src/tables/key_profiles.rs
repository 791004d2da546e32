//! What keys of organizations were used for, and what is unusual about their present use: noticed in the transaction that
//! counts the usage. A batch of events takes one statement that adds to the profiles and one that reads settings; others
//! only where something is new. Keys of workloads, which live an hour, and legacy user keys have no profile.

use std::collections::BTreeMap;
use std::net::IpAddr;

use keystead_core::anomaly::{
    CapPeriod, DAY, HOUR, MOST_COUNTRIES, MOST_MODELS, MOST_NETWORKS, Noted, PAST_DAYS, Past, PauseReason, Seen,
    Signal, can_be_new, network_of,
};
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::money::Amount;
use keystead_core::network::Country;
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use serde_json::json;

use super::key_caps::day;
use super::key_signals::{self, KeySignal};
use super::{amount, keepable};
use crate::{Error, PerEngine, Row, Tx};

mod counted;
mod rows;
mod watched;

use counted::Counted;
use rows::{Change, Profile};
use watched::Watched;

/// Keys of which the past is summarized in one transaction. The others wait for a later one.
const PASTS_AT_ONCE: usize = 50;
/// Micros in a cent.
const MICROS_OF_CENT: i64 = 10_000;

/// Adds events to the profiles of their keys, and notes signals.
pub(crate) async fn count(tx: &mut Tx, events: &[UsageEvent]) -> Result<(), Error> {
    let counted = Counted::of(events);
    if counted.is_empty() {
        return Ok(());
    }
    let mut watched: Option<BTreeMap<String, Watched>> = None;
    for round in counted.rounds() {
        let profiles = rows::add(tx, &round).await?;
        if profiles.is_empty() {
            return Ok(());
        }
        let known = match watched.take() {
            Some(known) => known,
            None => watched::find(tx, profiles.keys()).await?,
        };
        let signals = judge(tx, &counted, profiles, &known).await?;
        key_signals::raise(tx, &signals).await?;
        watched = Some(known);
    }
    Ok(())
}

/// Compares profiles with what was used: models, figures of the hour, and caps. Saves what was learned.
async fn judge(
    tx: &mut Tx,
    counted: &Counted<'_>,
    mut profiles: BTreeMap<String, Profile>,
    watched: &BTreeMap<String, Watched>,
) -> Result<Vec<KeySignal>, Error> {
    let mut changes: BTreeMap<String, Change> = summarize(tx, &mut profiles).await?;
    let mut signals = Vec::new();
    for (key, profile) in &mut profiles {
        let (Some(used), Some(watch)) = (counted.of_key(key), watched.get(key)) else { continue };
        let news = news_of(&mut profile.models, used.models.iter(), profile.first_used_at, MOST_MODELS);
        if news.changed {
            changes.entry(key.clone()).or_default().models = Some(profile.models.to_text());
        }
        let new_models = news.values.into_iter().map(|(value, at)| watch.signal(Signal::NewModel, value, at));
        signals.extend(new_models.filter(|signal| watch.wants(signal.signal)));
        signals.extend(beyond_past(profile, watch, used.last_at));
        signals.extend(over_cap(profile, watch, used.last_at));
    }
    rows::save(tx, &changes).await?;
    Ok(signals)
}

/// What is new of some values that were seen, and whether anything must be saved.
struct News {
    changed: bool,
    values: Vec<(String, Timestamp)>,
}

fn news_of<'v, V: AsRef<str> + 'v>(
    seen: &mut Seen,
    values: impl Iterator<Item = (&'v V, &'v Timestamp)>,
    first_used_at: Timestamp,
    most: usize,
) -> News {
    let mut news = News { changed: false, values: Vec::new() };
    for (value, at) in values {
        let value = value.as_ref();
        let noted = seen.note(value, *at, most);
        news.changed |= noted != Noted::Known;
        if noted == Noted::New && can_be_new(first_used_at, *at) {
            news.values.push((value.to_owned(), *at));
        }
    }
    news
}

/// Summarizes the past of keys where that was not done today. The summary is read once a day for each key.
async fn summarize(tx: &mut Tx, profiles: &mut BTreeMap<String, Profile>) -> Result<BTreeMap<String, Change>, Error> {
    let today = profiles.values().map(|profile| day(profile.hour_start)).max().unwrap_or_default();
    let due = |profile: &Profile| profile.past_day < today && day(profile.first_used_at) < today;
    let due: Vec<&str> =
        profiles.iter().filter(|(_, profile)| due(profile)).map(|(key, _)| key.as_str()).take(PASTS_AT_ONCE).collect();
    let mut changes = BTreeMap::new();
    if due.is_empty() {
        return Ok(changes);
    }
    let hours = rows::hours(tx, &due, Timestamp((today - PAST_DAYS) * DAY), Timestamp(today * DAY)).await?;
    let due: Vec<String> = due.into_iter().map(str::to_owned).collect();
    for key in due {
        let past = Past::of_hours(hours.get(&key).into_iter().flatten().copied());
        changes.insert(key.clone(), Change { past: Some((today, past)), ..Change::default() });
        if let Some(profile) = profiles.get_mut(&key) {
            (profile.past_day, profile.past) = (today, past);
        }
    }
    Ok(changes)
}

/// The figures of the hour that are far beyond the past of a key.
fn beyond_past(profile: &Profile, watch: &Watched, at: Timestamp) -> Vec<KeySignal> {
    let past = profile.past;
    // Such as `2026-11-30`.
    let today: String = profile.hour_start.to_string().chars().take(10).collect();
    let found = |signal: Signal, figure: i64, usual: i64| KeySignal {
        period: Some(CapPeriod::Hour),
        figure,
        usual,
        ..watch.signal(signal, today.clone(), at)
    };
    let mut signals = Vec::new();
    if past.requests_are_beyond(profile.hour.0) {
        signals.push(found(Signal::RequestsBeyondPast, profile.hour.0, past.requests));
    }
    if past.spend_is_beyond(profile.hour.1) {
        signals.push(found(Signal::SpendBeyondPast, profile.hour.1.parts().0, past.spend.parts().0));
    }
    signals.retain(|signal| watch.wants(signal.signal));
    signals
}

/// Whether a key that is not paused is above its cap.
fn over_cap(profile: &Profile, watch: &Watched, at: Timestamp) -> Option<KeySignal> {
    let cap = watch.cap.filter(|_| !watch.paused)?;
    let (start, (requests, spent)) = match cap.period {
        CapPeriod::Minute => (profile.minute_start, profile.minute),
        CapPeriod::Hour => (profile.hour_start, profile.hour),
    };
    let (signal, figure, usual) = match cap.exceeded_by(requests, spent)? {
        PauseReason::SpendOverCap => {
            let most = cap.cents.unwrap_or_default().saturating_mul(MICROS_OF_CENT);
            (Signal::SpendOverCap, spent.parts().0, most)
        }
        _ => (Signal::RequestsOverCap, requests, cap.requests.unwrap_or_default()),
    };
    Some(KeySignal { period: Some(cap.period), figure, usual, ..watch.signal(signal, start.to_string(), at) })
}

/// Values with the last use of each.
type LastSeen = BTreeMap<String, Timestamp>;

/// Where a key was used from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacesOfKey {
    /// The key.
    pub key: KeyId,
    /// Addresses of clients, or networks around them, with the last use from each.
    pub addresses: Vec<(IpAddr, Timestamp)>,
    /// Countries of clients, as far as they are known, with the last use from each.
    pub countries: Vec<(Country, Timestamp)>,
}

/// Adds the networks and countries from which keys were used to their profiles, and notes those that are new. Keys of
/// deleted people and organizations are left out.
pub async fn note_places(tx: &mut Tx, places: &[PlacesOfKey]) -> Result<(), Error> {
    let mut used: BTreeMap<String, (LastSeen, LastSeen)> = BTreeMap::new();
    for place in places {
        let (networks, countries) = used.entry(place.key.to_string()).or_default();
        for (address, at) in &place.addresses {
            keep_latest(networks, network_of(*address), *at);
        }
        for (country, at) in &place.countries {
            keep_latest(countries, country.as_str().to_owned(), *at);
        }
    }
    let first = |(networks, countries): &(LastSeen, LastSeen)| {
        networks.values().chain(countries.values()).min().copied().unwrap_or_default()
    };
    let uses: Vec<(&str, Timestamp)> = used.iter().map(|(key, places)| (key.as_str(), first(places))).collect();
    let mut known = rows::touch(tx, &uses).await?;
    let watched = watched::find(tx, known.keys()).await?;
    let (mut changes, mut signals): (BTreeMap<String, Change>, Vec<KeySignal>) = Default::default();
    for (key, places) in &mut known {
        let (Some((networks, countries)), Some(watch)) = (used.get(key), watched.get(key)) else { continue };
        let first = places.first_used_at;
        let network = news_of(&mut places.networks, networks.iter(), first, MOST_NETWORKS);
        let country = news_of(&mut places.countries, countries.iter(), first, MOST_COUNTRIES);
        let change = Change {
            networks: network.changed.then(|| places.networks.to_text()),
            countries: country.changed.then(|| places.countries.to_text()),
            ..Change::default()
        };
        if change != Change::default() {
            changes.insert(key.clone(), change);
        }
        let network = network.values.into_iter().map(|(value, at)| watch.signal(Signal::NewNetwork, value, at));
        let country = country.values.into_iter().map(|(value, at)| watch.signal(Signal::NewCountry, value, at));
        signals.extend(network.chain(country).filter(|signal| watch.wants(signal.signal)));
    }
    rows::save(tx, &changes).await?;
    key_signals::raise(tx, &signals).await
}

fn keep_latest(values: &mut LastSeen, value: String, at: Timestamp) {
    let known = values.entry(value).or_insert(at);
    *known = at.max(*known);
}

/// Claims the right to send mails about unusual use of a key; `false` when some were sent after `since`.
pub async fn claim_mail(tx: &mut Tx, key: &KeyId, since: Timestamp, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE key_profiles SET mailed_at = $3 WHERE api_key = $1 AND mailed_at <= $2";
    Ok(tx.execute(SQL, vec![key.as_str().into(), since.0.into(), now.0.into()]).await? > 0)
}

/// Deletes profiles of keys that were last used before a time.
pub async fn delete_unused(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM key_profiles WHERE last_used_day < $1", vec![day(before).into()]).await.map(|_| ())
}
