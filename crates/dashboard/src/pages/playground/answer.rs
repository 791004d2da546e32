//! What came back: an answer with its figures, or a refusal with its explanation.

use axum::http::HeaderMap;
use keystead_app::Error;
use keystead_core::usage::{Price, Quantities};
use serde::Serialize;
use serde_json::Value;

use crate::help::{self, Found};
use crate::web::error_page::{error_message, topic};
use crate::web::extract::Visit;

/// The figures of an answer, as shown; empty when they are not known.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) status: String,
    pub(super) time: String,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) cost: String,
    pub(super) request: String,
}

/// An answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) figures: Figures,
}

/// Why there is no answer, and what to do.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) title: String,
    pub(super) lead: String,
    /// The help page about it.
    pub(super) href: String,
    /// The error as the API sent it; empty when the request was not sent.
    pub(super) raw: String,
    pub(super) request: String,
}

/// Returns a header as text.
pub(super) fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

impl Answer {
    /// Reads a complete answer.
    pub(super) fn read(visit: &Visit, status: u16, headers: &HeaderMap, text: &str, price: Price) -> Self {
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let format = &visit.person.format;
        let tokens = |name: &str| body["usage"][name].as_i64();
        let (input, output) = (tokens("prompt_tokens"), tokens("completion_tokens"));
        let shown = |tokens: Option<i64>| tokens.map(|number| format.number(&number)).unwrap_or_default();
        let used = Quantities {
            requests: 1,
            input_tokens: input.unwrap_or_default(),
            input_cached_tokens: body["usage"]["prompt_tokens_details"]["cached_tokens"].as_i64().unwrap_or_default(),
            output_tokens: output.unwrap_or_default(),
            ..Quantities::default()
        };
        let known = price != Price::default() && output.is_some();
        let milliseconds = header(headers, "openai-processing-ms").parse::<i64>().ok();
        Self {
            text: body["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned(),
            figures: Figures {
                status: status.to_string(),
                time: milliseconds.map(|number| format!("{}\u{a0}ms", format.number(&number))).unwrap_or_default(),
                input: shown(input),
                output: shown(output),
                cost: if known { format.money(&price.cost(&used.clamped())) } else { String::new() },
                request: header(headers, "x-request-id"),
            },
        }
    }
}

impl Refused {
    /// Explains an error of the API.
    pub(super) fn explain(visit: &Visit, status: u16, headers: &HeaderMap, raw: &str) -> Self {
        let (t, language) = (visit.person.messages, visit.person.messages.0);
        let topic = match help::find(language, raw) {
            Found::Error(topic) => Some(topic),
            Found::Pages(_) => help::topic("service-errors"),
        };
        let article = topic.map(|topic| topic.article(language));
        let href = topic.map_or_else(|| "/help".to_owned(), |topic| help::href(topic, language));
        Self {
            status,
            title: article.map_or_else(|| t.text("playground-refused"), |article| article.title.clone()),
            lead: article.map(|article| article.lead.clone()).unwrap_or_default(),
            href: visit.link(&href),
            raw: raw.to_owned(),
            request: header(headers, "x-request-id"),
        }
    }

    /// Explains why a request was not sent.
    pub(super) fn unsent(visit: &Visit, error: &Error) -> Self {
        let (t, language) = (visit.person.messages, visit.person.messages.0);
        let href = topic(error).map_or_else(|| "/help".to_owned(), |topic| help::href(topic, language));
        Self {
            status: 403,
            title: t.text("playground-refused"),
            lead: error_message(t, error),
            href: visit.link(&href),
            raw: String::new(),
            request: String::new(),
        }
    }

    /// Says what is wrong in the form.
    pub(super) fn wrong(visit: &Visit, key: &str) -> Self {
        let t = visit.person.messages;
        Self {
            status: 422,
            title: t.text("playground-not-sent"),
            lead: t.text(key),
            href: visit.link("/help/playground"),
            raw: String::new(),
            request: String::new(),
        }
    }
}
