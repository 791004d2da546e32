//! The alerts of a page: the list, and the fields of the form of each.

use keystead_app::organizations::spend_alerts::{MOST_RECIPIENTS, SpendAlertSettings};
use keystead_app::organizations::spend_figures::AlertView;
use keystead_core::money::Amount;
use keystead_core::text;
use keystead_locales::LocalFormat;

use super::act::{Fault, cents};
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;

/// The fields of one alert as they are shown: of a saved alert, of a new one, or as they were typed.
#[derive(Debug, Clone, Default)]
pub(super) struct AlertFields {
    /// What follows the names of the fields in their ids; empty for the new alert.
    pub(super) key: String,
    pub(super) amount: String,
    pub(super) recipients: String,
    pub(super) prefix: String,
    pub(super) wrong: FieldFault,
}

impl AlertFields {
    /// What was typed.
    pub(super) fn typed(form: &Form, wrong: FieldFault) -> Self {
        let id = form.field("id");
        let text = |name: &str| form.field(name).to_owned();
        Self {
            key: if id.is_empty() { String::new() } else { format!("-{id}") },
            amount: text("amount"),
            recipients: text("recipients"),
            prefix: text("prefix"),
            wrong,
        }
    }
}

/// A row of the list.
#[derive(Debug, Clone)]
pub(super) struct AlertRow {
    pub(super) id: String,
    /// The threshold with its currency.
    pub(super) amount: String,
    pub(super) recipients: Vec<String>,
    pub(super) prefix: Option<String>,
    /// The class of the glyph, the state in words, and a second line.
    pub(super) look: &'static str,
    pub(super) state: String,
    pub(super) detail: String,
    fields: AlertFields,
    /// The addresses of the dialogs that change and delete it.
    pub(super) change: String,
    pub(super) delete: String,
}

impl AlertRow {
    /// The fields of its form.
    pub(super) const fn fields(&self) -> &AlertFields {
        &self.fields
    }

    /// The same row with fields as they were typed.
    pub(super) fn typed(self, fields: AlertFields) -> Self {
        Self { fields, ..self }
    }

    /// `ask` returns the address of a dialog.
    pub(super) fn of(format: &LocalFormat, view: &AlertView, ask: impl Fn(&str) -> String) -> Self {
        let t = format.messages;
        let alert = &view.alert;
        let (look, state, detail) = match view.of_month.as_ref().map(|known| known.reached) {
            None => ("", "spend-not-reached", String::new()),
            Some(None) => ("", "spend-passed", t.text("spend-passed-hint")),
            Some(Some((at, spent))) => {
                let places = [("when", format.exact(&at)), ("amount", format.money(&spent))];
                let [when, amount] = places.each_ref().map(|(name, text)| (*name, text.as_str()));
                ("wait", "spend-reached", t.text_with_all("spend-reached-at", &[when, amount]))
            }
        };
        Self {
            id: alert.id.to_string(),
            amount: format.money(&Amount::of_cents(alert.cents)),
            recipients: alert.recipients.clone(),
            prefix: alert.subject_prefix.clone(),
            look,
            state: t.text(state),
            detail,
            change: ask("change"),
            delete: ask("delete"),
            fields: AlertFields {
                key: format!("-{}", alert.id),
                amount: format.decimal(alert.cents, 2),
                recipients: alert.recipients.join("\n"),
                prefix: alert.subject_prefix.clone().unwrap_or_default(),
                wrong: FieldFault::default(),
            },
        }
    }
}

/// Reads the form of an alert.
pub(super) fn settings(format: &LocalFormat, form: &Form) -> Result<SpendAlertSettings, Fault> {
    let t = format.messages;
    let wrong = |field, text| Err(Fault::Field(field, text));
    let cents = cents(format, form.field("amount"), 0).map_err(|text| Fault::Field("amount", text))?;
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '、' | '，');
    let recipients: Vec<String> =
        form.field("recipients").split(separates).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    if recipients.is_empty() {
        return wrong("recipients", t.text("spend-recipients-none"));
    }
    if recipients.len() > MOST_RECIPIENTS {
        let most = i64::try_from(MOST_RECIPIENTS).unwrap_or(i64::MAX);
        return wrong("recipients", t.count("spend-recipients-many", &most));
    }
    if let Some(address) = recipients.iter().find(|address| text::email(address).is_err()) {
        return wrong("recipients", t.text_with("spend-recipient-wrong", "address", text::printable(address)));
    }
    let prefix = form.field("prefix");
    if !prefix.is_empty() && text::name(prefix).is_err() {
        return wrong("prefix", t.text("spend-prefix-wrong"));
    }
    let subject_prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
    Ok(SpendAlertSettings { cents, recipients, subject_prefix })
}
