//! Which emails a person wants.

use keystead_core::id::UserId;
use keystead_core::notification::Notification;
use keystead_store::Tx;
use keystead_store::tables::accounts;

use super::Context;
use super::new_account::new_account;
use crate::{App, Error};

impl App {
    /// Lists the emails that a person can switch off, with whether they want each.
    pub async fn notifications(&self, user: &UserId) -> Result<Vec<(Notification, bool)>, Error> {
        read_tx!(self.store(), "notifications", |tx| {
            let muted = accounts::find(tx, user).await?.map(|row| row.muted_mails).unwrap_or_default();
            Ok(Notification::ALL.into_iter().map(|kind| (kind, !muted.contains(&kind))).collect())
        })
    }

    /// Saves which of the offered emails a person wants; the others keep their setting.
    pub async fn save_notifications(
        &self,
        user: &UserId,
        offered: &[Notification],
        wanted: &[Notification],
    ) -> Result<(), Error> {
        write_tx!(self.store(), "save_notifications", |tx| {
            let known = accounts::lock(tx, user).await?;
            let mut account = known.unwrap_or_else(|| new_account(self, user, None, &Context::default()));
            let muted = account.muted_mails.clone();
            account.muted_mails = Notification::ALL
                .into_iter()
                .filter(|kind| if offered.contains(kind) { !wanted.contains(kind) } else { muted.contains(kind) })
                .collect();
            Ok(accounts::save(tx, &account).await?)
        })
    }
}

/// Whether a person wants an email of this kind; `None` is an email that is always sent.
pub(crate) async fn wants_mail(tx: &mut Tx, user: &UserId, kind: Option<Notification>) -> Result<bool, Error> {
    let Some(kind) = kind else { return Ok(true) };
    Ok(accounts::find(tx, user).await?.is_none_or(|row| !row.muted_mails.contains(&kind)))
}
