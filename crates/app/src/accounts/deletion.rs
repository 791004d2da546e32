//! Deleting an account: the person asks, a waiting time passes in which they can cancel, and then one transaction ends
//! their memberships, revokes their keys and erases their data. The steps are decided in the decision record 0029.

use keystead_core::budget::BudgetSubject;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::language::Language;
use keystead_core::role::OrganizationRole;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::limits::accounts::DELETION_LIMITS;
use keystead_locales::{LocalFormat, Messages};
use keystead_store::Tx;
use keystead_store::tables::account_deletions::{self, AccountDeletion};
use keystead_store::tables::{
    accounts, api_keys, budget_alerts, budgets, changes, memberships, organization_deletions, organizations,
    spend_alerts, users,
};
use serde_json::json;

use super::mail_kind::MailKind;
use super::mails::{mail_to, queue_mail_to_user};
use super::sessions::lock_fresh_session;
use super::{digest, record_about_user, record_for_user};
use crate::audit::AuditEntry;
use crate::budgets::record as record_budget;
use crate::jobs::{AccountMail, AccountToDelete, Job, Outcome};
use crate::organizations::members::{last_owner, leave};
use crate::verification::limits::{Subjects, count_within};
use crate::{Actor, App, Error};

pub(crate) const DAY: i64 = 86_400;
/// Seconds before a deletion at which people are reminded.
const REMINDED: i64 = 3 * DAY;
/// Seconds by which a deletion is postponed while an organization needs another owner.
const POSTPONED: i64 = 7 * DAY;
/// Seconds that a deletion waits for that of an organization, which is due as well.
const MOMENT: i64 = 60;

/// What the deletion of an account does to one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOrganization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// The person's role in it.
    pub role: OrganizationRole,
    /// The person's keys in it that stop working.
    pub keys: i64,
    /// Whether it would have no owner: another one is needed first, or its deletion must be requested.
    pub needs_owner: bool,
}

/// The deletion of an account, requested or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDeletionView {
    /// When the account is deleted; `None` when that was not requested.
    pub due_at: Option<Timestamp>,
    /// Days of the waiting time.
    pub days: i64,
    /// The organizations that the person leaves.
    pub organizations: Vec<LeftOrganization>,
    /// The person's user keys, which belong to no single organization.
    pub user_keys: i64,
}

impl AccountDeletionView {
    /// Whether an organization needs another owner first.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.organizations.iter().any(|one| one.needs_owner)
    }
}

/// The error for what cannot be begun with an account that will be deleted.
pub(crate) fn deletion_pending() -> Error {
    Error::Invalid {
        param: None,
        code: Some("account_deletion_pending"),
        message: "This account will be deleted. Cancel the deletion first.".to_owned(),
    }
}

impl App {
    /// Describes what the deletion of an account does, and when it happens if it was requested.
    pub async fn account_deletion(&self, user: &UserId) -> Result<AccountDeletionView, Error> {
        read_tx!(self.store(), "account_deletion", |tx| {
            let mut left = Vec::new();
            for (membership, name) in open_memberships(tx, user).await? {
                let keys = api_keys::list_of_member(tx, &membership.organization, user).await?;
                left.push(LeftOrganization {
                    needs_owner: wait_for(tx, &membership.organization, user).await? == Some(Wait::AnotherOwner),
                    id: membership.organization,
                    name,
                    role: membership.role,
                    keys: count(keys.len()),
                });
            }
            Ok(AccountDeletionView {
                due_at: account_deletions::find(tx, user).await?.map(|row| row.due_at),
                days: self.settings().deletion_days,
                organizations: left,
                user_keys: count(api_keys::list_of_user(tx, user).await?.len()),
            })
        })
    }

    /// Requests the deletion of the account of a session. Everything keeps working until the waiting time has passed, and
    /// until organizations that only this person owns are deleted. Returns when the account is deleted; a second request
    /// changes nothing.
    ///
    /// # Errors
    /// `reauthentication_needed`; `last_owner` while an organization would have no owner; after too many requests.
    pub async fn request_account_deletion(&self, session: &Secret<String>) -> Result<Timestamp, Error> {
        let key = digest(session);
        write_tx!(self.store(), "request_account_deletion", |tx| {
            let now = self.now();
            let (_, person, _) = lock_fresh_session(self, tx, &key).await?;
            let user = person.id;
            if let Some(known) = account_deletions::find(tx, &user).await? {
                return Ok(known.due_at);
            }
            // Before the check, so that another owner who leaves meanwhile is seen.
            changes::lock(tx).await?;
            let earliest = now.plus(self.settings().deletion_days * DAY);
            let due_at = match longest_wait(tx, &user).await? {
                Some(Wait::AnotherOwner) => return Err(last_owner()),
                Some(Wait::Until(at)) => earliest.max(at),
                None => earliest,
            };
            let who = Subjects { user: Some(&user), ..Subjects::default() };
            count_within(self, tx, DELETION_LIMITS, &who).await?;
            let row = AccountDeletion { user: user.clone(), requested_at: now, due_at };
            account_deletions::insert(tx, &row).await?;
            let job = AccountToDelete { user: user.clone(), requested_at: now };
            self.enqueue(tx, &Job::RemindDeletion(job.clone()), reminder_at(now, due_at)).await?;
            self.enqueue(tx, &Job::DeleteAccount(job), due_at).await?;
            mail_with_date(self, tx, &user, MailKind::DeletionRequested, due_at).await?;
            let details = json!({ "data": { "until": due_at } });
            record_for_user(self, tx, &user, "user.deletion_requested", user.as_str(), details).await?;
            Ok(due_at)
        })
    }

