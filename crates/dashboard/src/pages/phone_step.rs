//! The step that verifies a phone number: the number, then the code. It is part of every page that needs a verified
//! phone, so that people stay where they are and what they typed before is kept.

use keystead_app::Error;
use keystead_app::verification::phone::{NewPhone, PhoneCountry, PhoneView, VerificationView};
use keystead_core::gate::Requirement;
use keystead_core::language::Language;
use keystead_core::verification::phone::PhoneState;
use keystead_locales::{LocalFormat, Messages, countries};

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::response::subpath;

/// The page on which owners ask for a waiver.
pub(crate) const WAIVER: &str = "/settings/account/phone/waiver";

/// The step as a page shows it.
pub(crate) struct PhoneStep {
    pub(crate) t: Messages,
    pub(crate) format: LocalFormat,
    pub(crate) csrf: String,
    pub(crate) view: PhoneView,
    pub(crate) wrong: FieldFault,
    /// Whether the error used no code and no attempt.
    pub(crate) spared: bool,
    pub(crate) number: String,
    pub(crate) country: String,
    pub(crate) countries: Vec<(String, PhoneCountry)>,
    /// Whether a code was sent that can be typed.
    pub(crate) code_out: bool,
    pub(crate) inbox: Option<String>,
    pub(crate) support: Option<String>,
    /// Where owners ask for a waiver, if the operator accepts requests.
    pub(crate) waiver: Option<String>,
    /// Fields that each form of the step sends along.
    pub(crate) kept: Vec<(&'static str, String)>,
    page: &'static str,
    pub(crate) action: String,
}

/// What a form of the step led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The step continues: a code was sent, or another number is asked for.
    Continues,
    /// The number is verified.
    Verified,
}

/// Whether a new key requires a verified phone first.
pub(crate) async fn phone_needed(state: &DashboardState, visit: &Visit) -> Result<bool, PageError> {
    let view = state.app.verification_of(&visit.organization.id).await;
    let view = view.map_err(|error| PageError::new(visit.person.messages, error))?;
    let mut makes_keys = view.actions.iter().filter(|action| action.action == "api_key.create");
    Ok(makes_keys.any(|action| action.missing.contains(&Requirement::Phone)))
}

impl PhoneStep {
    /// The step on this page, with forms that are sent to `page` and below it.
    pub(crate) async fn of(
        state: &DashboardState,
        visit: &Visit,
        page: &'static str,
        kept: Vec<(&'static str, String)>,
        form: Option<&Form>,
    ) -> Result<Self, PageError> {
        let t = visit.person.messages;
        let view = state.app.phone_view(&visit.person.actor(), &visit.organization.id).await;
        let view = view.map_err(|error| PageError::new(t, error))?;
        let now = state.app.now();
        let alive = |current: &VerificationView| {
            matches!(current.state, PhoneState::CodeSent) && now < current.expires_at
                || current.locked_until.is_some_and(|at| now < at)
        };
        let code_out = view.current.as_ref().is_some_and(alive);
        let country = form.map(|form| form.field("country")).filter(|code| !code.is_empty());
        Ok(Self {
            t,
            format: visit.person.format.clone(),
            csrf: visit.person.session.csrf.clone(),
            view,
            wrong: FieldFault::default(),
            spared: false,
            number: form.map(|form| form.field("number").to_owned()).unwrap_or_default(),
            country: country.unwrap_or_else(|| usual_country(t.0)).to_owned(),
            countries: named(t.0, state.app.phone_countries()),
            code_out,
            inbox: state.sandbox_url.clone(),
            support: state.app.settings().support_email.clone(),
            waiver: state.app.settings().waiver_requests.then(|| visit.link(WAIVER)),
            kept,
            page,
            action: visit.link(page),
        })
    }

    /// Shows an error at the field it is about. Other failures get a page of their own.
    pub(crate) fn refuse(&mut self, error: &Error, verb: Option<&str>) {
        let field = if verb.is_none() { "number" } else { "code" };
        // A refused number costs nothing; a code that was checked does.
        self.spared = verb.is_none() && matches!(error, Error::Invalid { .. });
        self.wrong = FieldFault::new(field, error_message(&self.format, error));
    }

    pub(crate) fn checks_left(&self) -> i64 {
        self.view.current.as_ref().map_or(0, |current| i64::from(current.checks_left))
    }

    pub(crate) fn act(&self, verb: &str) -> String {
        subpath(&self.action, self.page, verb)
    }
}

fn usual_country(language: Language) -> &'static str {
    match language {
        Language::Polish => "PL",
        Language::Japanese => "JP",
        Language::English => "US",
    }
}

/// The countries sorted by name in the language.
fn named(language: Language, countries: Vec<PhoneCountry>) -> Vec<(String, PhoneCountry)> {
    let codes: Vec<&str> = countries.iter().map(|one| one.code.as_str()).collect();
    let order: Vec<String> = countries::list(language, &codes).iter().map(|(code, _)| (*code).to_owned()).collect();
    let mut named: Vec<_> = countries.into_iter().map(|one| (countries::name(language, &one.code), one)).collect();
    named.sort_by_key(|(_, one)| order.iter().position(|code| *code == one.code).unwrap_or(order.len()));
    named
}

/// Whether an error is shown in the step; others get a page of their own.
pub(crate) fn belongs_to_step(error: &Error) -> bool {
    !matches!(error, Error::Internal(_) | Error::Unavailable)
}

/// Runs a form of the step: without a verb it sends a code to the number.
pub(crate) async fn run(
    state: &DashboardState,
    visit: &Visit,
    verb: Option<&str>,
    form: &Form,
) -> Result<Progress, Error> {
    let origin = visit.person.context.origin;
    let (actor, organization, id) = (visit.person.actor(), &visit.organization.id, form.field("id"));
    match verb {
        None => {
            let phone = NewPhone {
                number: form.secret("number"),
                country: Some(form.field("country")).filter(|code| !code.is_empty()).map(str::to_owned),
                language: visit.person.messages.0.tag().to_owned(),
                origin,
                signed_in_again: visit.person.session.fresh,
            };
            state.app.start_phone_verification(&actor, organization, phone).await?;
            Ok(Progress::Continues)
        }
        Some("check") => {
            state.app.check_phone_code(&actor, organization, id, &form.secret("code"), origin).await?;
            Ok(Progress::Verified)
        }
        Some("resend") => {
            state.app.resend_phone_code(&actor, organization, id, origin).await?;
            Ok(Progress::Continues)
        }
        Some("change") => {
            state.app.abandon_phone_verification(&actor, organization, id).await?;
            Ok(Progress::Continues)
        }
        Some(other) => Err(Error::not_found("page", other)),
    }
}

#[cfg(test)]
mod tests {
    use keystead_locales::countries::name;

    use super::*;

    #[test]
    fn countries_are_sorted_by_their_names() {
        let country = |code: &str| PhoneCountry { code: code.to_owned(), calling_code: 1, served: true };
        for language in Language::ALL {
            let sorted = named(language, ["XK", "TA", "AC", "PL"].map(country).into());
            assert!(sorted.iter().all(|(label, one)| *label != one.code), "{}", language.tag());
            assert!(sorted.iter().any(|(label, _)| *label == name(language, "PL")));
        }
    }
}
