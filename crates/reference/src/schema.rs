//! JSON Schema (2020-12, as in OpenAPI 3.1) of kinds, members and objects.

use serde_json::{Value, json};

use crate::json::Json;
use crate::members::{Kind, Member};
use crate::object::Object;

/// Returns a reference to a schema of the document.
pub(crate) fn reference(name: &str) -> Json {
    Json::EMPTY.with("$ref", format!("#/components/schemas/{name}"))
}

impl Kind {
    /// The schema of this kind with bounds.
    pub(crate) fn schema(self, least: Option<i64>, most: Option<i64>) -> Json {
        let kind = |name: &str| Json::EMPTY.with("type", name);
        let bounded = |schema: Json, low: &str, high: &str| {
            let schema = least.map_or(schema.clone(), |least| schema.with(low, least));
            most.map_or(schema.clone(), |most| schema.with(high, most))
        };
        match self {
            Self::Text => bounded(kind("string"), "minLength", "maxLength"),
            Self::Id(prefix) => kind("string").with("pattern", format!("^{prefix}")),
            Self::Time => kind("integer").with("format", "int64"),
            Self::Integer => bounded(kind("integer"), "minimum", "maximum"),
            Self::Number => bounded(kind("number"), "minimum", "maximum"),
            Self::Boolean => kind("boolean"),
            Self::Null => kind("null"),
            Self::Always(text) => kind("string").with("const", text),
            Self::AlwaysBoolean(flag) => kind("boolean").with("const", flag),
            Self::OneOf(names) => kind("string").with("enum", json!(names)),
            Self::Names(names) => kind("string").with("enum", json!(names())),
            Self::List(item) => bounded(kind("array").with("items", item.schema(None, None)), "minItems", "maxItems"),
            Self::Object(object) => reference(object.name),
            Self::Members(members) => object(members.iter(), false),
            Self::Map(kind_of_values) => kind("object").with("additionalProperties", kind_of_values.schema(None, None)),
            Self::Either(kinds) => {
                Json::EMPTY.with("anyOf", kinds.iter().map(|kind| kind.schema(None, None)).collect::<Vec<_>>())
            }
            Self::Anything => Json::EMPTY,
        }
    }
}

impl Member {
    /// The schema with what the member means.
    pub(crate) fn schema(&self) -> Json {
        let mut schema = self.kind.schema(self.least, self.most);
        if self.null {
            schema = or_null(schema);
        }
        if !self.about.is_empty() {
            schema = schema.with("description", self.about);
        }
        if let Some(usual) = self.usual {
            schema = schema.with("default", self.kind.value(usual));
        }
        if let Some(example) = self.example {
            schema = schema.with("examples", vec![Json::from(self.kind.value(example))]);
        }
        schema
    }
}

impl Kind {
    /// Reads a value that a table gives as text: text for kinds of text, else JSON.
    pub(crate) fn value(self, text: &str) -> Value {
        match self {
            _ if text == "null" => Value::Null,
            Self::Text | Self::Id(_) | Self::Always(_) | Self::OneOf(_) | Self::Names(_) => text.into(),
            _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        }
    }
}

/// Allows null besides what a schema allows.
pub(crate) fn or_null(schema: Json) -> Json {
    let simple = schema.get("type").is_some() && schema.get("const").is_none() && schema.get("enum").is_none();
    if schema.get("type") == Some(&Json::from("null")) {
        return schema;
    }
    let Json::Object(mut members) = schema else { return schema };
    match members.first_mut() {
        Some((_, kind)) if simple => {
            *kind = Json::List(vec![kind.clone(), Json::from("null")]);
            Json::Object(members)
        }
        _ => Json::EMPTY.with("anyOf", vec![Json::Object(members), Json::EMPTY.with("type", "null")]),
    }
}

/// The schema of an object with these members and no others, unless it is open.
pub(crate) fn object<'m>(members: impl Iterator<Item = &'m Member>, open: bool) -> Json {
    let (mut properties, mut required) = (Json::EMPTY, Vec::new());
    for member in members {
        properties = properties.with(member.name, member.schema());
        if member.required {
            required.push(Json::from(member.name));
        }
    }
    let schema = Json::EMPTY.with("type", "object").with("properties", properties);
    let schema = if required.is_empty() { schema } else { schema.with("required", required) };
    if open { schema } else { schema.with("additionalProperties", false) }
}

impl Object {
    /// The schema that the document defines under the object's name.
    pub(crate) fn schema(&self) -> Json {
        let Json::Object(mut members) = object(self.all_members(), self.open) else { return Json::EMPTY };
        if !self.about.is_empty() {
            members.insert(1, ("description".to_owned(), self.about.into()));
        }
        Json::Object(members)
    }
}
