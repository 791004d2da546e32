//! The table of all pages with their audience, and the router made from it.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use crate::pages::account::{deletion, notifications, overview as account, phone, security, waiver};
use crate::pages::audit::{csv as audit_csv, page as audit};
use crate::pages::capture::{ending, handoff, picture, steps};
use crate::pages::certificates::{list as certificates, one as certificate};
use crate::pages::keys::{actions, create, find, issued, list, overview, pauses};
use crate::pages::operator::{
    credit as operator_credit, overview as console, policy, prices, purchases, report, reviews, setup, waivers,
};
use crate::pages::organization::{
    admin_keys, billing, buy, credit, credit_csv, deletion as organization_deletion, general, group, groups, member,
    members, network, project, project_models, projects, role, roles, unusual_use, verification,
};
use crate::pages::sign_in::{first_call, forms, oidc, onboarding, passkey, preferences};
use crate::pages::usage;
use crate::pages::webhooks::{endpoint as webhook, list as webhooks};
use crate::pages::workloads::{list as workloads, provider, provider_form, rule_form, rules};
use crate::pages::{budgets, help, home, landing, limits, playground, reference, spend, unknown};
use crate::playground::PLAYGROUND_STREAM;
use crate::state::DashboardState;
use crate::web::file_answer::only_on_our_pages;
use crate::web::headers::add_headers;
use crate::web::response::file;
use crate::web::submit::redirect_after_forms;
use crate::web::{form, reauthenticate};

/// Who may open a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone.
    Public,
    /// People who are signed in; others are sent to the sign-in page.
    SignedIn,
    /// People who are signed in and authenticated within the last ten minutes; others are asked for their password and
    /// code first.
    RecentlyAuthenticated,
    /// People with the link, on the device that opened it first.
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

const fn public(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::Public, serve }
}

const fn signed_in(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::SignedIn, serve }
}

const fn recently_authenticated(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::RecentlyAuthenticated, serve }
}

const fn link_holder(path: &'static str, serve: fn() -> MethodRouter<DashboardState>) -> Route {
    Route { path, audience: Audience::LinkHolder, serve }
}

