//! The filters of the log. They are in the address, so that a link opens the same rows for a colleague.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use keystead_app::audit::{ACTIONS, Area, AuditQuestion};
use keystead_core::id::ProjectId;
use keystead_core::time::Timestamp;

use crate::web::extract::QueryParams;
use keystead_locales::start_of;

/// The fields of the form as sent; an empty field does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filters {
    /// An area or an action.
    pub(super) kind: String,
    /// The actor, by id.
    pub(super) who: String,
    /// The object, by id.
    pub(super) object: String,
    /// The first day, in the visitor's zone.
    pub(super) from: String,
    /// The last day.
    pub(super) to: String,
}

impl Filters {
    pub(super) fn read(params: &QueryParams) -> Self {
        let of = |name: &str| params.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        Self { kind: of("kind"), who: of("who"), object: of("object"), from: of("from"), to: of("to") }
    }

    fn fields(&self) -> [(&'static str, &str); 5] {
        [("kind", &self.kind), ("who", &self.who), ("object", &self.object), ("from", &self.from), ("to", &self.to)]
    }

    pub(super) fn any(&self) -> bool {
        self.fields().iter().any(|(_, value)| !value.is_empty())
    }

    /// The filters as a query string, optionally without one of them, optionally with a cursor.
    pub(super) fn query(&self, without: &str, place: Option<(&str, &str)>) -> String {
        let kept = self.fields().into_iter().filter(|(name, value)| *name != without && !value.is_empty());
        let all: Vec<(&str, &str)> = kept.chain(place).collect();
        serde_urlencoded::to_string(all).unwrap_or_default()
    }

    /// The same filters with one changed.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        match name {
            "who" => value.clone_into(&mut changed.who),
            _ => value.clone_into(&mut changed.object),
        }
        changed
    }

    /// The filters for the use case, or the name of the invalid field.
    pub(super) fn question(&self, zone: &TimeZone) -> Result<AuditQuestion, &'static str> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let actions = match Area::from_name(&self.kind) {
            Some(area) => ACTIONS.iter().filter(|one| Area::of(one) == area).map(|one| (*one).to_owned()).collect(),
            None => some(&self.kind).into_iter().collect(),
        };
        let from = if self.from.is_empty() { None } else { Some(day(&self.from, zone, false).ok_or("from")?) };
        let until = if self.to.is_empty() { None } else { Some(day(&self.to, zone, true).ok_or("to")?) };
        // Filtering by a project means everything that happened in it.
        let of_project = self.object.starts_with(ProjectId::PREFIX);
        let object: Vec<String> = some(&self.object).into_iter().collect();
        let (projects, targets) = if of_project { (object, Vec::new()) } else { (Vec::new(), object) };
        let actors = some(&self.who).into_iter().collect();
        Ok(AuditQuestion { from, until, actions, actors, emails: Vec::new(), targets, projects })
    }
}

/// The start of a day, or of the day after it, in the visitor's time zone.
fn day(text: &str, zone: &TimeZone, after: bool) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    let date = if after { date.tomorrow().ok()? } else { date };
    start_of(date, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(pairs: &[(&str, &str)]) -> Filters {
        Filters::read(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn days_are_the_visitors_own() {
        // S1-30
        let warsaw = TimeZone::get("Europe/Warsaw").unwrap();
        let sent = filters(&[("from", "2026-11-20"), ("to", "2026-11-20")]);
        let question = sent.question(&warsaw).unwrap();
        let (from, until) = (question.from.unwrap(), question.until.unwrap());
        assert_eq!((from.to_string().as_str(), until.since(from)), ("2026-11-19T23:00:00Z", 86_400));
        assert_eq!(filters(&[("from", "20.11.2026")]).question(&warsaw), Err("from"));
        assert_eq!(filters(&[("to", "9999-12-31")]).question(&warsaw), Err("to"));
    }

    #[test]
    fn kinds_and_objects() {
        let question = |pairs| filters(pairs).question(&TimeZone::UTC).unwrap();
        assert_eq!(question(&[]), AuditQuestion::default());
        let keys = question(&[("kind", "keys")]).actions;
        assert!(keys.contains(&"api_key.rotated".to_owned()) && !keys.contains(&"user.added".to_owned()));
        assert_eq!(question(&[("kind", "user.added")]).actions, ["user.added"]);
        assert_eq!(question(&[("object", " proj_a ")]).projects, ["proj_a"]);
        assert_eq!(question(&[("object", "key_a")]).targets, ["key_a"]);
    }

    #[test]
    fn filters_stay_in_the_address() {
        let sent = filters(&[("kind", "keys"), ("who", "Ann & Co"), ("project", "proj_a")]);
        assert_eq!(sent.query("", Some(("after", "audit_log-a"))), "kind=keys&who=Ann+%26+Co&after=audit_log-a");
        assert_eq!(sent.query("who", None), "kind=keys");
        assert_eq!(sent.with("object", "key_a").query("kind", None), "who=Ann+%26+Co&object=key_a");
    }
}
