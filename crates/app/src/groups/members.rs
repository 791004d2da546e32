//! People in groups.

use keystead_core::id::{GroupId, OrganizationId, UserId};
use keystead_core::scope::Scope;
pub use keystead_store::tables::group_members::GroupMember;
use keystead_store::tables::{changes, group_members};
use keystead_store::{Listing, Page};
use serde_json::json;

use super::{ensure_may_give, ensure_may_take, group_of, record_group};
use crate::projects::people::{MemberRef, found_member};
use crate::{Actor, App, Error};

/// How many groups of one organization a person may be in: each look-up of what they may do reads all of them.
pub const MOST_GROUPS_OF_PERSON: i64 = 100;

impl App {
    /// Lists the people in a group.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the group does not exist, or when `after` is unknown.
    pub async fn group_members(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        group: &GroupId,
        page: Page,
    ) -> Result<Listing<GroupMember>, Error> {
        read_tx!(self.store(), "group_members", |tx| {
            self.authorize(tx, actor, organization, Scope::GroupsRead).await?;
            group_of(tx, organization, group).await?;
            Ok(group_members::list(tx, group, &page).await?)
        })
    }

    /// Finds one person in a group.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the group does not exist, or when the person is not in it.
    pub async fn group_member(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        group: &GroupId,
        user: &UserId,
    ) -> Result<GroupMember, Error> {
        read_tx!(self.store(), "group_member", |tx| {
            self.authorize(tx, actor, organization, Scope::GroupsRead).await?;
            group_of(tx, organization, group).await?;
            group_members::find(tx, group, user).await?.ok_or_else(|| Error::not_found("user", user.as_str()))
        })
    }

    /// Adds a member of the organization to a group. They hold its roles with the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the group has, when the group does not exist, when the person
    /// is no member of the organization, is in the group, or is in [`MOST_GROUPS_OF_PERSON`] groups.
    pub async fn add_group_member(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        group: &GroupId,
        user: &UserId,
    ) -> Result<(), Error> {
        let member = MemberRef::Id(user.clone());
        self.add_person_to_group(actor, organization, group, &member).await.map(|_| ())
    }

    /// Adds a member of the organization, by id or address, to a group.
    ///
    /// # Errors
    /// Those of [`App::add_group_member`].
    pub async fn add_person_to_group(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        group: &GroupId,
        member: &MemberRef,
    ) -> Result<UserId, Error> {
        write_tx!(self.store(), "add_group_member", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::GroupsWrite).await?;
            group_of(tx, organization, group).await?;
            ensure_may_give(tx, actor, organization, (group, "user_id")).await?;
            let user = found_member(tx, organization, member).await?;
            if group_members::find(tx, group, &user).await?.is_some() {
                return Err(Error::Conflict { message: "This person is in the group already.".to_owned() });
            }
            if group_members::count_groups(tx, organization, &user).await? >= MOST_GROUPS_OF_PERSON {
                return Err(Error::impossible(format!(
                    "A person can be in at most {MOST_GROUPS_OF_PERSON} groups of an organization."
                )));
            }
            if !group_members::insert(tx, group, &user, self.now()).await? {
                return Err(Error::not_found("user", user.as_str()));
            }
            let details = json!({ "changes_requested": { "user_added": user.as_str() } });
            record_group(self, tx, actor, organization, ("group.updated", group, details)).await?;
            Ok(user)
        })
    }

    /// Removes a person from a group. They lose its roles with the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the group has, when the group does not exist, or when the
    /// person is not in it.
    pub async fn remove_group_member(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        group: &GroupId,
        user: &UserId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "remove_group_member", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::GroupsWrite).await?;
            group_of(tx, organization, group).await?;
            ensure_may_take(tx, actor, organization, (group, "user_id")).await?;
            if !group_members::delete(tx, group, user, self.now()).await? {
                return Err(Error::not_found("user", user.as_str()));
            }
            let details = json!({ "changes_requested": { "user_removed": user.as_str() } });
            record_group(self, tx, actor, organization, ("group.updated", group, details)).await
        })
    }
}