/// Every page with its audience. Only these pages and the static files are served.
pub static ROUTES: &[Route] = &[
    public("/", || get(landing::page)),
    public("/sign-up", || get(forms::sign_up).post(forms::do_sign_up)),
    public("/sign-up/sent", || get(forms::sent)),
    public("/confirm", || get(forms::confirm).post(forms::do_confirm)),
    public("/confirm-address", || get(forms::confirm_address).post(forms::do_confirm_address)),
    public("/sign-in", || get(forms::sign_in).post(forms::do_sign_in)),
    public("/sign-in/passkey", || post(passkey::ask)),
    public("/sign-in/passkey/finish", || post(passkey::sign_in)),
    public("/sign-in/code", || get(forms::code).post(forms::do_code)),
    public("/sign-in/with", || post(oidc::begin)),
    public("/sign-in/return", || get(oidc::finish)),
    public("/forgot", || get(forms::forgot).post(forms::do_forgot)),
    public("/reset", || get(forms::reset).post(forms::do_reset)),
    public("/verify/{token}", || get(handoff::open).post(handoff::proceed)),
    link_holder("/verify/{token}/capture", || get(steps::open).post(steps::begin)),
    public("/verify/done/{token}", || get(ending::open)),
    public("/verify/done/{token}/state", || get(ending::follow)),
    public("/verify/done/{token}/events", || get(ending::events)),
    link_holder("/verify/{token}/capture/{verb}", || post(steps::act)),
    link_holder("/verify/{token}/capture/pictures/{slot}", || {
        post(picture::receive).layer(DefaultBodyLimit::max(picture::LARGEST_UPLOAD))
    }),
    public("/help", || get(help::list)),
    public("/help/{slug}", || get(help::open)),
    public("/docs/api", || get(reference::index)),
    public("/docs/api/{slug}", || get(reference::open)),
    public("/openapi.json", || get(reference::openapi)),
    // Everyone with the link can see an invitation; accepting it requires a session.
    public("/invite", || get(forms::invite).post(forms::do_invite)),
    public("/invite/join", || post(forms::join)),
    signed_in("/reauthenticate", || get(reauthenticate::open).post(reauthenticate::prove)),
    signed_in("/sign-out", || post(forms::sign_out)),
    signed_in("/preferences", || post(preferences::save)),
    signed_in("/welcome", || get(onboarding::start)),
    signed_in("/welcome/organization", || get(onboarding::organization).post(onboarding::create)),
    signed_in("/welcome/team", || get(onboarding::team).post(onboarding::invite)),
    signed_in("/welcome/first-call", || get(first_call::open).post(first_call::create)),
    signed_in("/welcome/first-call/phone", || post(first_call::phone)),
    signed_in("/welcome/first-call/phone/{verb}", || post(first_call::phone_act)),
    signed_in("/welcome/first-call/state", || get(first_call::follow)),
    signed_in("/welcome/first-call/events", || get(first_call::events)),
    signed_in("/welcome/credits", || get(onboarding::credits)),
    signed_in("/home", || get(home::open)),
    signed_in("/api-keys", || get(list::list).post(create::create)),
    signed_in("/api-keys/phone", || post(create::phone)),
    signed_in("/api-keys/phone/{verb}", || post(create::phone_act)),
    signed_in("/api-keys/search", || post(find::search)),
    signed_in("/api-keys/revoke", || post(find::revoke_several)),
    signed_in("/api-keys/gateways", || get(find::gateways)),
    signed_in("/api-keys/workloads", || get(issued::open)),
    signed_in("/api-keys/{id}", || get(overview::open)),
    signed_in("/api-keys/{id}/edit", || post(actions::edit)),
    signed_in("/api-keys/{id}/rotate", || post(actions::rotate)),
    signed_in("/api-keys/{id}/revoke", || post(actions::revoke)),
    signed_in("/api-keys/{id}/pause", || post(pauses::pause)),
    signed_in("/api-keys/{id}/resume", || post(pauses::resume)),
    signed_in("/api-keys/{id}/cap", || post(pauses::cap)),
    signed_in("/playground", || get(playground::open).post(playground::ask)),
    signed_in(PLAYGROUND_STREAM, || post(playground::stream)),
    signed_in("/playground/examples", || post(playground::code)),
    signed_in("/usage", || get(usage::open)),
    signed_in("/usage.csv", || get(usage::csv)),
    signed_in("/limits", || get(limits::open).post(limits::save)),
    signed_in("/settings/organization/general", || get(general::open).post(general::rename)),
    signed_in("/settings/organization/verification/state", || get(verification::follow)),
    signed_in("/settings/organization/verification/events", || get(verification::events)),
    recently_authenticated("/settings/organization/verification/withdraw", || post(verification::withdraw)),
    signed_in("/settings/organization/verification/{verb}", || post(verification::act)),
    recently_authenticated("/settings/organization/second-factor", || post(general::require)),
    recently_authenticated("/settings/organization/export.json", || get(organization_deletion::export)),
    signed_in("/settings/organization/delete", || get(organization_deletion::open)),
    recently_authenticated("/settings/organization/delete/request", || post(organization_deletion::request)),
    signed_in("/settings/organization/delete/cancel", || post(organization_deletion::cancel)),
    signed_in("/settings/organization/members", || get(members::open)),
    signed_in("/settings/organization/members/invite", || post(members::invite)),
    signed_in("/settings/organization/members/revoke", || post(members::revoke)),
    signed_in("/settings/organization/members/resend", || post(members::resend)),
    recently_authenticated("/settings/organization/members/role", || post(members::role)),
    recently_authenticated("/settings/organization/members/remove", || post(members::remove)),
    signed_in("/settings/organization/members/{id}", || get(member::open).post(member::save)),
    recently_authenticated("/settings/organization/members/{id}/roles/give", || post(member::give)),
    signed_in("/settings/organization/members/{id}/roles/take", || post(member::take)),
    signed_in("/settings/organization/groups", || get(groups::open)),
    signed_in("/settings/organization/groups/create", || post(groups::create)),
    signed_in("/settings/organization/groups/{id}", || get(group::open).post(group::rename)),
    recently_authenticated("/settings/organization/groups/{id}/delete", || post(group::delete)),
    recently_authenticated("/settings/organization/groups/{id}/people/add", || post(group::add)),
    signed_in("/settings/organization/groups/{id}/people/remove", || post(group::remove)),
    recently_authenticated("/settings/organization/groups/{id}/roles/give", || post(group::give)),
    signed_in("/settings/organization/groups/{id}/roles/take", || post(group::take)),
    signed_in("/settings/organization/roles", || get(roles::open)),
    signed_in("/settings/organization/roles/new", || get(role::new).post(role::create)),
    signed_in("/settings/organization/roles/{id}", || get(role::open)),
    recently_authenticated("/settings/organization/roles/{id}/edit", || post(role::edit)),
    recently_authenticated("/settings/organization/roles/{id}/delete", || post(role::delete)),
    signed_in("/settings/organization/projects", || get(projects::open)),
    signed_in("/settings/organization/projects/create", || post(projects::create)),
    signed_in("/settings/organization/projects/archive", || post(projects::archive)),
    signed_in("/settings/organization/projects/{id}", || get(project::open).post(project::rename)),
    signed_in("/settings/organization/projects/{id}/service-accounts/{account}/edit", || post(project::change_account)),
    signed_in("/settings/organization/projects/{id}/service-accounts/{account}/delete", || {
        post(project::delete_account)
    }),
    signed_in("/settings/organization/projects/{id}/tools", || post(project_models::save_tools)),
    signed_in("/settings/organization/projects/{id}/tiers", || post(project_models::save_tiers)),
    signed_in("/settings/organization/projects/{id}/models", || get(project_models::open).post(project_models::save)),
    signed_in("/settings/organization/billing", || get(credit::open)),
    recently_authenticated("/settings/organization/billing/recharge", || post(credit::recharge)),
    recently_authenticated("/settings/organization/billing/recharge/stop", || post(credit::stop)),
    signed_in("/settings/organization/billing/low-mark", || post(credit::save_low_mark)),
    signed_in("/settings/organization/billing/ledger.csv", || get(credit_csv::export)),
    signed_in("/settings/organization/billing/payment-methods", || get(billing::open)),
    recently_authenticated("/settings/organization/billing/payment-methods/add", || post(billing::add)),
    recently_authenticated("/settings/organization/billing/payment-methods/remove", || post(billing::remove)),
    recently_authenticated("/settings/organization/billing/payment-methods/prefer", || post(billing::prefer)),
    signed_in("/settings/organization/billing/buy", || get(buy::open).post(buy::review)),
    recently_authenticated("/settings/organization/billing/buy/pay", || post(buy::pay)),
    signed_in("/settings/organization/billing/buy/state", || get(buy::state)),
    signed_in("/settings/organization/network", || get(network::open)),
    recently_authenticated("/settings/organization/network/{verb}", || post(network::act)),
    signed_in("/settings/organization/projects/{id}/network", || get(network::open_project)),
    signed_in("/settings/organization/certificates", || get(certificates::open)),
    signed_in("/settings/organization/certificates/upload", || post(certificates::upload)),
    signed_in("/settings/organization/certificates/{id}", || get(certificate::open)),
    recently_authenticated("/settings/organization/certificates/{id}/{verb}", || post(certificate::act)),
    signed_in("/settings/organization/projects/{id}/certificates", || get(certificates::open_project)),
    signed_in("/settings/organization/workload-identity", || get(workloads::open)),
    signed_in("/settings/organization/workload-identity/new", || get(provider_form::new)),
    signed_in("/settings/organization/workload-identity/create", || post(provider_form::create)),
    signed_in("/settings/organization/workload-identity/{id}", || get(provider::open)),
    signed_in("/settings/organization/workload-identity/{id}/edit", || get(provider_form::edit)),
    signed_in("/settings/organization/workload-identity/{id}/fetch", || post(provider::fetch)),
    recently_authenticated("/settings/organization/workload-identity/{id}/{verb}", || post(provider::act)),
    signed_in("/settings/organization/workload-identity/{id}/rules/new", || get(rule_form::new)),
    recently_authenticated("/settings/organization/workload-identity/{id}/rules/create", || post(rule_form::create)),
    signed_in("/settings/organization/workload-identity/{id}/rules/{rule}", || get(rule_form::edit)),
    recently_authenticated("/settings/organization/workload-identity/{id}/rules/{rule}/{verb}", || post(rules::act)),
    signed_in("/settings/organization/budgets", || get(budgets::open)),
    signed_in("/settings/organization/budgets/{verb}", || post(budgets::act)),
    signed_in("/settings/organization/budget-alerts", || get(budgets::alerts::open)),
    signed_in("/settings/organization/budget-alerts/{verb}", || post(budgets::alerts::act)),
    signed_in("/settings/organization/webhooks", || get(webhooks::open)),
    recently_authenticated("/settings/organization/webhooks/create", || post(webhooks::create)),
    signed_in("/settings/organization/webhooks/{id}", || get(webhook::open)),
    recently_authenticated("/settings/organization/webhooks/{id}/{verb}", || post(webhook::act)),
    signed_in("/settings/organization/unusual-use", || get(unusual_use::open).post(unusual_use::save)),
    signed_in("/settings/organization/spend", || get(spend::open)),
    signed_in("/settings/organization/spend/{verb}", || post(spend::act)),
    signed_in("/settings/organization/projects/{id}/spend", || get(spend::open_project)),
    signed_in("/settings/organization/audit-log", || get(audit::open).post(audit::check)),
    signed_in("/settings/organization/audit-log.csv", || get(audit_csv::export)),
    signed_in("/settings/organization/admin-keys", || get(admin_keys::open)),
    signed_in("/settings/organization/admin-keys/{id}/resume", || post(admin_keys::resume)),
    recently_authenticated("/settings/organization/admin-keys/create", || post(admin_keys::create)),
    recently_authenticated("/settings/organization/admin-keys/{id}/delete", || post(admin_keys::delete)),
    signed_in("/settings/account", || get(account::open).post(account::save)),
    recently_authenticated("/settings/account/export.json", || get(account::export)),
    signed_in("/settings/account/delete", || get(deletion::open)),
    recently_authenticated("/settings/account/delete/request", || post(deletion::request)),
    signed_in("/settings/account/delete/cancel", || post(deletion::cancel)),
    signed_in("/settings/account/notifications", || post(notifications::save)),
    signed_in("/settings/account/keys/revoke", || post(account::revoke_key)),
    signed_in("/settings/account/phone", || get(phone::open).post(phone::start)),
    signed_in("/settings/account/phone/check", || post(phone::check)),
    signed_in("/settings/account/phone/resend", || post(phone::resend)),
    signed_in("/settings/account/phone/change", || post(phone::change)),
    signed_in("/settings/account/phone/waiver", || get(waiver::open).post(waiver::ask)),
    signed_in("/settings/account/security", || get(security::open)),
    recently_authenticated("/settings/account/security/email", || post(security::change_address)),
    recently_authenticated("/settings/account/security/identity/connect", || post(security::connect_identity)),
    recently_authenticated("/settings/account/security/identity/remove", || post(security::unlink_identity)),
    signed_in("/settings/account/security/password", || post(security::change_password)),
    recently_authenticated("/settings/account/security/second-factor", || get(security::begun).post(security::begin)),
    recently_authenticated("/settings/account/security/second-factor/confirm", || post(security::confirm)),
    recently_authenticated("/settings/account/security/second-factor/off", || post(security::switch_off)),
    recently_authenticated("/settings/account/security/recovery-codes", || post(security::renew_codes)),
    recently_authenticated("/settings/account/security/passkeys", || get(passkey::new).post(passkey::begin)),
    recently_authenticated("/settings/account/security/passkeys/add", || post(passkey::add)),
    recently_authenticated("/settings/account/security/passkeys/remove", || post(passkey::remove)),
    signed_in("/settings/account/sessions/end", || post(security::end)),
    signed_in("/settings/account/sessions/end-others", || post(security::end_others)),
    signed_in("/operator/reviews", || get(reviews::queue)),
    signed_in("/operator/reviews/{case}", || get(reviews::open).post(reviews::act)),
    signed_in("/operator/reviews/{case}/pictures/{number}", || {
        get(reviews::picture).route_layer(from_fn(only_on_our_pages))
    }),
    recently_authenticated("/operator/second-factor", || post(console::factor)),
    signed_in("/operator", || get(console::open).post(console::act)),
    signed_in("/operator/policy", || get(policy::open).post(policy::act)),
    signed_in("/operator/exemptions", || get(policy::open_exemptions).post(policy::act_exemptions)),
    signed_in("/operator/exemptions/waivers", || post(waivers::decide)),
    signed_in("/operator/credit/{organization}/purchases", || get(purchases::open)),
    recently_authenticated("/operator/credit/{organization}/purchases/refund", || post(purchases::refund)),
    signed_in("/operator/prices", || get(prices::list::open)),
    signed_in("/operator/prices/preview", || {
        post(prices::import::preview).layer(DefaultBodyLimit::max(prices::import::LARGEST_UPLOAD))
    }),
    signed_in("/operator/prices/import", || post(prices::import::import)),
    signed_in("/operator/prices/model", || get(prices::model::open).post(prices::model::act)),
    signed_in("/operator/credit", || get(operator_credit::list)),
    signed_in("/operator/credit/{organization}", || get(operator_credit::open)),
    recently_authenticated("/operator/credit/{organization}/change", || post(operator_credit::act)),
    signed_in("/operator/report", || get(report::open)),
    signed_in("/operator/setup", || get(setup::open).post(setup::act)),
];

