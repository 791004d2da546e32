//! What nodes that are gone still hold of budgets.

use crate::groups::shared::object;
use crate::members::{Kind, Member, field};
use crate::object::Object;
use crate::operation::{Access, Operation, get, post};

const LEASE: Object = Object::new(
    "EndedLease",
    "What a node that was not heard of for longer than a lease still holds of a budget.",
    &[
        object("keystead.ended_lease"),
        field("node", Kind::Text, "The node: the run of its usage spool.").such_as("0123abcd"),
        field(
            "subject",
            Kind::Members(&[
                field("type", Kind::OneOf(&["organization", "project", "user", "api_key"]), "What the budget is for."),
                field("id", Kind::Text, "Its id.").such_as("org-abc123"),
            ]),
            "What the budget is for.",
        ),
        field("measure", Kind::OneOf(&["money", "tokens", "requests"]), "What is measured."),
        field("interval", Kind::OneOf(&["hour", "day", "week", "month", "total"]), "The period.").such_as("month"),
        field("unit", Kind::OneOf(&["cents", "tokens", "requests"]), "The unit of what is held."),
        field("held", Kind::Number, "What it had used and set aside, and what is not counted yet.").such_as("12"),
        field("last_heard_of_at", Kind::Time, "When it was last heard of.").such_as("1769817600"),
    ],
);

const LEASES: Object = Object::new(
    "EndedLeases",
    "What nodes hold that are gone.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&LEASE)), "The one that was silent longest first.")],
);

const REASON: Member = field("reason", Kind::Text, "The reason, for the audit log.").such_as("The disk is lost.");

pub(super) const LIST: Operation =
    get("/v1/keystead/operator/leases", "listEndedLeases", "List what nodes that are gone hold of budgets")
        .about("Nodes that have not been heard of for longer than a lease. What they hold is free once their usage spool is counted.")
        .needs(Access::Operator)
        .answers(&LEASES);

pub(super) const RELEASE: Operation = post(
    "/v1/keystead/operator/leases/{node}/release",
    "releaseEndedLeases",
    "Release what a node that is gone holds",
)
.about("Only when its data directory is lost: what its spool contains may exceed a budget if it is counted after all.")
.needs(Access::Operator)
.body(&[REASON])
.answers(&LEASES);
