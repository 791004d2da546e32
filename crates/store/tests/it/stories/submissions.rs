//! Submitted forms and their answers.

use keystead_store::tables::form_submissions::{self, FormSubmission};

use crate::world::*;

fn submission(number: u8, at: i64) -> FormSubmission {
    FormSubmission {
        id: vec![number],
        sender: vec![7],
        answer: None,
        opened_at: None,
        created_at: later(at),
        expires_at: later(at + 600),
    }
}

pub(crate) async fn forms_run_once(db: Database) {
    let insert = async |row: FormSubmission| change!(db, |tx| form_submissions::insert(tx, &row)).unwrap();
    let find = async |id: u8, at: i64| look!(db, |tx| form_submissions::find(tx, &[id], later(at))).unwrap();
    assert!(insert(submission(1, 0)).await);
    assert!(!insert(submission(1, 5)).await, "the same form again");
    assert_eq!(find(1, 599).await, Some(submission(1, 0)), "it runs");
    assert_eq!(find(1, 600).await, None, "expired");
    assert_eq!(find(2, 0).await, None);
    assert_eq!(change!(db, |tx| form_submissions::finish(tx, &[1], b"answer")), Ok(true));
    assert_eq!(change!(db, |tx| form_submissions::finish(tx, &[1], b"other")), Ok(false), "answered once");
    assert_eq!(change!(db, |tx| form_submissions::finish(tx, &[2], b"other")), Ok(false), "no such form");
    let answered = FormSubmission { answer: Some(b"answer".to_vec()), ..submission(1, 0) };
    assert_eq!(find(1, 1).await, Some(answered.clone()));
    assert_eq!(change!(db, |tx| form_submissions::open(tx, &[1], later(9))), Ok(true));
    assert_eq!(change!(db, |tx| form_submissions::open(tx, &[1], later(10))), Ok(false), "opened once");
    assert_eq!(find(1, 1).await, Some(FormSubmission { opened_at: Some(later(9)), ..answered.clone() }));
    change!(db, |tx| form_submissions::close(tx, &[1])).unwrap();
    assert_eq!(find(1, 1).await, Some(answered));
    // The newest answers of a sender stay, and every form that runs.
    for (number, at) in [(2, 10), (3, 20), (4, 30)] {
        assert!(insert(submission(number, at)).await);
    }
    change!(db, |tx| form_submissions::finish(tx, &[2], b"answer")).unwrap();
    change!(db, |tx| form_submissions::finish(tx, &[4], b"answer")).unwrap();
    assert_eq!(change!(db, |tx| form_submissions::delete_beyond(tx, &[7], 1)), Ok(2), "1 and 2");
    assert_eq!(change!(db, |tx| form_submissions::delete_beyond(tx, &[8], 0)), Ok(0));
    assert_eq!(find(3, 20).await, Some(submission(3, 20)));
    change!(db, |tx| form_submissions::delete(tx, &[3])).unwrap();
    assert_eq!(find(3, 20).await, None);
    assert_eq!(change!(db, |tx| form_submissions::delete_expired(tx, later(629))), Ok(0));
    assert_eq!(change!(db, |tx| form_submissions::delete_expired(tx, later(630))), Ok(1));
}
