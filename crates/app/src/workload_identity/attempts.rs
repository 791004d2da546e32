//! Limits on exchanges. An exchange is counted before its token is looked at, so that neither many at once nor clients
//! that disconnect slip through; one that succeeds is taken back.

use keystead_core::id::{JobId, WorkloadIdentityProviderId};
use keystead_core::verification::limits::workloads::{EXCHANGE_LIMITS, EXCHANGES};
use keystead_store::Tx;
use keystead_store::tables::workload_identity_providers::{self as providers, WorkloadIdentityProvider};

use super::exchange::Exchange;
use crate::verification::limits::{Subjects, count_within_as, ensure_within, uncount_hit};
use crate::{App, Error};

/// The subject of exchanges that name no existing provider.
const UNKNOWN: &str = "unknown";

/// An exchange that was counted.
#[derive(Debug)]
pub(super) struct ExchangeAttempt {
    id: String,
    who: Subjects<'static>,
}

/// Counts an exchange, or refuses it when there were too many. Also returns the provider that it names.
pub(super) async fn count_attempt(
    app: &App,
    asked: &Exchange<'_>,
) -> Result<(ExchangeAttempt, Option<WorkloadIdentityProvider>), Error> {
    let named: Option<WorkloadIdentityProviderId> = asked.provider.parse().ok();
    // A client beyond the limit is refused without a lock.
    let provider = read_tx!(app.store(), "exchange_provider", |tx| {
        let provider = match &named {
            Some(id) => providers::find(tx, id).await?,
            None => None,
        };
        ensure_within(app, tx, EXCHANGE_LIMITS, &subjects(asked, provider.as_ref()), "").await?;
        Ok(provider)
    })?;
    let attempt =
        ExchangeAttempt { id: app.draw(JobId::generate).to_string(), who: subjects(asked, provider.as_ref()) };
    write_tx!(app.store(), "count_exchange", |tx| {
        count_within_as(app, tx, EXCHANGE_LIMITS, &attempt.who, &attempt.id).await
    })?;
    Ok((attempt, provider))
}

/// Takes an exchange back from the count.
pub(super) async fn forgive_attempt(app: &App, tx: &mut Tx, attempt: &ExchangeAttempt) -> Result<(), Error> {
    uncount_hit(app, tx, EXCHANGES, &attempt.who, &attempt.id).await
}

fn subjects(asked: &Exchange<'_>, provider: Option<&WorkloadIdentityProvider>) -> Subjects<'static> {
    let provider = provider.map_or_else(|| UNKNOWN.to_owned(), |provider| provider.id.to_string());
    Subjects { workload: Some((provider, asked.address)), ..Subjects::default() }
}
