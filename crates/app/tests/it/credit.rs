//! Credit: what purchases, grants, usage, expiries, refunds and chargebacks leave, by which requests are refused; and the
//! proof that all figures are one.

mod modes;
mod suspension;

use keystead_app::credit::{
    self, Adjustment, CreditView, Grant, MoneyCheck, Posted, Purchase, TakenBack, record_chargeback, record_purchase,
    record_refund, reverse_chargeback,
};
use keystead_app::{Actor, Error, Page, Settings};
use keystead_core::budget::Charge;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::ledger::{BillingMode, MOST, Recharge, TransactionKind};
use keystead_core::money::{Amount, Micros};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use keystead_store::Tx;
use keystead_store::tables::credit_budgets;
use keystead_testkit::{Databases, count_usage, usage_event};

use crate::vendors::{DAY, ServicesApp};

/// Micros in a cent.
pub(crate) const CENT: i64 = 10_000;

pub(crate) struct Account {
    pub(crate) test: ServicesApp,
    pub(crate) organization: OrganizationId,
    project: ProjectId,
    pub(crate) owner: UserId,
    counted: i64,
}

pub(crate) fn operator() -> Actor {
    Actor::operator("anna")
}

fn stripe() -> Actor {
    Actor::service("stripe")
}

impl Account {
    pub(crate) async fn new(mode: BillingMode) -> Self {
        Self::over(ServicesApp::new(Settings { billing_mode: mode, ..Settings::default() }).await).await
    }

    async fn over(test: ServicesApp) -> Self {
        let made = test.app.bootstrap("ann@example.com", "Acme", true).await.unwrap();
        let (organization, project, owner) = (made.organization_id, made.project_id, made.user_id);
        Self { test, organization, project, owner, counted: 0 }
    }

    /// Counts usage of this cost, as a node reports it.
    pub(crate) async fn uses(&mut self, cost: Amount) {
        self.uses_of(cost, None).await;
    }

    /// Counts usage of a request that was admitted by these budgets.
    async fn uses_of(&mut self, cost: Amount, charge: Option<Charge>) {
        let request = usage_event(&self.organization, &self.project, self.test.now(), cost);
        let event = UsageEvent { charge, ..request };
        let position = self.counted;
        self.counted += 1;
        count_usage(&self.test.store, "1-x", position, &[event]).await;
    }

    pub(crate) async fn grant(&self, cents: i64, expires_in: Option<i64>) -> Result<Posted, Error> {
        let expires_at = expires_in.map(|seconds| Timestamp(self.test.now() + seconds));
        let micros = Micros(cents * CENT);
        let grant = Grant { micros, expires_at, priority: None, reason: "trial", idempotency_key: None };
        self.test.app.grant_credit(&operator(), &self.organization, &grant).await
    }

    pub(crate) async fn adjust(&self, micros: i64, key: Option<&str>) -> Result<Posted, Error> {
        let wanted = Adjustment { micros: Micros(micros), reason: "a correction", idempotency_key: key };
        self.test.app.adjust_credit(&operator(), &self.organization, &wanted).await
    }

    async fn view(&self) -> CreditView {
        self.test.app.credit(&Actor::Person(self.owner.clone()), &self.organization).await.unwrap()
    }

    async fn balance(&self) -> Amount {
        self.view().await.balance
    }

    /// What the budget leaves by which requests are refused.
    async fn left(&self) -> Option<Amount> {
        let organization = self.organization.clone();
        let read = async move |tx: &mut Tx| credit_budgets::find(tx, &organization).await;
        let found: Result<_, keystead_store::Error> = self.test.store.read("budget", read).await;
        found.unwrap().left()
    }

    async fn kinds(&self) -> Vec<&'static str> {
        let page = Page { after: None, limit: 100, ascending: true };
        let listed = self.test.app.ledger(&Actor::Person(self.owner.clone()), &self.organization, &page).await;
        let mut kinds: Vec<_> = listed.unwrap().data.iter().map(|row| row.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds
    }

    pub(crate) async fn proven(&self) -> MoneyCheck {
        let check = self.test.app.check_money(&operator()).await.unwrap();
        assert_eq!(check.difference, None);
        check
    }

