//! Submitted forms and the pages that answer them.

use keystead_core::id::UserId;
use keystead_store::tables::form_submissions::{self, FormSubmission};

use crate::world::*;

fn submission(number: u8, user: Option<&str>, at: i64) -> FormSubmission {
    FormSubmission {
        id: vec![number],
        user: user.map(id),
        client: vec![7],
        created_at: later(at),
        expires_at: later(at + 600),
    }
}

pub(crate) async fn forms_run_once(db: Database) {
    let insert = async |row: FormSubmission| change!(db, |tx| form_submissions::insert(tx, &row)).unwrap();
    assert!(insert(submission(1, Some("user-a"), 0)).await);
    assert!(!insert(submission(1, None, 5)).await, "the same form again");
    assert_eq!(look!(db, |tx| form_submissions::find(tx, &[1])), Ok(Some(None)), "it runs");
    assert_eq!(look!(db, |tx| form_submissions::find(tx, &[2])), Ok(None));
    assert_eq!(change!(db, |tx| form_submissions::finish(tx, &[1], "/keys", Some(b"page"))), Ok(true));
    assert_eq!(change!(db, |tx| form_submissions::finish(tx, &[1], "/other", None)), Ok(false));
    assert_eq!(look!(db, |tx| form_submissions::find(tx, &[1])), Ok(Some(Some("/keys".to_owned()))));
    let page = async |user: Option<&str>, at: i64| {
        let user = user.map(id::<UserId>);
        look!(db, |tx| form_submissions::page(tx, &[1], user.as_ref(), later(at))).unwrap()
    };
    assert_eq!(page(None, 1).await, None);
    assert_eq!(page(Some("user-b"), 1).await, None);
    assert_eq!(page(Some("user-a"), 600).await, None, "expired");
    assert_eq!(page(Some("user-a"), 599).await, Some(b"page".to_vec()));
    assert_eq!(change!(db, |tx| form_submissions::erase_page(tx, &[1])), Ok(true));
    assert_eq!(change!(db, |tx| form_submissions::erase_page(tx, &[1])), Ok(false));
    assert_eq!(page(Some("user-a"), 1).await, None);
    // The newest of a client stay, and those that run.
    for (number, at) in [(2, 10), (3, 20), (4, 30)] {
        assert!(insert(submission(number, None, at)).await);
    }
    change!(db, |tx| form_submissions::finish(tx, &[2], "/", None)).unwrap();
    change!(db, |tx| form_submissions::finish(tx, &[4], "/", None)).unwrap();
    assert_eq!(change!(db, |tx| form_submissions::delete_beyond(tx, &[7], 1)), Ok(2), "1 and 2");
    assert_eq!(change!(db, |tx| form_submissions::delete_beyond(tx, &[8], 0)), Ok(0));
    assert_eq!(look!(db, |tx| form_submissions::find(tx, &[3])), Ok(Some(None)));
    change!(db, |tx| form_submissions::delete(tx, &[3])).unwrap();
    assert_eq!(look!(db, |tx| form_submissions::find(tx, &[3])), Ok(None));
    assert_eq!(change!(db, |tx| form_submissions::delete_expired(tx, later(629))), Ok(0));
    assert_eq!(change!(db, |tx| form_submissions::delete_expired(tx, later(630))), Ok(1));
}
