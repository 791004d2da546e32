//! Pages of a list ordered by time of creation, then id: one of the two builders that put SQL together from parts.

use super::removed_rows;
use crate::{Error, Listing, Page, Row, Tx, Value};

/// A list's constant parts. `scope` and `filter` use `$1`… for their values; the cursor and the limit follow them.
pub(super) struct List<'a> {
    /// `SELECT … FROM …` with its joins.
    pub(super) select: &'static str,
    /// The table's name, or its alias in `select`; its `created_at` and id order the list.
    pub(super) table: &'static str,
    /// The table with its alias, to look up the cursor.
    pub(super) source: &'static str,
    /// The id column of that table.
    pub(super) id: &'static str,
    /// The condition for the rows of the owner, who is its first value. A cursor outside it is unknown, so that the
    /// existence of other owners' rows is not disclosed.
    pub(super) scope: &'static str,
    /// The condition for the rows that are shown. A cursor that was hidden since the previous page still works.
    pub(super) filter: &'a str,
    /// The values of the scope.
    pub(super) values: Vec<Value>,
    /// The values of the filter, which are numbered after those of the scope.
    pub(super) filter_values: Vec<Value>,
    /// The requested page.
    pub(super) page: &'a Page,
}

impl List<'_> {
    /// Returns the rows of the page, parsed by `each`.
    pub(super) async fn rows<T>(
        mut self,
        tx: &mut Tx,
        each: impl Fn(&Row) -> Result<T, Error>,
    ) -> Result<Listing<T>, Error> {
        let (table, id) = (self.table, self.id);
        let (order, beyond) = if self.page.ascending { ("ASC", ">") } else { ("DESC", "<") };
        let mut text = format!("{} WHERE {} AND {}", self.select, self.scope, self.filter);
        let scoped = self.values.len();
        self.values.append(&mut self.filter_values);
        if let Some(after) = &self.page.after {
            let (created_at, after) = match Page::read_position(after) {
                Some((created_at, after)) => (created_at.0, after),
                None => (self.place_of(tx, scoped, after).await?, after.as_str()),
            };
            let next = self.values.len() + 1;
            text.push_str(&format!(" AND ({table}.created_at, {table}.{id}) {beyond} (${next}, ${})", next + 1));
            self.values.extend([created_at.into(), after.into()]);
        }
        let next = self.values.len() + 1;
        text.push_str(&format!(" ORDER BY {table}.created_at {order}, {table}.{id} {order} LIMIT ${next}"));
        self.values.push((i64::from(self.page.limit) + 1).into());
        let rows = tx.all_built(text, self.values).await?;
        let limit = self.page.limit as usize;
        let has_more = rows.len() > limit;
        let data = rows.iter().take(limit).map(each).collect::<Result<_, _>>()?;
        Ok(Listing { data, has_more })
    }

    /// Returns the time by which a cursor is ordered: an id in the scope. The first `scoped` values are those of the scope.
    async fn place_of(&self, tx: &mut Tx, scoped: usize, cursor: &str) -> Result<i64, Error> {
        let (table, id) = (self.table, self.id);
        let sql = format!(
            "SELECT {table}.created_at FROM {} WHERE {} AND {table}.{id} = ${}",
            self.source,
            self.scope,
            scoped + 1
        );
        let mut values: Vec<_> = self.values.iter().take(scoped).cloned().collect();
        values.push(cursor.into());
        match tx.all_built(sql, values).await?.first() {
            Some(row) => row.int(0),
            None => self.place_of_removed(tx, cursor).await,
        }
    }

    /// Returns the time by which a cursor was ordered that was deleted since the previous page.
    async fn place_of_removed(&self, tx: &mut Tx, cursor: &str) -> Result<i64, Error> {
        let list = self.source.split(' ').next().unwrap_or_default();
        let Some(Value::Text(Some(owner))) = self.values.first() else { return Err(Error::Missing) };
        let owner = owner.clone();
        Ok(removed_rows::find(tx, list, &owner, cursor).await?.ok_or(Error::Missing)?.0)
    }
}