    pub(crate) async fn buys(&self, payment: &str, cents: i64) -> Result<Posted, Error> {
        let (app, organization, payment) = (self.test.app.clone(), self.organization.clone(), payment.to_owned());
        let work = async move |tx: &mut Tx| {
            let paid = Purchase { organization: &organization, payment: &payment, micros: Micros(cents * CENT) };
            Ok::<_, Never>(record_purchase(&app, tx, &stripe(), &paid).await)
        };
        self.test.store.write("buy", work).await.unwrap()
    }

    pub(crate) async fn takes_back(
        &self,
        payment: &str,
        id: &str,
        cents: i64,
        disputed: bool,
    ) -> Result<Posted, Error> {
        let (app, organization) = (self.test.app.clone(), self.organization.clone());
        let (payment, id) = (payment.to_owned(), id.to_owned());
        let work = async move |tx: &mut Tx| {
            let micros = Micros(cents * CENT);
            let back = TakenBack { organization: &organization, payment: &payment, id: &id, micros };
            Ok::<_, Never>(match disputed {
                true => record_chargeback(&app, tx, &stripe(), &back).await,
                false => record_refund(&app, tx, &stripe(), &back).await,
            })
        };
        self.test.store.write("take back", work).await.unwrap()
    }

    pub(crate) async fn returns(&self, dispute: &str) -> Result<Posted, Error> {
        let (app, organization, dispute) = (self.test.app.clone(), self.organization.clone(), dispute.to_owned());
        let work = async move |tx: &mut Tx| {
            Ok::<_, Never>(reverse_chargeback(&app, tx, &stripe(), &organization, &dispute).await)
        };
        self.test.store.write("return", work).await.unwrap()
    }

    async fn paid(&self) -> Amount {
        let organization = self.organization.clone();
        let work = async move |tx: &mut Tx| Ok::<_, Never>(credit::paid(tx, &organization).await);
        self.test.store.read("paid", work).await.unwrap().unwrap()
    }
}

/// The error of transactions in these tests: the store's.
type Never = keystead_store::Error;

pub(crate) fn cents(figure: i64) -> Amount {
    Amount::of_cents(figure)
}

#[tokio::test]
async fn a_new_organization_has_no_credit_and_what_comes_can_be_spent() {
    let mut account = Account::new(BillingMode::Prepaid).await;
    assert_eq!(account.left().await, Some(Amount::ZERO), "nothing is free before the first run");
    account.grant(500, None).await.unwrap();
    account.buys("pi_1", 1_000).await.unwrap();
    assert_eq!((account.balance().await, account.left().await), (cents(1_500), Some(cents(1_500))));
    // Usage is taken off at once, in picos, also before it is posted.
    let used = Amount::of_picos(12_345_678_901_234);
    account.uses(used).await;
    let expected = cents(1_500).minus(used);
    let view = account.view().await;
    assert_eq!((view.balance, view.unposted, account.left().await), (expected, used, Some(expected)));
    assert_eq!(view.lots.iter().map(|lot| lot.left.0).sum::<i64>(), 15_000_000 - 12_345_678);
    account.test.app.post_ledgers().await.unwrap();
    account.test.app.post_ledgers().await.unwrap();
    let view = account.view().await;
    assert_eq!((view.balance, account.left().await), (expected, Some(expected)), "posting changes no figure");
    assert_eq!(view.unposted, Amount::of_picos(901_234), "less than a micro waits");
    assert_eq!(account.kinds().await, ["grant", "purchase", "usage"]);
    let check = account.proven().await;
    assert_eq!((check.used, check.posted, check.months), (used, Micros(12_345_678).into(), 1));
}

#[tokio::test]
async fn any_number_of_requests_differs_by_less_than_a_micro() {
    let mut account = Account::new(BillingMode::Prepaid).await;
    account.grant(100, None).await.unwrap();
    let mut used = Amount::ZERO;
    for request in 0..40 {
        let cost = Amount::of_picos(333_333 + request);
        account.uses(cost).await;
        used = used.plus(cost);
        account.test.app.post_ledgers().await.unwrap();
        let view = account.view().await;
        assert_eq!(view.balance, cents(100).minus(used));
        assert!(view.unposted < Micros(1).into(), "{:?}", view.unposted);
    }
    account.proven().await;
}

