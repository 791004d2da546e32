//! The questions about model servers.

use keystead_core::id::RequestId;
use keystead_core::installation::Capability;
use keystead_core::secret::Secret;
use keystead_gateway::{NoModelList, Upstream as Server};

use super::answers::{Answers, UpstreamAnswers};
use super::interview::{Interview, Question, list, optional, some_text};
use crate::cli_error::CliError;
use crate::wiring;

/// `[[upstream]]`.
pub(super) struct Upstream {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) key: Option<Secret<String>>,
    pub(super) models: Vec<String>,
}

impl Upstream {
    /// The variable with the key of a model server.
    pub(super) fn variable(name: &str) -> String {
        let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
        let name: String = name.chars().map(letter).collect();
        format!("{name}_API_KEY")
    }
}

pub(super) async fn ask(interview: Interview, given: &Answers) -> Result<Vec<Upstream>, CliError> {
    interview.subject(
        "Model servers",
        &["Servers that speak OpenAI's API: vLLM, llama.cpp, Ollama, TGI or a commercial service."],
    );
    let mut early = given.upstreams().into_iter();
    let mut found: Vec<Upstream> = Vec::new();
    loop {
        let answers = early.next();
        if answers.is_none() && !found.is_empty() && !more(interview)? {
            break;
        }
        let upstream = one(interview, given, &found, answers).await?;
        found.push(upstream);
    }
    if found.iter().all(|upstream| upstream.models.is_empty()) {
        interview.left_out(Capability::Upstreams);
    }
    Ok(found)
}

fn more(interview: Interview) -> Result<bool, CliError> {
    let question = Question::new("another-upstream", "Another model server? yes or no").or("no");
    interview.ask(&question, None, |answer| match answer.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("Answer yes or no.".to_owned()),
    })
}

async fn one(
    interview: Interview,
    given: &Answers,
    others: &[Upstream],
    answers: Option<UpstreamAnswers>,
) -> Result<Upstream, CliError> {
    let (mut url, name, models) =
        answers.map(|answers| (Some(answers.base_url), answers.name, answers.models)).unwrap_or_default();
    let usual = if others.is_empty() { "main".to_owned() } else { format!("server-{}", others.len() + 1) };
    let question = Question::new("upstream-name", "Name").or(usual);
    let free = |text: &str| match others.iter().any(|other| other.name == text) {
        true => Err("Another model server has this name.".to_owned()),
        false => some_text(text),
    };
    // A name is asked for only where there are several.
    let name = if name.is_none() && others.is_empty() { Some("main".to_owned()) } else { name };
    let name = interview.ask(&question, name, free)?;
    let variable = Upstream::variable(&name);
    let mut key = given.secret(&variable);
    let mut before: Option<(String, Option<String>)> = None;
    loop {
        let mut question = Question::new("upstream-url", "Base address, such as http://127.0.0.1:8000/v1");
        question.default = before.as_ref().map(|(url, _)| url.clone());
        let base_url = interview.ask(&question, url.take(), |text| {
            Server::check(text, None).map(|()| text.to_owned()).map_err(|unusable| unusable.to_string())
        })?;
        let mut question = Question::new("upstream-key", "Key (not shown), or none").hidden();
        question.default = before.as_ref().and_then(|(_, key)| key.clone());
        if !interview.asks {
            question.default = Some(String::new());
        }
        let secret = interview.ask(&question, key.take(), |text| {
            let secret = optional(text).map(|text| Secret::new(text.to_owned()));
            Server::check(&base_url, secret.as_ref()).map(|()| secret).map_err(|unusable| unusable.to_string())
        })?;
        let mut listed = Vec::new();
        if interview.keeps("The model server", models_of(&base_url, secret.clone(), &mut listed)).await? {
            let models = served(interview, &listed, models)?;
            return Ok(Upstream { name, base_url, key: secret, models });
        }
        before = Some((base_url, secret.map(|secret| secret.expose().clone())));
    }
}

/// Asks the model server for its models.
async fn models_of(base_url: &str, key: Option<Secret<String>>, listed: &mut Vec<String>) -> Result<String, String> {
    let server = Server::new("init".to_owned(), base_url, key);
    let id = RequestId::generate(&mut wiring::rng());
    *listed = server.list_models(&id).await.map_err(|failed| remedy(&failed))?;
    Ok(match listed.len() {
        1 => format!("it answers and serves {}", listed.concat()),
        count => format!("it answers and lists {count} models"),
    })
}

/// Adds what to change.
fn remedy(failed: &NoModelList) -> String {
    match failed {
        NoModelList::Key(_) => format!("{failed}; check the key"),
        NoModelList::NotFound => format!("{failed}; the base address usually ends in /v1"),
        NoModelList::Unreadable => format!("{failed}; is this the address of an OpenAI-compatible API?"),
        NoModelList::Unreachable(_) => format!("{failed}; check the address and that the server runs"),
        other => other.to_string(),
    }
}

/// The models that are offered: those that were given, or those that the person chooses from the list.
fn served(interview: Interview, listed: &[String], given: Vec<String>) -> Result<Vec<String>, CliError> {
    if !given.is_empty() {
        return Ok(given);
    }
    if !listed.is_empty() {
        interview.say(&format!("  Models: {}", listed.join(", ")));
    }
    let mut question = Question::new("upstream-models", "Models to offer, with commas");
    if !listed.is_empty() {
        question = question.or("all");
    }
    interview.ask(&question, None, |text| match text {
        "all" if !listed.is_empty() => Ok(listed.to_vec()),
        text => some_text(text).map(|text| list(&text)),
    })
}

#[cfg(test)]
mod tests {
    use super::Upstream;

    #[test]
    fn a_name_becomes_a_variable() {
        assert_eq!(Upstream::variable("main"), "MAIN_API_KEY");
        assert_eq!(Upstream::variable("eu-west 2"), "EU_WEST_2_API_KEY");
    }
}
