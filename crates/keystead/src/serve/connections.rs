//! Open connections: limited in total and for each address. At the limit, the connection that has been idle longest is
//! closed; one with a running request never is.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// How many connections are checked to find one that may be closed; if all of them are busy, the new one is refused.
const LOOKED_AT: usize = 256;

/// The maximum numbers of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) all: usize,
    pub(crate) per_address: usize,
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    All,
    Address,
}

/// Every open connection of a listener.
pub(crate) struct Connections {
    bounds: Bounds,
    /// A counter that orders the moments at which connections became idle.
    moments: AtomicU64,
    open: Mutex<Open>,
    gauge: Gauge,
    made_place: Counter,
    refused: Counter,
}

/// Open connections, sorted by moments: when each became idle, as far as was known when it was last checked. The true
/// moment is never earlier, so the first entry with a true moment has been idle longest.
#[derive(Default)]
struct Open {
    all: BTreeMap<u64, Arc<Connection>>,
    addresses: HashMap<IpAddr, BTreeMap<u64, Arc<Connection>>>,
}

/// No request is running, and no part of the last answer waits to be sent.
const IDLE: u8 = 0;
const BUSY: u8 = 1;
/// The answer is complete, but not all of it is with the operating system.
const FINISHING: u8 = 2;
/// It was closed in favour of another.
const ENDED: u8 = 3;

/// The state of one connection.
pub(crate) struct Connection {
    address: Option<IpAddr>,
    phase: AtomicU8,
    /// When it last became idle.
    idle_since: AtomicU64,
    /// Its key in the maps; changed under their lock.
    position: AtomicU64,
    ending: AtomicU8,
    task: AtomicWaker,
}

/// How a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// After the present answer.
    Soon,
    /// At once, in favour of another connection.
    Now,
}

const NOT_ENDING: u8 = 0;
const ENDING_SOON: u8 = 1;
const ENDING_NOW: u8 = 2;

impl Connection {
    fn end(&self, how: Ending) {
        let how = match how {
            Ending::Soon => ENDING_SOON,
            Ending::Now => ENDING_NOW,
        };
        self.ending.fetch_max(how, Ordering::AcqRel);
        self.task.wake();
    }

    fn ending(&self) -> Option<Ending> {
        match self.ending.load(Ordering::Acquire) {
            NOT_ENDING => None,
            ENDING_SOON => Some(Ending::Soon),
            _ => Some(Ending::Now),
        }
    }
}

