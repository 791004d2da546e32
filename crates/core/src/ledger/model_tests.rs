//! Random purchases, grants, usage, expiries, refunds and chargebacks against the simplest model: single micros, each with
//! the lot that it belongs to.

use proptest::prelude::*;

use super::*;
use crate::time::Timestamp;

/// What is done, with small numbers, so that lots run out often.
#[derive(Debug, Clone)]
enum Act {
    Purchase(i64),
    Grant {
        micros: i64,
        priority: i64,
        expires_at: Option<i64>,
    },
    Usage(i64),
    Adjust(i64),
    /// Of the purchase at this place, modulo their number.
    Refund(usize, i64),
    Chargeback(usize, i64),
    /// Of the chargeback at this place.
    Reverse(usize),
    Expire(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (1..20_i64).prop_map(Act::Purchase),
        (1..20_i64, 0..3_i64, prop::option::of(0..50_i64)).prop_map(|(micros, priority, expires_at)| Act::Grant {
            micros,
            priority,
            expires_at
        }),
        (1..30_i64).prop_map(Act::Usage),
        (-15..15_i64).prop_map(Act::Adjust),
        (any::<usize>(), 1..20_i64).prop_map(|(at, micros)| Act::Refund(at, micros)),
        (any::<usize>(), 1..20_i64).prop_map(|(at, micros)| Act::Chargeback(at, micros)),
        any::<usize>().prop_map(Act::Reverse),
        (0..60_i64).prop_map(Act::Expire),
    ];
    prop::collection::vec(act, 1..60)
}

/// A lot of the model: its rules, and its micros one by one.
#[derive(Debug, Clone)]
struct Heap {
    id: CreditLotId,
    priority: i64,
    expires_at: Option<i64>,
    made_at: i64,
    left: u32,
}

#[derive(Debug, Default)]
struct Model {
    heaps: Vec<Heap>,
    owed: u32,
}

impl Model {
    fn take(&mut self, micros: i64, first: Option<&CreditLotId>) {
        for _ in 0..micros {
            let own = self.heaps.iter().position(|heap| Some(&heap.id) == first && heap.left > 0);
            let next = own.or_else(|| {
                let open = self.heaps.iter().enumerate().filter(|(_, heap)| heap.left > 0);
                let order = |heap: &Heap| {
                    (heap.priority, heap.expires_at.is_none(), heap.expires_at, heap.made_at, heap.id.clone())
                };
                open.min_by_key(|(_, heap)| order(heap)).map(|(place, _)| place)
            });
            match next {
                Some(place) => self.heaps[place].left -= 1,
                None => self.owed += 1,
            }
        }
    }

    fn give(&mut self, micros: i64, heap: Heap) {
        self.heaps.push(heap);
        for _ in 0..micros {
            if self.owed > 0 {
                self.owed -= 1;
            } else if let Some(heap) = self.heaps.last_mut() {
                heap.left += 1;
            }
        }
    }

    fn balance(&self) -> i64 {
        self.heaps.iter().map(|heap| i64::from(heap.left)).sum::<i64>() - i64::from(self.owed)
    }
}

/// A payment: its lot, and what of it is not paid back.
struct Payment {
    lot: CreditLotId,
    open: i64,
}

struct World {
    position: Position,
    model: Model,
    payments: Vec<Payment>,
    /// Chargebacks that were not reversed: payment and amount.
    disputes: Vec<(usize, i64)>,
    /// The sum of every account.
    sums: std::collections::BTreeMap<Account, i64>,
    made: i64,
}

impl World {
    fn lot(&mut self, priority: i64, expires_at: Option<i64>) -> (Lot, Heap) {
        self.made += 1;
        let id: CreditLotId = format!("credit_{:04}", self.made).parse().unwrap();
        let heap = Heap { id: id.clone(), priority, expires_at, made_at: self.made, left: 0 };
        let expires_at = expires_at.map(Timestamp);
        (Lot { id, left: Micros(0), priority, expires_at, made_at: Timestamp(self.made) }, heap)
    }

