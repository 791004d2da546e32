//! The client's address behind proxies. Every proxy appends the address of its peer on the right of `X-Forwarded-For`;
//! everything further left was written by a more distant party. The header is therefore read from the right, for as
//! long as the writer of an entry is trusted.

use std::net::{IpAddr, SocketAddr};

use super::{Networks, canonical};

/// The client's address.
///
/// `peer` is the other end of the socket, `forwarded` the values of all `X-Forwarded-For` lines in the order of
/// arrival, `trusted` the proxies that are believed. The header of an untrusted peer is ignored. Behind trusted proxies
/// the result is the first address from the right that is not a trusted proxy; where the chain ends or cannot be read,
/// it is the last address that a trusted proxy reported.
#[must_use]
pub fn client_address<'h, L>(peer: IpAddr, forwarded: L, trusted: &Networks) -> IpAddr
where
    L: IntoIterator<Item = &'h [u8], IntoIter: DoubleEndedIterator>,
{
    let mut known = canonical(peer);
    if !trusted.contains(known) {
        return known;
    }
    let hops = forwarded.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    for hop in hops {
        let Some(address) = read(hop) else { break };
        known = address;
        if !trusted.contains(known) {
            break;
        }
    }
    known
}

/// Parses one entry: an address, possibly with the port it called from.
fn read(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim_matches([' ', '\t']);
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6);
    bare.or_else(with_port).or_else(in_brackets).map(canonical)
}

#[cfg(test)]
mod tests;
