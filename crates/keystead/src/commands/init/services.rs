//! The questions about mail, text messages and identity. Each service can be left out.

use keystead_core::installation::Capability;
use keystead_core::secret::Secret;
use keystead_providers::ProviderError;
use keystead_providers::identity::persona::Persona;
use keystead_providers::identity::{IdentityProvider, PersonaOptions};
use keystead_providers::mail::{Mailer, Smtp, SmtpOptions, sender};
use keystead_providers::phone::twilio::{Twilio, TwilioOptions};

use super::answers::Answers;
use super::interview::{Interview, Question, optional, some_text};
use super::questions::{Operator, Server};
use crate::cli_error::CliError;
use crate::{config, wiring};

/// The variables with the secrets of the services.
pub(super) const MAIL_PASSWORD: &str = "KEYSTEAD_MAIL__PASSWORD";
pub(super) const SMS_AUTH_TOKEN: &str = "KEYSTEAD_SMS__AUTH_TOKEN";
pub(super) const SMS_TOKEN: &str = "KEYSTEAD_SMS__TOKEN";
pub(super) const IDENTITY_API_KEY: &str = "KEYSTEAD_IDENTITY__API_KEY";
pub(super) const IDENTITY_WEBHOOK_SECRETS: &str = "KEYSTEAD_IDENTITY__WEBHOOK_SECRETS";

/// `[mail]`.
#[derive(Clone)]
pub(super) struct Mail {
    pub(super) url: String,
    pub(super) account: Option<(String, Secret<String>)>,
    pub(super) from: String,
}

/// `[sms]`.
#[derive(Clone)]
pub(super) enum Sms {
    Twilio { base_url: Option<String>, account_sid: String, service_sid: String, auth_token: Secret<String> },
    Http { base_url: String, token: Option<Secret<String>> },
}

/// `[identity]`.
#[derive(Clone)]
pub(super) enum Identity {
    Review,
    Persona { base_url: Option<String>, template: String, api_key: Secret<String>, webhook_secrets: Secret<String> },
}

fn secret(text: &str) -> Result<Secret<String>, String> {
    some_text(text).map(Secret::new)
}

/// A question about a secret, with the secret of the attempt before as its default.
fn hidden<'q>(variable: &str, text: &'q str, before: Option<&Secret<String>>) -> Question<'q> {
    let question = Question::variable(variable, text);
    match before {
        Some(before) => question.or(before.expose().clone()),
        None => question,
    }
}

/// A question with the answer of the attempt before as its default.
fn again<'q>(name: &str, text: &'q str, before: Option<&String>) -> Question<'q> {
    let question = Question::new(name, text);
    match before {
        Some(before) => question.or(before.clone()),
        None => question,
    }
}

pub(super) async fn mail(interview: Interview, given: &Answers, operator: &Operator) -> Result<Option<Mail>, CliError> {
    interview.subject("Email", &["smtps://host (TLS), smtp+starttls://host, or smtp://host (not encrypted)."]);
    let mut early = given.clone();
    let mut password = given.secret(MAIL_PASSWORD);
    let mut before: Option<Mail> = None;
    loop {
        let url = before.as_ref().map_or("none", |mail| &mail.url);
        let question = Question::new("mail-url", "Mail server, or none").or(url);
        let Some(url) = interview.ask(&question, early.mail_url.take(), mail_url)? else {
            interview.left_out(Capability::Mail);
            return Ok(None);
        };
        let account = before.as_ref().and_then(|mail| mail.account.as_ref());
        let name = account.map_or("none", |(name, _)| name);
        let question = Question::new("mail-username", "User name at the mail server, or none").or(name);
        let username =
            interview.ask(&question, early.mail_username.take(), |text| Ok(optional(text).map(str::to_owned)))?;
        let account = match username {
            None => None,
            Some(name) => {
                let question = hidden(MAIL_PASSWORD, "Password (not shown)", account.map(|(_, secret)| secret));
                Some((name, interview.ask(&question, password.take(), secret)?))
            }
        };
        let usual = operator.support_email.as_ref().and_then(|address| sender(&operator.name, address));
        let usual = before.as_ref().map(|mail| mail.from.clone()).or(usual);
        let question = again("mail-from", "Sender, such as Keystead <no-reply@example.com>", usual.as_ref());
        let from = interview.ask(&question, early.mail_from.take(), mail_from)?;
        let mail = Mail { url, account, from };
        if interview.keeps("The mail server", connect(&mail)).await? {
            return Ok(Some(mail));
        }
        before = Some(mail);
    }
}

