//! Members, groups and roles for tests of permissions.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::role::OrganizationRole;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::users::{self, User};
use keystead_store::{Error, Tx};
use serde_json::{Value, json};

use crate::world::{World, admin};

pub(crate) const GROUPS: &str = "/v1/organization/groups";
pub(crate) const ROLES: &str = "/v1/organization/roles";

impl World {
    /// Makes another person with this name a member of an organization.
    pub(crate) async fn named_member(
        &self,
        organization: &OrganizationId,
        name: &str,
        role: OrganizationRole,
    ) -> UserId {
        let id: UserId = format!("user-{name}").parse().unwrap();
        let created_at = self.app.now();
        let user = User {
            id: id.clone(),
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            created_at,
            default_organization: None,
            deactivated_at: None,
        };
        let membership = Membership { organization: organization.clone(), user: id.clone(), role, created_at };
        let insert = async move |tx: &mut Tx| -> Result<(), Error> {
            users::insert(tx, &user).await?;
            memberships::insert(tx, &membership).await
        };
        self.store.write("member", insert).await.unwrap();
        id
    }

    /// Makes a group; returns its path.
    pub(crate) async fn group(&self, key: &str, name: &str) -> String {
        let made = self.post(GROUPS, key, json!({ "name": name })).await;
        assert_eq!(made.status, 200, "{}", made.body);
        format!("{GROUPS}/{}", made.text("id"))
    }

    /// Makes a custom role; returns its id.
    pub(crate) async fn custom_role(&self, key: &str, roles: &str, name: &str, permissions: &[&str]) -> String {
        let asked = json!({ "role_name": name, "permissions": permissions });
        let made = self.post(roles, key, asked).await;
        assert_eq!(made.status, 200, "{}", made.body);
        made.text("id")
    }

    /// Sends a request that must succeed.
    pub(crate) async fn must_post(&self, path: &str, key: &str, body: Value) -> Value {
        let answer = self.post(path, key, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Makes a person with one custom role of the organization, and an admin key of theirs. Returns the key, the id of the
    /// role and the person; the permissions of the role can be changed.
    pub(crate) async fn holder_of_a_role(&self, made: &Bootstrapped, name: &str) -> (String, String, UserId) {
        let (root, organization) = (admin(made), &made.organization_id);
        let person = self.named_member(organization, name, OrganizationRole::None).await;
        let role = self.custom_role(root, ROLES, name, &["api.management.write"]).await;
        let path = format!("/v1/organization/users/{person}/roles");
        self.must_post(&path, root, json!({ "role_id": role })).await;
        let asked = NewKey { name: Some(name.to_owned()), scopes: Vec::new(), expires_in_seconds: None };
        let key = self.app.create_admin_key(&Actor::Person(person.clone()), organization, asked).await.unwrap();
        (key.secret.expose().to_owned(), role, person)
    }
}
