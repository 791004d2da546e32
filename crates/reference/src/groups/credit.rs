//! Credit of an organization, and its ledger.

use keystead_core::ledger::{BillingMode, LAST_PRIORITY, TransactionKind};
use keystead_core::money::CURRENCY;
use keystead_core::purchase::recharge::Pause;
use keystead_core::purchase::{PurchaseState, PurchaseWay};

use crate::groups::shared::{CREATED_AT, PAGE, READ, USAGE, WRITE, flag, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, get, post};

/// The most cents of one amount.
pub(super) const MOST_CENTS: i64 = 1_000_000_000_000;

pub(super) const IN: Member = field("currency", Kind::Always(CURRENCY), "The currency of every amount.");

const KINDS: Kind = Kind::Names(|| TransactionKind::ALL.map(TransactionKind::as_str).to_vec());
pub(super) const MODES: Kind = Kind::Names(|| BillingMode::ALL.map(BillingMode::as_str).to_vec());

const LOT: Object = Object::new(
    "CreditLot",
    "Credit that came at once, and is used and expires together.",
    &[
        id("credit_"),
        object("keystead.credit_lot"),
        field("kind", KINDS, "How it came.").such_as("grant"),
        field("amount_in_cents", Kind::Number, "How much came.").such_as("5000"),
        field("left_in_cents", Kind::Number, "What of it is left.").such_as("3725"),
        field("priority", Kind::Integer, "Lots with a lower number are used first.")
            .between(0, LAST_PRIORITY)
            .such_as("50"),
        field("expires_at", Kind::Time, "When what is left of it expires.").or_null(),
        CREATED_AT,
    ],
);

const PAUSED: Kind = Kind::Members(&[
    field(
        "reason",
        Kind::Names(|| Pause::ALL.map(Pause::as_str).to_vec()),
        "Why: the bank refused, no card is on file, the ceiling of the month is reached, or the bounds of purchases leave no \
        room.",
    )
    .such_as("ceiling"),
    field("since", Kind::Time, "Since when."),
    field("until", Kind::Time, "When it ends; null is when an owner buys credit or sets automatic recharge again.")
        .or_null(),
]);

const MEMBERS: &[Member] = &[
    object("keystead.credit"),
    field("organization_id", Kind::Id("org-"), "The organization."),
    field("mode", MODES, "How it pays.").such_as("prepaid"),
    field("chosen_mode", MODES, "The mode that an operator chose for it; null is that of the configuration.")
        .or_null()
        .such_as("null"),
    IN,
    field("balance_in_cents", Kind::Number, "What it has, by which requests are refused; negative when it owes more.")
        .such_as("3725.0001"),
    field("unposted_in_cents", Kind::Number, "Usage that is taken off the balance and not in the ledger yet.")
        .such_as("0.25"),
    field("lots", Kind::List(&Kind::Object(&LOT)), "What is left of each lot, in the order in which they are used."),
    field(
        "suspended",
        Kind::Members(&[
            field("since", Kind::Time, "Since when."),
            field(
                "for",
                Kind::OneOf(&["chargeback", "operator"]),
                "Why: a bank took a payment back, or an operator suspended it.",
            ),
            field("reason", Kind::Text, "What the operator says about it.").such_as("Unpaid invoice."),
        ]),
        "The suspension of its billing: requests for models are refused.",
    )
    .or_null()
    .such_as("null"),
    field(
        "recharge",
        Kind::Members(&[
            field("below_in_cents", Kind::Number, "Credit is bought when the balance is below this.").such_as("1000"),
            field("amount_in_cents", Kind::Number, "How much is bought at a time.").such_as("5000"),
            field("monthly_ceiling_in_cents", Kind::Number, "The most that is bought automatically in a month (UTC).")
                .such_as("20000"),
            field("paused", PAUSED, "The pause of automatic purchases.").or_null().such_as("null"),
        ]),
        "When credit is bought automatically; null is never.",
    )
    .or_null()
    .such_as("null"),
    field(
        "low_mark",
        Kind::Members(&[
            field("below_in_cents", Kind::Number, "Owners are told when the balance falls below this.").such_as("1000")
        ]),
        "The mark for a low balance; null is none.",
    )
    .or_null()
    .such_as("null"),
];

