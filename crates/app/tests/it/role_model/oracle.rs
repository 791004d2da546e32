//! The steps, and the plain rules of what each does.

use std::collections::{BTreeMap, BTreeSet};

use keystead_core::role::{OrganizationRole, PresetRole, ProjectRole};
use keystead_core::scope::{Scope, ScopeSet};

/// A role: preset, or the number of a custom one. The first two custom roles are the organization's, the last one is of
/// the second project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Preset(PresetRole),
    Custom(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Person(usize),
    Group(usize),
}

/// The organization, or a project.
pub(super) type Where = Option<usize>;

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    MemberRole(usize, OrganizationRole),
    ProjectRole(usize, usize, Option<ProjectRole>),
    Give(Who, Where, Held),
    Take(Who, Where, Held),
    Enter(usize, usize),
    Leave(usize, usize),
    Permit(usize, Scope),
    DeleteRole(usize),
    DeleteGroup(usize),
    Archive,
    Remove(usize),
    Join(usize),
}

/// The plain rules.
#[derive(Debug, Clone, Default)]
pub(super) struct Oracle {
    /// Preset roles of members; people who are no members are missing.
    pub(super) members: BTreeMap<usize, BTreeSet<PresetRole>>,
    /// The same in projects.
    pub(super) in_projects: BTreeMap<(usize, usize), BTreeSet<PresetRole>>,
    /// Custom roles of people, and every role of groups.
    pub(super) held: BTreeSet<(Who, Where, Held)>,
    pub(super) in_groups: BTreeSet<(usize, usize)>,
    pub(super) groups: BTreeSet<usize>,
    pub(super) roles: BTreeMap<usize, ScopeSet>,
    pub(super) archived: bool,
}

impl Oracle {
    fn open(&self, place: Where) -> bool {
        place != Some(1) || !self.archived
    }

    fn exists(&self, who: Who) -> bool {
        match who {
            Who::Person(person) => self.members.contains_key(&person),
            Who::Group(group) => self.groups.contains(&group),
        }
    }

    fn applies(&self, held: Held, place: Where) -> bool {
        match held {
            Held::Preset(role) => PresetRole::OF_PROJECT.contains(&role) == place.is_some(),
            Held::Custom(role) => self.roles.contains_key(&role) && place == [None, None, Some(1)][role],
        }
    }

    fn presets(&mut self, person: usize, place: Where) -> &mut BTreeSet<PresetRole> {
        match place {
            None => self.members.entry(person).or_default(),
            Some(project) => self.in_projects.entry((person, project)).or_default(),
        }
    }

