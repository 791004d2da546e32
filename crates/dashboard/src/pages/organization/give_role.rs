//! The dialog that gives a role to a person or a group, and the rows of roles that they hold.

use keystead_app::roles::access::RoleHeld;
use keystead_app::roles::overview::RolePlace;
use keystead_app::roles::{Place, Role};
use keystead_app::{Error, Page as Cursor};
use keystead_core::id::ProjectId;
use keystead_core::role::{PresetRole, Principal, RoleRef};
use keystead_locales::Messages;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::permission_words::{Within, permission_words};

/// The value that stands for the organization among the places.
pub(super) const ORGANIZATION: &str = "organization";
/// The most roles of one place: the preset and custom ones.
const MOST_ROLES: u32 = 1_000;

/// The name of a role for people. Names of preset roles are translated.
pub(super) fn role_name(t: Messages, role: &Role) -> String {
    match &role.id {
        RoleRef::Custom(_) => role.name.clone(),
        RoleRef::Preset(PresetRole::OrganizationOwner) => t.text("role-owner"),
        RoleRef::Preset(PresetRole::OrganizationReader) => t.text("role-reader"),
        RoleRef::Preset(PresetRole::ProjectOwner) => t.text("project-role-owner"),
        RoleRef::Preset(PresetRole::ProjectMember) => t.text("project-role-member"),
        RoleRef::Preset(PresetRole::ProjectViewer) => t.text("project-role-viewer"),
    }
}

/// The name of a place: the organization, or a project.
pub(super) fn place_name(t: Messages, project: Option<&keystead_app::projects::Project>) -> String {
    project.map_or_else(|| t.text("place-organization"), |row| t.project(row.is_default, &row.name))
}

/// The value of a place in forms and addresses.
pub(super) fn place_value(project: Option<&ProjectId>) -> String {
    project.map_or_else(|| ORGANIZATION.to_owned(), ToString::to_string)
}

/// Reads the place of a form or an address; an empty value is the organization.
pub(super) fn place_of(visit: &Visit, value: &str) -> Result<Option<ProjectId>, PageError> {
    if value.is_empty() || value == ORGANIZATION { Ok(None) } else { visit.named("project", value).map(Some) }
}

/// One place that can be chosen.
pub(super) struct PlaceChoice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// The places as choices.
pub(super) fn place_choices(t: Messages, places: &[RolePlace], chosen: Option<&ProjectId>) -> Vec<PlaceChoice> {
    let choice = |place: &RolePlace| {
        let id = place.project.as_ref().map(|row| &row.id);
        PlaceChoice { value: place_value(id), label: place_name(t, place.project.as_ref()), chosen: id == chosen }
    };
    places.iter().map(choice).collect()
}

/// A role that a person or a group holds, as a row.
pub(super) struct HeldRow {
    pub(super) role: String,
    pub(super) role_id: String,
    pub(super) role_href: String,
    pub(super) permissions: Vec<String>,
    pub(super) place: String,
    pub(super) place_value: String,
    pub(super) archived: bool,
    pub(super) direct: bool,
    /// Names and addresses of the groups from which it comes.
    pub(super) groups: Vec<(String, String)>,
    pub(super) may_take: bool,
}

/// The rows of everything that is held.
pub(super) fn held_rows(visit: &Visit, roles: &[RoleHeld]) -> Vec<HeldRow> {
    let t = visit.person.messages;
    let row = |held: &RoleHeld| {
        let project = held.project.as_ref();
        let value = place_value(project.map(|row| &row.id));
        let of_group = |group: &keystead_app::groups::Group| {
            (group.name.clone(), visit.link(&format!("{}/{}", super::groups::HERE, group.id)))
        };
        HeldRow {
            role: role_name(t, &held.role),
            role_id: held.role.id.to_string(),
            role_href: visit.link(&format!("{}/{}?place={value}", super::roles::HERE, held.role.id)),
            permissions: permission_words(t, Within::of(project), held.role.scopes()),
            place: place_name(t, project),
            place_value: value,
            archived: project.is_some_and(|row| row.archived_at.is_some()),
            direct: held.direct,
            groups: held.groups.iter().map(of_group).collect(),
            may_take: held.may_take,
        }
    };
    roles.iter().map(row).collect()
}

