//! Permissions against a model: random sequences of everything that changes what a person may do, some of them
//! interrupted by the store. After each step, what the gateway and the use cases decide is compared with plain sets.

use std::collections::{BTreeMap, BTreeSet};

use keystead_app::groups::Group;
use keystead_app::roles::{NewRole, Place, RoleChange};
use keystead_app::{Actor, Error, Page};
use keystead_core::id::{OrganizationId, ProjectId, SessionId, UserId};
use keystead_core::role::{OrganizationRole, PresetRole, Principal, ProjectRole};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::directory;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::sessions::{self, Session};
use keystead_store::tables::users::{self, User};
use proptest::prelude::*;

use crate::role_model::oracle::{Held, Oracle, Step, Where, Who};
use crate::test_app::*;

mod oracle;

/// The first person owns the organization and acts; the steps are about the others.
const PEOPLE: [&str; 3] = ["ann", "ben", "cid"];

fn step() -> impl Strategy<Value = Step> {
    let person = 1..3_usize;
    let who = prop_oneof![(1..3_usize).prop_map(Who::Person), (0..2_usize).prop_map(Who::Group)];
    let place = prop_oneof![Just(None), (0..2_usize).prop_map(Some)];
    let presets = PresetRole::OF_ORGANIZATION.into_iter().chain(PresetRole::OF_PROJECT).collect::<Vec<_>>();
    let held = prop_oneof![
        proptest::sample::select(presets).prop_map(Held::Preset),
        (0..3_usize).prop_map(Held::Custom),
        (0..3_usize).prop_map(Held::Custom),
    ];
    let organization = proptest::sample::select(vec![
        OrganizationRole::Owner,
        OrganizationRole::Reader,
        OrganizationRole::None,
        OrganizationRole::None,
    ]);
    let project = proptest::sample::select(vec![
        None,
        Some(ProjectRole::Owner),
        Some(ProjectRole::Member),
        Some(ProjectRole::Viewer),
    ]);
    let scope = proptest::sample::select(Scope::ALL.to_vec());
    prop_oneof![
        4 => (person.clone(), organization).prop_map(|(person, role)| Step::MemberRole(person, role)),
        3 => (person.clone(), 0..2_usize, project).prop_map(|(person, at, role)| Step::ProjectRole(person, at, role)),
        12 => (who.clone(), place.clone(), held.clone()).prop_map(|(who, place, held)| Step::Give(who, place, held)),
        8 => (who, place, held).prop_map(|(who, place, held)| Step::Take(who, place, held)),
        5 => (person.clone(), 0..2_usize).prop_map(|(person, group)| Step::Enter(person, group)),
        2 => (person.clone(), 0..2_usize).prop_map(|(person, group)| Step::Leave(person, group)),
        4 => (0..3_usize, scope).prop_map(|(role, scope)| Step::Permit(role, scope)),
        1 => (0..3_usize).prop_map(Step::DeleteRole),
        1 => (0..2_usize).prop_map(Step::DeleteGroup),
        1 => Just(Step::Archive),
        2 => person.clone().prop_map(Step::Remove),
        2 => person.prop_map(Step::Join),
    ]
}

struct Model {
    test: TestApp,
    people: Vec<UserId>,
    organization: OrganizationId,
    projects: Vec<ProjectId>,
    groups: Vec<Group>,
    roles: Vec<String>,
    oracle: Oracle,
}

fn session_id(person: usize) -> SessionId {
    format!("sess_{}", PEOPLE[person]).parse().unwrap()
}

