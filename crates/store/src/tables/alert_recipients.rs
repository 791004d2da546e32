//! The addresses that get mails of alerts, by address: the deletion of an account finds the alerts of its address here.
//! Each alert also lists its addresses, in the order in which they were given.

use crate::{Error, PerEngine, Tx};

/// The statements about one kind of alert.
pub(super) struct Recipients {
    insert: PerEngine,
    clear: &'static str,
    forget: &'static str,
}

/// Of alerts about budgets.
pub(super) const OF_BUDGET_ALERTS: Recipients = Recipients {
    // One statement for all addresses; each engine has its own syntax to unpack them.
    insert: PerEngine {
        sqlite: "INSERT INTO budget_alert_recipients (address, alert) SELECT value, CAST($2 AS TEXT) \
                 FROM json_each($1) WHERE TRUE ON CONFLICT (address, alert) DO NOTHING",
        postgres: "INSERT INTO budget_alert_recipients (address, alert) SELECT value, CAST($2 AS TEXT) \
                   FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value) \
                   ON CONFLICT (address, alert) DO NOTHING",
    },
    clear: "DELETE FROM budget_alert_recipients WHERE alert = $1",
    forget: "DELETE FROM budget_alert_recipients WHERE address = $1",
};

/// Of alerts about the spend of a month.
pub(super) const OF_SPEND_ALERTS: Recipients = Recipients {
    insert: PerEngine {
        sqlite: "INSERT INTO spend_alert_recipients (address, alert) SELECT value, CAST($2 AS TEXT) \
                 FROM json_each($1) WHERE TRUE ON CONFLICT (address, alert) DO NOTHING",
        postgres: "INSERT INTO spend_alert_recipients (address, alert) SELECT value, CAST($2 AS TEXT) \
                   FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value) \
                   ON CONFLICT (address, alert) DO NOTHING",
    },
    clear: "DELETE FROM spend_alert_recipients WHERE alert = $1",
    forget: "DELETE FROM spend_alert_recipients WHERE address = $1",
};

impl Recipients {
    /// Saves the addresses of an alert, a JSON array, in place of those that it had.
    pub(super) async fn save(&self, tx: &mut Tx, alert: &str, addresses: &str) -> Result<(), Error> {
        tx.execute(self.clear, vec![alert.into()]).await?;
        let sql = tx.pick(self.insert);
        tx.execute(sql, vec![addresses.into(), alert.into()]).await.map(|_| ())
    }

    /// Removes an address from all alerts.
    pub(super) async fn forget(&self, tx: &mut Tx, address: &str) -> Result<(), Error> {
        tx.execute(self.forget, vec![address.into()]).await.map(|_| ())
    }
}
