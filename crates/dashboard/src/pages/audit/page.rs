//! The audit log page: events, newest first, with filters and a check of the hash chain.

use askama::Template;
use axum::extract::State;
use keystead_app::audit::{Area, AuditLog, AuditOptions, ChainCheck};
use keystead_app::{Listing, Page as Cursor};

use super::filters::Filters;
use super::wording::{self as words, Called, Entry};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, render};

const HERE: &str = "/settings/organization/audit-log";
/// Rows on a page.
const ROWS: u32 = 50;

/// An option of a select field.
struct Choice {
    value: String,
    label: String,
}

/// A group of options.
struct Choices {
    label: String,
    choices: Vec<Choice>,
}

/// An active filter, and the address without it.
struct Active {
    label: String,
    value: String,
    without: String,
}

/// The result of a check of the chain.
struct Checked {
    whole: bool,
    said: String,
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct Audit {
    layout: Layout,
    owner: bool,
    organization: (String, String),
    project: String,
    filters: Filters,
    kinds: Vec<Choices>,
    people: Vec<Choices>,
    active: Vec<Active>,
    rows: Vec<Entry>,
    older: Option<String>,
    newer: Option<String>,
    action: String,
    csv: String,
    /// The filter at fault, and why.
    wrong: FieldFault,
    checked: Option<Checked>,
}

impl Audit {
    /// The address of the log filtered by an object.
    fn about(&self, thing: &Called) -> String {
        self.link(&Filters::default().with("object", &thing.id))
    }

    /// The address of the log filtered by an actor.
    fn by(&self, who: &Called) -> String {
        self.link(&Filters::default().with("who", &who.id))
    }

    fn link(&self, filters: &Filters) -> String {
        format!("{HERE}?{}&project={}", filters.query("", None), self.project)
    }

    fn is_kind(&self, choice: &Choice) -> bool {
        self.filters.kind == choice.value
    }