async fn insert_person(test: &TestApp, person: usize) -> UserId {
    let id: UserId = format!("user-{}", PEOPLE[person]).parse().unwrap();
    let at = Timestamp(test.now());
    let user = User {
        id: id.clone(),
        email: format!("{}@example.com", PEOPLE[person]),
        name: PEOPLE[person].to_owned(),
        created_at: at,
        default_organization: None,
        deactivated_at: None,
    };
    let session = Session {
        digest: PEOPLE[person].as_bytes().to_vec(),
        id: session_id(person),
        user: id.clone(),
        csrf: String::new(),
        created_at: at,
        seen_at: at,
        expires_at: at.plus(DAY),
        reauthenticated_at: at,
        device: String::new(),
        network: String::new(),
        revoked_at: None,
        by_passkey: false,
    };
    let insert = async move |tx: &mut Tx| -> Result<(), keystead_store::Error> {
        users::insert(tx, &user).await?;
        sessions::insert(tx, &session).await
    };
    test.store.write("person", insert).await.unwrap();
    id
}

impl Model {
    async fn new() -> Self {
        let test = TestApp::new().await;
        let mut people = Vec::new();
        for person in 0..PEOPLE.len() {
            people.push(insert_person(&test, person).await);
        }
        let ann = Actor::Person(people[0].clone());
        let (organization, first) = test.organization(&people[0]).await;
        let lab = test.app.create_project(&ann, &organization, "Lab").await.unwrap().id;
        let mut groups = Vec::new();
        for name in ["red", "blue"] {
            groups.push(test.app.create_group(&ann, &organization, name).await.unwrap());
        }
        let mut roles = Vec::new();
        for (name, project) in [("a", None), ("b", None), ("c", Some(&lab))] {
            let asked = NewRole { name: name.to_owned(), permissions: Vec::new(), description: None };
            let place = Place { organization: &organization, project };
            roles.push(test.app.create_role(&ann, place, asked).await.unwrap().id.to_string());
        }
        let owner = PresetRole::ProjectOwner;
        let oracle = Oracle {
            members: BTreeMap::from([(0, BTreeSet::from([PresetRole::OrganizationOwner]))]),
            in_projects: BTreeMap::from([((0, 0), BTreeSet::from([owner])), ((0, 1), BTreeSet::from([owner]))]),
            groups: BTreeSet::from([0, 1]),
            roles: (0..3).map(|role| (role, ScopeSet::NONE)).collect(),
            ..Oracle::default()
        };
        let mut model = Self { test, people, organization, projects: vec![first, lab], groups, roles, oracle };
        for person in 1..PEOPLE.len() {
            model.play(Step::Join(person), None).await;
        }
        model
    }

