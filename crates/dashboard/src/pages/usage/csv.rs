//! The numbers of the usage page for a spreadsheet.

use std::fmt::Write;

use axum::extract::State;
use axum::response::Response;
use keystead_app::exports::Export;
use keystead_app::usage::Estimated;
use keystead_core::money::Amount;
use keystead_core::usage::Quantities;

use super::query::today;
use super::read::{called, id_of, read};
use crate::state::DashboardState;
use crate::web::csv::cell;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::file_answer::{FileKind, file_answer};

/// One row for each day and group. Days are those of the page.
pub(crate) async fn csv(State(state): State<DashboardState>, visit: Visit) -> Result<Response, PageError> {
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let counted = state.app.begin_export(&actor, organization, Export::Usage).await;
    counted.map_err(|error| PageError::new(visit.person.messages, error))?;
    let read = read(&state, &visit).await?;
    let by = read.query.by;
    let mut text = format!("day,{by},name,requests,input_tokens,output_tokens,images,cost_usd,");
    text.push_str(
        "estimated_requests,estimated_input_tokens,estimated_output_tokens,estimated_images,estimated_cost_usd\r\n",
    );
    for bucket in &read.buckets {
        let day = today(bucket.start, &visit.person.format.zone);
        for result in &bucket.results {
            let id = id_of(result);
            let (name, _) = called(visit.person.messages, by, &id, &read.names);
            let Estimated { used: estimated, cost: estimated_cost } = &result.estimated;
            let all = figures(&result.used, &result.cost);
            let part = figures(estimated, estimated_cost);
            let _ = write!(text, "{day},{},{},{all},{part}\r\n", cell(&id), cell(&name));
        }
    }
    Ok(file_answer(FileKind::Csv { disposition: "attachment; filename=\"usage.csv\"" }, text))
}

/// Cells of one sum. A cost has all its digits.
fn figures(used: &Quantities, cost: &Amount) -> String {
    format!("{},{},{},{},{cost}", used.requests, used.input_tokens, used.output_tokens, used.images)
}
