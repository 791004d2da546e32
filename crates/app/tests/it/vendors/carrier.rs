//! A service for texts and lines.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use keystead_core::verification::number::LineKind;
use keystead_core::verification::signals::SimCard;
use keystead_providers::phone::{LineLookup, SmsSender};
use keystead_providers::{BoxFuture, Health, ProviderError};

use super::Line;

/// Sends texts and knows lines.
#[derive(Default)]
pub(crate) struct Carrier {
    pub(crate) line: Line,
    pub(crate) texts: Mutex<Vec<(String, String)>>,
    pub(crate) kinds: Mutex<HashMap<String, LineKind>>,
    pub(crate) lookups: AtomicI64,
    /// The known SIM cards.
    pub(crate) sims: Mutex<HashMap<String, SimCard>>,
    /// Numbers that no text reaches.
    pub(crate) refused: Mutex<Vec<String>>,
}

impl Carrier {
    /// Returns the code last sent to a number.
    pub(crate) fn code(&self, e164: &str) -> String {
        let texts = self.texts.lock().unwrap();
        let (_, text) = texts.iter().rev().find(|(to, _)| to == e164).unwrap();
        text.rsplit('#').next().unwrap().to_owned()
    }
}

impl SmsSender for Carrier {
    fn send<'a>(&'a self, e164: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            if self.refused.lock().unwrap().iter().any(|known| known == e164) {
                return Err(ProviderError::Refused("text gateway 422".to_owned()));
            }
            self.texts.lock().unwrap().push((e164.to_owned(), text.to_owned()));
            Ok("1".to_owned())
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }
}

impl LineLookup for Carrier {
    fn lookup<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<LineKind, ProviderError>> {
        Box::pin(async move {
            self.lookups.fetch_add(1, Ordering::SeqCst);
            self.line.up()?;
            Ok(self.kinds.lock().unwrap().get(e164).copied().unwrap_or(LineKind::Mobile))
        })
    }

    fn sim_card<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<SimCard, ProviderError>> {
        Box::pin(async move {
            self.lookups.fetch_add(1, Ordering::SeqCst);
            self.line.up()?;
            Ok(self.sims.lock().unwrap().get(e164).copied().unwrap_or(SimCard::Unknown))
        })
    }
}
