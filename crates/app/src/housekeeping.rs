//! What is done by the clock: forgetting what need not be known any more.

use keystead_store::Tx;
use keystead_store::tables::{
    accounts, inbound_events, limit_hits, organization_verifications, phones, privacy, refusals, sessions,
};

use crate::{App, Error};

const DAY: i64 = 86_400;

impl App {
    /// Forgets what has outlived its purpose. Safe to run at any time and on every node.
    ///
    /// # Errors
    /// When the store cannot; the next run does the rest.
    pub async fn keep_house(&self) -> Result<(), Error> {
        let now = self.now();
        let write = self.store().write("keep_house", async move |tx: &mut Tx| {
            // The longest window that is counted is thirty days, but a hundred wrong codes count for good: theirs stay.
            limit_hits::delete_old(tx, now.plus(-31 * DAY)).await?;
            inbound_events::delete_old(tx, now.plus(-30 * DAY)).await?;
            phones::delete_old(tx, now.plus(-30 * DAY)).await?;
            privacy::delete_documents(tx, now.plus(-90 * DAY)).await?;
            sessions::delete_old(tx, now.plus(-7 * DAY)).await?;
            accounts::delete_tokens(tx, now.plus(-DAY)).await?;
            refusals::delete_old(tx, now.plus(-30 * DAY)).await?;
            Ok::<_, Error>(())
        });
        write.await?;
        self.end_what_has_a_date().await?;
        self.forget_evidence().await
    }

    /// Exemptions and cooldowns whose date has come end by themselves, whether anybody looks or not.
    async fn end_what_has_a_date(&self) -> Result<(), Error> {
        let app = self.clone();
        let write = self.store().write("end_what_has_a_date", async move |tx: &mut Tx| {
            for status in ["exempt", "cooldown"] {
                for row in organization_verifications::list(tx, status).await? {
                    app.end_dated(tx, &row.organization).await?;
                }
            }
            Ok::<_, Error>(())
        });
        write.await
    }
}
