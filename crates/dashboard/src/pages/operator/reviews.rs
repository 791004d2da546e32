//! The queue of cases and one case: pictures with the reviewer's name as watermark, the results of the automatic
//! checks, what the reviewer has to check, and the decision.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use keystead_app::review::{
    CaseView, Decided, LegalHold, PictureView, QueueRow, VIEW_REASONS, Verdict, ZoneView, declines,
};
use keystead_app::{Actor, Error};
use keystead_core::time::Timestamp;
use keystead_core::verification::review::{CaseDecision, CaseKind};

use super::console;
use crate::pages::capture::labels::{document_name, prompt_text, reason, slot_title};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error};
use keystead_locales::Messages;
use keystead_locales::countries;

const HERE: &str = "/operator/reviews";
/// The time before pictures are deleted, in seconds, in which the queue marks the case.
const SOON: i64 = 2 * 86_400;
/// What only a person can check. All of it is required before approval.
const LOOKED_AT: [&str; 4] = ["genuine", "face", "prompts", "readable"];

#[derive(Template)]
#[template(path = "pages/operator_reviews.html")]
struct Queue {
    layout: Layout,
    tabs: Vec<console::Tab>,
    rows: Vec<QueueRow>,
    project: String,
}

impl Queue {
    fn waiting(&self) -> String {
        self.layout.t.count("review-waiting", &i64::try_from(self.rows.len()).unwrap_or(i64::MAX))
    }

    fn kind(&self, row: &QueueRow) -> String {
        self.layout.t.text(&format!("review-kind-{}", row.kind.as_str()))
    }

    fn soon(&self, until: &Timestamp) -> bool {
        until.since(self.layout.format.now) < SOON
    }

    fn found(&self, row: &QueueRow) -> String {
        self.layout.t.count("review-found", &i64::try_from(row.flags).unwrap_or(i64::MAX))
    }
}

/// One automatic check.
struct Check {
    name: String,
    value: String,
    /// `ok`, `wait` (needs a look) or empty (not checked).
    state: &'static str,
    word: String,
}

#[derive(Template)]
#[template(path = "pages/operator_review.html")]
struct Case {
    layout: Layout,
    view: CaseView,
    wrong: Option<String>,
    why: Option<String>,
    project: String,
    note: String,
    zone: String,
}

impl Case {
    fn t(&self) -> Messages {
        self.layout.t
    }

    fn kind(&self) -> String {
        self.t().text(&format!("review-kind-{}", self.view.case.kind.as_str()))
    }

    fn action(&self) -> String {
        format!("{HERE}/{}?project={}", self.view.case.id, self.project)
    }

    fn document(&self) -> String {
        let t = self.t();
        let kind = self.view.document.map(|kind| document_name(t, kind.as_str())).unwrap_or_default();
        let country = self.view.country.as_deref().map(|code| countries::name(t.0, code)).unwrap_or_default();
        t.text_with_all("review-document", &[("document", &kind), ("country", &country)])
    }

    fn picture_title(&self, picture: &PictureView) -> String {
        match picture.prompt {
            Some(prompt) => prompt_text(self.t(), prompt),
            None => slot_title(self.t(), picture.slot, self.view.document),
        }
    }

    fn picture_note(&self, picture: &PictureView) -> String {
        let how = self.t().text(if picture.live { "review-live" } else { "review-from-file" });
        let hints = picture.hints.iter().map(|hint| self.t().text(&format!("hint-{hint}")));
        std::iter::once(how).chain(hints).collect::<Vec<_>>().join(" ")
    }

    fn source(&self, picture: &PictureView, why: &str) -> String {
        format!("{HERE}/{}/pictures/{}?why={why}&project={}", self.view.case.id, picture.number, self.project)
    }

    /// Whether any picture can still be shown.
    fn pictures_left(&self) -> bool {
        self.view.pictures.iter().any(|picture| !picture.erased)
    }

    fn reasons_to_look(&self) -> Vec<(&'static str, String)> {
        VIEW_REASONS.iter().map(|why| (*why, self.t().text(&format!("review-why-{why}")))).collect()
    }

    fn flagged(&self, names: &[&str]) -> Option<&str> {
        self.view.flags.iter().map(String::as_str).find(|flag| names.contains(flag))
    }

    fn check(&self, name: &str, value: String, flags: &[&str], known: bool) -> Check {
        let t = self.t();
        let (state, word) = match self.flagged(flags) {
            Some(flag) => ("wait", t.text(&format!("flag-{}", flag.replace('_', "-")))),
            None if known => ("ok", t.text("review-fine")),
            None => ("", t.text("review-not-checked")),
        };
        Check { name: t.text(&format!("check-{name}")), value, state, word }
    }

