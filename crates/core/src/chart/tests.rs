use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn steps_are_those_that_people_expect() {
    let steps = |most| Axis::of(most).ticks().collect::<Vec<_>>();
    assert_eq!(steps(135), [0, 50, 100, 150]);
    assert_eq!(steps(0), [0, 1]);
    assert_eq!(steps(1), [0, 1]);
    assert_eq!(steps(7), [0, 5, 10]);
    assert_eq!(steps(61), [0, 25, 50, 75]);
    assert_eq!(steps(128_007), [0, 50_000, 100_000, 150_000]);
    assert_eq!(Axis::of(i128::MAX).top(), 10_i128.pow(36));
}

#[test]
fn labels_of_a_crowded_stack_move_up() {
    assert_eq!(place(&[10, 12, 14, 90], 0, 100), [0, 18, 36, 90]);
    assert_eq!(place(&[40, 60, 62, 64], 0, 70), [10, 28, 46, 64]);
    assert_eq!(place(&[100, 100, 100], 0, 100), [64, 82, 100]);
    assert_eq!(place(&[], 0, 100), [0; 0]);
}

#[test]
fn one_day_far_above_the_others_is_unusual() {
    let days = [20, 60, 58, 70, 62, 61, 20, 18, 61, 62, 62, 135];
    assert_eq!(unusual(&days), Some(Unusual { day: 11, value: 135, tenths: 22 }));
    assert_eq!(unusual(&days[..11]), None, "weekdays beside weekends are not");
    assert_eq!(unusual(&[1, 1, 1, 1, 1, 9]), None, "too few days");
    assert_eq!(unusual(&[0, 0, 0, 0, 0, 0, 0, 0, 9]), None, "the first day of all");
    assert_eq!(unusual(&[]), None);
}

#[test]
fn a_forecast_continues_the_average() {
    assert_eq!(forecast(&[10, 20, 30], 5, 30), Some(60 + 20 + 26 * 20));
    assert_eq!(forecast(&[10, 20, 30], 50, 4), Some(110), "a day above the average");
    assert_eq!(forecast(&[10, 20], 0, 30), None, "too early");
    assert_eq!(forecast(&[0, 0, 0], 4, 30), None, "nothing to continue");
    assert_eq!(forecast(&[1, 1, 1], 1, 3), None, "the period has ended");
    assert_eq!([rounded(0), rounded(99), rounded(1_663), rounded(1_650)], [0, 99, 1_700, 1_700]);
}

proptest! {
    #[test]
    fn an_axis_holds_its_values_in_few_round_steps(most in 0..=10_i128.pow(30)) {
        let axis = Axis::of(most);
        prop_assert!(axis.top() >= most && (1..=3).contains(&axis.steps));
        prop_assert!(most < 2 || axis.steps > 1, "at least three lines");
        let mut digits = axis.step;
        while digits % 10 == 0 {
            digits /= 10;
        }
        prop_assert!([1, 2, 5, 25].contains(&digits), "{}", axis.step);
    }

    #[test]
    fn labels_keep_their_order_and_distance(mut heights in proptest::collection::vec(0..400_i32, 0..7)) {
        heights.sort_unstable();
        let placed = place(&heights, 0, 400);
        prop_assert_eq!(placed.len(), heights.len());
        prop_assert!(placed.windows(2).all(|pair| pair[1] - pair[0] >= GAP));
        prop_assert!(placed.iter().all(|place| (0..=400).contains(place)));
        if heights.windows(2).all(|pair| pair[1] - pair[0] >= GAP) {
            prop_assert_eq!(placed, heights, "labels with room stay beside what they name");
        }
    }

    #[test]
    fn series_are_each_id_once_largest_first(totals in proptest::collection::btree_map("[a-z]{1,3}", 0..9_i128, 0..20)) {
        let totals: BTreeMap<String, i128> = totals;
        let series = Series::of(&totals);
        let all: Vec<&String> = series.own.iter().chain(&series.other).collect();
        prop_assert_eq!(all.len(), totals.len());
        prop_assert!(all.windows(2).all(|pair| totals[pair[0]] >= totals[pair[1]]));
        prop_assert_eq!(series.own.len(), totals.len().min(SERIES));
        prop_assert!(series.own.iter().enumerate().all(|(at, id)| series.place(id) == at));
        prop_assert!(series.other.iter().all(|id| series.place(id) == SERIES));
    }

    #[test]
    fn an_unusual_day_is_the_highest_and_a_forecast_no_less_than_what_was_used(
        days in proptest::collection::vec(0..1_000_000_i128, 0..31),
        today in 0..1_000_000_i128,
    ) {
        if let Some(found) = unusual(&days) {
            prop_assert_eq!(Some(&found.value), days.iter().max());
            prop_assert!(found.tenths >= 20 && days[found.day] == found.value);
        }
        if let Some(total) = forecast(&days, today, 31) {
            prop_assert!(total >= days.iter().sum::<i128>() + today);
        }
    }
}
