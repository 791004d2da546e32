//! Settings > Account: the profile, the emails, the phone, legacy keys.

use askama::Template;
use axum::extract::State;
use keystead_app::accounts::Profile;
use keystead_app::verification::phone::PhoneView;
use keystead_app::{Error, KeyRow};
use keystead_core::id::KeyId;
use keystead_locales::time_zones::{self, ZoneRegion};

use crate::pages::account::notifications::{self, NotificationChoice};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::{Person, Visit};
use crate::web::field_fault::FieldFault;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};

const HERE: &str = "/settings/account";

#[derive(Template)]
#[template(path = "pages/account.html")]
struct Account {
    layout: Layout,
    email: String,
    profile: Profile,
    zones: Vec<ZoneRegion>,
    /// The label of a chosen zone that is not in the list, such as a second name of a zone.
    zone_outside_list: Option<String>,
    /// The form field with an error, and the message.
    wrong: FieldFault,
    notifications: Vec<NotificationChoice>,
    /// Without one for members who hold no role: they see nothing of the organization.
    phone: Option<PhoneView>,
    /// The person's own legacy keys.
    keys: Vec<KeyRow>,
    save_href: String,
    notifications_href: String,
    phone_href: String,
    security_href: String,
    revoke_href: String,
}

/// The profile of the session.
fn kept(visit: &Visit) -> Profile {
    let session = &visit.person.session;
    Profile {
        name: session.name.clone(),
        language: session.language.clone(),
        theme: session.theme.clone(),
        time_zone: session.time_zone.clone(),
    }
}

async fn page(state: &DashboardState, visit: &Visit, profile: Profile) -> Result<Account, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(&visit.person.format, error);
    let session = &visit.person.session;
    let phone = match state.app.phone_view(&visit.person.actor(), &visit.organization.id).await {
        Err(Error::Refused(_)) => None,
        found => Some(found.map_err(fail)?),
    };
    let zones = time_zones::by_region(t, state.app.now());
    let listed = zones.iter().flat_map(|region| &region.zones).any(|zone| zone.name == profile.time_zone);
    let outside = !listed && !matches!(profile.time_zone.as_str(), "" | "UTC");
    Ok(Account {
        layout: Layout::new(state, visit, &t.text("nav-account"), HERE),
        email: session.email.clone(),
        zone_outside_list: outside.then(|| time_zones::label(&profile.time_zone, state.app.now())),
        zones,
        profile,
        wrong: FieldFault::default(),
        notifications: notifications::choices(state, visit).await?,
        phone,
        keys: state.app.user_keys(&session.user).await.map_err(fail)?,
        save_href: visit.link(HERE),
        notifications_href: visit.link("/settings/account/notifications"),
        revoke_href: visit.link("/settings/account/keys/revoke"),
        phone_href: visit.link("/settings/account/phone"),
        security_href: visit.link("/settings/account/security"),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let profile = kept(&visit);
    render(visit.person.messages, &page(&state, &visit, profile).await?)
}

/// Saves the profile.
pub(crate) async fn save(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let typed = |name: &str| form.field(name).trim().to_owned();
    let profile = Profile {
        name: form.field("name").to_owned(),
        language: typed("language"),
        theme: typed("theme"),
        time_zone: typed("time_zone"),
    };
    match saved(&state, &visit, &profile).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(Error::Invalid { param, code, message }) => {
            let (field, error) = (param.unwrap_or("name"), Error::Invalid { param, code, message });
            let mut page = page(&state, &visit, profile).await?;
            page.wrong = FieldFault::new(field, error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
        Err(error) => Err(PageError::new(&visit.person.format, error)),
    }
}

async fn saved(state: &DashboardState, visit: &Visit, profile: &Profile) -> Result<(), Error> {
    let zone = &profile.time_zone;
    if !zone.is_empty() && !time_zones::exists(zone) {
        return Err(Error::coded("time_zone", "time_zone_unknown", "Invalid 'time_zone': no zone has this name."));
    }
    state.app.save_profile(&visit.person.session.user, profile).await
}

/// Downloads a copy of what is kept about the person.
pub(crate) async fn export(State(state): State<DashboardState>, person: Person) -> Page {
    let copy = state.app.export_account(&person.secret).await;
    let copy = copy.map_err(|error| PageError::new(&person.format, error))?;
    let kind = FileKind::Json { disposition: "attachment; filename=\"keystead-account.json\"" };
    Ok(file_answer(kind, format!("{copy:#}\n")))
}

/// Revokes a legacy key of the person.
pub(crate) async fn revoke_key(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let id: KeyId = visit.named("API key", form.field("id"))?;
    let revoked = state.app.revoke_user_key(&visit.person.actor(), &id).await;
    revoked.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=key-revoked"))))
}
