//! Running programs and waiting for them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The result of a task; the error says why it failed, for people.
pub(crate) type Done<T = ()> = Result<T, String>;

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A command of cargo in the workspace.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    // A clean checkout is compiled once: what the compiler keeps for the next time would only fill the disk.
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Runs a program to its end with the terminal's output; anything but success is a failure.
pub(crate) fn run(command: &mut Command) -> Done {
    let status = command.status().map_err(|error| format!("{} cannot start: {error}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", name(command))) }
}

/// Runs a program to its end and returns its output.
pub(crate) fn read(command: &mut Command) -> Done<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{} cannot start: {error}", name(command)))?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stdout);
        return Err(format!("{} ended with {} {}", name(command), output.status, printed.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{} printed no text", name(command)))
}

/// Whether a program can be found.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", "command -v \"$0\"", program]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Returns the value of a text field in flat JSON. This is enough for the output of our own commands.
pub(crate) fn member(json: &str, key: &str) -> Done<String> {
    let missing = || format!("no {key} in the answer");
    let after = json.split_once(&format!("\"{key}\":")).ok_or_else(missing)?.1.trim_start();
    let text = after.strip_prefix('"').and_then(|rest| rest.split_once('"')).ok_or_else(missing)?.0;
    Ok(text.to_owned())
}

/// Asks a process to stop, by its id, and waits for it.
pub(crate) fn stop(child: &mut Child) {
    // The signal may not arrive; waiting shows how the process ended.
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
