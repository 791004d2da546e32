//! The models that the project may ask, from the same list that its keys get.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Response;
use keystead_core::usage::Price;
use keystead_locales::Messages;
use serde::Deserialize;

/// A model of the list.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) id: String,
    /// Why the project may not use it yet, for people.
    pub(super) requires: Option<String>,
    pub(super) price: Price,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    keystead: Option<Gate>,
}

#[derive(Deserialize)]
struct Gate {
    #[serde(default)]
    requires: Vec<String>,
    available: bool,
}

/// Names of models that are not asked by messages.
const OTHERS: [&str; 7] = ["gpt-image", "dall-e", "whisper", "tts-", "text-embedding", "omni-moderation", "sora"];

/// Reads the models of an answer to `GET /v1/models`, those that may be used first.
pub(super) fn read(text: &str, prices: Vec<(String, Price)>, t: Messages) -> Vec<Model> {
    let Ok(list) = serde_json::from_str::<List>(text) else { return Vec::new() };
    let mut prices: HashMap<String, Price> = prices.into_iter().collect();
    let asked = |id: &str| !OTHERS.iter().any(|other| id.starts_with(other));
    let model = |listed: Listed| {
        let gate = listed.keystead.filter(|gate| !gate.available);
        let requires = gate.map(|gate| {
            let names = gate.requires.iter().map(|name| t.text(&format!("gate-{}", name.replace('_', "-"))));
            names.collect::<Vec<_>>().join(", ")
        });
        Model { price: prices.remove(&listed.id).unwrap_or_default(), id: listed.id, requires }
    };
    let mut models: Vec<Model> = list.data.into_iter().filter(|listed| asked(&listed.id)).map(model).collect();
    models.sort_by_key(|model| model.requires.is_some());
    models
}

/// Reads a whole answer as text.
pub(super) async fn text(answer: Response<Body>) -> String {
    /// The longest answer that is read whole, in bytes.
    const LONGEST: usize = 8 << 20;
    let bytes = axum::body::to_bytes(answer.into_body(), LONGEST).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;

    use super::*;

    #[test]
    fn models_that_may_be_used_come_first() {
        let list = r#"{"object":"list","data":[
            {"id":"gpt-image-1"},
            {"id":"o3","keystead":{"requires":["organization"],"available":false}},
            {"id":"gpt-4o"},
            {"id":"o4","keystead":{"available":true,"features":{}}}]}"#;
        let models = read(list, Vec::new(), Messages(Language::English));
        let ids: Vec<(&str, bool)> = models.iter().map(|model| (model.id.as_str(), model.requires.is_some())).collect();
        assert_eq!(ids, [("gpt-4o", false), ("o4", false), ("o3", true)]);
        assert!(read("{}", Vec::new(), Messages(Language::English)).is_empty());
    }
}