    /// Cancels a requested deletion; nothing happens when there is none.
    ///
    /// # Errors
    /// When the account was deleted at this moment.
    pub async fn cancel_account_deletion(&self, user: &UserId) -> Result<(), Error> {
        write_tx!(self.store(), "cancel_account_deletion", |tx| {
            if account_deletions::delete(tx, user).await? {
                queue_mail_to_user(self, tx, user, MailKind::DeletionCancelled, "").await?;
                record_for_user(self, tx, user, "user.deletion_cancelled", user.as_str(), json!({})).await?;
                return Ok(());
            }
            // Read afterwards: this transaction may have waited for the one that deletes the account.
            let person = users::find(tx, user).await?.filter(|row| row.deactivated_at.is_none());
            person.map(|_| ()).ok_or_else(|| Error::not_found("user", user.as_str()))
        })
    }
}

/// When people are reminded of a deletion; with a short waiting time, after half of it.
pub(crate) fn reminder_at(requested_at: Timestamp, due_at: Timestamp) -> Timestamp {
    due_at.plus(-REMINDED.min(due_at.since(requested_at) / 2))
}

/// A count for people; more keys than fit do not exist.
fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}

/// The memberships of a person in organizations that are not closed, with the names of the organizations.
async fn open_memberships(tx: &mut Tx, user: &UserId) -> Result<Vec<(memberships::Membership, String)>, Error> {
    let mut open = Vec::new();
    for membership in memberships::list_of_user(tx, user).await? {
        let known = organizations::find(tx, &membership.organization).await?;
        if let Some(organization) = known.filter(|row| row.deactivated_at.is_none()) {
            open.push((membership, organization.name));
        }
    }
    Ok(open)
}

/// What the deletion of an account waits for, because the person is the only owner of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The organization is deleted itself, at this time.
    Until(Timestamp),
    /// The organization stays and needs another owner.
    AnotherOwner,
}

