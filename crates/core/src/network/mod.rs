//! Where a request comes from: the client's address behind proxies, lists of addresses, and the rule about countries.

mod addresses;
mod client;
mod country;

pub use addresses::{AddressFault, AddressList, Networks, canonical};
pub use client::client_address;
pub use country::{Country, CountryRule};

use std::net::IpAddr;

/// Who knocks, as far as the network tells. Made once for each request, where it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The client's address: of the socket, or as a trusted proxy tells it.
    pub address: IpAddr,
    /// Whether the API serves the client's country, region or territory.
    pub served: bool,
}

impl Client {
    /// A client at this address, from a country that is served.
    #[must_use]
    pub const fn at(address: IpAddr) -> Self {
        Self { address: canonical(address), served: true }
    }
}
