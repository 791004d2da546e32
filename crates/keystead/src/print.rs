//! The only place that writes to the terminal; everything else logs.

use std::io::Write;

/// What a command is asked for, on the standard output.
///
/// Whoever read it may be gone (`keystead … | head`); that must not end a server, as `println!` would.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// What went wrong, and progress, beside the answer.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A value as JSON, or the lines made of it.
pub(crate) fn answer(json: bool, value: &serde_json::Value, lines: &[String]) {
    if json {
        line(&value.to_string());
    } else {
        lines.iter().for_each(|text| line(text));
    }
}
