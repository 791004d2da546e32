//! Parsing a JSON body along a table of the API's fields ([`crate::request::json_shapes`]): one pass finds what the gateway needs to
//! know, and refuses what two readers could read in two ways. Fields that are not in the table are skipped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keystead_core::project_features::{HostedTool, HostedTools, RequestedTier};
use keystead_core::refusal::ErrorResponse;
use keystead_core::text::printable;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::request::json_shapes::{Is, Node, Of};
use crate::response::error_body::bad_body;

/// Maximum number of different upstream objects that one body may name.
pub(crate) const MOST_OBJECTS: usize = 1_000;

/// What was found in a body.
#[derive(Debug, Default)]
pub(crate) struct Found<'b> {
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    pub(crate) stream_options: Option<&'b RawValue>,
    pub(crate) summary: bool,
    pub(crate) audio: bool,
    pub(crate) characters: i64,
    pub(crate) objects: BTreeMap<String, RequiredOwner>,
    /// Other models besides the one of the request.
    pub(crate) models: Vec<String>,
    pub(crate) images: Vec<ImageTool>,
    /// The tools that the upstream itself would run.
    pub(crate) tools: HostedTools,
    pub(crate) tier: RequestedTier,
    /// The value of the service tier, if there is one.
    pub(crate) tier_value: Option<&'b RawValue>,
    /// Whether this value leaves the choice to the project.
    pub(crate) tier_is_open: bool,
    /// Why the body is refused, if it is.
    pub(crate) refused: Option<ErrorResponse>,
}

/// The required owner of an object that a body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RequiredOwner {
    /// Any, except another payer: the body contains the object itself, and the id is only a label.
    NotAnothers,
    /// The payer: the upstream fetches the object by this id.
    Own,
}

/// An image tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageTool {
    /// The model it names.
    pub(crate) model: Option<String>,
    /// The position in the body where its first field begins.
    pub(crate) inside: usize,
}

/// Parses a body that is one object.
pub(crate) fn read<'b>(root: &'static Node, text: &'b str) -> (Found<'b>, Result<(), serde_json::Error>) {
    let mut found = Found::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let walk = Walk { node: root, name: "", text, found: &mut found, scope: &mut Scope::default() };
    let read = reader.deserialize_map(walk).and_then(|()| reader.end());
    (found, read)
}

/// Returns the values of some fields of an object, each as written. Repeated fields and fields that differ only in case
/// are refused; a value that is not an object is answered with `unread`.
pub(crate) fn members<'b, const N: usize>(
    text: &'b str,
    names: [&'static str; N],
    unread: impl FnOnce() -> ErrorResponse,
) -> Result<[Option<&'b RawValue>; N], ErrorResponse> {
    struct Members<'f, const N: usize> {
        names: [&'static str; N],
        refused: &'f mut Option<ErrorResponse>,
    }
    impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
        type Value = [Option<&'de RawValue>; N];

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut values = [None; N];
            while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                let value = map.next_value::<&'de RawValue>()?;
                let mut places = self.names.iter().zip(values.iter_mut());
                let refused = match places.find(|(name, _)| **name == key) {
                    Some((name, place)) => place.replace(value).map(|_| twice(name)),
                    None => self.names.iter().find(|name| is_variant(&key, name)).map(|name| variant(&key, name)),
                };
                if let Some(wire) = refused {
                    *self.refused = Some(wire);
                    return Err(A::Error::custom("refused"));
                }
            }
            Ok(values)
        }
    }
    let mut refused = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let visitor = Members { names, refused: &mut refused };
    let read = reader.deserialize_map(visitor).and_then(|values| reader.end().map(|()| values));
    read.map_err(|_| refused.unwrap_or_else(unread))
}

fn twice(name: &'static str) -> ErrorResponse {
    bad_body(format!("The member '{name}' appears twice in the body of your request.")).with_param(name)
}

fn variant(key: &str, name: &'static str) -> ErrorResponse {
    let key = printable(key);
    let message = format!("The member '{key}' differs from '{name}' in case alone. Write it as '{name}'.");
    bad_body(message).with_param(name)
}

/// Whether some server could take this for the name of a field: in another case, or with letters that Unicode treats as
/// the same. Names are lower-case ASCII.
pub(crate) fn is_variant(key: &str, name: &str) -> bool {
    // Letters that fold to an ASCII letter have at most three bytes.
    key != name && key.len() <= name.len().saturating_mul(3) && folded(key) == name
}

