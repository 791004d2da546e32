//! Reading usage from what the upstream sent: a JSON body, or the events of a stream (contract 7).

use keystead_core::route::Meter;
use keystead_core::usage::Quantities;
use serde::Deserialize;
use serde_json::Value;

/// The member `usage` in any of its shapes.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Usage {
    prompt_tokens: Number,
    input_tokens: Number,
    completion_tokens: Number,
    output_tokens: Number,
    prompt_tokens_details: Option<Details>,
    input_tokens_details: Option<Details>,
    seconds: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    cached_tokens: Number,
}

/// A count as an upstream may write it; what is not a whole positive number counts as nothing.
#[derive(Default, Clone, Copy)]
struct Number(i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(value.as_i64().or_else(|| value.as_f64().and_then(rounded_up)).unwrap_or(0).max(0)))
    }
}

/// Seconds arrive as fractions; a begun second counts.
fn rounded_up(value: f64) -> Option<i64> {
    let value = value.ceil();
    (0.0..=1e12).contains(&value).then(|| format!("{value:.0}").parse().ok()).flatten()
}

/// Usage of a whole JSON body, or of a terminal event. `None` when it says nothing.
pub(crate) fn of_json(meter: Meter, body: &[u8]) -> Option<Quantities> {
    #[derive(Deserialize)]
    struct Body {
        usage: Option<Usage>,
        response: Option<Inner>,
        data: Option<Vec<serde::de::IgnoredAny>>,
    }
    #[derive(Deserialize)]
    struct Inner {
        usage: Option<Usage>,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    let images = if meter == Meter::Image { body.data.map_or(0, |data| data.len()) } else { 0 };
    let usage = body.usage.or_else(|| body.response.and_then(|inner| inner.usage));
    if usage.is_none() && images == 0 {
        return None;
    }
    Some(quantities(usage.unwrap_or_default(), i64::try_from(images).unwrap_or(i64::MAX)))
}

/// Usage from the end of a body too long to keep: the last member `usage` that is a whole object.
pub(crate) fn of_tail(meter: Meter, tail: &[u8]) -> Option<Quantities> {
    let at = memchr::memmem::rfind(tail, b"\"usage\"")?;
    let value = tail[at + 7..].trim_ascii_start().strip_prefix(b":")?;
    let usage = serde_json::Deserializer::from_slice(value).into_iter::<Usage>().next()?.ok()?;
    Some(quantities(usage, i64::from(meter == Meter::Image)))
}

fn quantities(usage: Usage, images: i64) -> Quantities {
    let details = usage.prompt_tokens_details.or(usage.input_tokens_details).unwrap_or_default();
    let used = Quantities {
        requests: 1,
        input_tokens: usage.prompt_tokens.0.max(usage.input_tokens.0),
        input_cached_tokens: details.cached_tokens.0,
        output_tokens: usage.completion_tokens.0.max(usage.output_tokens.0),
        images,
        characters: 0,
        seconds: usage.seconds.0,
    };
    used.clamped()
}

/// What is assumed when the upstream never said: four characters of what passed are a token, both ways.
pub(crate) fn estimate(meter: Meter, request_bytes: u64, response_bytes: u64) -> Quantities {
    let tokens = |bytes: u64| i64::try_from(bytes.div_ceil(4)).unwrap_or(i64::MAX);
    let mut used = Quantities { requests: 1, ..Quantities::default() };
    match meter {
        Meter::Completion => {
            used.input_tokens = tokens(request_bytes);
            used.output_tokens = tokens(response_bytes);
        }
        Meter::Embedding | Meter::Moderation => used.input_tokens = tokens(request_bytes),
        Meter::Image => used.images = 1,
        Meter::Request | Meter::Speech | Meter::Transcription => {}
    }
    used.clamped()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape() {
        for (meter, body, wanted) in [
            (
                Meter::Completion,
                r#"{"usage":{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":2}}}"#,
                (5, 2, 7, 0, 0),
            ),
            (
                Meter::Completion,
                r#"{"type":"response.completed","response":{"usage":{"input_tokens":3,"output_tokens":4}}}"#,
                (3, 0, 4, 0, 0),
            ),
            (Meter::Embedding, r#"{"data":[1,2],"usage":{"prompt_tokens":9,"total_tokens":9}}"#, (9, 0, 0, 0, 0)),
            (Meter::Image, r#"{"data":[{},{}]}"#, (0, 0, 0, 2, 0)),
            (Meter::Transcription, r#"{"text":"x","usage":{"type":"duration","seconds":2.2}}"#, (0, 0, 0, 0, 3)),
        ] {
            let used = of_json(meter, body.as_bytes()).unwrap_or_default();
            let got = (used.input_tokens, used.input_cached_tokens, used.output_tokens, used.images, used.seconds);
            assert_eq!(got, wanted, "{body}");
        }
        assert_eq!(of_json(Meter::Completion, b"{}"), None);
    }

    #[test]
    fn the_end_of_a_long_body() {
        let tail = br#"AAAA"}],"usage": {"input_tokens":3,"output_tokens":4},"x":1}"#;
        let used = of_tail(Meter::Image, tail).unwrap_or_default();
        assert_eq!((used.input_tokens, used.output_tokens, used.images), (3, 4, 1));
        assert_eq!(of_tail(Meter::Image, br#"AAAA"}],"usage": {"input"#), None);
        assert_eq!(of_tail(Meter::Image, b"AAAA"), None);
    }

    #[test]
    fn no_upstream_can_invent_a_bill() {
        for figure in ["-5", "18446744073709551615", "1e300", "\"7\"", "null", "[]", "0.5"] {
            let body = format!(r#"{{"usage":{{"prompt_tokens":{figure},"completion_tokens":1}}}}"#);
            let used = of_json(Meter::Completion, body.as_bytes()).unwrap_or_default();
            assert!((0..=keystead_core::usage::LARGEST_COUNT).contains(&used.input_tokens), "{figure}");
            assert_eq!(used.output_tokens, 1);
        }
    }
}
