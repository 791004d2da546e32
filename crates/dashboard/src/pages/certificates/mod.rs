//! Settings > Organization > Certificates: the certificates by which clients of the API are accepted, for the whole
//! organization and for single projects. They never apply to these pages.

pub(crate) mod list;
pub(crate) mod one;
mod place;
mod row;
mod wording;

/// The list of the organization.
pub(crate) const HERE: &str = "/settings/organization/certificates";
