//! `keystead init`: asks what decides whether an installation works, tries the answers, and writes a configuration.

mod answers;
mod interview;
mod questions;
mod services;
mod terminal;
mod upstreams;
mod written;

use std::path::{Path, PathBuf};

pub(crate) use answers::Answers;
use interview::Interview;

use crate::cli::{Init, Output};
use crate::cli_error::CliError;
use crate::commands::doctor;
use crate::{config, data_folder, print};

/// Everything that was answered.
struct Answered {
    server: questions::Server,
    database: Option<String>,
    upstreams: Vec<upstreams::Upstream>,
    operator: questions::Operator,
    mail: Option<services::Mail>,
    sms: Option<services::Sms>,
    identity: Option<services::Identity>,
}

pub(crate) async fn run(file: Option<&Path>, arguments: Init) -> Result<(), CliError> {
    data_folder::keep_new_files_private();
    let path = file.map_or_else(|| PathBuf::from("keystead.toml"), Path::to_path_buf);
    let secrets = path.with_extension("env");
    if path == secrets {
        return Err(CliError::Other(format!(
            "{} is the name of the file of secrets; name the configuration keystead.toml, for example",
            path.display()
        )));
    }
    arguments.given.refuse_password()?;
    if !arguments.force {
        written::refuse_existing(&[&path, &secrets])?;
    }
    written::check_folder(&path)?;
    let asks = !arguments.yes && arguments.answers.is_none();
    let given = match &arguments.answers {
        Some(answers) => Answers::read(answers, arguments.given)?,
        None => arguments.given,
    };
    let interview = Interview { asks, tries: !arguments.no_try };
    if asks {
        tokio::spawn(terminal::restore_when_interrupted());
    }
    interview.say("Each answer is checked when it is given. Enter takes the answer in brackets.");
    let answered = ask(interview, &given).await?;
    let text = written::texts(&answered, &path, &secrets);
    config::check(&path, &text.configuration, &text.variables)?;
    written::check_secrets(&text)?;
    let copies = written::write(&path, &secrets, &text, arguments.force)?;
    print::line("");
    copies.iter().for_each(|copy| print::line(&format!("Kept: {}", copy.display())));
    print::line(&format!("Written: {}", path.display()));
    print::line(&format!("Written: {} (secrets; keep it private)", secrets.display()));
    print::line("");
    let config = config::load(Some(&path))?;
    // What is left to do is in its lines; the files are written either way.
    let healthy = doctor::run(&config, Output { json: false }).await.is_ok();
    next(&path, &answered, healthy);
    Ok(())
}

async fn ask(interview: Interview, given: &Answers) -> Result<Answered, CliError> {
    let server = questions::server(interview, given)?;
    let database = questions::database(interview, given, &server).await?;
    let upstreams = upstreams::ask(interview, given).await?;
    let operator = questions::operator(interview, given)?;
    let mail = services::mail(interview, given, &operator).await?;
    let sms = services::sms(interview, given).await?;
    let identity = services::identity(interview, given, &server).await?;
    Ok(Answered { server, database, upstreams, operator, mail, sms, identity })
}

/// Says what to run next.
fn next(path: &Path, answered: &Answered, healthy: bool) {
    let file = path.display();
    let email = answered.operator.emails.first().map_or("you@example.com", String::as_str);
    let mut lines = vec![String::new(), "Next:".to_owned()];
    if !healthy {
        lines.push("  decide about the lines above that are WRONG; /operator/setup shows them, too".to_owned());
    }
    lines.extend([
        format!("  keystead admin bootstrap --config {file} --email {email} --organization \"Your organization\""),
        format!("  keystead serve --config {file}"),
        format!("  keystead doctor --config {file}"),
        "The first command prints a link with which you choose a password. Then /operator/setup tests each service."
            .to_owned(),
    ]);
    lines.iter().for_each(|line| print::line(line));
}
