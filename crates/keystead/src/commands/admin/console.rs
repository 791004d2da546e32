//! What commands of the operator have in common: the use cases over the store of the installation, and what is printed.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::OnceLock;

use keystead_api::command_line::CommandLine;
use keystead_app::audit::{self, Done};
use keystead_app::{Actor, App, Error};
use keystead_core::id::OrganizationId;
use keystead_store::Store;
use serde_json::Value;

use super::place::Place;
use super::request::{Pages, Request, Window};
use super::table::{self, Column, Listed};
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::wiring::spread::{self, Spread};
use crate::{print, wiring};

/// The id by which the audit log names the operator on the command line.
const OPERATOR: &str = "command line";

/// The rows of a list without another limit; they are in memory until all are read.
const MOST_ROWS: u32 = 50_000;

/// The use cases for one command.
pub(super) struct Console {
    app: App,
    api: CommandLine,
    store: Store,
    operator: Actor,
    /// `directory.max_stale_seconds`.
    stale: i64,
    json: bool,
    /// How far the first change has spread that some nodes have not confirmed.
    unconfirmed: OnceLock<Spread>,
}

/// What a command changed.
pub(super) struct Change {
    /// The revision that nodes confirm; `None` when there is nothing to confirm.
    revision: Option<i64>,
    /// The audit entries.
    entries: Vec<Done>,
}

impl Change {
    /// Does the work, and returns what it changed.
    async fn by<T>(work: impl Future<Output = T>) -> (T, Self) {
        let work = audit::collecting_entries(None::<IpAddr>, work);
        let ((done, entries), revision) = keystead_store::changed_by(work).await;
        (done, Self { revision, entries })
    }

    /// The same for work that failed: its entries were rolled back.
    fn without_entries(self) -> Self {
        Self { entries: Vec::new(), ..self }
    }
}

impl Console {
    pub(super) async fn open(config: &Validated, json: bool) -> Result<Self, CliError> {
        let (app, store) = wiring::for_commands(config).await?;
        let operator = Actor::operator(OPERATOR);
        let api = CommandLine::new(app.clone(), operator.clone());
        Ok(Self {
            app,
            api,
            store,
            operator,
            stale: config.directory.max_stale_seconds,
            json,
            unconfirmed: OnceLock::new(),
        })
    }

    pub(super) const fn app(&self) -> &App {
        &self.app
    }

    pub(super) const fn operator(&self) -> &Actor {
        &self.operator
    }

    /// Waits, within limits, until every running node has applied a change.
    pub(super) async fn confirm(&self, change: Change) {
        let Some(revision) = change.revision else { return };
        let found = spread::wait(&self.store, revision, self.stale).await;
        if found.unconfirmed == 0 {
            return;
        }
        // The first one is reported.
        let _ = self.unconfirmed.set(found);
        if let Err(error) = self.app.record_unconfirmed(change.entries, found.unconfirmed, found.nodes).await {
            tracing::warn!(%error, "some nodes have not confirmed a change, and the audit log could not record it");
        }
    }

    /// Runs a use case that has no endpoint, and returns its change, which no node has confirmed yet.
    pub(super) async fn begin<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<(T, Change), CliError> {
        let (done, change) = Change::by(work).await;
        let error = match done {
            Ok(done) => return Ok((done, change)),
            Err(error) => error,
        };
        self.confirm(change.without_entries()).await;
        Err(match error {
            error @ (Error::Internal(_) | Error::Unavailable) => error.into(),
            error => CliError::Refused(self.api.refused(error).await),
        })
    }

    /// Runs a use case that has no endpoint, and waits for the nodes.
    pub(super) async fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, CliError> {
        let (done, change) = self.begin(work).await?;
        self.confirm(change).await;
        Ok(done)
    }

    /// Calls an endpoint, and returns its change, which no node has confirmed yet.
    async fn begin_call(
        &self,
        organization: Option<&OrganizationId>,
        request: &Request,
    ) -> Result<(Value, Change), CliError> {
        let (uri, body) = (request.uri(), request.body.as_ref());
        let (called, change) = Change::by(self.api.call(organization, (request.method.clone(), &uri), body)).await;
        match called {
            Ok(answer) => Ok((answer, change)),
            Err(refused) => {
                self.confirm(change.without_entries()).await;
                Err(CliError::Refused(refused))
            }
        }
    }

    /// Calls an endpoint, and waits for the nodes.
    pub(super) async fn call(
        &self,
        organization: Option<&OrganizationId>,
        request: &Request,
    ) -> Result<Value, CliError> {
        let (answer, change) = self.begin_call(organization, request).await?;
        self.confirm(change).await;
        Ok(answer)
    }

