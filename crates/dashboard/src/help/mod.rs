//! Help: a short page for each common problem, in three languages, found by the text of an error.

mod articles;
mod error_patterns;
mod pictures;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use articles::{TOPICS, Topic, href, page_to_act, topic, topic_of_refusal};
pub(crate) use error_patterns::topic_of_code;
pub(crate) use pictures::picture;
pub(crate) use search::{Found, find, topic_of_message};