    fn checks(&self) -> Vec<Check> {
        let zone = self.view.zone.as_ref();
        let field = |name: &str| {
            let fields = zone.map(|zone| zone.fields.as_slice()).unwrap_or_default();
            fields.iter().find(|(known, _)| *known == name).map_or_else(String::new, |(_, value)| value.clone())
        };
        let read = zone.is_some_and(|zone| zone.digits.is_some());
        let prompts = self.view.pictures.iter().any(|picture| picture.live);
        let mut checks = vec![
            self.check(
                "digits",
                zone.map(digits).unwrap_or_default(),
                &["mrz_digits_disagree", "mrz_unreadable"],
                read,
            ),
            self.check("kind", String::new(), &["mrz_other_document"], read),
            self.check("issuer", field("issuer"), &["mrz_other_issuer"], read),
            self.check("expiry", field("expiry"), &["mrz_expired", "mrz_expiry_unknown"], read),
            self.check("age", field("birth"), &["mrz_under_age", "mrz_birth_unknown"], read),
            self.check("pictures", String::new(), &["same_picture", "seen_elsewhere"], true),
            self.check(
                "live",
                String::new(),
                &[
                    "uploaded_not_live",
                    "liveness_wrong_count",
                    "liveness_wrong_echo",
                    "liveness_out_of_order",
                    "liveness_too_slow",
                    "liveness_stale",
                ],
                prompts,
            ),
        ];
        let t = self.t();
        let (state, word) =
            if self.view.duplicate { ("wait", "review-used-before") } else { ("ok", "review-not-used-before") };
        // A number is compared only if its check digit is right.
        let known = self.view.duplicate || zone.and_then(|zone| zone.digits).is_some_and(|found| found.document_number);
        checks.push(Check {
            name: t.text("check-used"),
            value: field("number"),
            state: if known { state } else { "" },
            word: t.text(if known { word } else { "review-not-checked" }),
        });
        checks
    }

