//! What a member of a body, a query or an answer may contain.

use crate::object::Object;

/// The kind of a value.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text.
    Text,
    /// An id that begins with this prefix.
    Id(&'static str),
    /// A time in Unix seconds.
    Time,
    /// A whole number.
    Integer,
    /// A number, possibly with a fraction.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Always null.
    Null,
    /// Always this text.
    Always(&'static str),
    /// Always this boolean.
    AlwaysBoolean(bool),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of the names that a table of the product has.
    Names(fn() -> Vec<&'static str>),
    /// An array.
    List(&'static Kind),
    /// A named object.
    Object(&'static Object),
    /// An object of this place only.
    Members(&'static [Member]),
    /// An object with names that are not fixed, whose values are of one kind.
    Map(&'static Kind),
    /// One of several kinds.
    Either(&'static [Kind]),
    /// Any JSON value.
    Anything,
}

/// One member.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it contains.
    pub kind: Kind,
    /// What it means, as Markdown without links.
    pub about: &'static str,
    /// Whether it is always there.
    pub required: bool,
    /// Whether it may be null.
    pub null: bool,
    /// The value that counts when it is absent, as text or JSON.
    pub usual: Option<&'static str>,
    /// A value to show, as text or JSON; without one the kind has its own.
    pub example: Option<&'static str>,
    /// Whether examples of requests contain it although it is not required.
    pub shown: bool,
    /// Whether examples of answers do not contain it.
    pub left_out: bool,
    /// Least number, characters or items.
    pub least: Option<i64>,
    /// Largest number, most characters or items.
    pub most: Option<i64>,
}

/// A member that is always there and never null.
pub(crate) const fn field(name: &'static str, kind: Kind, about: &'static str) -> Member {
    Member {
        name,
        kind,
        about,
        required: true,
        null: false,
        usual: None,
        example: None,
        shown: false,
        left_out: false,
        least: None,
        most: None,
    }
}

/// A member that a request may leave out. Null counts as absent.
pub(crate) const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Member {
    Member { required: false, null: true, ..field(name, kind, about) }
}

/// A parameter of a query that may be left out.
pub(crate) const fn parameter(name: &'static str, kind: Kind, about: &'static str) -> Member {
    Member { required: false, ..field(name, kind, about) }
}

impl Member {
    /// It may be null.
    pub(crate) const fn or_null(mut self) -> Self {
        self.null = true;
        self
    }

    /// It is not always there.
    pub(crate) const fn sometimes(mut self) -> Self {
        self.required = false;
        self
    }

    /// The value that counts when it is absent.
    pub(crate) const fn usually(mut self, value: &'static str) -> Self {
        self.usual = Some(value);
        self
    }

    /// A value to show.
    pub(crate) const fn such_as(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }

    /// Examples of requests contain it.
    pub(crate) const fn shown(mut self) -> Self {
        self.shown = true;
        self
    }

    /// Examples of answers do not contain it.
    pub(crate) const fn left_out(mut self) -> Self {
        self.left_out = true;
        self
    }

    /// Bounds of the number, the characters or the items.
    pub(crate) const fn between(mut self, least: i64, most: i64) -> Self {
        (self.least, self.most) = (Some(least), Some(most));
        self
    }

    /// The upper bound alone.
    pub(crate) const fn at_most(mut self, most: i64) -> Self {
        self.most = Some(most);
        self
    }

    /// Whether it is a list, which a query may name several times.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List(_))
    }
}

impl Kind {
    /// The kind in words, for people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Id(prefix) => format!("id, {prefix}…"),
            Self::Time => "integer, Unix seconds".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Always(text) => format!("\"{text}\""),
            Self::AlwaysBoolean(flag) => flag.to_string(),
            Self::OneOf(names) => quoted(names),
            Self::Names(names) => quoted(&names()),
            Self::List(item) => match item {
                Self::OneOf(_) | Self::Names(_) => format!("array of {}", item.words()),
                Self::Object(_) | Self::Members(_) | Self::Map(_) => "array of objects".to_owned(),
                _ => format!("array of {}", item.words()),
            },
            Self::Object(_) | Self::Members(_) | Self::Map(_) => "object".to_owned(),
            Self::Either(kinds) => {
                let mut all: Vec<String> = kinds.iter().map(|kind| kind.words()).collect();
                all.dedup();
                all.join(" or ")
            }
            Self::Anything => "any value".to_owned(),
        }
    }

    /// The members of a value without a named object, those of all alternatives once, and whether they are those of
    /// an array's items.
    #[must_use]
    pub fn members(self) -> (Vec<&'static Member>, bool) {
        match self {
            Self::Members(members) => (members.iter().collect(), false),
            Self::List(item) => (item.members().0, true),
            Self::Either(kinds) => {
                let all: Vec<_> =
                    kinds.iter().map(|kind| kind.members()).filter(|(members, _)| !members.is_empty()).collect();
                let list = all.first().is_some_and(|(_, list)| *list);
                let mut members: Vec<&Member> = Vec::new();
                for member in all.into_iter().flat_map(|(members, _)| members) {
                    // Forms of one object share most of their members.
                    if !members
                        .iter()
                        .any(|known| known.name == member.name && known.kind.words() == member.kind.words())
                    {
                        members.push(member);
                    }
                }
                (members, list)
            }
            _ => (Vec::new(), false),
        }
    }

    /// The named object that a value is, or that its items are.
    #[must_use]
    pub fn object(self) -> Option<&'static Object> {
        match self {
            Self::Object(object) => Some(object),
            Self::List(item) | Self::Map(item) => item.object(),
            Self::Either(kinds) => kinds.iter().find_map(|kind| kind.object()),
            _ => None,
        }
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
