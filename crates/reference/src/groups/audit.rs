//! The audit log.

use super::shared::{AUDIT_PAGE, READ};
use crate::members::{Kind, Member, field};
use crate::object::Object;
use crate::operation::{Group, get};

const USER: &[Member] = &[
    field("id", Kind::Text, "The person.").such_as("user-abc123"),
    field("email", Kind::Text, "Their address, if it is known.").sometimes().such_as("ann@example.com"),
];

const ADDRESS: Member =
    field("ip_address", Kind::Text, "The client's address, if there was a request.").or_null().such_as("192.0.2.7");

const ACTOR: Kind = Kind::Either(&[
    Kind::Members(&[
        field("type", Kind::Always("session"), ""),
        field(
            "session",
            Kind::Members(&[field("user", Kind::Members(USER), "The person."), ADDRESS]),
            "A person on the pages.",
        ),
    ]),
    Kind::Members(&[
        field("type", Kind::Always("api_key"), ""),
        field(
            "api_key",
            Kind::Members(&[
                field("id", Kind::Text, "The key.").such_as("key_abc123"),
                ADDRESS,
                field("type", Kind::OneOf(&["user", "service_account"]), "What owns it, if it is known.").sometimes(),
                field("user", Kind::Members(USER), "The person.").sometimes(),
                field("service_account", Kind::Members(&[field("id", Kind::Text, "The service account.")]), "")
                    .sometimes(),
            ]),
            "A key.",
        ),
    ]),
]);

const EVENT: Object = Object::new(
    "AuditLogEvent",
    "One event. A further member, named like its type, has the details: the `id` of what it is about, and what changed. An event that OpenAI's API does not have has the nearest type, its own type in `keystead_type`, and its own details in a member of that name.",
    &[
        field("id", Kind::Id("audit_log-"), "Its id."),
        field("type", Kind::Text, "What happened.").such_as("project.created"),
        field("keystead_type", Kind::Text, "Its own type, when `type` is only the nearest of OpenAI's API.")
            .sometimes()
            .left_out()
            .such_as("phone.verified"),
        field("effective_at", Kind::Time, "When it happened."),
        field("actor", ACTOR, "Who did it; null for the service and its operators.").or_null(),
        field(
            "keystead_actor",
            Kind::Members(&[
                field("type", Kind::OneOf(&["operator", "service"]), "What it is."),
                field("id", Kind::Text, "Its name; null for an operator who is known by their address.")
                    .or_null()
                    .such_as("alice"),
            ]),
            "Who did it, when `actor` is null.",
        )
        .sometimes(),
        field(
            "project",
            Kind::Members(&[
                field("id", Kind::Id("proj_"), "The project."),
                field("name", Kind::Text, "Its name.").or_null().such_as("Search"),
            ]),
            "The project, if the event is in one.",
        )
        .sometimes(),
    ],
)
.open();

pub(super) const GROUP: Group = Group {
    slug: "audit",
    name: "Audit log",
    about: "Who changed what and when, in the organization.",
    operations: &[get("/v1/organization/audit_logs", "listAuditLogs", "List audit events")
        .about("Newest first. `event_types` takes types of OpenAI's API and of Keystead.")
        .needs(READ)
        .query(AUDIT_PAGE)
        .lists(&EVENT)
        .sdk("admin.organization.audit_logs.list")],
};