pub(super) const CREDIT: Object = Object::new("Credit", "What an organization has, and how it pays.", MEMBERS);

const PURCHASE_MEMBERS: &[Member] = &[
    id("pur_"),
    object("keystead.purchase"),
    field("amount_in_cents", Kind::Integer, "How much credit it buys.").such_as("2000"),
    IN,
    field(
        "way",
        Kind::Names(|| PurchaseWay::ALL.map(PurchaseWay::as_str).to_vec()),
        "With the card on file, on the \
        page of the payment service, or automatically with the card on file.",
    )
    .such_as("card"),
    field(
        "status",
        Kind::Names(|| PurchaseState::ALL.map(PurchaseState::as_str).to_vec()),
        "Its state. Credit is \
        posted when it is `paid`.",
    )
    .such_as("paid"),
    field(
        "reason",
        Kind::Text,
        "Why the bank or the service refused it; `payment_mismatch` when the payment is not what was ordered.",
    )
    .or_null()
    .such_as("null"),
    field("url", Kind::Text, "Where an owner pays or confirms, while that is awaited.").or_null().such_as("null"),
    field("receipt_url", Kind::Text, "Where the payment service shows its receipt.")
        .or_null()
        .such_as("https://pay.example/receipts/1"),
    field("refunded_in_cents", Kind::Integer, "What was paid back.").such_as("0"),
    field("disputed_in_cents", Kind::Integer, "What the bank took back.").such_as("0"),
    CREATED_AT,
    field("expires_at", Kind::Time, "When it ends without a payment."),
    field("paid_at", Kind::Time, "When it was paid.").or_null(),
];

pub(super) const PURCHASE: Object = Object::new("Purchase", "A purchase of credit.", PURCHASE_MEMBERS);

pub(super) const ALL_PURCHASES: Object = Object::new(
    "AllPurchases",
    "Purchases of an organization.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&PURCHASE)), "The latest first.")],
);

const ENTRY: Kind = Kind::Members(&[
    field(
        "account",
        Kind::Text,
        "`credit:` and a lot, `receivable`, or one of the other sides: `usage`, `unbilled`, \
        `payments`, `granted`, `adjustments`, `refunds`, `disputed`, `expired`.",
    )
    .such_as("usage"),
    field("micros", Kind::Integer, "What the account gains, in millionths of the currency's unit.").such_as("2500000"),
]);

pub(super) const TRANSACTION: Object = Object::new(
    "LedgerTransaction",
    "A transaction of the ledger. It is never changed or deleted.",
    &[
        id("ltxn_"),
        object("keystead.ledger_transaction"),
        field("kind", KINDS, "What it is.").such_as("usage"),
        CREATED_AT,
        IN,
        field("change_in_cents", Kind::Number, "What it adds to the balance; negative when it takes from it.")
            .such_as("-250"),
        field("payment", Kind::Text, "The payment that it is about.").or_null().such_as("null"),
        field("lot", Kind::Id("credit_"), "The lot that it began.").or_null(),
        field("month", Kind::Time, "The month (UTC) of posted usage.").or_null(),
        field(
            "made_by",
            Kind::Text,
            "Who made it; `clock` is Keystead itself. The address of an operator is hidden as `operator`.",
        )
        .such_as("clock"),
        field("reason", Kind::Text, "Why; empty where the kind says it.").such_as(""),
        field("entries", Kind::List(&ENTRY), "Its entries, which sum to zero."),
    ],
);

pub(super) const POSTED: Object = Object::new(
    "PostedTransaction",
    "A transaction that was posted.",
    &[
        field("balance_in_cents", Kind::Number, "The balance after it.").such_as("5000"),
        field("repeated", Kind::Boolean, "Whether the idempotency key was used before, and nothing changed.")
            .such_as("false"),
    ],
)
.more_than(&TRANSACTION);

pub(super) const ORGANIZATION_CREDIT: Object = Object::new(
    "OrganizationCredit",
    "The credit of an organization, for operators.",
    &[id("org-"), field("organization_name", Kind::Text, "Its label.").such_as("Example")],
)
.more_than(&CREDIT);

