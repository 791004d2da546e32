//! Prices: rows from a second on, withdrawn before they hold; and the usage from which a preview is computed.

use keystead_core::id::ActorId;
use keystead_core::money::Micros;
use keystead_core::prices::images_of;
use keystead_core::usage::{Attributes, ImageTraits, Price, Quantities, UsageEvent, UsageKind};
use keystead_store::Error;
use keystead_store::tables::changes::{self, ChangeSubject};
use keystead_store::tables::prices::{self, PriceRow};
use keystead_store::tables::usage::{self, ModelTotal};

use super::usage::event;
use crate::world::*;

pub(super) fn row(name: &str, model: &str, from: i64, made: i64, input: i64) -> PriceRow {
    PriceRow {
        id: id(&format!("price_{name}")),
        model: model.to_owned(),
        price: Price {
            input: Micros(input),
            request: Micros(1),
            images: images_of([("hd/1024x1792", Ok(Micros(2)))]).unwrap(),
            ..Price::default()
        },
        holds_from: later(from),
        made_at: later(made),
        made_by: "ops@example.com".into(),
        reason: "it's 'new'\\".to_owned(),
        withdrawn: None,
    }
}

pub(crate) async fn prices_hold_from_a_second(db: Database) {
    assert_eq!(look!(db, |tx| prices::list(tx)), Ok(vec![]));
    assert_eq!(look!(db, |tx| prices::list_of_model(tx, "a")), Ok(vec![]));
    assert_eq!(look!(db, |tx| prices::find(tx, &id("price_none"))), Ok(None));
    let before = look!(db, |tx| changes::latest(tx)).unwrap();
    let (a, b, z) = (row("a", "a", 0, 0, 1), row("b", "it's \"b\" 𝄞", 100, 0, 2), row("z", "Z", 0, 0, i64::MAX));
    let made = [b.clone(), a.clone(), z.clone()];
    let revision = change!(db, |tx| prices::insert(tx, &made)).unwrap();
    assert_eq!(revision, before + 1, "all of an import is one change");
    assert_eq!(look!(db, |tx| prices::list(tx)), Ok(vec![z.clone(), a.clone(), b.clone()]));
    assert_eq!(look!(db, |tx| prices::find(tx, &a.id)), Ok(Some(a.clone())));

    // A later price of the same model.
    let next = row("next", "a", 500, 10, 3);
    change!(db, |tx| prices::insert(tx, std::slice::from_ref(&next))).unwrap();
    assert_eq!(look!(db, |tx| prices::list_of_model(tx, "a")), Ok(vec![next.clone(), a.clone()]));
    assert_eq!(look!(db, |tx| prices::list_of_model(tx, "A")), Ok(vec![]));

    // Another price from the same second on replaces the one that does not hold yet.
    let better = row("better", "a", 500, 20, 4);
    change!(db, |tx| prices::insert(tx, std::slice::from_ref(&better))).unwrap();
    let withdrawn =
        |row: &PriceRow, at| PriceRow { withdrawn: Some((later(at), "ops@example.com".into())), ..row.clone() };
    let history = look!(db, |tx| prices::list_of_model(tx, "a"));
    assert_eq!(history, Ok(vec![better.clone(), withdrawn(&next, 20), a.clone()]));

    // One that holds is not replaced, and then nothing of the import is kept.
    let late = [row("fine", "c", 600, 600, 5), row("late", "a", 500, 600, 6)];
    let refused = change!(db, |tx| prices::insert(tx, &late));
    assert_eq!(refused, Err(Error::Conflict("price from this second")));
    assert_eq!(look!(db, |tx| prices::list_of_model(tx, "c")), Ok(vec![]));
    let refused = change!(db, |tx| prices::insert(tx, &[row("now", "a", 0, 0, 7)]));
    assert_eq!(refused, Err(Error::Conflict("price from this second")));
    assert_eq!(change!(db, |tx| prices::insert(tx, &[])), Err(Error::Invalid("no prices")));

    // Withdrawn before it holds, once.
    let by: ActorId = "other@example.com".into();
    let latest = look!(db, |tx| changes::latest(tx)).unwrap();
    assert_eq!(change!(db, |tx| prices::withdraw(tx, &b.id, &by, later(100))), Ok(None), "it holds");
    assert_eq!(change!(db, |tx| prices::withdraw(tx, &id("price_none"), &by, later(99))), Ok(None));
    assert_eq!(look!(db, |tx| changes::latest(tx)), Ok(latest), "nothing has changed");
    let expected = PriceRow { withdrawn: Some((later(99), by.clone())), ..b.clone() };
    assert_eq!(change!(db, |tx| prices::withdraw(tx, &b.id, &by, later(99))), Ok(Some(expected.clone())));
    assert_eq!(change!(db, |tx| prices::withdraw(tx, &b.id, &by, later(99))), Ok(None));
    assert_eq!(look!(db, |tx| prices::find(tx, &b.id)), Ok(Some(expected)));
    assert_eq!(look!(db, |tx| prices::list(tx)), Ok(vec![z, a, better]));
    let told = look!(db, |tx| changes::since(tx, latest, 10)).unwrap();
    assert_eq!(told.into_iter().map(|change| change.subject).collect::<Vec<_>>(), [ChangeSubject::Models]);
    // The second is free again.
    assert!(change!(db, |tx| prices::insert(tx, &[row("again", &b.model, 100, 99, 8)])).is_ok());
}

