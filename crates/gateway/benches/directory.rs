//! Measures the memory of a key and the time to find it, and checks that a directory keeps to its capacity: `cargo
//! xtask bench --keys`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it prints, holds a real clock, and stops where it cannot go on"
)]

use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use keystead_core::caller::{Caller, Owner, ReachableOrganization, ReachableProject};
use keystead_core::gate::{Entitlements, Requirement};
use keystead_core::key::{KeyDigest, KeyKind};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::ScopeSet;
use keystead_core::time::Timestamp;
use keystead_gateway::{BoxFuture, Directory, DirectoryOptions, KeySource, Unavailable};

/// Answers every digest with a different caller.
struct Endless;

impl KeySource for Endless {
    fn find<'a>(&'a self, digest: &'a KeyDigest) -> BoxFuture<'a, Result<Option<Caller>, Unavailable>> {
        std::future::ready(Ok(Some(caller(digest)))).boxed()
    }
}

fn caller(digest: &KeyDigest) -> Caller {
    let number = u64::from_be_bytes(digest.as_bytes()[..8].try_into().unwrap());
    Caller {
        key: format!("key_{number:024}").parse().unwrap(),
        digest: *digest,
        kind: KeyKind::Project,
        owner: Owner::User(format!("user-{:024}", number / 100).parse().unwrap()),
        owner_active: true,
        expires_at: None,
        scopes: ScopeSet::all(),
        organizations: vec![ReachableOrganization {
            id: format!("org-{:024}", number / 100).parse().unwrap(),
            deactivated: false,
            billing_suspended: false,
            role: Some(OrganizationRole::Reader),
            assigned: keystead_core::scope::ScopeSet::NONE,
            entitlements: Entitlements {
                version: 1,
                met: vec![Requirement::Phone],
                ends: Vec::new(),
                organization_created_at: Timestamp(0),
                first_used: Vec::new(),
                tags: Vec::new(),
            },
            projects: vec![ReachableProject {
                features: None,
                id: format!("proj_{:024}", number / 100).parse().unwrap(),
                archived: false,
                is_default: true,
                role: Some(ProjectRole::Member),
                certificates: None,
                assigned: None,
                models: None,
                addresses: None,
                budgets: Vec::new(),
                rates: None,
            }],
            addresses: None,
            budgets: Vec::new(),
            caller_budgets: Vec::new(),
        }],
        revision: 1,
    }
}

fn digest(key: u64) -> KeyDigest {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&key.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    KeyDigest::from_bytes(bytes)
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("     keys asked   bound   in memory   resident per key   own figure per key   found in");
    for (asked, capacity) in [(1_000, 1_000_000), (1_000_000, 1_000_000), (1_000_000, 10_000)] {
        let before = resident();
        let options = DirectoryOptions { capacity, max_stale_seconds: 0, lookups_per_second: u64::MAX };
        let directory = Directory::new(Arc::new(Endless), options, Arc::new(|| Timestamp(0)));
        for key in 0..asked {
            directory.find(&digest(key)).await.unwrap().unwrap();
        }
        let stats = directory.stats();
        let grown = resident().saturating_sub(before);
        let entries = u64::try_from(stats.entries).unwrap().max(1);
        let turns = 1_000_000_u64;
        let began = Instant::now();
        // The keys asked for last are in memory, for any capacity.
        let recent = asked.min(u64::try_from(capacity).unwrap() / 4).min(asked);
        for turn in 0..turns {
            let key = asked - 1 - turn.wrapping_mul(7_919) % recent;
            std::hint::black_box(directory.find(&digest(key)).await.unwrap());
        }
        let found = began.elapsed().as_secs_f64() * 1e9 / turns as f64;
        println!(
            "{asked:>15}   {capacity:>7}   {entries:>7}   {:>12} B   {:>16} B   {found:>6.0} ns",
            grown / entries,
            u64::try_from(stats.bytes).unwrap() / entries
        );
        drop(directory);
    }
}