    fn place(&self, place: Where) -> Place<'_> {
        Place { organization: &self.organization, project: place.map(|project| &self.projects[project]) }
    }

    fn principal(&self, who: Who) -> Principal {
        match who {
            Who::Person(person) => Principal::User(self.people[person].clone()),
            Who::Group(group) => Principal::Group(self.groups[group].id.clone()),
        }
    }

    fn role_id(&self, held: Held) -> &str {
        match held {
            Held::Preset(role) => role.id(),
            Held::Custom(role) => &self.roles[role],
        }
    }

    async fn act(&self, step: Step) -> Result<(), Error> {
        let (app, ann, organization) = (&self.test.app, &Actor::Person(self.people[0].clone()), &self.organization);
        let group = |group: usize| &self.groups[group].id;
        match step {
            Step::MemberRole(person, role) => {
                app.change_member_role(ann, organization, &self.people[person], role).await
            }
            Step::ProjectRole(person, project, role) => {
                let roles = [(self.projects[project].clone(), role)];
                app.change_project_roles(ann, organization, &self.people[person], &roles).await
            }
            Step::Give(who, place, held) => {
                let given = app.assign_role(ann, self.place(place), &self.principal(who), self.role_id(held)).await;
                given.map(|_| ())
            }
            Step::Take(who, place, held) => {
                app.unassign_role(ann, self.place(place), &self.principal(who), self.role_id(held)).await
            }
            Step::Enter(person, one) => app.add_group_member(ann, organization, group(one), &self.people[person]).await,
            Step::Leave(person, one) => {
                app.remove_group_member(ann, organization, group(one), &self.people[person]).await
            }
            Step::Permit(role, scope) => {
                let place = self.place([None, None, Some(1)][role]);
                let permissions = Some(vec![scope.as_str().to_owned()]);
                let change = RoleChange { permissions, ..RoleChange::default() };
                app.update_role(ann, place, &self.roles[role], change).await.map(|_| ())
            }
            Step::DeleteRole(role) => {
                let place = self.place([None, None, Some(1)][role]);
                app.delete_role(ann, place, &self.roles[role]).await.map(|_| ())
            }
            Step::DeleteGroup(one) => app.delete_group(ann, organization, group(one)).await,
            Step::Archive => app.archive_project(ann, organization, &self.projects[1]).await.map(|_| ()),
            Step::Remove(person) => app.remove_member(ann, organization, &self.people[person]).await,
            Step::Join(person) => {
                let (organization, user) = (organization.clone(), self.people[person].clone());
                let created_at = Timestamp(self.test.now());
                let row = Membership { organization, user, role: OrganizationRole::Reader, created_at };
                let insert = async move |tx: &mut Tx| memberships::insert(tx, &row).await;
                Ok(self.test.store.write("join", insert).await?)
            }
        }
    }

    /// Plays a step, with a fault of the store at one of its statements if one is given.
    async fn play(&mut self, step: Step, fault: Option<u64>) {
        self.test.store.fail_at(fault);
        let done = self.act(step).await;
        self.test.store.fail_at(None);
        if matches!(done, Err(Error::Internal(_) | Error::Unavailable)) {
            assert!(fault.is_some(), "{step:?}: {done:?}");
            return;
        }
        // The project's roles cannot be changed any more once it is archived.
        let closed = self.oracle.archived && matches!(step, Step::Permit(2, _) | Step::DeleteRole(2));
        let before = self.oracle.clone();
        let expected = !closed && self.oracle.apply(step);
        if !expected {
            self.oracle = before;
        }
        assert_eq!(done.is_ok(), expected, "{step:?}: {done:?} {:?}", self.oracle);
    }

    async fn compare(&self, step: Step) {
        let page = || Page { after: None, limit: 100, ascending: true };
        for (person, id) in self.people.iter().enumerate() {
            let actor = Actor::Person(id.clone());
            for (number, project) in self.projects.iter().enumerate() {
                let (session, project, now) = (session_id(person), project.clone(), Timestamp(self.test.now()));
                let read = async move |tx: &mut Tx| {
                    directory::find_session_caller(tx, &session, &project, now, Timestamp(0)).await
                };
                let caller = self.test.store.read("caller", read).await.unwrap().unwrap();
                let [organization] = &caller.organizations[..] else { panic!("one organization: {caller:?}") };
                let seen = organization.permissions(organization.projects.first());
                let may = self.oracle.may(person, Some(number));
                let expected = may.filter(|_| self.oracle.reaches(person, number));
                assert_eq!(seen, expected, "{step:?}: {person} in {number}: {:?}", self.oracle);

                let allowed = self.test.app.roles(&actor, self.place(Some(number)), page()).await.is_ok();
                let expected = may.is_some_and(|may| may.allows(Scope::RolesRead));
                assert_eq!(allowed, expected, "{step:?}: roles of {number} by {person}: {:?}", self.oracle);
            }
            let allowed = self.test.app.groups(&actor, &self.organization, page()).await.is_ok();
            let expected = self.oracle.may(person, None).is_some_and(|may| may.allows(Scope::GroupsRead));
            assert_eq!(allowed, expected, "{step:?}: groups by {person}: {:?}", self.oracle);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.min(48), ..ProptestConfig::default() })]

    /// ASVS 8.1.1, 8.3.2: what a person may do is the union of what they hold, after every sequence of changes.
    #[test]
    fn model_of_permissions(
        steps in proptest::collection::vec((step(), proptest::option::weighted(0.3, 1..40_u64)), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for (step, fault) in steps {
                model.play(step, fault).await;
                model.compare(step).await;
            }
        });
    }
}
