use super::*;
use crate::time::Timestamp;

fn id(name: &str) -> CreditLotId {
    format!("credit_{name}").parse().unwrap()
}

fn lot(name: &str, left: i64, priority: i64, expires_at: Option<i64>, made_at: i64) -> Lot {
    let expires_at = expires_at.map(Timestamp);
    Lot { id: id(name), left: Micros(left), priority, expires_at, made_at: Timestamp(made_at) }
}

fn of(entries: &[Entry]) -> Vec<(String, i64)> {
    entries.iter().map(|entry| (entry.account.to_string(), entry.micros.0)).collect()
}

/// What of a payment can be taken back when nothing of it has expired.
fn open(micros: i64) -> OfPayment {
    OfPayment { open: Micros(micros), expired: Micros(0) }
}

fn named(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter().map(|(account, micros)| ((*account).to_owned(), *micros)).collect()
}

#[test]
fn usage_takes_lots_by_priority_then_expiry_then_age() {
    let lots = vec![
        lot("late", 5, 10, Some(900), 1),
        lot("never", 5, 10, None, 0),
        lot("old", 5, 50, Some(100), 1),
        lot("older", 5, 50, Some(100), 0),
        lot("soon", 5, 10, Some(800), 2),
        lot("empty", 0, 0, None, 0),
    ];
    let position = Position::new(lots, Micros(0));
    let used = post_usage(&position, Micros(27), BillingMode::Prepaid).unwrap();
    let expected = [
        ("credit:credit_soon", -5),
        ("credit:credit_late", -5),
        ("credit:credit_never", -5),
        ("credit:credit_older", -5),
        ("credit:credit_old", -5),
        ("receivable", -2),
        ("usage", 27),
    ];
    assert_eq!(of(&used.entries), named(&expected));
    assert!(used.is_balanced());
    assert_eq!(used.change(), Micros(-27));
    let after = position.after(&used.entries, None).unwrap();
    assert_eq!((after.lots().len(), after.balance(), after.receivable()), (0, Micros(-2), Micros(-2)));
}

#[test]
fn usage_that_is_not_charged_takes_nothing() {
    let position = Position::new(vec![lot("a", 5, 50, None, 0)], Micros(0));
    let used = post_usage(&position, Micros(9), BillingMode::None).unwrap();
    assert_eq!(of(&used.entries), named(&[("unbilled", -9), ("usage", 9)]));
    assert_eq!(position.after(&used.entries, None).unwrap(), position);
    assert_eq!(post_usage(&position, Micros(0), BillingMode::Prepaid), Err(LedgerFault::Amount));
}

#[test]
fn what_comes_settles_what_is_owed_first() {
    let owing = Position::new(Vec::new(), Micros(-30));
    let bought = purchase(&owing, &id("a"), Micros(100)).unwrap();
    assert_eq!(of(&bought.entries), named(&[("receivable", 30), ("credit:credit_a", 70), ("payments", -100)]));
    let small = grant(&owing, &id("a"), Micros(20)).unwrap();
    assert_eq!(of(&small.entries), named(&[("receivable", 20), ("granted", -20)]));
    let after = owing.after(&small.entries, Some(&lot("a", 0, 50, None, 0))).unwrap();
    assert_eq!((after.balance(), after.lots().len()), (Micros(-10), 0));
}

#[test]
fn refunds_take_their_own_lot_first_and_never_more_than_was_paid() {
    let lots = vec![lot("first", 40, 10, None, 0), lot("own", 30, 50, None, 0)];
    let position = Position::new(lots, Micros(0));
    let refunded = refund(&position, &id("own"), Micros(80), open(100)).unwrap();
    let expected = [("credit:credit_own", -30), ("credit:credit_first", -40), ("receivable", -10), ("refunds", 80)];
    assert_eq!(of(&refunded.entries), named(&expected));
    assert_eq!(refund(&position, &id("own"), Micros(101), open(100)), Err(LedgerFault::MoreThanPaid));
    let disputed = charge_back(&position, &id("gone"), Micros(100), open(100)).unwrap();
    assert_eq!(disputed.change(), Micros(-100));
    let after = position.after(&disputed.entries, None).unwrap();
    assert_eq!(after.balance(), Micros(-30));
    let back = reverse_charge_back(&after, &id("back"), (Micros(100), Micros(0))).unwrap();
    assert_eq!(of(&back.entries), named(&[("receivable", 30), ("credit:credit_back", 70), ("disputed", -100)]));
}

