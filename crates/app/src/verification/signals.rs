//! Signals for operators to look more closely: collected here, judged in the core, shown in the console.

use std::net::IpAddr;

use keystead_core::id::OrganizationId;
use keystead_core::verification::signals::{self, ADDRESS_DAYS, SignalFacts};
use keystead_store::Tx;
use keystead_store::tables::{address_fingerprints, limit_hits, payments};

use super::phone::SIM_CHANGED;
use crate::request::Origin;
use crate::{App, Error};

/// The compared part of an address: all of it, but of IPv6 the half that a provider assigns to one household.
fn compared(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Remembers the origin of a verification as a keyed fingerprint.
pub(crate) async fn record_origin(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    origin: Origin,
) -> Result<(), Error> {
    let Some(ip) = origin.ip else { return Ok(()) };
    let fingerprint = app.sealer().fingerprint("origin", &compared(ip));
    Ok(address_fingerprints::save(tx, organization, &fingerprint, app.now()).await?)
}

/// Returns what is unusual about an organization, by name.
pub(crate) async fn organization_signals(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
) -> Result<Vec<&'static str>, Error> {
    let since = app.now().plus(-ADDRESS_DAYS * 86_400);
    let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let known = SignalFacts {
        card: count(payments::count_sharing(tx, organization).await?),
        address: count(address_fingerprints::count_sharing(tx, organization, since).await?),
        sim_changed: limit_hits::count(tx, SIM_CHANGED, &format!("organization:{organization}"), since).await?.hits > 0,
    };
    Ok(signals::signals(known).into_iter().map(signals::Signal::as_str).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_is_one_address() {
        let same = |a: &str, b: &str| compared(a.parse().unwrap()) == compared(b.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9") && !same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(same("10.0.0.1", "::ffff:10.0.0.1") && !same("10.0.0.1", "10.0.0.2"));
    }
}
