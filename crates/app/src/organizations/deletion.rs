//! Deleting an organization: an owner asks, a waiting time passes in which any owner can cancel, and then one
//! transaction ends keys and memberships and erases the data. The steps are decided in the decision record 0031.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::limits::accounts::DELETION_LIMITS;
use keystead_store::Tx;
use keystead_store::tables::organization_deletions::{self, Contents, OrganizationDeletion};
use keystead_store::tables::organizations::Organization;
use keystead_store::tables::{changes, legal_holds, memberships, projects, users};
use serde_json::json;

use super::{ending, find_open, find_unless_deleted};
use crate::accounts::MailKind;
use crate::accounts::deletion::{DAY, date_for, reminder_at};
use crate::accounts::digest_of;
use crate::accounts::mails::{mail_to, queue_organization_mail};
use crate::accounts::sessions::lock_fresh_session;
use crate::audit::AuditEntry;
use crate::jobs::{AccountMail, Job, OrganizationToDelete, Outcome};
use crate::review::latest_hold;
use crate::validate::checked_name;
use crate::verification::limits::{Subjects, count_within};
use crate::{Actor, App, Error};

/// The deletion of an organization, requested or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationDeletionView {
    /// When the organization is deleted; `None` when that was not requested.
    pub due_at: Option<Timestamp>,
    /// The name of the owner who requested it, and when.
    pub requested: Option<(String, Timestamp)>,
    /// Days of the waiting time.
    pub days: i64,
    /// The name that the owner types.
    pub name: String,
    /// What ends.
    pub contents: Contents,
    /// Until when identity data is held by law.
    pub held_until: Option<Timestamp>,
}

impl App {
    /// Describes what the deletion of an organization ends, and when it happens if it was requested.
    ///
    /// # Errors
    /// When the caller is not an owner.
    pub async fn organization_deletion(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<OrganizationDeletionView, Error> {
        read_tx!(self.store(), "organization_deletion", |tx| {
            self.authorize_owner(tx, actor, organization).await?;
            let row = find_open(tx, organization).await?;
            let known = organization_deletions::find(tx, organization).await?;
            let requested = match &known {
                Some(row) => Some((name_of(tx, &row.requested_by).await?, row.requested_at)),
                None => None,
            };
            Ok(OrganizationDeletionView {
                due_at: known.map(|row| row.due_at),
                requested,
                days: self.settings().organization_deletion_days,
                name: row.name,
                contents: organization_deletions::contents(tx, organization, self.now()).await?,
                held_until: held_until(tx, organization, self.now()).await?,
            })
        })
    }

    /// Requests the deletion of an organization in a session of an owner, who types its name. Everything keeps working
    /// until the waiting time has passed. Returns when the organization is deleted; a second request changes nothing.
    ///
    /// # Errors
    /// `reauthentication_needed`; `organization_name_differs` when another name was typed; when the person is not an
    /// owner, or after too many requests.
    pub async fn request_organization_deletion(
        &self,
        session: &Secret<String>,
        organization: &OrganizationId,
        name: &str,
    ) -> Result<Timestamp, Error> {
        let key = digest_of(session);
        write_tx!(self.store(), "request_organization_deletion", |tx| {
            let now = self.now();
            let (_, person, _) = lock_fresh_session(self, tx, &key).await?;
            let actor = Actor::Person(person.id.clone());
            self.authorize_owner(tx, &actor, organization).await?;
            let row = find_open(tx, organization).await?;
            if !is_name(name, &row.name) {
                return Err(name_differs());
            }
            if let Some(known) = organization_deletions::find(tx, organization).await? {
                return Ok(known.due_at);
            }
            let who = Subjects { user: Some(&person.id), organization: Some(organization), ..Subjects::default() };
            count_within(self, tx, DELETION_LIMITS, &who).await?;
            let due_at = now.plus(self.settings().organization_deletion_days * DAY);
            let request = OrganizationDeletion {
                organization: organization.clone(),
                requested_by: person.id.clone(),
                requested_at: now,
                due_at,
            };
            if !organization_deletions::insert(tx, &request).await? {
                let known = organization_deletions::find(tx, organization).await?;
                return Ok(known.map_or(due_at, |known| known.due_at));
            }
            let job = OrganizationToDelete { organization: organization.clone(), requested_at: now };
            self.enqueue(tx, &Job::RemindOwners(job.clone()), reminder_at(now, due_at)).await?;
            self.enqueue(tx, &Job::DeleteOrganization(job), due_at).await?;
            let mail = OwnersMail::new(MailKind::OrganizationDeletionRequested, Some(due_at), &person.name);
            mail_owners(self, tx, &row, mail).await?;
            let details = json!({ "data": { "until": due_at } });
            record(self, tx, &actor, organization, "organization.deletion_requested", details).await?;
            Ok(due_at)
        })
    }

    /// Cancels a requested deletion; nothing happens when there is none.
    ///
    /// # Errors
    /// When the caller is not an owner, or when the organization was deleted at this moment.
    pub async fn cancel_organization_deletion(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "cancel_organization_deletion", |tx| {
            self.authorize_owner(tx, actor, organization).await?;
            let taken = organization_deletions::take(tx, organization).await?;
            // Read afterwards: this transaction may have waited for the one that deletes the organization.
            let row = find_open(tx, organization).await?;
            if taken.is_none() {
                return Ok(());
            }
            let who = match actor.user() {
                Some(user) => name_of(tx, user).await?,
                None => self.settings().operator.clone(),
            };
            mail_owners(self, tx, &row, OwnersMail::new(MailKind::OrganizationDeletionCancelled, None, &who)).await?;
            record(self, tx, actor, organization, "organization.deletion_cancelled", json!({})).await
        })
    }
}

