use proptest::prelude::*;

use super::*;

#[test]
fn forty_small_requests_cost_what_they_cost() {
    let one = Amount::for_quantity(4, Micros(20_000));
    let all = (0..40).fold(Amount::ZERO, |sum, _| sum.plus(one));
    assert_eq!(all, Amount::for_quantity(160, Micros(20_000)));
    assert_eq!((all.to_string().as_str(), all.as_units()), ("0.0000032", 0.000_003_2));
    assert_eq!(all.rounded_to(1_000_000), 3);
}

#[test]
fn absurd_figures_saturate() {
    let most = Amount::for_quantity(i64::MAX, Micros(i64::MAX));
    assert_eq!(most.parts().0, i64::MAX);
    assert_eq!(most.plus(most).plus(most).plus(most).parts(), (i64::MAX, 0));
    assert!(most.as_units().is_finite());
    assert_eq!(Amount::for_quantity(-5, Micros(1)), Amount::ZERO);
    assert_eq!(Amount::for_quantity(5, Micros(-1)), Amount::ZERO);
}

#[test]
fn cents_differences_and_parts_are_exact() {
    assert_eq!(Amount::of_cents(3_700), Micros(37_000_000).into());
    assert_eq!(Amount::of_cents(1).to_string(), "0.01");
    assert_eq!(Amount::of_cents(i64::MAX).parts().0, i64::MAX);
    assert_eq!(Amount::of_cents(5).minus(Amount::of_cents(7)), Amount::of_cents(-2));
    // A part is rounded down, so that the parts are never more than the whole.
    assert_eq!(Amount::of_picos(7).divided_by(8), Amount::ZERO);
    assert_eq!(Amount::of_picos(17).divided_by(8), Amount::of_picos(2));
    assert_eq!(Amount::of_picos(-1).divided_by(8), Amount::of_picos(-1));
    assert_eq!(Amount::of_picos(9).divided_by(0), Amount::of_picos(9));
}

#[test]
fn spools_of_versions_that_rounded_are_read() {
    assert_eq!(serde_json::from_str::<Amount>("7").unwrap(), Micros(7).into());
    assert_eq!(serde_json::to_string(&Amount::from(Micros(7))).unwrap(), "7");
    assert_eq!(serde_json::to_string(&Amount::for_quantity(4, Micros(20_000))).unwrap(), "[0,80000]");
    for broken in ["[1]", "[]", "\"7\"", "1.5", "18446744073709551615"] {
        assert!(serde_json::from_str::<Amount>(broken).is_err(), "{broken}");
    }
}

proptest! {
    #[test]
    fn the_sum_of_the_parts_is_the_whole_in_any_order(
        quantities in proptest::collection::vec(0..=1_000_000_000_i64, 0..60),
        price in 0..=1_000_000_000_000_i64,
        turn in 0..60_usize,
    ) {
        let price = Micros(price);
        let sum = |quantities: &[i64]| {
            quantities.iter().fold(Amount::ZERO, |sum, one| sum.plus(Amount::for_quantity(*one, price)))
        };
        let whole = Amount::for_quantity(quantities.iter().sum(), price);
        prop_assert_eq!(sum(&quantities), whole);
        let mut turned = quantities.clone();
        turned.rotate_left(turn.min(quantities.len()));
        turned.reverse();
        prop_assert_eq!(sum(&turned), whole);
        // The columns of micros and picos are summed separately.
        let (micros, picos) = quantities.iter().fold((0, 0), |(micros, picos), one| {
            let parts = Amount::for_quantity(*one, price).parts();
            (micros + parts.0, picos + parts.1)
        });
        prop_assert_eq!(Amount::of_parts(micros, picos), whole);
    }

    #[test]
    fn every_amount_is_written_and_read_back(picos in -(1_i128 << 100)..(1_i128 << 100)) {
        let amount = Amount(picos);
        if amount.parts().0.unsigned_abs() < i64::MAX as u64 {
            let text = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), amount);
            let (micros, rest) = amount.parts();
            prop_assert_eq!(Amount::of_parts(micros, rest), amount);
        }
        let text = amount.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits: i128 = format!("{whole}{fraction:0<12}").parse().unwrap();
        prop_assert_eq!(digits, picos);
    }
}
