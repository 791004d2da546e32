//! One operation as its page shows it.

use keystead_locales::Messages;
use keystead_reference::{Answer, Kind, Member, Object, Operation, Sample, answer_example, samples};

use super::frame::{Frame, Piece, pieces};

/// How deep members within members are listed; deeper ones are in the example.
const DEEPEST: usize = 3;

/// One line of a table of members.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: String,
    /// The object that the value is, or that its items are.
    pub(super) object: Option<&'static str>,
    pub(super) required: bool,
    /// Whether it is there, null, its bounds and its usual value, in the reader's language.
    pub(super) notes: Vec<String>,
    pub(super) about: Vec<Piece>,
}

/// A table of members.
pub(super) struct Table {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// A named object, which the page describes once.
pub(super) struct Described {
    pub(super) name: &'static str,
    pub(super) about: Vec<Piece>,
    pub(super) rows: Vec<Row>,
}

/// One status of a refusal.
pub(super) struct Status {
    pub(super) status: u16,
    pub(super) words: String,
    pub(super) href: String,
}

/// An operation, ready to show.
pub(super) struct Shown {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) about: Vec<Piece>,
    pub(super) access: Vec<Piece>,
    pub(super) tables: Vec<Table>,
    /// What is known and not supported.
    pub(super) unsupported: Option<String>,
    /// What the answer is, and the object in it.
    pub(super) answer: String,
    pub(super) object: Option<&'static str>,
    pub(super) refusals: Vec<Status>,
    pub(super) samples: [Sample; 3],
    /// An example of the answer.
    pub(super) example: Option<String>,
}

impl Shown {
    pub(super) fn new(frame: &Frame, operation: &'static Operation) -> Self {
        let t = frame.t;
        let path = operation.path_members();
        let body = if operation.is_form() { "reference-form" } else { "reference-body" };
        let all: [(&str, &[Member]); 3] =
            [("reference-path", &path), ("reference-query", operation.query), (body, operation.body)];
        let titled =
            |(title, members): (&str, &[Member])| Table { title: t.text(title), rows: table(t, members, true) };
        let (answer, object) = answered(operation);
        let names = operation.unsupported.join(", ");
        Self {
            id: operation.id,
            title: operation.title,
            method: operation.method,
            path: operation.path,
            about: pieces(operation.about),
            access: pieces(&operation.access.words()),
            tables: all.into_iter().map(titled).filter(|table| !table.rows.is_empty()).collect(),
            unsupported: (!names.is_empty()).then(|| t.text_with("reference-unsupported", "names", names)),
            answer: t.text(answer),
            object: object.map(|object| object.name),
            refusals: refusals(frame, operation),
            samples: samples(operation, &frame.base_url),
            example: answer_example(operation).map(|example| example.pretty()),
        }
    }
}

fn refusals(frame: &Frame, operation: &Operation) -> Vec<Status> {
    let known = operation.refusals().into_iter().filter_map(|status| operation.refusal(status));
    let place = if operation.oauth { "oauth-" } else { "" };
    let href = |status| format!("{}#{place}{status}", frame.href(super::ERRORS));
    known.map(|one| Status { status: one.status, words: one.words(), href: href(one.status) }).collect()
}

/// What an operation answers: the message that says it, and the object in it.
fn answered(operation: &Operation) -> (&'static str, Option<&'static Object>) {
    match operation.answer {
        Answer::One(object) => ("reference-answer-object", Some(object)),
        Answer::Page(object) => ("reference-answer-page", Some(object)),
        Answer::NextPage(object) => ("reference-answer-next-page", Some(object)),
        Answer::Buckets(object) => ("reference-answer-buckets", Some(object)),
        Answer::Deleted(_) => ("reference-answer-receipt", None),
        Answer::Forwarded => ("reference-answer-forwarded", None),
        Answer::File => ("reference-answer-file", None),
    }
}

/// The named objects of these operations and those within them, in the order in which they are named.
pub(super) fn objects(t: Messages, operations: &'static [Operation]) -> Vec<Described> {
    let mut found: Vec<&'static Object> = Vec::new();
    for operation in operations {
        within(operation.query.iter().chain(operation.body), &mut found);
        answered(operation).1.into_iter().for_each(|object| add(object, &mut found));
    }
    let described = |object: &'static Object| {
        let members: Vec<Member> = object.all_members().copied().collect();
        Described { name: object.name, about: pieces(object.about), rows: table(t, &members, false) }
    };
    found.into_iter().map(described).collect()
}

/// Adds an object and the objects within it.
fn add(object: &'static Object, found: &mut Vec<&'static Object>) {
    if found.iter().any(|known| known.name == object.name) {
        return;
    }
    found.push(object);
    within(object.all_members(), found);
}

fn within(members: impl Iterator<Item = &'static Member>, found: &mut Vec<&'static Object>) {
    for member in members {
        match (member.kind.object(), member.kind.members()) {
            (Some(object), _) => add(object, found),
            (None, (members, _)) => within(members.into_iter(), found),
        }
    }
}

/// The rows of members. `sent` are members of requests, where most may be left out.
fn table(t: Messages, members: &[Member], sent: bool) -> Vec<Row> {
    members.iter().flat_map(|member| rows(t, member, "", sent, 0)).collect()
}

/// The rows of a member and of those within it, whose names begin with its own.
fn rows(t: Messages, member: &Member, within: &str, sent: bool, depth: usize) -> Vec<Row> {
    let (inner, list) = member.kind.members();
    let list = list && !inner.is_empty();
    let name = format!("{within}{}{}", member.name, if list { "[]" } else { "" });
    let row = Row {
        kind: member.kind.words(),
        object: member.kind.object().map(|object| object.name),
        required: sent && member.required,
        notes: notes(t, member, sent),
        about: pieces(member.about),
        name,
    };
    let prefix = format!("{}.", row.name);
    let mut all = vec![row];
    if depth + 1 < DEEPEST {
        all.extend(inner.into_iter().flat_map(|one| rows(t, one, &prefix, sent, depth + 1)));
    }
    all
}

fn notes(t: Messages, member: &Member, sent: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !sent && !member.required {
        notes.push(t.text("reference-not-always"));
    }
    // In a request, null counts as absent.
    if !sent && member.null && !matches!(member.kind, Kind::Null) {
        notes.push(t.text("reference-or-null"));
    }
    let (between, at_most) = match member.kind {
        Kind::Text => ("reference-between-characters", "reference-at-most-characters"),
        Kind::List(_) => ("reference-between-items", "reference-at-most-items"),
        _ => ("reference-between", "reference-at-most"),
    };
    match (member.least, member.most) {
        (Some(least), Some(most)) => {
            let bounds = [("least", least.to_string()), ("most", most.to_string())];
            let bounds = bounds.each_ref().map(|(name, value)| (*name, value.as_str()));
            notes.push(t.text_with_all(between, &bounds));
        }
        (_, Some(most)) => notes.push(t.text_with(at_most, "most", most.to_string())),
        _ => {}
    }
    if let Some(usual) = member.usual {
        notes.push(t.text_with("reference-usual", "value", usual));
    }
    notes
}