#[test]
fn what_has_expired_of_a_payment_is_not_lost_twice() {
    let lots = vec![lot("own", 30, 50, None, 0), lot("other", 40, 10, None, 0)];
    let position = Position::new(lots, Micros(0));
    let payment = OfPayment { expired: Micros(50), ..open(100) };
    let refunded = refund(&position, &id("own"), Micros(90), payment).unwrap();
    let expected = [("credit:credit_own", -30), ("credit:credit_other", -10), ("expired", -50), ("refunds", 90)];
    assert_eq!(of(&refunded.entries), named(&expected));
    assert_eq!(refunded.change(), Micros(-40));
    let small = charge_back(&position, &id("own"), Micros(20), payment).unwrap();
    assert_eq!(of(&small.entries), named(&[("credit:credit_own", -20), ("disputed", 20)]));
    let all = charge_back(&Position::default(), &id("own"), Micros(50), payment).unwrap();
    assert_eq!(of(&all.entries), named(&[("expired", -50), ("disputed", 50)]));
    // It is expired again when the payment comes back.
    let back = reverse_charge_back(&Position::default(), &id("back"), (Micros(50), Micros(50))).unwrap();
    assert_eq!(of(&back.entries), named(&[("expired", 50), ("disputed", -50)]));
    let back = reverse_refund(&Position::default(), &id("back"), (Micros(90), Micros(50))).unwrap();
    assert_eq!(of(&back.entries), named(&[("credit:credit_back", 40), ("expired", 50), ("refunds", -90)]));
}

#[test]
fn what_is_left_of_a_lot_expires_once() {
    let position = Position::new(vec![lot("a", 7, 50, Some(9), 0)], Micros(0));
    let gone = expire(&position, &id("a")).unwrap();
    assert_eq!(of(&gone.entries), named(&[("credit:credit_a", -7), ("expired", 7)]));
    assert_eq!(expire(&position.after(&gone.entries, None).unwrap(), &id("a")), None);
    assert_eq!(expire(&position, &id("b")), None);
}

#[test]
fn amounts_out_of_range_are_refused() {
    let position = Position::default();
    for micros in [0, -1, MOST.0 + 1, i64::MAX, i64::MIN] {
        assert_eq!(purchase(&position, &id("a"), Micros(micros)), Err(LedgerFault::Amount), "{micros}");
        assert_eq!(grant(&position, &id("a"), Micros(micros)), Err(LedgerFault::Amount), "{micros}");
        assert_eq!(refund(&position, &id("a"), Micros(micros), open(i64::MAX)), Err(LedgerFault::Amount), "{micros}");
        let back = reverse_charge_back(&position, &id("a"), (Micros(micros), Micros(0)));
        assert_eq!(back, Err(LedgerFault::Amount), "{micros}");
    }
    for micros in [0, MOST.0 + 1, -MOST.0 - 1, i64::MAX, i64::MIN] {
        assert_eq!(adjust(&position, &id("a"), Micros(micros)), Err(LedgerFault::Amount), "{micros}");
    }
    assert_eq!(adjust(&position, &id("a"), Micros(-5)).unwrap().change(), Micros(-5));
    // Entries that a position cannot hold are refused, too.
    let taken = [Entry { account: Account::Credit(id("a")), micros: Micros(-1) }];
    assert_eq!(position.after(&taken, None), Err(LedgerFault::Range));
    let paid = [Entry { account: Account::Receivable, micros: Micros(1) }];
    assert_eq!(position.after(&paid, None), Err(LedgerFault::Range));
}

#[test]
fn names_are_read_back() {
    let accounts = Account::PLAIN.into_iter().chain([Account::Credit(id("a"))]);
    for account in accounts {
        assert_eq!(account.to_string().parse::<Account>(), Ok(account));
    }
    assert!("credit".parse::<Account>().is_err() && "credit:org-a".parse::<Account>().is_err());
    for kind in TransactionKind::ALL {
        assert_eq!(TransactionKind::from_name(kind.as_str()), Some(kind));
    }
    for mode in BillingMode::ALL {
        assert_eq!(BillingMode::from_name(mode.as_str()), Some(mode));
    }
    for why in [Suspension::Chargeback, Suspension::Operator] {
        assert_eq!(Suspension::from_name(why.as_str()), Some(why));
    }
}

#[test]
fn posting_rounds_the_running_total_down() {
    let third = Amount::of_picos(333_333);
    let (mut counted, mut posted) = (Amount::ZERO, Micros(0));
    for _ in 0..10_000 {
        counted = counted.plus(third);
        posted.0 += unposted(counted, posted).0;
        let missing = counted.minus(posted.into());
        assert!(Amount::ZERO <= missing && missing < Micros(1).into(), "{missing}");
    }
    assert_eq!(posted, Micros(3_333));
    assert_eq!(unposted(Amount::ZERO, Micros(5)), Micros(0));
}
