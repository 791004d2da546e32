//! Questions on a terminal, or on a pipe: a line out, a line in.

use std::io::{self, BufRead, Write, stdin, stdout};
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Shows a question and reads one line; `None` at the end of the input.
pub(super) fn read_line(prompt: &str, hidden: bool) -> io::Result<Option<String>> {
    let mut out = stdout().lock();
    write!(out, "{prompt} ")?;
    out.flush()?;
    let silence = if hidden { Silence::begin() } else { None };
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line)?;
    if silence.is_some() {
        writeln!(out)?;
    }
    Ok((read > 0).then(|| line.trim().to_owned()))
}

/// Switches off that a terminal shows what is typed. Its end switches it on again.
struct Silence(Termios);

impl Silence {
    /// `None` when the input is not a terminal.
    fn begin() -> Option<Self> {
        let input = stdin();
        let before = tcgetattr(input.as_fd()).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(input.as_fd(), OptionalActions::Flush, &silent).ok()?;
        Some(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin().as_fd(), OptionalActions::Flush, &self.0);
    }
}
