//! The migrations of this version, and the check that a database has no others.

use sqlx::migrate::{MigrateError, Migrator};

use crate::Error;

/// All migrations, in order.
pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// A migration that is applied to a database.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) version: i64,
    pub(crate) description: String,
    pub(crate) checksum: Vec<u8>,
}

/// Refuses a database with a migration that this version does not have, before anything is changed in it.
pub(crate) fn check(applied: &[Applied]) -> Result<(), Error> {
    for one in applied {
        let number = format!("{:04}", one.version);
        let Some(ours) = MIGRATIONS.iter().find(|migration| migration.version == one.version) else {
            return Err(Error::Other(format!(
                "it was made by a newer version of Keystead: migration {number} is not known here; run that version"
            )));
        };
        if one.description != ours.description {
            return Err(Error::Other(
                "it was made by an unreleased version of Keystead and cannot be migrated; \
                 begin with an empty database and an empty data folder"
                    .to_owned(),
            ));
        }
        if one.checksum != *ours.checksum {
            return Err(Error::Other(format!(
                "its migration {number} is not the one of this version; one of the two was changed"
            )));
        }
    }
    Ok(())
}

/// Returns the names of the migrations that are missing, unless the database has one that this version does not have.
/// They were listed while the lock of migrations was held.
pub(crate) fn missing(applied: &[Applied]) -> Result<Vec<String>, Error> {
    check(applied)?;
    let missing = MIGRATIONS.iter().filter(|ours| !applied.iter().any(|one| one.version == ours.version));
    Ok(missing.map(|migration| format!("{:04} {}", migration.version, migration.description)).collect())
}

/// Keeps the reason for logs.
pub(crate) fn failed(error: MigrateError) -> Error {
    Error::Other(error.to_string())
}
