//! Server-rendered pages for people: sign-up, onboarding, keys, organization, verification, usage, the operator's
//! console. Every form works without scripts; no inline script or style and no third-party request, and the response
//! headers say so (security checklist V3).
//!
//! Addresses: the chosen project stands in the query (`?project=proj_…`) and names its organization, too, so a link
//! means the same thing to a colleague. Without it, pages show the person's first organization and its Default project.

mod cookies;
mod countries;
mod csv;
mod failure;
mod form;
mod help;
mod json;
mod language;
mod pages;
mod progress;
mod proof;
mod shell;
mod start;
mod text;
mod visit;
mod when;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use keystead_app::App;
use tokio::sync::watch;

pub use progress::Waiting;

use pages::{
    account, admin_keys, audit, billing, capture, door, general, handoff, help as help_pages, home, key, keys, limits,
    member, members, network, operator, operator_policy, operator_report, passkey, phone, project, project_models,
    projects, review, security, usage, welcome,
};

/// What the pages need to know of the installation.
#[derive(Debug, Clone)]
pub struct DashboardState {
    /// The use cases.
    pub app: App,
    /// Where people and SDKs reach this installation, without a trailing slash.
    pub public_url: String,
    /// The sandbox's inbox, when a sandbox runs.
    pub sandbox_url: Option<String>,
    /// Where forms may lead in the end beside our own pages: the services that take cards, documents and sign-ins.
    pub form_targets: Vec<String>,
    /// Turns true when streams shall end; a sender that is gone counts as that.
    pub stopped: watch::Receiver<bool>,
    /// Who waits for progress.
    pub waiting: Waiting,
}

impl DashboardState {
    /// Whether cookies may insist on TLS.
    fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    fn policy(&self) -> String {
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'self' {}; frame-ancestors 'none'",
            self.form_targets.join(" ")
        )
    }
}

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
    all("/", || get(start::page)),
    all("/sign-up", || get(door::sign_up).post(door::do_sign_up)),
    all("/sign-up/sent", || get(door::sent)),
    all("/confirm", || get(door::confirm).post(door::do_confirm)),
    all("/confirm-address", || get(door::confirm_address).post(door::do_confirm_address)),
    all("/sign-in", || get(door::sign_in).post(door::do_sign_in)),
    all("/sign-in/passkey", || post(passkey::ask)),
    all("/sign-in/passkey/finish", || post(passkey::sign_in)),
    all("/sign-in/code", || get(door::code).post(door::do_code)),
    all("/sign-in/with", || post(door::depart)),
    all("/sign-in/return", || get(door::arrive)),
    all("/forgot", || get(door::forgot).post(door::do_forgot)),
    all("/reset", || get(door::reset).post(door::do_reset)),
    all("/verify/{token}", || get(handoff::open).post(handoff::proceed)),
    held("/verify/{token}/capture", || get(capture::open).post(capture::begin)),
    held("/verify/{token}/capture/state", || get(capture::follow)),
    held("/verify/{token}/capture/events", || get(capture::events)),
    held("/verify/{token}/capture/{verb}", || post(capture::act)),
    held("/verify/{token}/capture/pictures/{slot}", || {
        post(capture::picture).layer(DefaultBodyLimit::max(capture::LARGEST_UPLOAD))
    }),
    all("/help", || get(help_pages::list)),
    all("/help/{slug}", || get(help_pages::open)),
    // Looking at an invitation is for everybody who holds the link; accepting needs a session.
    all("/invite", || get(door::invite).post(door::do_invite)),
    all("/invite/join", || post(door::join)),
    own("/reauthenticate", || get(proof::open).post(proof::prove)),
    own("/sign-out", || post(door::sign_out)),
    own("/preferences", || post(door::preferences)),
    own("/welcome", || get(welcome::start)),
    own("/welcome/organization", || get(welcome::organization).post(welcome::create)),
    own("/welcome/team", || get(welcome::team).post(welcome::invite)),
    own("/welcome/first-call", || get(welcome::first_call).post(welcome::first_key)),
    own("/welcome/credits", || get(welcome::credits)),
    own("/home", || get(home::open)),
    own("/api-keys", || get(keys::list).post(keys::create)),
    own("/api-keys/{id}/edit", || post(key::edit)),
    own("/api-keys/{id}/rotate", || post(key::rotate)),
    own("/api-keys/{id}/revoke", || post(key::revoke)),
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
    own("/settings/organization/audit-log.csv", || get(audit::export)),
    own("/settings/organization/admin-keys", || get(admin_keys::open)),
    proven("/settings/organization/admin-keys/create", || post(admin_keys::create)),
    proven("/settings/organization/admin-keys/{id}/delete", || post(admin_keys::delete)),
    own("/settings/account", || get(account::open)),
    own("/settings/account/keys/revoke", || post(account::revoke_key)),
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
    own("/operator/reviews", || get(review::queue)),
    own("/operator/reviews/{case}", || get(review::open).post(review::act)),
    own("/operator/reviews/{case}/pictures/{number}", || get(review::picture)),
    proven("/operator/second-factor", || post(operator::factor)),
    own("/operator", || get(operator::open).post(operator::act)),
    own("/operator/policy", || get(operator_policy::open).post(operator_policy::act)),
    own("/operator/exemptions", || get(operator_policy::open_exemptions).post(operator_policy::act_exemptions)),
    own("/operator/report", || get(operator_report::open)),
];

