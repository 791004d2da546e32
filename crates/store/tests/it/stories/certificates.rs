//! Certificates: where they are active, and which of them a key's clients need.

use std::sync::Arc;

use keystead_core::caller::Caller;
use keystead_core::client_certificate::{Certificate, TrustedCertificates};
use keystead_core::id::CertificateId;
use keystead_core::key::KeyKind;
use keystead_store::tables::certificates::{PlacedCertificate, UploadedCertificate};
use keystead_store::tables::changes::ChangeSubject;
use keystead_store::tables::{
    api_keys, certificates, changes, directory, organization_data, organization_deletions, projects,
};
use keystead_store::{Error, Page};

use crate::world::*;

const AUTHORITY: &str = include_str!("../../../../../tests/certificates/authority.pem");
const OTHER: &str = include_str!("../../../../../tests/certificates/other-authority.pem");
const CLIENT: &str = include_str!("../../../../../tests/certificates/own-client.pem");

fn uploaded(organization: &str, name: &str, pem: &str, at: i64) -> UploadedCertificate {
    let read = Certificate::read(pem).unwrap();
    UploadedCertificate {
        id: id(&format!("cert_{name}")),
        organization: id(&format!("org-{organization}")),
        name: (name != "unnamed").then(|| name.to_owned()),
        content: pem.to_owned(),
        valid_at: read.valid_at,
        expires_at: read.expires_at,
        created_at: later(at),
    }
}

fn page(after: Option<&str>, limit: u32) -> Page {
    Page { after: after.map(str::to_owned), limit, ascending: false }
}

/// The ids of a page, those that are active with a mark.
fn shown(rows: &[PlacedCertificate]) -> String {
    let each = rows.iter().map(|row| {
        format!("{}{}", row.certificate.id.as_str().trim_start_matches("cert_"), if row.active { "*" } else { "" })
    });
    each.collect::<Vec<_>>().join(" ")
}

async fn caller(db: &Database, name: &str) -> Caller {
    look!(db, |tx| directory::find_caller(tx, &digest(name))).unwrap().unwrap()
}

/// The digests of the sets that the clients of each project need.
fn needed(caller: &Caller) -> Vec<(String, Option<[u8; 32]>)> {
    let projects = caller.organizations.iter().flat_map(|organization| &organization.projects);
    let one = |set: &Arc<TrustedCertificates>| *set.digest();
    projects.map(|project| (project.id.as_str()[5..].to_owned(), project.certificates.as_ref().map(one))).collect()
}

fn set(pems: &[&str]) -> Option<[u8; 32]> {
    let all = pems.iter().map(|pem| Arc::new(Certificate::read(pem).unwrap())).collect();
    TrustedCertificates::new(all).map(|set| *set.digest())
}

