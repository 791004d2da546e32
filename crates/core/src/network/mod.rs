//! The origin of a request: the client's address behind proxies, IP allowlists, and the rule about countries.

mod addresses;
mod client;
mod country;
mod public;

pub use addresses::{AddressFault, AddressList, Networks, canonical, client_network};
pub use client::client_address;
pub use country::{Country, CountryRule};
pub use public::is_public;

use std::net::IpAddr;

/// The client of a request, as far as the network shows it. The listener makes it once for each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The client's address: of the socket, or as a trusted proxy reports it.
    pub address: IpAddr,
    /// Whether the API serves the client's country, region or territory.
    pub served: bool,
    /// The client's country, as far as it is known.
    pub country: Option<Country>,
}

impl Client {
    /// Builds a client at this address, from a country that is served.
    #[must_use]
    pub const fn at(address: IpAddr) -> Self {
        Self { address: canonical(address), served: true, country: None }
    }
}
