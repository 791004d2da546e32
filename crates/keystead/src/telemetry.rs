//! Structured logs on the standard error stream. Secrets are never fields: keys appear by id only.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::cli_error::CliError;
use crate::config::{Log, LogFormat};

/// Starts logging. Panics become log lines with the place but without the message, which may quote a request.
pub(crate) fn start(log: &Log) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| CliError::Other(format!("log.level {:?} is not a filter: {error}", log.level)))?;
    let form = log.format;
    let lines = fmt::layer().with_writer(move || Escaped { writer: std::io::stderr(), form });
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Text => registry
            .with(lines.with_ansi(false).with_target(false).with_filter(filter_fn(ours_or_a_warning)))
            .try_init(),
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(false);
            registry.with(lines.with_filter(filter_fn(ours_or_a_warning))).try_init()
        }
    };
    started.map_err(|error| CliError::Other(format!("logging cannot start: {error}")))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked; report it with this line");
    }));
    Ok(())
}

/// Whether a log line is ours or a warning. Libraries log what they handle (numbers, addresses, headers) at their finer
/// levels, so only their warnings pass at any level.
fn ours_or_a_warning(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target().starts_with("keystead") || *metadata.level() <= tracing::Level::WARN
}

/// Writes log lines in which no character controls a terminal, ends a line, or changes the reading direction: names,
/// headers and answers of upstreams are other people's text.
struct Escaped<W> {
    writer: W,
    form: LogFormat,
}

impl<W: Write> Write for Escaped<W> {
    /// Takes one whole line, as the layer above writes them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.writer.write_all(escaped(&String::from_utf8_lossy(line), self.form).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn escaped(line: &str, form: LogFormat) -> Cow<'_, str> {
    let text = line.strip_suffix('\n').unwrap_or(line);
    if !text.contains(acts) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 16);
    for c in text.chars() {
        match form {
            _ if !acts(c) => out.push(c),
            LogFormat::Text => out.extend(c.escape_unicode()),
            // In JSON such a character is inside a string, where it is written like this.
            LogFormat::Json => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('\n');
    Cow::Owned(out)
}

/// Whether a character is a control character, a line separator, invisible, or changes the direction of text.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\r\nINFO forged \u{1b}[31m\u{9b}2J\u{202e}\u{2028}\u{e0041}\u{7f}b";

    // ASVS 16.4.1.
    #[test]
    fn a_log_line_stays_one_line_without_control_characters() {
        let text = escaped(&format!("{HOSTILE}\n"), LogFormat::Text).into_owned();
        assert_eq!(text.matches('\n').count(), 1);
        assert!(text.ends_with("b\n") && !text.trim_end().contains(acts), "{text:?}");
        assert!(text.contains("\\u{1b}[31m"), "{text}");
        assert!(matches!(escaped("plain, zażółć, 日本\n", LogFormat::Text), Cow::Borrowed(_)));
    }

    // ASVS 16.4.1.
    #[test]
    fn json_stays_json() {
        let line = format!("{}\n", serde_json::json!({ "model": HOSTILE }));
        let written = escaped(&line, LogFormat::Json).into_owned();
        assert!(!written.trim_end().contains(acts), "{written:?}");
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["model"], HOSTILE);
    }
}
