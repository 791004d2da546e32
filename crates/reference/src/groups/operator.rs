//! The operator's console for programs.

mod credit;
mod leases;
mod policy;
mod prices;

use keystead_core::gate::MOST_TAGS;
use keystead_core::verification::review::CaseKind;

use super::shared::{REASON, flag, id, object};
use super::verification::{REQUIREMENT, STATUS};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Access, Group, delete, get, post};
use policy::{POLICY, PREVIEW, RULES};
use prices::{ALL_PRICES, HISTORY, HOLDS_FROM, IMAGES, IMPORT, KINDS, LIST, PRICE, PRICE_PREVIEW};

const CASE: Object = Object::new(
    "ReviewCase",
    "A case that people must decide.",
    &[
        id("case_"),
        object("keystead.review_case"),
        field("organization_name", Kind::Text, "The organization.").such_as("Example"),
        field("kind", Kind::Names(|| CaseKind::ALL.map(CaseKind::as_str).to_vec()), "Why it was opened."),
        field("opened_at", Kind::Time, "When it was opened."),
        field("statement", Kind::Text, "What the owner wrote.").or_null().such_as("null"),
        field("proposed_by", Kind::Text, "Who has proposed to approve, when two are needed.").or_null().such_as("null"),
        field(
            "signals",
            Kind::List(&Kind::OneOf(&["card_shared", "address_shared", "sim_changed"])),
            "Reasons to look closer.",
        )
        .such_as("[]"),
    ],
);

const CASES: Object = Object::new(
    "ReviewCases",
    "The open cases.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&CASE)), "The cases.")],
);

const DECIDED: Object = Object::new(
    "DecidedCase",
    "A decision.",
    &[
        field("id", Kind::Text, "The case.").such_as("case_abc123"),
        object("keystead.review_case"),
        field("decided", Kind::Boolean, "`false` when a second person must agree."),
    ],
);

const HOLD: Object = Object::new(
    "LegalHold",
    "Pictures that are held because the law requires it.",
    &[
        field("id", Kind::Text, "The case.").such_as("case_abc123"),
        object("keystead.legal_hold"),
        field("held", Kind::Boolean, "`false` when a second operator must name the same date."),
        field("until", Kind::Time, "Until when."),
    ],
);

const HOLD_ENDED: Object = Object::new(
    "LegalHoldEnded",
    "A hold that was ended.",
    &[
        field("id", Kind::Text, "The case.").such_as("case_abc123"),
        object("keystead.legal_hold"),
        field("ended", Kind::AlwaysBoolean(true), ""),
    ],
);

const WAIVER: Object = Object::new(
    "Waiver",
    "A requirement that the operator waived.",
    &[
        object("keystead.waiver"),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("requirement", REQUIREMENT, "The requirement."),
        field("until", Kind::Time, "Until when; null without an end.").or_null(),
    ],
);

const STANDING: Object = Object::new(
    "OperatedStanding",
    "The state of an organization after an action.",
    &[
        object("keystead.organization_standing"),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("status", STATUS, "The state; absent after `payment_disputed`.").sometimes(),
        field("open", Kind::Boolean, "Whether models that need a verified organization are open.").sometimes(),
        field("until", Kind::Time, "The end of a wait or an exemption.").or_null().sometimes().such_as("null"),
    ],
);

const TAGS: Object = Object::new(
    "OrganizationTags",
    "The operator's tags for an organization.",
    &[
        object("keystead.organization_tags"),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("tags", Kind::List(&Kind::Text), "The tags.").such_as("[\"partner\"]"),
    ],
);

const REVOCATION: Object = Object::new(
    "PhoneRevocation",
    "Proofs of phones that were revoked.",
    &[
        object("keystead.phone_revocation"),
        field("organization_ids", Kind::List(&Kind::Id("org-")), "The organizations."),
    ],
);

const EXEMPTION: Object = Object::new(
    "Exemption",
    "An organization that no rule applies to.",
    &[
        object("keystead.exemption"),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("until", Kind::Time, "Until when; null without an end.").or_null(),
    ],
);

const EXEMPTION_ENDED: Object = Object::new(
    "ExemptionEnded",
    "An exemption that was ended.",
    &[
        object("keystead.exemption"),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("ended", Kind::AlwaysBoolean(true), ""),
    ],
);

