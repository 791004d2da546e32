//! The index from subjects to digests, so that a change removes the entries it affects and looks at no others.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use keystead_core::caller::{Caller, Owner};
use keystead_core::key::KeyDigest;
use keystead_core::network::Networks;

use crate::directory::changed_subject::ChangedSubject;

/// Most subjects have one key; a set is made for the second.
#[derive(Debug)]
enum Digests {
    One(KeyDigest),
    Many(HashSet<KeyDigest>),
}

impl Digests {
    /// Removes one digest and the memory it took; returns whether none is left.
    fn take_out(&mut self, digest: &KeyDigest) -> bool {
        let Self::Many(set) = self else { return false };
        set.remove(digest);
        if set.len() == 1 {
            let last = set.iter().next().copied();
            *self = last.map_or_else(|| Self::Many(HashSet::new()), Self::One);
            return false;
        }
        if set.capacity() > 8 * set.len() {
            set.shrink_to(2 * set.len());
        }
        set.is_empty()
    }
}

/// Subjects are kept as hashes under a random key: a collision removes one entry too many, which costs one read.
#[derive(Debug, Default)]
pub(crate) struct Index {
    subjects: HashMap<u64, Digests>,
    hasher: RandomState,
    bytes: usize,
}

impl Index {
    pub(crate) fn add(&mut self, caller: &Caller) {
        self.bytes = self.bytes.saturating_add(footprint(caller));
        for subject in self.subjects_of(caller) {
            match self.subjects.get_mut(&subject) {
                None => {
                    self.subjects.insert(subject, Digests::One(caller.digest));
                }
                Some(Digests::Many(set)) => {
                    set.insert(caller.digest);
                }
                Some(one) => {
                    if let Digests::One(first) = *one
                        && first != caller.digest
                    {
                        *one = Digests::Many(HashSet::from([first, caller.digest]));
                    }
                }
            }
        }
    }

    pub(crate) fn remove(&mut self, caller: &Caller) {
        self.bytes = self.bytes.saturating_sub(footprint(caller));
        for subject in self.subjects_of(caller) {
            let emptied = match self.subjects.get_mut(&subject) {
                None => false,
                Some(Digests::One(digest)) => *digest == caller.digest,
                Some(many @ Digests::Many(_)) => many.take_out(&caller.digest),
            };
            if emptied {
                self.subjects.remove(&subject);
            }
        }
    }

    /// Returns the digests that a change affects. [`ChangedSubject::Everything`] affects all and is not looked up here.
    pub(crate) fn touched(&self, change: &ChangedSubject) -> Vec<KeyDigest> {
        let subject = match change {
            ChangedSubject::Key(id) => self.hash("key", id.as_str()),
            ChangedSubject::User(id) => self.hash("owner", id.as_str()),
            ChangedSubject::ServiceAccount(id) => self.hash("owner", id.as_str()),
            ChangedSubject::Project(id) => self.hash("project", id.as_str()),
            ChangedSubject::Organization(id) => self.hash("organization", id.as_str()),
            ChangedSubject::Everything => return Vec::new(),
        };
        match self.subjects.get(&subject) {
            None => Vec::new(),
            Some(Digests::One(digest)) => vec![*digest],
            Some(Digests::Many(set)) => set.iter().copied().collect(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.subjects.clear();
        self.bytes = 0;
    }

    /// The approximate size of the indexed callers and of this index, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Builds an empty index with the same random key.
    #[cfg(test)]
    pub(crate) fn empty(&self) -> Self {
        Self { hasher: self.hasher.clone(), ..Self::default() }
    }

    /// Every row: the subject's hash and its digests in order.
    #[cfg(test)]
    pub(crate) fn rows(&self) -> std::collections::BTreeMap<u64, std::collections::BTreeSet<[u8; 32]>> {
        let all = |digests: &Digests| match digests {
            Digests::One(digest) => std::iter::once(*digest.as_bytes()).collect(),
            Digests::Many(set) => set.iter().map(|digest| *digest.as_bytes()).collect(),
        };
        self.subjects.iter().map(|(subject, digests)| (*subject, all(digests))).collect()
    }

    fn subjects_of(&self, caller: &Caller) -> Vec<u64> {
        let owner = match &caller.owner {
            Owner::User(id) => id.as_str(),
            Owner::ServiceAccount(id) => id.as_str(),
        };
        let mut subjects = Vec::with_capacity(4);
        subjects.extend([self.hash("key", caller.key.as_str()), self.hash("owner", owner)]);
        for organization in &caller.organizations {
            subjects.push(self.hash("organization", organization.id.as_str()));
            subjects.extend(organization.projects.iter().map(|project| self.hash("project", project.id.as_str())));
        }
        subjects
    }

    fn hash(&self, kind: &str, id: &str) -> u64 {
        self.hasher.hash_one((kind, id))
    }
}

/// Estimates the memory of a caller: the value, its lists and ids, its places in the map and here.
fn footprint(caller: &Caller) -> usize {
    const ID: usize = 48;
    const PLACE: usize = 96;
    let projects: usize = caller.organizations.iter().map(|organization| organization.projects.len()).sum();
    let organizations = caller.organizations.len();
    let lists: usize = caller
        .organizations
        .iter()
        .flat_map(|organization| {
            let of_projects = organization.projects.iter().map(|project| &project.addresses);
            of_projects.chain([&organization.addresses]).flatten().map(Networks::bytes)
        })
        .sum();
    size_of::<Caller>()
        + organizations * (size_of::<keystead_core::caller::ReachableOrganization>() + ID)
        + projects * (size_of::<keystead_core::caller::ReachableProject>() + ID)
        + 2 * ID
        + lists
        + (3 + organizations + projects) * PLACE
}