fn mail_url(answer: &str) -> Result<Option<String>, String> {
    let Some(url) = optional(answer) else { return Ok(None) };
    let known = ["smtp://", "smtps://", "smtp+starttls://"].iter().any(|scheme| url.starts_with(scheme));
    if !known {
        return Err("This must begin with smtps://, smtp+starttls:// or smtp://.".to_owned());
    }
    match client(url, None, "init@example.com") {
        Ok(_) => Ok(Some(url.to_owned())),
        Err(error) => Err(format!("{}.", error.reason())),
    }
}

fn mail_from(answer: &str) -> Result<String, String> {
    match client("smtp://localhost", None, answer) {
        Ok(_) => Ok(answer.to_owned()),
        Err(_) => Err("This is not a sender such as Keystead <no-reply@example.com>.".to_owned()),
    }
}

fn client(url: &str, account: Option<(String, Secret<String>)>, from: &str) -> Result<Smtp, ProviderError> {
    let (username, password) = account.unzip();
    Smtp::new(&SmtpOptions { url: url.to_owned(), username, password, from: from.to_owned() })
}

async fn connect(mail: &Mail) -> Result<String, String> {
    let client = client(&mail.url, mail.account.clone(), &mail.from).map_err(|error| error.reason().to_owned())?;
    client.check().await.map_err(|error| error.reason().to_owned())?;
    Ok("the mail server accepts the connection".to_owned())
}

pub(super) async fn sms(interview: Interview, given: &Answers) -> Result<Option<Sms>, CliError> {
    interview.subject(
        "Text messages",
        &["Codes to phones: twilio (Verify), or http for a gateway that takes POST {\"to\", \"text\"}."],
    );
    let mut early = given.clone();
    loop {
        let question = Question::new("sms", "Service for text messages: twilio, http or none").or("none");
        let service = interview.ask(&question, early.sms.take(), |text| one_of(text, &["twilio", "http", "none"]))?;
        let sms = match service {
            "twilio" => twilio(interview, given.sms_url.clone(), &mut early)?,
            "http" => http(interview, &mut early)?,
            _ => {
                interview.left_out(Capability::TextMessages);
                return Ok(None);
            }
        };
        let Some(works) = try_sms(&sms) else {
            interview.say("  A gateway is tried with a text message, on /operator/setup.");
            return Ok(Some(sms));
        };
        if interview.keeps("Twilio", works).await? {
            return Ok(Some(sms));
        }
        early = Answers::none();
    }
}

fn one_of<'k>(text: &str, known: &[&'k str]) -> Result<&'k str, String> {
    let found = known.iter().find(|known| text.eq_ignore_ascii_case(known));
    found.copied().ok_or_else(|| format!("This must be one of: {}.", known.join(", ")))
}

fn twilio(interview: Interview, base_url: Option<String>, early: &mut Answers) -> Result<Sms, CliError> {
    let ask = |name, text, given| interview.ask(&Question::new(name, text), given, some_text);
    let account_sid = ask("sms-account-sid", "Account SID (AC…)", early.sms_account_sid.take())?;
    let service_sid = ask("sms-service-sid", "Verify service SID (VA…)", early.sms_service_sid.take())?;
    let question = Question::variable(SMS_AUTH_TOKEN, "Auth token (not shown)");
    let auth_token = interview.ask(&question, early.secret(SMS_AUTH_TOKEN), secret)?;
    Ok(Sms::Twilio { base_url, account_sid, service_sid, auth_token })
}

fn http(interview: Interview, early: &mut Answers) -> Result<Sms, CliError> {
    let question = Question::new("sms-url", "Address of the gateway");
    let check = |text: &str| config::checked_url("The address", text).map_err(|error| error.to_string());
    let base_url = interview.ask(&question, early.sms_url.take(), check)?;
    let mut question = Question::variable(SMS_TOKEN, "Token (not shown), or none");
    if !interview.asks {
        question = question.or("");
    }
    let token = interview
        .ask(&question, early.secret(SMS_TOKEN), |text| Ok(optional(text).map(|text| Secret::new(text.to_owned()))))?;
    Ok(Sms::Http { base_url, token })
}

/// Reads the service at Twilio; a gateway cannot be tried without a message.
fn try_sms(sms: &Sms) -> Option<impl Future<Output = Result<String, String>>> {
    let Sms::Twilio { base_url, account_sid, service_sid, auth_token } = sms.clone() else { return None };
    Some(async move {
        let options = TwilioOptions {
            verify_base_url: base_url.unwrap_or_else(|| "https://verify.twilio.com".to_owned()),
            lookup_base_url: "https://lookups.twilio.com".to_owned(),
            account_sid,
            auth_token,
            service_sid,
        };
        let reason = |error: ProviderError| error.reason().to_owned();
        Twilio::new(options).map_err(reason)?.check_service().await.map_err(reason)?;
        Ok("Twilio knows this account and service".to_owned())
    })
}

