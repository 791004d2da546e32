//! Labels beside a stack, each near what it names and far enough from the next one.

/// The smallest distance of two labels, in pixels.
pub const GAP: i32 = 18;

/// Returns where labels stand that name these heights, from the top down: as near as possible, in the same order, at
/// least [`GAP`] apart and between `top` and `bottom`. Labels that do not fit continue below `bottom`.
#[must_use]
pub fn place(heights: &[i32], top: i32, bottom: i32) -> Vec<i32> {
    let mut placed = heights.to_vec();
    let mut lowest = bottom;
    for place in placed.iter_mut().rev() {
        *place = lowest.min(*place);
        lowest = place.saturating_sub(GAP);
    }
    let mut highest = top;
    for place in &mut placed {
        *place = highest.max(*place);
        highest = place.saturating_add(GAP);
    }
    placed
}
