//! The sums of a batch of events by key, in the form that the profiles take.

use std::borrow::Cow;

use super::*;

/// What one key used in a batch of events.
#[derive(Debug, Default)]
pub(super) struct UseOfKey<'e> {
    /// When the first request ended.
    pub(super) first_at: Timestamp,
    /// When the last request ended.
    pub(super) last_at: Timestamp,
    /// The models, with the last use of each.
    pub(super) models: BTreeMap<Cow<'e, str>, Timestamp>,
    /// Requests and cost by minute, without those of batches: a batch is counted at once when it ends.
    minutes: BTreeMap<i64, (i64, Amount)>,
}

/// What a statement adds to the profile of one key: figures of a minute, and of the hour around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addition {
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) minute: (i64, (i64, Amount)),
    pub(super) hour: (i64, (i64, Amount)),
}

/// What each key used.
#[derive(Debug, Default)]
pub(super) struct Counted<'e>(BTreeMap<&'e str, UseOfKey<'e>>);

impl<'e> Counted<'e> {
    pub(super) fn of(events: &'e [UsageEvent]) -> Self {
        let mut counted = Self::default();
        for event in events {
            let used = counted.0.entry(event.key.as_str()).or_insert_with(|| UseOfKey {
                first_at: event.at,
                last_at: event.at,
                ..UseOfKey::default()
            });
            (used.first_at, used.last_at) = (used.first_at.min(event.at), used.last_at.max(event.at));
            let model = used.models.entry(keepable(&event.model)).or_insert(event.at);
            *model = event.at.max(*model);
            if event.attributes.batch {
                continue;
            }
            // Calls of hosted tools are a part of other requests.
            let requests = if event.kind.is_of_tools() { 0 } else { event.used.requests };
            let cost = event.cost.clamp(Amount::ZERO, Amount::MOST_OF_ONE_REQUEST);
            let sum = used.minutes.entry(event.at.0.div_euclid(60) * 60).or_default();
            *sum = plus(*sum, (requests, cost));
        }
        counted
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of_key(&self, key: &str) -> Option<&UseOfKey<'e>> {
        self.0.get(key)
    }

    /// The additions of one or two statements: the last two minutes of each key, so that the end of a minute is judged
    /// too. The first one names all keys, in the order in which every node locks their rows. Of minutes before these
    /// only the sum of the hour counts.
    pub(super) fn rounds(&self) -> Vec<BTreeMap<&str, Addition>> {
        let (mut first, mut second) = (BTreeMap::new(), BTreeMap::new());
        for (key, used) in &self.0 {
            let mut latest = used.minutes.keys().rev().copied();
            let last = latest.next().unwrap_or(used.last_at.0.div_euclid(60) * 60);
            let before = latest.next();
            first.insert(*key, used.until(before.unwrap_or(last)));
            if before.is_some() {
                second.insert(*key, used.at(last));
            }
        }
        if second.is_empty() { vec![first] } else { vec![first, second] }
    }
}

impl UseOfKey<'_> {
    /// The figures of a minute, and those of its hour up to it.
    fn until(&self, minute: i64) -> Addition {
        let hour = minute.div_euclid(HOUR) * HOUR;
        let of_hour = self.minutes.range(hour..=minute).fold((0, Amount::ZERO), |sum, (_, more)| plus(sum, *more));
        self.addition(minute, of_hour)
    }

    /// The figures of a minute alone.
    fn at(&self, minute: i64) -> Addition {
        self.addition(minute, self.minutes.get(&minute).copied().unwrap_or_default())
    }

    fn addition(&self, minute: i64, of_hour: (i64, Amount)) -> Addition {
        Addition {
            first_at: self.first_at,
            last_at: self.last_at,
            minute: (minute, self.minutes.get(&minute).copied().unwrap_or_default()),
            hour: (minute.div_euclid(HOUR) * HOUR, of_hour),
        }
    }
}

fn plus(sum: (i64, Amount), more: (i64, Amount)) -> (i64, Amount) {
    (sum.0.saturating_add(more.0), sum.1.plus(more.1))
}