/// Whether a person typed the name of the organization. Spaces are compared as a page shows them.
fn is_name(typed: &str, name: &str) -> bool {
    let same = |typed: &str| typed.split_whitespace().eq(name.split_whitespace());
    same(typed) || checked_name(typed).is_ok_and(|typed| same(&typed))
}

fn name_differs() -> Error {
    let message = "Invalid 'name': type the name of the organization exactly as it is shown.";
    Error::coded("name", "organization_name_differs", message)
}

async fn name_of(tx: &mut Tx, user: &UserId) -> Result<String, Error> {
    Ok(users::find(tx, user).await?.map_or_else(|| user.to_string(), |person| person.name))
}

async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    action: &'static str,
    details: serde_json::Value,
) -> Result<(), Error> {
    app.record(tx, actor, AuditEntry { organization, action, target: organization.as_str(), details }).await
}

/// Returns until when identity data of an organization is held by law.
async fn held_until(tx: &mut Tx, organization: &OrganizationId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    Ok(latest_hold(&legal_holds::list_granted(tx, organization).await?, now))
}

/// What a mail to the owners says.
#[derive(Clone, Copy)]
struct OwnersMail<'a> {
    kind: MailKind,
    /// The date that it names.
    at: Option<Timestamp>,
    /// The person who requested or cancelled the deletion.
    who: &'a str,
    /// The revision of the changes that the nodes apply before it is sent.
    after: Option<i64>,
}

impl<'a> OwnersMail<'a> {
    const fn new(kind: MailKind, at: Option<Timestamp>, who: &'a str) -> Self {
        Self { kind, at, who, after: None }
    }
}

/// Mails every owner about the deletion.
async fn mail_owners(app: &App, tx: &mut Tx, organization: &Organization, mail: OwnersMail<'_>) -> Result<(), Error> {
    let owners = memberships::list_owners(tx, &organization.id).await?;
    mail_people(app, tx, organization, &owners, mail).await
}

/// Mails these owners, or those who owned the organization until now.
async fn mail_people(
    app: &App,
    tx: &mut Tx,
    organization: &Organization,
    people: &[UserId],
    mail: OwnersMail<'_>,
) -> Result<(), Error> {
    let project = projects::find_default(tx, &organization.id).await?;
    let project = project.map(|row| row.id.to_string()).unwrap_or_default();
    for person in people {
        let date = match mail.at {
            Some(at) => date_for(app, tx, person, at).await?,
            None => String::new(),
        };
        let job = AccountMail {
            organization: organization.name.clone(),
            inviter: mail.who.to_owned(),
            project: project.clone(),
            after: mail.after,
            ..mail_to("", mail.kind, "", &date)
        };
        queue_organization_mail(app, tx, person, job).await?;
    }
    Ok(())
}

/// Finds the request that a job was queued for, unless it was cancelled since then.
async fn requested(tx: &mut Tx, job: &OrganizationToDelete) -> Result<Option<OrganizationDeletion>, Error> {
    let known = organization_deletions::find(tx, &job.organization).await?;
    Ok(known.filter(|row| row.requested_at == job.requested_at))
}

/// Reminds the owners that their organization is about to be deleted.
pub(crate) async fn remind_owners(app: &App, job: OrganizationToDelete) -> Result<Outcome, Error> {
    write_tx!(app.store(), "remind_owners", |tx| {
        let Some(row) = requested(tx, &job).await?.filter(|row| app.now() < row.due_at) else { return Ok(()) };
        let Some(organization) = find_unless_deleted(tx, &row.organization).await? else { return Ok(()) };
        let who = name_of(tx, &row.requested_by).await?;
        let mail = OwnersMail::new(MailKind::OrganizationDeletionSoon, Some(row.due_at), &who);
        mail_owners(app, tx, &organization, mail).await
    })?;
    Ok(Outcome::Done)
}

/// Deletes an organization after its waiting time, in one transaction: it may run again after it was interrupted.
pub(crate) async fn delete_organization(app: &App, job: OrganizationToDelete) -> Result<Outcome, Error> {
    write_tx!(app.store(), "delete_organization", |tx| {
        let now = app.now();
        // Members and keys that are added meanwhile wait for this transaction or have been added before it.
        changes::lock(tx).await?;
        let Some(row) = requested(tx, &job).await? else { return Ok(Outcome::Done) };
        if now < row.due_at {
            return Ok(Outcome::Again(Some(row.due_at.since(now))));
        }
        // An owner who cancels at the same time waits for this transaction, or has cancelled and the organization stays.
        if !organization_deletions::take_requested(tx, &row.organization, row.requested_at).await? {
            return Ok(Outcome::Done);
        }
        let Some(organization) = find_unless_deleted(tx, &row.organization).await? else { return Ok(Outcome::Done) };
        let who = name_of(tx, &row.requested_by).await?;
        let owners = memberships::list_owners(tx, &organization.id).await?;
        let held = held_until(tx, &organization.id, now).await?;
        ending::end(app, tx, &organization.id).await?;
        let kind = if held.is_some() { MailKind::OrganizationDeletedHeld } else { MailKind::OrganizationDeleted };
        let mail = OwnersMail { after: Some(changes::latest(tx).await?), ..OwnersMail::new(kind, held, &who) };
        mail_people(app, tx, &organization, &owners, mail).await?;
        tracing::info!(organization = %organization.id, "an organization was deleted");
        Ok(Outcome::Done)
    })
}
