//! Finding keys of a project by name, last four characters and state, and revoking several of them.

use std::collections::BTreeMap;

use keystead_core::anomaly::KeyPause;
use keystead_core::id::{KeyId, OrganizationId, ProjectId, UserId};
use keystead_core::key_search::{KeyFilter, KeySearch};
use keystead_core::scope::Scope;
use keystead_store::tables::api_keys::{self, KeyCounts, KeyWithOwner, KeysWanted};
use keystead_store::tables::key_caps;
use keystead_store::{Listing, Page, Tx};

use super::project_keys::key_to_change;
use crate::projects::project_of;
use crate::{Actor, App, Error};

/// The largest number of keys that are revoked together.
const MOST_AT_ONCE: usize = 100;

/// Which keys are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuestion {
    /// What a person typed.
    pub search: KeySearch,
    /// The state of the keys.
    pub filter: KeyFilter,
}

/// The keys that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysFound {
    /// A page of them, newest first.
    pub keys: Listing<KeyWithOwner>,
    /// How many keys match the search, by state.
    pub counts: KeyCounts,
    /// The pauses of those of the page that are paused.
    pub paused: BTreeMap<KeyId, KeyPause>,
}

impl App {
    /// Finds keys of a project, revoked ones too, among those that a member may see: owners see all, others their own.
    ///
    /// # Errors
    /// When the caller is not a member, when the project is missing, or when `after` is unknown.
    pub async fn find_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        question: &KeyQuestion,
        page: Page,
    ) -> Result<KeysFound, Error> {
        let now = self.now();
        read_tx!(self.store(), "find_keys", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            project_of(tx, organization, project).await?;
            let owner = visible_owner(self, tx, actor, organization, project).await?;
            let (search, filter) = (&question.search, question.filter);
            let wanted = KeysWanted { project, owner: owner.as_ref(), search, filter, now };
            let keys = api_keys::search(tx, &wanted, &page).await?;
            let counts = api_keys::count(tx, &wanted).await?;
            let ids: Vec<KeyId> = keys.data.iter().map(|found| found.key.id.clone()).collect();
            let paused = key_caps::pauses(tx, organization, &ids).await?;
            Ok(KeysFound { keys, counts, paused })
        })
    }

    /// Returns those of these keys that a person may change, for a confirmation. Others are left out.
    ///
    /// # Errors
    /// When there are too many, or when the store does not answer.
    pub async fn changeable_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        ids: &[KeyId],
    ) -> Result<Vec<KeyWithOwner>, Error> {
        ensure_few(ids)?;
        read_tx!(self.store(), "changeable_keys", |tx| {
            let mut found = Vec::new();
            for id in ids {
                match key_to_change(self, tx, actor, organization, project, id).await {
                    Ok(key) => found.push(key),
                    Err(Error::NotFound { .. } | Error::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        })
    }

    /// Revokes several keys of a project, each in a transaction of its own with its audit row. Returns how many were
    /// revoked; a key that was revoked before, or that the person may not revoke, is left out.
    ///
    /// # Errors
    /// When there are too many, or when the store does not answer. Keys before the failed one are revoked.
    pub async fn revoke_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        ids: &[KeyId],
    ) -> Result<usize, Error> {
        ensure_few(ids)?;
        let mut revoked = 0;
        for id in ids {
            match self.revoke_key(actor, organization, project, id).await {
                Ok(()) => revoked += 1,
                Err(Error::NotFound { .. } | Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(revoked)
    }
}

fn ensure_few(ids: &[KeyId]) -> Result<(), Error> {
    if ids.len() <= MOST_AT_ONCE {
        return Ok(());
    }
    Err(Error::invalid("key", format!("Invalid 'key': at most {MOST_AT_ONCE} keys can be revoked together.")))
}

/// The person, if the actor may see only the keys of that person; `None` when the actor may see all keys of the project.
pub(crate) async fn visible_owner(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    project: &ProjectId,
) -> Result<Option<UserId>, Error> {
    match app.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await {
        Ok(()) => Ok(None),
        Err(refused) => actor.user().cloned().map(Some).ok_or(refused),
    }
}
