//! The table of variables compared with the structs of the configuration: both have the same names and types.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::slice::Iter;

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::super::Config;
use super::{Kind, LISTS, NESTED, SECTIONS, TOP};

#[test]
fn the_table_names_every_member_of_the_configuration() {
    let found = RefCell::default();
    Config::deserialize(Walk { path: String::new(), found: &found }).unwrap();
    let top = TOP.iter().map(|(key, kind)| ((*key).to_owned(), *kind));
    let sections = SECTIONS
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |(key, kind)| (format!("{section}.{key}"), *kind)));
    let lists =
        LISTS.iter().flat_map(|(list, keys)| keys.iter().map(move |(key, kind)| (format!("{list}[].{key}"), *kind)));
    let nested = NESTED.iter().flat_map(|(list, inner, keys)| {
        keys.iter().map(move |(key, kind)| (format!("{list}[].{inner}[].{key}"), *kind))
    });
    assert_eq!(top.chain(sections).chain(lists).chain(nested).collect::<BTreeMap<_, _>>(), found.into_inner());
}

/// A deserializer that gives a struct every field it requests, and records that.
struct Walk<'w> {
    path: String,
    found: &'w RefCell<BTreeMap<String, Kind>>,
}

impl Walk<'_> {
    fn keep(&self, kind: Kind) {
        let (path, kind) = match self.path.strip_suffix("[]") {
            Some(list) => (list, Kind::Texts),
            None => (self.path.as_str(), kind),
        };
        self.found.borrow_mut().insert(path.to_owned(), kind);
    }
}

/// A text that every type of the configuration accepts if it is written as text.
const TEXT: &str = "127.0.0.1:1";

impl<'de> Deserializer<'de> for Walk<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.keep(Kind::Either);
        visitor.visit_str(TEXT)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.keep(Kind::Flag);
        visitor.visit_bool(true)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.keep(Kind::Number);
        visitor.visit_i64(1)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.keep(Kind::Number);
        visitor.visit_u64(1)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.keep(Kind::Text);
        visitor.visit_str(TEXT)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.keep(Kind::Text);
        visitor.visit_enum(variants[0].into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(One(Some(Walk { path: format!("{}[]", self.path), ..self })))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Members { of: self, names: names.iter(), name: "" })
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct map identifier
        ignored_any
    }
}

/// A list of one.
struct One<'w>(Option<Walk<'w>>);

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.0.take().map(|walk| seed.deserialize(walk)).transpose()
    }
}

/// Every member of a struct.
struct Members<'w> {
    of: Walk<'w>,
    names: Iter<'static, &'static str>,
    name: &'static str,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(name) = self.names.next() else { return Ok(None) };
        self.name = name;
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let dot = if self.of.path.is_empty() { "" } else { "." };
        seed.deserialize(Walk { path: format!("{}{dot}{}", self.of.path, self.name), found: self.of.found })
    }
}
