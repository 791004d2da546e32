//! What the operations of verification take and answer.

use keystead_core::gate::Requirement;
use keystead_core::verification::organization::{AttemptState, Status};
use keystead_core::verification::payment::{PaymentState, SetupStatus};
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::review::{ErasureKind, ViewReason};

use crate::groups::shared::{CREATED_AT, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;

pub(in crate::groups) const REQUIREMENT: Kind = Kind::Names(|| Requirement::ALL.map(Requirement::as_str).to_vec());
pub(in crate::groups) const STATE: Kind = Kind::Members(&[field(
    "status",
    Kind::Text,
    "`verified`, `waived`, `unverified`, or the state of what is in progress.",
)
.such_as("verified")]);
pub(in crate::groups) const LANGUAGE: Member =
    optional("language", Kind::Text, "The language of messages: `en`, `pl` or `ja`.").usually("en");

pub(in crate::groups) const VERIFICATION: Object = Object::new("Verification", "What the organization has proven, and what that opens.", &[
    object("keystead.verification"),
    field("organization_id", Kind::Id("org-"), "The organization."),
    field("phone", STATE, "A phone number."),
    field("payment_method", STATE, "A payment method."),
    field("organization", STATE, "The organization itself."),
    field(
        "actions",
        Kind::Map(&Kind::Members(&[
            field("allowed", Kind::Boolean, "Whether it is open."),
            field("missing", Kind::List(&REQUIREMENT), "What it still needs.").such_as("[]"),
            field("alternatives", Kind::List(&Kind::List(&REQUIREMENT)), "Every choice, where a rule leaves one.").sometimes(),
        ])),
        "Each action that rules are about; models follow after a colon.",
    )
    .such_as("{\"api_key.create\":{\"allowed\":true,\"missing\":[]},\"model.use:o3\":{\"allowed\":false,\"missing\":[\"organization\"]}}"),
]);

pub(in crate::groups) const PHONE_STATE: Kind = Kind::Names(|| PhoneState::ALL.map(PhoneState::as_str).to_vec());

pub(in crate::groups) const PHONE: Object = Object::new(
    "PhoneVerification",
    "The verification of one phone number.",
    &[
        id("phv_"),
        object("keystead.phone_verification"),
        field("status", PHONE_STATE, "Its state."),
        field("phone_number", Kind::Text, "The number without its middle.").such_as("+48 ••• ••• 678"),
        field("expires_at", Kind::Time, "When the code stops working."),
        field("resend_at", Kind::Time, "When it can be sent again."),
        field("checks_left", Kind::Integer, "How often a code may still be checked.").such_as("5"),
        field("locked_until", Kind::Time, "Until when no code is sent or checked.").or_null().such_as("null"),
    ],
);

pub(in crate::groups) const PHONE_CANCELLED: Object = Object::new(
    "PhoneVerificationCancelled",
    "A verification that was abandoned.",
    &[
        field("id", Kind::Text, "Its id.").such_as("phv_abc123"),
        object("keystead.phone_verification"),
        field("status", Kind::Always("abandoned"), "Its state."),
    ],
);

pub(in crate::groups) const PHONE_ID: Member = field("id", Kind::Id("phv_"), "The verification.");

pub(in crate::groups) const SETUP: Object = Object::new(
    "PaymentSetup",
    "Adding a payment method. Nothing is charged.",
    &[
        id("pms_"),
        object("keystead.payment_setup"),
        field("status", Kind::Names(|| SetupStatus::ALL.map(SetupStatus::as_str).to_vec()), "Its state."),
        field("reason", Kind::Text, "Why the bank refused.").or_null().such_as("null"),
        field("url", Kind::Text, "The address at which the card is entered.")
            .or_null()
            .such_as("https://pay.example/s/1"),
        field("expires_at", Kind::Time, "When the address stops working."),
    ],
);

pub(in crate::groups) const METHOD: Object = Object::new(
    "PaymentMethod",
    "A payment method on file.",
    &[
        id("pm_"),
        object("keystead.payment_method"),
        field("brand", Kind::Text, "The brand of the card.").such_as("visa"),
        field("last4", Kind::Text, "Its last four digits.").such_as("4242"),
        field("expires_month", Kind::Integer, "The month in which it expires.").such_as("12"),
        field("expires_year", Kind::Integer, "The year in which it expires.").such_as("2030"),
        field("is_default", Kind::Boolean, "Whether it is the default."),
        CREATED_AT,
    ],
);

pub(in crate::groups) const METHODS: Object = Object::new(
    "PaymentMethods",
    "The payment methods of the organization.",
    &[
        object("list"),
        field("data", Kind::List(&Kind::Object(&METHOD)), "The methods, newest first."),
        field("setup", Kind::Object(&SETUP), "The last set-up.").or_null(),
        field("waived", Kind::Boolean, "Whether the operator waived the requirement.").such_as("false"),
        field("status", Kind::Names(|| PaymentState::ALL.map(PaymentState::as_str).to_vec()), "The state."),
        field("blocked_until", Kind::Time, "Until when no card can be added.").or_null().such_as("null"),
        field("until", Kind::Time, "The end of a grace period or an exemption.").or_null().such_as("null"),
    ],
);

pub(in crate::groups) const PREFERRED: Object = Object::new(
    "PreferredPaymentMethod",
    "The new default.",
    &[
        field("id", Kind::Text, "The method.").such_as("pm_abc123"),
        object("keystead.payment_method"),
        field("is_default", Kind::AlwaysBoolean(true), ""),
    ],
);

pub(in crate::groups) const SETUP_ID: Member = field("id", Kind::Id("pms_"), "The set-up.");
pub(in crate::groups) const METHOD_ID: Member = field("id", Kind::Id("pm_"), "The payment method.");

pub(in crate::groups) const ATTEMPT: Object = Object::new(
    "OrganizationVerification",
    "One attempt to verify the organization.",
    &[
        id("orgv_"),
        object("keystead.organization_verification"),
        field("status", Kind::Names(|| AttemptState::ALL.map(AttemptState::as_str).to_vec()), "Its state."),
        field("provider", Kind::Text, "The identity service.").such_as("review"),
        field("step", Kind::Integer, "0: nothing; 1: begun; 2: submitted.").such_as("0"),
        field("reasons", Kind::List(&Kind::Text), "Why it failed.").such_as("[]"),
        field("match_number", Kind::Text, "Two digits that both screens show.").such_as("47"),
        CREATED_AT,
        field("expires_at", Kind::Time, "When it expires."),
        field("submitted_at", Kind::Time, "When everything was submitted.").or_null().such_as("null"),
        field("checked_at", Kind::Time, "When the service was last asked.").or_null().such_as("null"),
        field("finished_at", Kind::Time, "When it ended.").or_null().such_as("null"),
        field("erased_at", Kind::Time, "When the service's copy is or was erased.").or_null().such_as("null"),
        field("erased", Kind::Boolean, "Whether it is erased.").such_as("false"),
    ],
);

pub(in crate::groups) const NEW_ATTEMPT: Object = Object::new(
    "NewOrganizationVerification",
    "An attempt with a link that works once.",
    &[
        field("url", Kind::Text, "Where the person continues; works once.").such_as("https://keys.example/verify/…"),
        field("url_expires_at", Kind::Time, "When it stops working."),
    ],
)
.more_than(&ATTEMPT);

pub(in crate::groups) const STATUS: Kind = Kind::Names(|| Status::ALL.map(Status::as_str).to_vec());

pub(in crate::groups) const STANDING: Object = Object::new(
    "OrganizationStanding",
    "The state of the organization.",
    &[
        object("keystead.organization_standing"),
        field("status", STATUS, "The state."),
        field("since", Kind::Time, "Since when."),
        field("until", Kind::Time, "The end of a wait or an exemption.").or_null().such_as("null"),
        field("reason", Kind::Text, "The operator's reason, if there is one.").or_null().such_as("null"),
        field("open", Kind::Boolean, "Whether models that need a verified organization are open.").such_as("false"),
        field("attempts_left", Kind::Integer, "Attempts that are left.").such_as("3"),
        field("attempt", Kind::Object(&ATTEMPT), "The last attempt.").or_null(),
        field("provider", Kind::Text, "The identity service; null when none is set up.").or_null().such_as("review"),
        field("provider_policy", Kind::Text, "The address of its privacy policy.").or_null().such_as("null"),
        field("appeal_open", Kind::Boolean, "Whether an appeal is undecided.").such_as("false"),
        field("pictures_held_until", Kind::Time, "Until when pictures are held because the law requires it.")
            .or_null()
            .such_as("null"),
        field(
            "document_free_at",
            Kind::Time,
            "When the document, which verified others, may verify this organization.",
        )
        .or_null()
        .such_as("null"),
    ],
);

pub(in crate::groups) const LINK: Object = Object::new(
    "VerificationLink",
    "A link with which a person continues.",
    &[
        object("keystead.verification_link"),
        field("url", Kind::Text, "The link; null when it was mailed.")
            .or_null()
            .such_as("https://keys.example/verify/…"),
        field("expires_at", Kind::Time, "When it stops working."),
    ],
);

pub(in crate::groups) const ATTEMPT_ID: Member = field("id", Kind::Id("orgv_"), "The attempt.");

pub(in crate::groups) const RECEIPT: Object = Object::new(
    "ErasureReceipt",
    "What was erased.",
    &[
        object("keystead.erasure_receipt"),
        id("ers_"),
        field("at", Kind::Time, "When."),
        field("counts", Kind::Anything, "How much of what: numbers and times, nothing personal.")
            .such_as("{\"pictures\":5}"),
    ],
);

pub(in crate::groups) const REFUSALS: Object = Object::new(
    "RefusedCalls",
    "Calls of the last thirty days that a rule refused.",
    &[
        object("list"),
        field(
            "data",
            Kind::List(&Kind::Members(&[
                field("request_id", Kind::Text, "The id of the request.").such_as("req_abc123"),
                object("keystead.refused_call"),
                field("project_id", Kind::Id("proj_"), "The project.").or_null(),
                field("api_key_id", Kind::Text, "The key.").or_null().such_as("key_abc123"),
                field("action", Kind::Text, "The action.").such_as("model.use:o3"),
                field("rule", Kind::Text, "The rule.").such_as("reasoning-models"),
                field("missing", Kind::List(&Kind::Text), "What was missing.").such_as("[\"organization\"]"),
                field("at", Kind::Time, "When."),
            ])),
            "The calls, newest first.",
        ),
    ],
);

pub(in crate::groups) const PRIVACY: Object = Object::new(
    "PrivacyRecord",
    "What was done with the data of verifications.",
    &[
        object("keystead.privacy_record"),
        field(
            "receipts",
            Kind::List(&Kind::Members(&[
                id("ers_"),
                field("what", Kind::Names(|| ErasureKind::ALL.map(ErasureKind::as_str).to_vec()), "The kind of data."),
                field("at", Kind::Time, "When."),
                field("counts", Kind::Anything, "How much of what.").such_as("{\"pictures\":5}"),
            ])),
            "What was erased, newest first.",
        ),
        field(
            "views",
            Kind::List(&Kind::Members(&[
                field("viewer", Kind::Text, "Who.").such_as("ops@example.com"),
                field("reason", Kind::Names(|| ViewReason::ALL.map(ViewReason::as_str).to_vec()), "What for."),
                field("at", Kind::Time, "When."),
            ])),
            "Who looked at pictures, newest first.",
        ),
        field(
            "holds",
            Kind::List(&Kind::Members(&[
                field("reason", Kind::Text, "Why.").such_as("A claim is defended."),
                field("until", Kind::Time, "Until when."),
                field("held_at", Kind::Time, "Since when.").or_null(),
                field("ended_at", Kind::Time, "When it was ended early.").or_null().such_as("null"),
            ])),
            "Pictures that are held because the law requires it, newest first.",
        ),
    ],
);
