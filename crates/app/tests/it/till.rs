//! A service that takes payments: it does what the test wants, loses answers, and repeats what it did for a key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use keystead_app::{Actor, Settings};
use keystead_core::ledger::BillingMode;
use keystead_core::money::Amount;
use keystead_core::purchase::{PaymentStatus, Reversal, ReversalKind, ReversalState};
use keystead_core::time::Timestamp;
use keystead_providers::payment::{
    CardOrder, MethodEvent, Order, PageOrder, Payment, PaymentAt, PaymentProvider, PurchaseProvider, RefundOrder,
    Setup, SetupState,
};
use keystead_providers::webhook::{Headers, Hint, SignatureError};
use keystead_providers::{BoxFuture, Health, ProviderError};
use keystead_testkit::Database;

use crate::vendors::{Bank, Line, ServicesApp, Tenant, card};

/// What a card does when it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Pays,
    Declines(&'static str),
    Asks,
}

pub(crate) struct Till {
    bank: Bank,
    pub(crate) line: Line,
    /// What is requested is done, and its answer is lost.
    pub(crate) loses: AtomicBool,
    /// Refunds are refused.
    pub(crate) keeps: AtomicBool,
    /// The keys of refunds are forgotten: a repeated request pays back again.
    pub(crate) forgets: AtomicBool,
    pub(crate) answer: Mutex<Answer>,
    /// Payments by our id of the purchase.
    pub(crate) payments: Mutex<BTreeMap<String, Payment>>,
    /// How often a card was charged.
    pub(crate) charges: AtomicI64,
    refunds: AtomicI64,
}

impl Default for Till {
    fn default() -> Self {
        Self {
            bank: Bank::default(),
            line: Line::default(),
            loses: AtomicBool::new(false),
            keeps: AtomicBool::new(false),
            forgets: AtomicBool::new(false),
            answer: Mutex::new(Answer::Pays),
            payments: Mutex::default(),
            charges: AtomicI64::new(0),
            refunds: AtomicI64::new(0),
        }
    }
}

impl Till {
    pub(crate) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Changes the payment of a purchase at the service.
    pub(crate) fn change(&self, purchase: &str, change: impl FnOnce(&mut Payment)) {
        let mut payments = self.payments.lock().unwrap();
        let payment = payments.get_mut(purchase).unwrap();
        change(payment);
        if payment.status == PaymentStatus::Paid {
            payment.charge = Some(format!("ch_{purchase}"));
            payment.receipt_url = Some(format!("https://till.test/receipts/{purchase}"));
            payment.url = None;
            payment.reason = None;
        }
    }

    pub(crate) fn pays(&self, purchase: &str) {
        self.change(purchase, |payment| {
            payment.status = PaymentStatus::Paid;
            payment.payment = Some(format!("pi_{purchase}"));
        });
    }

    /// Adds a reversal, or changes its state.
    pub(crate) fn reverses(
        &self,
        purchase: &str,
        reference: &str,
        kind: ReversalKind,
        cents: i64,
        state: ReversalState,
    ) {
        self.change(purchase, |payment| {
            payment.reversals.retain(|one| one.reference != reference);
            payment.reversals.push(Reversal {
                kind,
                reference: reference.to_owned(),
                own: None,
                cents,
                state,
                reason: "fraudulent".to_owned(),
            });
        });
    }

    fn answered<T>(&self, done: T) -> Result<T, ProviderError> {
        if self.loses.load(Ordering::SeqCst) {
            return Err(ProviderError::Unavailable("the answer was lost".to_owned()));
        }
        Ok(done)
    }

    fn begun(order: Order<'_>, status: PaymentStatus) -> Payment {
        Payment {
            status,
            reason: None,
            card: None,
            session: None,
            payment: None,
            charge: None,
            receipt_url: None,
            url: None,
            customer: Some(format!("cus_{}", order.organization)),
            cents: order.cents,
            currency: "usd".to_owned(),
            reversals: Vec::new(),
        }
    }

    fn charged(&self, order: CardOrder<'_>) -> Payment {
        let purchase = order.order.purchase;
        if let Some(known) = self.payments.lock().unwrap().get(purchase) {
            return known.clone();
        }
        let mut made = Self::begun(order.order, PaymentStatus::Paid);
        made.payment = Some(format!("pi_{purchase}"));
        match *self.answer.lock().unwrap() {
            Answer::Pays => {
                self.charges.fetch_add(1, Ordering::SeqCst);
                made.charge = Some(format!("ch_{purchase}"));
                made.receipt_url = Some(format!("https://till.test/receipts/{purchase}"));
            }
            Answer::Asks if order.return_url.is_some() => {
                made.status = PaymentStatus::RequiresAction;
                made.url = Some("https://bank.test/confirm".to_owned());
            }
            Answer::Asks => {
                made.status = PaymentStatus::Failed;
                made.reason = Some("authentication_required".to_owned());
            }
            Answer::Declines(reason) => {
                made.status = PaymentStatus::Failed;
                made.reason = Some(reason.to_owned());
                made.card = Some(order.method.to_owned());
            }
        }
        self.payments.lock().unwrap().insert(purchase.to_owned(), made.clone());
        made
    }
}

