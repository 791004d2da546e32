//! The store of the directory's model test: it keeps every state it has had, and its reads are polled by hand.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use keystead_core::Timestamp;
use keystead_core::caller::{Caller, Owner, ReachableOrganization, ReachableProject};
use keystead_core::gate::Entitlements;
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::ScopeSet;

use super::super::{ChangedSubject, KeySource};
use crate::{BoxFuture, Unavailable};

pub(super) const KEYS: u8 = 6;
pub(super) const PLACES: u8 = 3;

/// One key as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) living: bool,
    pub(super) edited: i64,
    /// Whether a service account owns it.
    pub(super) bot: bool,
    pub(super) owner: u8,
    pub(super) project: u8,
    /// A second organization that it reaches.
    pub(super) joined: Option<u8>,
}

/// The store at one revision.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) keys: Vec<Row>,
    /// The number of changes of each user, service account, project and organization.
    pub(super) users: BTreeMap<u8, i64>,
    pub(super) bots: BTreeMap<u8, i64>,
    pub(super) projects: BTreeMap<u8, i64>,
    pub(super) organizations: BTreeMap<u8, i64>,
}

impl Rows {
    pub(super) fn new() -> Self {
        let row = |n: u8| Row {
            // Some keys are made later.
            living: n < 4,
            edited: 0,
            bot: n % 3 == 2,
            owner: n % PLACES,
            project: n % PLACES,
            joined: n.is_multiple_of(2).then_some((n + 1) % PLACES),
        };
        let none = BTreeMap::new();
        Self {
            keys: (0..KEYS).map(row).collect(),
            users: none.clone(),
            bots: none.clone(),
            projects: none.clone(),
            organizations: none,
        }
    }

    /// Returns what the directory must answer for a key.
    pub(super) fn caller(&self, key: u8, revision: i64) -> Option<Caller> {
        let row = &self.keys[usize::from(key)];
        let of = |map: &BTreeMap<u8, i64>, id: u8| map.get(&id).copied().unwrap_or_default();
        let organization = |id: u8, projects| ReachableOrganization {
            id: format!("org-{id}").parse().unwrap(),
            deactivated: false,
            billing_suspended: false,
            role: Some(OrganizationRole::Reader),
            assigned: keystead_core::scope::ScopeSet::NONE,
            entitlements: Entitlements {
                version: of(&self.organizations, id),
                met: Vec::new(),
                ends: Vec::new(),
                organization_created_at: Timestamp(0),
                first_used: Vec::new(),
                tags: Vec::new(),
            },
            projects,
            addresses: None,
            budgets: Vec::new(),
            caller_budgets: Vec::new(),
        };
        let project = ReachableProject {
            features: None,
            id: format!("proj_{}", row.project).parse().unwrap(),
            archived: of(&self.projects, row.project) % 2 == 1,
            is_default: true,
            role: Some(ProjectRole::Member),
            certificates: None,
            assigned: None,
            models: None,
            addresses: None,
            budgets: Vec::new(),
            rates: None,
        };
        let mut organizations = vec![organization(row.project, vec![project])];
        organizations.extend(row.joined.filter(|id| *id != row.project).map(|id| organization(id, Vec::new())));
        let (owner, changed) = if row.bot {
            (Owner::ServiceAccount(format!("svc_acct_{}", row.owner).parse().unwrap()), of(&self.bots, row.owner))
        } else {
            (Owner::User(format!("user-{}", row.owner).parse().unwrap()), of(&self.users, row.owner))
        };
        row.living.then(|| Caller {
            key: format!("key_{key}").parse().unwrap(),
            digest: digest(key),
            kind: KeyKind::Project,
            owner,
            owner_active: changed.rem_euclid(2) == 0,
            expires_at: Some(Timestamp(row.edited)),
            scopes: ScopeSet::all(),
            organizations,
            revision,
        })
    }
}

pub(super) fn digest(key: u8) -> KeyDigest {
    KeyDigest::from_bytes([key; 32])
}

/// All states; the revision is the index.
pub(super) struct World {
    pub(super) history: Vec<Rows>,
    /// Changes in the order of their revisions.
    pub(super) changes: Vec<ChangedSubject>,
    pub(super) down: bool,
}

/// The store: each read takes its value between two pauses.
pub(super) struct Source(pub(super) Arc<Mutex<World>>);

/// Pending once, so that the test decides what happens meanwhile.
struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl KeySource for Source {
    fn find<'a>(&'a self, wanted: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>> {
        async move {
            Pause(false).await;
            let found = {
                let world = self.0.lock().unwrap();
                let revision = i64::try_from(world.history.len()).unwrap() - 1;
                let key = (0..KEYS).find(|key| digest(*key) == *wanted).unwrap();
                if world.down { Err(Unavailable) } else { Ok(world.history.last().unwrap().caller(key, revision)) }
            };
            Pause(false).await;
            found
        }
        .boxed()
    }
}
