//! Addresses and networks as people write them: [`AddressList`] keeps the entries in canonical form; [`Networks`]
//! combines one or more lists for fast look-up on every request.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::text::printable;

/// Why a text is not an address, a network or a list of them. The messages are sentences for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Neither an address nor a network.
    #[error("'{0}' is not an IP address, nor a network such as 203.0.113.0/24 or 2001:db8::/32")]
    Unreadable(String),
    /// An address inside a network, where the network's base address is required.
    #[error("'{entry}' names an address inside a network: write {network} for the whole network, or {address} alone")]
    HostBits {
        /// As written.
        entry: String,
        /// The network that contains it.
        network: String,
        /// The address without a prefix length.
        address: String,
    },
    /// The list has no entries.
    #[error("a list needs at least one address or network")]
    Empty,
    /// More than [`AddressList::MOST`].
    #[error("a list holds at most 50 addresses and networks")]
    TooMany,
}

/// Returns the network that one client usually has: an IPv4 address alone, or the /64 of an IPv6 address, written as its
/// first address.
#[must_use]
pub const fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}

/// Returns an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as the IPv4 address it contains; any other unchanged.
#[must_use]
pub const fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Parses one address or network. Surrounding spaces are ignored; host bits behind the prefix are an error.
fn network(text: &str) -> Result<IpNet, AddressFault> {
    let text = text.trim();
    let unreadable = || AddressFault::Unreadable(printable(text));
    let (address, length) = match text.split_once('/') {
        None => (text, None),
        Some((address, length)) => {
            let digits = (1..=3).contains(&length.len()) && length.bytes().all(|b| b.is_ascii_digit());
            let plain = digits && (length == "0" || !length.starts_with('0'));
            (address, Some(length.parse::<u8>().ok().filter(|_| plain).ok_or_else(unreadable)?))
        }
    };
    let address = IpAddr::from_str(address).map_err(|_| unreadable())?;
    let found = match (address, canonical(address), length) {
        (IpAddr::V6(_), IpAddr::V4(v4), Some(length)) if length >= 96 => Ipv4Net::new(v4, length - 96).map(IpNet::V4),
        (IpAddr::V6(v6), _, Some(length)) => Ipv6Net::new(v6, length).map(IpNet::V6),
        (_, IpAddr::V4(v4), length) => Ipv4Net::new(v4, length.unwrap_or(32)).map(IpNet::V4),
        (_, IpAddr::V6(v6), length) => Ipv6Net::new(v6, length.unwrap_or(128)).map(IpNet::V6),
    };
    let found = found.map_err(|_| unreadable())?;
    if found.addr() != found.network() {
        let (entry, address) = (printable(text), found.addr().to_string());
        return Err(AddressFault::HostBits { entry, network: found.trunc().to_string(), address });
    }
    Ok(found)
}

/// Writes a single address without its prefix length.
fn written(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

/// A stored list: each entry once, canonical, in the order in which it was written; 1 to 50 entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressList(Vec<IpNet>);

impl AddressList {
    /// Maximum number of entries in a list.
    pub const MOST: usize = 50;

    /// Parses entries.
    ///
    /// # Errors
    /// [`AddressFault`] for the first entry at fault.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, AddressFault> {
        let mut list: Vec<IpNet> = Vec::new();
        for entry in entries {
            let network = network(entry)?;
            if !list.contains(&network) {
                if list.len() == Self::MOST {
                    return Err(AddressFault::TooMany);
                }
                list.push(network);
            }
        }
        if list.is_empty() { Err(AddressFault::Empty) } else { Ok(Self(list)) }
    }

    /// Parses a text with one entry a line; `#` begins a comment, and empty lines are ignored.
    ///
    /// # Errors
    /// Those of [`AddressList::new`].
    pub fn of_lines(text: &str) -> Result<Self, AddressFault> {
        let entries = text.lines().map(|line| line.split_once('#').map_or(line, |(entry, _)| entry).trim());
        Self::new(entries.filter(|entry| !entry.is_empty()))
    }

    /// The entries in canonical form.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        self.0.iter().map(written).collect()
    }

    /// Whether the address is on the list.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// A set of addresses, merged and sorted, so that a look-up is a few comparisons for lists of any length. Clones share
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// Parses entries; no entries give the empty set.
    ///
    /// # Errors
    /// [`AddressFault`] for the first entry at fault.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, AddressFault> {
        Ok(Self::joined(entries.into_iter().map(network).collect::<Result<_, _>>()?))
    }

    /// Combines the addresses of these lists.
    #[must_use]
    pub fn of(lists: &[AddressList]) -> Self {
        Self::joined(lists.iter().flat_map(|list| list.0.iter().copied()).collect())
    }

    fn joined(networks: Vec<IpNet>) -> Self {
        let mut joined = IpNet::aggregate(&networks);
        joined.sort_unstable_by_key(IpNet::network);
        Self(joined.into())
    }

    /// Its size in memory, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the address is in the set.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        let behind = self.0.partition_point(|network| network.network() <= address);
        behind.checked_sub(1).and_then(|last| self.0.get(last)).is_some_and(|network| network.contains(&address))
    }

    /// The networks in canonical form, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        self.0.iter().map(written).collect()
    }
}

/// Whether the address belongs to no country: one of this machine, of private networks or of links.
pub(super) const fn of_no_country(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local() || shared(v4),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// 100.64.0.0/10, between customers and their carrier (RFC 6598).
const fn shared(address: Ipv4Addr) -> bool {
    let [a, b, _, _] = address.octets();
    a == 100 && b & 0xc0 == 64
}

#[cfg(test)]
mod tests;
