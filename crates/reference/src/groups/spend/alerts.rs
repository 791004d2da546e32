//! Alerts about budgets.

use keystead_core::budget::{MOST_ALERT_RECIPIENTS, MOST_CENTS, SHARES};

use crate::groups::shared::{CREATED_AT, PAGE_ASCENDING, READ, WRITE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Operation, delete, get, post};

const BUDGET: Member = field("budget_id", Kind::Id("budget_"), "The budget.").such_as("budget_abc123");
const PERCENT: Member = optional("percent", Kind::Integer, "The share of the budget at which it is reached.")
    .between(*SHARES.start(), *SHARES.end())
    .such_as("80")
    .shown();
const AMOUNT: Member = optional(
    "amount",
    Kind::Integer,
    "The use at which it is reached, in place of a share: cents, tokens or requests.",
)
.between(1, MOST_CENTS);
const RECIPIENTS: Member = optional("recipients", Kind::List(&Kind::Text), "Addresses that get a mail, each once.")
    .at_most(MOST_ALERT_RECIPIENTS as i64)
    .such_as("[\"ann@example.com\"]")
    .shown();
const OWNERS: Member = optional("mail_owners", Kind::Boolean, "Whether the owners get a mail.").usually("false");
const WEBHOOKS: Member = optional(
    "webhook_ids",
    Kind::List(&Kind::Id("webhook_")),
    "The webhooks that get an event, also without a subscription; absent for every webhook that is subscribed to `budget.threshold_reached`.",
);

const ALERT: Object = Object::new(
    "BudgetAlert",
    "Mails and events when a share or an amount of a budget is used.",
    &[
        id("budgetalert_"),
        object("keystead.alert"),
        BUDGET,
        field("percent", Kind::Integer, "The share at which it is reached.").or_null().such_as("80"),
        field("amount", Kind::Integer, "The use at which it is reached.").or_null().such_as("null"),
        field("unit", Kind::OneOf(&["cents", "tokens", "requests"]), "The unit of the figures."),
        field("recipients", Kind::List(&Kind::Text), "Addresses that get a mail.").such_as("[\"ann@example.com\"]"),
        field("mail_owners", Kind::Boolean, "Whether the owners get a mail.").such_as("false"),
        field(
            "webhook_ids",
            Kind::List(&Kind::Id("webhook_")),
            "The webhooks that get an event; null for every one that is subscribed.",
        )
        .or_null()
        .such_as("null"),
        field("last_reached_at", Kind::Time, "When it was last reached.").or_null().such_as("null"),
        field("last_used", Kind::Integer, "What was used when it was last reached.").or_null().such_as("null"),
        CREATED_AT,
    ],
);

pub(super) const LIST: Operation = get("/v1/keystead/alerts", "listBudgetAlerts", "List alerts about budgets")
    .about("Oldest first. The spend alerts of the Administration API are not among them.")
    .needs(READ)
    .query(PAGE_ASCENDING)
    .lists(&ALERT);
pub(super) const CREATE: Operation = post("/v1/keystead/alerts", "createBudgetAlert", "Create an alert about a budget")
    .about("Exactly one of `percent` and `amount` is required, and a channel. It is reached once in each period of the budget, and again when the budget is raised. What is reached already is reported from the next period on. A budget can have 100 alerts.")
    .needs(WRITE)
    .body(&[BUDGET, PERCENT, AMOUNT, RECIPIENTS, OWNERS, WEBHOOKS])
    .answers(&ALERT)
    .or(&[404]);
pub(super) const RETRIEVE: Operation =
    get("/v1/keystead/alerts/{budget_alert_id}", "retrieveBudgetAlert", "Retrieve an alert about a budget")
        .needs(READ)
        .answers(&ALERT);
pub(super) const UPDATE: Operation =
    post("/v1/keystead/alerts/{budget_alert_id}", "updateBudgetAlert", "Change an alert about a budget")
        .about("Replaces threshold and channels. With another threshold it can be reached again in the same period.")
        .needs(WRITE)
        .body(&[PERCENT, AMOUNT, RECIPIENTS, OWNERS, WEBHOOKS])
        .answers(&ALERT);
pub(super) const DELETE: Operation =
    delete("/v1/keystead/alerts/{budget_alert_id}", "deleteBudgetAlert", "Delete an alert about a budget")
        .needs(WRITE)
        .removes("keystead.alert.deleted");
