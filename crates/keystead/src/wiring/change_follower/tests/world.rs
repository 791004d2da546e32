//! An organization in a store, with everything its keys depend on and every change that can happen to it.

use std::sync::atomic::{AtomicU64, Ordering};

use keystead_core::caller::{Caller, Owner};
use keystead_core::gate::{Fulfilment, Policy, Requirement};
use keystead_core::id::{GroupId, OrganizationId, ProjectId, RoleId, ServiceAccountId, UserId};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::model_access::{ListMode, ModelAccess};
use keystead_core::network::AddressList;
use keystead_core::role::{OrganizationRole, Principal, ProjectRole, Resource, RoleRef};
use keystead_core::scope::Restriction;
use keystead_core::time::Timestamp;
use keystead_store::tables::api_keys::{KeyEdit, KeyRow};
use keystead_store::tables::ip_allowlists::IpAllowlist;
use keystead_store::tables::memberships::Membership;
use keystead_store::tables::organizations::Organization;
use keystead_store::tables::project_members::ProjectMember;
use keystead_store::tables::projects::Project;
use keystead_store::tables::role_assignments::Assignment;
use keystead_store::tables::roles::CustomRole;
use keystead_store::tables::service_accounts::ServiceAccount;
use keystead_store::tables::user_groups::Group;
use keystead_store::tables::users::User;
use keystead_store::tables::{
    api_keys, directory, group_members, ip_allowlists, memberships, organizations, policy, project_members, projects,
    role_assignments, roles, service_accounts, user_groups, users,
};
use keystead_store::{Error, Store, Tx};

pub(super) const NOW: Timestamp = Timestamp(1_800_000_000);

fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text} is no such id"))
}

/// An organization with everything that a key can depend on.
pub(super) struct Tenant {
    pub(super) organization: OrganizationId,
    default: ProjectId,
    project: ProjectId,
    owner: UserId,
    reader: UserId,
    bot: ServiceAccountId,
    group: GroupId,
    role: RoleId,
    pub(super) keys: Vec<KeyRow>,
}

static TENANTS: AtomicU64 = AtomicU64::new(0);

impl Tenant {
    pub(super) async fn new(store: &Store) -> Self {
        let n = TENANTS.fetch_add(1, Ordering::SeqCst);
        let mut tenant = Self {
            organization: id(&format!("org-{n}")),
            default: id(&format!("proj_d{n}")),
            project: id(&format!("proj_x{n}")),
            owner: id(&format!("user-ann{n}")),
            reader: id(&format!("user-ben{n}")),
            bot: id(&format!("svc_acct_{n}")),
            group: id(&format!("group_{n}")),
            role: id(&format!("role-{n}")),
            keys: Vec::new(),
        };
        let (ann, ben, bot) = (
            Owner::User(tenant.owner.clone()),
            Owner::User(tenant.reader.clone()),
            Owner::ServiceAccount(tenant.bot.clone()),
        );
        let (default, project) = (Some(&tenant.default), Some(&tenant.project));
        tenant.keys = [
            (KeyKind::Project, project, ben.clone()),
            (KeyKind::ServiceAccount, project, bot),
            (KeyKind::Admin, None, ann.clone()),
            (KeyKind::User, None, ann.clone()),
            (KeyKind::User, None, ben),
            (KeyKind::Project, default, ann),
        ]
        .into_iter()
        .enumerate()
        .map(|(k, (kind, project, owner))| KeyRow {
            id: id(&format!("key_{n}x{k}")),
            kind,
            digest: digest(n, k),
            redacted: "sk-…abcd".to_owned(),
            name: None,
            organization: (kind != KeyKind::User).then(|| tenant.organization.clone()),
            project: project.cloned(),
            owner,
            restriction: Restriction::default(),
            created_at: NOW,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
            revoked_by: None,
            revoked_reason: None,
            rotated_to: None,
            federation_rule: None,
        })
        .collect();
        store.write("tenant", async |tx: &mut Tx| tenant.found(tx).await).await.unwrap();
        tenant
    }

