//! One role: its permissions, who holds it, changing and deleting it; and the form for a new one.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::roles::overview::RoleView;
use keystead_app::roles::{NewRole, Place, RoleChange};
use keystead_core::id::ProjectId;
use keystead_core::role::RoleRef;
use keystead_core::scope::ScopeSet;

use super::give_role::{place_name, place_of, place_value, role_name};
use super::groups::HERE as GROUPS;
use super::members::HERE as MEMBERS;
use super::roles::HERE;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::permission_words::{AreaTicks, Within, permission_ticks, permission_words};
use crate::web::response::{Page, redirect, render, render_error, subpath};

/// What the form of a role contains.
struct Fields {
    name: String,
    description: String,
    areas: Vec<AreaTicks>,
    wrong: FieldFault,
}

/// A person or a group that holds the role, with the page about them if it is open to the visitor.
struct HolderLink {
    name: String,
    /// The address of a person; empty for a group.
    email: String,
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/role.html")]
struct One {
    layout: Layout,
    /// The role; `None` in the form for a new one.
    view: Option<RoleView>,
    people: Vec<HolderLink>,
    groups: Vec<HolderLink>,
    place: String,
    place_name: String,
    of_project: bool,
    /// The form, if the visitor may change the role.
    fields: Option<Fields>,
    permissions: Vec<String>,
    /// Whether the dialog that deletes it is open.
    deleting: bool,
    wrong: Option<String>,
    here: String,
    back: String,
}

impl One {
    fn act(&self, verb: &str) -> String {
        match &self.view {
            Some(view) => {
                let here = format!("{HERE}/{}", view.role.id);
                subpath(&self.here, &here, verb)
            }
            None => self.here.clone(),
        }
    }
}

/// The page of a role, or of a new one.
async fn page(
    state: &DashboardState,
    visit: &Visit,
    project: Option<&ProjectId>,
    id: Option<&str>,
) -> Result<One, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let place = Place { organization, project };
    let view = match id {
        Some(id) => Some(state.app.role_view(&actor, place, id).await.map_err(fail)?),
        None => None,
    };
    let places = state.app.role_places(&actor, organization).await.map_err(fail)?;
    let known = places.iter().find(|one| one.project.as_ref().map(|row| &row.id) == project);
    let writes = known.is_some_and(|one| one.writes);
    let changeable = view.as_ref().is_none_or(|view| matches!(view.role.id, RoleRef::Custom(_)));
    let title = view.as_ref().map_or_else(|| t.text("role-create"), |view| role_name(t, &view.role));
    let (value, within) = (place_value(project), Within::of(project));
    let address = view.as_ref().map_or_else(|| format!("{HERE}/new"), |view| format!("{HERE}/{}", view.role.id));
    let fields = Fields {
        name: view.as_ref().map(|view| view.role.name.clone()).unwrap_or_default(),
        description: view.as_ref().and_then(|view| view.role.description.clone()).unwrap_or_default(),
        areas: permission_ticks(
            t,
            within,
            view.as_ref().map(|view| view.role.permissions.as_slice()).unwrap_or_default(),
        ),
        wrong: FieldFault::default(),
    };
    let (people, groups) = view.as_ref().map(|view| holders(visit, view)).unwrap_or_default();
    Ok(One {
        layout: Layout::new(state, visit, &title, HERE),
        people,
        groups,
        // An archived project is none of the places, and has its id for a name.
        place_name: known.map_or_else(|| value.clone(), |one| place_name(t, one.project.as_ref())),
        of_project: project.is_some(),
        fields: Some(fields).filter(|_| writes && changeable),
        permissions: permission_words(t, within, view.as_ref().map_or(ScopeSet::NONE, |view| view.role.scopes())),
        deleting: false,
        wrong: None,
        here: visit.link(&format!("{address}?place={value}")),
        back: visit.link(&format!("{HERE}?place={value}")),
        place: value,
        view,
    })
}

fn holders(visit: &Visit, view: &RoleView) -> (Vec<HolderLink>, Vec<HolderLink>) {
    let person = |one: &keystead_app::roles::overview::PersonHolding| HolderLink {
        name: one.name.clone(),
        email: one.email.clone(),
        href: visit.owner().then(|| visit.link(&format!("{MEMBERS}/{}", one.user))),
    };
    let group = |one: &keystead_app::groups::Group| HolderLink {
        name: one.name.clone(),
        email: String::new(),
        href: Some(visit.link(&format!("{GROUPS}/{}", one.id))),
    };
    (view.people.iter().map(person).collect(), view.groups.iter().map(group).collect())
}

