//! What the installation has learned about itself, each with a time: which requirements a node was once configured to
//! check, when the last backup was made, and when an operator first saw the setup page.

use keystead_core::gate::Requirement;
use keystead_core::time::Timestamp;

use super::changes::{self, ChangeSubject};
use super::time;
use crate::{Error, Tx};

/// The fact that a backup was made.
const BACKUP: &str = "backup";
/// The fact that an operator saw the setup page.
const SETUP_SEEN: &str = "setup_seen";

fn checks(requirement: Requirement) -> String {
    format!("checks.{}", requirement.as_str())
}

/// Notes that a node is configured to check this requirement. The first note changes what the rules refuse, so every
/// node reads them again.
pub async fn note_set_up(tx: &mut Tx, requirement: Requirement, at: Timestamp) -> Result<(), Error> {
    if never_set_up(tx).await?.contains(&requirement) {
        changes::append(tx, &ChangeSubject::Policy, at).await?;
        const SQL: &str = "INSERT INTO installation_facts (name, at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        tx.execute(SQL, vec![checks(requirement).into(), at.0.into()]).await?;
    }
    Ok(())
}

/// Lists the requirements that no node was ever configured to check.
pub async fn never_set_up(tx: &mut Tx) -> Result<Vec<Requirement>, Error> {
    let rows = tx.all("SELECT name FROM installation_facts", vec![]).await?;
    let known = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<String>, _>>()?;
    Ok(Requirement::ALL.into_iter().filter(|requirement| !known.contains(&checks(*requirement))).collect())
}

/// Saves the last time of a fact.
async fn note(tx: &mut Tx, name: &str, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO installation_facts (name, at) VALUES ($1, $2) \
                       ON CONFLICT (name) DO UPDATE SET at = excluded.at";
    tx.execute(SQL, vec![name.into(), at.0.into()]).await.map(|_| ())
}

async fn find(tx: &mut Tx, name: &str) -> Result<Option<Timestamp>, Error> {
    let row = tx.optional("SELECT at FROM installation_facts WHERE name = $1", vec![name.into()]).await?;
    row.map(|row| time(&row, 0)).transpose()
}

/// Notes that a backup was made.
pub async fn note_backup(tx: &mut Tx, at: Timestamp) -> Result<(), Error> {
    note(tx, BACKUP, at).await
}

/// Finds when the last backup was made.
pub async fn last_backup(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    find(tx, BACKUP).await
}

/// Notes that an operator saw the setup page.
pub async fn note_setup_seen(tx: &mut Tx, at: Timestamp) -> Result<(), Error> {
    note(tx, SETUP_SEEN, at).await
}

/// Finds when an operator saw the setup page.
pub async fn setup_seen(tx: &mut Tx) -> Result<Option<Timestamp>, Error> {
    find(tx, SETUP_SEEN).await
}
