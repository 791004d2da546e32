//! Parts of lists that are read whole, because they are short or come from more than one table.

use keystead_core::time::Timestamp;
use keystead_store::{Listing, Page};

use crate::Error;

/// Orders the rows by time and id, and returns the requested part.
///
/// # Errors
/// When `after` is neither the id of a row nor a position.
pub(crate) fn part_of<T>(
    mut rows: Vec<T>,
    page: &Page,
    position: impl Fn(&T) -> (Timestamp, &str),
) -> Result<Listing<T>, Error> {
    rows.sort_by(|a, b| position(a).cmp(&position(b)));
    if !page.ascending {
        rows.reverse();
    }
    if let Some(after) = &page.after {
        let last = match Page::read_position(after) {
            Some((at, id)) => (at, id.to_owned()),
            None => {
                let found = rows.iter().map(&position).find(|(_, id)| id == after);
                let (at, id) = found.ok_or(keystead_store::Error::Missing)?;
                (at, id.to_owned())
            }
        };
        let last = (last.0, last.1.as_str());
        rows.retain(|row| if page.ascending { position(row) > last } else { position(row) < last });
    }
    let limit = page.limit as usize;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Listing { data: rows, has_more })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(after: Option<&str>, limit: u32, ascending: bool) -> (Vec<&'static str>, bool) {
        let rows = vec![(Timestamp(5), "b"), (Timestamp(5), "a"), (Timestamp(1), "c")];
        let page = Page { after: after.map(str::to_owned), limit, ascending };
        let part = part_of(rows, &page, |row| *row).unwrap();
        (part.data.into_iter().map(|(_, id)| id).collect(), part.has_more)
    }

    #[test]
    fn pages_in_both_orders() {
        assert_eq!(ids(None, 2, true), (vec!["c", "a"], true));
        assert_eq!(ids(Some("a"), 2, true), (vec!["b"], false));
        assert_eq!(ids(None, 2, false), (vec!["b", "a"], true));
        assert_eq!(ids(Some("a"), 9, false), (vec!["c"], false));
        assert_eq!(ids(None, 0, true), (vec![], true));
        assert_eq!(ids(Some("5~aa"), 9, true), (vec!["b"], false), "a row that is gone");
        let page = Page { after: Some("z".to_owned()), limit: 1, ascending: true };
        assert!(part_of(vec![(Timestamp(1), "a")], &page, |row| *row).is_err());
    }
}