    fn post(&mut self, transaction: &Transaction, new: Option<&Lot>) {
        assert!(transaction.is_balanced() && transaction.entries.len() >= 2);
        let before = self.position.balance().0;
        self.position = self.position.after(&transaction.entries, new).unwrap();
        assert_eq!(self.position.balance().0 - before, transaction.change().0);
        for entry in &transaction.entries {
            *self.sums.entry(entry.account.clone()).or_default() += entry.micros.0;
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Purchase(micros) => {
                let (lot, heap) = self.lot(PRIORITY, None);
                self.post(&purchase(&self.position, &lot.id, Micros(*micros)).unwrap(), Some(&lot));
                self.payments.push(Payment { lot: lot.id, open: *micros });
                self.model.give(*micros, heap);
            }
            Act::Grant { micros, priority, expires_at } => {
                let (lot, heap) = self.lot(*priority, *expires_at);
                self.post(&grant(&self.position, &lot.id, Micros(*micros)).unwrap(), Some(&lot));
                self.model.give(*micros, heap);
            }
            Act::Usage(micros) => {
                self.post(&post_usage(&self.position, Micros(*micros), BillingMode::Prepaid).unwrap(), None);
                self.model.take(*micros, None);
            }
            Act::Adjust(micros) => {
                let (lot, heap) = self.lot(PRIORITY, None);
                let Ok(transaction) = adjust(&self.position, &lot.id, Micros(*micros)) else {
                    assert_eq!(*micros, 0);
                    return;
                };
                self.post(&transaction, Some(&lot));
                if *micros > 0 { self.model.give(*micros, heap) } else { self.model.take(-micros, None) }
            }
            Act::Refund(at, micros) | Act::Chargeback(at, micros) => self.take_back(act, *at, *micros),
            Act::Reverse(at) => {
                if self.disputes.is_empty() {
                    return;
                }
                let (payment, micros) = self.disputes.remove(at % self.disputes.len());
                let (lot, heap) = self.lot(PRIORITY, None);
                self.post(
                    &reverse_charge_back(&self.position, &lot.id, (Micros(micros), Micros(0))).unwrap(),
                    Some(&lot),
                );
                self.payments[payment].open += micros;
                self.model.give(micros, heap);
            }
            Act::Expire(now) => {
                for place in 0..self.model.heaps.len() {
                    let heap = &mut self.model.heaps[place];
                    if heap.expires_at.is_none_or(|at| at > *now) {
                        continue;
                    }
                    let (id, left) = (heap.id.clone(), std::mem::take(&mut heap.left));
                    match expire(&self.position, &id) {
                        Some(transaction) => {
                            assert_eq!(transaction.change().0, -i64::from(left));
                            self.post(&transaction, None);
                        }
                        None => assert_eq!(left, 0),
                    }
                }
            }
        }
    }

    fn take_back(&mut self, act: &Act, at: usize, micros: i64) {
        if self.payments.is_empty() {
            return;
        }
        let at = at % self.payments.len();
        let (lot, open) = (self.payments[at].lot.clone(), Micros(self.payments[at].open));
        // No purchase of this model expires.
        let of = OfPayment { open, expired: Micros(0) };
        let refunds = matches!(act, Act::Refund(..));
        let made = if refunds {
            refund(&self.position, &lot, Micros(micros), of)
        } else {
            charge_back(&self.position, &lot, Micros(micros), of)
        };
        let Ok(transaction) = made else {
            assert!(micros > open.0);
            return;
        };
        self.post(&transaction, None);
        self.payments[at].open -= micros;
        if !refunds {
            self.disputes.push((at, micros));
        }
        self.model.take(micros, Some(&lot));
    }
}

proptest! {
    #[test]
    fn the_ledger_agrees_with_single_micros(acts in acts()) {
        let mut world = World {
            position: Position::default(),
            model: Model::default(),
            payments: Vec::new(),
            disputes: Vec::new(),
            sums: std::collections::BTreeMap::new(),
            made: 0,
        };
        for act in &acts {
            world.act(act);
            let left: Vec<_> = world.model.heaps.iter().filter(|heap| heap.left > 0).collect();
            prop_assert_eq!(world.position.lots().len(), left.len());
            for heap in left {
                prop_assert_eq!(world.position.left_of(&heap.id).0, i64::from(heap.left));
            }
            prop_assert_eq!(world.position.receivable().0, -i64::from(world.model.owed));
            prop_assert_eq!(world.position.balance().0, world.model.balance());
            // All accounts together are zero, and those of the organization are its balance.
            prop_assert_eq!(world.sums.values().sum::<i64>(), 0);
            let own = world.sums.iter().filter(|(account, _)| account.is_balance()).map(|(_, sum)| sum).sum::<i64>();
            prop_assert_eq!(own, world.model.balance());
            // A position can be read from the sums of entries alone.
            for lot in world.position.lots() {
                prop_assert_eq!(world.sums.get(&Account::Credit(lot.id.clone())), Some(&lot.left.0));
            }
        }
    }
}
