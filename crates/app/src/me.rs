//! The owner of a key.

use keystead_core::caller::{Caller, Owner};
use keystead_core::id::OrganizationId;
use keystead_core::role::PresetRole;
use keystead_store::tables::{organizations, users};

use crate::{App, Error};

/// The owner of a key, and the organizations they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person's or service account's id.
    pub id: String,
    /// The person's e-mail.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// Organizations the key reaches: id, name, role.
    pub organizations: Vec<(OrganizationId, String, Option<&'static str>)>,
}

impl App {
    /// Returns the owner of this key.
    pub async fn key_owner(&self, caller: &Caller) -> Result<Identity, Error> {
        read_tx!(self.store(), "identity", |tx| {
            let user = match &caller.owner {
                Owner::User(id) => users::find(tx, id).await?,
                Owner::ServiceAccount(_) => None,
            };
            let mut reached = Vec::with_capacity(caller.organizations.len());
            for organization in &caller.organizations {
                if let Some(row) = organizations::find(tx, &organization.id).await? {
                    let role = organization.role.and_then(PresetRole::of_membership);
                    reached.push((row.id, row.name, role.map(PresetRole::name)));
                }
            }
            let (email, name) = user.map(|user| (user.email, user.name)).unzip();
            Ok(Identity { id: caller.owner.as_str().to_owned(), email, name, organizations: reached })
        })
    }
}
