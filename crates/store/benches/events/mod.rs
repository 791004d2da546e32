//! The usage event that benches of this folder count, with what differs between them as arguments.

use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, UsageEvent, UsageKind};

/// An organization, a project, a key and its owner.
pub(crate) type Ids<'i> = (&'i str, &'i str, &'i str, &'i str);

pub(crate) fn event(at: Timestamp, (organization, project, key, owner): Ids<'_>, model: &str) -> UsageEvent {
    UsageEvent {
        at,
        kind: UsageKind::Completions,
        organization: organization.parse().unwrap(),
        project: project.parse().unwrap(),
        key: key.parse().unwrap(),
        owner: owner.into(),
        model: model.into(),
        used: Quantities { requests: 1, input_tokens: 900, output_tokens: 300, ..Quantities::default() },
        cost: keystead_core::money::Micros(700).into(),
        status: 200,
        estimated: false,
        request: "req".into(),
        stream: false,
        summary: false,
        once: None,
        charge: None,
        attributes: Attributes::of_detail(Some("default")),
    }
}
