//! The usage tier of an organization.

use keystead_core::money::CURRENCY;
use keystead_core::tier::Tier;

use crate::groups::shared::{READ, REASON, object};
use crate::members::{Kind, Member, field};
use crate::object::Object;
use crate::operation::{Access, Operation, get, post};

const HIGHEST: i64 = Tier::HIGHEST.number();

const fn limit(name: &'static str, about: &'static str) -> Member {
    field(name, Kind::Integer, about).or_null()
}

const LIMITS: Kind = Kind::Members(&[
    field("model", Kind::Text, "The model.").such_as("gpt-4o"),
    limit("requests_per_minute", "Requests a minute; null without a limit.").such_as("1000"),
    limit("requests_per_day", "Requests a day.").such_as("null"),
    limit("tokens_per_minute", "Tokens a minute.").such_as("500000"),
    limit("images_per_minute", "Images a minute.").such_as("20"),
]);

const NEXT: Kind = Kind::Members(&[
    field("tier", Kind::Integer, "The tier.").between(1, HIGHEST).such_as("3"),
    field(
        "requires",
        Kind::Members(&[
            field("paid", Kind::Number, "What has to be paid in all.").such_as("100"),
            field(
                "days",
                Kind::Integer,
                "Days since the first payment; since the organization was made where nothing has to be paid.",
            )
            .such_as("7"),
        ]),
        "What it needs.",
    ),
    field(
        "missing",
        Kind::Members(&[
            field("paid", Kind::Number, "What has yet to be paid.").such_as("37.5"),
            field("days", Kind::Integer, "Days that have yet to pass.").such_as("0"),
        ]),
        "What is missing of it.",
    ),
]);

const TIER: Object = Object::new(
    "UsageTier",
    "The usage tier of an organization. Where the installation has no tiers, it says the limits only.",
    &[
        object("keystead.usage_tier"),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("tier", Kind::Integer, "Its tier; null where the installation has none.")
            .between(0, HIGHEST)
            .or_null()
            .such_as("2"),
        field("highest", Kind::Integer, "The highest tier of the installation.")
            .between(0, HIGHEST)
            .or_null()
            .such_as("5"),
        field("since", Kind::Time, "Since when it has this tier.").or_null(),
        field("set_by", Kind::OneOf(&["automatic", "operator"]), "Who set it.").or_null(),
        field(
            "held",
            Kind::Boolean,
            "Whether an operator set a lower tier, which rises by itself with the next payment only.",
        )
        .such_as("false"),
        field("paid", Kind::Number, "What the organization has paid in all.").such_as("62.5"),
        field("currency", Kind::Always(CURRENCY), "The currency of every amount."),
        field(
            "limits",
            Kind::List(&LIMITS),
            "The limits of every model, for all projects of the organization together.",
        ),
        field("next", NEXT, "The next tier; null in the highest one.").or_null(),
    ],
);

pub(super) const OWN: Operation = get("/v1/keystead/tier", "retrieveUsageTier", "Retrieve the usage tier")
    .about("The organization of the key: its tier and limits, and what the next tier needs.")
    .needs(READ)
    .answers(&TIER);

pub(in crate::groups) const OF_ANY: Operation = get(
    "/v1/keystead/operator/organizations/{organization_id}/tier",
    "retrieveUsageTierOfOrganization",
    "Retrieve the usage tier of an organization",
)
.needs(Access::Operator)
.answers(&TIER);

pub(in crate::groups) const SET: Operation = post(
    "/v1/keystead/operator/organizations/{organization_id}/tier",
    "updateUsageTier",
    "Set the usage tier of an organization",
)
.about("Its limits hold from the next request on. A lower tier stays until the organization pays more.")
.needs(Access::Operator)
.body(&[field("tier", Kind::Integer, "The tier.").between(0, HIGHEST).such_as("1"), REASON])
.answers(&TIER)
.or(&[409]);
