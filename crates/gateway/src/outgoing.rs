//! A request to an upstream, besides its body.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;

use keystead_core::time::Timestamp;
use keystead_core::usage::Price;

use crate::api_request::Features;
use crate::catalogue::{ModelEntry, Upstream};
use crate::estimate::{self, TokenEstimate};
use crate::request::client_body::Fault;
use crate::request::form_progress::FormProgress;
use crate::request::json_outline::Stated;
use crate::response::reported_usage::Sent;
use crate::upstream_objects::batches::BatchLines;

/// A body up to this length is kept until it is settled; a longer one is estimated at once.
const KEPT: usize = 64 << 10;

/// What is known of a request to an upstream besides its body.
pub(crate) struct Outgoing<'c> {
    pub(crate) upstream: &'c Upstream,
    pub(crate) model: Option<&'c ModelEntry>,
    /// The moment by which its prices, and the periods of its budgets, are chosen.
    pub(crate) begun_at: Timestamp,
    pub(crate) features: Features,
    /// Whether the usage chunk must be removed from the answer.
    pub(crate) strip: bool,
    /// The body without the usage option that the gateway added, in case the upstream refuses the option.
    pub(crate) without_usage_option: Option<Bytes>,
    /// The characters of the input, where they are what is charged.
    pub(crate) characters: i64,
    /// The model of the tool that makes pictures, if there is one.
    pub(crate) tool: Option<&'c ModelEntry>,
    /// Whether the answer will have sound.
    pub(crate) audio: bool,
    /// The request's content, for an estimate.
    pub(crate) prompt: Prompt,
    /// What the lines of a new batch say.
    pub(crate) batch: BatchLines,
    /// Why the client's body ended early, if it did.
    pub(crate) fault: Option<Fault>,
}

impl<'c> Outgoing<'c> {
    pub(crate) fn new(upstream: &'c Upstream, model: Option<&'c ModelEntry>, begun_at: Timestamp) -> Self {
        Self {
            upstream,
            model,
            begun_at,
            features: Features::default(),
            strip: false,
            without_usage_option: None,
            characters: 0,
            tool: None,
            audio: false,
            prompt: Prompt::Nothing,
            batch: BatchLines::default(),
            fault: None,
        }
    }

    /// The price of the model; nothing without one.
    pub(crate) fn price(&self) -> Price {
        self.model.map(|model| model.prices.at(self.begun_at)).unwrap_or_default()
    }

    /// The price of the model of the tool that makes pictures; nothing without one.
    pub(crate) fn tool_price(&self) -> Price {
        self.tool.map(|model| model.prices.at(self.begun_at)).unwrap_or_default()
    }
}

/// What a request sends, for an estimate that is made only when no figures are reported.
#[derive(Debug, Clone, Default)]
pub(crate) enum Prompt {
    #[default]
    Nothing,
    /// A body, and what it states.
    Kept(Bytes, Stated),
    Read(TokenEstimate),
    Form(Arc<FormProgress>),
}

impl Prompt {
    pub(crate) fn of(body: &Bytes, stated: Stated) -> Self {
        if body.len() <= KEPT { Self::Kept(body.clone(), stated) } else { Self::Read(estimate::of(body, &stated)) }
    }

    /// What limits need to know. Where the content has to be read for that, it is not read again.
    pub(crate) fn for_limits(&mut self) -> TokenEstimate {
        if let Self::Kept(body, stated) = self
            && estimate::is_read_for_limits(body, stated)
        {
            *self = Self::Read(estimate::of(body, stated));
        }
        self.stated()
    }

    /// What it states; its content is not read.
    pub(crate) fn stated(&self) -> TokenEstimate {
        match self {
            Self::Kept(body, stated) => TokenEstimate::stated(body.len(), stated),
            Self::Read(estimate) => *estimate,
            Self::Nothing => TokenEstimate::default(),
            Self::Form(form) => TokenEstimate {
                images: *form.images.lock().unwrap_or_else(PoisonError::into_inner),
                answers: form.count.load(Ordering::Relaxed).max(1),
                ..TokenEstimate::default()
            },
        }
    }

    /// The estimate, with its content.
    pub(crate) fn estimate(&self) -> TokenEstimate {
        match self {
            Self::Kept(body, stated) => estimate::of(body, stated),
            other => other.stated(),
        }
    }

    pub(crate) fn sent(&self, characters: i64) -> Sent {
        let estimate = self.estimate();
        let sound = match self {
            Self::Form(form) => form.sound.lock().unwrap_or_else(PoisonError::into_inner).known(),
            _ => None,
        };
        Sent { read: estimate.read, pictures: estimate.answers, characters, sound }
    }

    /// Whether an upstream that has received some of it has all that it needs to begin.
    pub(crate) fn is_sent(&self) -> bool {
        match self {
            Self::Form(form) => form.sent.load(Ordering::Relaxed),
            _ => true,
        }
    }
}
