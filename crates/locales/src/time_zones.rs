//! The time zones that people choose from: IANA names by region, with the offset of the present.

use jiff::Timestamp as Moment;
use jiff::tz::{self, TimeZone};
use keystead_core::time::Timestamp;

use crate::messages::Messages;

/// The regions of the list, by the first part of IANA names, with the keys of their messages. Zones of other regions,
/// such as `Etc` or `US`, are second names of zones in these.
const REGIONS: [(&str, &str); 10] = [
    ("Africa", "zone-africa"),
    ("America", "zone-america"),
    ("Antarctica", "zone-antarctica"),
    ("Arctic", "zone-arctic"),
    ("Asia", "zone-asia"),
    ("Atlantic", "zone-atlantic"),
    ("Australia", "zone-australia"),
    ("Europe", "zone-europe"),
    ("Indian", "zone-indian"),
    ("Pacific", "zone-pacific"),
];

/// One time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneChoice {
    /// The IANA name.
    pub name: String,
    /// The place and the offset, for people.
    pub label: String,
}

/// The time zones of one region, sorted by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneRegion {
    /// The region's name in the language.
    pub name: String,
    /// The zones.
    pub zones: Vec<ZoneChoice>,
}

/// Whether a time zone of this name exists.
#[must_use]
pub fn exists(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// The label of a time zone: the place and the offset at this time, such as `Warsaw (UTC+01:00)`.
#[must_use]
pub fn label(name: &str, at: Timestamp) -> String {
    let place = name.split_once('/').map_or(name, |(_, place)| place).replace('_', " ").replace('/', " – ");
    match TimeZone::get(name) {
        Ok(zone) if name != "UTC" => format!("{place} ({})", offset(&zone, at)),
        _ => place,
    }
}

/// `UTC+05:30`; seconds are left out, because no present offset has any.
fn offset(zone: &TimeZone, at: Timestamp) -> String {
    let seconds = zone.to_offset(Moment::from_second(at.0).unwrap_or_default()).seconds();
    let minutes = seconds.unsigned_abs() / 60;
    let sign = if seconds < 0 { '−' } else { '+' };
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// All time zones by region, with their offsets at this time.
#[must_use]
pub fn by_region(messages: Messages, at: Timestamp) -> Vec<ZoneRegion> {
    let mut regions: Vec<ZoneRegion> =
        REGIONS.iter().map(|(_, key)| ZoneRegion { name: messages.text(key), zones: Vec::new() }).collect();
    for name in tz::db().available() {
        let name = name.as_str();
        let region =
            name.split_once('/').and_then(|(region, _)| REGIONS.iter().position(|(known, _)| *known == region));
        if let Some(region) = region.and_then(|place| regions.get_mut(place)) {
            region.zones.push(ZoneChoice { name: name.to_owned(), label: label(name, at) });
        }
    }
    for region in &mut regions {
        region.zones.sort_by(|one, other| one.name.cmp(&other.name));
    }
    regions
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;

    use super::*;

    #[test]
    fn zones_are_listed_by_region_with_their_present_offset() {
        let winter = Timestamp(1_795_183_800);
        for language in Language::ALL {
            let regions = by_region(Messages(language), winter);
            assert_eq!(regions.len(), REGIONS.len());
            assert!(regions.iter().all(|region| !region.zones.is_empty() && !region.name.starts_with("zone-")));
            assert!(regions.iter().flat_map(|region| &region.zones).all(|zone| exists(&zone.name)));
        }
        let regions = by_region(Messages(Language::English), winter);
        let find = |name: &str| regions.iter().flat_map(|r| &r.zones).find(|zone| zone.name == name).unwrap();
        assert_eq!(find("Europe/Warsaw").label, "Warsaw (UTC+01:00)");
        assert_eq!(find("America/Argentina/Buenos_Aires").label, "Argentina – Buenos Aires (UTC−03:00)");
        assert_eq!(find("Asia/Kolkata").label, "Kolkata (UTC+05:30)");
        assert_eq!(label("Europe/Warsaw", Timestamp(1_782_000_000)), "Warsaw (UTC+02:00)");
        assert_eq!(label("UTC", winter), "UTC");
        assert!(exists("UTC") && !exists("Mars/Olympus"));
    }
}
