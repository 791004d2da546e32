//! Output to the terminal. Everything else is logged.

use std::io::{self, ErrorKind, IsTerminal, Write};

use keystead_core::text::{controls, in_terminal};
use serde_json::Value;

/// Prints a line of a command's result on the standard output.
///
/// The reader may have closed the pipe (`keystead … | head`); that must not end a server, as `println!` would.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a part of a command's result. Returns whether the reader still reads: one that closed the pipe has seen enough,
/// while a full disk is an error.
pub(crate) fn result(text: &str) -> io::Result<bool> {
    let mut output = io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// The columns of the terminal; `None` when the standard output is not one.
pub(crate) fn terminal_columns() -> Option<u16> {
    let output = io::stdout();
    if !output.is_terminal() {
        return None;
    }
    rustix::termios::tcgetwinsize(&output).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}

/// Prints an error or progress on the standard error stream. It may have other people's text in it, which must not
/// control the terminal.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text));
}

/// Makes each line of a text safe for a terminal.
fn harmless(text: &str) -> String {
    text.split('\n').map(in_terminal).collect::<Vec<_>>().join("\n")
}

/// Writes a value as JSON without characters that control a terminal: they are escaped, and every reader of JSON reads
/// the same value.
pub(crate) fn json(value: &Value) -> String {
    let text = value.to_string();
    if !text.chars().any(controls) {
        return text;
    }
    // Outside of strings there are no such characters.
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if controls(character) {
            safe.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Prints a value as JSON, or as lines of text. A reader that closed the pipe has seen enough; a full disk is an error.
pub(crate) fn answer(as_json: bool, value: &Value, lines: &[String]) -> io::Result<()> {
    result(&if as_json { json(value) } else { lines.join("\n") })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_of_other_people_controls_the_terminal() {
        let name = "a\u{1b}[31m\u{9b}2J\u{202e}b\u{2028}\u{7f}\tŁ検 🎉";
        let value = json!({ "name": name, name: [name] });
        let text = json(&value);
        assert!(!text.chars().any(controls), "{text:?}");
        assert!(text.contains("\\u009b2J\\u202eb\\u2028\\u007f\\tŁ検 🎉"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        let said = harmless(&format!("keystead: {name}\nUsage: x"));
        assert_eq!(said, "keystead: a [31m 2Jb   Ł検 🎉\nUsage: x");
    }
}
