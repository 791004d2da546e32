//! Prepaid credit over the kills: the balance is what was granted without the costs, it is never below zero, nothing
//! stays set aside, and `keystead audit money` agrees.

use serde_json::Value;

use super::admin::Admin;
use crate::product::Product;
use crate::shell::Done;

/// With how many cents a round begins in which the credit is spent: enough for three first requests, and less than what a
/// spend limit leaves to a round.
const LITTLE: i64 = 200;
/// With how many cents the other rounds begin.
const MUCH: i64 = 10_000;
/// The same where there is a spend limit, which is then reached before the credit is spent.
const MORE_THAN_LIMIT: i64 = 900;
/// Micros in a cent.
const CENT: i64 = 10_000;

/// The setting by which organizations pay in advance.
pub(super) const PREPAID: (&str, &str) = ("KEYSTEAD_CREDIT__MODE", "prepaid");

/// The credit of the organization.
pub(super) struct Credit<'c> {
    admin: Admin<'c>,
    organization: &'c str,
    /// With how many cents every second round begins.
    much: i64,
    /// What was granted in all, in micros.
    granted: i64,
}

impl<'c> Credit<'c> {
    /// Grants the credit of the first round.
    pub(super) fn start(admin: Admin<'c>, organization: &'c str, limits: bool, product: &Product) -> Done<Self> {
        let much = if limits { MORE_THAN_LIMIT } else { MUCH };
        let mut credit = Self { admin, organization, much, granted: 0 };
        credit.grant(LITTLE, product)?;
        Ok(credit)
    }

    /// Compares the figures after a round, and grants what the next one begins with.
    pub(super) fn compare(&mut self, round: u64, product: &Product) -> Done {
        let failed = |reason: String| format!("round {round}: {reason}");
        self.wait_until_free().map_err(failed)?;
        let costs = micros(self.admin.costs()? * 1e6)?;
        let balance = self.agrees(costs).map_err(failed)?;
        if balance < 0 {
            return Err(failed(format!("the balance is {balance} micros, and every request had a bound")));
        }
        let aim = if round.is_multiple_of(2) { self.much } else { LITTLE };
        let missing = (aim * CENT - balance + CENT - 1).div_euclid(CENT);
        // A transaction of the ledger posts first all usage that is counted: nothing has to be waited for.
        self.grant(missing.max(1), product)?;
        self.agrees(costs).map_err(failed)?;
        let unposted = cents(&self.shown()?["unposted_in_cents"])?;
        if unposted != 0 {
            return Err(failed(format!("{unposted} micros of usage are not in the ledger after a grant")));
        }
        audit(costs, product).map_err(failed)
    }

    /// Compares the balance with what was granted and used, and with what is left of the lots. Returns it in micros.
    /// All prices are whole micros for each token, so no figure is rounded.
    fn agrees(&self, costs: i64) -> Done<i64> {
        let shown = self.shown()?;
        let (granted, balance) = (self.granted, cents(&shown["balance_in_cents"])?);
        if balance != granted - costs {
            return Err(format!("{granted} micros are granted, the costs are {costs}, the balance is {balance}"));
        }
        let lots = shown["lots"].as_array().into_iter().flatten();
        let left: i64 = lots.map(|lot| cents(&lot["left_in_cents"])).sum::<Done<i64>>()?;
        if balance >= 0 && left != balance {
            return Err(format!("the balance is {balance} micros, the lots have {left}"));
        }
        Ok(balance)
    }

    fn shown(&self) -> Done<Value> {
        let shown = self.admin.get("/v1/keystead/credit")?;
        if shown["mode"] == "prepaid" { Ok(shown) } else { Err(format!("the organization does not pay: {shown}")) }
    }

    /// Waits until nothing of the credit is set aside.
    fn wait_until_free(&self) -> Done {
        let figures = self.admin.wait_until_free(|admin| {
            let budgets = admin.get("/v1/keystead/budgets?limit=100")?;
            let credit = budgets["data"].as_array().into_iter().flatten().find(|budget| budget["kind"] == "credit");
            credit.cloned().ok_or_else(|| format!("no budget of credit: {budgets}"))
        });
        figures.map(drop)
    }

    fn grant(&mut self, cents: i64, product: &Product) -> Done {
        let amount = cents.to_string();
        let (organization, reason) = ("--organization", "--reason");
        let grant = ["admin", "credit", "grant", &amount, organization, self.organization, reason, "a round", "--json"];
        product.command(&grant)?;
        self.granted += cents * CENT;
        Ok(())
    }
}

/// Runs the proof, and compares its two sums with the costs.
fn audit(costs: i64, product: &Product) -> Done {
    let printed = product.command(&["audit", "money", "--json"])?;
    let proof: Value = serde_json::from_str(printed.trim()).map_err(|error| format!("{printed}: {error}"))?;
    let sum = |name: &str| {
        let units = proof[name].as_str().and_then(|text| text.parse::<f64>().ok());
        units.ok_or_else(|| format!("no {name}: {proof}")).and_then(|units| micros(units * 1e6))
    };
    if proof["agrees"] != true || sum("used")? != costs || sum("posted")? != costs {
        return Err(format!("the costs are {costs} micros, the proof says {proof}"));
    }
    Ok(())
}

/// Micros of a member in cents, which may have parts.
fn cents(value: &Value) -> Done<i64> {
    value.as_f64().ok_or_else(|| format!("{value} are no cents")).and_then(|cents| micros(cents * 1e4))
}

/// Whole micros; a part of one is an error.
fn micros(value: f64) -> Done<i64> {
    let whole = value.round();
    // Figures of a few thousand USD have errors far below this.
    if (value - whole).abs() > 1e-3 {
        return Err(format!("{value} micros are not whole"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^53 micros")]
    Ok(whole as i64)
}
