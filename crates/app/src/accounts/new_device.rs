//! The mail about a sign-in from a browser or network that was not seen before.

use keystead_store::Tx;
use keystead_store::tables::accounts;
use keystead_store::tables::sessions::{self, Session};

use super::mail_kind::MailKind;
use super::mails::queue_mail_to_user;
use crate::{App, Error};

/// Seconds in which an account counts as new: it has no known devices yet, so no mail is sent.
const NEW_ACCOUNT: i64 = 86_400;

/// Mails the person about a sign-in from a device that is not known, unless the account is new.
pub(super) async fn mail_about_new_device(app: &App, tx: &mut Tx, row: &Session) -> Result<(), Error> {
    let known = sessions::find_acquaintance(tx, &row.user, &row.device, &row.network).await?;
    let account = accounts::find(tx, &row.user).await?;
    let confirmed_at = account.and_then(|account| account.confirmed_at);
    let brand_new = known.sessions == 0 && confirmed_at.is_none_or(|at| app.now().since(at) < NEW_ACCOUNT);
    if known.same_device > 0 || brand_new {
        return Ok(());
    }
    let parts = [row.device.as_str(), row.network.as_str()].into_iter().filter(|part| !part.is_empty());
    let detail = parts.collect::<Vec<_>>().join(", ");
    queue_mail_to_user(app, tx, &row.user, MailKind::NewSignIn, &detail).await
}
