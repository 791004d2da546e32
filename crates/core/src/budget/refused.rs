//! The response to a request that does not fit into a budget.

use super::{BudgetKind, BudgetScope, Interval, Measure, SubjectKind};
use crate::id::{BudgetId, OrganizationId, ProjectId};
use crate::money::{Amount, CURRENCY};
use crate::refusal::ErrorResponse;
use crate::route::MeterKind;
use crate::time::Timestamp;

/// A request that does not fit into a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRefusal {
    /// The paying organization.
    pub organization: OrganizationId,
    /// The project of the request.
    pub project: ProjectId,
    /// The budget.
    pub id: BudgetId,
    /// Its subject and its terms.
    pub scope: BudgetScope,
    /// The most that may be used.
    pub most: Amount,
    /// What is counted as used.
    pub used: Amount,
    /// The most that the request may use.
    pub requested: Amount,
    /// When the next period begins; `None` for budgets that never begin again.
    pub resets_at: Option<Timestamp>,
}

impl BudgetRefusal {
    /// Builds status and body. `public_url` is the address where usage can be looked up, without a slash at the end.
    /// Routes of images have a code of their own in the contract, for budgets of money.
    #[must_use]
    pub fn response(&self, meter: MeterKind, public_url: &str) -> ErrorResponse {
        let rest = format!("{} Visit {public_url}/usage?project={} to learn more.", self.reason(), self.project);
        let measure = self.scope.terms.measure;
        if meter == MeterKind::Image && measure == Measure::Money {
            let message = format!("Billing hard limit has been reached. {rest}");
            return ErrorResponse::invalid(400, Some("billing_hard_limit_reached"), message);
        }
        let message = format!("You exceeded your current quota, please check your plan and billing details. {rest}");
        ErrorResponse { kind: "insufficient_quota", ..ErrorResponse::invalid(429, Some(self.code()), message) }
    }

    /// The code of the contract. Ceilings of tokens and requests have one code for every subject; the money of keys and
    /// persons, which the contract does not know, has the general one.
    #[must_use]
    pub fn code(&self) -> &'static str {
        let terms = self.scope.terms;
        match (terms.kind, terms.measure, self.scope.subject.kind()) {
            (BudgetKind::Credit, ..) => "credit_balance_exhausted",
            (_, Measure::Tokens | Measure::Requests, _) => "organization_usage_limit_exceeded",
            (_, Measure::Money, SubjectKind::Organization) => "organization_spend_limit_exceeded",
            (_, Measure::Money, SubjectKind::Project) => "project_spend_limit_exceeded",
            (_, Measure::Money, SubjectKind::Person | SubjectKind::Key) => "insufficient_quota",
        }
    }

    fn reason(&self) -> String {
        let Self { organization, project, id, scope, most, used, requested, resets_at } = self;
        let terms = scope.terms;
        let figure = |amount: &Amount| match terms.measure {
            Measure::Money => format!("{amount} {CURRENCY}"),
            Measure::Tokens => whole(terms.measure.figure(*amount), "token"),
            Measure::Requests => whole(terms.measure.figure(*amount), "request"),
        };
        let is_one = terms.measure != Measure::Money && terms.measure.figure(*used) == 1;
        let are = if is_one { "is" } else { "are" };
        let (most, used, requested) = (figure(most), figure(used), figure(requested));
        let aside = "what running requests may use is set aside";
        if terms.kind == BudgetKind::Credit {
            let left = figure(&self.most.minus(self.used));
            return format!(
                "Organization {organization} has {left} of prepaid credit left, and this request may cost up to \
                 {requested}; {aside}. Add credit to continue."
            );
        }
        let subject = match scope.subject.kind() {
            SubjectKind::Organization => format!("Organization {organization}"),
            SubjectKind::Project => format!("Project {project}"),
            SubjectKind::Person => "The person who owns this key".to_owned(),
            SubjectKind::Key => "This key".to_owned(),
        };
        let verb = if terms.measure == Measure::Money { "spend" } else { "use" };
        let period = match terms.interval {
            Interval::Hour => " an hour",
            Interval::Day => " a day",
            Interval::Week => " a week",
            Interval::Month => " a month",
            Interval::Total => " in all",
        };
        let spent = if terms.measure == Measure::Money { "spent" } else { "used" };
        let reset = resets_at.map_or_else(
            || "It does not reset.".to_owned(),
            |at| format!("It resets at {at}, when the next {} begins.", terms.interval.as_str()),
        );
        format!(
            "{subject} may {verb} {most}{period} (budget {id}), {used} {are} {spent}, and this request may {} up to \
             {requested}; {aside}. {reset}",
            if terms.measure == Measure::Money { "cost" } else { "use" }
        )
    }
}

/// A number of tokens or requests.
fn whole(figure: i64, unit: &str) -> String {
    format!("{figure} {unit}{}", if figure == 1 { "" } else { "s" })
}
