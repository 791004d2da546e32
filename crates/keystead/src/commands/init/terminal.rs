//! Questions on a terminal, or on a pipe: a line out, a line in.

use std::io::{self, BufRead, Write, stdin, stdout};
use std::os::fd::AsFd;
use std::process::exit;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

/// The modes of the terminal before it was silenced, while it is.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The exit code of a program that Ctrl-C ends.
const INTERRUPTED: i32 = 130;

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

/// Ends the program at Ctrl-C or at the signal to end, after the terminal shows again what is typed.
pub(super) async fn restore_when_interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    restore();
    exit(INTERRUPTED);
}

fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(stdin().as_fd(), OptionalActions::Flush, &before);
    }
}

/// Switches off that a terminal shows what is typed. Its end switches it on again.
struct Silence;

impl Silence {
    /// `None` when the input is not a terminal.
    fn begin() -> Option<Self> {
        let input = stdin();
        let before = tcgetattr(input.as_fd()).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        tcsetattr(input.as_fd(), OptionalActions::Flush, &silent).ok()?;
        Some(Self)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        restore();
    }
}
