//! Every page with its audience, and where each is served.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use crate::pages::account::{overview, phone, security};
use crate::pages::audit::{csv as audit_csv, page as audit};
use crate::pages::capture::{handoff, steps};
use crate::pages::keys::{actions, list};
use crate::pages::operator::{overview as console, policy, report, reviews};
use crate::pages::organization::{
    admin_keys, billing, general, member, members, network, project, project_models, projects,
};
use crate::pages::sign_in::{forms, onboarding, passkey};
use crate::pages::usage::page as usage;
use crate::pages::{help, home, landing, limits};
use crate::state::DashboardState;
use crate::web::headers::stamp;
use crate::web::response::file;
use crate::web::{form, reauthenticate};

/// Who may open a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anybody.
    Everybody,
    /// People who are signed in; others are sent to the sign-in page.
    SignedIn,
    /// People who are signed in and proved themselves within the last ten minutes; others are asked for their password
    /// and code first, and go on from there (ASVS 7.5.1).
    Proven,
    /// Whoever holds the link, on the first device that went on with it.
    LinkHolder,
}

/// One page or form.
pub struct Route {
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Who may open it.
    pub audience: Audience,
    serve: fn() -> MethodRouter<DashboardState>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?})", self.path, self.audience)
    }
}

const fn all(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::Everybody, serve }
}

const fn own(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::SignedIn, serve }
}

const fn proven(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::Proven, serve }
}

const fn held(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::LinkHolder, serve }
}

