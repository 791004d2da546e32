//! Requests of the playground: a signed-in person uses a project without a key.

use keystead_core::caller::Caller;
use keystead_core::id::{OrganizationId, ProjectId, SessionId};
use keystead_core::usage::Price;
use keystead_store::tables::directory;

use super::minting::gate_new_key;
use crate::accounts::IDLE;
use crate::prices::present_prices;
use crate::{App, Error};

impl App {
    /// Checks what a new key needs: the playground must not be a way around it. What the person may do in the project is
    /// judged with each request.
    ///
    /// # Errors
    /// When the organization lacks what a rule requires before a key is created.
    pub async fn ensure_playground(&self, organization: &OrganizationId) -> Result<(), Error> {
        read_tx!(self.store(), "ensure_playground", |tx| gate_new_key(self, tx, organization).await)
    }

    /// Returns the caller that a session is in this project, as of now; `None` once the session has ended.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn session_caller(&self, session: &SessionId, project: &ProjectId) -> Result<Option<Caller>, Error> {
        let now = self.now();
        read_tx!(self.store(), "session_caller", |tx| {
            Ok(directory::find_session_caller(tx, session, project, now, now.plus(-IDLE)).await?)
        })
    }

    /// Returns the present price of each served model.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn model_prices(&self) -> Result<Vec<(String, Price)>, Error> {
        let now = self.now();
        read_tx!(self.store(), "model_prices", |tx| present_prices(tx, now).await)
    }
}
