//! Budgets of organizations, projects, members and keys.

use keystead_core::budget::MOST_CENTS;

use crate::groups::shared::{PAGE_ASCENDING, READ, WRITE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Operation, delete, get, post};

const SUBJECTS: &[&str] = &["organization", "project", "user", "api_key"];
const MEASURES: &[&str] = &["money", "tokens", "requests"];
const INTERVALS: &[&str] = &["hour", "day", "week", "month", "total"];

const SUBJECT: Member = field(
    "subject",
    Kind::Members(&[
        field("type", Kind::OneOf(SUBJECTS), "What the budget is for."),
        field("id", Kind::Text, "Its id.").such_as("key_abc123"),
    ]),
    "What the budget is for.",
);
const NEW_SUBJECT: Member = field(
    "subject",
    Kind::Members(&[
        field("type", Kind::OneOf(SUBJECTS), "What the budget is for.").such_as("api_key"),
        optional("id", Kind::Text, "Its id; only an organization may be left out.").such_as("key_abc123"),
    ]),
    "What the budget is for: the organization, one of its projects, one of its members with all their keys, or one key.",
);
const MEASURE: Member =
    field("measure", Kind::OneOf(MEASURES), "What is measured: cost, tokens read and written, or requests.");
const INTERVAL: Member = field(
    "interval",
    Kind::OneOf(INTERVALS),
    "The period: an hour, a day, a week from Monday, a calendar month, or all time.",
)
.such_as("day");
const AMOUNT: Member =
    field("amount", Kind::Integer, "The most that may be used in a period: cents, tokens or requests.")
        .between(1, MOST_CENTS)
        .such_as("50000");
const CURRENCY: Member = optional("currency", Kind::OneOf(&["USD"]), "The unit of the prices, for budgets of money.");

const MEMBERS: &[Member] = &[
    id("budget_"),
    object("keystead.budget_limit"),
    field("kind", Kind::OneOf(&["limit", "credit"]), "A limit, or the prepaid credit of the organization.")
        .such_as("limit"),
    SUBJECT,
    MEASURE,
    INTERVAL,
    field("unit", Kind::OneOf(&["cents", "tokens", "requests"]), "The unit of the figures that follow."),
    field("currency", Kind::OneOf(&["USD"]), "The currency of cents; null for tokens and requests.").or_null(),
    field("amount", Kind::Number, "The most that may be used in a period.").such_as("50000"),
    field("used", Kind::Number, "What is counted as used in the period.").such_as("725"),
    field(
        "set_aside",
        Kind::Number,
        "What nodes have leased for requests, and what responses and batches in the background hold.",
    )
    .such_as("50"),
    field("remaining", Kind::Number, "What is left.").such_as("49225"),
    field("time_zone", Kind::Text, "The time zone by which periods begin.").such_as("UTC"),
    field("resets_at", Kind::Time, "When the next period begins; null for all time.").or_null().such_as("1769904000"),
    field("created_at", Kind::Time, "When it was first set.").such_as("1769817600"),
];

pub(super) const BUDGET: Object = Object::new(
    "BudgetLimit",
    "The most that an organization, a project, a member or a key may use in a period, and what is used.",
    MEMBERS,
);

pub(super) const LIST: Operation = get("/v1/keystead/budgets", "listBudgets", "List budgets")
    .about("Those of the organization, its projects, its members and its keys, oldest first. The spend limits of the organization and of projects are among them.")
    .needs(READ)
    .query(PAGE_ASCENDING)
    .lists(&BUDGET);
pub(super) const CREATE: Operation = post("/v1/keystead/budgets", "createBudget", "Create a budget")
    .about("It holds from the next request on, and begins with what its running period has used. A request that may use more than is left is refused. A subject has at most one budget of each measure and interval.")
    .needs(WRITE)
    .body(&[NEW_SUBJECT, MEASURE, INTERVAL, AMOUNT, CURRENCY])
    .answers(&BUDGET)
    .or(&[404, 409]);
pub(super) const RETRIEVE: Operation =
    get("/v1/keystead/budgets/{budget_id}", "retrieveBudgetLimit", "Retrieve a budget").needs(READ).answers(&BUDGET);
pub(super) const UPDATE: Operation = post("/v1/keystead/budgets/{budget_id}", "updateBudget", "Change a budget")
    .about("It holds from the next request on, for the running period as well. Less than is used refuses at once.")
    .needs(WRITE)
    .body(&[AMOUNT, CURRENCY])
    .answers(&BUDGET);
pub(super) const DELETE: Operation = delete("/v1/keystead/budgets/{budget_id}", "deleteBudget", "Remove a budget")
    .needs(WRITE)
    .removes("keystead.budget_limit.deleted");
