//! Pages of lists, in one form with the fields of both kinds of list in OpenAI's API.

use axum::Json;
use keystead_app::{Listing, Page};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::query::Query;

/// The requested part of a list.
pub(crate) struct PageRequest {
    page: Page,
    /// Whether the part is before the cursor, and was therefore read backwards.
    backwards: bool,
}

/// Parses `after` or `before`, `limit` and `order`; `ascending` is the default order.
pub(crate) fn wanted(query: &Query, ascending: bool) -> Result<PageRequest, ApiError> {
    page_request(query, ascending, 20)
}

/// Does the same for lists with their own default length.
pub(crate) fn page_request(query: &Query, ascending: bool, usual: i64) -> Result<PageRequest, ApiError> {
    let limit = query.integer("limit")?.unwrap_or(usual);
    let limit = u32::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| ApiError::param("limit", "Invalid 'limit': must be between 1 and 100."))?;
    let ascending = match query.one("order") {
        None => ascending,
        Some("asc") => true,
        Some("desc") => false,
        Some(_) => return Err(ApiError::param("order", "Invalid 'order': must be asc or desc.")),
    };
    let cursor = |name| query.one(name).map(str::to_owned);
    match (cursor("after"), cursor("before")) {
        (Some(_), Some(_)) => Err(ApiError::param("before", "Only one of 'after' and 'before' can be given.")),
        (None, Some(before)) => {
            Ok(PageRequest { page: Page { after: Some(before), limit, ascending: !ascending }, backwards: true })
        }
        (after, None) => Ok(PageRequest { page: Page { after, limit, ascending }, backwards: false }),
    }
}

impl PageRequest {
    /// The part in the form of the use cases.
    pub(crate) fn page(&self) -> Page {
        self.page.clone()
    }

    /// Builds the response. `first_id` and `last_id` are null when it is empty.
    pub(crate) fn list<T>(&self, listing: &Listing<T>, show: impl Fn(&T) -> Value) -> Json<Value> {
        let mut data: Vec<Value> = listing.data.iter().map(show).collect();
        if self.backwards {
            data.reverse();
        }
        let id = |item: Option<&Value>| item.map_or(Value::Null, |item| item["id"].clone());
        Json(json!({
            "object": "list",
            "first_id": id(data.first()),
            "last_id": id(data.last()),
            "has_more": listing.has_more,
            "data": data,
        }))
    }
}