    /// Reads a list with as many of its pages as are wanted, within limits.
    pub(super) async fn read_list(
        &self,
        organization: Option<&OrganizationId>,
        request: Request,
        window: Window,
    ) -> Result<Value, CliError> {
        let (mut pages, mut rows) = (Pages::new(request, window.or_limit(MOST_ROWS)), Vec::new());
        while let Some(request) = pages.request() {
            let page = self.call(organization, &request).await?;
            rows.extend(pages.take(page)?);
        }
        Ok(pages.list(rows))
    }

    /// Finds the named organization, or the only one of the installation. A deleted one has only its audit log.
    pub(super) async fn organization(&self, named: Option<&str>, deleted: bool) -> Result<OrganizationId, CliError> {
        let all = self.run(self.app.all_organizations(&self.operator)).await?;
        let mut known = all.into_iter().filter(|row| deleted || !row.deleted);
        if let Some(named) = named {
            return match known.find(|row| row.id.as_str() == named) {
                Some(row) => Ok(row.id),
                None => Err(self.missing("organization", named).await),
            };
        }
        match (known.next(), known.count()) {
            (Some(only), 0) => Ok(only.id),
            (Some(_), more) => Err(CliError::Usage(format!(
                "--organization is needed: this installation has {} organizations; keystead admin organizations list \
                 shows them",
                more + 1
            ))),
            (None, _) => Err(CliError::Other("this installation has no organization yet".to_owned())),
        }
    }

    /// The error for something that does not exist.
    pub(super) async fn missing(&self, kind: &'static str, id: &str) -> CliError {
        CliError::Refused(self.api.refused(Error::not_found(kind, id)).await)
    }

    /// Parses an id. A text that is no id is answered like an unknown one.
    pub(super) async fn id<T: FromStr>(&self, kind: &'static str, text: &str) -> Result<T, CliError> {
        match text.parse() {
            Ok(id) => Ok(id),
            Err(_) => Err(self.missing(kind, text).await),
        }
    }

    /// The end of a command that did its work: an error while some nodes may still act on the state before it.
    fn finished(&self) -> Result<(), CliError> {
        match self.unconfirmed.get() {
            Some(spread) => Err(CliError::Unconfirmed(*spread)),
            None => Ok(()),
        }
    }

    /// Prints a value as JSON, or as a text for people.
    pub(super) fn print(&self, value: &Value, text: impl FnOnce() -> String) -> Result<(), CliError> {
        let text = if self.json { print::json(value) } else { text() };
        print::result(&text)?;
        self.finished()
    }

    /// Prints the answer to a change as JSON, or a sentence that says what holds from now on. People do not read the
    /// sentence while a node has not confirmed the change, because it does not hold there.
    pub(super) fn print_done(&self, answer: &Value, sentence: String) -> Result<(), CliError> {
        if !self.json && self.unconfirmed.get().is_some() {
            return self.finished();
        }
        self.print(answer, || sentence)
    }

    /// Prints a list.
    pub(super) fn print_list(&self, list: &Value, listed: Listed<'_>) -> Result<(), CliError> {
        let rows = list["data"].as_array().map_or(&[][..], Vec::as_slice);
        self.print_rows(list, rows, listed)
    }

    /// Prints a list with these rows. People read after the table how to get the rows that are left out.
    pub(super) fn print_rows(&self, list: &Value, rows: &[Value], listed: Listed<'_>) -> Result<(), CliError> {
        let printed = self.print(list, || self.rows(rows, listed));
        if let Some(hint) = more(list).filter(|_| !self.json) {
            print::error(&hint);
        }
        printed
    }

    /// Writes rows for people.
    pub(super) fn rows(&self, rows: &[Value], listed: Listed<'_>) -> String {
        if rows.is_empty() {
            return listed.nothing.to_owned();
        }
        table::table(rows, listed.columns, print::terminal_columns())
    }

    /// Prints one object.
    pub(super) fn print_object(&self, object: &Value, columns: &[Column]) -> Result<(), CliError> {
        self.print(object, || self.lines(object, columns))
    }

    /// Writes one object for people.
    pub(super) fn lines(&self, object: &Value, columns: &[Column]) -> String {
        table::lines(object, columns, print::terminal_columns())
    }

