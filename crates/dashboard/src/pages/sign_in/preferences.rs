//! The language, theme and time zone of a person.

use axum::extract::State;
use keystead_app::Error;
use keystead_locales::time_zones;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::{Person, local_path};
use crate::web::form::Form;
use crate::web::response::{Page, redirect};

/// Saves language, theme and time zone, and redirects back.
pub(crate) async fn save(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    // An absent field changes nothing; an empty one returns to the setting of the device.
    let field = |name: &str| form.all(name).into_iter().next().map(|value| value.trim().to_owned());
    let (language, theme, zone) = (field("language"), field("theme"), field("time_zone"));
    if zone.as_deref().is_some_and(|zone| !zone.is_empty() && !time_zones::exists(zone)) {
        let unknown = Error::coded("time_zone", "time_zone_unknown", "Invalid 'time_zone': no zone has this name.");
        return Err(PageError::new(&person.format, unknown));
    }
    let kept =
        state.app.save_preferences(&person.session.user, language.as_deref(), theme.as_deref(), zone.as_deref()).await;
    kept.map_err(|error| PageError::new(&person.format, error))?;
    Ok(redirect(local_path(form.field("next"))))
}
