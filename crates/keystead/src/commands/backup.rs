//! `keystead backup`: a consistent copy of the database, made while the program serves. Secrets, evidence and the usage
//! spool are not in it: a stolen backup must not give access to anything.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use keystead_store::tables::installation_facts;
use keystead_store::{Store, Tx};
use percent_encoding::percent_decode_str;
use serde_json::json;
use url::Url;

use crate::cli::Backup;
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::{print, wiring};

/// The parameters of an address that pg_dump knows; drivers know more.
const KNOWN: [&str; 9] =
    ["host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "application_name"];

pub(crate) async fn run(config: &Validated, arguments: Backup) -> Result<(), CliError> {
    let (folder, url) = (&arguments.to, config.database_url.expose());
    let wrong = |error: std::io::Error| CliError::Other(format!("{}: {error}", folder.display()));
    DirBuilder::new().mode(0o700).create(folder).map_err(wrong)?;
    let made = match url.strip_prefix("sqlite:") {
        Some(_) => copy(url, &folder.join("keystead.db")).await,
        None => dump(url, &folder.join("keystead.dump")),
    };
    // A partial backup is worse than none.
    let (file, restore) = made.inspect_err(|_| drop(std::fs::remove_dir_all(folder)))?;
    // Noted so that doctor can say how old the last backup is; a backup is also possible while nothing can be written.
    if let Err(error) = note(url).await {
        print::error(&format!("keystead: the time of this backup could not be noted: {error}"));
    }
    let bytes = std::fs::metadata(&file).map_err(wrong)?.len();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).map_err(wrong)?;
    let secrets = config.server.data_dir.join("secrets.toml");
    let lines = [
        format!("{} holds the database, {bytes} bytes.", file.display()),
        format!("To restore: {restore}"),
        format!("Keep {} too, but in another place: without it the backup opens nothing.", secrets.display()),
    ];
    print::answer(arguments.output.json, &json!({ "file": file, "bytes": bytes }), &lines)?;
    Ok(())
}

async fn note(url: &str) -> Result<(), keystead_store::Error> {
    let store = Store::open(url).await?;
    let noted =
        store.write("note_backup", async |tx: &mut Tx| installation_facts::note_backup(tx, wiring::now()).await);
    noted.await?;
    store.close().await;
    Ok(())
}

type Made = Result<(std::path::PathBuf, String), CliError>;

async fn copy(url: &str, file: &Path) -> Made {
    let store = Store::open(url).await?;
    store.copy_to(file).await?;
    store.close().await;
    Ok((file.to_owned(), "stop Keystead, put this file in the place of keystead.db, and start it.".to_owned()))
}

fn dump(url: &str, file: &Path) -> Made {
    let (address, password) = for_pg_dump(url)?;
    let mut command = Command::new("pg_dump");
    command.args(["--format=custom", "--no-password", "--no-owner", "--file"]).arg(file).arg("--dbname").arg(address);
    if let Some(password) = password {
        // Every user of the machine can read a command line; only the owner can read an environment.
        command.env("PGPASSWORD", password);
    }
    let wrong = |error: std::io::Error| {
        CliError::Other(format!("pg_dump cannot be run: {error}. It comes with the package postgresql-client"))
    };
    let done = command.output().map_err(wrong)?;
    if !done.status.success() {
        return Err(CliError::Other(format!("pg_dump: {}", String::from_utf8_lossy(&done.stderr).trim())));
    }
    Ok((file.to_owned(), RESTORE.to_owned()))
}

/// What a person does with a dump.
const RESTORE: &str = "stop Keystead, and restore this file into an empty database: \
                       pg_restore --exit-on-error --single-transaction --no-owner --dbname=ADDRESS FILE";

/// Splits an address into the address without its password, and the password.
fn for_pg_dump(url: &str) -> Result<(String, Option<String>), CliError> {
    let wrong = || CliError::Other("database.url cannot be read as an address".to_owned());
    let mut address = Url::parse(url).map_err(|_| wrong())?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut secret = address.password().map(plain);
    let mut kept = Vec::new();
    for (name, value) in address.query_pairs() {
        if name == "password" {
            secret = Some(value.into_owned());
        } else if KNOWN.contains(&&*name) {
            kept.push((name.into_owned(), value.into_owned()));
        }
    }
    // An address without a host has no place for a password either.
    if address.password().is_some() {
        address.set_password(None).map_err(|()| wrong())?;
    }
    address.set_query(None);
    if !kept.is_empty() {
        address.query_pairs_mut().extend_pairs(kept);
    }
    Ok((address.into(), secret))
}

#[cfg(test)]
mod tests {
    use super::for_pg_dump;

    #[test]
    fn a_password_is_never_on_the_command_line() {
        let of = |url| for_pg_dump(url).map_err(|_| ()).unwrap_or_default();
        let (address, secret) = of("postgres://ann:p%40ss@db:5433/keystead?sslmode=require&statement-cache-capacity=5");
        assert_eq!(
            (address.as_str(), secret.as_deref()),
            ("postgres://ann@db:5433/keystead?sslmode=require", Some("p@ss"))
        );
        let (address, secret) = of("postgres:///keystead?host=%2Frun%2Fpg&password=hidden");
        assert_eq!((address.as_str(), secret.as_deref()), ("postgres:///keystead?host=%2Frun%2Fpg", Some("hidden")));
        assert!(for_pg_dump("postgres").is_err());
    }
}
