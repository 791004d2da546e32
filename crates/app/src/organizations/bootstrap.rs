//! Making the first owner, organization and admin key, which no API can make because every API needs a key.

use keystead_core::caller::Owner;
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::users::{self, User};
use keystead_store::tables::{accounts, api_keys};
use serde_json::json;

use crate::accounts::first_sign_in_link;
use crate::audit::AuditEntry;
use crate::credit;
use crate::keys::minting::{KeyTarget, NewKey, mint_key};
use crate::organizations::{first_entries, insert_organization};
use crate::validate::{checked_email, checked_name};
use crate::verification::waive_in_transaction;
use crate::{Actor, App, Error};

/// The reason recorded when the bootstrap waives requirements.
const WAIVER: &str = "operator bootstrap";

/// The result of the bootstrap.
#[derive(Debug)]
pub struct Bootstrapped {
    /// The owner.
    pub user_id: UserId,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its Default project.
    pub project_id: ProjectId,
    /// The admin key, to be shown once.
    pub admin_key: Secret<String>,
    /// A link with which the owner chooses a password and signs in, once; `None` when they have a password.
    pub sign_in_link: Option<Secret<String>>,
}

impl App {
    /// Makes an organization with its Default project, its owner (found by e-mail or created) and an admin key.
    ///
    /// With `waive`, the phone and payment requirements are waived and that is recorded; the organization's own
    /// verification is never waived. It may be called again for further organizations. An owner without a password also
    /// gets a link that works without mail.
    ///
    /// # Errors
    /// When e-mail or name is not valid.
    pub async fn bootstrap(&self, email: &str, organization_name: &str, waive: bool) -> Result<Bootstrapped, Error> {
        let actor = Actor::operator("bootstrap");
        let email = checked_email(email)?;
        let name = checked_name(organization_name)?;
        let now = self.now();
        let (organization_id, project_id, fresh_user) =
            self.draw(|rng| (OrganizationId::generate(rng), ProjectId::generate(rng), UserId::generate(rng)));
        write_tx!(self.store(), "bootstrap", |tx| {
            let known = users::find_by_email(tx, &email).await?.map(|user| user.id);
            let user_id = match &known {
                Some(user) => user.clone(),
                None => insert_user(tx, &email, &fresh_user, now).await?,
            };
            insert_organization(tx, &user_id, &organization_id, &project_id, (&name, now)).await?;
            if known.is_none() {
                users::update_default_organization(tx, &user_id, &organization_id, now).await?;
            }
            let place = KeyTarget {
                kind: KeyKind::Admin,
                organization: Some(organization_id.clone()),
                project: None,
                owner: Owner::User(user_id.clone()),
            };
            let minted = mint_key(self, place, &NewKey { name: Some("Bootstrap".to_owned()), ..NewKey::default() })?;
            api_keys::insert(tx, &minted.key).await?;
            let admin_key = json!({ "data": { "kind": "admin", "scopes": [] } });
            let entries = first_entries(&user_id, &organization_id, &project_id);
            let key_entry = ("api_key.created", minted.key.id.as_str(), admin_key);
            for (action, target, details) in entries.into_iter().chain([key_entry]) {
                self.record(tx, &actor, AuditEntry { organization: &organization_id, action, target, details }).await?;
            }
            credit::begin(self, tx, &organization_id).await?;
            if waive {
                for requirement in [Requirement::Phone, Requirement::PaymentMethod] {
                    waive_in_transaction(self, tx, &actor, &organization_id, requirement, None, WAIVER).await?;
                }
            }
            let has_password = accounts::find(tx, &user_id).await?.is_some_and(|row| row.password.is_some());
            let sign_in_link = if has_password { None } else { Some(first_sign_in_link(self, tx, &user_id).await?) };
            Ok(Bootstrapped {
                user_id,
                organization_id: organization_id.clone(),
                project_id: project_id.clone(),
                admin_key: minted.secret,
                sign_in_link,
            })
        })
    }
}

async fn insert_user(tx: &mut Tx, email: &str, id: &UserId, at: Timestamp) -> Result<UserId, Error> {
    let user = User {
        id: id.clone(),
        email: email.to_owned(),
        name: email.split('@').next().unwrap_or(email).to_owned(),
        created_at: at,
        default_organization: None,
        deactivated_at: None,
    };
    users::insert(tx, &user).await?;
    Ok(user.id)
}