/// A name as servers see it that find fields in any case, and with letters that Unicode treats as the same.
pub(crate) fn folded(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(plain) {
        return Cow::Borrowed(name);
    }
    // The small form of İ has a dot of its own. No server leaves out other dots, so that they make another name.
    Cow::Owned(name.to_uppercase().to_lowercase().replace("i\u{307}", "i"))
}

/// What is known of the item or tool around a value.
#[derive(Debug, Default)]
struct Scope {
    kind: Option<String>,
    id: Option<String>,
    model: Option<String>,
    role: bool,
    result: bool,
    /// The position where the object's first field begins.
    inside: usize,
}

struct Walk<'w, 's, 'b> {
    node: &'static Node,
    /// The field that has it as its value.
    name: &'static str,
    /// The whole body.
    text: &'b str,
    found: &'w mut Found<'b>,
    scope: &'s mut Scope,
}

impl Found<'_> {
    fn object(&mut self, id: &str, need: RequiredOwner, member: &'static str) -> Result<(), ErrorResponse> {
        if let Some(known) = self.objects.get_mut(id) {
            *known = need.max(*known);
        } else if self.objects.len() >= MOST_OBJECTS {
            let message = format!("The body names more than {MOST_OBJECTS} different objects.");
            return Err(bad_body(message).with_param(member));
        } else {
            self.objects.insert(id.to_owned(), need);
        }
        Ok(())
    }

    /// Handles an item or a tool, once all its fields are known.
    fn close(&mut self, of: Of, scope: Scope, member: &'static str) -> Result<(), ErrorResponse> {
        let kind = scope.kind.as_deref();
        if let Some(tool) = kind.filter(|_| of == Of::Tool).and_then(HostedTool::of_type) {
            self.tools.insert(tool);
        }
        match of {
            Of::Plain => {}
            Of::Tool if kind == Some("image_generation") => {
                self.images.push(ImageTool { model: scope.model, inside: scope.inside });
            }
            Of::Tool => self.models.extend(scope.model),
            Of::Item => {
                let fetched = match kind {
                    Some("item_reference") => true,
                    Some("image_generation_call") => !scope.result,
                    None => !scope.role,
                    Some(_) => false,
                };
                if let Some(id) = scope.id {
                    self.object(&id, if fetched { RequiredOwner::Own } else { RequiredOwner::NotAnothers }, member)?;
                }
            }
        }
        Ok(())
    }
}

impl<'b> Walk<'_, '_, 'b> {
    fn refuse<E: Error>(&mut self, wire: ErrorResponse) -> E {
        self.found.refused = Some(wire);
        E::custom("refused")
    }

    fn must_be<E: Error>(&mut self, what: &str) -> E {
        let wire = bad_body(format!("The member '{}' must be {what}.", self.name));
        self.refuse(wire.with_param(self.name))
    }

    /// Handles a value that is not text, or a list or object that the table does not have here.
    fn other<E: Error>(mut self, null: bool) -> Result<(), E> {
        match self.node.is {
            Is::Model => return Err(self.must_be("a string")),
            Is::Second if !null => return Err(self.must_be("the name of a model")),
            Is::Stream if !null => return Err(self.must_be("a boolean")),
            Is::Summary => self.found.summary |= !null,
            Is::Tier if !null => return Err(self.must_be("a string")),
            Is::Tier => self.found.tier_is_open = true,
            Is::WebSearch if !null => self.found.tools.insert(HostedTool::WebSearch),
            _ => {}
        }
        Ok(())
    }

    /// Handles one field: its value is parsed by its node.
    fn member<A: MapAccess<'b>>(
        &mut self,
        map: &mut A,
        name: &'static str,
        node: &'static Node,
    ) -> Result<(), A::Error> {
        if !matches!(node.is, Is::StreamOptions | Is::Tier) {
            let (found, scope) = (&mut *self.found, &mut *self.scope);
            return map.next_value_seed(Walk { node, name, text: self.text, found, scope });
        }
        let raw = map.next_value::<&'b RawValue>()?;
        match node.is {
            Is::Tier => self.found.tier_value = Some(raw),
            _ => self.found.stream_options = Some(raw),
        }
        self.inner(raw, node, name).map_err(A::Error::custom)
    }

    /// Parses a value that was kept as written.
    fn inner(&mut self, raw: &'b RawValue, node: &'static Node, name: &'static str) -> Result<(), serde_json::Error> {
        let start = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        // The object around it keeps its own position.
        let around = std::mem::replace(&mut self.scope.inside, start.saturating_add(1));
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        let (found, scope) = (&mut *self.found, &mut *self.scope);
        let read = Walk { node, name, text: self.text, found, scope }.deserialize(&mut reader);
        self.scope.inside = around;
        read
    }
}