impl PurchaseProvider for Till {
    fn charge<'a>(&'a self, order: CardOrder<'a>) -> BoxFuture<'a, Result<Payment, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            tokio::task::yield_now().await;
            self.answered(self.charged(order))
        })
    }

    fn open_page<'a>(&'a self, page: PageOrder<'a>) -> BoxFuture<'a, Result<Payment, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let mut made = Self::begun(page.order, PaymentStatus::Open);
            made.session = Some(format!("cs_{}", page.order.purchase));
            made.url = Some(format!("https://till.test/{}", page.order.purchase));
            self.payments.lock().unwrap().insert(page.order.purchase.to_owned(), made.clone());
            self.answered(made)
        })
    }

    fn payment<'a>(&'a self, at: PaymentAt<'a>) -> BoxFuture<'a, Result<Option<Payment>, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            tokio::task::yield_now().await;
            Ok(self.payments.lock().unwrap().get(at.purchase).cloned())
        })
    }

    fn end<'a>(&'a self, at: PaymentAt<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            self.change(at.purchase, |payment| {
                if payment.status != PaymentStatus::Paid {
                    payment.status = PaymentStatus::Expired;
                    payment.url = None;
                }
            });
            Ok(())
        })
    }

    fn refund<'a>(&'a self, order: RefundOrder<'a>) -> BoxFuture<'a, Result<Reversal, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            if self.keeps.load(Ordering::SeqCst) {
                return Err(ProviderError::Refused("Stripe 400 charge_disputed".to_owned()));
            }
            let mut payments = self.payments.lock().unwrap();
            let of_payment = |one: &&mut Payment| one.payment.as_deref() == Some(order.payment);
            let payment = payments.values_mut().find(of_payment).unwrap();
            let known = payment.reversals.iter().find(|one| one.own.as_deref() == Some(order.reversal)).cloned();
            let known = known.filter(|_| !self.forgets.load(Ordering::SeqCst));
            let made = known.unwrap_or_else(|| {
                let number = self.refunds.fetch_add(1, Ordering::SeqCst);
                let made = Reversal {
                    kind: ReversalKind::Refund,
                    reference: format!("re_{number}"),
                    own: Some(order.reversal.to_owned()),
                    cents: order.cents,
                    state: ReversalState::Final,
                    reason: "requested_by_customer".to_owned(),
                };
                payment.reversals.push(made.clone());
                made
            });
            drop(payments);
            self.answered(made)
        })
    }

    fn disputed_payment<'a>(&'a self, dispute: &'a str) -> BoxFuture<'a, Result<Option<String>, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let payments = self.payments.lock().unwrap();
            let has = |payment: &&Payment| payment.reversals.iter().any(|one| one.reference == dispute);
            Ok(payments.values().find(has).and_then(|payment| payment.payment.clone()))
        })
    }
}

impl PaymentProvider for Till {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn start<'a>(
        &'a self,
        attempt: &'a str,
        organization: &'a str,
        customer: Option<&'a str>,
        return_url: &'a str,
    ) -> BoxFuture<'a, Result<Setup, ProviderError>> {
        self.bank.start(attempt, organization, customer, return_url)
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SetupState, ProviderError>> {
        self.bank.fetch(reference)
    }

    fn method_event<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<MethodEvent>, ProviderError>> {
        self.bank.method_event(name, reference)
    }

    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        self.bank.cancel(reference)
    }

    fn detach<'a>(&'a self, method: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        self.bank.detach(method)
    }

    fn purchases(&self) -> Option<&dyn PurchaseProvider> {
        Some(self)
    }

    fn health(&self) -> Health {
        Health::Up
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        self.bank.hints(headers, body, now)
    }
}

/// An installation that sells credit, and an owner with a card on file.
pub(crate) struct Shop {
    pub(crate) test: ServicesApp,
    pub(crate) till: Arc<Till>,
    pub(crate) tenant: Tenant,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(settings: Settings) -> Self {
        let settings = Settings { billing_mode: BillingMode::Prepaid, ..settings };
        let till = Arc::<Till>::default();
        let store = Database::memory().await.store;
        let test = ServicesApp::with_cards_over(store, settings, Arc::<Till>::clone(&till));
        let tenant = test.tenant("ann").await;
        let shop = Self { test, till, tenant };
        shop.put_card(1).await;
        shop
    }

    pub(crate) async fn put_card(&self, number: u32) {
        let (app, organization) = (&self.test.app, self.tenant.organization());
        let setup = app.start_payment_method(&self.tenant.actor, organization).await.unwrap();
        let reference = format!("cs_{}", setup.id);
        self.till.bank.setups.lock().unwrap().insert(reference, SetupState::Succeeded(card(number)));
        app.check_payment_setup(&self.tenant.actor, organization, setup.id.as_str()).await.unwrap();
    }

    pub(crate) async fn balance(&self) -> Amount {
        let app = &self.test.app;
        app.credit(&self.tenant.actor, self.tenant.organization()).await.unwrap().balance
    }

    pub(crate) async fn suspended(&self) -> bool {
        let app = &self.test.app;
        app.credit(&self.tenant.actor, self.tenant.organization()).await.unwrap().suspended.is_some()
    }

    pub(crate) fn operator() -> Actor {
        Actor::operator("op@example.com".to_owned())
    }
}