/// Every page with its audience. Nothing is served that does not stand here.
pub static ROUTES: &[Route] = &[
    all("/", || get(landing::page)),
    all("/sign-up", || get(forms::sign_up).post(forms::do_sign_up)),
    all("/sign-up/sent", || get(forms::sent)),
    all("/confirm", || get(forms::confirm).post(forms::do_confirm)),
    all("/confirm-address", || get(forms::confirm_address).post(forms::do_confirm_address)),
    all("/sign-in", || get(forms::sign_in).post(forms::do_sign_in)),
    all("/sign-in/passkey", || post(passkey::ask)),
    all("/sign-in/passkey/finish", || post(passkey::sign_in)),
    all("/sign-in/code", || get(forms::code).post(forms::do_code)),
    all("/sign-in/with", || post(forms::depart)),
    all("/sign-in/return", || get(forms::arrive)),
    all("/forgot", || get(forms::forgot).post(forms::do_forgot)),
    all("/reset", || get(forms::reset).post(forms::do_reset)),
    all("/verify/{token}", || get(handoff::open).post(handoff::proceed)),
    held("/verify/{token}/capture", || get(steps::open).post(steps::begin)),
    held("/verify/{token}/capture/state", || get(steps::follow)),
    held("/verify/{token}/capture/events", || get(steps::events)),
    held("/verify/{token}/capture/{verb}", || post(steps::act)),
    held("/verify/{token}/capture/pictures/{slot}", || {
        post(steps::picture).layer(DefaultBodyLimit::max(steps::LARGEST_UPLOAD))
    }),
    all("/help", || get(help::list)),
    all("/help/{slug}", || get(help::open)),
    // Looking at an invitation is for everybody who holds the link; accepting needs a session.
    all("/invite", || get(forms::invite).post(forms::do_invite)),
    all("/invite/join", || post(forms::join)),
    own("/reauthenticate", || get(reauthenticate::open).post(reauthenticate::prove)),
    own("/sign-out", || post(forms::sign_out)),
    own("/preferences", || post(forms::preferences)),
    own("/welcome", || get(onboarding::start)),
    own("/welcome/organization", || get(onboarding::organization).post(onboarding::create)),
    own("/welcome/team", || get(onboarding::team).post(onboarding::invite)),
    own("/welcome/first-call", || get(onboarding::first_call).post(onboarding::first_key)),
    own("/welcome/credits", || get(onboarding::credits)),
    own("/home", || get(home::open)),
    own("/api-keys", || get(list::list).post(list::create)),
    own("/api-keys/{id}/edit", || post(actions::edit)),
    own("/api-keys/{id}/rotate", || post(actions::rotate)),
    own("/api-keys/{id}/revoke", || post(actions::revoke)),
    own("/usage", || get(usage::open)),
    own("/usage.csv", || get(usage::csv)),
    own("/limits", || get(limits::open).post(limits::save)),
    own("/settings/organization/general", || get(general::open).post(general::rename)),
    own("/settings/organization/verification/state", || get(general::follow)),
    own("/settings/organization/verification/events", || get(general::events)),
    proven("/settings/organization/verification/withdraw", || post(general::withdraw)),
    own("/settings/organization/verification/{verb}", || post(general::act)),
    proven("/settings/organization/second-factor", || post(general::require)),
    own("/settings/organization/members", || get(members::open)),
    own("/settings/organization/members/invite", || post(members::invite)),
    own("/settings/organization/members/revoke", || post(members::revoke)),
    own("/settings/organization/members/resend", || post(members::resend)),
    proven("/settings/organization/members/role", || post(members::role)),
    proven("/settings/organization/members/remove", || post(members::remove)),
    own("/settings/organization/members/{id}", || get(member::open).post(member::save)),
    own("/settings/organization/projects", || get(projects::open)),
    own("/settings/organization/projects/create", || post(projects::create)),
    own("/settings/organization/projects/archive", || post(projects::archive)),
    own("/settings/organization/projects/{id}", || get(project::open).post(project::rename)),
    own("/settings/organization/projects/{id}/service-accounts/{account}/edit", || post(project::change_account)),
    own("/settings/organization/projects/{id}/service-accounts/{account}/delete", || post(project::delete_account)),
    own("/settings/organization/projects/{id}/models", || get(project_models::open).post(project_models::save)),
    own("/settings/organization/billing/payment-methods", || get(billing::open)),
    own("/settings/organization/billing/payment-methods/add", || post(billing::add)),
    own("/settings/organization/billing/payment-methods/remove", || post(billing::remove)),
    own("/settings/organization/billing/payment-methods/prefer", || post(billing::prefer)),
    own("/settings/organization/network", || get(network::open)),
    proven("/settings/organization/network/{verb}", || post(network::act)),
    own("/settings/organization/projects/{id}/network", || get(network::open_project)),
    own("/settings/organization/audit-log", || get(audit::open).post(audit::check)),
    own("/settings/organization/audit-log.csv", || get(audit_csv::export)),
    own("/settings/organization/admin-keys", || get(admin_keys::open)),
    proven("/settings/organization/admin-keys/create", || post(admin_keys::create)),
    proven("/settings/organization/admin-keys/{id}/delete", || post(admin_keys::delete)),
    own("/settings/account", || get(overview::open)),
    own("/settings/account/keys/revoke", || post(overview::revoke_key)),
    own("/settings/account/phone", || get(phone::open).post(phone::start)),
    own("/settings/account/phone/check", || post(phone::check)),
    own("/settings/account/phone/resend", || post(phone::resend)),
    own("/settings/account/phone/change", || post(phone::change)),
    own("/settings/account/security", || get(security::open)),
    proven("/settings/account/security/email", || post(security::change_address)),
    proven("/settings/account/security/identity/connect", || post(security::connect_identity)),
    proven("/settings/account/security/identity/remove", || post(security::part_identity)),
    own("/settings/account/security/password", || post(security::change_password)),
    proven("/settings/account/security/second-factor", || get(security::begun).post(security::begin)),
    proven("/settings/account/security/second-factor/confirm", || post(security::confirm)),
    proven("/settings/account/security/second-factor/off", || post(security::switch_off)),
    proven("/settings/account/security/recovery-codes", || post(security::renew_codes)),
    proven("/settings/account/security/passkeys", || get(passkey::new).post(passkey::begin)),
    proven("/settings/account/security/passkeys/add", || post(passkey::add)),
    proven("/settings/account/security/passkeys/remove", || post(passkey::remove)),
    own("/settings/account/sessions/end", || post(security::end)),
    own("/settings/account/sessions/end-others", || post(security::end_others)),
    own("/operator/reviews", || get(reviews::queue)),
    own("/operator/reviews/{case}", || get(reviews::open).post(reviews::act)),
    own("/operator/reviews/{case}/pictures/{number}", || get(reviews::picture)),
    proven("/operator/second-factor", || post(console::factor)),
    own("/operator", || get(console::open).post(console::act)),
    own("/operator/policy", || get(policy::open).post(policy::act)),
    own("/operator/exemptions", || get(policy::open_exemptions).post(policy::act_exemptions)),
    own("/operator/report", || get(report::open)),
];

/// The most bytes that a request to this path may have, whatever its method.
#[must_use]
pub fn largest_body(path: &str) -> usize {
    let picture = path.strip_prefix("/verify/").is_some_and(|rest| rest.contains("/capture/pictures/"));
    if picture { steps::LARGEST_UPLOAD } else { form::LONGEST }
}

/// The pages' routes.
pub fn router(state: DashboardState) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let served = (route.serve)();
        let served = match route.audience {
            Audience::Proven => served.layer(from_fn_with_state(state.clone(), reauthenticate::ask)),
            Audience::SignedIn | Audience::Everybody | Audience::LinkHolder => served,
        };
        router = router.route(route.path, served);
    }
    router
        .route("/static/keystead.css", get(|| file("text/css; charset=utf-8", include_str!("../static/keystead.css"))))
        .route(
            "/static/keystead.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("../static/keystead.js"))),
        )
        .route(
            "/static/passkey.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("../static/passkey.js"))),
        )
        .route(
            "/static/capture.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("../static/capture.js"))),
        )
        .route("/static/help/{file}", get(help::picture))
        .route("/static/icon.svg", get(|| file("image/svg+xml", include_str!("../static/icon.svg"))))
        .layer(from_fn_with_state(state.clone(), stamp))
        .with_state(state)
}
