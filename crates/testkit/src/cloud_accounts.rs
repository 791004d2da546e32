//! Keys and buckets in customers' cloud accounts; the test chooses what a validation of them finds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use keystead_core::external::{Checked, Cloud, Fault, KeyPurpose, Location};
use keystead_providers::BoxFuture;
use keystead_providers::cloud::Clouds;

/// Everything at AWS and Azure works until the test says otherwise; in the other clouds there is no identity.
#[derive(Default)]
pub struct CloudAccounts {
    fault: Mutex<Option<Fault>>,
    asked: AtomicUsize,
    /// What the next validation waits for.
    pause: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl CloudAccounts {
    /// From now on every validation ends with this fault, or succeeds.
    pub fn fail(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// The next validation waits for this before it answers.
    pub fn wait_once(&self, pause: impl Future<Output = ()> + Send + 'static) {
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(pause));
    }

    /// How many validations contacted a cloud.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    async fn check(&self, location: &Location, region: Option<&str>) -> Checked {
        let pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(pause) = pause {
            pause.await;
        }
        if !matches!(location.cloud(), Cloud::Aws | Cloud::Azure) {
            return Checked::failed(Fault::NoIdentity);
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let fault = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        Checked { fault, region: region.map(str::to_owned) }
    }
}

impl Clouds for CloudAccounts {
    fn check_key<'a>(
        &'a self,
        location: &'a Location,
        _purpose: KeyPurpose,
        _probe: &'a str,
    ) -> BoxFuture<'a, Checked> {
        Box::pin(self.check(location, None))
    }

    fn check_storage<'a>(&'a self, location: &'a Location, _probe: &'a str) -> BoxFuture<'a, Checked> {
        Box::pin(self.check(location, Some("eu-west-1")))
    }
}
