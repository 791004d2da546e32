//! External keys and external storage: keys and buckets in customers' own cloud accounts. An organization registers them
//! without any secret; Keystead reaches them with the identity that the operator configured, to which the customer's
//! account gives access.

mod keys;
mod storage;

use keystead_core::external::{Cloud, FieldFault};
use keystead_core::id::{JobId, OrganizationId};
use keystead_core::verification::limits::EXTERNAL_CHECK_LIMITS;
use keystead_store::Tx;
pub use keystead_store::tables::external_keys::ExternalKey;
pub use keystead_store::tables::external_storage::ExternalStorage;

pub use keys::NewExternalKey;
pub use storage::NewExternalStorage;

use crate::verification::limits::{Subjects, count_within};
use crate::{Actor, App, Error};

/// External keys that one organization may have, and buckets.
pub const MOST_EXTERNAL: i64 = 100;

/// Counts a validation before it is made: each sends requests in the operator's name.
async fn count_validation(app: &App, tx: &mut Tx, actor: &Actor, organization: &OrganizationId) -> Result<(), Error> {
    let who = Subjects { user: actor.user(), organization: Some(organization), ..Subjects::default() };
    count_within(app, tx, EXTERNAL_CHECK_LIMITS, &who).await
}

/// Draws the text that a validation encrypts, or that its object is named by and contains.
fn draw_probe(app: &App) -> String {
    app.draw(JobId::generate).to_string()
}

/// The refusal of a field. `of` is the parameter that contains the fields, if they are not parameters themselves.
fn refused(fault: FieldFault, cloud: Cloud, of: Option<&'static str>) -> Error {
    let (FieldFault::Missing(field) | FieldFault::Foreign(field) | FieldFault::Wrong { name: field, .. }) = fault;
    let path = of.map_or_else(|| field.to_owned(), |of| format!("{of}.{field}"));
    let message = match fault {
        FieldFault::Missing(_) => format!("Missing required parameter: '{path}'."),
        FieldFault::Foreign(_) => format!("Invalid '{path}': it is no field of the type {}.", cloud.as_str()),
        FieldFault::Wrong { form, .. } => format!("Invalid '{path}': must be {form}."),
    };
    Error::invalid(of.unwrap_or(field), message)
}