    /// Applies a step; `false` when it is refused.
    pub(super) fn apply(&mut self, step: Step) -> bool {
        match step {
            Step::MemberRole(person, role) => {
                let Some(presets) = self.members.get_mut(&person) else { return false };
                let wanted = PresetRole::of_membership(role);
                if presets.first().copied() != wanted {
                    *presets = wanted.into_iter().collect();
                }
            }
            Step::ProjectRole(person, project, role) => {
                if !self.members.contains_key(&person) || !self.open(Some(project)) {
                    return false;
                }
                let wanted = role.and_then(PresetRole::of_project_member);
                let known = self.in_projects.get(&(person, project));
                match wanted {
                    Some(role) if known.is_some_and(|known| known.first() == Some(&role)) => {}
                    Some(role) => {
                        self.in_projects.insert((person, project), BTreeSet::from([role]));
                    }
                    // There is no preset role to take.
                    None if known.is_some_and(BTreeSet::is_empty) => {}
                    None => self.leave_project(person, project),
                }
            }
            Step::Give(who, place, held) => {
                let owner = held == Held::Preset(PresetRole::OrganizationOwner);
                if !self.open(place) || !self.exists(who) || !self.applies(held, place) {
                    return false;
                }
                match (who, held) {
                    (Who::Group(_), _) if owner => return false,
                    (Who::Person(person), Held::Preset(role)) => {
                        self.presets(person, place).insert(role);
                    }
                    (who, held) => {
                        if let Who::Person(person) = who {
                            self.presets(person, place);
                        }
                        self.held.insert((who, place, held));
                    }
                }
            }
            Step::Take(who, place, held) => {
                if !self.open(place) || !self.exists(who) || !self.applies(held, place) {
                    return false;
                }
                let taken = match (who, held) {
                    (Who::Person(person), Held::Preset(role)) => {
                        let known = place.is_none_or(|project| self.in_projects.contains_key(&(person, project)));
                        known && self.presets(person, place).remove(&role)
                    }
                    _ => self.held.remove(&(who, place, held)),
                };
                if let (true, Who::Person(person), Some(project)) = (taken, who, place) {
                    let others = self.held.iter().any(|(one, at, _)| (*one, *at) == (who, place));
                    if !others && self.presets(person, place).is_empty() {
                        self.leave_project(person, project);
                    }
                }
                return taken;
            }
            Step::Enter(person, group) => {
                return self.groups.contains(&group)
                    && self.members.contains_key(&person)
                    && self.in_groups.insert((group, person));
            }
            Step::Leave(person, group) => return self.in_groups.remove(&(group, person)),
            Step::Permit(role, scope) => {
                let Some(permissions) = self.roles.get_mut(&role) else { return false };
                *permissions = ScopeSet::of(&[scope]);
            }
            Step::DeleteRole(role) => {
                self.held.retain(|(_, _, held)| *held != Held::Custom(role));
                // Who has no role left in the role's project is no member of it.
                let held = self.held.clone();
                self.in_projects.retain(|(person, project), presets| {
                    let place = (Who::Person(*person), Some(*project));
                    role != 2
                        || *project != 1
                        || !presets.is_empty()
                        || held.iter().any(|(who, at, _)| (*who, *at) == place)
                });
                return self.roles.remove(&role).is_some();
            }
            Step::DeleteGroup(group) => {
                self.in_groups.retain(|(one, _)| *one != group);
                self.held.retain(|(who, _, _)| *who != Who::Group(group));
                return self.groups.remove(&group);
            }
            Step::Archive => return !std::mem::replace(&mut self.archived, true),
            Step::Remove(person) => {
                self.in_projects.retain(|(one, _), _| *one != person);
                self.held.retain(|(who, _, _)| *who != Who::Person(person));
                self.in_groups.retain(|(_, one)| *one != person);
                return self.members.remove(&person).is_some();
            }
            Step::Join(person) => {
                if self.members.contains_key(&person) {
                    return false;
                }
                self.members.insert(person, BTreeSet::from([PresetRole::OrganizationReader]));
            }
        }
        true
    }

    fn leave_project(&mut self, person: usize, project: usize) {
        self.in_projects.remove(&(person, project));
        self.held.retain(|(who, place, _)| (*who, *place) != (Who::Person(person), Some(project)));
    }

    fn held_at(&self, person: usize, place: Where) -> Vec<Held> {
        let groups = self.in_groups.iter().filter(|(_, one)| *one == person).map(|(group, _)| Who::Group(*group));
        let holders: Vec<Who> = groups.chain([Who::Person(person)]).collect();
        let rows = self.held.iter().filter(|(who, at, _)| *at == place && holders.contains(who));
        rows.map(|(_, _, held)| *held).collect()
    }

    /// What a person may do in a place; `None` when they are no member.
    pub(super) fn may(&self, person: usize, place: Where) -> Option<ScopeSet> {
        let mut may =
            self.members.get(&person)?.iter().map(|role| role.permissions()).fold(ScopeSet::NONE, ScopeSet::union);
        for held in
            self.held_at(person, None).into_iter().chain(place.map_or(Vec::new(), |_| self.held_at(person, place)))
        {
            may = may.union(match held {
                Held::Preset(role) => role.permissions(),
                Held::Custom(role) => self.roles[&role],
            });
        }
        let presets = place.and_then(|project| self.in_projects.get(&(person, project)));
        Some(presets.into_iter().flatten().map(|role| role.permissions()).fold(may, ScopeSet::union))
    }

    /// Whether a person can call a project at all.
    pub(super) fn reaches(&self, person: usize, project: usize) -> bool {
        let owns = self.members.get(&person).is_some_and(|roles| roles.contains(&PresetRole::OrganizationOwner));
        let invited = self.in_projects.contains_key(&(person, project));
        owns || project == 0 || invited || !self.held_at(person, Some(project)).is_empty()
    }
}
