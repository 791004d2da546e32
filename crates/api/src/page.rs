//! Pages of lists, in one form with the fields of both kinds of list in OpenAI's API.

use axum::Json;
use keystead_app::{Listing, Page};
use keystead_core::time::Timestamp;
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
    let (limit, ascending) = (limit(query, usual, 1..=100)?, order(query, ascending)?);
    let cursor = |name| query.one(name).map(str::to_owned);
    match (cursor("after"), cursor("before")) {
        (Some(_), Some(_)) => Err(ApiError::param("before", "Only one of 'after' and 'before' can be given.")),
        (None, Some(before)) => {
            Ok(PageRequest { page: Page { after: Some(before), limit, ascending: !ascending }, backwards: true })
        }
        (after, None) => Ok(PageRequest { page: Page { after, limit, ascending }, backwards: false }),
    }
}

fn limit(query: &Query, usual: i64, allowed: std::ops::RangeInclusive<u32>) -> Result<u32, ApiError> {
    let limit = query.integer("limit")?.unwrap_or(usual);
    let limit = u32::try_from(limit).ok().filter(|limit| allowed.contains(limit));
    limit.ok_or_else(|| {
        let (least, most) = (allowed.start(), allowed.end());
        ApiError::param("limit", format!("Invalid 'limit': must be between {least} and {most}."))
    })
}

fn order(query: &Query, ascending: bool) -> Result<bool, ApiError> {
    match query.one("order") {
        None => Ok(ascending),
        Some("asc") => Ok(true),
        Some("desc") => Ok(false),
        Some(_) => Err(ApiError::param("order", "Invalid 'order': must be asc or desc.")),
    }
}

/// The requested part of a list, for answers that name the next part.
pub(crate) struct NextPage(Page);

/// Parses `after`, `limit` and `order` of such a list; `usual` is the default length and `most` the greatest.
pub(crate) fn next_page(query: &Query, ascending: bool, (usual, most): (i64, u32)) -> Result<NextPage, ApiError> {
    let after = query.one("after").map(str::to_owned);
    Ok(NextPage(Page { after, limit: limit(query, usual, 0..=most)?, ascending: order(query, ascending)? }))
}

impl NextPage {
    /// The part in the form of the use cases.
    pub(crate) fn page(&self) -> Page {
        self.0.clone()
    }

    /// Builds the response. `next` is the position of the last item, so that the next part begins after it even when
    /// the item has been deleted since.
    pub(crate) fn list<T>(
        &self,
        listing: &Listing<T>,
        show: impl Fn(&T) -> Value,
        position: impl Fn(&T) -> (Timestamp, &str),
    ) -> Json<Value> {
        // A part without items has no position after which another one could begin.
        let has_more = listing.has_more && !listing.data.is_empty();
        let last = listing.data.last().filter(|_| has_more);
        let next = last.map(|last| {
            let (created_at, id) = position(last);
            Page::position(created_at, id)
        });
        let data: Vec<Value> = listing.data.iter().map(show).collect();
        Json(json!({ "object": "list", "data": data, "has_more": has_more, "next": next }))
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
