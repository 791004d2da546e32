//! The form for a new provider, and the same for one that exists.

use askama::Template;
use axum::extract::{Path, State};
use keystead_core::id::WorkloadIdentityProviderId;

use super::HERE;
use super::list::PLATFORMS;
use super::provider_draft::ProviderDraft;
use super::wording::{ends_form, provider_refused};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_invalid};
use crate::web::submit::reloads_as;

#[derive(Template)]
#[template(path = "pages/workload_provider_form.html")]
struct ProviderForm {
    layout: Layout,
    owner: bool,
    draft: ProviderDraft,
    fault: FieldFault,
    /// Whether the provider exists already.
    exists: bool,
    /// How many keys would end with a change, in words.
    ends: Option<String>,
    platform: String,
    platforms: Vec<(&'static str, String, bool)>,
    action: String,
    back_name: String,
    back_href: String,
}

fn new_page(state: &DashboardState, visit: &Visit, draft: ProviderDraft, fault: FieldFault) -> ProviderForm {
    let t = visit.person.messages;
    let chosen = visit.person.query.get("platform").map_or("", String::as_str);
    let platform = |(word, name): (&'static str, &'static str)| {
        (name, visit.link(&format!("{HERE}/new?platform={word}")), word == chosen)
    };
    ProviderForm {
        layout: Layout::new(state, visit, &t.text("workload-provider-create"), HERE),
        owner: visit.owner(),
        draft,
        fault,
        exists: false,
        ends: None,
        platform: PLATFORMS.iter().find(|(word, _)| *word == chosen).map_or("", |(word, _)| word).to_owned(),
        platforms: PLATFORMS.into_iter().map(platform).collect(),
        action: visit.link(&format!("{HERE}/create")),
        back_name: t.text("nav-workloads"),
        back_href: visit.link(HERE),
    }
}

pub(crate) async fn new(State(state): State<DashboardState>, visit: Visit) -> Page {
    let platform = visit.person.query.get("platform").map_or("", String::as_str);
    let draft = ProviderDraft::for_platform(platform, &state.public_url);
    render(visit.person.messages, &new_page(&state, &visit, draft, FieldFault::default()))
}

/// Creates a provider, fetches the keys of its issuer, and leads to its page.
pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let draft = ProviderDraft::sent(&form);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let fault = match draft.asked(t) {
        Err(fault) => fault,
        Ok(asked) => match state.app.create_workload_identity_provider(&actor, organization, asked).await {
            Ok(made) => {
                let fetched = state.app.fetch_issuer_keys(&actor, organization, &made.id).await;
                fetched.map_err(|error| PageError::new(t, error))?;
                return Ok(redirect(&visit.link(&format!("{HERE}/{}?done=provider-created", made.id))));
            }
            Err(error) if ends_form(&error) => return Err(PageError::new(t, error)),
            Err(error) => provider_refused(&visit, &error, &draft.issuer, &draft.discovery_url),
        },
    };
    let page = render_invalid(t, &new_page(&state, &visit, draft.without_private_keys(), fault));
    reloads_as(page, visit.link(&format!("{HERE}/new")))
}

async fn edit_page(
    state: &DashboardState,
    visit: &Visit,
    id: &WorkloadIdentityProviderId,
    filled: Option<(ProviderDraft, FieldFault)>,
) -> Result<ProviderForm, PageError> {
    let t = visit.person.messages;
    let found = state.app.provider_overview(&visit.person.actor(), &visit.organization.id, id).await;
    let found = found.map_err(|error| PageError::new(t, error))?;
    let live = found.rules.iter().fold(0_i64, |sum, rule| sum.saturating_add(rule.live_keys));
    let kept = || (ProviderDraft::of(&found.provider), FieldFault::default());
    let (draft, fault) = filled.unwrap_or_else(kept);
    Ok(ProviderForm {
        layout: Layout::new(state, visit, &t.text_with("workload-edit-of", "name", &found.provider.name), HERE),
        owner: visit.owner(),
        draft,
        fault,
        exists: true,
        ends: (live > 0).then(|| t.count("workload-change-ends", &live)),
        platform: String::new(),
        platforms: Vec::new(),
        action: visit.link(&format!("{HERE}/{id}/save")),
        back_name: found.provider.name,
        back_href: visit.link(&format!("{HERE}/{id}")),
    })
}

pub(crate) async fn edit(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("workload identity provider", &id)?;
    let page = edit_page(&state, &visit, &id, None).await?;
    render(visit.person.messages, &page)
}

/// Saves a provider, fetches the keys of its issuer, and leads to its page.
pub(super) async fn save(state: &DashboardState, visit: &Visit, id: &WorkloadIdentityProviderId, form: &Form) -> Page {
    let t = visit.person.messages;
    let draft = ProviderDraft::sent(form);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let fault = match draft.change(t) {
        Err(fault) => fault,
        Ok(change) => match state.app.update_workload_identity_provider(&actor, organization, id, &change).await {
            Ok(_) => {
                let fetched = state.app.fetch_issuer_keys(&actor, organization, id).await;
                fetched.map_err(|error| PageError::new(t, error))?;
                return Ok(redirect(&visit.link(&format!("{HERE}/{id}?done=saved"))));
            }
            Err(error) if ends_form(&error) => return Err(PageError::new(t, error)),
            Err(error) => provider_refused(visit, &error, &draft.issuer, &draft.discovery_url),
        },
    };
    let page = edit_page(state, visit, id, Some((draft.without_private_keys(), fault))).await?;
    reloads_as(render_invalid(t, &page), visit.link(&format!("{HERE}/{id}/edit")))
}
