//! Headers that requests and answers share.

use http::header::HeaderName;

/// The organization that pays.
pub(crate) static ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
/// The project that pays.
pub(crate) static PROJECT: HeaderName = HeaderName::from_static("openai-project");
