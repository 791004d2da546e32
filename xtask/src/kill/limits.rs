//! A spend limit over the kills: it is never passed, its figure is the sum of the costs, and nothing stays set aside for
//! a node that was killed and started again.

use serde_json::json;

use super::admin::Admin;
use super::upstream::MOST_TOKENS;
use crate::bench::http::send;
use crate::shell::Done;

/// USD for a million tokens that are written: a request costs at most 1 USD.
const PRICE: &str = "10";
/// What each round may spend, in cents.
const ROUND_CENTS: u64 = 700;

/// Returns the settings that give each client's model a price and a longest answer.
pub(super) fn priced(clients: usize) -> Vec<(String, String)> {
    let of_model = |client: usize| {
        let setting = |name: &str| format!("KEYSTEAD_MODEL__{client}__{name}");
        [
            (setting("ID"), format!("m{client}")),
            (setting("OUTPUT"), PRICE.to_owned()),
            (setting("MAX_OUTPUT_TOKENS"), MOST_TOKENS.to_string()),
        ]
    };
    (0..clients).flat_map(of_model).collect()
}

/// The limit of the organization.
pub(super) struct Limit<'l> {
    admin: Admin<'l>,
    cents: u64,
}

impl<'l> Limit<'l> {
    /// Sets the limit of the first round.
    pub(super) fn start(admin: Admin<'l>) -> Done<Self> {
        let mut limit = Self { admin, cents: 0 };
        limit.set(ROUND_CENTS)?;
        Ok(limit)
    }

    /// Compares the figures after a round, and sets the limit of the next one. Returns what is spent, in USD.
    pub(super) fn compare(&mut self, round: u64) -> Done<f64> {
        let figures = self.admin.wait_until_free(|admin| Ok(admin.get("/v1/keystead/budget")?["organization"].clone()));
        let figures = figures.map_err(|reason| format!("round {round}: {reason}"))?;
        let spent = figures["spent"].as_f64().ok_or("a budget without spend")?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53 cents")]
        let most = self.cents as f64 / 100.0;
        if spent > most {
            return Err(format!("round {round}: {spent} USD are spent under a limit of {most} USD"));
        }
        let costs = self.admin.costs()?;
        if (costs - spent).abs() > 1e-9 {
            return Err(format!("round {round}: the budget counts {spent} USD, the costs are {costs} USD"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive amount")]
        let spent_cents = (spent * 100.0).ceil() as u64;
        self.set(spent_cents + ROUND_CENTS)?;
        Ok(spent)
    }

    fn set(&mut self, cents: u64) -> Done {
        let body = json!({ "threshold_amount": cents, "currency": "USD", "interval": "month" }).to_string();
        let head = format!("authorization: Bearer {}\r\ncontent-type: application/json\r\n", self.admin.key);
        let answer = send(self.admin.address, "POST", "/v1/organization/spend_limit", &head, &body)?;
        if answer.status != 200 {
            return Err(format!("the limit was answered with {}", answer.status));
        }
        self.cents = cents;
        Ok(())
    }
}
