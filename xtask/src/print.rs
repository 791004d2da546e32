//! The only place that prints.

#[expect(clippy::print_stdout, reason = "a task runner writes to the person who started it")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints a step that begins.
pub(crate) fn step(text: &str) {
    line(&format!("== {text}"));
}
