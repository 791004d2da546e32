//! Answers as tables and lines for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use keystead_core::rate::MOST;
use keystead_core::text::in_terminal;
use keystead_core::time::Timestamp;
use serde_json::Value;

/// What stands for a value that is missing.
const MISSING: &str = "-";
/// The spaces between two columns.
const PADDING: u16 = 2;
/// Longer words are broken in a narrow terminal.
const LONGEST_WORD: u16 = 24;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that may be broken into lines in a narrow terminal.
    Text,
    /// Text that is copied: an id or an address, always on one line.
    Id,
    /// Seconds since 1970, written as a date with a time in UTC.
    Time,
    /// A number, at the right of its column.
    Number,
    /// A rate limit; the largest one stands for none.
    Limit,
}

/// One column of a table, or one line about an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    title: &'static str,
    /// JSON pointers; the first one with a value counts.
    at: &'static [&'static str],
    kind: Kind,
}

/// Builds a column.
pub(super) const fn column(title: &'static str, at: &'static [&'static str], kind: Kind) -> Column {
    Column { title, at, kind }
}

/// A list and the sentence for an empty one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) columns: &'a [Column],
    pub(super) nothing: &'static str,
}

impl Column {
    /// Whether the row has something to write in this column.
    pub(super) fn has_value(self, row: &Value) -> bool {
        self.of(row) != MISSING
    }

    fn of(self, row: &Value) -> String {
        let values = self.at.iter().filter_map(|pointer| row.pointer(pointer));
        let texts = values.map(|value| written(value, self.kind));
        texts.into_iter().find(|text| text != MISSING).unwrap_or_else(|| MISSING.to_owned())
    }
}

/// Writes a value on one line. Names and reasons are other people's text, and must not control the terminal.
fn written(value: &Value, kind: Kind) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => match (kind, number.as_u64()) {
            // A moment of zero is one that never came.
            (Kind::Time, Some(0) | None) => String::new(),
            (Kind::Time, Some(seconds)) => Timestamp(seconds.cast_signed()).to_string(),
            (Kind::Limit, Some(MOST)) => String::new(),
            // Whole amounts without ".0".
            _ => {
                number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), |part| part.to_string())
            }
        },
        Value::String(text) => in_terminal(text),
        Value::Array(items) => items.iter().map(|item| written(item, kind)).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match fields.get("id").or_else(|| fields.get("name")) {
            Some(name) => written(name, kind),
            None => in_terminal(&value.to_string()),
        },
    };
    if text.is_empty() { MISSING.to_owned() } else { text }
}

fn plain(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    match width {
        Some(width) => table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

/// Writes a table with aligned columns, within the columns of the terminal where there is one.
pub(super) fn table(rows: &[Value], columns: &[Column], width: Option<u16>) -> String {
    let mut table = plain(width);
    table.set_header(columns.iter().map(|column| column.title));
    for row in rows {
        table.add_row(columns.iter().map(|column| column.of(row)));
    }
    let words: Vec<u16> = columns.iter().map(|column| longest_word(rows, *column)).collect();
    for ((shown, column), longest) in table.column_iter_mut().zip(columns).zip(words) {
        shown.set_padding((0, PADDING));
        if matches!(column.kind, Kind::Number | Kind::Limit) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
        shown.set_constraint(match column.kind {
            Kind::Text => ColumnConstraint::LowerBoundary(Width::Fixed(longest + PADDING)),
            _ => ColumnConstraint::ContentWidth,
        });
    }
    table.trim_fmt()
}

/// The length of the longest word of a column, within limits: a narrow terminal breaks lines between words.
fn longest_word(rows: &[Value], column: Column) -> u16 {
    let lengths = rows.iter().flat_map(|row| {
        let text = column.of(row);
        text.split(' ').map(|word| word.chars().count()).collect::<Vec<_>>()
    });
    let longest = lengths.chain([column.title.len()]).max().unwrap_or_default();
    u16::try_from(longest).unwrap_or(LONGEST_WORD).min(LONGEST_WORD)
}

/// Writes one object, a line for each value.
pub(super) fn lines(object: &Value, columns: &[Column], width: Option<u16>) -> String {
    let mut table = plain(width);
    for column in columns {
        table.add_row([Cell::new(column.title.to_lowercase()), Cell::new(column.of(object))]);
    }
    for (shown, padding) in table.column_iter_mut().zip([2, 0]) {
        shown.set_padding((0, padding));
        // A value is never broken: it may be a key or a link that a person copies.
        shown.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: &[Column] = &[
        column("ID", &["/id"], Kind::Id),
        column("NAME", &["/name"], Kind::Text),
        column("OWNER", &["/owner/user/email", "/owner/service_account/name"], Kind::Text),
        column("ADDED", &["/at"], Kind::Time),
        column("COUNT", &["/count"], Kind::Number),
    ];

    fn rows() -> Vec<Value> {
        vec![
            json!({ "id": "key_a", "name": "検索", "owner": { "user": { "email": "ann@example.com" } },
                "at": 1_767_225_600, "count": 5 }),
            json!({ "id": "key_long", "name": "a\u{1b}[31m\nb\u{202e}c", "owner": { "service_account": { "name": "Bot" } },
                "at": null, "count": 12_345 }),
        ]
    }

    #[test]
    fn columns_are_aligned_and_nothing_controls_the_terminal() {
        let golden = "ID        NAME      OWNER            ADDED                 COUNT\n\
                      key_a     検索      ann@example.com  2026-01-01T00:00:00Z      5\n\
                      key_long  a [31m bc  Bot              -                     12345";
        let shown = table(&rows(), COLUMNS, None);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown:?}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&shown), words(golden), "{shown}");
        let at = |line: usize, word: &str| shown.lines().nth(line).and_then(|line| line.find(word)).unwrap();
        assert_eq!(at(0, "NAME"), at(2, "a [31m"), "{shown}");
        assert!(shown.lines().all(|line| line == line.trim_end()), "{shown:?}");
    }

    #[test]
    fn a_narrow_terminal_breaks_text_and_never_ids() {
        let long =
            json!({ "id": "audit_log-000000000000000000000000", "name": "operator (command line) and other words" });
        let shown = table(&[long], &COLUMNS[..2], Some(50));
        assert!(shown.lines().count() > 2 && shown.contains("audit_log-000000000000000000000000"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 50), "{shown}");
        assert!(["operator", "(command", "words"].iter().all(|word| shown.contains(word)), "{shown}");
    }

    #[test]
    fn values_of_every_kind_have_a_text() {
        for (value, text) in [
            (json!(null), "-"),
            (json!(""), "-"),
            (json!([]), "-"),
            (json!(true), "yes"),
            (json!(["a", "b"]), "a, b"),
            (json!([{ "id": "proj_a", "role": "owner" }]), "proj_a"),
            (json!({ "x": 1 }), "{\"x\":1}"),
            (json!(0.5), "0.5"),
            (json!(10.0), "10"),
            (json!(12_345), "12345"),
        ] {
            assert_eq!(written(&value, Kind::Text), text);
        }
        for (value, kind) in [(json!(MOST), Kind::Limit), (json!(0), Kind::Time), (json!(-1), Kind::Time)] {
            assert_eq!(written(&value, kind), MISSING);
        }
        let shown = lines(&json!({ "id": "key_a", "name": "Bot" }), &COLUMNS[..2], None);
        assert_eq!(shown, "id    key_a\nname  Bot");
    }
}
