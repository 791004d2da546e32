//! What an organization has and owes at one moment.

use super::{Account, BillingMode, Entry, LedgerFault};
use crate::id::CreditLotId;
use crate::money::Micros;
use crate::time::Timestamp;

/// Credit that came at once, by a purchase, a grant or a correction, and is used and expires together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its id.
    pub id: CreditLotId,
    /// What is left of it.
    pub left: Micros,
    /// Lots with a lower number are used first.
    pub priority: i64,
    /// When what is left of it expires; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it came.
    pub made_at: Timestamp,
}

impl Lot {
    /// Orders lots by their use: priority, then the earliest expiry, then the oldest.
    fn order(&self) -> (i64, i64, Timestamp, &CreditLotId) {
        (self.priority, self.expires_at.map_or(i64::MAX, |at| at.0), self.made_at, &self.id)
    }
}

/// What an organization has and owes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Position {
    /// Lots with something left, in the order in which they are used.
    lots: Vec<Lot>,
    /// What is owed, as a negative number or zero.
    receivable: i64,
}

impl Position {
    /// Puts the lots into their order. Lots of which nothing is left are left out.
    #[must_use]
    pub fn new(mut lots: Vec<Lot>, receivable: Micros) -> Self {
        lots.retain(|lot| lot.left.0 > 0);
        lots.sort_by(|a, b| a.order().cmp(&b.order()));
        Self { lots, receivable: receivable.0 }
    }

    /// The lots, in the order in which they are used.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// What is left of a lot.
    #[must_use]
    pub fn left_of(&self, id: &CreditLotId) -> Micros {
        self.lots.iter().find(|lot| lot.id == *id).map_or(Micros(0), |lot| lot.left)
    }

    /// What is owed, as a negative number or zero.
    #[must_use]
    pub const fn receivable(&self) -> Micros {
        Micros(self.receivable)
    }

    /// All lots together, without what is owed.
    #[must_use]
    pub fn balance(&self) -> Micros {
        Micros(self.lots.iter().fold(self.receivable, |sum, lot| sum.saturating_add(lot.left.0)))
    }

    /// The entries that take an amount: from `first` if it is a lot with something left, then from the lots in their
    /// order, then from what `mode` says. Usage that is not charged takes from no lot.
    pub(super) fn take(&self, micros: i64, first: Option<&CreditLotId>, mode: BillingMode) -> Vec<Entry> {
        let mut rest = micros.max(0);
        let mut entries = Vec::new();
        let charged = mode != BillingMode::None;
        let preferred = self.lots.iter().filter(|lot| Some(&lot.id) == first);
        let others = self.lots.iter().filter(|lot| Some(&lot.id) != first);
        for lot in preferred.chain(others).filter(|_| charged) {
            let part = rest.min(lot.left.0);
            if part > 0 {
                entries.push(Entry { account: Account::Credit(lot.id.clone()), micros: Micros(-part) });
                rest -= part;
            }
        }
        if rest > 0 {
            entries.push(Entry { account: mode.rest(), micros: Micros(-rest) });
        }
        entries
    }

    /// The entries that give an amount: first to what is owed, then to a lot.
    pub(super) fn give(&self, micros: i64, lot: &CreditLotId) -> Vec<Entry> {
        let owed = self.receivable.saturating_neg().clamp(0, micros);
        let entries = [(Account::Receivable, owed), (Account::Credit(lot.clone()), micros - owed)];
        let entries = entries.into_iter().filter(|(_, micros)| *micros != 0);
        entries.map(|(account, micros)| Entry { account, micros: Micros(micros) }).collect()
    }

    /// The position after some entries. `new` describes the lot that they begin, if there is one.
    ///
    /// # Errors
    /// When a sum does not fit, or when a lot would be negative or is unknown.
    pub fn after(&self, entries: &[Entry], new: Option<&Lot>) -> Result<Self, LedgerFault> {
        let mut next = self.clone();
        let known = new.filter(|new| next.lots.iter().all(|lot| lot.id != new.id));
        next.lots.extend(known.map(|lot| Lot { left: Micros(0), ..lot.clone() }));
        for Entry { account, micros } in entries {
            match account {
                Account::Credit(id) => {
                    let lot = next.lots.iter_mut().find(|lot| lot.id == *id).ok_or(LedgerFault::Range)?;
                    lot.left.0 =
                        lot.left.0.checked_add(micros.0).filter(|left| *left >= 0).ok_or(LedgerFault::Range)?;
                }
                Account::Receivable => {
                    let owed = next.receivable.checked_add(micros.0).filter(|owed| *owed <= 0);
                    next.receivable = owed.ok_or(LedgerFault::Range)?;
                }
                _ => {}
            }
        }
        Ok(Self::new(next.lots, Micros(next.receivable)))
    }
}
