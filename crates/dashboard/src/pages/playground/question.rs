//! What the form asks, and the request that it becomes.

use serde_json::{Map, Value, json};

use crate::web::form::Form;

/// The most tokens that a form may ask for.
const MOST_TOKENS: u32 = 1_000_000;

/// The fields of the form, as typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Question {
    pub(super) model: String,
    pub(super) system: String,
    pub(super) message: String,
    pub(super) temperature: String,
    pub(super) max_tokens: String,
}

impl Question {
    pub(super) fn of(form: &Form) -> Self {
        let field = |name: &str| form.field(name).to_owned();
        Self {
            model: field("model"),
            system: field("system"),
            message: field("message"),
            temperature: field("temperature"),
            max_tokens: field("max_tokens"),
        }
    }

    /// Returns the members of the request's body, in the order in which people read them, or the key of the message
    /// that says what is wrong.
    pub(super) fn members(&self) -> Result<Vec<(&'static str, Value)>, &'static str> {
        if self.message.is_empty() {
            return Err("playground-message-missing");
        }
        let message = |role: &str, text: &str| json!({ "role": role, "content": text });
        let system = Some(&self.system).filter(|text| !text.is_empty()).map(|text| message("system", text));
        let messages: Vec<Value> = system.into_iter().chain([message("user", &self.message)]).collect();
        let mut members = vec![("model", json!(self.model)), ("messages", Value::Array(messages))];
        if !self.temperature.is_empty() {
            let typed: Option<f64> = self.temperature.replace(',', ".").parse().ok();
            let within = typed.filter(|number| (0.0..=2.0).contains(number));
            members.push(("temperature", json!(within.ok_or("playground-temperature-wrong")?)));
        }
        if !self.max_tokens.is_empty() {
            let typed: Option<u32> = self.max_tokens.parse().ok();
            let within = typed.filter(|number| (1..=MOST_TOKENS).contains(number));
            members.push((self.name_of_limit(), json!(within.ok_or("playground-max-tokens-wrong")?)));
        }
        Ok(members)
    }

    /// Reasoning models refuse the older name of the limit; many servers know only that.
    fn name_of_limit(&self) -> &'static str {
        let mut letters = self.model.chars();
        let reasoning = letters.next() == Some('o') && letters.next().is_some_and(|letter| letter.is_ascii_digit());
        if reasoning || self.model.starts_with("gpt-5") { "max_completion_tokens" } else { "max_tokens" }
    }
}

/// The body of the request.
pub(super) fn body(members: &[(&'static str, Value)], stream: bool) -> String {
    let mut body: Map<String, Value> =
        members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    if stream {
        body.insert("stream".to_owned(), json!(true));
        body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    }
    Value::Object(body).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(model: &str, temperature: &str, max_tokens: &str) -> Question {
        let [model, temperature, max_tokens] = [model, temperature, max_tokens].map(str::to_owned);
        Question { model, temperature, max_tokens, message: "Hello".to_owned(), system: "Be brief.".to_owned() }
    }

    #[test]
    fn a_question_becomes_a_request() {
        let members = question("gpt-4o", "0,5", "20").members().unwrap();
        let sent: Value = serde_json::from_str(&body(&members, true)).unwrap();
        let messages = json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" }]);
        let whole = json!({
            "model": "gpt-4o", "messages": messages, "temperature": 0.5, "max_tokens": 20,
            "stream": true, "stream_options": { "include_usage": true },
        });
        assert_eq!(sent, whole);
        let members = question("o3-mini", "", "20").members().unwrap();
        assert!(body(&members, false).contains("\"max_completion_tokens\":20"));
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        for (temperature, max_tokens, wrong) in [
            ("2.1", "", "playground-temperature-wrong"),
            ("NaN", "", "playground-temperature-wrong"),
            ("", "0", "playground-max-tokens-wrong"),
            ("", "1e3", "playground-max-tokens-wrong"),
        ] {
            assert_eq!(question("gpt-4o", temperature, max_tokens).members(), Err(wrong));
        }
        assert_eq!(Question::default().members(), Err("playground-message-missing"));
    }
}