/// The place that the address or the form names.
fn place_in(visit: &Visit, form: Option<&Form>) -> Result<Option<ProjectId>, PageError> {
    let named = visit.person.query.get("place").map_or("", String::as_str);
    place_of(visit, form.map_or("", |form| form.field("place"))).and_then(|sent| match sent {
        None => place_of(visit, named),
        sent => Ok(sent),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let project = place_in(&visit, None)?;
    let mut page = page(&state, &visit, project.as_ref(), Some(&id)).await?;
    page.deleting = page.fields.is_some() && visit.person.query.contains_key("delete");
    render(visit.person.messages, &page)
}

pub(crate) async fn new(State(state): State<DashboardState>, visit: Visit) -> Page {
    let project = place_in(&visit, None)?;
    let page = page(&state, &visit, project.as_ref(), None).await?;
    if page.fields.is_none() {
        // The use case would refuse the form.
        let missing = keystead_core::refusal::Refusal::MissingScope {
            scope: keystead_core::scope::Scope::RolesWrite,
            string_form: true,
        };
        return Err(PageError::new(visit.person.messages, missing.into()));
    }
    render(visit.person.messages, &page)
}

/// The permissions that a form selects: one field for each.
fn chosen(form: &Form) -> Vec<String> {
    form.all("permission")
}

/// Shows the form again with what was typed, or the error on a page of its own when the form is not open to the visitor.
async fn again(
    state: &DashboardState,
    visit: &Visit,
    (project, id): (Option<&ProjectId>, Option<&str>),
    form: &Form,
    error: Error,
) -> Page {
    let t = visit.person.messages;
    if matches!(error, Error::NotFound { .. } | Error::Refused(_)) {
        return Err(PageError::new(t, error));
    }
    let mut page = page(state, visit, project, id).await?;
    let said = error_message(&visit.person.format, &error);
    let at = match &error {
        Error::Invalid { param: Some("role_name"), .. } => "name",
        Error::Invalid { param: Some("description"), .. } => "description",
        _ => "permissions",
    };
    match &mut page.fields {
        Some(fields) => {
            form.field("name").clone_into(&mut fields.name);
            form.field("description").clone_into(&mut fields.description);
            fields.areas = permission_ticks(t, Within::of(project), &chosen(form));
            fields.wrong = FieldFault::new(at, said);
        }
        None => page.wrong = Some(said),
    }
    render_error(t, &page, &error)
}

pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let project = place_in(&visit, Some(&form))?;
    let place = Place { organization: &visit.organization.id, project: project.as_ref() };
    let asked = NewRole {
        name: form.field("name").to_owned(),
        permissions: chosen(&form),
        description: Some(form.field("description").to_owned()),
    };
    match state.app.create_role(&visit.person.actor(), place, asked).await {
        Ok(role) => {
            let value = place_value(project.as_ref());
            Ok(redirect(&visit.link(&format!("{HERE}/{}?place={value}&done=role-created", role.id))))
        }
        Err(error) => again(&state, &visit, (project.as_ref(), None), &form, error).await,
    }
}

pub(crate) async fn edit(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let project = place_in(&visit, Some(&form))?;
    let place = Place { organization: &visit.organization.id, project: project.as_ref() };
    let change = RoleChange {
        name: Some(form.field("name").to_owned()),
        permissions: Some(chosen(&form)),
        description: Some(Some(form.field("description").to_owned())),
    };
    match state.app.update_role(&visit.person.actor(), place, &id, change).await {
        Ok(role) => {
            let value = place_value(project.as_ref());
            Ok(redirect(&visit.link(&format!("{HERE}/{}?place={value}&done=role-saved", role.id))))
        }
        Err(error) => again(&state, &visit, (project.as_ref(), Some(&id)), &form, error).await,
    }
}

pub(crate) async fn delete(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let project = place_in(&visit, Some(&form))?;
    let place = Place { organization: &visit.organization.id, project: project.as_ref() };
    match state.app.delete_role(&visit.person.actor(), place, &id).await {
        Ok(_) => {
            let value = place_value(project.as_ref());
            Ok(redirect(&visit.link(&format!("{HERE}?place={value}&done=role-deleted"))))
        }
        Err(error @ (Error::NotFound { .. } | Error::Refused(_))) => Err(PageError::new(t, error)),
        Err(error) => {
            let mut page = page(&state, &visit, project.as_ref(), Some(&id)).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(t, &page, &error)
        }
    }
}
