//! Examples of values, made from the tables.

use serde_json::Value;

use crate::json::Json;
use crate::members::{Kind, Member};
use crate::object::Object;
use crate::operation::{Answer, Operation};

/// The time in examples: the beginning of 2026.
const TIME: i64 = 1_767_225_600;
/// The part of an id after its prefix.
const REST: &str = "abc123";

impl Kind {
    fn example(self) -> Json {
        match self {
            Self::Text => "text".into(),
            Self::Id(prefix) => format!("{prefix}{REST}").into(),
            Self::Time => TIME.into(),
            Self::Integer => 1.into(),
            Self::Number => Json::Leaf(0.5.into()),
            Self::Boolean => true.into(),
            Self::Null | Self::Anything => Json::Leaf(Value::Null),
            Self::Always(text) => text.into(),
            Self::AlwaysBoolean(flag) => flag.into(),
            Self::OneOf(names) => names.first().copied().unwrap_or_default().into(),
            Self::Names(names) => names().first().copied().unwrap_or_default().into(),
            Self::List(item) => vec![item.example()].into(),
            Self::Object(object) => object.example(),
            Self::Members(members) => of_members(members.iter()),
            Self::Map(_) => Json::EMPTY,
            Self::Either(kinds) => kinds.first().map_or(Json::Leaf(Value::Null), |kind| kind.example()),
        }
    }
}

impl Member {
    /// A value of this member to show.
    pub(crate) fn example(&self) -> Json {
        self.example.map_or_else(|| self.kind.example(), |text| self.kind.value(text).into())
    }
}

impl Object {
    pub(crate) fn example(&self) -> Json {
        of_members(self.all_members().filter(|member| !member.left_out))
    }
}

fn of_members<'m>(members: impl Iterator<Item = &'m Member>) -> Json {
    Json::Object(members.map(|member| (member.name.to_owned(), member.example())).collect())
}

/// An example of the body of a request: what is required, and what is shown.
#[must_use]
pub fn body_example(operation: &Operation) -> Option<Json> {
    let members: Vec<&Member> = operation.body.iter().filter(|member| member.required || member.shown).collect();
    (!members.is_empty()).then(|| of_members(members.into_iter()))
}

/// An example of a successful answer; `None` for what the model server answers.
#[must_use]
pub fn answer_example(operation: &Operation) -> Option<Json> {
    match operation.answer {
        Answer::One(object) => Some(object.example()),
        Answer::Page(object) => {
            let item = object.example();
            let id = item.get("id").cloned().unwrap_or(Json::Leaf(Value::Null));
            let list = Json::EMPTY.with("object", "list").with("data", vec![item]);
            Some(list.with("first_id", id.clone()).with("last_id", id).with("has_more", false))
        }
        Answer::NextPage(object) => {
            let list = Json::EMPTY.with("object", "list").with("data", vec![object.example()]);
            Some(list.with("has_more", false).with("next", Value::Null))
        }
        Answer::Buckets(object) => {
            let bucket = Json::EMPTY.with("object", "bucket").with("start_time", TIME).with("end_time", TIME + 86_400);
            let bucket = bucket.with("results", vec![object.example()]);
            let page = Json::EMPTY.with("object", "page").with("data", vec![bucket]);
            Some(page.with("has_more", false).with("next_page", Value::Null))
        }
        Answer::Deleted(object) => {
            let id = operation.path_members().last().filter(|_| operation.names_what_it_removes()).map(Member::example);
            let receipt = id.map_or(Json::EMPTY, |id| Json::EMPTY.with("id", id));
            Some(receipt.with("object", object).with("deleted", true))
        }
        Answer::Forwarded | Answer::File => None,
    }
}
