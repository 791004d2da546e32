//! Output to the terminal. Everything else is logged.

use std::io::{self, ErrorKind, IsTerminal, Write};

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

/// Prints an error or progress on the standard error stream.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints a value as JSON, or as lines of text. A reader that closed the pipe has seen enough; a full disk is an error.
pub(crate) fn answer(json: bool, value: &serde_json::Value, lines: &[String]) -> io::Result<()> {
    result(&if json { value.to_string() } else { lines.join("\n") })?;
    Ok(())
}
