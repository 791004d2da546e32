//! The JSON map of prices that LiteLLM publishes: an object by model, with prices for one unit in USD.

use serde_json::{Map, Value};

use super::figure::micros_of_unit;
use super::image_entries::ImageEntries;
use super::{ListFault, ListedPrice, PriceFault, PriceKind, PriceList, UnusablePrice, price_of};
use crate::money::Micros;
use crate::unique_json::{self, Fault};
use crate::usage::Price;

/// The entry that describes the members and is no model.
const DESCRIPTION: &str = "sample_spec";

/// Reads the entries of served models.
pub(super) fn read(text: &str, served: &dyn Fn(&str) -> bool) -> Result<PriceList, ListFault> {
    let map = match unique_json::read(text.as_bytes()) {
        Ok(Value::Object(map)) => map,
        Ok(_) => return Err(ListFault::Syntax("it is no object".to_owned())),
        Err(Fault::Repeated(name)) => return Err(ListFault::Repeated(name)),
        Err(Fault::Syntax) => return Err(ListFault::Syntax("it is not complete JSON".to_owned())),
    };
    let (mut list, mut images) = (PriceList::default(), ImageEntries::default());
    for (model, entry) in map {
        if model == DESCRIPTION {
            continue;
        }
        if !served(&model) {
            let is_of_images = match &entry {
                Value::Object(members) => images.add(&model, members, served)?,
                _ => false,
            };
            list.not_served += usize::from(!is_of_images);
            continue;
        }
        let Value::Object(members) = entry else { return Err(ListFault::Entry(model)) };
        match Entry::read(&model, &members)? {
            Entry::Price(price, left_out) => list.prices.push(ListedPrice { model, price, left_out }),
            Entry::Unusable(members) => list.unusable.push(UnusablePrice { model, members }),
        }
    }
    images.join(&mut list)?;
    Ok(list)
}

/// What an entry says.
enum Entry {
    /// A price, and the members with prices that it leaves out.
    Price(Price, Vec<String>),
    /// No price that is counted, but these members with prices.
    Unusable(Vec<String>),
}

impl Entry {
    fn read(model: &str, members: &Map<String, Value>) -> Result<Self, ListFault> {
        let mode = members.get("mode").and_then(Value::as_str).unwrap_or_default();
        let mut kinds: Vec<(PriceKind, Micros)> = Vec::new();
        let mut left_out = Vec::new();
        for (name, value) in members.iter().filter(|(name, value)| is_price(name, value)) {
            let Some(kind) = kind_of(name, mode) else {
                if value.as_f64() != Some(0.0) {
                    left_out.push(name.clone());
                }
                continue;
            };
            let wrong = |fault| ListFault::Price { model: model.to_owned(), kind: name.clone(), fault };
            let number = value.as_f64().ok_or_else(|| wrong(PriceFault::NotANumber))?;
            let micros = micros_of_unit(number).map_err(wrong)?;
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                // Some entries state one price under two names, one of them with zero.
                Some((_, known)) => *known = micros.max(*known),
                None => kinds.push((kind, micros)),
            }
        }
        // Some model servers do not name the tokens of what their model writes apart from other ones.
        let priced = |wanted: PriceKind| kinds.iter().find(|(kind, _)| *kind == wanted).map(|(_, micros)| *micros);
        let written = priced(PriceKind::ImageOutput).or_else(|| priced(PriceKind::AudioOutput));
        let unnamed = written.filter(|_| priced(PriceKind::Output).is_none());
        kinds.extend(unnamed.map(|micros| (PriceKind::Output, micros)));
        let is_free = kinds.iter().all(|(_, micros)| *micros == Micros(0));
        let nothing = kinds.is_empty() || (!left_out.is_empty() && is_free);
        Ok(if nothing { Self::Unusable(left_out) } else { Self::Price(price_of(kinds), left_out) })
    }
}

/// Whether a member is a price, or several.
fn is_price(name: &str, value: &Value) -> bool {
    (name.contains("cost") || name.contains("pricing")) && !value.is_null() && !value.is_boolean()
}