pub(crate) async fn certificates_are_listed(db: Database) {
    let (one, d1, x1, _, _, _) = seed(&db).await;
    let two = id("org-two");
    let rows = [
        uploaded("one", "a", AUTHORITY, 1),
        uploaded("one", "unnamed", OTHER, 2),
        // The same certificate again, in the same second.
        uploaded("one", "c", AUTHORITY, 2),
        uploaded("two", "d", AUTHORITY, 3),
    ];
    for row in &rows {
        change!(db, |tx| certificates::insert(tx, row)).unwrap();
    }
    assert_eq!(look!(db, |tx| certificates::count(tx, &one)), Ok(3));
    assert_eq!(look!(db, |tx| certificates::count(tx, &id("org-none"))), Ok(0));
    assert_eq!(look!(db, |tx| certificates::find(tx, &one, &rows[0].id)), Ok(Some(rows[0].clone())));
    assert_eq!(look!(db, |tx| certificates::find(tx, &one, &rows[1].id)).unwrap().unwrap().name, None);
    assert_eq!(look!(db, |tx| certificates::find(tx, &two, &rows[0].id)), Ok(None), "another organization's");

    assert_eq!(change!(db, |tx| certificates::set_active(tx, &one, &rows[0].id, true, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| certificates::set_active_for_project(tx, &x1, &rows[1].id, true, NOW)), Ok(true));
    let first = look!(db, |tx| certificates::list(tx, &one, &page(None, 2))).unwrap();
    assert_eq!((shown(&first.data).as_str(), first.has_more), ("unnamed c", true));
    let second = look!(db, |tx| certificates::list(tx, &one, &page(Some("cert_c"), 2))).unwrap();
    assert_eq!((shown(&second.data).as_str(), second.has_more), ("a*", false));
    assert_eq!(second.data[0].certificate, rows[0]);
    let of_project = look!(db, |tx| certificates::list_for_project(tx, &one, &x1, &page(None, 9))).unwrap();
    assert_eq!(shown(&of_project.data), "unnamed* c a");
    let rest = look!(db, |tx| certificates::list_for_project(tx, &one, &x1, &page(Some("cert_unnamed"), 9))).unwrap();
    assert_eq!(shown(&rest.data), "c a");
    let beside = look!(db, |tx| certificates::list_for_project(tx, &one, &d1, &page(None, 9))).unwrap();
    assert_eq!(shown(&beside.data), "unnamed c a");
    let foreign = look!(db, |tx| certificates::list(tx, &one, &page(Some("cert_d"), 2)));
    assert_eq!(foreign.map(|listing| listing.data), Err(Error::Missing));

    change!(db, |tx| certificates::rename(tx, &one, &rows[1].id, "it's named")).unwrap();
    let named = look!(db, |tx| certificates::find(tx, &one, &rows[1].id)).unwrap().unwrap();
    assert_eq!(named.name.as_deref(), Some("it's named"));
    assert_eq!(change!(db, |tx| certificates::rename(tx, &two, &rows[1].id, "x")), Err(Error::Missing));

    // A row that was deleted between two pages still is a cursor.
    assert_eq!(change!(db, |tx| certificates::delete(tx, &one, &rows[2].id, later(9))), Ok(true));
    let after = look!(db, |tx| certificates::list(tx, &one, &page(Some("cert_c"), 2))).unwrap();
    assert_eq!(shown(&after.data), "a*");
    let gone: CertificateId = rows[2].id.clone();
    assert_eq!(change!(db, |tx| certificates::delete(tx, &one, &gone, NOW)), Err(Error::Missing));
    assert_eq!(change!(db, |tx| certificates::delete(tx, &one, &rows[3].id, NOW)), Err(Error::Missing));

    let copy = look!(db, |tx| organization_data::find(tx, &one)).unwrap();
    assert_eq!(copy["certificates"].as_array().map(Vec::len), Some(2));
    assert_eq!(copy["project_certificates"][0]["project"], x1.as_str());
    change!(db, |tx| organization_deletions::erase(tx, &one, later(5))).unwrap();
    assert_eq!(look!(db, |tx| certificates::count(tx, &one)), Ok(0));
    assert_eq!(look!(db, |tx| certificates::count(tx, &two)), Ok(1));
    assert_eq!(look!(db, |tx| certificates::count_active(tx)), Ok(0));
}

pub(crate) async fn certificates_of_callers(db: Database) {
    let (one, d1, x1, _, _, _) = seed(&db).await;
    for row in [
        key(KeyKind::ServiceAccount, "bot", Some(("one", Some("x1"))), bot("bot")),
        key(KeyKind::Admin, "admin", Some(("one", None)), person("ann")),
        key(KeyKind::User, "ann", None, person("ann")),
    ] {
        change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    }
    let rows = [uploaded("one", "a", AUTHORITY, 1), uploaded("one", "b", OTHER, 2), uploaded("two", "c", CLIENT, 3)];
    for row in &rows {
        change!(db, |tx| certificates::insert(tx, row)).unwrap();
    }
    let (a, b, c) = (&rows[0].id, &rows[1].id, &rows[2].id);
    let mut seen = look!(db, |tx| changes::latest(tx)).unwrap();
    assert_eq!(needed(&caller(&db, "bot").await), [("x1".to_owned(), None)], "none is active");

    // For a project: its keys, and legacy keys in it.
    assert_eq!(change!(db, |tx| certificates::set_active_for_project(tx, &x1, a, true, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| certificates::set_active_for_project(tx, &x1, a, true, NOW)), Ok(false));
    assert_eq!(look!(db, |tx| certificates::count_of_projects(tx, &one)), Ok(1));
    let of = |name: &str, pems: &[&str]| (name.to_owned(), set(pems));
    assert_eq!(needed(&caller(&db, "bot").await), [of("x1", &[AUTHORITY])]);
    assert_eq!(needed(&caller(&db, "ann").await), [of("d1", &[]), of("x1", &[AUTHORITY]), of("d2", &[])]);
    assert_eq!(needed(&caller(&db, "admin").await), []);
    assert_eq!(look!(db, |tx| certificates::count_active(tx)), Ok(1));

    // For the organization: in addition, and in every project of it alone.
    assert_eq!(change!(db, |tx| certificates::set_active(tx, &one, b, true, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| certificates::set_active(tx, &one, b, true, NOW)), Ok(false));
    assert_eq!(change!(db, |tx| certificates::set_active(tx, &id("org-two"), b, false, NOW)), Ok(false));
    assert_eq!(needed(&caller(&db, "bot").await), [of("x1", &[AUTHORITY, OTHER])]);
    let both = [of("d1", &[OTHER]), of("x1", &[OTHER, AUTHORITY]), of("d2", &[])];
    assert_eq!(needed(&caller(&db, "ann").await), both);
    assert_eq!(change!(db, |tx| certificates::set_active(tx, &id("org-two"), c, true, NOW)), Ok(true));
    assert_eq!(needed(&caller(&db, "ann").await)[2], of("d2", &[CLIENT]));
    assert_eq!(needed(&caller(&db, "bot").await), [of("x1", &[AUTHORITY, OTHER])], "another organization's");

    // What is active is not deleted.
    for active in [a, b] {
        assert_eq!(change!(db, |tx| certificates::delete(tx, &one, active, NOW)), Ok(false));
    }
    assert_eq!(change!(db, |tx| certificates::set_active(tx, &one, b, false, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| certificates::delete(tx, &one, b, NOW)), Ok(true));
    assert_eq!(change!(db, |tx| certificates::set_active_for_project(tx, &d1, a, false, NOW)), Ok(false));
    // An archived project keeps no certificate.
    change!(db, |tx| projects::archive(tx, &one, &x1, NOW)).unwrap();
    assert_eq!(change!(db, |tx| certificates::delete(tx, &one, a, NOW)), Ok(true));
    assert_eq!(needed(&caller(&db, "ann").await).iter().filter(|(_, set)| set.is_some()).count(), 1);

    let said = look!(db, |tx| changes::since(tx, seen, 100)).unwrap();
    let count = |subject: &ChangeSubject| said.iter().filter(|change| change.subject == *subject).count();
    // One of the project is its archiving.
    assert_eq!(count(&ChangeSubject::Project(x1.clone())), 2);
    assert_eq!(count(&ChangeSubject::Organization(one.clone())), 2);
    seen = said.last().unwrap().revision;
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(seen));

    // A certificate that cannot be read lets no client in.
    let broken = UploadedCertificate { content: "broken".to_owned(), ..uploaded("two", "e", CLIENT, 4) };
    change!(db, |tx| certificates::insert(tx, &broken)).unwrap();
    change!(db, |tx| certificates::set_active(tx, &id("org-two"), &broken.id, true, NOW)).unwrap();
    let read = look!(db, |tx| directory::find_caller(tx, &digest("ann")));
    assert!(matches!(read, Err(Error::Corrupt { table: "certificates", .. })), "{read:?}");
}
