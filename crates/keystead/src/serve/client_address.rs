//! The origin of requests, determined once for each at the listener: the client's address from the socket and from
//! trusted proxies, its country from their header or from a database, its certificate from their header. Everything else
//! uses the resulting [`Client`] and [`ReportedCertificate`]; no other code reads a socket's peer, a forwarded address or
//! a forwarded certificate.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::network::{Client, Country, CountryRule, Networks, client_address};
use maxminddb::Reader;
use serde::Deserialize;

use crate::cli_error::CliError;
use crate::config::EdgeOptions;

/// The only header from which an address is read. `Forwarded`, `X-Real-IP` and spellings with underscores never are.
static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A database that maps networks to countries.
pub(crate) struct CountryDatabase {
    reader: Reader<Vec<u8>>,
}

/// The part of a record that is needed; databases contain more.
#[derive(Deserialize)]
struct Record<'r> {
    #[serde(borrow)]
    country: Option<CountryRecord<'r>>,
}

#[derive(Deserialize)]
struct CountryRecord<'r> {
    #[serde(borrow)]
    iso_code: Option<&'r str>,
}

impl CountryDatabase {
    /// Reads the whole file.
    pub(crate) fn open(path: &Path) -> Result<Self, CliError> {
        let wrong = |what: String| CliError::Other(format!("network.country_database {}: {what}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let reader = Reader::from_source(bytes).map_err(|_| wrong("is not a MaxMind database (.mmdb)".to_owned()))?;
        Ok(Self { reader })
    }

    /// Describes the file by its own metadata, with its build date.
    pub(crate) fn described(&self) -> String {
        let made = i64::try_from(self.reader.metadata().build_epoch).unwrap_or_default();
        let day = jiff::Timestamp::from_second(made).map(|at| at.strftime("%F").to_string()).unwrap_or_default();
        format!("{} of {day}", self.reader.metadata().database_type)
    }

    fn country(&self, address: IpAddr) -> Option<Country> {
        let found = self.reader.lookup(address).ok()?;
        let record: Record<'_> = found.decode().ok()??;
        record.country?.iso_code?.parse().ok()
    }
}

/// Determines the client of a request.
#[derive(Default)]
pub(crate) struct Edge {
    trusted: Networks,
    certificate_header: Option<HeaderName>,
    countries: Option<Countries>,
}

struct Countries {
    /// Which countries are served; all without a rule.
    rule: Option<CountryRule>,
    header: Option<HeaderName>,
    database: Option<CountryDatabase>,
}

impl Edge {
    /// Opens the database of countries, if one is configured.
    pub(crate) fn open(options: &EdgeOptions) -> Result<Self, CliError> {
        let database = options.country_database.as_deref().map(CountryDatabase::open).transpose()?;
        let header = options.country_header.clone();
        let known = options.rule.is_some() || header.is_some() || database.is_some();
        let countries = known.then(|| Countries { rule: options.rule.clone(), header, database });
        let certificate_header = options.certificate_header.clone();
        Ok(Self { trusted: options.trusted.clone(), certificate_header, countries })
    }

    /// Takes the client's certificate out of the headers. It is believed if a trusted proxy sent the request and the
    /// header occurs once; the header is removed in any case, so that nothing else can read it.
    pub(crate) fn take_certificate(&self, peer: SocketAddr, headers: &mut HeaderMap) -> Option<ReportedCertificate> {
        let name = self.certificate_header.as_ref()?;
        let reported = only(headers, name).and_then(|value| ReportedCertificate::of(value.as_bytes()));
        headers.remove(name);
        reported.filter(|_| self.trusted.contains(peer.ip()))
    }

    /// Returns the client of an API request.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Client {
        let client = self.visitor(peer, headers);
        let Some(countries) = &self.countries else { return client };
        let reported = countries.header.as_ref().filter(|_| self.trusted.contains(peer.ip()));
        let reported = reported.and_then(|name| only(headers, name)?.to_str().ok()?.trim().parse().ok());
        let looked_up = || countries.database.as_ref().and_then(|database| database.country(client.address));
        let country = reported.or_else(looked_up);
        let served = countries.rule.as_ref().is_none_or(|rule| rule.serves(client.address, country));
        Client { served, country, ..client }
    }

    /// Whether a request came to this installation unencrypted, as far as that can be known. Keystead does not speak
    /// TLS itself: a proxy in front does, and reports the scheme by `X-Forwarded-Proto`. A report of an unencrypted
    /// request is always believed, because a false one gains nothing. Otherwise, requests from a trusted proxy and from
    /// this machine count as encrypted, and all others as unencrypted, because they bypassed the proxy.
    pub(crate) fn in_clear(&self, peer: SocketAddr, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(&FORWARDED_PROTO).iter();
        let lowercased = |line: &HeaderValue| line.to_str().map(str::to_ascii_lowercase).unwrap_or_default();
        // The first entry is what the client used; inner proxies append theirs.
        let client_used = |line: String| line.split(',').next().unwrap_or_default().trim() == "http";
        if lines.map(lowercased).any(client_used) {
            return true;
        }
        !self.trusted.contains(peer.ip()) && !peer.ip().to_canonical().is_loopback()
    }

    /// Returns the client of a page. No country is refused, so that owners can always correct a rule that locks out
    /// their keys.
    pub(crate) fn visitor(&self, peer: SocketAddr, headers: &HeaderMap) -> Client {
        if self.trusted.is_empty() {
            return Client::at(peer.ip());
        }
        let lines: Vec<&[u8]> = headers.get_all(&FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
        Client::at(client_address(peer.ip(), lines, &self.trusted))
    }
}

/// Returns a header that occurs once; of a repeated one it is unknown who wrote which.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    lines.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests;
