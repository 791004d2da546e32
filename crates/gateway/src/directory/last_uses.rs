//! When and from where keys were last used, kept in memory between two writes to the store. A request costs no write. A
//! killed process loses what it has not written, and then `last_used_at` is at most one period too old.

use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use keystead_core::caller::Caller;
use keystead_core::id::KeyId;
use keystead_core::network::{Client, Country, client_network};
use keystead_core::time::Timestamp;
use tokio::sync::Notify;

/// Separately locked parts, so that requests rarely wait for each other.
const PARTS: usize = 16;
/// Maximum number of keys in one part. When it is reached, the store is written early.
const MOST: usize = 4_096;
/// Maximum number of addresses of one key between two writes. A key in an app on many phones has a new one in each
/// request.
const ADDRESSES: usize = 8;
/// Maximum number of countries of one key between two writes.
const COUNTRIES: usize = 8;

/// The server draws the ids, so their hash need not resist chosen collisions.
type Uses = foldhash::HashMap<KeyId, KeyUse>;

/// The last use of one key, and the addresses that it was used from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The last use.
    pub at: Timestamp,
    /// The latest networks of clients ([`client_network`]), with the last use from each, in no order.
    pub addresses: Vec<(IpAddr, Timestamp)>,
    /// Countries of clients, as far as they are known, with the last use from each, in no order.
    pub countries: Vec<(Country, Timestamp)>,
}

impl KeyUse {
    fn add_country(&mut self, country: Country, at: Timestamp) {
        if let Some((_, known)) = self.countries.iter_mut().find(|(known, _)| *known == country) {
            *known = at.max(*known);
        } else if self.countries.len() < COUNTRIES {
            self.countries.push((country, at));
        }
    }

    fn add(&mut self, address: IpAddr, at: Timestamp) {
        self.at = at.max(self.at);
        if let Some((_, known)) = self.addresses.iter_mut().find(|(known, _)| *known == address) {
            *known = at.max(*known);
            return;
        }
        if self.addresses.len() < ADDRESSES {
            self.addresses.push((address, at));
        } else if let Some(oldest) = self.addresses.iter_mut().min_by_key(|(_, at)| *at)
            && oldest.1 <= at
        {
            *oldest = (address, at);
        }
    }
}

/// The last uses of each key since the last write.
#[derive(Debug, Default)]
pub struct LastUses {
    parts: [Mutex<Uses>; PARTS],
    full: Notify,
}

impl LastUses {
    /// Notes that a caller's key was used by a client.
    pub(crate) fn note(&self, caller: &Caller, client: Client, at: Timestamp) {
        self.remember(&caller.key, client, at);
    }

    fn remember(&self, key: &KeyId, client: Client, at: Timestamp) {
        let address = client_network(client.address);
        let mut part = self.part(key).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = part.get_mut(key) {
            known.add(address, at);
            if let Some(country) = client.country {
                known.add_country(country, at);
            }
            return;
        }
        if part.len() < MOST {
            let countries = client.country.map(|country| (country, at)).into_iter().collect();
            part.insert(key.clone(), KeyUse { at, addresses: vec![(address, at)], countries });
        }
        if part.len() >= MOST {
            self.full.notify_one();
        }
    }

    fn part(&self, key: &KeyId) -> &Mutex<Uses> {
        // The end of an id is random.
        let last = key.as_str().bytes().last().unwrap_or_default();
        &self.parts[usize::from(last) % PARTS]
    }

    /// Takes all entries, sorted by key, so that two nodes lock rows in the same order.
    #[must_use]
    pub fn take(&self) -> Vec<(KeyId, KeyUse)> {
        let take = |part: &Mutex<Uses>| std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
        let mut uses: Vec<_> = self.parts.iter().flat_map(take).collect();
        uses.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        uses
    }

