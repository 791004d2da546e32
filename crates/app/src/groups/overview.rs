//! Groups with what their pages show beside them.

use keystead_core::id::{GroupId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_store::tables::{role_holders, user_groups};
use keystead_store::{Listing, Page};

use super::{Group, MOST_GROUPS, group_of};
use crate::{Actor, App, Error};

/// A group, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSummary {
    /// The group.
    pub group: Group,
    /// How many people are in it.
    pub people: i64,
    /// How many roles it holds, in the organization and in projects.
    pub roles: i64,
}

impl App {
    /// Lists the groups with this text in their name or with this id, by name. Without a text it lists all. `after` is
    /// the id of a group.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn find_groups(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        search: &str,
        page: &Page,
    ) -> Result<Listing<GroupSummary>, Error> {
        let wanted = search.to_lowercase();
        read_tx!(self.store(), "find_groups", |tx| {
            self.authorize(tx, actor, organization, Scope::GroupsRead).await?;
            let all = Page { after: None, limit: u32::try_from(MOST_GROUPS).unwrap_or(u32::MAX), ascending: true };
            let mut groups = user_groups::list(tx, organization, &all).await?.data;
            groups.retain(|group| group.name.to_lowercase().contains(&wanted) || group.id.as_str() == search);
            groups.sort_by_cached_key(|group| (group.name.to_lowercase(), group.id.clone()));
            if let Some(after) = &page.after {
                let position = groups.iter().position(|group| group.id.as_str() == after.as_str());
                let position = position.ok_or(keystead_store::Error::Missing)?;
                groups.drain(..=position);
            }
            let limit = page.limit as usize;
            let has_more = groups.len() > limit;
            groups.truncate(limit);
            let people = role_holders::count_members(tx, organization).await?;
            let roles = role_holders::count_roles(tx, organization).await?;
            let summary = |group: Group| GroupSummary {
                people: people.get(&group.id).copied().unwrap_or_default(),
                roles: roles.get(&group.id).copied().unwrap_or_default(),
                group,
            };
            Ok(Listing { data: groups.into_iter().map(summary).collect(), has_more })
        })
    }

    /// Finds one group, counted.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn group_summary(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &GroupId,
    ) -> Result<GroupSummary, Error> {
        read_tx!(self.store(), "group_summary", |tx| {
            self.authorize(tx, actor, organization, Scope::GroupsRead).await?;
            let group = group_of(tx, organization, id).await?;
            let people = role_holders::count_members(tx, organization).await?.get(id).copied().unwrap_or_default();
            let roles = role_holders::count_roles(tx, organization).await?.get(id).copied().unwrap_or_default();
            Ok(GroupSummary { group, people, roles })
        })
    }
}
