//! Permissions of roles in words, and as checkboxes in areas.

use keystead_core::scope::{Scope, ScopeSet};
use keystead_locales::Messages;

use crate::web::scope_words::scope_words;

/// What belongs together on pages: the permission to see something, and the one to change or use it.
struct Area {
    name: &'static str,
    read: Scope,
    write: Option<Scope>,
    /// The words for the first, the second, and both.
    words: [&'static str; 3],
}

const AREAS: [Area; 8] = [
    Area {
        name: "area-models",
        read: Scope::ModelRead,
        write: Some(Scope::ModelRequest),
        words: ["scope-model-read", "scope-model-request", "may-models"],
    },
    Area {
        name: "area-responses",
        read: Scope::ResponsesRead,
        write: Some(Scope::ResponsesWrite),
        words: ["scope-responses-read", "scope-responses-write", "may-responses"],
    },
    Area {
        name: "area-files",
        read: Scope::FilesRead,
        write: Some(Scope::FilesWrite),
        words: ["scope-files-read", "scope-files-write", "may-files"],
    },
    Area {
        name: "area-batches",
        read: Scope::BatchRead,
        write: Some(Scope::BatchWrite),
        words: ["scope-batch-read", "scope-batch-write", "may-batches"],
    },
    Area {
        name: "area-usage",
        read: Scope::UsageRead,
        write: None,
        words: ["scope-usage-read", "scope-usage-read", "scope-usage-read"],
    },
    Area {
        name: "area-management",
        read: Scope::ManagementRead,
        write: Some(Scope::ManagementWrite),
        words: ["scope-management-read", "scope-management-write", "may-management"],
    },
    Area {
        name: "area-groups",
        read: Scope::GroupsRead,
        write: Some(Scope::GroupsWrite),
        words: ["scope-groups-read", "scope-groups-write", "may-groups"],
    },
    Area {
        name: "area-roles",
        read: Scope::RolesRead,
        write: Some(Scope::RolesWrite),
        words: ["scope-roles-read", "scope-roles-write", "may-roles"],
    },
];

/// What a set of permissions allows, one phrase for each area; a single phrase for everything, and for nothing.
pub(crate) fn permission_words(t: Messages, held: ScopeSet) -> Vec<String> {
    if held == ScopeSet::all() {
        return vec![t.text("may-everything")];
    }
    let phrase = |area: &Area| {
        let [read, write, both] = area.words;
        match (held.allows(area.read), area.write.is_some_and(|scope| held.allows(scope))) {
            (true, true) => Some(t.text(both)),
            (true, false) => Some(t.text(read)),
            (false, true) => Some(t.text(write)),
            (false, false) => None,
        }
    };
    let phrases: Vec<String> = AREAS.iter().filter_map(phrase).collect();
    if phrases.is_empty() { vec![t.text("may-nothing")] } else { phrases }
}

/// One permission that can be chosen.
pub(crate) struct Tick {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) ticked: bool,
}

/// The permissions of one area.
pub(crate) struct AreaTicks {
    pub(crate) label: String,
    pub(crate) ticks: Vec<Tick>,
}

/// The checkboxes of a role. Permissions that are not offered are kept if the role has them.
pub(crate) fn permission_ticks(t: Messages, chosen: &[String]) -> Vec<AreaTicks> {
    let ticked = |value: &str| chosen.iter().any(|one| one == value);
    let tick = |scope: Scope| Tick {
        value: scope.as_str().to_owned(),
        label: scope_words(t, scope.as_str()),
        ticked: ticked(scope.as_str()),
    };
    let area = |area: &Area| AreaTicks {
        label: t.text(area.name),
        ticks: std::iter::once(area.read).chain(area.write).map(tick).collect(),
    };
    let mut areas: Vec<AreaTicks> = AREAS.iter().map(area).collect();
    let others = chosen.iter().filter(|literal| Scope::ALL.iter().all(|scope| scope.as_str() != literal.as_str()));
    let others: Vec<Tick> =
        others.map(|literal| Tick { value: literal.clone(), label: scope_words(t, literal), ticked: true }).collect();
    if !others.is_empty() {
        areas.push(AreaTicks { label: t.text("area-others"), ticks: others });
    }
    areas
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;

    use super::*;

    #[test]
    fn every_permission_has_an_area_and_words() {
        let t = Messages(Language::English);
        let offered: Vec<Scope> = AREAS.iter().flat_map(|area| std::iter::once(area.read).chain(area.write)).collect();
        for scope in Scope::ALL {
            assert!(offered.contains(&scope), "{scope:?} can be chosen");
            let words = permission_words(t, ScopeSet::of(&[scope]));
            assert!(words.len() == 1 && words[0] != t.text("may-nothing"), "{scope:?}: {words:?}");
        }
        assert_eq!(permission_words(t, ScopeSet::all()), [t.text("may-everything")]);
        assert_eq!(permission_words(t, ScopeSet::NONE), [t.text("may-nothing")]);
    }

    #[test]
    fn permissions_that_are_not_offered_are_kept() {
        let t = Messages(Language::English);
        let held = ["api.files.read".to_owned(), "api.webhooks.read".to_owned()];
        let areas = permission_ticks(t, &held);
        assert_eq!(areas.len(), AREAS.len() + 1);
        let ticked: Vec<&str> = areas
            .iter()
            .flat_map(|area| &area.ticks)
            .filter(|tick| tick.ticked)
            .map(|tick| tick.value.as_str())
            .collect();
        assert_eq!(ticked, held);
    }
}