    fn names(&self) -> String {
        let fields = self.view.zone.as_ref().map(|zone| zone.fields.as_slice()).unwrap_or_default();
        let names = fields.iter().filter(|(name, _)| matches!(*name, "surname" | "given-names"));
        names.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The name the person stated, shown beside the one in the machine-readable zone.
    fn stated(&self) -> Option<&str> {
        self.view.name.as_ref().map(|name| name.expose().as_str())
    }

    /// The automatic comparison of names; without one the reviewer compares.
    fn name_check(&self) -> Check {
        let compared = self.view.name.is_some() && self.view.zone.as_ref().is_some_and(|zone| zone.digits.is_some());
        let check = self.check("name", self.names(), &["mrz_name_differs", "mrz_name_unclear"], compared);
        let by_eye = || self.t().text("review-by-eye");
        Check { word: if compared { check.word } else { by_eye() }, ..check }
    }

    fn to_look_at(&self) -> Vec<(&'static str, String)> {
        LOOKED_AT.iter().map(|name| (*name, self.t().text(&format!("look-{name}")))).collect()
    }

    fn declines(&self) -> Vec<(&'static str, String)> {
        declines().map(|name| (name, reason(self.t(), name))).collect()
    }

    fn decision(&self) -> String {
        self.t().text(match self.view.case.decision {
            Some(CaseDecision::Approve) => "review-was-approved",
            Some(CaseDecision::Reject) => "review-was-declined",
            Some(CaseDecision::Recapture) => "review-was-recapture",
            Some(CaseDecision::Withdrawn) | None => "review-was-withdrawn",
        })
    }

    fn reasons(&self) -> Vec<String> {
        self.view.reasons.iter().map(|name| reason(self.t(), name)).collect()
    }

    /// The legal hold in force.
    fn held(&self) -> Option<&LegalHold> {
        self.view.holds.iter().find(|hold| hold.granted_at.is_some())
    }

    /// The legal hold that a second person must approve.
    fn hold_proposed(&self) -> Option<&LegalHold> {
        self.view.holds.iter().find(|hold| hold.granted_at.is_none())
    }

    fn is_review(&self) -> bool {
        self.view.case.kind == CaseKind::Review
    }

    fn decided(&self) -> bool {
        self.view.case.decided_at.is_some()
    }
}

/// Which check digits are right, in the order of the machine-readable zone.
fn digits(zone: &ZoneView) -> String {
    let Some(found) = zone.digits else { return String::new() };
    let all =
        [Some(found.document_number), Some(found.birth), Some(found.expiry), found.personal_number, found.composite];
    all.into_iter().flatten().map(|agrees| if agrees { "✓" } else { "✕" }).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn queue(State(state): State<DashboardState>, visit: Visit) -> Page {
    let actor = console::operator(&visit)?;
    let t = visit.person.messages;
    let rows = state.app.review_queue(&actor).await.map_err(|error| PageError::new(t, error))?;
    let layout = Layout::new(&state, &visit, &t.text("review-queue"), "/operator");
    render(t, &Queue { layout, tabs: console::tabs(&visit, HERE), rows, project: visit.project.id.to_string() })
}

async fn page(state: &DashboardState, visit: &Visit, actor: &Actor, id: &str) -> Result<Case, PageError> {
    let t = visit.person.messages;
    let view = state.app.review_case(actor, id).await.map_err(|error| PageError::new(t, error))?;
    let layout = Layout::new(state, visit, &view.organization_name, "/operator");
    let open = view.case.decided_at.is_none();
    let usual = match view.case.kind {
        _ if !open => None,
        CaseKind::Review => Some("review"),
        CaseKind::Appeal | CaseKind::Duplicate => Some("appeal"),
    };
    let chosen = visit.person.query.get("why").map(String::as_str).filter(|why| VIEW_REASONS.contains(why));
    let zone = view.zone.as_ref().map(|zone| zone.typed.expose().clone()).unwrap_or_default();
    Ok(Case {
        layout,
        why: chosen.or(usual).map(str::to_owned),
        view,
        wrong: None,
        project: visit.project.id.to_string(),
        note: String::new(),
        zone,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let actor = console::operator(&visit)?;
    let page = page(&state, &visit, &actor, &id).await?;
    render(page.t(), &page)
}

/// One picture. The access is recorded before the picture is decrypted.
pub(crate) async fn picture(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, PageError> {
    let actor = console::operator(&visit)?;
    let why = visit.person.query.get("why").map(String::as_str).unwrap_or_default();
    let shown = state.app.review_picture(&actor, &id, number, why).await;
    let shown = shown.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(file_answer(FileKind::Jpeg, shown.expose().clone()))
}

pub(crate) async fn act(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = console::operator(&visit)?;
    let t = visit.person.messages;
    let here = visit.link(&format!("{HERE}/{id}"));
    let saved = visit.link(&format!("{HERE}/{id}?done=saved"));
    let onward = |decided| match decided {
        Decided::Done => visit.link(&format!("{HERE}?done=saved")),
        Decided::Proposed => saved.clone(),
    };
    let result = match form.field("act") {
        "zone" => state.app.read_review_zone(&actor, &id, form.field("zone")).await.map(|()| here),
        "hold" => {
            let until = match form.field("until").parse() {
                Ok(until) => Timestamp(until),
                // An unreadable date becomes now, which the use case refuses.
                Err(_) => state.app.now().plus(form.field("days").parse::<i64>().unwrap_or_default() * 86_400),
            };
            state.app.hold_evidence(&actor, &id, until, form.field("reason")).await.map(|_| saved)
        }
        "end-hold" => state.app.end_evidence_hold(&actor, &id, form.field("reason")).await.map(|()| saved),
        "decide-case" => {
            let approve = form.field("decision") == "approve";
            state.app.decide_appeal(&actor, &id, approve, form.field("note")).await.map(onward)
        }
        "decide" => decide(&state, &actor, &id, &form).await.map(onward),
        _ => Err(Error::not_found("page", "operator")),
    };
    match result {
        Ok(next) => Ok(redirect(&next)),
        Err(error) => {
            let mut page = page(&state, &visit, &actor, &id).await?;
            page.wrong = Some(error_message(t, &error));
            page.note = form.field("note").to_owned();
            if form.field("act") == "zone" {
                page.zone = form.field("zone").to_owned();
            }
            render_error(t, &page, &error)
        }
    }
}

async fn decide(state: &DashboardState, actor: &Actor, id: &str, form: &Form) -> Result<Decided, Error> {
    let verdict = match form.field("decision") {
        "approve" => {
            let looked = form.all("looked");
            if !LOOKED_AT.iter().all(|name| looked.iter().any(|one| one == name)) {
                return Err(Error::Invalid {
                    param: None,
                    code: Some("review_not_looked"),
                    message: "Look at everything on the list before approving.".to_owned(),
                });
            }
            Verdict::Approve
        }
        "decline" => Verdict::Decline(form.all("reason")),
        _ => Verdict::Recapture,
    };
    state.app.decide_review(actor, id, verdict, form.field("note"), form.ticked("destroy")).await
}
