//! What follows from a signal: a pause, events and mails. It was noticed in the transaction that counted the usage; a
//! worker handles it a moment later, because a pause changes what every node knows of the key.

use keystead_core::caller::Owner;
use keystead_core::id::UserId;
use keystead_core::notification::Notification;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::key_signals::{self, KeySignal};
use keystead_store::tables::{changes, key_profiles, memberships};

use super::events::emit_noticed;
use super::pauses::pause;
use crate::accounts::notifications::wants_mail;
use crate::jobs::{Job, MailKeySignal};
use crate::verification::limits::count_alert_mail;
use crate::{Actor, App, Error};

/// Signals that are handled in one transaction.
const AT_ONCE: u32 = 20;
/// Seconds in which a person gets at most one mail about unusual use of one key. Pauses are always mailed.
const BETWEEN_MAILS: i64 = 3_600;
/// Who pauses a key that is above its cap.
const CAP: &str = "velocity cap";

impl App {
    /// Handles signals that were noticed: pauses keys, and queues events and mails. The worker calls it every second, on
    /// every node.
    ///
    /// # Errors
    /// When the store fails; the next call continues.
    pub async fn handle_key_signals(&self) -> Result<(), Error> {
        let due = read_tx!(self.store(), "due_key_signals", |tx| Ok(key_signals::has_due(tx).await?))?;
        if !due {
            return Ok(());
        }
        write_tx!(self.store(), "handle_key_signals", |tx| {
            changes::lock(tx).await?;
            for noticed in key_signals::claim(tx, self.now(), AT_ONCE).await? {
                handle_signal(self, tx, &noticed).await?;
            }
            Ok(())
        })
    }
}

/// Does what follows from one signal. Signals about keys that were revoked meanwhile, or that are paused already, have no
/// consequence.
async fn handle_signal(app: &App, tx: &mut Tx, noticed: &KeySignal) -> Result<(), Error> {
    let Some(key) = api_keys::find(tx, &noticed.key).await?.filter(|key| key.revoked_at.is_none()) else {
        return Ok(());
    };
    let pauses = noticed.signal.pauses();
    if let Some(reason) = pauses {
        let place = (&noticed.organization, &key);
        if !pause(app, tx, &Actor::service(CAP), place, reason).await? {
            return Ok(());
        }
    }
    emit_noticed(app, tx, noticed, &key).await?;
    queue_mails(app, tx, noticed, &key, pauses.is_some()).await
}

/// Queues a mail to each owner of the organization and to the owner of the key, unless they switched such mails off.
async fn queue_mails(app: &App, tx: &mut Tx, noticed: &KeySignal, key: &KeyRow, paused: bool) -> Result<(), Error> {
    let now = app.now();
    if !app.sends_mail() {
        return Ok(());
    }
    if !paused && !key_profiles::claim_mail(tx, &key.id, now.plus(-BETWEEN_MAILS), now).await? {
        return Ok(());
    }
    for to in recipients(tx, noticed, key).await? {
        if !paused && !count_alert_mail(app, tx, &noticed.organization, "about a key").await? {
            return Ok(());
        }
        // One job each, so that an address that refuses mail does not keep the others from theirs.
        app.enqueue(tx, &Job::MailKeySignal(MailKeySignal::of(noticed, to)), now).await?;
    }
    Ok(())
}

async fn recipients(tx: &mut Tx, noticed: &KeySignal, key: &KeyRow) -> Result<Vec<UserId>, Error> {
    let mut wanted = memberships::list_owners(tx, &noticed.organization).await?;
    if let Owner::User(owner) = &key.owner
        && !wanted.contains(owner)
    {
        wanted.push(owner.clone());
    }
    let mut recipients = Vec::new();
    for person in wanted {
        if wants_mail(tx, &person, Some(Notification::Keys)).await? {
            recipients.push(person);
        }
    }
    Ok(recipients)
}