pub(crate) async fn totals_of_models(db: Database) {
    const DAY: i64 = 86_400;
    let midnight = keystead_core::Timestamp(NOW.0 - NOW.0.rem_euclid(DAY));
    let at = |seconds: i64, event: UsageEvent| UsageEvent { at: midnight.plus(seconds), ..event };
    let used = Quantities { images: 2, requests: 1, ..Quantities::default() };
    let image = UsageEvent { kind: UsageKind::Images, used, ..event(0, "a") };
    let sized = |quality: &str, size: &str| {
        let images = ImageTraits::read(Some(quality), Some(size));
        UsageEvent { attributes: Attributes::default().with_images(images), ..image.clone() }
    };
    let other = UsageEvent { organization: id("org-two"), estimated: true, ..event(0, "a") };
    let events = [
        at(-1, event(0, "a")),
        at(0, event(0, "b")),
        at(0, event(0, "Z")),
        at(5, other),
        at(DAY - 1, event(0, "a")),
        at(7, image.clone()),
        at(8, sized("hd", "1024x1024")),
        at(9, sized("hd", "1024x1024")),
        at(9, sized("low", "1024x1024")),
        at(9, sized("low", "")),
        // What tells other usage apart is in one total.
        at(10, UsageEvent { attributes: Attributes::of_detail(Some("flex")), ..event(0, "b") }),
        at(DAY, event(0, "a")),
    ];
    assert_eq!(look!(db, |tx| usage::list_of_models(tx, midnight, midnight.plus(DAY))), Ok(vec![]));
    change!(db, |tx| usage::record(tx, "1-x", 0, &events)).unwrap();
    let one = event(0, "a").used;
    let total = |model: &str, kind, used, micros| ModelTotal {
        model: model.to_owned(),
        kind,
        attributes: Attributes::default(),
        used,
        cost: Micros(micros).into(),
    };
    let of = |quality: &str, size: &str, used, micros| {
        let attributes = sized(quality, size).attributes;
        ModelTotal { attributes, ..total("a", UsageKind::Images, used, micros) }
    };
    let expected = vec![
        total("Z", UsageKind::Completions, one, 7),
        total("a", UsageKind::Completions, one.plus(one), 14),
        total("a", UsageKind::Images, used, 7),
        of("low", "", used, 7),
        of("hd", "1024x1024", used.plus(used), 14),
        of("low", "1024x1024", used, 7),
        total("b", UsageKind::Completions, one.plus(one), 14),
    ];
    assert_eq!(look!(db, |tx| usage::list_of_models(tx, midnight, midnight.plus(DAY))), Ok(expected));
}
