//! Settings > Organization > Network: the addresses from which the API may be called with the organization's keys, and
//! the same for one project. The lists never apply to these pages.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_app::organizations::ip_allowlists::{CallerAddress, IpAllowlist, LOCKS_OUT, ListChange, admits};
use keystead_core::id::{IpAllowlistId, ProjectId};
use keystead_core::network::{AddressFault, AddressList};

use super::projects::HERE as PROJECTS;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_invalid, subpath};
use keystead_locales::Messages;

const HERE: &str = "/settings/organization/network";

struct Row {
    id: String,
    name: String,
    entries: Vec<String>,
    active: bool,
    /// Whether the list contains the visitor's address.
    has_you: bool,
}

/// The values of a form that is shown again, because of an error or to confirm a change.
#[derive(Default)]
struct Typed {
    name: String,
    addresses: String,
    wrong: Option<String>,
}

/// A change that would block the person who makes it.
struct Caution {
    action: String,
    fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/network.html")]
struct Network {
    layout: Layout,
    owner: bool,
    /// The name of the project, on a project's page.
    project: Option<String>,
    place: String,
    rows: Vec<Row>,
    /// The visitor's address, and whether the lists allow it.
    you: Option<(IpAddr, bool)>,
    /// Whether the organization's lists allow the visitor; they apply in addition to a project's.
    organization_admits: bool,
    caution: Option<Caution>,
    wrong: Option<String>,
    typed: Typed,
    /// The address of this page.
    back: String,
    link: String,
    projects_link: String,
}

impl Network {
    fn act(&self, verb: &str) -> String {
        subpath(&self.link, HERE, verb)
    }
}

impl Row {
    fn lines(&self) -> String {
        self.entries.join("\n")
    }

    fn count(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX)
    }

    /// The first few, for the table.
    fn first(&self) -> &[String] {
        self.entries.get(..3).unwrap_or(&self.entries)
    }
}

async fn page(state: &DashboardState, visit: &Visit, project: Option<&ProjectId>) -> Result<Network, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let (current, name) = match project {
        None => (HERE, None),
        Some(id) => {
            let project = state.app.project(&actor, organization, id).await.map_err(fail)?;
            (PROJECTS, Some(t.project(project.is_default, &project.name)))
        }
    };
    let lists = match visit.owner() {
        true => state.app.ip_allowlists(&actor, organization).await.map_err(fail)?,
        false => Vec::new(),
    };
    let address = visit.person.context.origin.ip;
    let lets_in = |place| address.is_none_or(|address| admits(&lists, place, address));
    let organization_admits = lets_in(None);
    let own = lists.iter().filter(|list| list.project.as_ref() == project);
    let row = |list: &IpAllowlist| Row {
        id: list.id.to_string(),
        name: list.name.clone(),
        entries: list.addresses.entries(),
        active: list.active,
        has_you: address.is_some_and(|address| list.addresses.contains(address)),
    };
    Ok(Network {
        layout: Layout::new(state, visit, &t.text("nav-network"), current),
        owner: visit.owner(),
        project: name,
        place: project.map(ToString::to_string).unwrap_or_default(),
        rows: own.map(row).collect(),
        you: address.map(|address| (address, organization_admits && project.is_none_or(|id| lets_in(Some(id))))),
        organization_admits,
        caution: None,
        wrong: None,
        typed: Typed::default(),
        back: visit.link(&project.map_or_else(|| HERE.to_owned(), own_page)),
        link: visit.link(HERE),
        projects_link: visit.link(PROJECTS),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

pub(crate) async fn open_project(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("project", &id)?;
    render(visit.person.messages, &page(&state, &visit, Some(&id)).await?)
}

/// `create`, `edit`, `activate`, `deactivate` or `delete`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(verb): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let place = form.field("place");
    let project: Option<ProjectId> = if place.is_empty() { None } else { Some(visit.named("project", place)?) };
    let fault = match change(&state, &visit, &verb, project.as_ref(), &form).await {
        Ok(()) => {
            let back = project.as_ref().map_or_else(|| HERE.to_owned(), own_page);
            return Ok(redirect(&visit.link(&format!("{back}?done=saved"))));
        }
        Err(fault) => fault,
    };
    let t = visit.person.messages;
    let mut page = page(&state, &visit, project.as_ref()).await?;
    match fault {
        Fault::Error(error @ (Error::NotFound { .. } | Error::Unavailable | Error::Internal(_))) => {
            return Err(PageError::new(t, error));
        }
        Fault::Error(Error::Invalid { code: Some(LOCKS_OUT), .. }) => {
            page.caution = Some(Caution { action: page.act(&verb), fields: form.without(&["csrf", "acknowledged"]) });
        }
        Fault::Error(error) => page.wrong = Some(error_message(t, &error)),
        Fault::Addresses(fault) => {
            let wrong = told(t, &fault);
            if verb == "create" {
                page.typed.wrong = Some(wrong);
            } else {
                page.wrong = Some(wrong);
            }
        }
    }
    if verb == "create" {
        page.typed.name = form.field("name").to_owned();
        page.typed.addresses = form.field("addresses").to_owned();
    }
    render_invalid(t, &page)
}

fn own_page(project: &ProjectId) -> String {
    format!("{PROJECTS}/{project}/network")
}

enum Fault {
    Error(Error),
    Addresses(AddressFault),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

async fn change(
    state: &DashboardState,
    visit: &Visit,
    verb: &str,
    project: Option<&ProjectId>,
    form: &Form,
) -> Result<(), Fault> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let addresses = || AddressList::of_lines(form.field("addresses")).map_err(Fault::Addresses);
    let change = match verb {
        "create" => {
            let name = form.field("name");
            state.app.create_ip_allowlist(&actor, organization, project, name, addresses()?).await?;
            return Ok(());
        }
        "edit" => ListChange::Edit { name: Some(form.field("name").to_owned()), addresses: Some(addresses()?) },
        "activate" => ListChange::Activate,
        "deactivate" => ListChange::Deactivate,
        "delete" => ListChange::Delete,
        other => return Err(Error::not_found("page", other).into()),
    };
    let id = form.field("id");
    let id: IpAllowlistId = id.parse().map_err(|_| Error::not_found("IP allowlist", id))?;
    let caller_address =
        CallerAddress { address: visit.person.context.origin.ip, acknowledged: form.ticked("acknowledged") };
    state.app.change_ip_allowlist(&actor, organization, &id, change, caller_address).await?;
    Ok(())
}

/// The error message of an invalid entry.
fn told(t: Messages, fault: &AddressFault) -> String {
    match fault {
        AddressFault::Unreadable(entry) => t.text_with("network-unreadable", "entry", entry),
        AddressFault::HostBits { entry, network, address } => {
            t.text_with_all("network-host-bits", &[("entry", entry), ("network", network), ("address", address)])
        }
        AddressFault::Empty => t.text("network-empty"),
        AddressFault::TooMany => t.text("network-too-many"),
    }
}
