//! Writes when and from where keys were last used, from the gateway's memory into the store, a few times a minute.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keystead_core::id::KeyId;
use keystead_core::time::Timestamp;
use keystead_gateway::{KeyUse, LastUses};
use keystead_store::tables::key_profiles::{self, PlacesOfKey};
use keystead_store::tables::{api_keys, key_addresses};
use keystead_store::{Error, Store, Tx};
use tokio::sync::watch;
use tokio::time::sleep;

/// The interval. What people see is late by at most this and the time of one write.
const PERIOD: Duration = Duration::from_secs(30);
/// Keys in one transaction.
const BATCH: usize = 2_000;
/// Addresses in one transaction: each is a row of its own, and others wait meanwhile.
const ADDRESSES: usize = 500;

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
        if let Err(error) = save(store, &waiting).await {
            tracing::debug!(%error, "the last uses of keys could not be saved; it is tried again");
            uses.give_back(waiting);
            uses.give_back(rest);
            return;
        }
        waiting = rest;
    }
}

/// Saves the times, then the addresses; to save some of them twice changes nothing.
async fn save(store: &Store, uses: &[(KeyId, KeyUse)]) -> Result<(), Error> {
    let times: Arc<[(KeyId, Timestamp)]> = uses.iter().map(|(key, used)| (key.clone(), used.at)).collect();
    store.write("last_uses", async move |tx: &mut Tx| api_keys::touch(tx, &times).await).await?;
    let from = uses.iter().flat_map(|(key, used)| used.addresses.iter().map(|(from, at)| (key.clone(), *from, *at)));
    let from: Vec<(KeyId, IpAddr, Timestamp)> = from.collect();
    for some in from.chunks(ADDRESSES) {
        let some: Arc<[_]> = some.into();
        store.write("key_addresses", async move |tx: &mut Tx| key_addresses::save(tx, &some).await).await?;
    }
    let places = uses.iter().map(|(key, used)| PlacesOfKey {
        key: key.clone(),
        addresses: used.addresses.clone(),
        countries: used.countries.clone(),
    });
    let places: Vec<PlacesOfKey> = places.collect();
    for some in places.chunks(ADDRESSES) {
        let some: Arc<[_]> = some.into();
        store.write("key_places", async move |tx: &mut Tx| key_profiles::note_places(tx, &some).await).await?;
    }
    Ok(())
}
