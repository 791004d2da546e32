//! The search and the filter of the list of keys. They are in the address, so that a link opens the same rows; a whole
//! secret never is.

use keystead_app::keys::KeyCounts;
use keystead_core::key_search::{KeyFilter, KeySearch, secret_in};

use super::rows::HERE;
use crate::web::extract::Visit;

/// The filters that have a link, with the message of each.
const TABS: [(KeyFilter, &str); 5] = [
    (KeyFilter::Active, "keys-active"),
    (KeyFilter::Expiring, "keys-expiring"),
    (KeyFilter::Unused, "keys-unused"),
    (KeyFilter::Expired, "keys-expired"),
    (KeyFilter::Revoked, "keys-revoked"),
];

/// The longest search that is read, in characters.
const LONGEST: usize = 255;

/// One filter as a link.
pub(crate) struct Tab {
    pub(crate) label: String,
    pub(crate) count: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// What the list shows.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// What the person typed, without a secret.
    pub(crate) typed: String,
    pub(crate) search: KeySearch,
    /// Whether the address contained a whole secret.
    pub(super) named_a_secret: bool,
    /// The chosen filter, if one was chosen.
    chosen: Option<KeyFilter>,
}

impl View {
    pub(crate) fn of(visit: &Visit) -> Self {
        let query = &visit.person.query;
        let typed: String = query.get("q").map_or("", |typed| typed.trim()).chars().take(LONGEST).collect();
        let search = KeySearch::of(&typed);
        let named_a_secret = secret_in(&typed).is_some();
        let typed = match (secret_in(&typed), &search.last_four) {
            (Some(_), Some(four)) => format!("…{four}"),
            _ => typed,
        };
        let chosen = query.get("filter").and_then(|name| KeyFilter::from_name(name));
        Self { typed, search, named_a_secret, chosen }
    }

    /// The filter: without a choice, active keys, or in a search all that are not revoked.
    pub(crate) fn filter(&self) -> KeyFilter {
        let usual = if self.search.is_empty() { KeyFilter::Active } else { KeyFilter::Unrevoked };
        self.chosen.unwrap_or(usual)
    }

    /// The name of the chosen filter; empty without one.
    pub(crate) fn chosen(&self) -> &'static str {
        self.chosen.map_or("", KeyFilter::as_str)
    }

    /// The address of the list with this filter and cursor.
    pub(crate) fn href(&self, visit: &Visit, filter: &str, after: Option<&str>) -> String {
        let mut fields: Vec<(&str, &str)> = after.map(|id| ("after", id)).into_iter().collect();
        fields
            .extend([("q", self.typed.as_str()), ("filter", filter)].into_iter().filter(|(_, text)| !text.is_empty()));
        let query = serde_urlencoded::to_string(fields).unwrap_or_default();
        visit.link(&if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{query}") })
    }

    /// The filters as links, with how many keys each shows.
    pub(crate) fn tabs(&self, visit: &Visit, counts: &KeyCounts) -> Vec<Tab> {
        let tab = |(filter, label): (KeyFilter, &str)| Tab {
            label: visit.person.messages.text(label),
            count: visit.person.format.number(&count_of(filter, counts)),
            href: self.href(visit, filter.as_str(), None),
            current: self.filter() == filter,
        };
        TABS.into_iter().map(tab).collect()
    }

    /// What an empty list says.
    pub(crate) fn empty(&self, visit: &Visit) -> String {
        let t = visit.person.messages;
        match (&self.search.name, &self.search.last_four) {
            (None, Some(four)) => t.text_with("keys-none-end", "tail", four),
            (Some(_), Some(four)) => t.text_with("keys-none-either", "text", four),
            (Some(_), None) => t.text_with("keys-none-named", "text", &self.typed),
            (None, None) => t.text(match self.filter() {
                KeyFilter::Expiring => "keys-none-expiring",
                KeyFilter::Unused => "keys-none-unused",
                KeyFilter::Expired => "keys-none-expired",
                KeyFilter::Revoked => "keys-none-revoked",
                KeyFilter::Active | KeyFilter::Unrevoked | KeyFilter::All => "keys-none-active",
            }),
        }
    }

    /// How many revoked keys the search leaves out, and the address that includes them.
    pub(crate) fn left_out(&self, visit: &Visit, counts: &KeyCounts) -> Option<(String, String)> {
        let left_out =
            !self.search.is_empty() && self.filter() != KeyFilter::Revoked && self.filter() != KeyFilter::All;
        (left_out && counts.revoked_in_all > 0).then(|| {
            let said = visit.person.messages.count("keys-unsearched", &counts.revoked_in_all);
            (said, self.href(visit, KeyFilter::All.as_str(), None))
        })
    }
}

fn count_of(filter: KeyFilter, counts: &KeyCounts) -> i64 {
    match filter {
        KeyFilter::Active => counts.active,
        KeyFilter::Expiring => counts.expiring,
        KeyFilter::Unused => counts.unused,
        KeyFilter::Expired => counts.expired,
        KeyFilter::Revoked => counts.revoked,
        KeyFilter::Unrevoked => counts.active.saturating_add(counts.expired),
        KeyFilter::All => counts.active.saturating_add(counts.expired).saturating_add(counts.revoked),
    }
}
