//! Memory for held bodies: limited in total and for each owner, and reserved before a body is read. The reservation is
//! returned when the last part of the body is dropped, and the memory of large bodies returns to the system at once.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use keystead_core::id::KeyId;
use keystead_core::network::client_network;
use memmap2::{MmapMut, MmapOptions};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Bodies from this size on get separate pages, which are returned completely; an allocator would keep such pieces.
const OWN_PAGES: usize = 1 << 20;
/// By how much a body of unknown length grows, and how much is reserved for each step.
const STEP: usize = 64 << 10;

/// The owner of held memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BodyOwner {
    /// A request with this key.
    Key(KeyId),
    /// A request without a key yet, from this network.
    Network(IpAddr),
}

impl BodyOwner {
    /// The owner for an address: a whole /64 of IPv6 is one owner.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self::Network(client_network(address))
    }
}

/// Why nothing can be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// All the memory for bodies is in use.
    All,
    /// This owner uses all that one owner may.
    Owner,
}

/// All memory for bodies. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BodyMemory {
    most: usize,
    held: Arc<Mutex<Held>>,
    gauge: Gauge,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    owners: HashMap<BodyOwner, usize>,
}

impl BodyMemory {
    /// Creates memory of at most this many bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, held: Arc::default(), gauge: Gauge::default() }
    }

    /// Registers the metric of reserved bytes.
    pub fn register(&self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.gauge.clone());
    }

    /// The number of reserved bytes.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.lock().all
    }

    /// Creates an empty share, which may grow to `most` bytes together with the owner's other shares.
    #[must_use]
    pub fn share(&self, owner: BodyOwner, most: usize) -> Share {
        Share { memory: self.clone(), owner, most, bytes: 0 }
    }

    fn shown(&self, held: &Held) {
        self.gauge.set(i64::try_from(held.all).unwrap_or(i64::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reservation of one body; returned when dropped.
#[derive(Debug)]
pub struct Share {
    memory: BodyMemory,
    owner: BodyOwner,
    most: usize,
    bytes: usize,
}

impl Share {
    /// Reserves more bytes.
    ///
    /// # Errors
    /// When there is no space; the earlier reservation stays.
    pub fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let mut held = self.memory.lock();
        let of_owner = held.owners.get(&self.owner).copied().unwrap_or(0);
        if of_owner.saturating_add(bytes) > self.most {
            return Err(NoRoom::Owner);
        }
        if held.all.saturating_add(bytes) > self.memory.most {
            return Err(NoRoom::All);
        }
        held.all += bytes;
        held.owners.insert(self.owner.clone(), of_owner + bytes);
        self.bytes += bytes;
        self.memory.shown(&held);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut held = self.memory.lock();
        held.all -= self.bytes;
        self.memory.shown(&held);
        if let Some(of_owner) = held.owners.get_mut(&self.owner) {
            *of_owner -= self.bytes;
            if *of_owner == 0 {
                held.owners.remove(&self.owner);
            }
        }
    }
}

/// A body that is being received, with its reservation.
pub(crate) struct Gathered {
    share: Share,
    room: Room,
    /// How much of the buffer is reserved.
    paid: usize,
    /// Its maximum length.
    most: usize,
}

enum Room {
    Heap(Vec<u8>),
    Pages { pages: MmapMut, filled: usize },
}

impl Gathered {
    /// For a body of exactly this length: everything is reserved now, and no byte more is allocated.
    pub(crate) fn exactly(mut share: Share, length: usize) -> Result<Self, NoRoom> {
        share.grow(length)?;
        let room = if length < OWN_PAGES { Room::Heap(Vec::with_capacity(length)) } else { Room::pages(length)? };
        Ok(Self { share, room, paid: length, most: length })
    }

    /// For a body of unknown length up to `most`: reserved as it grows.
    pub(crate) fn growing(share: Share, most: usize) -> Self {
        Self { share, room: Room::Heap(Vec::new()), paid: 0, most }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.room {
            Room::Heap(bytes) => bytes.len(),
            Room::Pages { filled, .. } => *filled,
        }
    }

    /// Appends the next bytes. The caller has checked that they fit into the maximum.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), NoRoom> {
        let filled = self.len() + chunk.len();
        if filled > self.paid {
            let step = (filled - self.paid).next_multiple_of(STEP);
            self.share.grow(step)?;
            self.paid += step;
        }
        if let Room::Heap(bytes) = &self.room
            && filled >= OWN_PAGES
        {
            // The system provides pages only when they are written, so the maximum costs no more than what arrives.
            let mut room = Room::pages(self.most)?;
            room.put(bytes);
            self.room = room;
        }
        if let Room::Heap(bytes) = &mut self.room {
            bytes.reserve_exact(self.paid.min(self.most).saturating_sub(bytes.len()));
        }
        self.room.put(chunk);
        Ok(())
    }

    /// Returns the whole body; its reservation is held as long as any part of it.
    pub(crate) fn finish(self) -> Bytes {
        Bytes::from_owner(Kept { room: self.room, _share: self.share })
    }
}

impl Room {
    fn pages(length: usize) -> Result<Self, NoRoom> {
        let mapped: io::Result<MmapMut> = MmapOptions::new().len(length).map_anon();
        let pages = mapped.map_err(|error| {
            tracing::error!(%error, length, "the operating system has no memory for a request body; lower limits.body_memory_bytes, or give the process more memory");
            NoRoom::All
        })?;
        Ok(Self::Pages { pages, filled: 0 })
    }

    fn put(&mut self, chunk: &[u8]) {
        match self {
            Self::Heap(bytes) => bytes.extend_from_slice(chunk),
            Self::Pages { pages, filled } => {
                if let Some(place) = pages.get_mut(*filled..*filled + chunk.len()) {
                    place.copy_from_slice(chunk);
                    *filled += chunk.len();
                }
            }
        }
    }
}

struct Kept {
    room: Room,
    _share: Share,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        match &self.room {
            Room::Heap(bytes) => bytes,
            Room::Pages { pages, filled } => pages.get(..*filled).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owner(last: u8) -> BodyOwner {
        BodyOwner::at(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_bounds_are_exact_and_given_back() {
        let memory = BodyMemory::new(100);
        let mut first = memory.share(owner(1), 60);
        assert_eq!(first.grow(60), Ok(()));
        assert_eq!(first.grow(1), Err(NoRoom::Owner));
        let mut again = memory.share(owner(1), 60);
        assert_eq!(again.grow(1), Err(NoRoom::Owner), "all shares of an owner count together");
        let mut second = memory.share(owner(2), 60);
        assert_eq!(second.grow(41), Err(NoRoom::All));
        assert_eq!(second.grow(40), Ok(()));
        assert_eq!(memory.in_use(), 100);
        drop(first);
        assert_eq!(again.grow(60), Ok(()));
        drop((again, second));
        assert_eq!(memory.in_use(), 0);
        assert!(memory.lock().owners.is_empty());
    }

    #[test]
    fn a_body_holds_its_share_to_the_last_part_of_it() {
        let memory = BodyMemory::new(usize::MAX);
        let mut body = Gathered::exactly(memory.share(owner(1), usize::MAX), 3 << 20).unwrap();
        assert_eq!(memory.in_use(), 3 << 20, "before a byte has come");
        body.push(&[7; 3 << 20]).unwrap();
        assert_eq!(memory.in_use(), 3 << 20);
        let part = body.finish().slice(1..3);
        assert_eq!(memory.in_use(), 3 << 20);
        drop(part);
        assert_eq!(memory.in_use(), 0);
    }

    #[test]
    fn a_body_of_unknown_length_is_bounded_as_it_comes() {
        let memory = BodyMemory::new(2 << 20);
        let mut body = Gathered::growing(memory.share(owner(1), usize::MAX), 20 << 20);
        let fault = (0..).find_map(|_| body.push(&[1; 10_000]).err());
        assert_eq!(fault, Some(NoRoom::All));
        assert_eq!(memory.in_use(), 2 << 20);
        drop(body);
        assert_eq!(memory.in_use(), 0);
    }

    #[test]
    fn a_network_is_one_owner() {
        let at = |text: &str| BodyOwner::at(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::2:3"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..ProptestConfig::default() })]

        #[test]
        fn model_what_was_pushed_is_what_is_read(lengths in prop::collection::vec(1..100_000_usize, 0..40), known: bool) {
            let chunks = lengths.iter().zip(1..).map(|(length, byte): (_, u8)| vec![byte; *length]).collect::<Vec<_>>();
            let whole = chunks.concat();
            let memory = BodyMemory::new(usize::MAX);
            let share = memory.share(owner(1), usize::MAX);
            let body = if known { Gathered::exactly(share, whole.len()) } else { Ok(Gathered::growing(share, 8 << 20)) };
            let mut body = body.unwrap();
            for chunk in &chunks {
                body.push(chunk).unwrap();
                prop_assert!(memory.in_use() >= body.len());
            }
            prop_assert!(memory.in_use() < whole.len() + STEP);
            let read = body.finish();
            prop_assert!(read == whole);
            drop(read);
            prop_assert_eq!(memory.in_use(), 0);
        }
    }
}
