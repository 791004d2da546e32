//! Shared parts of the spool's tests.

use keystead_core::Timestamp;
use keystead_core::money::Micros;
use keystead_core::usage::{Quantities, UsageKind};

use keystead_core::usage::UsageEvent;

pub(crate) fn event(number: usize) -> UsageEvent {
    UsageEvent {
        at: Timestamp(i64::try_from(number).unwrap()),
        kind: UsageKind::Completions,
        organization: "org-1".parse().unwrap(),
        project: "proj_1".parse().unwrap(),
        key: "key_1".parse().unwrap(),
        owner: "user-1".into(),
        model: "line\nbreak".into(),
        used: Quantities { requests: 1, input_tokens: 5, ..Quantities::default() },
        cost: Micros(7).into(),
        status: 200,
        estimated: false,
        request: format!("req_{number}").into(),
        stream: false,
        summary: false,
        once: None,
        attributes: keystead_core::usage::Attributes::default(),
        charge: None,
    }
}