/// The largest body, in bytes, that a request to this path may have.
#[must_use]
pub fn largest_body(path: &str) -> usize {
    let is_picture = path.strip_prefix("/verify/").is_some_and(|rest| rest.contains("/capture/pictures/"));
    // A long message of letters that take nine bytes each in a form.
    let is_message = path.starts_with("/playground/");
    if is_picture {
        picture::LARGEST_UPLOAD
    } else if path == "/operator/prices/preview" {
        prices::import::LARGEST_UPLOAD
    } else if is_message {
        4 * form::LONGEST
    } else {
        form::LONGEST
    }
}

/// The pages' routes.
pub fn router(state: DashboardState) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let served = (route.serve)();
        let served = match route.audience {
            Audience::RecentlyAuthenticated => {
                served.layer(from_fn_with_state(state.clone(), reauthenticate::require_recent))
            }
            Audience::SignedIn | Audience::Public | Audience::LinkHolder => served,
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
        .route(
            "/static/operator.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("../static/operator.js"))),
        )
        .route(
            "/static/playground.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("../static/playground.js"))),
        )
        .route("/static/help/{file}", get(help::picture))
        .fallback(unknown::open)
        .method_not_allowed_fallback(unknown::form_only)
        .route("/static/icon.svg", get(|| file("image/svg+xml", include_str!("../static/icon.svg"))))
        .layer(from_fn_with_state(state.clone(), redirect_after_forms))
        .layer(from_fn_with_state(state.clone(), add_headers))
        .with_state(state)
}
