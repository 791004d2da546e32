//! Names for the ids in a log: one query for a page of rows, not one for each row.

use keystead_core::id::OrganizationId;

use super::Clauses;
use crate::{Error, Row, Tx};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    pub id: String,
    /// The address.
    pub email: String,
    pub name: String,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName {
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// The secret, masked.
    pub redacted: String,
    /// The person it acts for.
    pub user: Option<String>,
    /// The service account it acts for.
    pub service_account: Option<String>,
}

async fn rows(
    tx: &mut Tx,
    text: &'static str,
    organization: &OrganizationId,
    place: &'static str,
    wanted: &[String],
) -> Result<Vec<Row>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut clauses = Clauses { sql: text.to_owned(), values: vec![organization.as_str().into()] };
    clauses.any(&[place], wanted);
    tx.all_built(clauses.sql, clauses.values).await
}

/// Returns those of these people who are or were members of the organization. Others in its log, such as reviewers of
/// the installation, are not disclosed to it.
pub async fn people(tx: &mut Tx, organization: &OrganizationId, ids: &[String]) -> Result<Vec<PersonName>, Error> {
    persons(tx, organization, "u.id IN ", ids).await
}

/// Returns the same by address, in any case.
pub async fn people_by_email(
    tx: &mut Tx,
    organization: &OrganizationId,
    emails: &[String],
) -> Result<Vec<PersonName>, Error> {
    let emails: Vec<String> = emails.iter().map(|email| email.to_lowercase()).collect();
    persons(tx, organization, "u.email IN ", &emails).await
}

async fn persons(
    tx: &mut Tx,
    organization: &OrganizationId,
    place: &'static str,
    wanted: &[String],
) -> Result<Vec<PersonName>, Error> {
    const SQL: &str = "SELECT u.id, u.email, u.name FROM users u WHERE (EXISTS (SELECT 1 FROM memberships m \
                       WHERE m.organization = $1 AND m.user_id = u.id) OR EXISTS (SELECT 1 FROM audit_events e \
                       WHERE e.organization = $1 AND e.action = 'user.added' AND e.target_id = u.id))";
    let found = rows(tx, SQL, organization, place, wanted).await?;
    found.iter().map(|row| Ok(PersonName { id: row.text(0)?, email: row.text(1)?, name: row.text(2)? })).collect()
}

/// Returns those of these keys that act in the organization. A legacy user key belongs to no organization: it acts where its
/// owner is a member, or was one.
pub async fn key_names(tx: &mut Tx, organization: &OrganizationId, ids: &[String]) -> Result<Vec<KeyName>, Error> {
    const SQL: &str = "SELECT id, name, redacted, owner_user, owner_service_account FROM api_keys k \
                       WHERE (k.organization = $1 OR (k.organization IS NULL AND (EXISTS (SELECT 1 FROM memberships m \
                       WHERE m.organization = $1 AND m.user_id = k.owner_user) OR EXISTS (SELECT 1 FROM audit_events e \
                       WHERE e.organization = $1 AND e.action = 'user.added' AND e.target_id = k.owner_user))))";
    let found = rows(tx, SQL, organization, "id IN ", ids).await?;
    let key = |row: &Row| {
        Ok(KeyName {
            id: row.text(0)?,
            name: row.optional_text(1)?,
            redacted: row.text(2)?,
            user: row.optional_text(3)?,
            service_account: row.optional_text(4)?,
        })
    };
    found.iter().map(key).collect()
}

/// Returns ids and names of those projects.
pub async fn project_names(
    tx: &mut Tx,
    organization: &OrganizationId,
    ids: &[String],
) -> Result<Vec<(String, String)>, Error> {
    const SQL: &str = "SELECT id, name FROM projects WHERE organization = $1";
    let found = rows(tx, SQL, organization, "id IN ", ids).await?;
    found.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Returns ids and addresses of those invitations.
pub async fn invited_addresses(
    tx: &mut Tx,
    organization: &OrganizationId,
    ids: &[String],
) -> Result<Vec<(String, String)>, Error> {
    const SQL: &str = "SELECT id, email FROM invites WHERE organization = $1";
    let found = rows(tx, SQL, organization, "id IN ", ids).await?;
    found.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Returns ids and names of those service accounts.
pub async fn service_account_names(
    tx: &mut Tx,
    organization: &OrganizationId,
    ids: &[String],
) -> Result<Vec<(String, String)>, Error> {
    const SQL: &str = "SELECT s.id, s.name FROM service_accounts s JOIN projects p ON p.id = s.project \
                       WHERE p.organization = $1";
    let found = rows(tx, SQL, organization, "s.id IN ", ids).await?;
    found.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}