    async fn found(&self, tx: &mut Tx) -> Result<(), Error> {
        for user in [&self.owner, &self.reader] {
            let user = User {
                id: user.clone(),
                email: format!("{user}@example.com"),
                name: user.to_string(),
                created_at: NOW,
                default_organization: None,
                deactivated_at: None,
            };
            users::insert(tx, &user).await?;
        }
        let organization = Organization {
            id: self.organization.clone(),
            name: "Acme".to_owned(),
            created_at: NOW,
            deactivated_at: None,
            entitlement_version: 0,
            tags: Vec::new(),
        };
        organizations::insert(tx, &organization).await?;
        memberships::insert(tx, &self.membership(&self.owner, OrganizationRole::Owner)).await?;
        memberships::insert(tx, &self.membership(&self.reader, OrganizationRole::Reader)).await?;
        for (project, is_default) in [(&self.default, true), (&self.project, false)] {
            let project = Project {
                id: project.clone(),
                organization: self.organization.clone(),
                name: project.to_string(),
                created_at: NOW,
                archived_at: None,
                is_default,
            };
            projects::insert(tx, &project).await?;
        }
        project_members::insert(tx, &self.project_member()).await?;
        let bot = ServiceAccount {
            id: self.bot.clone(),
            project: self.project.clone(),
            name: "bot".to_owned(),
            role: ProjectRole::Member,
            created_at: NOW,
            deleted_at: None,
        };
        service_accounts::insert(tx, &bot).await?;
        for key in &self.keys {
            api_keys::insert(tx, key).await?;
        }
        roles::insert(tx, &self.custom_role(false)).await?;
        let (id, organization) = (self.group.clone(), self.organization.clone());
        user_groups::insert(tx, &Group { id, organization, name: "team".to_owned(), created_at: NOW }).await
    }

    fn membership(&self, user: &UserId, role: OrganizationRole) -> Membership {
        Membership { organization: self.organization.clone(), user: user.clone(), role, created_at: NOW }
    }

    fn project_member(&self) -> ProjectMember {
        let (project, user) = (self.project.clone(), self.reader.clone());
        ProjectMember { project, user, role: ProjectRole::Member, created_at: NOW }
    }

    /// A role of the project that permits files, or nothing.
    fn custom_role(&self, permits: bool) -> CustomRole {
        CustomRole {
            id: self.role.clone(),
            organization: self.organization.clone(),
            resource: Resource::Project(self.project.clone()),
            name: "files".to_owned(),
            description: None,
            permissions: if permits { vec!["api.files.read".to_owned()] } else { Vec::new() },
            created_at: NOW,
            updated_at: NOW,
            created_by: "ann".into(),
        }
    }

    fn holder(&self, of_group: bool) -> Principal {
        if of_group { Principal::Group(self.group.clone()) } else { Principal::User(self.reader.clone()) }
    }

    fn list(&self, of_project: bool, active: bool) -> IpAllowlist {
        let n = self.organization.as_str().trim_start_matches("org-");
        IpAllowlist {
            id: id(&format!("ip_allowlist_{}{n}", if of_project { "p" } else { "o" })),
            organization: self.organization.clone(),
            project: of_project.then(|| self.project.clone()),
            name: "office".to_owned(),
            addresses: AddressList::new(["203.0.113.0/24"]).unwrap(),
            active,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    /// Returns what a node with an empty memory would answer for each key.
    pub(super) async fn snapshot(&self, store: &Store) -> Vec<Option<Caller>> {
        let digests: Vec<KeyDigest> = self.keys.iter().map(|key| key.digest).collect();
        let read = store.read("snapshot", async move |tx: &mut Tx| {
            let mut all = Vec::new();
            for digest in &digests {
                all.push(directory::find_caller(tx, digest).await?.map(unversioned));
            }
            Ok::<_, Error>(all)
        });
        read.await.unwrap()
    }
}

fn digest(tenant: u64, key: usize) -> KeyDigest {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&tenant.to_be_bytes());
    bytes[8] = u8::try_from(key).unwrap();
    KeyDigest::from_bytes(bytes)
}

pub(super) fn unversioned(caller: Caller) -> Caller {
    Caller { revision: 0, ..caller }
}

/// Every change that gives or removes a permission. The store refuses what is not possible in the present state, and
/// nothing changes.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Revoke(usize),
    Restrict(usize),
    Expire(usize, i64),
    DeleteBot,
    BotRole(bool),
    Archive,
    Models(bool),
    Role(bool),
    Remove,
    Join,
    ProjectRole(bool),
    LeaveProject,
    JoinProject,
    List(bool),
    SwitchList(bool, bool),
    DeleteList(bool),
    Close(bool),
    CloseUser(bool, bool),
    Meet(bool),
    Policy(bool),
    /// The reader enters or leaves the group.
    InGroup(bool),
    /// The group, or the reader, is given the custom role or loses it.
    HoldRole(bool, bool),
    /// The custom role permits something, or nothing.
    PermitRole(bool),
    DeleteRole,
    DeleteGroup,
}