impl<'b> DeserializeSeed<'b> for Walk<'_, '_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.node.is_free() {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for Walk<'_, '_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        match self.node.is {
            Is::Model => self.found.model = Some(text.to_owned()),
            Is::Second => self.found.models.push(text.to_owned()),
            Is::Stream => return Err(self.must_be("a boolean")),
            Is::Summary => self.found.summary = true,
            Is::Tier => {
                self.found.tier = RequestedTier::of(text);
                self.found.tier_is_open = text == "auto";
            }
            Is::Plugin if text == "web" => self.found.tools.insert(HostedTool::WebSearch),
            Is::WebSearch => self.found.tools.insert(HostedTool::WebSearch),
            Is::Modality => self.found.audio |= text == "audio",
            Is::Characters => self.found.characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
            Is::Own | Is::Label => {
                let need = if self.node.is == Is::Own { RequiredOwner::Own } else { RequiredOwner::NotAnothers };
                return self.found.object(text, need, self.name).map_err(|wire| self.refuse(wire));
            }
            Is::Kind => self.scope.kind = Some(text.to_owned()),
            Is::Id => self.scope.id = Some(text.to_owned()),
            Is::ToolModel => self.scope.model = Some(text.to_owned()),
            Is::Role => self.scope.role = true,
            Is::Result => self.scope.result = true,
            Is::Free | Is::Once | Is::StreamOptions | Is::Plugin => {}
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'b>>(mut self, mut list: A) -> Result<(), A::Error> {
        let Some(node) = self.node.each else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return self.other(false);
        };
        let (name, text) = (self.name, self.text);
        if node.of == Of::Tool {
            while let Some(raw) = list.next_element::<&'b RawValue>()? {
                self.inner(raw, node, name).map_err(A::Error::custom)?;
            }
            return Ok(());
        }
        loop {
            let (found, scope) = (&mut *self.found, &mut *self.scope);
            if list.next_element_seed(Walk { node, name, text, found, scope })?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<(), A::Error> {
        let Walk { node, name, text, found, scope } = self;
        if node.members.is_empty() && node.values.is_none() {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Walk { node, name, text, found, scope }.other(false);
        }
        let mut own = Scope { inside: scope.inside, ..Scope::default() };
        let around = if node.of == Of::Plain { scope } else { &mut own };
        let mut inside = Walk { node, name, text, found, scope: around };
        let mut seen = 0u64;
        while let Some(Text(key)) = map.next_key::<Text<'b>>()? {
            let known = node.members.iter().enumerate().find(|(_, (name, _))| *name == key);
            if let Some((at, (name, member))) = known {
                if seen & (1 << at) != 0 {
                    return Err(inside.refuse(twice(name)));
                }
                seen |= 1 << at;
                inside.member(&mut map, name, member)?;
            } else if let Some((name, _)) = node.members.iter().find(|(name, _)| is_variant(&key, name)) {
                return Err(inside.refuse(variant(&key, name)));
            } else if let Some(values) = node.values {
                inside.member(&mut map, name, values)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        let Walk { found, .. } = inside;
        let closed = found.close(node.of, own, name);
        closed.map_err(|wire| {
            found.refused = Some(wire);
            A::Error::custom("refused")
        })
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        if self.node.is == Is::Stream {
            self.found.stream = flag;
            return Ok(());
        }
        self.other(false)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.other(false)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.other(false)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.other(false)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.other(true)
    }
}

/// A string, borrowed when it contains no escape.
struct Text<'b>(Cow<'b, str>);

impl<'b> serde::Deserialize<'b> for Text<'b> {
    fn deserialize<D: Deserializer<'b>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);
        Borrowed::deserialize(deserializer).map(|text| Self(text.0))
    }
}
