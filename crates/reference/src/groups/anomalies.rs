//! Unusual use of keys, and velocity caps.

use keystead_core::anomaly::{CapPeriod, MOST_CAP_CENTS, MOST_CAP_REQUESTS, Signal};

use super::keys::EXPLAINED_KEY;
use super::shared::{READ, WRITE, object};
use crate::members::{Kind, Member, field, optional, parameter};
use crate::object::Object;
use crate::operation::{Group, get, post};

const PERIOD: Member = field(
    "period",
    Kind::Names(|| CapPeriod::ALL.map(CapPeriod::as_str).to_vec()),
    "The period, which begins with a full minute or hour of UTC.",
);
const CAP: Kind = Kind::Members(&[
    PERIOD,
    field("requests", Kind::Integer, "The most requests.").or_null().between(1, MOST_CAP_REQUESTS).such_as("600"),
    field("threshold_amount", Kind::Integer, "The most money, in cents.")
        .or_null()
        .between(1, MOST_CAP_CENTS)
        .such_as("500"),
]);
const NEW_CAP: Kind = Kind::Members(&[
    PERIOD,
    optional("requests", Kind::Integer, "The most requests.").between(1, MOST_CAP_REQUESTS).such_as("600").shown(),
    optional("threshold_amount", Kind::Integer, "The most money, in cents.").between(1, MOST_CAP_CENTS).such_as("500"),
]);
const SIGNALS: Member = field(
    "signals",
    Kind::List(&Kind::OneOf(&["spend_beyond_past", "requests_beyond_past", "new_network", "new_country", "new_model"])),
    "The signals that are on.",
);

/// Whether a key has a cap of its own.
pub(super) const CAP_MODE: Member = field(
    "velocity_cap_mode",
    Kind::OneOf(&["inherited", "off", "own"]),
    "Whether the cap of the organization applies to it, none, or one of its own.",
);
/// The own cap of a key.
pub(super) const KEY_CAP: Member = field("velocity_cap", CAP, "Its own velocity cap.").or_null().such_as("null");

const SETTINGS: Object = Object::new(
    "AnomalySettings",
    "What the organization wants to know about unusual use of its keys.",
    &[
        object("keystead.anomaly_settings"),
        SIGNALS,
        field("velocity_cap", CAP, "The velocity cap of keys without one of their own.").or_null(),
    ],
);

const NOTICED: Object = Object::new(
    "Anomaly",
    "What was noticed about a key.",
    &[
        object("keystead.anomaly"),
        field("key_id", Kind::Id("key_"), "The key."),
        field("signal", Kind::Names(|| Signal::ALL.map(Signal::as_str).to_vec()), "What was noticed."),
        field(
            "value",
            Kind::Text,
            "The model, network or country; otherwise the day or the beginning of the period, of UTC.",
        )
        .such_as("2026-11-30"),
        field("period", Kind::Names(|| CapPeriod::ALL.map(CapPeriod::as_str).to_vec()), "The period of the figures.")
            .or_null()
            .such_as("hour"),
        field("used", Kind::Integer, "What was used: requests, or millionths of the currency.")
            .or_null()
            .such_as("4200"),
        field("usual", Kind::Integer, "The busiest hour of the 14 days before, or the cap.").or_null().such_as("310"),
        field("created_at", Kind::Time, "When it was noticed."),
    ],
);

const ALL_NOTICED: Object = Object::new(
    "Anomalies",
    "What was noticed about keys.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&NOTICED)), "Latest first.")],
);

pub(super) const GROUP: Group = Group {
    slug: "unusual-use",
    name: "Unusual use",
    about: "What was noticed about keys beyond their own past, and velocity caps, which pause a key.",
    operations: &[
        get("/v1/keystead/anomaly_settings", "retrieveAnomalySettings", "Retrieve the settings of unusual use")
            .about("The signals that are on, and the velocity cap of keys without one of their own.")
            .needs(READ)
            .answers(&SETTINGS),
        post("/v1/keystead/anomaly_settings", "updateAnomalySettings", "Change the settings of unusual use")
            .about("What is left out stays. Null as `velocity_cap` removes the cap. A cap names a number of requests, an amount, or both.")
            .needs(WRITE)
            .body(&[
                optional("signals", SIGNALS.kind, "The signals that are on; the others are switched off.").such_as("[\"new_model\"]").shown(),
                optional("velocity_cap", NEW_CAP, "The cap.").shown(),
            ])
            .answers(&SETTINGS),
        get("/v1/keystead/anomalies", "listAnomalies", "List what was noticed about keys")
            .about("Latest first, of the last 90 days.")
            .needs(READ)
            .query(&[
                parameter("key_id", Kind::Text, "Only of this key.").such_as("key_abc123"),
                parameter("limit", Kind::Integer, "How many.").between(1, 100).usually("20"),
            ])
            .answers(&ALL_NOTICED).or(&[404]),
        post("/v1/keystead/api_keys/{key_id}/pause", "pauseApiKey", "Pause a key")
            .about("From the next request on it is refused on every node, until it is resumed. Running answers are cut.")
            .needs(WRITE)
            .answers(&EXPLAINED_KEY),
        post("/v1/keystead/api_keys/{key_id}/resume", "resumeApiKey", "Resume a key")
            .about("It works from the next request on. Its velocity cap counts from now.")
            .needs(WRITE)
            .answers(&EXPLAINED_KEY),
        post("/v1/keystead/api_keys/{key_id}/velocity_cap", "setVelocityCap", "Set the velocity cap of a key")
            .about("`velocity_cap` belongs to the mode `own`.")
            .needs(WRITE)
            .body(&[
                field("mode", Kind::OneOf(&["inherited", "off", "own"]), "Whether the cap of the organization applies to it, none, or one of its own.").such_as("own"),
                optional("velocity_cap", NEW_CAP, "The cap.").shown(),
            ])
            .answers(&EXPLAINED_KEY),
    ],
};
