//! The answer to a form that changes something on a page.

use std::future::Future;

use askama::Template;
use keystead_app::Error;

use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::response::{Page, redirect, render_error};

/// Leads to `there` after a change. What another organization has, or what is gone, is answered as missing; other refusals
/// are shown on the page of the form, in the place that `show` chooses.
pub(crate) async fn after_change<T: Template + Send>(
    visit: &Visit,
    there: &str,
    changed: Result<(), Error>,
    page: impl Future<Output = Result<T, PageError>> + Send,
    show: impl FnOnce(&mut T, String) + Send,
) -> Page {
    let t = visit.person.messages;
    let error = match changed {
        Ok(()) => return Ok(redirect(&visit.link(there))),
        Err(error @ (Error::NotFound { .. } | Error::Refused(_))) => return Err(PageError::new(t, error)),
        Err(error) => error,
    };
    let mut page = page.await?;
    show(&mut page, error_message(&visit.person.format, &error));
    render_error(t, &page, &error)
}