const HEALTH: Object = Object::new(
    "ProviderHealth",
    "Outside services, waiting jobs and gateways.",
    &[
        object("keystead.provider_health"),
        field(
            "services",
            Kind::List(&Kind::Members(&[
                field("name", Kind::Text, "The service.").such_as("sms"),
                field("health", Kind::OneOf(&["up", "down", "unknown", "off"]), "Its state."),
            ])),
            "Each service.",
        ),
        field("waiting_jobs", Kind::Integer, "Jobs that wait.").such_as("0"),
        field("oldest_due", Kind::Time, "Since when the oldest is due.").or_null().such_as("null"),
        field(
            "gateways",
            Kind::Members(&[
                field("current", Kind::Integer, "Gateways that have applied every change.").such_as("2"),
                field("all", Kind::Integer, "All gateways.").such_as("2"),
                field(
                    "late",
                    Kind::List(&Kind::Members(&[
                        field("id", Kind::Text, "The gateway."),
                        field("seconds", Kind::Integer, "How far it lags."),
                    ])),
                    "Those that lag.",
                )
                .such_as("[]"),
            ]),
            "The gateways.",
        ),
    ],
);

const RETENTION: Object = Object::new(
    "RetentionReport",
    "The personal data that is kept.",
    &[
        object("list"),
        field(
            "data",
            Kind::List(&Kind::Members(&[
                field("what", Kind::Text, "The kind.").such_as("sessions"),
                field("rows", Kind::Integer, "How many.").such_as("12"),
                field("oldest", Kind::Time, "The oldest.").or_null(),
                field(
                    "kept_days",
                    Kind::Integer,
                    "Days after which it is deleted; null when it is kept with what it belongs to.",
                )
                .or_null()
                .such_as("30"),
            ])),
            "Each kind.",
        ),
    ],
);

const CASE_ID: Member = field("id", Kind::Id("case_"), "The case.");
const UNTIL: Member =
    optional("until", Kind::Integer, "Until when, in Unix seconds; without it there is no end.").such_as("1790000000");
const NEW_PRICE: &[Member] = &{
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = KINDS;
    let model = field("model", Kind::Text, "A model that is served.").such_as("gpt-4o");
    [model, a, b, c, d, e, f, g, h, i, j, k, l, m, n, IMAGES, HOLDS_FROM, REASON]
};
const PLACE: &str = "Takes an admin key of a person with a confirmed address in `operator.emails`. Changes take a `reason`. Those about organizations are in the audit log; rules and prices are their own record.";

pub(super) const GROUP: Group = Group {
    slug: "operator",
    name: "Operator",
    about: PLACE,
    operations: &[
        get("/v1/keystead/operator/cases", "listReviewCases", "List open cases")
            .needs(Access::Operator)
            .answers(&CASES),
        post("/v1/keystead/operator/cases/{id}/decide", "decideReviewCase", "Decide a case")
            .about("A review is rejected with `reasons` of the list. Overriding a refusal of a service, and approving a document that has verified others, takes two people.")
            .of(CASE_ID)
            .needs(Access::Operator)
            .body(&[
                field("decision", Kind::OneOf(&["approve", "reject", "recapture"]), "The decision; `recapture` asks for new pictures."),
                optional("reasons", Kind::List(&Kind::Text), "Why a review is rejected.").such_as("[\"face_mismatch\"]"),
                flag("destroy", "Whether the pictures of a review are erased at once."),
                REASON,
            ])
            .answers(&DECIDED)
            .or(&[409, 429, 501]),
        post("/v1/keystead/operator/cases/{id}/hold", "holdReviewCase", "Hold the pictures of a case")
            .about("Keeps them until a date because the law requires it. It takes two operators who name the same date.")
            .of(CASE_ID)
            .needs(Access::Operator)
            .body(&[field("until", Kind::Integer, "Until when, in Unix seconds.").such_as("1790000000"), REASON])
            .answers(&HOLD)
            .or(&[409, 501]),
        post("/v1/keystead/operator/cases/{id}/hold/end", "endHoldOfReviewCase", "End the hold of a case")
            .of(CASE_ID)
            .needs(Access::Operator)
            .body(&[REASON])
            .answers(&HOLD_ENDED)
            .or(&[409, 501]),
        post("/v1/keystead/operator/organizations/{organization_id}/waivers", "createWaiver", "Waive a requirement")
            .needs(Access::Operator)
            .body(&[field("requirement", REQUIREMENT, "The requirement."), UNTIL, REASON])
            .answers(&WAIVER)
            .or(&[409]),
        post("/v1/keystead/operator/organizations/{organization_id}/verification", "operateOnVerification", "Suspend, restore or revoke a verification")
            .needs(Access::Operator)
            .body(&[
                field("action", Kind::OneOf(&["suspend", "restore", "revoke", "payment_disputed"]), "What to do."),
                REASON,
            ])
            .answers(&STANDING)
            .or(&[409]),
        get("/v1/keystead/operator/organizations/{organization_id}/tags", "retrieveOrganizationTags", "Retrieve the tags of an organization")
            .needs(Access::Operator)
            .answers(&TAGS),
        post("/v1/keystead/operator/organizations/{organization_id}/tags", "updateOrganizationTags", "Replace the tags of an organization")
            .needs(Access::Operator)
            .body(&[
                field("tags", Kind::List(&Kind::Text), "Up to 20 tags: small letters, digits, `-` and `_`.").at_most(MOST_TAGS as i64).such_as("[\"partner\"]"),
                REASON,
            ])
            .answers(&TAGS),
        post("/v1/keystead/operator/phones/revoke", "revokePhones", "Revoke proofs of phones")
            .about("More than ten need a second operator within a day.")
            .needs(Access::Operator)
            .body(&[field("organization_ids", Kind::List(&Kind::Id("org-")), "The organizations.").between(1, 1_000), REASON])
            .answers(&REVOCATION)
            .or(&[404, 409]),
        post("/v1/keystead/operator/exemptions", "createExemption", "Exempt an organization from all rules")
            .needs(Access::Operator)
            .body(&[field("organization_id", Kind::Id("org-"), "The organization."), UNTIL, REASON])
            .answers(&EXEMPTION)
            .or(&[404, 409]),
        post("/v1/keystead/operator/exemptions/{organization_id}/end", "endExemption", "End an exemption")
            .needs(Access::Operator)
            .body(&[REASON])
            .answers(&EXEMPTION_ENDED)
            .or(&[409]),
        get("/v1/keystead/operator/policy", "retrievePolicy", "Retrieve the rules")
            .needs(Access::Operator)
            .answers(&POLICY),
        post("/v1/keystead/operator/policy", "updatePolicy", "Replace the rules")
            .about("In force with the next request on every gateway.")
            .needs(Access::Operator)
            .body(&[RULES, field("version", Kind::Integer, "The version that is replaced.").such_as("3"), REASON])
            .answers(&POLICY)
            .or(&[409]),
        post("/v1/keystead/operator/policy/preview", "previewPolicy", "Preview rules")
            .about("The organizations that these rules would refuse and the present ones do not, by their calls of the last thirty days.")
            .needs(Access::Operator)
            .body(&[RULES])
            .answers(&PREVIEW),
        get("/v1/keystead/operator/health", "retrieveProviderHealth", "Retrieve the state of services")
            .needs(Access::Operator)
            .answers(&HEALTH),
        get("/v1/keystead/operator/retention", "retrieveRetentionReport", "Retrieve the personal data that is kept")
            .needs(Access::Operator)
            .answers(&RETENTION),
    ],
};

