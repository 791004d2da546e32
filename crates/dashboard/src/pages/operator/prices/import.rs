//! A list of prices: previewed from a file, then imported from what the preview shows.

use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::prices::{LARGEST_LIST, PriceDifference, PricePreview};
use keystead_core::prices::written_list;
use keystead_locales::LocalFormat;

use super::super::console::operator;
use super::super::policy::read_moment;
use super::list::page;
use super::{HERE, Part, month_sentence, parts};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::field_fault::FieldFault;
use crate::web::form::{Form, LONGEST, Upload};
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_invalid};
use crate::web::submit::reloads_as;

/// The largest body of the form with a list, in bytes. It is above the limit of a list, which has a better message.
pub(crate) const LARGEST_UPLOAD: usize = LARGEST_LIST + LONGEST;

/// A form with a file, or without one, with its fields as text.
pub(crate) struct ListForm(Form);

impl<S: Send + Sync> FromRequest<S> for ListForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            return Form::from_request(request, state).await.map(Self);
        }
        let Upload(mut upload) = Upload::from_request(request, state).await?;
        let mut fields = Vec::new();
        while let Some(field) = upload.next_field().await.map_err(IntoResponse::into_response)? {
            let name = field.name().unwrap_or_default().to_owned();
            let value = field.bytes().await.map_err(IntoResponse::into_response)?;
            fields.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
        Ok(Self(Form::of(fields)))
    }
}

/// What a list changes for one model.
pub(super) struct Change {
    pub(super) model: String,
    pub(super) before: Vec<Part>,
    pub(super) after: Vec<Part>,
    /// Prices of the entry that are not used.
    pub(super) left_out: String,
    /// What last month cost and would have cost; empty where the model was not used.
    pub(super) charged: String,
    pub(super) would: String,
}

/// What a list changes, and what last month would have cost.
pub(super) struct Preview {
    /// The changes as a list, which the import reads.
    pub(super) list: String,
    /// When the prices begin, in words.
    pub(super) begins: String,
    pub(super) changes: Vec<Change>,
    /// Sentences about models that are not changed.
    pub(super) others: Vec<String>,
    pub(super) month: String,
}

impl Preview {
    fn of(format: &LocalFormat, preview: &PricePreview, dated: bool) -> Self {
        let (t, import) = (format.messages, &preview.import);
        let change = |change: &PriceDifference| {
            let used = preview.last_month.models.iter().find(|one| one.model == change.model);
            Change {
                model: change.model.clone(),
                before: parts(format, &change.before),
                after: parts(format, &change.after),
                left_out: change.left_out.join(", "),
                charged: used.map(|one| format.money(&one.charged)).unwrap_or_default(),
                would: used.map(|one| format.money(&one.would_cost)).unwrap_or_default(),
            }
        };
        let mut others = Vec::new();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        if import.unchanged > 0 {
            others.push(t.count("prices-unchanged", &count(import.unchanged)));
        }
        if import.not_served > 0 {
            others.push(t.count("prices-not-served", &count(import.not_served)));
        }
        for one in &import.unusable {
            let members = if one.members.is_empty() { "–".to_owned() } else { one.members.join(", ") };
            others.push(t.text_with_all("prices-unusable", &[("model", &one.model), ("members", &members)]));
        }
        if !import.still_free.is_empty() {
            others.push(t.text_with("prices-still-free", "models", import.still_free.join(", ")));
        }
        let begins = format.exact_in_zone(&import.holds_from);
        Self {
            list: written_list(import.changes.iter().map(|change| (change.model.as_str(), &change.after))),
            begins: if dated { t.text_with("prices-begin-at", "time", begins) } else { t.text("prices-begin-now") },
            changes: import.changes.iter().map(change).collect(),
            others,
            month: month_sentence(format, &preview.last_month),
        }
    }
}

/// Shows what a list would change.
pub(crate) async fn preview(State(state): State<DashboardState>, visit: OwnVisit, ListForm(form): ListForm) -> Page {
    visit.person.check(&form)?;
    shown(&state, &visit, &form, None).await
}

/// Sets the prices of a list.
pub(crate) async fn import(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let done = match read_moment(form.field("from")) {
        Ok(from) => state.app.import_prices(&actor, form.field("list"), from, form.field("reason")).await,
        Err(key) => Err(Error::invalid("holds_from", visit.person.messages.text(key))),
    };
    match done {
        Ok(_) => Ok(redirect(&visit.link("/operator/prices?done=saved"))),
        Err(error @ (Error::Internal(_) | Error::Unavailable)) => Err(PageError::new(visit.person.messages, error)),
        Err(error) => shown(&state, &visit, &form, Some(error)).await,
    }
}

/// The page with the preview of a list, and what was wrong with its import.
async fn shown(state: &DashboardState, visit: &OwnVisit, form: &Form, error: Option<Error>) -> Page {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let actor = operator(visit)?;
    let mut page = page(state, visit).await?;
    form.field("from").clone_into(&mut page.from);
    form.field("reason").clone_into(&mut page.reason);
    let previewed = match read_moment(form.field("from")) {
        Ok(from) => {
            let preview = state.app.preview_prices(&actor, form.field("list"), from).await;
            preview.map(|preview| Preview::of(format, &preview, from.is_some()))
        }
        Err(key) => Err(Error::invalid("holds_from", t.text(key))),
    };
    let fault = match previewed {
        Ok(preview) => {
            page.preview = Some(preview);
            error
        }
        Err(fault @ (Error::Internal(_) | Error::Unavailable)) => return Err(PageError::new(t, fault)),
        Err(fault) => Some(fault),
    };
    let answer = match fault {
        None => render(t, &page),
        Some(fault) => {
            page.wrong = FieldFault::new(field_of(&fault), error_message(t, &fault));
            page.place = place_in_list(&fault);
            render_invalid(t, &page)
        }
    };
    reloads_as(answer, visit.link(HERE))
}

/// The field at fault; empty where there is none.
fn field_of(fault: &Error) -> &'static str {
    match fault {
        Error::Invalid { param: Some("list"), .. } => "file",
        Error::Invalid { param: Some("holds_from"), .. } => "from",
        Error::Invalid { param: Some("reason"), .. } => "reason",
        _ => "",
    }
}

/// The sentence for developers, where it names the model and the member at fault.
fn place_in_list(fault: &Error) -> Option<String> {
    match fault {
        Error::Invalid { code: Some("price_list_nothing" | "price_list_too_long"), .. } => None,
        Error::Invalid { param: Some("list"), message, .. } => Some(message.clone()),
        _ => None,
    }
}
