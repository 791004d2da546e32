//! The projects for which certificates are active, and the keys that need one there.

use keystead_core::client_certificate::Certificate;
use keystead_core::key::KeyKind;
use keystead_store::tables::certificate_places::{self, CertificatePlace};
use keystead_store::tables::certificates::{self, UploadedCertificate};
use keystead_store::tables::{api_keys, projects};

use crate::world::*;

const AUTHORITY: &str = include_str!("../../../../../tests/certificates/authority.pem");

pub(crate) async fn places_and_keys(db: Database) {
    let (one, d1, x1, ann, ..) = seed(&db).await;
    let two = id("org-two");
    let read = Certificate::read(AUTHORITY).unwrap();
    let uploaded = |name: &str, organization: &str| UploadedCertificate {
        id: id(&format!("cert_{name}")),
        organization: id(organization),
        name: None,
        content: AUTHORITY.to_owned(),
        valid_at: read.valid_at,
        expires_at: read.expires_at,
        created_at: NOW,
    };
    let (a, b) = (uploaded("a", "org-one"), uploaded("b", "org-two"));
    for row in [&a, &b] {
        change!(db, |tx| certificates::insert(tx, row)).unwrap();
    }
    assert_eq!(look!(db, |tx| certificate_places::list(tx, &one)).unwrap(), []);
    for project in [&x1, &d1] {
        change!(db, |tx| certificates::set_active_for_project(tx, project, &a.id, true, NOW)).unwrap();
    }
    let places = look!(db, |tx| certificate_places::list(tx, &one)).unwrap();
    let ids: Vec<_> = places.iter().map(|place| (&place.certificate, &place.project, place.is_default)).collect();
    assert_eq!(ids, [(&a.id, &d1, true), (&a.id, &x1, false)], "by name");
    assert_eq!(look!(db, |tx| certificate_places::list(tx, &two)).unwrap(), [], "another organization's");

    for (name, kind, project) in [
        ("x", KeyKind::Project, Some("x1")),
        ("d", KeyKind::Project, Some("d1")),
        ("ended", KeyKind::Project, Some("d1")),
        ("admin", KeyKind::Admin, None),
    ] {
        let mut row = key(kind, name, Some(("one", project)), keystead_core::caller::Owner::User(ann.clone()));
        row.expires_at = (name == "ended").then(|| later(5));
        change!(db, |tx| api_keys::insert(tx, &row)).unwrap();
    }
    for (project, now, wanted) in [(None, NOW, 3), (Some(&d1), NOW, 2), (None, later(5), 2), (Some(&x1), later(5), 1)] {
        let keys = look!(db, |tx| certificate_places::count_keys(tx, &one, project, now));
        assert_eq!(keys, Ok(wanted), "{project:?} at {now:?}");
    }
    assert_eq!(look!(db, |tx| certificate_places::count_keys(tx, &two, Some(&x1), NOW)), Ok(0));

    change!(db, |tx| projects::archive(tx, &one, &x1, later(6))).unwrap();
    let left: Vec<CertificatePlace> = look!(db, |tx| certificate_places::list(tx, &one)).unwrap();
    assert_eq!(left.len(), 1, "an archived project is left out");
    assert_eq!(look!(db, |tx| certificate_places::count_keys(tx, &one, None, later(7))), Ok(1));
}