    /// Prints an object with a secret that is shown this once. If it cannot be printed, the error names the key, which
    /// no one knows then.
    pub(super) async fn print_secret(
        &self,
        object: &Value,
        columns: &[Column],
        change: Change,
    ) -> Result<(), CliError> {
        let text = || {
            let lines = table::lines(object, columns, print::terminal_columns());
            format!("{lines}\n\nThe secret is shown this once. Keep it like a password.")
        };
        let lost = |reason: &str| {
            let id = object.pointer("/api_key/id").unwrap_or(&object["id"]).as_str().unwrap_or_default();
            if id.starts_with("webhook_") {
                return format!(
                    "the secret of {id} was made and could not be shown: {reason}. Make another one with keystead admin \
                     webhooks rotate {id}"
                );
            }
            lost_key(id, reason)
        };
        self.show_once(object, text, change, lost).await
    }

    /// Prints a value with a secret, and only then waits for the nodes: a command that is ended while it waits has shown
    /// the secret. If it cannot be printed, the error says so in the words of `lost`, which takes the reason.
    pub(super) async fn show_once(
        &self,
        value: &Value,
        text: impl FnOnce() -> String,
        change: Change,
        lost: impl FnOnce(&str) -> String,
    ) -> Result<(), CliError> {
        let text = if self.json { print::json(value) } else { text() };
        let printed = print::result(&text);
        self.confirm(change).await;
        match printed {
            Ok(true) => self.finished(),
            Ok(false) => Err(CliError::Other(lost("the standard output was closed"))),
            Err(error) => Err(CliError::Other(lost(&error.to_string()))),
        }
    }
}

/// How to get the rows that a list leaves out; `None` when it is whole.
fn more(list: &Value) -> Option<String> {
    if list["has_more"] != true {
        return None;
    }
    let next = list["next"].as_str().or_else(|| list["last_id"].as_str())?;
    Some(format!("This is not the whole list: add --after {next} to read on, or give a greater --limit."))
}

/// The error for a key that could not be shown.
pub(super) fn lost_key(key: &str, reason: &str) -> String {
    format!(
        "the key {key} was made and could not be shown: {reason}. Revoke it with keystead admin keys revoke {key}, and \
         make another one"
    )
}

/// The use cases within one organization.
pub(super) struct Within {
    pub(super) console: Console,
    pub(super) organization: OrganizationId,
}

impl Within {
    /// Opens the place of a command.
    pub(super) async fn open(config: &Validated, place: &Place) -> Result<Self, CliError> {
        let console = Console::open(config, place.json).await?;
        let organization = console.organization(place.organization.as_deref(), false).await?;
        Ok(Self { console, organization })
    }

    /// Calls an endpoint.
    pub(super) async fn call(&self, request: &Request) -> Result<Value, CliError> {
        self.console.call(Some(&self.organization), request).await
    }

    /// Prints a list with as many of its pages as are wanted.
    pub(super) async fn list(&self, request: Request, window: Window, listed: Listed<'_>) -> Result<(), CliError> {
        self.console.print_list(&self.read_list(request, window).await?, listed)
    }

    /// Reads a list with as many of its pages as are wanted, within limits.
    pub(super) async fn read_list(&self, request: Request, window: Window) -> Result<Value, CliError> {
        self.console.read_list(Some(&self.organization), request, window).await
    }

    /// Prints the object of an answer.
    pub(super) async fn object(&self, request: Request, columns: &[Column]) -> Result<(), CliError> {
        let answer = self.call(&request).await?;
        self.console.print_object(&answer, columns)
    }

    /// Prints the object of an answer with a secret.
    pub(super) async fn secret(&self, request: Request, columns: &[Column]) -> Result<(), CliError> {
        let (answer, change) = self.console.begin_call(Some(&self.organization), &request).await?;
        self.console.print_secret(&answer, columns, change).await
    }

    /// Prints a sentence, or the answer as JSON.
    pub(super) async fn done(&self, request: Request, sentence: String) -> Result<(), CliError> {
        let answer = self.call(&request).await?;
        self.console.print_done(&answer, sentence)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_cut_says_how_to_get_the_rest() {
        let hint = |list: Value| more(&list).unwrap_or_default();
        let by_id = json!({ "data": [{ "id": "a" }, { "id": "b" }], "last_id": "b", "has_more": true });
        assert_eq!(hint(by_id), "This is not the whole list: add --after b to read on, or give a greater --limit.");
        assert!(hint(json!({ "data": [{ "id": "a" }], "next": "n1", "has_more": true })).contains("--after n1 "));
        for whole in [json!({ "data": [], "has_more": false, "last_id": null }), json!({ "data": [{ "id": "a" }] })] {
            assert_eq!(hint(whole), "");
        }
    }
}
