//! `keystead audit money`: proves that usage, prices, counters and the ledger of credit are one figure.

use keystead_app::Actor;
use keystead_app::credit::{Difference, month_name};
use keystead_core::money::CURRENCY;
use serde_json::{Value, json};

use crate::cli::Output;
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::{print, wiring};

pub(crate) async fn run(config: &Validated, output: Output) -> Result<(), CliError> {
    let (app, _) = wiring::for_commands(config).await?;
    let check = app.check_money(&Actor::operator("command line")).await?;
    let mut lines: Vec<String> = check.difference.iter().flat_map(lines_of).collect();
    lines.push(format!(
        "{}; organizations with credit: {}, months: {}, periods of prices: {}, used: {} {CURRENCY}, in ledgers: {} {CURRENCY}",
        if check.difference.is_none() { "one figure" } else { "different" },
        check.organizations,
        check.months,
        check.prices,
        check.used,
        check.posted,
    ));
    let value = json!({
        "agrees": check.difference.is_none(),
        "organizations": check.organizations,
        "months": check.months,
        "periods_of_prices": check.prices,
        "used": check.used.to_string(),
        "posted": check.posted.to_string(),
        "currency": CURRENCY,
        "difference": check.difference.as_ref().map(value_of),
    });
    print::answer(output.json, &value, &lines)?;
    match check.difference {
        None => Ok(()),
        Some(_) => Err(CliError::Other("figures that must be one are different".to_owned())),
    }
}

fn lines_of(difference: &Difference) -> Vec<String> {
    let Difference { organization, month, about, expected, found } = difference;
    let month = month.map(|month| format!(", {}", month_name(month))).unwrap_or_default();
    vec![
        format!("DIFFERENT {organization}{month}: {about}"),
        format!("  expected {expected} {CURRENCY}"),
        format!("  found    {found} {CURRENCY}"),
    ]
}

fn value_of(difference: &Difference) -> Value {
    json!({
        "organization_id": difference.organization,
        "month": difference.month.map(month_name),
        "about": difference.about,
        "expected": difference.expected.to_string(),
        "found": difference.found.to_string(),
    })
}
