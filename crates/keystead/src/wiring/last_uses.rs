//! Writes when and from where keys were last used, from the gateway's memory into the store, a few times a minute.

use std::sync::Arc;
use std::time::Duration;

use keystead_core::id::KeyId;
use keystead_core::time::Timestamp;
use keystead_gateway::{KeyUse, LastUses};
use keystead_store::tables::{api_keys, key_addresses};
use keystead_store::{Error, Store, Tx};
use tokio::sync::watch;
use tokio::time::sleep;

/// The interval. What people see is late by at most this and the time of one write.
const PERIOD: Duration = Duration::from_secs(30);
/// Keys in one transaction.
const BATCH: usize = 2_000;

/// Writes last uses until the node stops. Later ones are written by a last call of [`write`].
pub(crate) async fn follow(uses: Arc<LastUses>, store: Store, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(PERIOD) => {}
            () = uses.filled() => {}
            _ = stopped.changed() => return,
        }
        write(&uses, &store).await;
    }
}

/// Writes what is remembered now; what cannot be written stays in memory.
pub(crate) async fn write(uses: &LastUses, store: &Store) {
    let mut waiting = uses.take();
    while !waiting.is_empty() {
        let rest = waiting.split_off(waiting.len().min(BATCH));
        let batch = Arc::new(waiting);
        let touched = Arc::clone(&batch);
        let written: Result<(), Error> =
            store.write("last_uses", async move |tx: &mut Tx| save(tx, &touched).await).await;
        if let Err(error) = written {
            tracing::debug!(%error, "the times of last use of keys could not be saved; it is tried again");
            uses.give_back(Arc::unwrap_or_clone(batch));
            uses.give_back(rest);
            return;
        }
        waiting = rest;
    }
}

async fn save(tx: &mut Tx, uses: &[(KeyId, KeyUse)]) -> Result<(), Error> {
    let times: Vec<(KeyId, Timestamp)> = uses.iter().map(|(key, used)| (key.clone(), used.at)).collect();
    let from = uses.iter().flat_map(|(key, used)| used.addresses.iter().map(|(from, at)| (key.clone(), *from, *at)));
    let from: Vec<_> = from.collect();
    api_keys::touch(tx, &times).await?;
    key_addresses::save(tx, &from).await
}
