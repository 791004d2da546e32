//! The prices of one model over time, and the form for another one.

use askama::Template;
use axum::extract::State;
use keystead_app::prices::{LastMonth, NewPrice, PriceHistory, PriceRow};
use keystead_app::{Actor, Error};
use keystead_core::language::Language;
use keystead_core::money::Micros;
use keystead_core::prices::{IMAGES, PriceKind, images_of_lines, micros, price_of};
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_locales::LocalFormat;

use super::super::console::{layout, operator};
use super::super::policy::read_moment;
use super::list::address;
use super::{HERE, Part, kind_name, month_sentence, parts, plain, typed};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_invalid};
use crate::web::submit::reloads_as;

/// The field of one kind.
struct Field {
    name: &'static str,
    label: String,
    value: String,
}

/// One price of the history.
struct Row {
    id: String,
    from: String,
    parts: Vec<Part>,
    look: &'static str,
    state: String,
    by: String,
    reason: String,
    /// Whether it can be withdrawn.
    waits: bool,
}

#[derive(Template)]
#[template(path = "pages/operator_price.html")]
struct ModelPage {
    layout: Layout,
    back: String,
    action: String,
    fields: Vec<Field>,
    /// Prices of images by quality and size, one a line.
    images: String,
    from: String,
    reason: String,
    rows: Vec<Row>,
    /// The price of the configuration.
    configured: Vec<Part>,
    /// What last month would have cost with what was typed.
    month: Option<String>,
    /// The field at fault, and why.
    wrong: FieldFault,
}

impl Row {
    fn of(format: &LocalFormat, row: &PriceRow, holds: bool, now: Timestamp) -> Self {
        let t = format.messages;
        let (look, state) = match &row.withdrawn {
            Some((at, _)) => ("", t.text_with("price-withdrawn", "time", format.exact(at))),
            None if row.holds_from > now => ("wait", t.text("price-later")),
            None if holds => ("ok", t.text("price-now")),
            None => ("", t.text("price-past")),
        };
        Self {
            id: row.id.to_string(),
            from: format.exact_in_zone(&row.holds_from),
            parts: parts(format, &row.price),
            look,
            state,
            by: row.made_by.as_str().to_owned(),
            reason: row.reason.clone(),
            waits: row.withdrawn.is_none() && row.holds_from > now,
        }
    }
}

/// The value of a field for a price; empty where nothing need be stated.
fn value(language: Language, kind: PriceKind, price: &Price) -> String {
    let Some(micros) = kind.stated(price) else { return String::new() };
    let stated = match kind {
        PriceKind::CachedInput => micros != price.input,
        kind if kind.is_part() => true,
        _ => micros.0 != 0,
    };
    if stated { typed(language, micros) } else { String::new() }
}

/// Prices of images as lines.
fn lines(language: Language, price: &Price) -> String {
    let rows = price.images.iter().flat_map(|images| images.rows());
    let lines = rows.map(|(traits, micros)| format!("{} = {}", traits.key(), typed(language, micros)));
    lines.collect::<Vec<_>>().join("\n")
}

/// The page with the present price in its fields.
async fn page(state: &DashboardState, visit: &OwnVisit, model: &str) -> Result<ModelPage, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let history = state.app.price_history(&operator(visit)?, model).await;
    let PriceHistory { prices, configured, rows } = history.map_err(|error| PageError::new(t, error))?;
    let now = state.app.now();
    let holds = |row: &PriceRow| prices.row.as_ref().is_some_and(|present| present.id == row.id);
    let field = |kind: PriceKind| Field {
        name: kind.as_str(),
        label: kind_name(t, kind),
        value: value(t.0, kind, &prices.present),
    };
    Ok(ModelPage {
        layout: layout(state, visit, &t.text_with("prices-of-model", "model", model), HERE),
        back: visit.link(HERE),
        action: visit.link(&address(model)),
        fields: PriceKind::ALL.into_iter().map(field).collect(),
        images: lines(t.0, &prices.present),
        from: String::new(),
        reason: String::new(),
        rows: rows.iter().map(|row| Row::of(format, row, holds(row), now)).collect(),
        configured: parts(format, &configured),
        month: None,
        wrong: FieldFault::default(),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    let model = visit.person.query.get("model").cloned().unwrap_or_default();
    render(visit.person.messages, &page(&state, &visit, &model).await?)
}

/// `preview`, `set` or `withdraw`.
pub(crate) async fn act(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let model = visit.person.query.get("model").cloned().unwrap_or_default();
    let done = match form.field("do") {
        "withdraw" => state.app.withdraw_price(&actor, form.field("id")).await.map(|_| None),
        "preview" => preview(&state, &actor, t.0, &model, &form).await.map(Some),
        _ => set(&state, &actor, &visit, &model, &form).await.map(|()| None),
    };
    let mut page = match done {
        Ok(None) => return Ok(redirect(&visit.link(&format!("{}&done=saved", address(&model))))),
        Err(error @ (Error::Internal(_) | Error::Unavailable | Error::NotFound { .. })) => {
            return Err(PageError::new(t, error));
        }
        Ok(Some(month)) => {
            let page = page(&state, &visit, &model).await?;
            ModelPage { month: Some(month_sentence(&visit.person.format, &month)), ..page }
        }
        Err(error) => {
            let field = match &error {
                Error::Invalid { param: Some(field), .. } => (*field).to_owned(),
                _ => String::new(),
            };
            ModelPage { wrong: FieldFault::new(field, error_message(t, &error)), ..page(&state, &visit, &model).await? }
        }
    };
    if form.field("do") != "withdraw" {
        for field in &mut page.fields {
            form.field(field.name).clone_into(&mut field.value);
        }
        form.field(IMAGES).clone_into(&mut page.images);
        form.field("from").clone_into(&mut page.from);
        form.field("reason").clone_into(&mut page.reason);
    }
    let answer = if page.wrong.found().is_some() { render_invalid(t, &page) } else { render(t, &page) };
    reloads_as(answer, visit.link(&address(&model)))
}

async fn set(state: &DashboardState, actor: &Actor, visit: &OwnVisit, model: &str, form: &Form) -> Result<(), Error> {
    let t = visit.person.messages;
    let price = price(t.0, form)?;
    let holds_from = read_moment(form.field("from")).map_err(|key| Error::invalid("holds_from", t.text(key)))?;
    let new = NewPrice { model, price, holds_from, reason: form.field("reason") };
    state.app.set_price(actor, &new).await.map(|_| ())
}

async fn preview(
    state: &DashboardState,
    actor: &Actor,
    language: Language,
    model: &str,
    form: &Form,
) -> Result<LastMonth, Error> {
    state.app.preview_price(actor, model, price(language, form)?).await
}

/// Reads the typed price. A model is made free by typing zero, so that an empty form changes nothing.
fn price(language: Language, form: &Form) -> Result<Price, Error> {
    let mut kinds: Vec<(PriceKind, Micros)> = Vec::new();
    for kind in PriceKind::ALL {
        let text = form.field(kind.as_str());
        if !text.is_empty() {
            let read = micros(&plain(language, text));
            kinds.push((kind, read.map_err(|fault| keystead_app::prices::price_error(kind, fault))?));
        }
    }
    let images = images_of_lines(&plain(language, form.field(IMAGES))).map_err(keystead_app::prices::images_error)?;
    if kinds.is_empty() && images.is_none() {
        let kind = PriceKind::Input;
        return Err(keystead_app::prices::price_error(kind, keystead_core::prices::PriceFault::Empty));
    }
    Ok(Price { images, ..price_of(kinds) })
}