pub(super) async fn identity(
    interview: Interview,
    given: &Answers,
    server: &Server,
) -> Result<Option<Identity>, CliError> {
    interview.subject(
        "Verification of organizations",
        &["review: people submit pictures, and your operators decide. persona: the outside service Persona."],
    );
    let mut early = given.clone();
    loop {
        let question = Question::new("identity", "Who verifies organizations: review, persona or none").or("none");
        let service =
            interview.ask(&question, early.identity.take(), |text| one_of(text, &["review", "persona", "none"]))?;
        match service {
            "review" => return Ok(Some(Identity::Review)),
            "persona" => {
                interview.say(&format!("  Add this webhook at Persona: {}/webhooks/persona", server.public_url));
                let identity = persona(interview, given.identity_url.clone(), &mut early)?;
                if interview.keeps("Persona", try_persona(&identity)).await? {
                    return Ok(Some(identity));
                }
                early = Answers::none();
            }
            _ => {
                interview.left_out(Capability::Identity);
                return Ok(None);
            }
        }
    }
}

fn persona(interview: Interview, base_url: Option<String>, early: &mut Answers) -> Result<Identity, CliError> {
    let question = Question::new("identity-template", "Inquiry template (itmpl_…)");
    let template = interview.ask(&question, early.identity_template.take(), some_text)?;
    let question = Question::variable(IDENTITY_API_KEY, "API key (not shown)");
    let api_key = interview.ask(&question, early.secret(IDENTITY_API_KEY), secret)?;
    let question = Question::variable(IDENTITY_WEBHOOK_SECRETS, "Secret of the webhook (not shown)");
    let webhook_secrets = interview.ask(&question, early.secret(IDENTITY_WEBHOOK_SECRETS), |text| {
        let long = text.split(',').all(|part| part.trim().len() >= config::SHORTEST_SECRET);
        if long { secret(text) } else { Err(format!("It needs at least {} characters.", config::SHORTEST_SECRET)) }
    })?;
    Ok(Identity::Persona { base_url, template, api_key, webhook_secrets })
}

/// Searches for an inquiry that does not exist, which shows that the key works and costs nothing.
async fn try_persona(identity: &Identity) -> Result<String, String> {
    let Identity::Persona { base_url, template, api_key, .. } = identity else { return Ok(String::new()) };
    let options = PersonaOptions {
        base_url: base_url.clone().unwrap_or_else(|| "https://api.withpersona.com/api/v1".to_owned()),
        api_key: api_key.clone(),
        template: template.clone(),
        webhook_secrets: Vec::new(),
        environment: None,
        completed_approves: false,
    };
    let reason = |error: ProviderError| format!("{}; check the API key", error.reason());
    let client = Persona::new(options, wiring::clock()).map_err(reason)?;
    client.find("keystead-init").await.map_err(reason)?;
    Ok("Persona accepts the API key".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_about_mail_are_those_with_which_the_program_starts() {
        assert_eq!(mail_url("none"), Ok(None));
        assert_eq!(mail_url("smtps://mail.example.com"), Ok(Some("smtps://mail.example.com".to_owned())));
        for wrong in
            ["mail.example.com", "smtps://", "smtps://me:hidden@mail.example.com", "smtp://me@mail.example.com"]
        {
            let error = mail_url(wrong).unwrap_err();
            assert!(!error.contains("hidden"), "{error}");
        }
        for wrong in ["", "Keystead", "Acme, Inc. <keys@example.com>", "Keystead <keys>"] {
            assert!(mail_from(wrong).is_err(), "{wrong}");
        }
        assert!(mail_from("Keystead <keys@example.com>").is_ok() && mail_from("keys@example.com").is_ok());
    }

    #[test]
    fn the_usual_sender_is_a_sender() {
        for name in ["Keystead", "Acme, Inc.", "The \"best\" of \\ <all>", "Zażółć sp. z o.o.", "株式会社キー", "a@b"]
        {
            let usual = sender(name, "keys@example.com").unwrap();
            assert!(mail_from(&usual).is_ok(), "{usual}");
        }
        assert_eq!(sender("Keystead", "keys@example.com").unwrap(), "Keystead <keys@example.com>");
        assert_eq!(sender("Acme, Inc.", "keys@example.com").unwrap(), "\"Acme, Inc.\" <keys@example.com>");
    }
}
