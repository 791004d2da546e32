//! Tables as JSON, for the copies of data that people and organizations download.

use keystead_core::time::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{Error, Row, Tx};

/// How a column is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A moment, as RFC 3339.
    Time,
    Number,
    Flag,
    /// A structure that is stored as JSON.
    Structure,
}

/// The rows of one table that belong to a copy.
#[derive(Debug)]
pub struct Part {
    /// The table.
    pub table: &'static str,
    /// The statement; `$1` is the id of the person or organization.
    pub(super) sql: &'static str,
    /// The names and kinds of the columns in its order.
    pub(super) columns: &'static [(&'static str, Kind)],
}

fn written(row: &Row, columns: &[(&'static str, Kind)]) -> Result<Json, Error> {
    let mut fields = Map::new();
    for (place, (name, kind)) in columns.iter().enumerate() {
        let value = match kind {
            Kind::Text => row.optional_text(place)?.map(Json::from),
            Kind::Time => row.optional_int(place)?.map(|at| Json::from(Timestamp(at).to_string())),
            Kind::Number => row.optional_int(place)?.map(Json::from),
            Kind::Flag => Some(Json::from(row.bool(place)?)),
            Kind::Structure => match row.optional_text(place)? {
                Some(text) => Some(serde_json::from_str(&text).map_err(|error| Error::Other(error.to_string()))?),
                None => None,
            },
        };
        fields.insert((*name).to_owned(), value.unwrap_or(Json::Null));
    }
    Ok(Json::Object(fields))
}

/// Reads the parts of a copy: the name of each table with its rows.
pub(super) async fn find_parts(tx: &mut Tx, parts: &[Part], id: &str) -> Result<Map<String, Json>, Error> {
    let mut found = Map::new();
    for part in parts {
        let rows = tx.all(part.sql, vec![id.into()]).await?;
        let rows = rows.iter().map(|row| written(row, part.columns)).collect::<Result<Vec<_>, _>>()?;
        found.insert(part.table.to_owned(), Json::Array(rows));
    }
    Ok(found)
}
