//! Output to the terminal. Everything else is logged.

use std::io::Write;

/// Prints a line of a command's result on the standard output.
///
/// The reader may have closed the pipe (`keystead … | head`); that must not end a server, as `println!` would.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints an error or progress on the standard error stream.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints a value as JSON, or as lines of text.
pub(crate) fn answer(json: bool, value: &serde_json::Value, lines: &[String]) {
    if json {
        line(&value.to_string());
    } else {
        lines.iter().for_each(|text| line(text));
    }
}