/// What a member is the price of, if that is counted for models of this mode.
fn kind_of(name: &str, mode: &str) -> Option<PriceKind> {
    let (speech, transcription) = (mode == "audio_speech", mode == "audio_transcription");
    let image = matches!(mode, "image_generation" | "image_edit");
    match name {
        "input_cost_per_token" if !speech => Some(PriceKind::Input),
        "cache_read_input_token_cost" if !speech => Some(PriceKind::CachedInput),
        "cache_creation_input_token_cost" if !speech => Some(PriceKind::CacheWrite),
        "input_cost_per_audio_token" if !speech => Some(PriceKind::AudioInput),
        "input_cost_per_image_token" if !speech => Some(PriceKind::ImageInput),
        "output_cost_per_token" if !speech => Some(PriceKind::Output),
        "output_cost_per_reasoning_token" if !speech => Some(PriceKind::Reasoning),
        "output_cost_per_audio_token" if !speech => Some(PriceKind::AudioOutput),
        "output_cost_per_image_token" if !speech => Some(PriceKind::ImageOutput),
        "input_cost_per_image" | "output_cost_per_image" if image => Some(PriceKind::Image),
        "input_cost_per_character" if speech => Some(PriceKind::Character),
        "input_cost_per_second" | "output_cost_per_second" if transcription => Some(PriceKind::Second),
        "input_cost_per_request" => Some(PriceKind::Request),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(value: &Value) -> Result<PriceList, ListFault> {
        PriceList::read(&value.to_string(), &|model| model != "unknown")
    }

    fn one(entry: Value) -> Result<PriceList, ListFault> {
        list(&json!({ "sample_spec": { "input_cost_per_token": "a description", "mode": "one of" }, "m": entry }))
    }

    #[test]
    fn usual_entries() {
        let chat = json!({
            "mode": "chat", "max_tokens": 16_384, "litellm_provider": "openai", "supports_vision": true,
            "input_cost_per_token": 2.5e-6, "cache_read_input_token_cost": 1.25e-6, "output_cost_per_token": 1e-5,
            "input_cost_per_token_batches": 1.25e-6, "output_cost_per_token_flex": 0,
            "output_cost_per_reasoning_token": 1.2e-5, "input_cost_per_audio_token": 4e-5,
            "cache_creation_input_token_cost": 2.5e-6,
            "search_context_cost_per_query": { "search_context_size_low": 0.03 },
        });
        let read = one(chat).unwrap();
        let price = Price {
            input: Micros(2_500_000),
            cached_input: Micros(1_250_000),
            output: Micros(10_000_000),
            audio_input: Some(Micros(40_000_000)),
            reasoning: Some(Micros(12_000_000)),
            ..Price::default()
        };
        let left_out = vec!["input_cost_per_token_batches".to_owned(), "search_context_cost_per_query".to_owned()];
        assert_eq!(read.prices, [ListedPrice { model: "m".to_owned(), price, left_out }]);
        assert_eq!((read.unusable, read.not_served), (vec![], 0), "the description is no model");
        let priced = |entry: Value| one(entry).unwrap().prices.remove(0).price;
        let zero = Price::default();
        let whisper =
            json!({ "mode": "audio_transcription", "input_cost_per_second": 0.0001, "output_cost_per_second": 0 });
        assert_eq!(priced(whisper), Price { second: Micros(100_000_000), ..Price::default() });
        let speech = json!({ "mode": "audio_speech", "input_cost_per_character": 1.5e-5 });
        assert_eq!(priced(speech), Price { character: Micros(15_000_000), ..Price::default() });
        let image = json!({ "mode": "image_generation", "output_cost_per_image": 0.04 });
        assert_eq!(priced(image), Price { image: Micros(40_000_000_000), ..Price::default() });
        let image = json!({
            "mode": "image_generation", "input_cost_per_token": 5e-6, "input_cost_per_image_token": 1e-5,
            "output_cost_per_image_token": 4e-5,
        });
        let tokens = Price {
            input: Micros(5_000_000),
            cached_input: Micros(5_000_000),
            image_input: Some(Micros(10_000_000)),
            output: Micros(40_000_000),
            ..Price::default()
        };
        assert_eq!(priced(image), tokens, "what is written is images, also where a server does not say so");
        let request = json!({ "mode": "chat", "input_cost_per_request": 0.005 });
        assert_eq!(priced(request), Price { request: Micros(5_000_000_000), ..Price::default() });
        let free = json!({ "mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0 });
        assert_eq!(priced(free), zero);
    }

    #[test]
    fn what_is_not_counted_is_never_free_without_a_word() {
        for (entry, member) in [
            (json!({ "mode": "chat", "input_cost_per_second": 0.002 }), "input_cost_per_second"),
            (json!({ "mode": "chat", "output_cost_per_image": 0.04 }), "output_cost_per_image"),
            (json!({ "mode": "image_generation", "input_cost_per_pixel": 2e-8 }), "input_cost_per_pixel"),
            (json!({ "mode": "audio_speech", "input_cost_per_token": 6e-7 }), "input_cost_per_token"),
            (
                json!({ "mode": "rerank", "input_cost_per_query": 0.002, "input_cost_per_token": 0 }),
                "input_cost_per_query",
            ),
            (json!({ "tiered_pricing": [{ "input_cost_per_token": 1e-6 }] }), "tiered_pricing"),
        ] {
            let read = one(entry.clone()).unwrap();
            assert_eq!(read.prices, [], "{entry}");
            assert_eq!(read.unusable, [UnusablePrice { model: "m".to_owned(), members: vec![member.to_owned()] }]);
        }
        assert_eq!(one(json!({ "mode": "embedding" })).unwrap().unusable.len(), 1);
    }

    #[test]
    fn a_wrong_price_refuses_the_list() {
        for price in [json!(-1e-6), json!(1e9), json!(1.5e-12), json!("2.5e-6"), json!([1])] {
            let refused = one(json!({ "mode": "chat", "input_cost_per_token": price })).unwrap_err();
            assert_eq!(refused.code(), "price_list_price", "{price}");
        }
        assert_eq!(one(json!("free")).unwrap_err().code(), "price_list_entry");
        // Entries of models that are not served may be anything.
        let read = list(&json!({ "unknown": { "input_cost_per_token": -1 } })).unwrap();
        assert_eq!((read.prices.len(), read.not_served), (0, 1));
        assert_eq!(PriceList::read("{\"m\": {}", &|_| true).unwrap_err().code(), "price_list_syntax");
        assert_eq!(PriceList::read("{\"m\": {}, \"m\": {}}", &|_| true).unwrap_err().code(), "price_list_repeated");
    }
}
