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

static AREAS: [Area; 8] = [
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

/// The settings that a role of a project concerns are those of the project.
static PROJECT_SETTINGS: Area = Area {
    name: "area-project-settings",
    read: Scope::ManagementRead,
    write: Some(Scope::ManagementWrite),
    words: ["may-project-settings-read", "may-project-settings-write", "may-project-settings"],
};

/// Where a permission applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    Organization,
    Project,
}

impl Within {
    /// The organization, or a project if there is one.
    pub(crate) const fn of<T>(project: Option<&T>) -> Self {
        if project.is_some() { Self::Project } else { Self::Organization }
    }

    fn areas(self) -> impl Iterator<Item = &'static Area> {
        AREAS.iter().map(move |area| match (self, area.read) {
            (Self::Project, Scope::ManagementRead) => &PROJECT_SETTINGS,
            _ => area,
        })
    }
}

/// What a set of permissions allows, one phrase for each area; a single phrase for everything, and for nothing.
pub(crate) fn permission_words(t: Messages, within: Within, held: ScopeSet) -> Vec<String> {
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
    let phrases: Vec<String> = within.areas().filter_map(phrase).collect();
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
pub(crate) fn permission_ticks(t: Messages, within: Within, chosen: &[String]) -> Vec<AreaTicks> {
    let ticked = |value: &str| chosen.iter().any(|one| one == value);
    let tick = |(scope, words): (Scope, &str)| Tick {
        value: scope.as_str().to_owned(),
        label: t.text(words),
        ticked: ticked(scope.as_str()),
    };
    let area = |area: &Area| {
        let [read, write, _] = area.words;
        let scopes = std::iter::once((area.read, read)).chain(area.write.map(|scope| (scope, write)));
        AreaTicks { label: t.text(area.name), ticks: scopes.map(tick).collect() }
    };
    let mut areas: Vec<AreaTicks> = within.areas().map(area).collect();
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
            for within in [Within::Organization, Within::Project] {
                let words = permission_words(t, within, ScopeSet::of(&[scope]));
                assert!(words.len() == 1 && words[0] != t.text("may-nothing"), "{scope:?}: {words:?}");
            }
        }
        let words = |held| permission_words(t, Within::Organization, held);
        assert_eq!(words(ScopeSet::all()), [t.text("may-everything")]);
        assert_eq!(words(ScopeSet::NONE), [t.text("may-nothing")]);
    }

    #[test]
    fn permissions_that_are_not_offered_are_kept() {
        let t = Messages(Language::English);
        let held = ["api.files.read".to_owned(), "api.webhooks.read".to_owned()];
        let areas = permission_ticks(t, Within::Organization, &held);
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
