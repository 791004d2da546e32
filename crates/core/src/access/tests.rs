//! The access decision against an oracle in the form of a table, over every combination of its inputs.

use super::*;
use crate::caller::{Owner, ReachableOrganization, ReachableProject};
use crate::gate::{Entitlements, Requirement};
use crate::key::KeyDigest;
use crate::role::{OrganizationRole, ProjectRole};
use crate::route::{self, ROUTES};
use crate::scope::ScopeSet;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
const NOW: Timestamp = Timestamp(1_000_000);

fn organization(id: &str) -> OrganizationId {
    id.parse().unwrap_or_else(|_| unreachable!("test id"))
}

fn project(id: &str, archived: bool, is_default: bool, role: Option<ProjectRole>) -> ReachableProject {
    ReachableProject {
        features: None,
        id: id.parse().unwrap_or_else(|_| unreachable!("test id")),
        archived,
        is_default,
        role,
        certificates: None,
        assigned: None,
        models: None,
        addresses: None,
        budgets: Vec::new(),
        rates: None,
    }
}

fn reachable(
    id: &str,
    role: Option<OrganizationRole>,
    met: &[Requirement],
    projects: Vec<ReachableProject>,
) -> ReachableOrganization {
    ReachableOrganization {
        id: organization(id),
        deactivated: false,
        billing_suspended: false,
        role,
        assigned: ScopeSet::NONE,
        entitlements: Entitlements {
            version: 1,
            met: met.to_vec(),
            organization_created_at: Timestamp(0),
            ..Entitlements::default()
        },
        projects,
        addresses: None,
        budgets: Vec::new(),
        caller_budgets: Vec::new(),
    }
}

fn caller(kind: KeyKind, scopes: ScopeSet, organizations: Vec<ReachableOrganization>) -> Caller {
    Caller {
        key: "key_a".parse().unwrap_or_else(|_| unreachable!("test id")),
        digest: KeyDigest::from_bytes([1; 32]),
        kind,
        owner: Owner::User("user-a".parse().unwrap_or_else(|_| unreachable!("test id"))),
        owner_active: true,
        expires_at: None,
        scopes,
        organizations,
        revision: 0,
    }
}

fn chat() -> &'static Route {
    route::find("POST", "/v1/chat/completions").map_or_else(|_| unreachable!("in the table"), |m| m.route)
}

/// Organizations `org-own` (default) and `org-two`; each has a Default project and another one.
fn world(kind: KeyKind, member: bool, archived: bool, scopes: ScopeSet) -> Caller {
    let role = member.then_some(OrganizationRole::Reader);
    let bound = ProjectRole::Member;
    let organizations = match kind {
        KeyKind::User if member => vec![
            reachable(
                "org-own",
                role,
                &[],
                vec![project("proj_d1", archived, true, None), project("proj_x1", archived, false, Some(bound))],
            ),
            reachable(
                "org-two",
                role,
                &[],
                vec![project("proj_d2", archived, true, None), project("proj_x2", archived, false, Some(bound))],
            ),
        ],
        KeyKind::User => Vec::new(),
        KeyKind::Admin => vec![reachable("org-own", member.then_some(OrganizationRole::Owner), &[], Vec::new())],
        KeyKind::Project | KeyKind::ServiceAccount => {
            let organization_role = if kind == KeyKind::Project { role } else { None };
            let project_role = if kind == KeyKind::ServiceAccount {
                Some(if member { bound } else { ProjectRole::None })
            } else {
                None
            };
            vec![reachable("org-own", organization_role, &[], vec![project("proj_x1", archived, false, project_role)])]
        }
    };
    caller(kind, scopes, organizations)
}

/// The expected decision, written in the other direction: by outcome.
fn expected(
    kind: KeyKind,
    headers: Selection<'_>,
    member: bool,
    archived: bool,
    scoped: bool,
) -> Result<(&'static str, &'static str), &'static str> {
    if kind == KeyKind::Admin {
        return Err("missing_scope");
    }
    let bound = matches!(kind, KeyKind::Project | KeyKind::ServiceAccount);
    let place = match (bound, headers.organization) {
        (true, None | Some("org-own")) => "org-own",
        (true, _) => return Err("mismatched_organization"),
        (false, None) if !member => return Err("no_membership"),
        (false, Some(_)) if !member => return Err("unknown_organization"),
        (false, None | Some("org-own")) => "org-own",
        (false, Some("org-two")) => "org-two",
        (false, _) => return Err("unknown_organization"),
    };
    let project = match (bound, place, headers.project) {
        (true, _, None | Some("proj_x1")) => "proj_x1",
        (false, "org-own", None | Some("proj_d1")) => "proj_d1",
        (false, "org-own", Some("proj_x1")) => "proj_x1",
        (false, "org-two", None) => "proj_d2",
        _ => return Err("mismatched_project"),
    };
    if archived {
        return Err("archived");
    }
    match (kind, member, scoped) {
        (KeyKind::Project, false, _) => Err("no_membership"),
        (_, true, true) => Ok((place, project)),
        _ => Err("missing_scope"),
    }
}

fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::MissingScope { .. } => "missing_scope",
        Refusal::MismatchedOrganization => "mismatched_organization",
        Refusal::UnknownOrganization(_) => "unknown_organization",
        Refusal::MismatchedProject => "mismatched_project",
        Refusal::ArchivedProject(_) => "archived",
        Refusal::NoMembership => "no_membership",
        Refusal::AccountDeactivated => "deactivated",
        Refusal::ExpiredKey(_) => "expired",
        _ => "other",
    }
}

#[test]
fn every_combination() {
    // S2-02 S2-03 S2-04 S2-06 S2-11 S2-13: kinds of key, both headers, defaults.
    let organizations = [None, Some("org-own"), Some("org-two"), Some("org-gone"), Some("nonsense\u{7}")];
    let projects = [None, Some("proj_x1"), Some("proj_d1"), Some("proj_gone")];
    let mut seen = 0;
    for kind in KeyKind::ALL {
        for organization in organizations {
            for project in projects {
                for (member, archived, scoped) in (0..8).map(|n| (n & 1 == 0, n & 2 == 0, n & 4 == 0)) {
                    let scopes = if scoped { ScopeSet::all() } else { ScopeSet::of(&[Scope::ModelRead]) };
                    let selection = Selection { organization, project };
                    let decided = decide(&world(kind, member, archived, scopes), chat(), selection, HERE, NOW);
                    let outcome = decided.as_ref().map(|p| (p.organization.as_str(), p.project.as_str())).map_err(name);
                    assert_eq!(
                        outcome,
                        expected(kind, selection, member, archived, scoped),
                        "{kind:?} {selection:?} member={member} archived={archived} scoped={scoped}"
                    );
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 4 * 5 * 4 * 8);
}

#[test]
fn expired_and_closed_come_first() {
    let mut late = world(KeyKind::Project, true, true, ScopeSet::NONE);
    late.expires_at = Some(NOW);
    assert!(matches!(decide(&late, chat(), Selection::default(), HERE, NOW), Err(Refusal::ExpiredKey(_))));
    assert!(!matches!(decide(&late, chat(), Selection::default(), HERE, NOW.plus(-1)), Err(Refusal::ExpiredKey(_))));
    late.expires_at = None;
    late.owner_active = false;
    assert_eq!(decide(&late, chat(), Selection::default(), HERE, NOW), Err(Refusal::AccountDeactivated));
    late.owner_active = true;
    late.organizations[0].deactivated = true;
    assert_eq!(decide(&late, chat(), Selection::default(), HERE, NOW), Err(Refusal::AccountDeactivated));
}

#[test]
fn every_route_requires_its_scope() {
    for route in ROUTES {
        let allowed = world(KeyKind::Project, true, false, ScopeSet::of(&[route.scope]));
        assert!(decide(&allowed, route, Selection::default(), HERE, NOW).is_ok(), "{}", route.path);
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|s| *s != route.scope).collect();
        let refused = world(KeyKind::Project, true, false, ScopeSet::of(&others));
        let wire = decide(&refused, route, Selection::default(), HERE, NOW).map_err(|r| r.response("http://localhost"));
        assert!(wire.is_err_and(|w| w.message.contains("Missing scopes: ")), "{}", route.path);
    }
}

#[test]
fn a_key_never_exceeds_its_owner() {
    for route in ROUTES {
        let mut viewer = world(KeyKind::ServiceAccount, true, false, ScopeSet::all());
        viewer.organizations[0].projects[0].role = Some(ProjectRole::Viewer);
        let allowed = decide(&viewer, route, Selection::default(), HERE, NOW).is_ok();
        assert_eq!(allowed, ProjectRole::Viewer.permissions().allows(route.scope), "{}", route.path);
    }
}

#[test]
fn administration_takes_admin_keys_only() {
    for kind in KeyKind::ALL {
        for member in [true, false] {
            let decided =
                decide_administration(&world(kind, member, false, ScopeSet::all()), Scope::ManagementWrite, NOW);
            assert_eq!(decided.is_ok(), kind == KeyKind::Admin && member, "{kind:?} {member}");
            if kind != KeyKind::Admin {
                let wire = decided.map_err(|r| r.response("http://localhost"));
                assert!(wire.is_err_and(|w| w.status == 403 && w.string_form));
            }
        }
    }
}

#[test]
fn gates_have_four_forms() {
    // S3-15 S3-16 S3-17: the four refusals of a gate, each with its status, code and param.
    let mut policy = Policy::default_rules();
    for rule in &mut policy.rules {
        rule.mode = crate::gate::Mode::Enforce;
    }
    let images = route::find("POST", "/v1/images/edits").map_or_else(|_| unreachable!("in the table"), |m| m.route);
    let plain = |model| ModelUse::of(model);
    let stream_rule = policy.rules.iter_mut().find(|r| r.action == "feature.stream");
    if let Some(rule) = stream_rule {
        rule.models.clear();
    }
    let rows = [
        (chat(), plain("o3"), 404, Some("model_not_found"), None),
        (images, plain("gpt-image-1"), 403, Some("organization_verification_required"), None),
        (chat(), ModelUse { stream: true, ..plain("gpt-4o") }, 400, Some("unsupported_value"), Some("stream")),
        (
            chat(),
            ModelUse { summary: true, ..plain("gpt-4o") },
            400,
            Some("unsupported_value"),
            Some("reasoning.summary"),
        ),
    ];
    for met in [vec![], vec![Requirement::Phone], vec![Requirement::Organization]] {
        let mut caller = world(KeyKind::Project, true, false, ScopeSet::all());
        caller.organizations[0].entitlements.met = met.clone();
        let payer =
            decide(&caller, chat(), Selection::default(), HERE, NOW).unwrap_or_else(|_| unreachable!("allowed"));
        for (route, asked, status, code, param) in rows {
            let judged = judge_model(&policy, &caller, &payer, route, asked, NOW);
            if met.contains(&Requirement::Organization) {
                assert!(judged.is_ok(), "{asked:?}");
                continue;
            }
            let wire = judged.map_err(|r| r.response("https://keys.example"));
            assert!(
                wire.as_ref().is_err_and(|w| (w.status, w.code, w.param) == (status, code, param)
                    && w.message.starts_with("Your organization must be verified to ")
                    && w.message.contains(
                        "Please go to https://keys.example/settings/organization/general?project=proj_x1 and click on"
                    )),
                "{wire:?}"
            );
        }
    }
}

// Checked after the archived project and before the scope; both lists must admit the address.
#[test]
fn addresses_are_judged_by_both_lists() {
    let networks = |entry: &str| Some(crate::network::Networks::new([entry]).unwrap());
    let near = Some("203.0.113.0/24");
    let far = Some("198.51.100.0/24");
    let judged = |caller: &Caller| decide(caller, chat(), Selection::default(), HERE, NOW).map(|_| ());
    for kind in [KeyKind::User, KeyKind::Project, KeyKind::ServiceAccount] {
        for (of_organization, of_project, passes) in [
            (None, None, true),
            (near, None, true),
            (None, near, true),
            (near, near, true),
            (far, None, false),
            (None, far, false),
            (near, far, false),
            (far, near, false),
        ] {
            for (archived, scopes) in [(false, ScopeSet::all()), (true, ScopeSet::all()), (false, ScopeSet::NONE)] {
                let mut caller = world(kind, true, archived, scopes);
                caller.organizations[0].addresses = of_organization.and_then(networks);
                caller.organizations[0].projects[0].addresses = of_project.and_then(networks);
                let decided = judged(&caller);
                let admitted = check_addresses(&caller, Selection::default(), HERE);
                match (archived, passes) {
                    (true, _) => assert!(matches!(decided, Err(Refusal::ArchivedProject(_)))),
                    (false, false) => {
                        assert_eq!(decided, Err(Refusal::AddressNotAuthorized));
                        assert_eq!(admitted, Err(Refusal::AddressNotAuthorized));
                    }
                    (false, true) => {
                        assert_eq!(decided.is_ok(), scopes == ScopeSet::all());
                        assert_eq!(admitted, Ok(()));
                    }
                }
            }
        }
    }
    let mut admin = world(KeyKind::Admin, true, false, ScopeSet::all());
    admin.organizations[0].addresses = networks("198.51.100.0/24");
    assert_eq!(check_addresses(&admin, Selection::default(), HERE), Err(Refusal::AddressNotAuthorized));
    admin.organizations[0].deactivated = true;
    assert_eq!(check_addresses(&admin, Selection::default(), HERE), Ok(()), "what is closed is said by the decision");
    // The other organization of a legacy key has its own lists.
    let mut legacy = world(KeyKind::User, true, false, ScopeSet::all());
    legacy.organizations[0].addresses = networks("198.51.100.0/24");
    let other = Selection { organization: Some("org-two"), project: None };
    assert!(decide(&legacy, chat(), other, HERE, NOW).is_ok());
}

// Addresses and countries, word for word.
#[test]
fn refusals_of_the_network() {
    let row = Refusal::AddressNotAuthorized.response("http://localhost");
    assert_eq!((row.status, row.kind, row.code), (401, "invalid_request_error", Some("ip_not_authorized")));
    assert_eq!(row.message, "Your IP is not authorized to make this request");
    let row = Refusal::UnsupportedCountry.response("http://localhost");
    assert_eq!((row.status, row.kind), (403, "request_forbidden"));
    assert_eq!(row.code, Some("unsupported_country_region_territory"));
    assert_eq!(row.message, "Country, region, or territory not supported");
}
