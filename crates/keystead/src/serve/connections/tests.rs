use futures_util::FutureExt;

use super::*;

fn from(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, last]))
}

fn answer(ticket: &Ticket) {
    drop(ticket.begin().unwrap());
    assert!(ticket.flushed());
}

fn has_ended(ticket: &Ticket) -> bool {
    ticket.connection.phase.load(Ordering::Relaxed) == ENDED
}

#[test]
fn the_oldest_idle_connection_makes_place_and_busy_ones_never() {
    let connections = Connections::new(Bounds { all: 3, per_address: 3 });
    let [first, second, third] = [1, 2, 3].map(|last| connections.admit(from(last)).unwrap());
    answer(&first);
    let busy = second.begin();
    assert!(busy.is_some());
    let fourth = connections.admit(from(4)).unwrap();
    assert!(has_ended(&third) && !has_ended(&first), "the third was idle longest");
    answer(&first);
    drop((busy, third));
    assert!(second.flushed());
    let fifth = connections.admit(from(5)).unwrap();
    assert!(has_ended(&fourth), "idle since before the first and the second");
    let held = [&first, &second, &fifth].map(|ticket| ticket.begin().unwrap());
    assert_eq!(connections.admit(from(6)).err(), Some(Full::All));
    drop(held);
    assert!(second.flushed());
    assert!(connections.admit(from(6)).is_ok(), "it is let in as soon as one is idle");
    assert!(has_ended(&second) && !first.is_idle(), "an answer that is not sent in full holds its connection");
}

#[test]
fn one_address_makes_place_among_its_own() {
    let connections = Connections::new(Bounds { all: 10, per_address: 2 });
    let neighbour = connections.admit(from(9)).unwrap();
    let flood: Vec<Ticket> = (0..20).map(|_| connections.admit(from(1)).unwrap()).collect();
    assert_eq!(flood.iter().filter(|ticket| !has_ended(ticket)).count(), 2);
    assert!(!has_ended(&neighbour));
    let held: Vec<Busy> = flood.iter().filter_map(Ticket::begin).collect();
    assert_eq!(connections.admit(from(1)).err(), Some(Full::Address));
    let other = connections.admit(from(2)).unwrap();
    assert!(!has_ended(&other));
    drop(held);
    let proxied: Vec<_> = (0..7).map(|_| connections.admit(None)).collect();
    assert!(proxied.iter().all(Result::is_ok), "a trusted proxy's connections count towards all only");
}

#[test]
fn a_network_of_ipv6_counts_as_one_address() {
    let connections = Connections::new(Bounds { all: 10, per_address: 1 });
    let [here, same, other] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
        .map(|address| connections.admit(address.parse().ok()).unwrap());
    assert_eq!([&here, &same, &other].map(has_ended), [true, false, false]);
    let mapped = ["192.0.2.1", "::ffff:192.0.2.1"].map(|address| connections.admit(address.parse().ok()).unwrap());
    assert!(has_ended(&mapped[0]));
}

#[test]
fn all_connections_are_asked_to_end_and_one_that_makes_place_ends_at_once() {
    let connections = Connections::new(Bounds { all: 3, per_address: 3 });
    let tickets = [1, 2, 3].map(|last| connections.admit(from(last)).unwrap());
    let ending = |ticket: &Ticket| ticket.ending().now_or_never();
    assert_eq!(tickets.each_ref().map(ending), [None; 3]);
    connections.stop();
    assert_eq!(tickets.each_ref().map(ending), [Some(Ending::Soon); 3]);
    assert!(connections.make_place());
    connections.stop();
    assert_eq!(tickets.each_ref().map(ending), [Some(Ending::Now), Some(Ending::Soon), Some(Ending::Soon)]);
}

#[test]
fn places_are_given_back() {
    let connections = Connections::new(Bounds { all: 2, per_address: 2 });
    for round in 0..100_u8 {
        let tickets = [connections.admit(from(round)), connections.admit(from(1)), connections.admit(from(2))];
        assert!(tickets.iter().all(Result::is_ok));
    }
    assert!(connections.lock().all.is_empty() && connections.lock().addresses.is_empty());
}