/// Operators are known by their addresses, which organizations do not see.
#[tokio::test]
async fn organizations_do_not_see_who_of_the_operators_acted() {
    let account = Account::new(BillingMode::Prepaid).await;
    let (app, organization) = (&account.test.app, &account.organization);
    let ops = Actor::operator("ops@example.com");
    let wanted = Adjustment { micros: Micros(CENT), reason: "a correction", idempotency_key: None };
    app.adjust_credit(&ops, organization, &wanted).await.unwrap();
    let page = Page { after: None, limit: 100, ascending: true };
    for (reader, wanted) in [(Actor::Person(account.owner.clone()), "operator"), (ops, "ops@example.com")] {
        let listed = app.ledger(&reader, organization, &page).await.unwrap();
        assert_eq!(listed.data.iter().map(|row| row.made_by.as_str()).collect::<Vec<_>>(), [wanted]);
    }
}

#[tokio::test]
async fn what_is_left_of_a_grant_expires() {
    let mut account = Account::new(BillingMode::Prepaid).await;
    account.grant(300, Some(DAY)).await.unwrap();
    account.buys("pi_1", 1_000).await.unwrap();
    // What expires first is used first.
    account.uses(cents(100)).await;
    account.test.wait(DAY - 1);
    account.test.app.post_ledgers().await.unwrap();
    assert_eq!(account.balance().await, cents(1_200));
    account.test.wait(1);
    account.test.app.post_ledgers().await.unwrap();
    account.test.app.post_ledgers().await.unwrap();
    assert_eq!((account.balance().await, account.left().await), (cents(1_000), Some(cents(1_000))));
    assert_eq!(account.kinds().await, ["expiry", "grant", "purchase", "usage"]);
    account.proven().await;
}

#[tokio::test]
async fn refunds_and_chargebacks_are_posted_once_and_suspend() {
    let mut account = Account::new(BillingMode::Prepaid).await;
    let first = account.buys("pi_1", 1_000).await.unwrap();
    let again = account.buys("pi_1", 1_000).await.unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(first.transaction.id, again.transaction.id);
    assert!(matches!(account.buys("pi_1", 999).await, Err(Error::Conflict { .. })));
    assert_eq!(account.paid().await, cents(1_000));

    account.takes_back("pi_1", "re_1", 200, false).await.unwrap();
    assert!(account.takes_back("pi_1", "re_1", 200, false).await.unwrap().repeated);
    assert!(account.takes_back("pi_1", "re_2", 801, false).await.is_err(), "more than was paid");
    assert!(matches!(account.takes_back("pi_9", "re_9", 1, false).await, Err(Error::NotFound { .. })));
    assert_eq!((account.balance().await, account.paid().await), (cents(800), cents(800)));

    account.uses(cents(500)).await;
    account.takes_back("pi_1", "dp_1", 800, true).await.unwrap();
    assert!(account.takes_back("pi_1", "dp_1", 800, true).await.unwrap().repeated);
    let view = account.view().await;
    assert_eq!((view.balance, account.left().await), (cents(-500), Some(cents(-500))));
    assert!(view.suspended.is_some());
    assert_eq!(account.paid().await, Amount::ZERO);

    account.returns("dp_1").await.unwrap();
    assert!(account.returns("dp_1").await.unwrap().repeated);
    assert!(account.returns("dp_2").await.is_err());
    let view = account.view().await;
    assert_eq!((view.balance, view.suspended), (cents(300), None));
    assert_eq!(account.paid().await, cents(800));
    account.proven().await;
}

