//! The only place that prints.

#[expect(clippy::print_stdout, reason = "a task runner writes to the person who started it")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints a step that begins.
pub(crate) fn step(text: &str) {
    line(&format!("== {text}"));
}

/// Prints what a program has written.
pub(crate) fn lines(written: &[u8]) {
    let text = String::from_utf8_lossy(written);
    if !text.trim().is_empty() {
        line(text.trim_end());
    }
}
