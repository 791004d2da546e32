//! `keystead completions` and `keystead man`: the command line, described for shells and for `man`.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::{Shell as Generator, generate};
use clap_mangen::Man;

use crate::cli::{Cli, Shell};
use crate::cli_error::CliError;
use crate::print;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), CliError> {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut text = Vec::new();
    generate(generator, &mut Cli::command(), "keystead", &mut text);
    show(&text)
}

/// Prints the manual page of the program, or writes a page for each command into a folder.
pub(crate) fn manual(folder: Option<&Path>) -> Result<(), CliError> {
    match folder {
        Some(folder) => {
            let wrong = |error: std::io::Error| CliError::Other(format!("{}: {error}", folder.display()));
            fs::create_dir_all(folder).map_err(wrong)?;
            clap_mangen::generate_to(Cli::command(), folder).map_err(wrong)
        }
        None => {
            let mut page = Vec::new();
            Man::new(Cli::command()).render(&mut page)?;
            show(&page)
        }
    }
}

fn show(text: &[u8]) -> Result<(), CliError> {
    print::result(String::from_utf8_lossy(text).trim_end())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    /// Each command with its names from the program on.
    fn commands(above: &str, command: &Command, into: &mut Vec<(String, Command)>) {
        let path = format!("{above}{}", command.get_name());
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            commands(&format!("{path} "), below, into);
        }
        into.push((path, command.clone()));
    }

    fn all() -> Vec<(String, Command)> {
        let mut found = Vec::new();
        commands("", &Cli::command(), &mut found);
        found
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_says_what_it_is() {
        for (path, command) in all() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.starts_with(char::is_uppercase), "{path}: {about}");
            for argument in command.get_arguments() {
                let (id, help) = (argument.get_id(), argument.get_help().map(ToString::to_string).unwrap_or_default());
                let begins = help.starts_with(|c: char| c.is_uppercase() || c == '"');
                assert!(begins && !help.contains('`'), "{path} {id}: {help}");
            }
        }
    }

    #[test]
    fn every_command_is_documented() {
        let reference = fs::read_to_string("../../docs/command-line.md").unwrap();
        for (path, command) in all() {
            if !command.has_subcommands() {
                assert!(reference.contains(&format!("`{path}")), "docs/command-line.md has no `{path}`");
            }
        }
    }

    #[test]
    fn every_command_has_a_manual_page() {
        let folder = tempfile::tempdir().unwrap();
        manual(Some(folder.path())).unwrap();
        for (path, _) in all() {
            let page = fs::read_to_string(folder.path().join(format!("{}.1", path.replace(' ', "-")))).unwrap();
            assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{path}: {page}");
        }
    }
}
