//! How `keystead init` asks: an answer that is given is checked, a missing one is asked for or has a default, and a wrong
//! one is explained and asked for again. Without questions, the first wrong or missing answer is an error.

use std::fmt::Display;

use keystead_core::installation::Capability;
use keystead_locales::Messages;

use super::terminal;
use crate::cli_error::CliError;
use crate::print;

/// A question.
pub(super) struct Question<'q> {
    /// The option or the variable that gives the answer, which errors name.
    pub(super) given_by: String,
    /// The question.
    pub(super) text: &'q str,
    /// What an empty answer means.
    pub(super) default: Option<String>,
    /// Whether the answer is not shown.
    pub(super) hidden: bool,
    /// Whether the default is not shown.
    pub(super) default_hidden: bool,
}

impl<'q> Question<'q> {
    /// A question that the option of this name answers, too.
    pub(super) fn new(option: &str, text: &'q str) -> Self {
        Self { given_by: format!("--{option}"), text, default: None, hidden: false, default_hidden: false }
    }

    /// A question about a secret, which a variable gives, too.
    pub(super) fn variable(variable: &str, text: &'q str) -> Self {
        Self { given_by: variable.to_owned(), text, default: None, hidden: true, default_hidden: true }
    }

    pub(super) fn or(self, default: impl Into<String>) -> Self {
        Self { default: Some(default.into()), ..self }
    }

    /// The answer may contain a secret and is not shown; the default contains none.
    pub(super) fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    fn prompt(&self) -> String {
        match &self.default {
            None => format!("{}:", self.text),
            Some(_) if self.default_hidden => format!("{} [unchanged]:", self.text),
            Some(default) => format!("{} [{default}]:", self.text),
        }
    }
}

/// Asks, or takes what was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interview {
    /// Whether there is a person to ask.
    pub(super) asks: bool,
    /// Whether the database and the services are tried.
    pub(super) tries: bool,
}

impl Interview {
    /// Prints a line for the person.
    pub(super) fn say(self, line: &str) {
        if self.asks {
            print::line(line);
        }
    }

    /// Warns of an answer that is taken, also where there is no person to ask.
    pub(super) fn warn(line: &str) {
        print::line(&format!("  Warning: {line}"));
    }

    /// Begins a subject.
    pub(super) fn subject(self, title: &str, lines: &[&str]) {
        self.say("");
        self.say(title);
        lines.iter().for_each(|line| self.say(&format!("  {line}")));
    }

    /// Says what people cannot do without a service, as the pages and `doctor` say it.
    pub(super) fn left_out(self, capability: Capability) {
        self.say(&format!("  Left out. {}", Messages::of("en").text(&capability.missing_message())));
    }

    /// Returns the first answer that passes the check.
    pub(super) fn ask<T>(
        self,
        question: &Question<'_>,
        given: Option<String>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, CliError> {
        let mut given = given;
        loop {
            let answer = match given.take() {
                Some(answer) => answer,
                None if self.asks => self.read(question)?,
                None => match &question.default {
                    Some(default) => default.clone(),
                    None => return Err(missing(question)),
                },
            };
            match check(answer.trim()) {
                Ok(value) => return Ok(value),
                Err(reason) if self.asks => self.say(&format!("  {reason}")),
                Err(reason) => return Err(CliError::Other(format!("{}: {reason}", question.given_by))),
            }
        }
    }

    fn read(self, question: &Question<'_>) -> Result<String, CliError> {
        let answer = terminal::read_line(&question.prompt(), question.hidden)?.ok_or_else(ended)?;
        match (&question.default, answer.is_empty()) {
            (Some(default), true) => Ok(default.clone()),
            _ => Ok(answer),
        }
    }

    /// Tries something. Returns whether the answers stay: they work, or the person keeps them although they do not.
    pub(super) async fn keeps<E: Display>(
        self,
        what: &str,
        works: impl Future<Output = Result<String, E>>,
    ) -> Result<bool, CliError> {
        if !self.tries {
            return Ok(true);
        }
        match works.await {
            Ok(detail) => {
                self.say(&format!("  ok: {detail}"));
                Ok(true)
            }
            Err(reason) if self.asks => {
                self.say(&format!("  {what} did not work: {reason}"));
                let answer = terminal::read_line("  Enter to answer again, or \"keep\" to keep these answers:", false)?;
                Ok(answer.ok_or_else(ended)?.eq_ignore_ascii_case("keep"))
            }
            Err(reason) => Err(CliError::Other(format!(
                "{what} did not work: {reason}. With --no-try nothing is tried, and nothing was written"
            ))),
        }
    }
}

fn missing(question: &Question<'_>) -> CliError {
    CliError::Other(format!("{} is needed: {}", question.given_by, question.text))
}

fn ended() -> CliError {
    CliError::Other(
        "the input ended before every question was answered; nothing was written. Scripts give --answers FILE, or --yes \
         with an option for each answer"
            .to_owned(),
    )
}

/// Splits a list at its commas.
pub(super) fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Reads an answer that may be "none".
pub(super) fn optional(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("none"))
}

/// An answer of any text.
pub(super) fn some_text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("An answer is needed here.".to_owned()) } else { Ok(text.to_owned()) }
}
