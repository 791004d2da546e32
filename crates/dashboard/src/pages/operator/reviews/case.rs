//! One case: its pictures, what software found, the decision, and the other cases of the organization.

use askama::Template;
use keystead_app::Actor;
use keystead_app::review::{CaseView, LegalHold, PictureView, ReviewCase, VIEW_REASONS, declines};
use keystead_core::verification::review::{CaseDecision, CaseKind};
use keystead_locales::{Messages, countries};

use super::checks::{Check, Checks};
use super::queue::{Queue, decided};
use super::{HERE, LOOKED_AT, console};
use crate::pages::capture::labels::{document_name, prompt_text, reason, slot_title};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;

/// What was typed into a form that was refused.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) act: String,
    pub(super) decision: String,
    pub(super) note: String,
    pub(super) ticked: Vec<String>,
    pub(super) destroy: bool,
    pub(super) days: String,
    pub(super) reason: String,
}

impl Typed {
    pub(super) fn of(form: &Form) -> Self {
        Self {
            act: form.field("act").to_owned(),
            decision: form.field("decision").to_owned(),
            note: form.field("note").to_owned(),
            ticked: [form.all("looked"), form.all("reason")].concat(),
            destroy: form.ticked("destroy"),
            days: form.field("days").to_owned(),
            reason: form.field("reason").to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/operator_review.html")]
pub(super) struct Case {
    pub(super) layout: Layout,
    pub(super) queue: Queue,
    pub(super) view: CaseView,
    pub(super) wrong: Option<String>,
    pub(super) typed: Typed,
    pub(super) zone: String,
    decided: Option<String>,
    why: Option<String>,
    previous: Option<String>,
    next: Option<String>,
    checks: Vec<Check>,
}

impl Case {
    pub(super) async fn load(
        state: &DashboardState,
        visit: &OwnVisit,
        actor: &Actor,
        id: &str,
    ) -> Result<Self, PageError> {
        let t = visit.person.messages;
        let view = state.app.review_case(actor, id).await.map_err(|error| PageError::new(t, error))?;
        let queue = Queue::load(state, visit, actor).await?;
        let usual = match view.case.kind {
            _ if view.case.decided_at.is_some() => None,
            CaseKind::Review => Some("review"),
            CaseKind::Appeal | CaseKind::Duplicate => Some("appeal"),
        };
        let chosen = visit.person.query.get("why").map(String::as_str).filter(|why| VIEW_REASONS.contains(why));
        let to = |id: Option<&str>| id.map(|id| format!("{HERE}/{id}"));
        let (previous, next) = queue.beside(id);
        let format = &visit.person.format;
        Ok(Self {
            layout: console::layout(state, visit, &view.organization_name, HERE),
            previous: to(previous),
            next: to(next),
            checks: Checks { t, format, view: &view }.all(),
            why: chosen.or(usual).map(str::to_owned),
            wrong: None,
            typed: Typed::default(),
            zone: view.zone.as_ref().map(|zone| zone.typed.expose().clone()).unwrap_or_default(),
            decided: decided(state, visit, actor).await?,
            queue,
            view,
        })
    }

    pub(super) fn t(&self) -> Messages {
        self.layout.t
    }

    fn kind(&self) -> String {
        self.t().text(&format!("review-kind-{}", self.view.case.kind.as_str()))
    }

    fn action(&self) -> String {
        format!("{HERE}/{}", self.view.case.id)
    }

    fn is_current(&self, id: &str) -> bool {
        self.view.case.id.as_str() == id
    }

    fn document(&self) -> String {
        let t = self.t();
        let kind = self.view.document.map(|kind| document_name(t, kind.as_str())).unwrap_or_default();
        let country = self.view.country.as_deref().map(|code| countries::name(t.0, code)).unwrap_or_default();
        t.text_with_all("review-document", &[("document", &kind), ("country", &country)])
    }

    /// What the automatic checks leave to a person.
    fn question(&self) -> String {
        let open: Vec<&Check> = self.checks.iter().filter(|check| check.state == "wait").collect();
        match open.as_slice() {
            [] => self.t().text("review-question-none"),
            [one] => self.t().text_with("review-question-one", "check", &one.name),
            several => self.t().count("review-questions", &i64::try_from(several.len()).unwrap_or(i64::MAX)),
        }
    }

    /// The pictures that can still be shown, with the key that enlarges each.
    fn shown(&self) -> Vec<(usize, &PictureView)> {
        (1..).zip(self.view.pictures.iter().filter(|picture| !picture.erased)).collect()
    }

    fn picture_title(&self, picture: &PictureView) -> String {
        match picture.prompt {
            Some(prompt) => prompt_text(self.t(), prompt),
            None => slot_title(self.t(), picture.slot, self.view.document),
        }
    }

    /// Whether the note says more than that a face was taken live, as all of them are.
    fn is_noted(&self, picture: &PictureView) -> bool {
        picture.slot.of_document() || !picture.live || !picture.hints.is_empty()
    }

    fn picture_note(&self, picture: &PictureView) -> String {
        let how = self.t().text(if picture.live { "review-live" } else { "review-from-file" });
        let hints = picture.hints.iter().map(|hint| self.t().text(&format!("hint-{hint}")));
        std::iter::once(how).chain(hints).collect::<Vec<_>>().join(" ")
    }

    fn source(&self, picture: &PictureView, why: &str) -> String {
        format!("{HERE}/{}/pictures/{}?why={why}", self.view.case.id, picture.number)
    }

    fn reasons_to_look(&self) -> Vec<(&'static str, String)> {
        VIEW_REASONS.iter().map(|why| (*why, self.t().text(&format!("review-why-{why}")))).collect()
    }

    /// Who may decide.
    fn who_decides(&self) -> String {
        match &self.view.case.proposed_by {
            Some(by) => self.t().text_with("operator-proposed", "name", by.as_str()),
            None if self.view.duplicate => self.t().text("review-two"),
            None if self.view.people_to_approve > 1 => self.t().text("review-two-appeal"),
            None => self.t().text("review-one"),
        }
    }

    fn to_look_at(&self) -> Vec<(&'static str, String)> {
        LOOKED_AT.iter().map(|name| (*name, self.t().text(&format!("look-{name}")))).collect()
    }

    fn declines(&self) -> Vec<(&'static str, String)> {
        declines().map(|name| (name, reason(self.t(), name))).collect()
    }

    fn ticked(&self, name: &str) -> bool {
        self.typed.ticked.iter().any(|one| one == name)
    }

    fn decision(&self, case: &ReviewCase) -> String {
        self.t().text(match case.decision {
            Some(CaseDecision::Approve) => "review-was-approved",
            Some(CaseDecision::Reject) => "review-was-declined",
            Some(CaseDecision::Recapture) => "review-was-recapture",
            Some(CaseDecision::Withdrawn) => "review-was-withdrawn",
            None => "review-undecided",
        })
    }

    /// One other case of the organization, in a line.
    fn past(&self, case: &ReviewCase) -> String {
        let t = self.t();
        let kind = t.text(&format!("review-kind-{}", case.kind.as_str()));
        let (date, decision) = (self.layout.format.date(&case.opened_at), self.decision(case));
        let known = [("kind", kind.as_str()), ("date", &date), ("decision", &decision)];
        match &case.decided_by {
            Some(by) => t.text_with_all("review-past-by", &[known[0], known[1], known[2], ("name", by.as_str())]),
            None => t.text_with_all("review-past", &known),
        }
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

    fn is_decided(&self) -> bool {
        self.view.case.decided_at.is_some()
    }
}