pub(super) async fn carry_out(tenant: &Tenant, tx: &mut Tx, change: &Change) -> Result<(), Error> {
    let (organization, project, reader) = (&tenant.organization, &tenant.project, &tenant.reader);
    let yes = |on: bool| on.then_some(NOW);
    match change {
        Change::Revoke(key) => drop(api_keys::revoke(tx, &tenant.keys[*key].id, "ann", "test", NOW).await?),
        Change::Restrict(key) => {
            let restriction = Some(Restriction(vec!["api.model.read".to_owned()]));
            let edit = KeyEdit { name: None, restriction, expires_at: None };
            api_keys::update(tx, &tenant.keys[*key].id, &edit).await?;
        }
        Change::Expire(key, seconds) => {
            let edit = KeyEdit { name: None, restriction: None, expires_at: Some(NOW.plus(*seconds)) };
            api_keys::update(tx, &tenant.keys[*key].id, &edit).await?;
        }
        Change::DeleteBot => drop(service_accounts::delete(tx, project, &tenant.bot, NOW).await?),
        Change::BotRole(more) => {
            let role = if *more { ProjectRole::Owner } else { ProjectRole::Viewer };
            service_accounts::update(tx, project, &tenant.bot, "bot", role).await?;
        }
        Change::Archive => drop(projects::archive(tx, organization, project, NOW).await?),
        Change::Models(on) => {
            let list = ModelAccess::new(ListMode::AllowList, vec!["gpt-4o".to_owned()]).ok().filter(|_| *on);
            projects::set_models(tx, organization, project, list.as_ref(), NOW).await?;
        }
        Change::Role(owner) => {
            let role = if *owner { OrganizationRole::Owner } else { OrganizationRole::Reader };
            memberships::update_role(tx, organization, reader, role, NOW).await?;
        }
        Change::Remove => drop(memberships::delete(tx, organization, reader, NOW).await?),
        Change::Join => memberships::insert(tx, &tenant.membership(reader, OrganizationRole::Reader)).await?,
        Change::ProjectRole(owner) => {
            let role = if *owner { ProjectRole::Owner } else { ProjectRole::Viewer };
            project_members::update_role(tx, project, reader, role, NOW).await?;
        }
        Change::LeaveProject => drop(project_members::delete(tx, project, reader, NOW).await?),
        Change::JoinProject => project_members::insert(tx, &tenant.project_member()).await?,
        Change::List(of_project) => ip_allowlists::insert(tx, &tenant.list(*of_project, true)).await?,
        Change::SwitchList(of_project, on) => ip_allowlists::update(tx, &tenant.list(*of_project, *on)).await?,
        Change::DeleteList(of_project) => ip_allowlists::delete(tx, &tenant.list(*of_project, true), NOW).await?,
        Change::Close(on) => organizations::set_deactivated(tx, organization, yes(*on), NOW).await?,
        Change::CloseUser(owner, on) => {
            users::set_deactivated(tx, if *owner { &tenant.owner } else { reader }, yes(*on), NOW).await?;
        }
        Change::Meet(true) => {
            organizations::set_requirement(
                tx,
                organization,
                Requirement::Organization,
                Fulfilment::Verified,
                None,
                NOW,
            )
            .await?;
        }
        Change::Meet(false) => {
            organizations::clear_requirement(tx, organization, Requirement::Organization, NOW).await?;
        }
        Change::Policy(on) => {
            let (version, _) = policy::find(tx).await?;
            let wanted = if *on { Policy::default_rules() } else { Policy::default() };
            policy::save(tx, &wanted, version, "ops", "", NOW).await?;
        }
        Change::InGroup(true) => drop(group_members::insert(tx, &tenant.group, reader, NOW).await?),
        Change::InGroup(false) => drop(group_members::delete(tx, &tenant.group, reader, NOW).await?),
        Change::HoldRole(of_group, true) => {
            let assignment = Assignment {
                organization: organization.clone(),
                resource: Resource::Project(project.clone()),
                principal: tenant.holder(*of_group),
                role: RoleRef::Custom(tenant.role.clone()),
                created_at: NOW,
                created_by: "ann".into(),
            };
            role_assignments::insert(tx, &assignment).await?;
        }
        Change::HoldRole(of_group, false) => {
            let place = (organization, &Resource::Project(project.clone()));
            let role = RoleRef::Custom(tenant.role.clone());
            role_assignments::delete(tx, place, &tenant.holder(*of_group), &role, NOW).await?;
        }
        Change::PermitRole(permits) => drop(roles::update(tx, &tenant.custom_role(*permits)).await?),
        Change::DeleteRole => drop(roles::delete(tx, &tenant.custom_role(true), NOW).await?),
        Change::DeleteGroup => drop(user_groups::delete(tx, organization, &tenant.group, NOW).await?),
    }
    Ok(())
}