impl Connections {
    pub(crate) fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            moments: AtomicU64::new(0),
            open: Mutex::default(),
            gauge: Gauge::default(),
            made_place: Counter::default(),
            refused: Counter::default(),
        })
    }

    /// Registers the metrics.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("keystead_connections", "Connections of clients that are open", self.gauge.clone());
        registry.register(
            "keystead_connections_made_place",
            "Idle connections closed to make place for new ones",
            self.made_place.clone(),
        );
        registry.register(
            "keystead_connections_refused",
            "Connections refused because too many were open",
            self.refused.clone(),
        );
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Admits a connection. Without an address it counts towards the total, and not towards that of an address.
    pub(crate) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Ticket, Full> {
        let address = address.map(network);
        let mut open = self.lock();
        let of_address = address.and_then(|address| open.addresses.get(&address)).map_or(0, BTreeMap::len);
        if of_address >= self.bounds.per_address && !self.end_one(&mut open, address) {
            self.refused.inc();
            return Err(Full::Address);
        }
        if open.all.len() >= self.bounds.all && !self.end_one(&mut open, None) {
            self.refused.inc();
            return Err(Full::All);
        }
        let moment = self.moment();
        let connection = Arc::new(Connection {
            address,
            phase: AtomicU8::new(IDLE),
            idle_since: AtomicU64::new(moment),
            position: AtomicU64::new(moment),
            ending: AtomicU8::new(NOT_ENDING),
            task: AtomicWaker::new(),
        });
        open.insert(moment, &connection);
        self.gauge.set(i64::try_from(open.all.len()).unwrap_or(i64::MAX));
        Ok(Ticket { connections: Arc::clone(self), connection })
    }

    /// Closes the connection that has been idle longest, when descriptors have run out. Returns whether there was one.
    pub(crate) fn make_place(&self) -> bool {
        let mut open = self.lock();
        self.end_one(&mut open, None)
    }

    /// Closes the connection that has been idle longest, of this address or of all. Returns whether there was one.
    fn end_one(&self, open: &mut Open, address: Option<IpAddr>) -> bool {
        for _ in 0..LOOKED_AT {
            let order = address.map_or(Some(&open.all), |address| open.addresses.get(&address));
            let Some((&position, connection)) = order.and_then(BTreeMap::first_key_value) else { return false };
            let connection = Arc::clone(connection);
            open.remove(&connection);
            let since = connection.idle_since.load(Ordering::Acquire);
            let idle = connection.phase.load(Ordering::Acquire) == IDLE;
            let ends = || connection.phase.compare_exchange(IDLE, ENDED, Ordering::AcqRel, Ordering::Acquire).is_ok();
            if idle && since == position && ends() {
                connection.end(Ending::Now);
                self.made_place.inc();
                return true;
            }
            // It was used since: its entry moves to its true moment; a busy one cannot become idle before now.
            let next = if idle && since != position { since } else { self.moment() };
            open.insert(next, &connection);
        }
        false
    }

    /// Asks every connection to end after its present answer.
    pub(crate) fn stop(&self) {
        self.lock().all.values().for_each(|connection| connection.end(Ending::Soon));
    }

    fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn insert(&mut self, position: u64, connection: &Arc<Connection>) {
        connection.position.store(position, Ordering::Relaxed);
        self.all.insert(position, Arc::clone(connection));
        if let Some(address) = connection.address {
            self.addresses.entry(address).or_default().insert(position, Arc::clone(connection));
        }
    }

    fn remove(&mut self, connection: &Connection) {
        let position = connection.position.load(Ordering::Relaxed);
        self.all.remove(&position);
        let Some(address) = connection.address else { return };
        if let Some(of_address) = self.addresses.get_mut(&address) {
            of_address.remove(&position);
            if of_address.is_empty() {
                self.addresses.remove(&address);
            }
        }
    }
}

/// Returns the network of an address: a client with one IPv6 address has the 2^64 of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

/// One connection's entry, which is removed when dropped.
pub(crate) struct Ticket {
    connections: Arc<Connections>,
    connection: Arc<Connection>,
}

impl Ticket {
    /// Notes that a request has arrived. `None` when the connection was just chosen to be closed.
    pub(crate) fn begin(&self) -> Option<Busy> {
        let began = self
            .connection
            .phase
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |phase| (phase != ENDED).then_some(BUSY));
        began.ok().map(|_| Busy(Arc::clone(&self.connection)))
    }

    /// Notes that everything written is with the operating system. Returns whether the connection became idle by that.
    pub(crate) fn flushed(&self) -> bool {
        if self.connection.phase.load(Ordering::Acquire) != FINISHING {
            return false;
        }
        self.connection.idle_since.store(self.connections.moment(), Ordering::Release);
        self.connection.phase.compare_exchange(FINISHING, IDLE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether no request is running.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.connection.phase.load(Ordering::Acquire), IDLE | ENDED)
    }

    /// Waits until this connection has to end. One task may wait at a time. It is polled whenever the connection's task
    /// is woken up, so it takes no lock.
    pub(crate) async fn ending(&self) -> Ending {
        std::future::poll_fn(|context| {
            self.connection.task.register(context.waker());
            self.connection.ending().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        // A connection that was chosen to be closed is no longer in the maps.
        if self.connection.phase.load(Ordering::Acquire) != ENDED {
            open.remove(&self.connection);
        }
        self.connections.gauge.set(i64::try_from(open.all.len()).unwrap_or(i64::MAX));
    }
}

/// Held while a request is answered, until the end of the answer's body.
pub(crate) struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        // A request that was read ahead may have begun already; then it stays busy.
        let _ = self.0.phase.compare_exchange(BUSY, FINISHING, Ordering::AcqRel, Ordering::Acquire);
    }
}

#[cfg(test)]
mod tests;
