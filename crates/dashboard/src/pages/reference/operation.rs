//! One operation as its page shows it.

use keystead_locales::Messages;
use keystead_reference::{Answer, Kind, Member, Operation, Sample, answer_example, samples};

use super::frame::{Frame, Piece, pieces};

/// How deep members within members are listed; deeper ones are in the example.
const DEEPEST: usize = 3;

/// One line of a table of members.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: String,
    /// Whether it is there, null, its bounds and its usual value, in the reader's language.
    pub(super) notes: Vec<String>,
    pub(super) about: Vec<Piece>,
}

/// A table of members.
pub(super) struct Table {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// An operation, ready to show.
pub(super) struct Described {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) about: Vec<Piece>,
    pub(super) access: Vec<Piece>,
    pub(super) tables: Vec<Table>,
    /// What is known and not supported.
    pub(super) unsupported: Option<String>,
    /// What is said of an answer without members.
    pub(super) forwarded: Option<String>,
    pub(super) refusals: Vec<u16>,
    pub(super) samples: [Sample; 3],
    /// An example of the answer.
    pub(super) example: Option<String>,
}

impl Described {
    pub(super) fn new(frame: &Frame, operation: &'static Operation) -> Self {
        let t = frame.t;
        let path = operation.path_members();
        let body = if operation.is_form() { "reference-form" } else { "reference-body" };
        let (title, answered) = answered(operation);
        let all: [(&str, Vec<&Member>, bool); 4] = [
            ("reference-path", path.iter().collect(), true),
            ("reference-query", operation.query.iter().collect(), true),
            (body, operation.body.iter().collect(), true),
            (title, answered, false),
        ];
        let table = |(title, members, sent): (&str, Vec<&Member>, bool)| Table {
            title: t.text(title),
            rows: members.into_iter().flat_map(|member| rows(t, member, "", sent, 0)).collect(),
        };
        let forwarded = match operation.answer {
            Answer::Forwarded => Some(t.text("reference-answer-forwarded")),
            Answer::File => Some(t.text("reference-answer-file")),
            _ => None,
        };
        let names = operation.unsupported.join(", ");
        Self {
            id: operation.id,
            title: operation.title,
            method: operation.method,
            path: operation.path,
            about: pieces(operation.about),
            access: pieces(&operation.access.words()),
            tables: all.into_iter().map(table).filter(|table| !table.rows.is_empty()).collect(),
            unsupported: (!names.is_empty()).then(|| t.text_with("reference-unsupported", "names", names)),
            forwarded,
            refusals: operation.refusals(),
            samples: samples(operation, &frame.base_url),
            example: answer_example(operation).map(|example| example.pretty()),
        }
    }
}

/// The members of an answer, and the title of their table.
fn answered(operation: &Operation) -> (&'static str, Vec<&'static Member>) {
    match operation.answer {
        Answer::One(object) => ("reference-answer", object.all_members().collect()),
        Answer::Page(object) | Answer::NextPage(object) => ("reference-answer-list", object.all_members().collect()),
        Answer::Buckets(object) => ("reference-answer-bucket", object.all_members().collect()),
        Answer::Deleted(_) | Answer::Forwarded | Answer::File => ("reference-answer", Vec::new()),
    }
}

/// The rows of a member and of those within it, whose names begin with its own. `sent` are members of requests, where
/// most may be left out.
fn rows(t: Messages, member: &Member, within: &str, sent: bool, depth: usize) -> Vec<Row> {
    let inner = member.kind.members();
    let list = inner.as_ref().is_some_and(|(_, list)| *list);
    let name = format!("{within}{}{}", member.name, if list { "[]" } else { "" });
    let row = Row { kind: member.kind.words(), notes: notes(t, member, sent), about: pieces(member.about), name };
    let prefix = format!("{}.", row.name);
    let mut all = vec![row];
    if let Some((members, _)) = inner.filter(|_| depth + 1 < DEEPEST) {
        all.extend(members.into_iter().flat_map(|one| rows(t, one, &prefix, sent, depth + 1)));
    }
    all
}

fn notes(t: Messages, member: &Member, sent: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if sent && member.required {
        notes.push(t.text("reference-required"));
    }
    if !sent && !member.required {
        notes.push(t.text("reference-not-always"));
    }
    // In a request, null counts as absent.
    if !sent && member.null && !matches!(member.kind, Kind::Null) {
        notes.push(t.text("reference-or-null"));
    }
    match (member.least, member.most) {
        (Some(least), Some(most)) => {
            let bounds = [("least", least.to_string()), ("most", most.to_string())];
            let bounds = bounds.each_ref().map(|(name, value)| (*name, value.as_str()));
            notes.push(t.text_with_all("reference-between", &bounds));
        }
        (_, Some(most)) => notes.push(t.text_with("reference-at-most", "most", most.to_string())),
        _ => {}
    }
    if let Some(usual) = member.usual {
        notes.push(t.text_with("reference-usual", "value", usual));
    }
    notes
}
