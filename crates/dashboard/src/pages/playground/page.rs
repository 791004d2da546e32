//! The page and its form without scripts.

use askama::Template;
use axum::extract::State;

use super::answer::{Answer, Refused};
use super::code::{Example, examples};
use super::models::{self, Model};
use super::question::Question;
use super::sending::{self, ApiCaller};
use crate::playground::PLAYGROUND_STREAM;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, render};

const HERE: &str = "/playground";

#[derive(Template)]
#[template(path = "pages/playground.html")]
struct Playground {
    layout: Layout,
    models: Vec<Model>,
    question: Question,
    answer: Option<Answer>,
    refused: Option<Refused>,
    examples: [Example; 3],
    action: String,
    stream: String,
    code: String,
    keys: String,
    usage: String,
    general: String,
}

impl Playground {
    fn usable(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| model.requires.is_none())
    }

    fn locked(&self) -> impl Iterator<Item = (&Model, &str)> {
        self.models.iter().filter_map(|model| Some((model, model.requires.as_deref()?)))
    }

    fn chosen(&self, model: &Model) -> bool {
        self.question.model == model.id
    }

    fn has_locked(&self) -> bool {
        self.locked().next().is_some()
    }

    fn is_folded(&self) -> bool {
        self.question.temperature.is_empty() && self.question.max_tokens.is_empty()
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    from: &ApiCaller,
    mut question: Question,
) -> Result<Playground, PageError> {
    let t = visit.person.messages;
    let playground = sending::playground(state, visit)?;
    let listed = sending::send(playground.as_ref(), visit, from, ("GET", "/v1/models", String::new())).await;
    let (head, body) = listed.into_parts();
    let text = models::text(axum::http::Response::new(body)).await;
    let refused =
        (!head.status.is_success()).then(|| Refused::explain(visit, head.status.as_u16(), &head.headers, &text));
    let prices = state.app.model_prices().await.map_err(|error| PageError::new(t, error))?;
    let models = models::read(&text, prices, t);
    if question.model.is_empty() {
        question.model = models.first().map(|model| model.id.clone()).unwrap_or_default();
    }
    let example = match question.message.is_empty() {
        true => Question { message: t.text("playground-example"), ..question.clone() },
        false => question.clone(),
    };
    let members = example.members().unwrap_or_default();
    Ok(Playground {
        layout: Layout::new(state, visit, &t.text("nav-playground"), HERE),
        models,
        question,
        answer: None,
        refused,
        examples: examples(&members, &format!("{}/v1", state.public_url)),
        action: visit.link(HERE),
        stream: visit.link(PLAYGROUND_STREAM),
        code: visit.link("/playground/examples"),
        keys: visit.link("/api-keys"),
        usage: visit.link("/usage"),
        general: visit.link("/settings/organization/general"),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, from: ApiCaller) -> Page {
    let question =
        Question { model: visit.person.query.get("model").cloned().unwrap_or_default(), ..Question::default() };
    render(visit.person.messages, &page(&state, &visit, &from, question).await?)
}

/// Asks and shows the whole answer, for browsers without scripts.
pub(crate) async fn ask(State(state): State<DashboardState>, visit: Visit, from: ApiCaller, form: Form) -> Page {
    visit.person.check(&form)?;
    let asked = Question::of(&form);
    let answered = sending::question(&state, &visit, &from, &asked, false).await;
    let mut page = page(&state, &visit, &from, asked).await?;
    match answered {
        Err(refused) => page.refused = Some(*refused),
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let (status, text) = (head.status, models::text(axum::http::Response::new(body)).await);
            if status.is_success() {
                let price = page.models.iter().find(|model| model.id == page.question.model);
                let price = price.map(|model| model.price.clone()).unwrap_or_default();
                page.answer = Some(Answer::read(&visit, status.as_u16(), &head.headers, &text, price));
            } else {
                page.refused = Some(Refused::explain(&visit, status.as_u16(), &head.headers, &text));
            }
        }
    }
    render(visit.person.messages, &page)
}
