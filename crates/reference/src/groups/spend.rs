//! Spend limits, spend alerts, and what a key may still spend.

mod alerts;
mod budget;
mod budgets;
pub(super) mod tier;

use keystead_core::budget::MOST_CENTS;

use super::shared::{PAGE_ASCENDING, READ, WRITE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const LIMIT_CENTS: Member =
    field("threshold_amount", Kind::Integer, "The most that may be spent in a month, in cents.")
        .between(1, MOST_CENTS)
        .such_as("50000");
const ALERT_CENTS: Member =
    field("threshold_amount", Kind::Integer, "The spend of a month that is reported, in cents.")
        .between(0, MOST_CENTS)
        .such_as("40000");
const CURRENCY: Member = field("currency", Kind::OneOf(&["USD"]), "The unit of the prices.");
const INTERVAL: Member = field("interval", Kind::OneOf(&["month"]), "A calendar month of UTC.");
const ENFORCEMENT: Member = field(
    "enforcement",
    Kind::Members(&[field(
        "status",
        Kind::OneOf(&["inactive", "enforcing"]),
        "Whether all of it is spent, so that every request that costs something is refused.",
    )]),
    "Whether it is reached.",
);

const LIMIT: Object = Object::new(
    "OrganizationSpendLimit",
    "The most that the organization may spend in a month.",
    &[object("organization.spend_limit"), LIMIT_CENTS, CURRENCY, INTERVAL, ENFORCEMENT],
);
const PROJECT_LIMIT: Object = Object::new(
    "ProjectSpendLimit",
    "The most that a project may spend in a month.",
    &[object("project.spend_limit"), LIMIT_CENTS, CURRENCY, INTERVAL, ENFORCEMENT],
);

const MAIL: Member = field("type", Kind::OneOf(&["email"]), "The channel: email.");
const RECIPIENTS: Member = field("recipients", Kind::List(&Kind::Text), "Addresses, each once.")
    .between(1, 10)
    .such_as("[\"ann@example.com\"]");
const CHANNEL: Member = field(
    "notification_channel",
    Kind::Members(&[
        MAIL,
        RECIPIENTS,
        field("subject_prefix", Kind::Text, "What the subject of the mails begins with.").or_null().such_as("[costs]"),
    ]),
    "Who gets a mail.",
);
const NEW_CHANNEL: Member = field(
    "notification_channel",
    Kind::Members(&[
        MAIL,
        RECIPIENTS,
        optional("subject_prefix", Kind::Text, "What the subject of the mails begins with.")
            .at_most(255)
            .such_as("[costs]"),
    ]),
    "Who gets a mail.",
);

const ALERT: Object = Object::new(
    "OrganizationSpendAlert",
    "A mail about what the organization has spent in a month.",
    &[id("alert_"), object("organization.spend_alert"), ALERT_CENTS, CURRENCY, INTERVAL, CHANNEL],
);
const PROJECT_ALERT: Object = Object::new(
    "ProjectSpendAlert",
    "A mail about what a project has spent in a month.",
    &[id("alert_"), object("project.spend_alert"), ALERT_CENTS, CURRENCY, INTERVAL, CHANNEL],
);

const NEW_LIMIT: &[Member] = &[LIMIT_CENTS, CURRENCY, INTERVAL];
const NEW_ALERT: &[Member] = &[ALERT_CENTS, CURRENCY, INTERVAL, NEW_CHANNEL];

const ABOUT_LIMIT: &str = "It holds from the next request on, for the running month as well. A request that may cost more than is left is refused.";
const ABOUT_ALERT: &str = "A mail is sent once a month, when the spend of the month reaches the amount. An amount that is reached already is reported from the next month on. There can be 100 alerts.";
const ABOUT_CHANGE: &str =
    "Replaces the amount and the recipients. With another amount it may be sent again in the same month.";

pub(super) const BUDGETS: Group = Group {
    slug: "budgets",
    name: "Budgets, their alerts, and usage tiers",
    about: "What the organization, its projects, its members and its keys may use in a period: money, tokens or requests. A request must fit into each budget that applies.",
    operations: &[
        budgets::LIST,
        budgets::CREATE,
        budgets::RETRIEVE,
        budgets::UPDATE,
        budgets::DELETE,
        tier::OWN,
        alerts::LIST,
        alerts::CREATE,
        alerts::RETRIEVE,
        alerts::UPDATE,
        alerts::DELETE,
    ],
};

pub(super) const GROUP: Group = Group {
    slug: "spend",
    name: "Spend limits and spend alerts",
    about: "What the organization and its projects may spend in a calendar month, and mails when an amount is reached. A request must fit into the limit of its project and into that of the organization.",
    operations: &[
        budget::OPERATION,
        get("/v1/organization/spend_limit", "retrieveSpendLimit", "Retrieve the spend limit of the organization")
            .about("404 without a limit.")
            .needs(READ)
            .answers(&LIMIT)
            .or(&[404])
            .sdk("admin.organization.spend_limit.retrieve"),
        post("/v1/organization/spend_limit", "updateSpendLimit", "Set the spend limit of the organization")
            .about(ABOUT_LIMIT)
            .needs(WRITE)
            .body(NEW_LIMIT)
            .answers(&LIMIT)
            .sdk("admin.organization.spend_limit.update"),
        delete("/v1/organization/spend_limit", "deleteSpendLimit", "Remove the spend limit of the organization")
            .needs(WRITE)
            .removes("organization.spend_limit.deleted")
            .or(&[404])
            .sdk("admin.organization.spend_limit.delete"),
        get(
            "/v1/organization/projects/{project_id}/spend_limit",
            "retrieveProjectSpendLimit",
            "Retrieve the spend limit of a project",
        )
        .about("404 without a limit.")
        .needs(READ)
        .answers(&PROJECT_LIMIT)
        .sdk("admin.organization.projects.spend_limit.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/spend_limit",
            "updateProjectSpendLimit",
            "Set the spend limit of a project",
        )
        .about(ABOUT_LIMIT)
        .needs(WRITE)
        .body(NEW_LIMIT)
        .answers(&PROJECT_LIMIT)
        .sdk("admin.organization.projects.spend_limit.update"),
        delete(
            "/v1/organization/projects/{project_id}/spend_limit",
            "deleteProjectSpendLimit",
            "Remove the spend limit of a project",
        )
        .needs(WRITE)
        .removes("project.spend_limit.deleted")
        .sdk("admin.organization.projects.spend_limit.delete"),
        get("/v1/organization/spend_alerts", "listSpendAlerts", "List the spend alerts of the organization")
            .about("Oldest first, without those of projects.")
            .needs(READ)
            .query(PAGE_ASCENDING)
            .lists(&ALERT)
            .sdk("admin.organization.spend_alerts.list"),
        post("/v1/organization/spend_alerts", "createSpendAlert", "Create a spend alert of the organization")
            .about(ABOUT_ALERT)
            .needs(WRITE)
            .body(NEW_ALERT)
            .answers(&ALERT)
            .sdk("admin.organization.spend_alerts.create"),
        get(
            "/v1/organization/spend_alerts/{alert_id}",
            "retrieveSpendAlert",
            "Retrieve a spend alert of the organization",
        )
        .needs(READ)
        .answers(&ALERT)
        .sdk("admin.organization.spend_alerts.retrieve"),
        post(
            "/v1/organization/spend_alerts/{alert_id}",
            "updateSpendAlert",
            "Change a spend alert of the organization",
        )
        .about(ABOUT_CHANGE)
        .needs(WRITE)
        .body(NEW_ALERT)
        .answers(&ALERT)
        .sdk("admin.organization.spend_alerts.update"),
        delete(
            "/v1/organization/spend_alerts/{alert_id}",
            "deleteSpendAlert",
            "Delete a spend alert of the organization",
        )
        .needs(WRITE)
        .removes("organization.spend_alert.deleted")
        .sdk("admin.organization.spend_alerts.delete"),
        get(
            "/v1/organization/projects/{project_id}/spend_alerts",
            "listProjectSpendAlerts",
            "List the spend alerts of a project",
        )
        .about("Oldest first.")
        .needs(READ)
        .query(PAGE_ASCENDING)
        .lists(&PROJECT_ALERT)
        .sdk("admin.organization.projects.spend_alerts.list"),
        post(
            "/v1/organization/projects/{project_id}/spend_alerts",
            "createProjectSpendAlert",
            "Create a spend alert of a project",
        )
        .about(ABOUT_ALERT)
        .needs(WRITE)
        .body(NEW_ALERT)
        .answers(&PROJECT_ALERT)
        .sdk("admin.organization.projects.spend_alerts.create"),
        get(
            "/v1/organization/projects/{project_id}/spend_alerts/{project_alert_id}",
            "retrieveProjectSpendAlert",
            "Retrieve a spend alert of a project",
        )
        .needs(READ)
        .answers(&PROJECT_ALERT)
        .sdk("admin.organization.projects.spend_alerts.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/spend_alerts/{project_alert_id}",
            "updateProjectSpendAlert",
            "Change a spend alert of a project",
        )
        .about(ABOUT_CHANGE)
        .needs(WRITE)
        .body(NEW_ALERT)
        .answers(&PROJECT_ALERT)
        .sdk("admin.organization.projects.spend_alerts.update"),
        delete(
            "/v1/organization/projects/{project_id}/spend_alerts/{project_alert_id}",
            "deleteProjectSpendAlert",
            "Delete a spend alert of a project",
        )
        .needs(WRITE)
        .removes("project.spend_alert.deleted")
        .sdk("admin.organization.projects.spend_alerts.delete"),
    ],
};