    fn is_who(&self, choice: &Choice) -> bool {
        self.filters.who == choice.value
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    page(&state, &visit, None).await
}

/// Checks the chain and shows the result on the same page. It changes nothing, so there is no redirect.
pub(crate) async fn check(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form).map_err(|failure| *failure)?;
    let t = visit.person.messages;
    let found = state.app.check_audit_chain(&visit.person.actor(), &visit.organization.id).await;
    let ChainCheck { rows, until, broken } = found.map_err(|error| PageError::new(t, error))?;
    let until = until.map_or_else(String::new, |at| visit.person.format.exact(&at));
    let count = visit.person.format.number(&rows);
    let (count, until) = (("count", count.as_str()), ("until", until.as_str()));
    let said = match &broken {
        None if rows == 0 => t.text("audit-chain-empty"),
        None => t.text_with_all("audit-chain-whole", &[count, until]),
        Some(row) if rows == 0 => t.text_with("audit-chain-broken-first", "row", row),
        Some(row) => t.text_with_all("audit-chain-broken", &[("row", row.as_str()), count, until]),
    };
    page(&state, &visit, Some(Checked { whole: broken.is_none(), said })).await
}

async fn page(state: &DashboardState, visit: &Visit, checked: Option<Checked>) -> Page {
    let t = visit.person.messages;
    let query = &visit.person.query;
    let mut page = Audit {
        layout: Layout::new(state, visit, &t.text("nav-audit-log"), HERE),
        owner: visit.owner(),
        organization: (visit.organization.id.to_string(), visit.organization.name.clone()),
        project: visit.project.id.to_string(),
        filters: Filters::read(query),
        kinds: Vec::new(),
        people: Vec::new(),
        active: Vec::new(),
        rows: Vec::new(),
        older: None,
        newer: None,
        action: visit.link(HERE),
        csv: String::new(),
        wrong: FieldFault::default(),
        checked,
    };
    if !page.owner {
        return render(t, &page);
    }
    let options = state.app.audit_options(&visit.person.actor(), &visit.organization.id).await;
    let options = options.map_err(|error| PageError::new(t, error))?;
    page.kinds = kinds(&page, &options);
    page.people = people(&page, &options);
    page.csv = visit.link(&format!("{HERE}.csv?{}", page.filters.query("", None)));
    page.active = active(&page, visit, &options);
    let question = match page.filters.question(&visit.person.format.zone) {
        Ok(question) => question,
        // With an invalid filter no rows are shown.
        Err(name) => {
            page.wrong = FieldFault::new(name, t.text("audit-date-wrong"));
            return render(t, &page);
        }
    };
    let before = query.get("before").cloned();
    let (after, backwards) = match before {
        Some(before) => (Some(before), true),
        None => (query.get("after").cloned(), false),
    };
    let cursor = Cursor { after: after.clone(), limit: ROWS, ascending: backwards };
    let found = state.app.search_audit_log(&visit.person.actor(), &visit.organization.id, question, cursor).await;
    let AuditLog { rows: Listing { mut data, has_more }, names } = found.map_err(|error| PageError::new(t, error))?;
    if backwards {
        data.reverse();
    }
    let place = |name, id: &str| Some(visit.link(&format!("{HERE}?{}", page.filters.query("", Some((name, id))))));
    if has_more || backwards {
        page.older = data.last().and_then(|row| place("after", row.id.as_str()));
    }
    if (has_more && backwards) || (after.is_some() && !backwards) {
        page.newer = data.first().and_then(|row| place("before", row.id.as_str()));
    }
    let own = (page.organization.0.as_str(), page.organization.1.as_str());
    page.rows = data.iter().map(|event| words::entry(t, &page.layout.format, event, own, &names)).collect();
    render(t, &page)
}

/// The kinds of events that occur, grouped by area; the first option of a group is the whole area.
fn kinds(page: &Audit, options: &AuditOptions) -> Vec<Choices> {
    let t = page.layout.t;
    let of = |area: Area| {
        let label = t.text(&format!("audit-area-{}", area.as_str()));
        let whole = Choice { value: area.as_str().to_owned(), label: t.text_with("audit-area-all", "area", &label) };
        let single = options.actions.iter().filter(|action| Area::of(action) == area);
        let single = single.map(|action| Choice { value: action.clone(), label: words::action(t, action) });
        Choices { label, choices: std::iter::once(whole).chain(single).collect() }
    };
    Area::ALL.into_iter().map(of).filter(|area| area.choices.len() > 1).collect()
}

/// The actors, grouped by kind.
fn people(page: &Audit, options: &AuditOptions) -> Vec<Choices> {
    let t = page.layout.t;
    let of = |kind: &str| {
        let own = options.actors.iter().filter(|(known, _)| known == kind);
        let mut choices: Vec<Choice> = own
            .map(|(kind, id)| {
                let who = words::actor(t, kind, id, &options.names);
                let label = match (who.name == *id, who.kind.is_empty()) {
                    (true, _) => who.name,
                    (false, true) => format!("{} ({id})", who.name),
                    (false, false) => format!("{} ({})", who.name, who.kind),
                };
                Choice { value: id.clone(), label }
            })
            .collect();
        choices.sort_by(|a, b| a.label.cmp(&b.label));
        Choices { label: t.text(&format!("audit-actors-{}", kind.replace('_', "-"))), choices }
    };
    let kinds = ["session", "api_key", "service", "operator"];
    kinds.into_iter().map(of).filter(|group| !group.choices.is_empty()).collect()
}

/// The active filters with their labels.
fn active(page: &Audit, visit: &Visit, options: &AuditOptions) -> Vec<Active> {
    let t = page.layout.t;
    let filters = &page.filters;
    let chosen = |groups: &[Choices], value: &str| {
        let found = groups.iter().flat_map(|group| &group.choices).find(|choice| choice.value == value);
        found.map_or_else(|| value.to_owned(), |choice| choice.label.clone())
    };
    // A kind that does not occur yet has a label, too.
    let kind = match Area::from_name(&filters.kind) {
        Some(area) => t.text_with("audit-area-all", "area", t.text(&format!("audit-area-{}", area.as_str()))),
        None => words::action(t, &filters.kind),
    };
    let object = match options.names.get(&filters.object) {
        Some(keystead_app::audit::Named::Person(person)) => format!("{} ({})", person.name, filters.object),
        _ => filters.object.clone(),
    };
    [
        ("kind", "audit-kind", kind),
        ("who", "audit-who", chosen(&page.people, &filters.who)),
        ("object", "audit-object", object),
        ("from", "audit-from", filters.from.clone()),
        ("to", "audit-to", filters.to.clone()),
    ]
    .into_iter()
    .filter(|(.., value)| !value.is_empty())
    .map(|(name, label, value)| {
        let without = visit.link(&format!("{HERE}?{}", filters.query(name, None)));
        Active { label: t.text(label), value, without }
    })
    .collect()
}
