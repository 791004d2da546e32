//! The queue of cases and one case: pictures with the reviewer's name as watermark, the results of the automatic
//! checks, what the reviewer has to check, and the decision.

mod case;
mod checks;
mod queue;

use axum::extract::{Path, State};
use axum::response::Response;
use keystead_app::review::{Decided, Verdict};
use keystead_app::{Actor, Error};
use keystead_core::time::Timestamp;

use self::case::{Case, Typed};
use self::queue::Queue;
use super::console;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::form::Form;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_error};

pub(crate) use self::queue::open as queue;

const HERE: &str = "/operator/reviews";
/// What only a person can check. All of it is required before approval.
const LOOKED_AT: [&str; 4] = ["genuine", "face", "prompts", "readable"];

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit, Path(id): Path<String>) -> Page {
    let actor = console::operator(&visit)?;
    let page = Case::load(&state, &visit, &actor, &id).await?;
    render(page.t(), &page)
}

/// One picture. The access is recorded before the picture is decrypted.
pub(crate) async fn picture(
    State(state): State<DashboardState>,
    visit: OwnVisit,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, PageError> {
    let actor = console::operator(&visit)?;
    let why = visit.person.query.get("why").map(String::as_str).unwrap_or_default();
    let shown = state.app.review_picture(&actor, &id, number, why).await;
    let shown = shown.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(file_answer(FileKind::Jpeg, shown.expose().clone()))
}

pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: OwnVisit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let actor = console::operator(&visit)?;
    let t = visit.person.messages;
    let queue = Queue::load(&state, &visit, &actor).await?;
    match run(&state, &actor, &id, &form).await {
        Ok(Done::Decided) => {
            let next = queue.after(&id, actor.id()).map_or_else(|| HERE.to_owned(), |next| format!("{HERE}/{next}"));
            Ok(redirect(&format!("{next}?decided={id}")))
        }
        Ok(Done::Saved) => Ok(redirect(&format!("{HERE}/{id}?done=saved"))),
        Err(error) => {
            let mut page = Case::load(&state, &visit, &actor, &id).await?;
            page.wrong = Some(error_message(t, &error));
            page.typed = Typed::of(&form);
            if page.typed.act == "zone" {
                page.zone = form.field("zone").to_owned();
            }
            render_error(t, &page, &error)
        }
    }
}

/// What a form did.
enum Done {
    /// The case was decided, or its decision was proposed.
    Decided,
    Saved,
}

async fn run(state: &DashboardState, actor: &Actor, id: &str, form: &Form) -> Result<Done, Error> {
    let app = &state.app;
    match form.field("act") {
        "zone" => app.read_review_zone(actor, id, form.field("zone")).await.map(|()| Done::Saved),
        "hold" => {
            let until = match form.field("until").parse() {
                Ok(until) => Timestamp(until),
                // An unreadable date becomes now, which the use case refuses.
                Err(_) => app.now().plus(form.field("days").parse::<i64>().unwrap_or_default() * 86_400),
            };
            app.hold_evidence(actor, id, until, form.field("reason")).await.map(|_| Done::Saved)
        }
        "end-hold" => app.end_evidence_hold(actor, id, form.field("reason")).await.map(|()| Done::Saved),
        "decide-case" => {
            let approve = match form.field("decision") {
                "approve" => true,
                "reject" => false,
                _ => return Err(undecided()),
            };
            app.decide_appeal(actor, id, approve, form.field("note")).await.map(|_| Done::Decided)
        }
        "decide" => decide(state, actor, id, form).await.map(|_| Done::Decided),
        _ => Err(Error::not_found("page", "operator")),
    }
}

fn undecided() -> Error {
    Error::coded("decision", "review_undecided", "Invalid 'decision': choose what happens.")
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
        "recapture" => Verdict::Recapture,
        _ => return Err(undecided()),
    };
    state.app.decide_review(actor, id, verdict, form.field("note"), form.ticked("destroy")).await
}