/// What the deletion of a person's account waits for in one organization.
async fn wait_for(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<Option<Wait>, Error> {
    if !memberships::is_only_owner(tx, organization, user).await? {
        return Ok(None);
    }
    let deletion = organization_deletions::find(tx, organization).await?;
    Ok(Some(deletion.map_or(Wait::AnotherOwner, |row| Wait::Until(row.due_at))))
}

/// What the deletion of a person's account waits for in all their organizations.
async fn longest_wait(tx: &mut Tx, user: &UserId) -> Result<Option<Wait>, Error> {
    let mut last: Option<Timestamp> = None;
    for (membership, _) in open_memberships(tx, user).await? {
        match wait_for(tx, &membership.organization, user).await? {
            Some(Wait::AnotherOwner) => return Ok(Some(Wait::AnotherOwner)),
            Some(Wait::Until(at)) => last = last.max(Some(at)),
            None => {}
        }
    }
    Ok(last.map(Wait::Until))
}

/// Queues a mail that names the date of the deletion.
async fn mail_with_date(app: &App, tx: &mut Tx, user: &UserId, kind: MailKind, due_at: Timestamp) -> Result<(), Error> {
    let date = date_for(app, tx, user, due_at).await?;
    queue_mail_to_user(app, tx, user, kind, &date).await
}

/// A date and time in a person's language and time zone.
pub(crate) async fn date_for(app: &App, tx: &mut Tx, user: &UserId, at: Timestamp) -> Result<String, Error> {
    let account = accounts::find(tx, user).await?;
    let (language, zone) = account.map(|row| (row.language, row.time_zone)).unwrap_or_default();
    Ok(LocalFormat::in_zone(Messages::of(&language), app.now(), &zone).exact_in_zone(&at))
}

/// Finds the request that a job was queued for, unless it was cancelled since then.
async fn requested(tx: &mut Tx, job: &AccountToDelete) -> Result<Option<AccountDeletion>, Error> {
    Ok(account_deletions::find(tx, &job.user).await?.filter(|row| row.requested_at == job.requested_at))
}

/// Reminds a person that their account is about to be deleted.
pub(crate) async fn remind_of_deletion(app: &App, job: AccountToDelete) -> Result<Outcome, Error> {
    write_tx!(app.store(), "remind_of_deletion", |tx| {
        if let Some(row) = requested(tx, &job).await?.filter(|row| app.now() < row.due_at) {
            mail_with_date(app, tx, &row.user, MailKind::DeletionSoon, row.due_at).await?;
        }
        Ok(())
    })?;
    Ok(Outcome::Done)
}

/// Deletes an account after its waiting time, in one transaction: it may run again after it was interrupted. The account of
/// the only owner of an organization waits for another owner or for the end of the organization.
pub(crate) async fn delete_account(app: &App, job: AccountToDelete) -> Result<Outcome, Error> {
    write_tx!(app.store(), "delete_account", |tx| {
        let now = app.now();
        // Memberships and keys that are added meanwhile wait for this transaction or have been added before it.
        changes::lock(tx).await?;
        let Some(row) = requested(tx, &job).await? else { return Ok(Outcome::Done) };
        if now < row.due_at {
            return Ok(Outcome::Again(Some(row.due_at.since(now))));
        }
        let account = accounts::lock(tx, &row.user).await?;
        if let Some(wait) = longest_wait(tx, &row.user).await? {
            return postpone(app, tx, &row, wait).await;
        }
        account_deletions::lock(tx, &row.user).await?;
        // A person who cancels at the same time waits for this transaction, or has cancelled and the account stays.
        if !account_deletions::take(tx, &row.user, row.requested_at).await? {
            return Ok(Outcome::Done);
        }
        let user = row.user;
        let Some(person) = users::find(tx, &user).await? else { return Ok(Outcome::Done) };
        let actor = Actor::Person(user.clone());
        for key in api_keys::list_of_user(tx, &user).await? {
            api_keys::revoke(tx, &key.id, &actor.actor_ref(), "account_deleted", now).await?;
            record_about_user(app, tx, &actor, &user, "api_key.deleted", key.id.as_str(), json!({})).await?;
        }
        for (membership, _) in open_memberships(tx, &user).await? {
            leave(app, tx, &actor, &membership.organization, &user, "account_deleted").await?;
        }
        forget_alert_recipient(app, tx, &person.email).await?;
        remove_budgets(app, tx, &user).await?;
        account_deletions::erase(tx, &user, now).await?;
        let language = account.map_or_else(|| Language::English.tag().to_owned(), |row| row.language);
        let after = Some(changes::latest(tx).await?);
        let mail = AccountMail { after, ..mail_to(&person.email, MailKind::AccountDeleted, &language, "") };
        app.enqueue(tx, &Job::SendMail(mail), now).await?;
        Ok(Outcome::Done)
    })
}

/// Removes the address of a deleted account from the recipients of alerts. A spend alert must have a recipient, so one without
/// any is deleted.
async fn forget_alert_recipient(app: &App, tx: &mut Tx, address: &str) -> Result<(), Error> {
    let clock = Actor::Service("clock".to_owned());
    budget_alerts::forget_recipient(tx, address).await?;
    for alert in spend_alerts::forget_recipient(tx, address).await? {
        spend_alerts::delete(tx, &alert, app.now()).await?;
        let project_id = match &alert.subject {
            BudgetSubject::Project(project) => Some(project),
            BudgetSubject::Organization(_) | BudgetSubject::Person(_) | BudgetSubject::Key(_) => None,
        };
        let (organization, target) = (&alert.organization, alert.id.as_str());
        let details = json!({ "project_id": project_id });
        let entry = AuditEntry { organization, action: "spend_alert.deleted", target, details };
        app.record(tx, &clock, entry).await?;
    }
    Ok(())
}

/// Removes the budgets of a deleted account, also those of organizations that the person has left.
async fn remove_budgets(app: &App, tx: &mut Tx, user: &UserId) -> Result<(), Error> {
    let clock = Actor::Service("clock".to_owned());
    for row in budgets::list_of_person(tx, user).await? {
        budgets::delete(tx, &row.budget.scope, app.now()).await?;
        record_budget(app, tx, &clock, &row, None).await?;
    }
    Ok(())
}

/// Postpones a deletion that must wait, and mails the person the new date. The page about the deletion shows the reason.
async fn postpone(app: &App, tx: &mut Tx, row: &AccountDeletion, wait: Wait) -> Result<Outcome, Error> {
    let now = app.now();
    let due_at = match wait {
        // The job that deletes the organization runs at the same time as this one.
        Wait::Until(at) if at <= now => return Ok(Outcome::Again(Some(MOMENT))),
        Wait::Until(at) => at,
        Wait::AnotherOwner => now.plus(POSTPONED),
    };
    if account_deletions::postpone(tx, &row.user, row.requested_at, due_at).await? {
        tracing::warn!(user = %row.user, "the deletion of an account is postponed: its person is the only owner of an organization");
        mail_with_date(app, tx, &row.user, MailKind::DeletionSoon, due_at).await?;
    }
    Ok(Outcome::Again(Some(due_at.since(now))))
}
