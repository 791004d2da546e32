//! Rules, as they are read and answered.

use keystead_core::gate::{Action, MOST_RULES, Mode};

use crate::groups::shared::object;
use crate::groups::verification::REQUIREMENT;
use crate::members::{Kind, Member, field};
use crate::object::Object;

const ACTIONS: Kind = Kind::Names(|| Action::NAMES.to_vec());

/// A rule as it is read and answered. Members that are absent have their usual values.
const RULE: Object = Object::new(
    "Rule",
    "A rule: what an action needs.",
    &[
        field("id", Kind::Text, "Its name, which refusals show.").such_as("reasoning-models"),
        field("action", ACTIONS, "The action.").such_as("model.use"),
        field("models", Kind::List(&Kind::Text), "Models, with `*`; empty for all.")
            .sometimes()
            .such_as("[\"o3\",\"o3-*\"]"),
        field("require", Kind::List(&REQUIREMENT), "All of these must be met.")
            .sometimes()
            .such_as("[\"organization\"]"),
        field("any_of", Kind::List(&Kind::List(&REQUIREMENT)), "One of these groups must be met.")
            .sometimes()
            .such_as("[[\"phone\"],[\"payment_method\"]]"),
        field("effective_from", Kind::Time, "When it begins.").sometimes().such_as("0"),
        field("grandfather_created_before", Kind::Time, "Organizations made before are exempt.")
            .sometimes()
            .or_null()
            .such_as("null"),
        field("grandfather_used_before", Kind::Time, "Organizations that used the models before are exempt.")
            .sometimes()
            .or_null()
            .such_as("null"),
        field("above", Kind::Integer, "For `organization.create`: people who own this many already.")
            .sometimes()
            .or_null()
            .such_as("null"),
        field(
            "applies_to",
            Kind::Members(&[
                field("created_after", Kind::Time, "Only organizations made then or later.").sometimes().or_null(),
                field("org_tags_not", Kind::List(&Kind::Text), "Only organizations without these tags.")
                    .sometimes()
                    .such_as("[\"partner\"]"),
            ]),
            "The organizations it applies to.",
        )
        .sometimes()
        .such_as("{\"org_tags_not\":[\"partner\"]}"),
        field("mode", Kind::Names(|| Mode::ALL.map(Mode::as_str).to_vec()), "What happens when it is not met.")
            .such_as("enforce"),
    ],
);

pub(super) const RULES: Member = field("rules", Kind::List(&Kind::Object(&RULE)), "All rules.")
    .at_most(MOST_RULES as i64)
    .such_as("[{\"id\":\"reasoning-models\",\"action\":\"model.use\",\"models\":[\"o3\",\"o3-*\"],\"require\":[\"organization\"],\"mode\":\"enforce\"}]");

pub(super) const POLICY: Object = Object::new(
    "Policy",
    "The rules in force, with their history.",
    &[
        object("keystead.policy"),
        field("version", Kind::Integer, "The version; a change names it.").such_as("3"),
        field("rules", Kind::List(&Kind::Object(&RULE)), "The rules."),
        field(
            "exemptions",
            Kind::List(&Kind::Members(&[
                field("organization", Kind::Id("org-"), "The organization."),
                field("until", Kind::Time, "Until when.").or_null(),
                field("reason", Kind::Text, "Why.").such_as("A partner."),
                field("by", Kind::Text, "Who granted it.").sometimes().such_as("ops@example.com"),
            ])),
            "Organizations that no rule applies to.",
        ),
        field(
            "versions",
            Kind::List(&Kind::Members(&[
                field("version", Kind::Integer, "The version.").such_as("3"),
                field("saved_at", Kind::Time, "When."),
                field("saved_by", Kind::Text, "By whom.").or_null().such_as("ops@example.com"),
                field("reason", Kind::Text, "Why.").or_null().such_as("Reasoning models need a verified organization."),
            ])),
            "The versions, newest first.",
        ),
    ],
);

pub(super) const PREVIEW: Object = Object::new(
    "PolicyPreview",
    "What new rules would refuse and the present ones do not.",
    &[
        object("keystead.policy_preview"),
        field("at", Kind::Time, "The moment: when every rule with a start is in force."),
        field("organizations", Kind::Integer, "Organizations with a refusal.").such_as("2"),
        field("times", Kind::Integer, "Their calls of the last thirty days that would be refused.").such_as("310"),
        field(
            "refusals",
            Kind::List(&Kind::Members(&[
                field("organization_id", Kind::Id("org-"), "The organization."),
                field("organization_name", Kind::Text, "Its name.").such_as("Example"),
                field("action", Kind::Text, "The action.").such_as("model.use:o3"),
                field("times", Kind::Integer, "How often.").such_as("310"),
                field("missing", Kind::List(&REQUIREMENT), "What is missing.").such_as("[\"organization\"]"),
                field("rule", Kind::Text, "The rule.").such_as("reasoning-models"),
            ])),
            "Each, the most frequent first.",
        ),
        field(
            "enforced",
            Kind::Members(&[
                field("organizations", Kind::Integer, "Organizations."),
                field("times", Kind::Integer, "Calls."),
            ]),
            "The same if rules in other modes were enforced.",
        ),
    ],
);