/// The most bytes that a request to this path may have, whatever its method.
#[must_use]
pub fn largest_body(path: &str) -> usize {
    let picture = path.strip_prefix("/verify/").is_some_and(|rest| rest.contains("/capture/pictures/"));
    if picture { capture::LARGEST_UPLOAD } else { form::LONGEST }
}

/// The pages' routes.
pub fn router(state: DashboardState) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let served = (route.serve)();
        let served = match route.audience {
            Audience::Proven => served.layer(from_fn_with_state(state.clone(), proof::ask)),
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
        .route("/static/help/{file}", get(help_pages::picture))
        .route("/static/icon.svg", get(|| file("image/svg+xml", include_str!("../static/icon.svg"))))
        .layer(from_fn_with_state(state.clone(), stamp))
        .with_state(state)
}

async fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What is no page runs nothing and sits in no frame, even when it is opened as one.
const DATA_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// The headers every answer of the pages carries.
async fn stamp(State(state): State<DashboardState>, request: Request, next: Next) -> Response {
    // Only the page that takes pictures may ask for the camera.
    let camera = request.uri().path().starts_with("/verify/") && request.uri().path().ends_with("/capture");
    // The addresses of these pages hold a secret, which nobody is to learn as the place a visitor came from. Without TLS
    // browsers say only so where our own forms come from, which must stay told then.
    let secret = ["/reset", "/confirm", "/confirm-address", "/invite"].contains(&request.uri().path());
    let referrer = if secret && state.secure() { "no-referrer" } else { "same-origin" };
    // What is not a page is data: a browser runs nothing of it, and shows pictures only where our own pages lead to them.
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let picture = read && request.uri().path().contains("/pictures/");
    let data = picture || request.uri().path().ends_with(".csv");
    if picture && !from_our_page(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let retry_at = response.extensions().get::<failure::RetryAt>().copied();
    let headers = response.headers_mut();
    if let Some(failure::RetryAt(at)) = retry_at {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(at.since(state.app.now()).max(1)));
    }
    if data {
        // A picture of a document is looked at, and must not lie in a folder of downloads.
        let disposition = if picture { "inline" } else { "attachment" };
        headers.entry(header::CONTENT_DISPOSITION).or_insert(HeaderValue::from_static(disposition));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DATA_POLICY));
    } else if let Ok(policy) = HeaderValue::from_str(&state.policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    let devices = match camera {
        true => "camera=(self), microphone=(), geolocation=()",
        false => "camera=(), microphone=(), geolocation=()",
    };
    headers.insert("permissions-policy", HeaderValue::from_static(devices));
    if state.secure() {
        headers.insert("strict-transport-security", HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a picture is shown on one of our pages, or opened from one. Browsers say both.
fn from_our_page(headers: &HeaderMap) -> bool {
    let says =
        |name: &str, allowed: &[&str]| headers.get(name).is_none_or(|said| allowed.iter().any(|one| said == one));
    says("sec-fetch-dest", &["image", "document"]) && says("sec-fetch-site", &["same-origin"])
}

/// An HTML answer in a language.
fn html(body: String, language: &'static str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept-language, cookie"),
        (header::CONTENT_LANGUAGE, language),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;
