//! The prices of all models, those without one first, and the form for a list of prices.

use askama::Template;
use axum::extract::State;
use keystead_app::prices::{ModelPrices, PriceSource};
use keystead_locales::LocalFormat;

use super::super::console::{layout, operator};
use super::import::Preview;
use super::{HERE, MODEL, Part, parts};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::field_fault::FieldFault;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, render};

/// One model.
pub(super) struct Row {
    model: String,
    href: String,
    parts: Vec<Part>,
    /// The class of the glyph.
    look: &'static str,
    /// Where the price comes from.
    state: String,
    /// When another price begins.
    next: String,
}

#[derive(Template)]
#[template(path = "pages/operator_prices.html")]
pub(super) struct Prices {
    layout: Layout,
    /// How many models are free.
    lead: String,
    rows: Vec<Row>,
    preview_action: String,
    import_action: String,
    pub(super) preview: Option<Preview>,
    /// The field at fault, and what is wrong in the visitor's language.
    pub(super) wrong: FieldFault,
    /// Where in the list that is, for developers.
    pub(super) place: Option<String>,
    /// The date and the reason as they were typed.
    pub(super) from: String,
    pub(super) reason: String,
}

impl Row {
    fn of(visit: &OwnVisit, format: &LocalFormat, prices: &ModelPrices) -> Self {
        let t = format.messages;
        let (look, state) = match prices.source {
            _ if !prices.served => ("", t.text("price-not-served")),
            PriceSource::None => ("wait", t.text("price-none")),
            PriceSource::Operator if prices.is_free() => ("", t.text("price-free")),
            PriceSource::Operator => ("ok", t.text("price-by-operator")),
            PriceSource::Configuration => ("ok", t.text("price-by-configuration")),
        };
        let begins = prices.next.first().map(|row| format.exact_in_zone(&row.holds_from));
        let next = begins.map(|time| t.text_with("price-next", "time", time));
        Self {
            model: prices.model.clone(),
            href: visit.link(&address(&prices.model)),
            parts: parts(format, &prices.present),
            look,
            state,
            next: next.unwrap_or_default(),
        }
    }
}

/// The page of a model.
pub(super) fn address(model: &str) -> String {
    format!("{MODEL}?{}", serde_urlencoded::to_string([("model", model)]).unwrap_or_default())
}

pub(super) async fn page(state: &DashboardState, visit: &OwnVisit) -> Result<Prices, PageError> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let all = state.app.price_list(&operator(visit)?).await.map_err(|error| PageError::new(t, error))?;
    let free = all.iter().filter(|prices| prices.served && prices.is_free()).count();
    let lead = match i64::try_from(free).unwrap_or(i64::MAX) {
        0 => t.text("prices-lead-all"),
        free => t.count("prices-lead", &free),
    };
    Ok(Prices {
        layout: layout(state, visit, &t.text("prices"), HERE),
        lead,
        rows: all.iter().map(|prices| Row::of(visit, format, prices)).collect(),
        preview_action: visit.link("/operator/prices/preview"),
        import_action: visit.link("/operator/prices/import"),
        preview: None,
        wrong: FieldFault::default(),
        place: None,
        from: String::new(),
        reason: String::new(),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}
