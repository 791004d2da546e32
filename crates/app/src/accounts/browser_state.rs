//! Sealed state with an expiry time that a browser keeps while a person who is not signed in answers a question.
//! Requests by strangers cost no rows: a row is written only when a state is used, so that it works once.

use keystead_core::hex;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Token};
use serde::{Deserialize, Serialize};

use super::{dead_link, digest};
use crate::{App, Error};

#[derive(Serialize, Deserialize)]
struct BrowserState {
    ends_at: i64,
    kept: String,
}

fn context(purpose: &str) -> String {
    format!("carried.{purpose}:")
}

/// Seals a value for a browser that returns within `life` seconds, as hexadecimal digits.
pub(super) fn seal_for_browser(app: &App, purpose: &str, kept: &str, life: i64) -> Result<Secret<String>, Error> {
    let state = BrowserState { ends_at: app.now().plus(life).0, kept: kept.to_owned() };
    let plain = serde_json::to_vec(&state).map_err(|error| Error::Internal(format!("browser state: {error}")))?;
    let sealed = app.draw(|rng| app.sealer().seal(rng, &context(purpose), &plain));
    Ok(Secret::new(hex::encode(&sealed)))
}

/// Opens a state; `None` when it has expired or was not sealed here.
pub(super) fn open_from_browser(app: &App, purpose: &str, state: &Secret<String>) -> Result<Secret<String>, Error> {
    let sealed = hex::decode(state.expose()).ok_or_else(dead_link)?;
    let plain = app.sealer().open(&context(purpose), &sealed).map_err(|_| dead_link())?;
    let state: BrowserState = serde_json::from_slice(plain.expose()).map_err(|_| dead_link())?;
    if app.now().0 >= state.ends_at { Err(dead_link()) } else { Ok(Secret::new(state.kept)) }
}

/// Marks the state as used, in the transaction that acts on it; a second use is a dead link. `life` is the number
/// of seconds it could work.
pub(super) async fn spend_browser_state(
    app: &App,
    tx: &mut Tx,
    state: &Secret<String>,
    life: i64,
) -> Result<(), Error> {
    let now = app.now();
    let token = Token {
        digest: digest(state),
        purpose: "spent".to_owned(),
        user: None,
        payload: String::new(),
        created_at: now,
        expires_at: now.plus(life),
        used_at: None,
    };
    match accounts::insert_token(tx, &token).await {
        Err(keystead_store::Error::Conflict(_)) => Err(dead_link()),
        other => Ok(other?),
    }
}
