//! Attempts to sign in. Each is counted before it is judged, so that many at once cannot slip through together, and
//! taken back when it went well (ASVS 6.3.1).

use std::net::IpAddr;

use keystead_core::hex;
use keystead_core::id::JobId;
use keystead_core::secret::Secret;
use keystead_core::verification::limits::{Counting, Limit, Subject};
use keystead_store::Tx;
use keystead_store::tables::limit_hits;

use crate::verification::limits::Subjects;
use crate::{App, Error};

/// What tries are counted under.
const NAME: &str = "sign_in";

const fn times(subject: Subject, window: i64, most: i64) -> Limit {
    Limit { name: NAME, subject, counting: Counting::Times, window, most }
}

/// One address tried from one network: the wait grows from a minute to a day. One place trying many addresses, as a
/// spray does, meets the last two.
const HERE: &[Limit] = &[
    times(Subject::Number, 60, 5),
    times(Subject::Number, 900, 10),
    times(Subject::Number, 3_600, 20),
    times(Subject::Number, 86_400, 50),
    times(Subject::Ip, 900, 50),
    times(Subject::Network, 3_600, 500),
];
/// One address tried from everywhere. Networks the person has been signed in from do not ask: strangers cannot lock
/// anybody out of where they work.
const STRANGERS: &[Limit] = &[times(Subject::Number, 900, 30), times(Subject::Number, 86_400, 200)];

/// One try.
#[derive(Debug, Clone)]
pub(super) struct Try {
    id: String,
    /// The address from this network, and the network.
    here: Subjects,
    /// The address from everywhere.
    everywhere: Subjects,
}

impl App {
    /// A try for an address from a network.
    pub(super) fn new_try(&self, email: &str, network: &str, ip: Option<IpAddr>) -> Try {
        let print = |purpose: &str, text: &str| {
            let bytes = self.sealer().fingerprint(purpose, text);
            Some(hex::encode(&bytes[..16]))
        };
        let here = print("email from network", &format!("{email} {network}"));
        Try {
            id: self.draw(JobId::generate).to_string(),
            here: Subjects { number: here, ip, ..Subjects::default() },
            everywhere: Subjects { number: print("email", email), ..Subjects::default() },
        }
    }

    /// Counts a try, unless there were too many. `at_home` when the person was signed in from this network before.
    pub(super) async fn begin_try(&self, tx: &mut Tx, one: &Try, at_home: bool) -> Result<(), Error> {
        self.hold(tx, NAME, &one.everywhere).await?;
        self.hold(tx, NAME, &one.here).await?;
        self.within(tx, HERE, &one.here, "").await?;
        if !at_home {
            self.within(tx, STRANGERS, &one.everywhere, "").await?;
        }
        self.count(tx, NAME, &one.here, &one.id, "").await?;
        self.count(tx, NAME, &one.everywhere, &one.id, "").await
    }

    /// The try went well: it does not count, nor do those from here before it.
    pub(super) async fn forgive(&self, tx: &mut Tx, one: &Try) -> Result<(), Error> {
        self.uncount(tx, NAME, &one.here, &one.id).await?;
        self.uncount(tx, NAME, &one.everywhere, &one.id).await?;
        if let Some(print) = &one.here.number {
            limit_hits::delete(tx, NAME, &format!("number:{print}")).await?;
        }
        Ok(())
    }

    /// Judges a password for a person who is signed in already, counted as at sign-in.
    pub(super) async fn own_password(
        &self,
        email: &str,
        network: &str,
        password: &Secret<String>,
        kept: Option<String>,
    ) -> Result<(), Error> {
        let one = self.new_try(email, network, None);
        // A person who is signed in here is no stranger.
        write_tx!(self.store(), "own_password", |tx| self.begin_try(tx, &one, true).await)?;
        if !self.password_matches(password, kept).await? {
            return Err(super::wrong_password());
        }
        write_tx!(self.store(), "own_password_ok", |tx| self.forgive(tx, &one).await)
    }
}
