//! The addresses from which each key was last used, for people who look for a stolen key. They are personal data: a few
//! for each key, and none for long.

use std::net::IpAddr;

use keystead_core::id::KeyId;
use keystead_core::time::Timestamp;

use super::time;
use crate::{Error, PerEngine, Row, Tx};

/// Maximum number of addresses of one key. Those with the oldest last use are deleted.
const KEPT: u32 = 10;

/// One address that a key was used from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAddress {
    /// The address, or the /64 of an IPv6 address.
    pub address: String,
    /// The first use from it, as far as it is known.
    pub first_used_at: Timestamp,
    /// The last use from it.
    pub last_used_at: Timestamp,
}

/// Saves that keys were used from networks of clients; never moves a time back. Keys that do not exist are left out, and
/// those of deleted people and organizations: a node may write their last uses after their data was erased.
pub async fn save(tx: &mut Tx, used: &[(KeyId, IpAddr, Timestamp)]) -> Result<(), Error> {
    const SAVE: PerEngine = PerEngine {
        sqlite: "INSERT INTO key_addresses (api_key, address, first_used_at, last_used_at) \
                 SELECT k.id, used.value->>1, MIN(used.value->>2), MAX(used.value->>2) FROM json_each($1) AS used \
                 JOIN api_keys k ON k.id = used.value->>0 WHERE NOT EXISTS \
                 (SELECT 1 FROM users u WHERE u.id = k.owner_user AND u.deactivated_at IS NOT NULL) AND NOT EXISTS \
                 (SELECT 1 FROM organizations o WHERE o.id = k.organization AND o.deactivated_at IS NOT NULL) \
                 GROUP BY k.id, used.value->>1 \
                 ON CONFLICT (api_key, address) DO UPDATE SET \
                 first_used_at = MIN(key_addresses.first_used_at, excluded.first_used_at), \
                 last_used_at = MAX(key_addresses.last_used_at, excluded.last_used_at)",
        postgres: "INSERT INTO key_addresses (api_key, address, first_used_at, last_used_at) \
                   SELECT k.id, used.value->>1, MIN((used.value->>2)::BIGINT), MAX((used.value->>2)::BIGINT) \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) AS used(value) \
                   JOIN api_keys k ON k.id = used.value->>0 WHERE NOT EXISTS \
                   (SELECT 1 FROM users u WHERE u.id = k.owner_user AND u.deactivated_at IS NOT NULL) AND NOT EXISTS \
                   (SELECT 1 FROM organizations o WHERE o.id = k.organization AND o.deactivated_at IS NOT NULL) \
                   GROUP BY k.id, used.value->>1 ORDER BY 1, 2 \
                   ON CONFLICT (api_key, address) DO UPDATE SET \
                   first_used_at = LEAST(key_addresses.first_used_at, excluded.first_used_at), \
                   last_used_at = GREATEST(key_addresses.last_used_at, excluded.last_used_at)",
    };
    const TRIM: PerEngine = PerEngine {
        sqlite: "DELETE FROM key_addresses WHERE (api_key, address) IN (SELECT api_key, address FROM \
                 (SELECT api_key, address, ROW_NUMBER() OVER (PARTITION BY api_key ORDER BY last_used_at DESC, address) \
                 AS place FROM key_addresses WHERE api_key IN (SELECT value->>0 FROM json_each($1))) AS placed \
                 WHERE place > $2)",
        postgres: "DELETE FROM key_addresses WHERE (api_key, address) IN (SELECT api_key, address FROM \
                   (SELECT api_key, address, ROW_NUMBER() OVER (PARTITION BY api_key ORDER BY last_used_at DESC, address) \
                   AS place FROM key_addresses WHERE api_key IN \
                   (SELECT value->>0 FROM jsonb_array_elements(CAST($1 AS JSONB)) AS used(value))) AS placed \
                   WHERE place > $2)",
    };
    if used.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = used.iter().map(|(key, network, at)| (key.as_str(), text(*network), at.0)).collect();
    let rows = serde_json::json!(rows).to_string();
    let (save, trim) = (tx.pick(SAVE), tx.pick(TRIM));
    tx.execute(save, vec![rows.as_str().into()]).await?;
    tx.execute(trim, vec![rows.into(), i64::from(KEPT).into()]).await.map(|_| ())
}

fn text(network: IpAddr) -> String {
    if network.is_ipv6() { format!("{network}/64") } else { network.to_string() }
}

/// Lists the addresses of a key, latest use first.
pub async fn list(tx: &mut Tx, key: &KeyId) -> Result<Vec<KeyAddress>, Error> {
    const SQL: &str = "SELECT address, first_used_at, last_used_at FROM key_addresses WHERE api_key = $1 \
                       ORDER BY last_used_at DESC, address";
    let rows = tx.all(SQL, vec![key.as_str().into()]).await?;
    let read =
        |row: &Row| Ok(KeyAddress { address: row.text(0)?, first_used_at: time(row, 1)?, last_used_at: time(row, 2)? });
    rows.iter().map(read).collect()
}

/// Deletes addresses that were last used before a time.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM key_addresses WHERE last_used_at < $1", vec![before.0.into()]).await.map(|_| ())
}
