//! What was filled in for a new key before its phone step. The step's address contains it, so that it can be reloaded.

use crate::web::form::Form;
use crate::web::submit::TOKEN;

/// The field, and the parameter of the address, with the draft.
pub(crate) const DRAFT: &str = "draft";
/// The longest draft that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// Everything that was filled in, as text.
pub(crate) fn write(form: &Form) -> String {
    serde_urlencoded::to_string(form.without(&["csrf", TOKEN])).unwrap_or_default()
}

/// Reads a draft; what cannot be read is an empty form.
pub(crate) fn read(draft: &str) -> Form {
    let short = Some(draft).filter(|draft| draft.len() <= LONGEST);
    Form::of(short.and_then(|draft| serde_urlencoded::from_str(draft).ok()).unwrap_or_default())
}
