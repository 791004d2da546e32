//! Invitations by mail.

use keystead_core::id::{InviteId, OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::time::Timestamp;

use serde_json::{Value as Json, json};

use super::list::List;
use super::{id, named, optional_id, optional_time, time};
use crate::{Error, Listing, Page, Row, Tx};

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub id: InviteId,
    /// The organization.
    pub organization: OrganizationId,
    /// The invited address.
    pub email: String,
    pub role: OrganizationRole,
    /// Digest of the link's token.
    pub digest: Vec<u8>,
    pub invited_by: Option<UserId>,
    pub created_at: Timestamp,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The organization's projects it grants, with roles.
    pub projects: Vec<(ProjectId, ProjectRole)>,
}

/// The columns in the order in which [`invite`] reads them.
macro_rules! columns {
    () => {
        "id, organization, email, role, digest, invited_by, created_at, expires_at, accepted_at, revoked_at, \
         projects"
    };
}

fn invite(row: &Row) -> Result<Invite, Error> {
    Ok(Invite {
        id: id(row, 0, "invites")?,
        organization: id(row, 1, "invites")?,
        email: row.text(2)?,
        role: named(row, 3, "invites", OrganizationRole::from_name)?,
        digest: row.bytes(4)?,
        invited_by: optional_id(row, 5, "invites")?,
        created_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        accepted_at: optional_time(row, 8)?,
        revoked_at: optional_time(row, 9)?,
        projects: projects(&row.text(10)?)
            .ok_or_else(|| Error::Corrupt { table: "invites", id: row.text(0).unwrap_or_default() })?,
    })
}

fn projects(text: &str) -> Option<Vec<(ProjectId, ProjectRole)>> {
    let list: Vec<Json> = serde_json::from_str(text).ok()?;
    let one = |entry: &Json| {
        let role = ProjectRole::from_name(entry.get("role")?.as_str()?)?;
        Some((entry.get("id")?.as_str()?.parse().ok()?, role))
    };
    list.iter().map(one).collect()
}

/// Inserts an invitation.
pub async fn insert(tx: &mut Tx, row: &Invite) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO invites (id, organization, email, role, digest, invited_by, created_at, expires_at, \
                       projects) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let projects: Vec<Json> =
        row.projects.iter().map(|(id, role)| json!({ "id": id.as_str(), "role": role.as_str() })).collect();
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.email.as_str().into(),
        row.role.as_str().into(),
        row.digest.as_slice().into(),
        row.invited_by.as_ref().map(UserId::as_str).into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
        Json::Array(projects).to_string().into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the invitation of a link, in any state.
pub async fn find(tx: &mut Tx, digest: &[u8]) -> Result<Option<Invite>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM invites WHERE digest = $1");
    tx.optional(SQL, vec![digest.into()]).await?.as_ref().map(invite).transpose()
}

/// Lists open invitations of an organization, neither accepted nor revoked, newest first.
pub async fn list_open(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<Invite>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM invites WHERE organization = $1 AND accepted_at IS NULL AND revoked_at IS NULL \
         ORDER BY created_at DESC, id"
    );
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(invite).collect()
}

/// Lists the invitations of an organization that were not revoked.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<Invite>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM invites"),
        table: "invites",
        source: "invites",
        id: "id",
        scope: "invites.organization = $1",
        filter: "invites.revoked_at IS NULL",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, invite).await
}

/// Finds one invitation of an organization that was not revoked.
pub async fn find_kept(tx: &mut Tx, organization: &OrganizationId, id: &InviteId) -> Result<Option<Invite>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM invites WHERE organization = $1 AND id = $2 AND revoked_at IS NULL");
    tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(invite).transpose()
}

/// Finds one open invitation of an organization.
pub async fn find_open(tx: &mut Tx, organization: &OrganizationId, id: &InviteId) -> Result<Option<Invite>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM invites WHERE organization = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL"
    );
    tx.optional(SQL, vec![organization.as_str().into(), id.as_str().into()]).await?.as_ref().map(invite).transpose()
}

/// Gives an open invitation a new link and a new end; the old link stops working. `false` when there is no open one.
pub async fn renew(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &InviteId,
    digest: &[u8],
    expires_at: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "UPDATE invites SET digest = $3, expires_at = $4 \
                       WHERE organization = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL";
    let values = vec![organization.as_str().into(), id.as_str().into(), digest.into(), expires_at.0.into()];
    Ok(tx.execute(SQL, values).await? > 0)
}

/// Marks an invitation as accepted; `false` when it was before, was revoked or has expired.
pub async fn accept(tx: &mut Tx, id: &InviteId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE invites SET accepted_at = $2 \
                       WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2";
    Ok(tx.execute(SQL, vec![id.as_str().into(), at.0.into()]).await? > 0)
}

/// Deletes invitations that were revoked or have expired before a moment; accepted ones are kept.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM invites WHERE accepted_at IS NULL AND (revoked_at < $1 OR expires_at < $1)";
    tx.execute(SQL, vec![before.0.into()]).await
}

/// Gives invitations that were accepted with an address the new address of the account, so that they are found by it.
pub async fn update_email(tx: &mut Tx, from: &str, to: &str) -> Result<u64, Error> {
    const SQL: &str = "UPDATE invites SET email = $2 WHERE email = $1 AND accepted_at IS NOT NULL";
    tx.execute(SQL, vec![from.into(), to.into()]).await
}

/// Revokes an invitation; `false` when there is no open one.
pub async fn revoke(tx: &mut Tx, organization: &OrganizationId, id: &InviteId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE invites SET revoked_at = $3 \
                       WHERE organization = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL";
    Ok(tx.execute(SQL, vec![organization.as_str().into(), id.as_str().into(), at.0.into()]).await? > 0)
}
