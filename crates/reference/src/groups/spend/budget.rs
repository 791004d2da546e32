//! What a key may still spend.

use crate::groups::shared::object;
use crate::members::{Kind, Member, field};
use crate::object::Object;
use crate::operation::{Access, Operation, get};

/// The figures of an organization or of a project.
const fn payer(id: Member) -> [Member; 7] {
    [
        id,
        field("limit", Kind::Number, "The spend limit of a month; null without one.").or_null().such_as("500"),
        field("spent", Kind::Number, "What is spent in the month.").such_as("7.25"),
        field(
            "set_aside",
            Kind::Number,
            "What nodes have leased for requests, and what responses and batches in the background hold.",
        )
        .such_as("0.5"),
        field("remaining", Kind::Number, "What is left of the limit; null without one.").or_null().such_as("492.25"),
        field("currency", Kind::OneOf(&["USD"]), "The unit of the prices."),
        field("resets_at", Kind::Time, "When the next month begins.").such_as("1769904000"),
    ]
}

const ORGANIZATION: [Member; 7] = payer(field("id", Kind::Id("org-"), "The organization."));
const PROJECT: [Member; 7] = payer(field("id", Kind::Id("proj_"), "The project."));

const BUDGET: Object = Object::new(
    "Budget",
    "What may still be spent this month. A request must fit into both.",
    &[
        object("keystead.budget"),
        field("interval", Kind::OneOf(&["month"]), "A calendar month of UTC."),
        field("organization", Kind::Members(&ORGANIZATION), "The organization that pays."),
        field("project", Kind::Members(&PROJECT), "The project of the key; null for an admin key.").or_null(),
        field(
            "budgets",
            Kind::List(&Kind::Object(&super::budgets::BUDGET)),
            "Every budget that applies to the key, in the order in which they refuse.",
        ),
    ],
);

pub(super) const OPERATION: Operation =
    get("/v1/keystead/budget", "retrieveBudget", "Retrieve what the key may still spend")
        .about("For the organization and the project that the key's requests are charged to, chosen by the same headers. Any live key may ask, also one without permissions.")
        .needs(Access::AnyKey)
        .answers(&BUDGET);
