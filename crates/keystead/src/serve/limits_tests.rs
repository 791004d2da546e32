//! The table of limits in `docs/limits.md` compared with the defaults and the constants.

use super::{inbound, listener};

const DOCUMENT: &str = include_str!("../../../../docs/limits.md");
const DEFAULTS: &str = include_str!("../../keystead.example.toml");

/// Returns the rows of the table: subject, limit, setting or place, consequence.
fn rows() -> Vec<Vec<&'static str>> {
    let part = DOCUMENT.split("\n## ").find(|part| part.starts_with("For strangers")).unwrap();
    let rows = part.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Parses the first number of a text, with its groups of digits joined.
fn number(text: &str) -> i64 {
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == ' ').filter(|c| *c != ' ').collect();
    digits.parse().unwrap()
}

// ASVS 2.1.1, 2.1.3.
#[test]
fn documented_settings_are_the_defaults() {
    let defaults: toml::Table = DEFAULTS.parse().unwrap();
    let mut seen = 0;
    for row in rows() {
        let setting = row[2].trim_matches('`');
        let Some((section, key)) = setting.split_once('.').filter(|(_, key)| !key.contains([' ', '.', '/'])) else {
            continue;
        };
        let Some(section) = defaults.get(section) else { continue };
        assert_eq!(section[key].as_integer(), Some(number(row[1])), "{row:?}");
        seen += 1;
    }
    assert_eq!(seen, 13, "settings in the table");
}

// ASVS 2.1.1, 2.1.3.
#[test]
fn documented_constants_are_those_of_the_code() {
    let row = |what: &str| rows().into_iter().find(|row| row[0].starts_with(what)).unwrap()[1];
    let bytes = |what: &str| usize::try_from(number(row(what))).unwrap();
    assert_eq!(bytes("head of a request"), listener::LARGEST_HEAD);
    assert!(row("head of a request").contains(&format!("{} headers", listener::MOST_HEADERS)));
    assert_eq!(bytes("body of a form"), keystead_dashboard::largest_body("/sign-in"));
    assert_eq!(bytes("body of a form"), keystead_api::largest_body("/v1/organization/projects"));
    assert_eq!(bytes("body of a delivery"), keystead_api::largest_body("/webhooks/stripe"));
    assert_eq!(bytes("picture of a document"), keystead_dashboard::largest_body("/verify/x/capture/pictures/front"));
    assert_eq!(bytes("price list"), keystead_dashboard::largest_body("/operator/prices/preview"));
    assert_eq!(bytes("memory for bodies of the other"), bytes("memory for bodies on") / 4);
    let discarded = row("read and thrown away");
    let seconds = |time: std::time::Duration| format!("{} seconds", time.as_secs());
    assert_eq!(bytes("read and thrown away"), inbound::DISCARDED_BYTES);
    assert!(discarded.contains(&seconds(inbound::DISCARD_WITHIN)), "{discarded}");
    assert!(discarded.contains(&format!("pauses of {}", seconds(inbound::DISCARD_PAUSE))), "{discarded}");
}
