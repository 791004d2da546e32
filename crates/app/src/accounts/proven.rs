//! What a person has proven on the way in, and comparing it again in the transaction that lets them in. Between a proof
//! and the session lie seconds (hashing waits its turn) or minutes (a code is typed, a page elsewhere is left open):
//! what was proven may have been taken away meanwhile.

use keystead_core::hex;
use keystead_core::id::UserId;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account};
use keystead_store::tables::users;
use serde::{Deserialize, Serialize};

use super::sessions::SignedIn;
use super::{Context, wrong};
use crate::{App, Error};

/// What was proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Proven {
    /// The password whose hash has this print.
    Password(String),
    /// An identity elsewhere that opens the account.
    Identity {
        /// Who vouches for it.
        issuer: String,
        /// Its name there.
        subject: String,
    },
    /// A link that was mailed to this address.
    Mailbox(String),
}

impl App {
    /// The password behind a hash, as a proof. A print, so that no hash lies in a token.
    pub(super) fn password_proven(&self, hash: &str) -> Proven {
        let print = self.sealer().fingerprint("proven password", hash);
        Proven::Password(hex::encode(&print))
    }

    /// The account, held until the transaction ends, if what was proven still opens it.
    pub(super) async fn still_proven(&self, tx: &mut Tx, user: &UserId, proven: &Proven) -> Result<Account, Error> {
        let account = accounts::lock(tx, user).await?.filter(|row| row.confirmed_at.is_some());
        let person = users::find(tx, user).await?.filter(|row| row.deactivated_at.is_none());
        let (Some(account), Some(person)) = (account, person) else { return Err(wrong()) };
        let holds = match proven {
            Proven::Password(_) => account.password.as_ref().is_some_and(|hash| self.password_proven(hash) == *proven),
            Proven::Identity { issuer, subject } => {
                accounts::find_identity(tx, issuer, subject).await?.as_ref() == Some(user)
            }
            Proven::Mailbox(address) => person.email == *address,
        };
        if holds { Ok(account) } else { Err(wrong()) }
    }

    /// Opens a session for a person who has proven something that still opens the account: always a new secret, so that
    /// none can be planted. With a second factor it waits for the code, whatever the way in was (ASVS 6.3.4).
    pub(super) async fn let_in(
        &self,
        tx: &mut Tx,
        user: &UserId,
        proven: &Proven,
        context: &Context,
    ) -> Result<SignedIn, Error> {
        let account = self.still_proven(tx, user, proven).await?;
        if account.totp_confirmed_at.is_some() {
            return self.wait_for_code(tx, user, proven).await;
        }
        self.begin_session(tx, user, context, false).await
    }

    /// The session of a person whose first password, of this hash, was set in the same transaction.
    pub(crate) async fn open_first_session(
        &self,
        tx: &mut Tx,
        user: &UserId,
        hash: &str,
        context: &Context,
    ) -> Result<SignedIn, Error> {
        self.let_in(tx, user, &self.password_proven(hash), context).await
    }
}