    /// Puts back what could not be written. Newer uses stay, and so does the limit.
    pub fn give_back(&self, uses: Vec<(KeyId, KeyUse)>) {
        for (key, earlier) in uses {
            let mut part = self.part(&key).lock().unwrap_or_else(PoisonError::into_inner);
            let room = part.len() < MOST;
            match part.entry(key) {
                Entry::Occupied(mut known) => {
                    for (address, at) in earlier.addresses {
                        known.get_mut().add(address, at);
                    }
                    for (country, at) in earlier.countries {
                        known.get_mut().add_country(country, at);
                    }
                }
                Entry::Vacant(place) if room => {
                    place.insert(earlier);
                }
                Entry::Vacant(_) => {}
            }
        }
    }

    /// Waits until the number of entries requires an early write to the store.
    pub async fn filled(&self) {
        self.full.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn key(number: usize) -> KeyId {
        format!("key_{number:020}").parse().unwrap()
    }

    fn address(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[derive(Debug, Clone)]
    enum Step {
        Use(usize, u8, i64),
        Write,
        WriteFails,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..12_usize, 0..8_u8, 0..100_i64).prop_map(|(key, from, at)| Step::Use(key, from, at)),
            1 => Just(Step::Write),
            1 => Just(Step::WriteFails),
        ]
    }

    proptest! {
        /// For any uses and failures of the store, the store has the latest use of each key and address in the end.
        #[test]
        fn model_of_last_uses(steps in proptest::collection::vec(step(), 0..80)) {
            let uses = LastUses::default();
            let (mut truth, mut store) = (BTreeMap::new(), BTreeMap::new());
            let note = |known: &mut BTreeMap<(KeyId, Option<IpAddr>), Timestamp>, key: &KeyId, from, at: Timestamp| {
                let known = known.entry((key.clone(), from)).or_insert(at);
                *known = at.max(*known);
            };
            let write = |store: &mut BTreeMap<_, _>| {
                for (key, used) in uses.take() {
                    note(store, &key, None, used.at);
                    for (from, at) in used.addresses {
                        note(store, &key, Some(from), at);
                    }
                }
            };
            for step in steps {
                match step {
                    Step::Use(number, from, at) => {
                        let (key, from, at) = (key(number), address(from), Timestamp(at));
                        uses.remember(&key, Client::at(from), at);
                        note(&mut truth, &key, None, at);
                        note(&mut truth, &key, Some(from), at);
                    }
                    Step::Write => write(&mut store),
                    Step::WriteFails => uses.give_back(uses.take()),
                }
            }
            write(&mut store);
            prop_assert_eq!(store, truth);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let uses = LastUses::default();
        for number in 0..PARTS * MOST * 2 {
            uses.remember(&key(number), Client::at(address(1)), Timestamp(1));
        }
        assert!(uses.filled().now_or_never().is_some(), "it asks to be written early");
        let taken = uses.take();
        assert!(taken.len() <= PARTS * MOST, "{}", taken.len());
        assert!(taken.is_sorted_by(|a, b| a.0.as_str() < b.0.as_str()));
        assert!(uses.take().is_empty());
        let used = KeyUse { at: Timestamp(1), addresses: vec![(address(1), Timestamp(1))], countries: Vec::new() };
        uses.give_back((0..PARTS * MOST * 2).map(|number| (key(number), used.clone())).collect());
        assert!(uses.take().len() <= PARTS * MOST);
    }

    /// A client with an IPv6 network takes one place.
    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let uses = LastUses::default();
        for host in 1..=300_u128 {
            let address = std::net::Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | host);
            uses.remember(&key(1), Client::at(address.into()), Timestamp(9));
        }
        let (_, used) = uses.take().pop().unwrap();
        assert_eq!(used.addresses, [("2001:db8::".parse().unwrap(), Timestamp(9))]);
    }

    #[test]
    fn of_many_addresses_the_latest_stay() {
        let uses = LastUses::default();
        for number in 0..=255 {
            uses.remember(&key(1), Client::at(address(number)), Timestamp(i64::from(number)));
        }
        uses.remember(&key(1), Client::at(address(0)), Timestamp(3));
        let (_, used) = uses.take().pop().unwrap();
        assert_eq!(used.at, Timestamp(255));
        let mut numbers: Vec<i64> = used.addresses.iter().map(|(_, at)| at.0).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (248..=255).collect::<Vec<_>>());
    }
}
