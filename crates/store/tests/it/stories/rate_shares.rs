//! Limits are divided among nodes: what is saved is what is found, and what is short is listed.

use keystead_core::rate::shares::{LimitName, ShareAnswer, ShareAsk};
use keystead_core::rate::{Levels, Measure, Part, RateLimits};
use keystead_store::tables::{changes, organization_deletions, projects, rate_shares};

use crate::world::*;

fn name(model: &str) -> LimitName {
    LimitName { subject: "org-one".to_owned(), model: model.to_owned() }
}

fn ask(number: u64, want: Part) -> ShareAsk {
    ShareAsk {
        name: name("it's/m"),
        limits: RateLimits { requests_per_day: Some(100), ..RateLimits::NONE },
        number,
        first: number == 1,
        part: Part::NONE,
        given: Levels::default(),
        levels: Levels::default(),
        want,
    }
}

async fn divide(db: &Database, node: &str, ask: ShareAsk, seconds: i64) -> ShareAnswer {
    change!(db, |tx| async {
        let (seen, now) = (rate_shares::nodes_seen(tx).await?, later(seconds));
        let mut division = rate_shares::lock(tx, &ask.name, now).await?.unwrap();
        let answer = division.divide(node, &ask, |node| seen.state(node, now), now);
        rate_shares::save(tx, &ask.name, &division, answer.is_short(), now).await?;
        Ok(answer)
    })
    .unwrap()
}

pub(crate) async fn limits_are_divided(db: Database) {
    for node in ["a", "b"] {
        change!(db, |tx| changes::heartbeat(tx, node, 0, NOW)).unwrap();
    }
    let first = divide(&db, "a", ask(1, Part::ALL), 0).await;
    assert_eq!((first.part, first.shared), (Part::ALL, false));
    assert_eq!(divide(&db, "a", ask(1, Part::ALL), 0).await, first, "a repeated report counts once");
    assert_eq!(look!(db, |tx| rate_shares::list_short(tx, NOW)), Ok(vec![]));
    let other = divide(&db, "b", ask(1, Part::ALL), 1).await;
    assert_eq!((other.part, other.target, other.shared), (Part::NONE, Part::of_nodes(2), true));
    assert_eq!(look!(db, |tx| rate_shares::list_short(tx, later(1))), Ok(vec![name("it's/m")]));
    assert_eq!(look!(db, |tx| rate_shares::list_short(tx, later(2))), Ok(vec![]));
    // What a node gives back has its levels.
    let level = Levels::each(|measure| if measure == Measure::RequestsPerDay { 7_000_000 } else { 0 });
    let back = ShareAsk { first: false, part: Part::of_nodes(2), given: level, ..ask(2, Part::ALL) };
    assert_eq!(divide(&db, "a", back, 1).await.part, Part::of_nodes(2));
    let more = divide(&db, "b", ShareAsk { first: false, ..ask(2, Part::ALL) }, 1).await;
    assert_eq!((more.part, more.added), (Part::of_nodes(2), level));
    // The other node has left; its part is free, and its level of the day stays.
    change!(db, |tx| changes::leave(tx, "b")).unwrap();
    let kept = ShareAsk { first: false, part: Part::of_nodes(2), ..ask(3, Part::ALL) };
    let all = divide(&db, "a", kept, 2).await;
    // It has gone down for a second, as half of the limit does.
    let level = Levels::each(|measure| if measure == Measure::RequestsPerDay { 6_999_422 } else { 0 });
    assert_eq!((all.part, all.added, all.shared), (Part::ALL, level, false));
    assert_eq!(change!(db, |tx| rate_shares::delete_old(tx, later(2))), Ok(0));
    assert_eq!(change!(db, |tx| rate_shares::delete_old(tx, later(3))), Ok(1));
}

pub(crate) async fn limits_of_what_is_deleted_are_forgotten(db: Database) {
    let (one, d1, x1, ..) = seed(&db).await;
    let subjects = [x1.as_str(), d1.as_str(), one.as_str()];
    // Whether something is kept of each limit, as a node finds it that still reports.
    let kept = async || {
        let mut found = Vec::new();
        for subject in subjects {
            let limit = LimitName { subject: subject.to_owned(), model: "m".to_owned() };
            found.push(change!(db, |tx| rate_shares::lock(tx, &limit, NOW)).unwrap().is_some());
        }
        found
    };
    assert_eq!(kept().await, [true, true, true]);
    change!(db, |tx| projects::archive(tx, &one, &x1, NOW)).unwrap();
    assert_eq!(kept().await, [false, true, true]);
    change!(db, |tx| organization_deletions::erase(tx, &one, NOW)).unwrap();
    assert_eq!(kept().await, [false, false, false]);
    assert_eq!(change!(db, |tx| rate_shares::delete_old(tx, later(1))), Ok(0), "nothing is left");
}