pub(super) const CURRENCY_MEMBER: Member = optional("currency", Kind::Always(CURRENCY), "The currency.");

const fn cents(name: &'static str, about: &'static str) -> Member {
    optional(name, Kind::Integer, about).between(1, MOST_CENTS)
}

pub(super) const GROUP: Group = Group {
    slug: "credit",
    name: "Credit",
    about: "What an organization bought or was granted, what of it is left, and every transaction of its ledger. Amounts are \
            cents, which may have parts; entries are whole millionths of the currency's unit.",
    operations: &[
        get("/v1/keystead/credit", "getCredit", "Get the credit of the organization")
            .about("Usage that is counted and not posted yet is taken off the balance, so that it is the figure by which requests are refused.")
            .needs(USAGE)
            .answers(&CREDIT),
        post("/v1/keystead/credit/recharge", "setAutomaticRecharge", "Set automatic recharge")
            .about("With `enabled`, all three amounts are required. The amount must be one that a purchase may have.")
            .needs(WRITE)
            .body(&[
                field("enabled", Kind::Boolean, "Whether credit is bought automatically.").such_as("true"),
                cents("below_in_cents", "Credit is bought when the balance is below this.").shown().such_as("1000"),
                cents("amount_in_cents", "How much is bought at a time.").shown().such_as("5000"),
                cents("monthly_ceiling_in_cents", "The most that is bought automatically in a month (UTC); at least the amount.")
                    .shown()
                    .such_as("20000"),
                CURRENCY_MEMBER,
            ])
            .answers(&CREDIT),
        post("/v1/keystead/credit/low_mark", "setLowMark", "Set the mark for a low balance")
            .about("With `enabled`, the amount is required. When the balance of prepaid credit falls below it, the owners \
                    get an email and webhooks get `credit.low`, once until the balance was at or above it. Of a mark above \
                    the balance they are told when the balance falls below it once more.")
            .needs(WRITE)
            .body(&[
                field("enabled", Kind::Boolean, "Whether owners are told.").such_as("true"),
                cents("below_in_cents", "They are told when the balance falls below this.").shown().such_as("1000"),
                CURRENCY_MEMBER,
            ])
            .answers(&CREDIT),
        get("/v1/keystead/credit/purchases", "listPurchases", "List the purchases of credit")
            .about("The latest first.")
            .needs(READ)
            .query(PAGE)
            .lists(&PURCHASE),
        post("/v1/keystead/credit/purchases", "createPurchase", "Buy credit")
            .about("With the card on file, the answer says whether it is paid; `requires_action` is confirmed at `url`. With \
                    `checkout`, an owner pays at `url`. A purchase that the payment service has not answered is `created`, \
                    and is read back until it has.")
            .needs(WRITE)
            .body(&[
                field("amount_in_cents", Kind::Integer, "How much. The configuration has the bounds of a purchase and of a day.")
                    .between(1, MOST_CENTS)
                    .such_as("2000"),
                CURRENCY_MEMBER,
                flag("checkout", "Whether it is paid on a page of the payment service instead of with the card on file."),
                optional(
                    "idempotency_key",
                    Kind::Text,
                    "A name of the request, of 1 to 255 printable ASCII characters without spaces: with the same name it is \
                    carried out once.",
                )
                .between(1, 255)
                .such_as("order-4711"),
            ])
            .answers(&PURCHASE)
            .or(&[429, 501]),
        get("/v1/keystead/credit/purchases/{purchase_id}", "retrievePurchase", "Retrieve a purchase")
            .needs(READ)
            .answers(&PURCHASE),
        post("/v1/keystead/credit/purchases/{purchase_id}/refresh", "refreshPurchase", "Read a purchase from the payment service")
            .about("The service is asked at most once in five seconds.")
            .needs(WRITE)
            .answers(&PURCHASE),
        get("/v1/keystead/ledger", "listLedger", "List the ledger")
            .about("The latest first. Usage is posted about once a minute.")
            .needs(USAGE)
            .query(PAGE)
            .lists(&TRANSACTION),
    ],
};
