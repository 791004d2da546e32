//! Prices of models, as they are read and answered.

use keystead_core::money::CURRENCY;

use crate::groups::shared::{id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;

/// The highest price for a million units.
const HIGHEST: i64 = 1_000_000_000;

const FIGURES: Kind = Kind::Members(&[
    field("input", Kind::Number, "Uncached tokens read.").such_as("2.5"),
    field("cached_input", Kind::Number, "Cached tokens read.").such_as("1.25"),
    field("cache_write", Kind::Number, "Tokens read that are written into a cache.").such_as("2.5"),
    field("audio_input", Kind::Number, "Tokens of sound that are read.").such_as("2.5"),
    field("image_input", Kind::Number, "Tokens of images that are read.").such_as("2.5"),
    field("output", Kind::Number, "Tokens written.").such_as("10.0"),
    field("reasoning", Kind::Number, "Tokens of reasoning.").such_as("10.0"),
    field("audio_output", Kind::Number, "Tokens of sound that are written.").such_as("10.0"),
    field("image_output", Kind::Number, "Tokens of images that are written.").such_as("10.0"),
    field("image", Kind::Number, "Images.").such_as("0.0"),
    field("character", Kind::Number, "Characters spoken.").such_as("0.0"),
    field("second", Kind::Number, "Seconds of audio transcribed.").such_as("0.0"),
    field("request", Kind::Number, "Requests.").such_as("0.0"),
    field("tool_call", Kind::Number, "Calls of the hosted tools `web_search` and `file_search`.").such_as("0.0"),
    field(
        "images",
        Kind::Map(&Kind::Number),
        "Images by quality and size; those without a price here cost as `image`.",
    )
    .such_as("{}"),
]);

const MODEL: Member = field("model", Kind::Text, "The model.").such_as("gpt-4o");
const IN: Member = field("currency", Kind::Always(CURRENCY), "The currency of every price and amount.");

pub(super) const PRICE: Object = Object::new(
    "Price",
    "A price of a model from a second on.",
    &[
        id("price_"),
        object("keystead.price"),
        MODEL,
        field("price", FIGURES, "For a million units of each kind."),
        IN,
        field("holds_from", Kind::Time, "The first second in which it holds."),
        field("made_at", Kind::Time, "When it was made."),
        field("made_by", Kind::Text, "By whom.").such_as("ops@example.com"),
        field("reason", Kind::Text, "Why.").such_as("Price list of January."),
        field("withdrawn_at", Kind::Time, "When it was withdrawn; then it never held.").or_null().such_as("null"),
        field("withdrawn_by", Kind::Text, "By whom.").or_null().such_as("null"),
    ],
);

const MODEL_PRICES: Object = Object::new(
    "ModelPrices",
    "The price of a model now, and what follows.",
    &[
        object("keystead.model_prices"),
        MODEL,
        field("served", Kind::Boolean, "Whether it is served now."),
        field("free", Kind::Boolean, "Whether using it costs nothing.").such_as("false"),
        field(
            "source",
            Kind::OneOf(&["none", "configuration", "operator"]),
            "Where the price comes from; `none` has no price.",
        )
        .such_as("operator"),
        field("price", FIGURES, "For a million units of each kind."),
        IN,
        field("price_id", Kind::Id("price_"), "The price, if an operator made it.").or_null(),
        field("next", Kind::List(&Kind::Object(&PRICE)), "Prices that hold later, the next one first.").such_as("[]"),
    ],
);

pub(super) const ALL_PRICES: Object = Object::new(
    "AllModelPrices",
    "The prices of all models.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&MODEL_PRICES)), "Models without a price first.")],
);

pub(super) const HISTORY: Object = Object::new(
    "PriceHistory",
    "The prices of a model over time.",
    &[
        field("configured", FIGURES, "The price of the configuration, which held before every other."),
        field("history", Kind::List(&Kind::Object(&PRICE)), "Every price, also withdrawn ones, the latest first."),
    ],
)
.more_than(&MODEL_PRICES);

/// What a list changes.
macro_rules! imported {
    ($object:literal $(, $more:expr)*) => {
        &[
            object($object),
            IN,
            field("holds_from", Kind::Time, "The first second in which the prices hold."),
            field(
                "changes",
                Kind::List(&Kind::Members(&[
                    MODEL,
                    field("before", FIGURES, "The price at that second without the list."),
                    field("after", FIGURES, "The price of the list."),
                    field("left_out", Kind::List(&Kind::Text), "Members with prices of what is not counted.")
                        .such_as("[]"),
                ])),
                "Models with another price.",
            ),
            field("unchanged", Kind::Integer, "Number of models with the same price.").such_as("3"),
            field(
                "unusable",
                Kind::List(&Kind::Members(&[
                    MODEL,
                    field("members", Kind::List(&Kind::Text), "The members with prices that it has instead."),
                ])),
                "Served models with an entry without a price of what is counted.",
            )
            .such_as("[]"),
            field("not_served", Kind::Integer, "Number of entries of models that are not served.").such_as("0"),
            field("still_free", Kind::List(&Kind::Text), "Served models that have no price with the list either.")
                .such_as("[\"tts-1\"]"),
            $($more,)*
        ]
    };
}

pub(super) const IMPORT: Object =
    Object::new("PriceImport", "Prices of a list that were set.", imported!("keystead.price_import"));

pub(super) const PRICE_PREVIEW: Object = Object::new(
    "PricePreview",
    "What a list would change.",
    imported!(
        "keystead.price_preview",
        field(
            "last_month",
            Kind::Members(&[
                field("start_time", Kind::Time, "The first second of last month, in UTC."),
                field("end_time", Kind::Time, "The first second after it."),
                field("charged", Kind::Number, "What all usage cost.").such_as("120.5"),
                field("would_cost", Kind::Number, "What it would have cost.").such_as("131.25"),
                field(
                    "models",
                    Kind::List(&Kind::Members(&[
                        MODEL,
                        field("charged", Kind::Number, "What its usage cost.").such_as("20.5"),
                        field("would_cost", Kind::Number, "What it would have cost.").such_as("31.25"),
                    ])),
                    "Models with another price that were used.",
                ),
            ]),
            "The usage of last month at both prices.",
        )
    ),
);

const FIGURE: Kind = Kind::Either(&[Kind::Number, Kind::Text]);

const fn kind(name: &'static str, about: &'static str) -> Member {
    optional(name, FIGURE, about).between(0, HIGHEST)
}

pub(super) const HOLDS_FROM: Member = optional(
    "holds_from",
    Kind::Integer,
    "From when on, in Unix seconds, at most five years ahead; without it from now on.",
)
.such_as("1830000000");

/// The prices of a new price.
pub(super) const KINDS: [Member; 14] = [
    kind("input", "For a million uncached tokens read. At least one price is required.").shown().such_as("2.5"),
    kind("cached_input", "For a million cached tokens read; without it as for uncached ones.").such_as("1.25"),
    kind("cache_write", "For a million tokens that are written into a cache; without it as other tokens read.")
        .such_as("3.75"),
    kind("audio_input", "For a million tokens of sound that are read; without it as other tokens read.").such_as("40"),
    kind("image_input", "For a million tokens of images that are read; without it as other tokens read.").such_as("10"),
    kind("output", "For a million tokens written.").shown().such_as("10"),
    kind("reasoning", "For a million tokens of reasoning; without it as other tokens written.").such_as("10"),
    kind("audio_output", "For a million tokens of sound that are written; without it as other tokens written.")
        .such_as("80"),
    kind("image_output", "For a million tokens of images that are written; without it as other tokens written.")
        .such_as("40"),
    kind("image", "For a million images without a price in `images`.").such_as("40000"),
    kind("character", "For a million characters spoken.").such_as("15"),
    kind("second", "For a million seconds of audio transcribed.").such_as("100"),
    kind("request", "For a million requests.").such_as("500"),
    kind("tool_call", "For a million calls of web and file searches.").such_as("10000"),
];

/// The prices of images by quality and size.
pub(super) const IMAGES: Member = optional(
    "images",
    Kind::Map(&FIGURE),
    "For a million images by `quality/size`, `size` or `quality`, at most 32; the first of these that is there counts, \
     then `image`.",
)
.such_as("{\"hd/1024x1792\":\"120000\"}");

pub(super) const LIST: Member =
    field("list", Kind::Text, "A list in Keystead's TOML, or in the JSON form that LiteLLM publishes.")
        .such_as("[[price]]\nmodel = \"gpt-4o-mini\"\ninput = 0.15\noutput = 0.60\n");
