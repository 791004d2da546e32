//! Writing mails in the language of their reader, and passing them to the mail service.

use keystead_core::language::Language;
use keystead_core::text::in_mail;
use keystead_core::time::Timestamp;
use keystead_locales::{LocalFormat, Messages};
use keystead_providers::mail::{Mail, MailContent, Paragraph};
use keystead_store::Tx;
use keystead_store::tables::accounts;
use keystead_store::tables::users;

use super::Outcome;
use crate::{App, Error};

/// Sends a mail; a mail that the service refuses is not sent again.
pub(crate) async fn send_mail(app: &App, mail: &Mail) -> Outcome {
    match &app.services().mail {
        Some(mailer) => Outcome::of(mailer.send(mail).await),
        None => Outcome::Done,
    }
}

/// The installation as mails name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) operator: &'a str,
    /// The address of the pages.
    pub(crate) url: &'a str,
    /// Where readers get help.
    pub(crate) support: Option<&'a str>,
}

impl<'a> Sender<'a> {
    pub(crate) fn of(app: &'a App) -> Self {
        let settings = app.settings();
        Self { operator: &settings.operator, url: app.public_url(), support: settings.support_email.as_deref() }
    }

    /// Who sent a mail, and where the reader gets help.
    fn footer(self, messages: Messages) -> String {
        let known = [("operator", self.operator), ("url", self.url)];
        match self.support {
            Some(support) => messages.text_with_all("mail-footer-support", &[known[0], known[1], ("support", support)]),
            None => messages.text_with_all("mail-footer", &known),
        }
    }
}

/// The recipient of a mail: their language and time zone.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) messages: Messages,
    pub(crate) format: LocalFormat,
}

impl Reader {
    /// A reader of whom only the language is known; the installation's language for an empty tag.
    pub(crate) fn of_language(app: &App, tag: &str) -> Self {
        Self::of(app, tag, "")
    }

    fn of(app: &App, tag: &str, zone: &str) -> Self {
        let messages = Messages(Language::from_tag(tag).unwrap_or(app.settings().language));
        Self { messages, format: LocalFormat::in_zone(messages, app.now(), zone) }
    }

    /// The reader with this address: in the language and time zone of their account. `otherwise` is the language of a
    /// reader who has not chosen one.
    pub(crate) async fn find(app: &App, tx: &mut Tx, email: &str, otherwise: &str) -> Result<Self, Error> {
        let account = match users::find_by_email(tx, email).await? {
            Some(person) => accounts::find(tx, &person.id).await?,
            None => None,
        };
        let Some(account) = account else { return Ok(Self::of_language(app, otherwise)) };
        let language = if account.language.is_empty() { otherwise } else { &account.language };
        Ok(Self::of(app, language, &account.time_zone))
    }

    /// A date and time in the reader's time zone.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.format.exact(&at)
    }

    /// A line with one value.
    pub(crate) fn line(&self, key: &str, name: &str, value: &str) -> String {
        self.messages.text_with(key, name, in_mail(value))
    }
}

/// The link of a mail, with the message of its button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailLink {
    pub(crate) button: &'static str,
    pub(crate) url: String,
}

/// What a mail says besides its own messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Who, what and until when, each on a line.
    pub(crate) lines: Vec<String>,
    /// Its only button.
    pub(crate) link: Option<MailLink>,
    /// A sentence that leads to a page of the help.
    pub(crate) help: Option<String>,
}

/// Builds a mail from a subject and a text. The link takes the place of the paragraph that consists of it, or follows
/// the text. The lines stand before the link.
pub(crate) fn compose(
    sender: Sender<'_>,
    messages: Messages,
    (subject, text): (String, String),
    parts: Parts,
) -> MailContent {
    let link = parts.link.map(|link| Paragraph::Link { label: messages.text(link.button), url: link.url });
    let mut paragraphs = Vec::new();
    let mut lines = Some(parts.lines).filter(|lines| !lines.is_empty());
    let mut linked = false;
    for part in text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()) {
        match &link {
            Some(Paragraph::Link { url, .. }) if url == part => {
                paragraphs.extend(lines.take().map(Paragraph::Lines));
                paragraphs.extend(link.clone());
                linked = true;
            }
            _ => paragraphs.push(Paragraph::Text(part.to_owned())),
        }
    }
    paragraphs.extend(lines.map(Paragraph::Lines));
    paragraphs.extend(link.filter(|_| !linked));
    paragraphs.extend(parts.help.map(Paragraph::Text));
    MailContent { language: messages.0.tag(), subject, paragraphs, footer: sender.footer(messages) }
}

#[cfg(test)]
mod tests;