#[tokio::test]
async fn bad_input_changes_nothing() {
    let account = Account::new(BillingMode::Prepaid).await;
    let person = Actor::Person(account.owner.clone());
    for cents in [0, -5, MOST.0 / CENT + 1] {
        assert!(account.grant(cents, None).await.is_err(), "{cents}");
    }
    assert!(account.grant(5, Some(0)).await.is_err() && account.grant(5, Some(-DAY)).await.is_err());
    assert!(account.grant(5, Some(11 * 366 * DAY)).await.is_err(), "milliseconds");
    assert!(account.adjust(0, None).await.is_err() && account.adjust(i64::MIN, None).await.is_err());
    assert!(account.adjust(5, Some("")).await.is_err() && account.adjust(5, Some("a b")).await.is_err());
    for priority in [-1, 101] {
        let priority = Some(priority);
        let grant = Grant { micros: Micros(5), expires_at: None, priority, reason: "trial", idempotency_key: None };
        assert!(account.test.app.grant_credit(&operator(), &account.organization, &grant).await.is_err());
        let quiet = Grant { priority: None, reason: "  ", ..grant };
        assert!(account.test.app.grant_credit(&operator(), &account.organization, &quiet).await.is_err());
        let own = Grant { priority: None, ..grant };
        let refused = account.test.app.grant_credit(&person, &account.organization, &own).await;
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "owners grant themselves nothing");
        let unknown = "org-unknown".parse().unwrap();
        let refused = account.test.app.grant_credit(&operator(), &unknown, &own).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })));
    }
    let recharge =
        |below, amount, ceiling| Recharge { below: Micros(below), amount: Micros(amount), ceiling: Micros(ceiling) };
    for wrong in [recharge(0, 1, 1), recharge(1, 0, 1), recharge(1, -1, 1), recharge(1, 2, 1), recharge(1, 1, i64::MAX)]
    {
        assert!(account.test.app.set_recharge(&person, &account.organization, Some(wrong)).await.is_err());
    }
    let view = account.view().await;
    assert_eq!((view.balance, view.recharge, account.kinds().await.len()), (Amount::ZERO, None, 0));

    // A name of a request is used once.
    let first = account.adjust(500, Some("case-1")).await.unwrap();
    let again = account.adjust(500, Some("case-1")).await.unwrap();
    assert!(!first.repeated && again.repeated && first.transaction.id == again.transaction.id);
    for other in [600, -500] {
        assert!(matches!(account.adjust(other, Some("case-1")).await, Err(Error::Conflict { .. })), "{other}");
    }
    account.adjust(-700, None).await.unwrap();
    assert_eq!(account.balance().await, Amount::ZERO.minus(Micros(200).into()));
    let wanted = Some(recharge(9, 500 * CENT, 500 * CENT));
    account.test.app.set_recharge(&person, &account.organization, wanted).await.unwrap();
    let due = account.test.app.recharges_due().await.unwrap();
    assert_eq!(due.iter().map(|due| &due.organization).collect::<Vec<_>>(), [&account.organization]);
    account.test.app.set_recharge(&person, &account.organization, None).await.unwrap();
    assert_eq!(account.test.app.recharges_due().await.unwrap(), []);
    assert_eq!(TransactionKind::from_name("gift"), None);
}

#[tokio::test]
async fn the_proof_names_the_first_difference() {
    // A file, which can be changed outside Keystead.
    let databases = Databases::files();
    let database = databases.fresh().await;
    database.set_up_all().await;
    let settings = Settings { billing_mode: BillingMode::Prepaid, ..Settings::default() };
    let mut account = Account::over(ServicesApp::over(database.store.clone(), settings)).await;
    account.buys("pi_1", 100).await.unwrap();
    account.uses(cents(40)).await;
    account.test.app.post_ledgers().await.unwrap();
    account.proven().await;
    let changes = [
        ("UPDATE usage_days SET cost = cost + $1", "sums of days"),
        ("UPDATE credit_usage SET counted = counted + $1", "sums of days"),
        ("UPDATE credit_usage SET admitted = admitted + $1", "counter of the spend limit"),
        ("UPDATE credit_usage SET posted = posted + $1", "noted as posted"),
        ("UPDATE ledger_entries SET micros = micros + $1 WHERE account = 'payments'", "do not sum to zero"),
        ("UPDATE budgets SET most = most + $1", "what the budget of credit leaves"),
    ];
    for (sql, about) in changes {
        let change = async |by: i64| {
            let sql: &'static str = Box::leak(sql.replace("$1", &by.to_string()).into_boxed_str());
            database.tamper(sql).await;
        };
        change(1).await;
        let check = account.test.app.check_money(&operator()).await.unwrap();
        let found = check.difference.unwrap_or_else(|| panic!("{sql} was not found"));
        assert!(found.about.contains(about), "{sql}: {}", found.about);
        assert_eq!(found.organization, account.organization);
        change(-1).await;
        account.proven().await;
    }
    let stranger = Actor::Person(account.owner.clone());
    assert!(account.test.app.check_money(&stranger).await.is_err());
}
