//! JSON objects without repeated fields: two readers could take different ones.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The start of the error for a repeated field.
const REPEATED: &str = "repeated member ";

/// Why a text is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not JSON.
    Syntax,
    /// This field appears twice in one object.
    Repeated(String),
}

/// Parses one JSON value.
///
/// # Errors
/// [`Fault`].
pub fn read(bytes: &[u8]) -> Result<Value, Fault> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Unique.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| {
        let text = error.to_string();
        // The parser appends the position to the message.
        let name = text.strip_prefix(REPEATED).and_then(|rest| rest.rsplit_once(" at line ")).map(|(name, _)| name);
        name.map_or(Fault::Syntax, |name| Fault::Repeated(name.to_owned()))
    })
}

struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key_seed(Name)? {
            let value = members.next_value_seed(Self)?;
            if map.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{REPEATED}{name}")));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ordinary_values_are_read() {
        let text = r#" {"a":[1,-2,2.5,true,null,"\u00e9"],"b":{"c":{}},"d":18446744073709551615} "#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(read(b"null"), Ok(json!(null)));
    }

    #[test]
    fn repeated_members_are_named_at_any_depth() {
        for (text, name) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"{"x":[{"y":1,"z":2,"y":null}]}"#, "y"),
            (r#"{"":1,"":2}"#, ""),
            ("{\"b at line 1\":1,\"b at line 1\":2}", "b at line 1"),
        ] {
            assert_eq!(read(text.as_bytes()), Err(Fault::Repeated(name.to_owned())), "{text}");
        }
        for broken in ["", "{", "{}}", "{\"a\"}", "nul", "{\"a\":1,}", "[1 2]", "{\"a\":\"\\ud800\"}"] {
            assert_eq!(read(broken.as_bytes()), Err(Fault::Syntax), "{broken}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read(deep.as_bytes()), Err(Fault::Syntax));
    }
}
