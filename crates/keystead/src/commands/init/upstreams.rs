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
        // A variable begins with a letter, and those that begin with KEYSTEAD are values of the configuration.
        let plain = name.starts_with(|first: char| first.is_ascii_alphabetic()) && !name.starts_with("KEYSTEAD");
        if plain { format!("{name}_API_KEY") } else { format!("SERVER_{name}_API_KEY") }
    }

    /// Checks the name of a further model server: its name and the variable of its key are its own.
    fn free_name(others: &[Self], name: &str) -> Result<String, String> {
        let name = some_text(name)?;
        let variable = Self::variable(&name);
        if others.iter().any(|other| other.name == name) {
            return Err("Another model server has this name.".to_owned());
        }
        match others.iter().find(|other| Self::variable(&other.name) == variable) {
            Some(other) => Err(format!("The key of {} is in {variable}, too; choose another name.", other.name)),
            None => Ok(name),
        }
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
    // A name is asked for only where there are several.
    let name = if name.is_none() && others.is_empty() { Some("main".to_owned()) } else { name };
    let name = interview.ask(&question, name, |text| Upstream::free_name(others, text))?;
    let variable = Upstream::variable(&name);
    let mut key = given.secret(&variable);
    let mut before: Option<(String, Option<String>)> = None;
    loop {
        let mut question = Question::new("upstream-url", "Base address, such as http://127.0.0.1:8000/v1");
        question.default = before.as_ref().map(|(url, _)| url.clone());
        let base_url = interview.ask(&question, url.take(), |text| {
            Server::check(text, None).map(|()| text.to_owned()).map_err(|unusable| unusable.to_string())
        })?;
        let mut question = Question::variable(&variable, "Key (not shown), or none");
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
    let all = given == ["all"];
    if !given.is_empty() && !all {
        return Ok(given);
    }
    let given = all.then(|| "all".to_owned());
    if given.is_none() && !listed.is_empty() {
        interview.say(&format!("  Models: {}", listed.join(", ")));
    }
    let mut question = Question::new("upstream-models", "Models to offer, with commas");
    if !listed.is_empty() {
        question = question.or("all");
    }
    interview.ask(&question, given, |text| chosen(listed, text))
}

/// The models that an answer names.
fn chosen(listed: &[String], answer: &str) -> Result<Vec<String>, String> {
    match answer {
        "all" if listed.is_empty() => {
            Err("The model server did not list its models; name them, with commas.".to_owned())
        }
        "all" => Ok(listed.to_vec()),
        text => some_text(text).map(|text| list(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Upstream, chosen};

    #[test]
    fn a_name_becomes_a_variable() {
        assert_eq!(Upstream::variable("main"), "MAIN_API_KEY");
        assert_eq!(Upstream::variable("eu-west 2"), "EU_WEST_2_API_KEY");
        assert_eq!(Upstream::variable("70b"), "SERVER_70B_API_KEY");
        assert_eq!(Upstream::variable("keystead-identity_"), "SERVER_KEYSTEAD_IDENTITY__API_KEY");
    }

    #[test]
    fn model_servers_share_neither_a_name_nor_a_variable() {
        let other = Upstream { name: "eu-1".to_owned(), base_url: String::new(), key: None, models: Vec::new() };
        let name = |name: &str| Upstream::free_name(std::slice::from_ref(&other), name);
        assert!(name("eu-1").unwrap_err().contains("has this name"));
        assert!(name("EU 1").unwrap_err().contains("EU_1_API_KEY"));
        assert_eq!(name("eu-2"), Ok("eu-2".to_owned()));
    }

    #[test]
    fn all_models_are_those_that_are_listed() {
        let listed = ["a".to_owned(), "b".to_owned()];
        assert_eq!(chosen(&listed, "all").unwrap(), listed);
        assert_eq!(chosen(&listed, "c, d").unwrap(), ["c", "d"]);
        assert!(chosen(&[], "all").is_err());
    }
}
