//! Chat completions and legacy completions.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::ledger::Served;
use crate::stream::{self, Event};
use crate::{Sandbox, text};

pub(crate) async fn chat(state: State<Sandbox>, body: Json<Value>) -> Response {
    answer(state, body, "chat/completions").await
}

pub(crate) async fn completions(state: State<Sandbox>, body: Json<Value>) -> Response {
    answer(state, body, "completions").await
}

async fn answer(State(sandbox): State<Sandbox>, Json(body): Json<Value>, route: &'static str) -> Response {
    let is_chat = route == "chat/completions";
    let prompt = text::prompt(if is_chat { &body["messages"] } else { &body["prompt"] });
    let faults = Faults::read(&prompt);
    if let Some(error) = faults.before().await {
        return error;
    }
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let most = ["max_completion_tokens", "max_tokens"].iter().find_map(|name| body[*name].as_i64()).unwrap_or(256);
    let count = body["n"].as_i64().unwrap_or(1).clamp(1, 16);
    let answers: Vec<String> = (0..count).map(|n| text::words(&prompt, &format!("{model}{n}"), most)).collect();
    let input_tokens = text::tokens(&prompt);
    let output_tokens: i64 = answers.iter().map(|answer| text::tokens(answer)).sum();
    let usage = json!({ "prompt_tokens": input_tokens, "completion_tokens": output_tokens, "total_tokens": input_tokens + output_tokens,
        "prompt_tokens_details": { "cached_tokens": 0 }, "completion_tokens_details": { "reasoning_tokens": 0 } });
    let reply = Reply {
        is_chat,
        id: text::id(if is_chat { "chatcmpl-" } else { "cmpl-" }, &prompt),
        created: sandbox.now(),
        model,
        most,
    };
    let produced = Served { route, model: reply.model.clone(), requests: 1, input_tokens, ..Served::default() };
    if body["stream"].as_bool() == Some(true) {
        let wants_usage = body["stream_options"]["include_usage"].as_bool() == Some(true) && !faults.no_usage;
        let events = reply.events(&answers, wants_usage.then_some(&usage));
        sandbox.inner.ledger.add(produced.clone());
        return stream::answer(events, faults, move |tokens| {
            let more = Served { requests: 0, input_tokens: 0, output_tokens: tokens, ..produced.clone() };
            sandbox.inner.ledger.add(more);
        });
    }
    sandbox.inner.ledger.add(Served { output_tokens, ..produced });
    let mut whole = reply.frame(if is_chat { "chat.completion" } else { "text_completion" });
    whole["choices"] = answers.iter().enumerate().map(|(n, answer)| reply.choice(n, answer)).collect();
    if !faults.no_usage {
        whole["usage"] = usage;
    }
    Json(whole).into_response()
}

struct Reply {
    is_chat: bool,
    id: String,
    created: i64,
    model: String,
    most: i64,
}

impl Reply {
    fn frame(&self, object: &str) -> Value {
        json!({ "id": self.id, "object": object, "created": self.created, "model": self.model, "system_fingerprint": "fp_sandbox" })
    }

    fn finish(&self, answer: &str) -> &'static str {
        if text::tokens(answer) >= self.most { "length" } else { "stop" }
    }

    fn choice(&self, index: usize, answer: &str) -> Value {
        let finish = self.finish(answer);
        if self.is_chat {
            json!({ "index": index, "message": { "role": "assistant", "content": answer, "refusal": null }, "logprobs": null, "finish_reason": finish })
        } else {
            json!({ "index": index, "text": answer, "logprobs": null, "finish_reason": finish })
        }
    }

    fn delta(&self, index: usize, delta: &Value, finish: Option<&str>, with_usage: bool) -> Value {
        let mut chunk = self.frame(if self.is_chat { "chat.completion.chunk" } else { "text_completion" });
        chunk["choices"] = if self.is_chat {
            json!([{ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish }])
        } else {
            json!([{ "index": index, "text": delta["content"].as_str().unwrap_or_default(), "logprobs": null, "finish_reason": finish }])
        };
        if with_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    fn events(&self, answers: &[String], usage: Option<&Value>) -> Vec<Event> {
        let null = usage.is_some();
        let mut events = Vec::new();
        for (index, answer) in answers.iter().enumerate() {
            if self.is_chat {
                let role = json!({ "role": "assistant", "content": "", "refusal": null });
                events.push(Event::data(self.delta(index, &role, None, null)));
            }
            let mut sent = String::new();
            for piece in text::pieces(answer) {
                let before = text::tokens(&sent);
                sent.push_str(&piece);
                let chunk = self.delta(index, &json!({ "content": piece }), None, null);
                events.push(Event::data(chunk).with_tokens(text::tokens(&sent) - before));
            }
            events.push(Event::data(self.delta(index, &json!({}), Some(self.finish(answer)), null)));
        }
        if let Some(usage) = usage {
            let mut chunk = self.frame(if self.is_chat { "chat.completion.chunk" } else { "text_completion" });
            chunk["choices"] = json!([]);
            chunk["usage"] = usage.clone();
            events.push(Event::data(chunk));
        }
        events.push(Event::data("[DONE]"));
        events
    }
}