/// One role that can be given.
pub(super) struct RoleChoice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) permissions: Vec<String>,
    /// Whether the holder has it directly.
    pub(super) held: bool,
}

/// The dialog.
pub(super) struct GiveRole {
    pub(super) places: Vec<PlaceChoice>,
    pub(super) place: String,
    pub(super) place_name: String,
    pub(super) roles: Vec<RoleChoice>,
}

impl GiveRole {
    /// The dialog for a place of the address or form. `None` where the visitor may give no role.
    pub(super) async fn of(
        state: &DashboardState,
        visit: &Visit,
        principal: &Principal,
        held: &[RoleHeld],
        place: &str,
    ) -> Result<Option<Self>, PageError> {
        let t = visit.person.messages;
        let fail = |error| PageError::new(t, error);
        let (actor, organization) = (visit.person.actor(), &visit.organization.id);
        let mut places = state.app.role_places(&actor, organization).await.map_err(fail)?;
        places.retain(|place| place.writes);
        let wanted = place_of(visit, place)?;
        let chosen = places.iter().find(|row| row.project.as_ref().map(|row| &row.id) == wanted.as_ref());
        let Some(chosen) = chosen.or_else(|| places.first()) else { return Ok(None) };
        let project = chosen.project.as_ref().map(|row| &row.id);
        let cursor = Cursor { after: None, limit: MOST_ROLES, ascending: true };
        let here = Place { organization, project };
        let roles = state.app.roles(&actor, here, cursor).await.map_err(fail)?.data;
        // Groups cannot own an organization.
        let for_group = matches!(principal, Principal::Group(_));
        let owner = RoleRef::Preset(PresetRole::OrganizationOwner);
        let choice = |one: Role| RoleChoice {
            held: held.iter().any(|held| {
                held.direct && held.role.id == one.id && held.project.as_ref().map(|row| &row.id) == project
            }),
            id: one.id.to_string(),
            name: role_name(t, &one),
            permissions: permission_words(t, Within::of(project), one.scopes()),
            description: one.description,
        };
        Ok(Some(Self {
            place: place_value(project),
            place_name: place_name(t, chosen.project.as_ref()),
            roles: roles.into_iter().filter(|one| !(for_group && one.id == owner)).map(choice).collect(),
            places: place_choices(t, &places, project),
        }))
    }
}

/// Gives the role of a form.
pub(super) async fn give(
    state: &DashboardState,
    visit: &Visit,
    principal: &Principal,
    form: &Form,
) -> Result<Result<(), Error>, PageError> {
    let project = place_of(visit, form.field("place"))?;
    let place = Place { organization: &visit.organization.id, project: project.as_ref() };
    let given = state.app.assign_role(&visit.person.actor(), place, principal, form.field("role")).await;
    Ok(given.map(|_| ()))
}

/// Takes the role of a form.
pub(super) async fn take(
    state: &DashboardState,
    visit: &Visit,
    principal: &Principal,
    form: &Form,
) -> Result<Result<(), Error>, PageError> {
    let project = place_of(visit, form.field("place"))?;
    let place = Place { organization: &visit.organization.id, project: project.as_ref() };
    Ok(state.app.unassign_role(&visit.person.actor(), place, principal, form.field("role")).await)
}

/// The number of the row that a dialog of the address is about.
pub(super) fn row_to_take(visit: &Visit, rows: &[HeldRow]) -> Option<usize> {
    let query = &visit.person.query;
    let (role, place) = (query.get("take")?, query.get("place").map_or(ORGANIZATION, String::as_str));
    rows.iter().position(|row| row.may_take && row.role_id == *role && row.place_value == place)
}
