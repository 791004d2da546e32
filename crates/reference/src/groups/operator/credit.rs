//! What operators do with credit.

use crate::groups::credit::{
    ALL_PURCHASES, CREDIT, CURRENCY_MEMBER, MOST_CENTS, ORGANIZATION_CREDIT, POSTED, PURCHASE,
};
use crate::groups::shared::{PAGE, REASON, flag};
use crate::members::{Kind, Member, field, optional};
use crate::operation::{Access, Operation, get, post};
use keystead_core::ledger::LAST_PRIORITY;

const IDEMPOTENCY: Member = optional(
    "idempotency_key",
    Kind::Text,
    "A name of the request, of printable ASCII characters without spaces: with the same name it is carried out once.",
)
.between(1, 255)
.such_as("case-4711");

pub(super) const ALL: Operation = get("/v1/keystead/operator/credit", "listCredit", "List the credit of organizations")
    .about("Organizations that pay, have or owe something, or are suspended; the newest organization first.")
    .needs(Access::Operator)
    .query(PAGE)
    .lists(&ORGANIZATION_CREDIT);

pub(super) const ONE: Operation =
    get("/v1/keystead/operator/credit/{organization_id}", "retrieveCredit", "Retrieve the credit of an organization")
        .needs(Access::Operator)
        .answers(&ORGANIZATION_CREDIT);

pub(super) const GRANT: Operation =
    post("/v1/keystead/operator/credit/{organization_id}/grants", "grantCredit", "Grant credit")
        .about("It settles what the organization owes first.")
        .needs(Access::Operator)
        .body(&[
            field("amount_in_cents", Kind::Integer, "How much.").between(1, MOST_CENTS).such_as("5000"),
            CURRENCY_MEMBER,
            optional(
                "expires_at",
                Kind::Integer,
                "When what is left of it expires, in Unix seconds, within ten years.",
            )
            .such_as("1830000000"),
            optional("priority", Kind::Integer, "Lots with a lower number are used first.")
                .between(0, LAST_PRIORITY)
                .usually("50"),
            REASON,
            IDEMPOTENCY,
        ])
        .answers(&POSTED)
        .or(&[409]);

pub(super) const PURCHASES: Operation = get(
    "/v1/keystead/operator/credit/{organization_id}/purchases",
    "listPurchasesOfOrganization",
    "List the purchases of an organization",
)
.about("The newest 500, the latest first.")
.needs(Access::Operator)
.answers(&ALL_PURCHASES);

pub(super) const REFUND: Operation = post(
    "/v1/keystead/operator/credit/{organization_id}/purchases/{purchase_id}/refunds",
    "refundPurchase",
    "Pay a purchase back",
)
.about("The credit is taken out at once. If the payment service refuses the refund, it is given back.")
.needs(Access::Operator)
.body(&[
    optional("amount_in_cents", Kind::Integer, "How much; without it all that was not paid back.")
        .between(1, MOST_CENTS)
        .such_as("500"),
    CURRENCY_MEMBER,
    flag("spent_too", "Whether credit that is spent already is paid back, too."),
    REASON,
    IDEMPOTENCY,
])
.answers(&PURCHASE)
.or(&[409, 501]);

pub(super) const ADJUST: Operation =
    post("/v1/keystead/operator/credit/{organization_id}/adjustments", "adjustCredit", "Correct a balance")
        .about("A negative amount is taken from the credit, and is owed beyond that.")
        .needs(Access::Operator)
        .body(&[
            field("amount_in_cents", Kind::Integer, "How much is added; negative to take it. Not 0.")
                .between(-MOST_CENTS, MOST_CENTS)
                .such_as("-250"),
            CURRENCY_MEMBER,
            REASON,
            IDEMPOTENCY,
        ])
        .answers(&POSTED)
        .or(&[409]);

pub(super) const MODE: Operation =
    post("/v1/keystead/operator/credit/{organization_id}/mode", "setBillingMode", "Choose how an organization pays")
        .about("It holds from the next request on.")
        .needs(Access::Operator)
        .body(&[
            field(
                "mode",
                Kind::OneOf(&["default", "none", "prepaid", "postpaid"]),
                "The mode; `default` is that of the configuration.",
            )
            .such_as("postpaid"),
            REASON,
        ])
        .answers(&CREDIT);

pub(super) const SUSPEND: Operation = post(
    "/v1/keystead/operator/credit/{organization_id}/suspend",
    "suspendBilling",
    "Suspend the billing of an organization",
)
.about("Its requests for models are refused with `billing_not_active`. The owners get an email with the reason.")
.needs(Access::Operator)
.body(&[REASON])
.answers(&CREDIT);

pub(super) const RESUME: Operation = post(
    "/v1/keystead/operator/credit/{organization_id}/resume",
    "resumeBilling",
    "Resume the billing of an organization",
)
.about("Also after a chargeback. The owners get an email.")
.needs(Access::Operator)
.body(&[REASON])
.answers(&CREDIT);