/// Prices.
pub(super) const PRICES: Group = Group {
    slug: "operator-prices",
    name: "Operator: prices",
    about: "For operators: what usage of models costs, from which second on.",
    operations: &[
        get("/v1/keystead/operator/prices", "listPrices", "List the prices of models")
            .about("Models without a price, which are free, come first.")
            .needs(Access::Operator)
            .answers(&ALL_PRICES),
        get("/v1/keystead/operator/prices/history", "retrievePriceHistory", "Retrieve the prices of a model over time")
            .needs(Access::Operator)
            .query(&[field("model", Kind::Text, "The model.").such_as("gpt-4o")])
            .answers(&HISTORY)
            .or(&[404]),
        post("/v1/keystead/operator/prices", "createPrice", "Set the price of a model")
            .about("The whole price from a second on: kinds that are absent are free. A price that was to hold from the same second is withdrawn. What was charged before stays.")
            .needs(Access::Operator)
            .body(NEW_PRICE)
            .answers(&PRICE)
            .or(&[404, 409]),
        post("/v1/keystead/operator/prices/preview", "previewPrices", "Preview a list of prices")
            .about("What a list would change, and what last month would have cost with it. Nothing is changed.")
            .needs(Access::Operator)
            .body(&[LIST, HOLDS_FROM])
            .answers(&PRICE_PREVIEW),
        post("/v1/keystead/operator/prices/import", "importPrices", "Import a list of prices")
            .about("All of them or none. Models that have this price already, are not served, or have no price of what is counted, are left alone.")
            .needs(Access::Operator)
            .body(&[LIST, HOLDS_FROM, REASON])
            .answers(&IMPORT)
            .or(&[409]),
        delete("/v1/keystead/operator/prices/{id}", "deletePrice", "Withdraw a price")
            .about("Only before it holds.")
            .of(field("id", Kind::Id("price_"), "The price."))
            .needs(Access::Operator)
            .answers(&PRICE)
            .or(&[409]),
    ],
};

/// Credit, and what nodes hold of budgets.
pub(super) const CREDIT: Group = Group {
    slug: "operator-credit",
    name: "Operator: credit, tiers and leases",
    about: "For operators: the credit, the purchases and the usage tiers of organizations, and what nodes that are gone hold of budgets.",
    operations: &[
        credit::ALL,
        credit::ONE,
        credit::GRANT,
        credit::ADJUST,
        credit::PURCHASES,
        credit::REFUND,
        credit::MODE,
        credit::SUSPEND,
        credit::RESUME,
        super::spend::tier::OF_ANY,
        super::spend::tier::SET,
        leases::LIST,
        leases::RELEASE,
    ],
};
