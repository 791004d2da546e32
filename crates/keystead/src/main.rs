//! The Keystead program: configuration, wiring, command line, listeners, telemetry. Rules are in the other crates.

mod cli;
mod cli_error;
mod commands;
mod config;
mod data_folder;
mod print;
mod secrets;
mod serve;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::cli_error::CliError;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && cli::asks_for_json(std::env::args_os()) => {
            print::error(&print::json(&CliError::Usage(cli::sentences(&error)).json()));
            return ExitCode::from(cli_error::USAGE);
        }
        // Help, the version, and errors for people, which end the program.
        Err(error) => error.exit(),
    };
    let errors_as_json = cli.command.as_ref().is_some_and(cli::Command::errors_as_json);
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = if errors_as_json { print::json(&failure.json()) } else { format!("keystead: {failure}") };
            print::error(&text);
            failure.exit_code()
        }
    }
}

fn run(cli: cli::Cli) -> Result<(), CliError> {
    let command = match cli.command.unwrap_or_default() {
        // It writes the configuration, so there is none to read.
        cli::Command::Init(arguments) => {
            return runtime()?.block_on(commands::init::run(cli.config.as_deref(), *arguments));
        }
        // What only describes the program needs no configuration.
        cli::Command::Completions { shell } => return commands::describe::completions(shell),
        cli::Command::Man { to } => return commands::describe::manual(to.as_deref()),
        command => command,
    };
    let config = config::load(cli.config.as_deref())?;
    telemetry::start(&config.log)?;
    data_folder::keep_new_files_private();
    if !matches!(command, cli::Command::Doctor(_)) {
        data_folder::prepare(&config)?;
    }
    runtime()?.block_on(async {
        match command {
            cli::Command::Init(arguments) => commands::init::run(cli.config.as_deref(), *arguments).await,
            cli::Command::Serve(arguments) => serve::run(config, arguments).await,
            cli::Command::Admin(command) => commands::admin::run(&config, *command).await,
            cli::Command::Audit(command) => commands::audit::run(&config, command).await,
            cli::Command::Doctor(output) => commands::doctor::run(&config, output).await,
            cli::Command::Migrate(output) => commands::migrate::run(&config, output).await,
            cli::Command::Backup(arguments) => commands::backup::run(&config, arguments).await,
            cli::Command::Completions { shell } => commands::describe::completions(shell),
            cli::Command::Man { to } => commands::describe::manual(to.as_deref()),
        }
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
