//! A person's preferences for pages: language, theme, time zone.

use keystead_core::id::UserId;
use keystead_store::tables::accounts;

use super::Context;
use super::new_account::new_account;
use crate::{App, Error};

impl App {
    /// Saves a person's preferences; `None` keeps the present value.
    ///
    /// # Errors
    /// When a value is unknown.
    pub async fn save_preferences(
        &self,
        user: &UserId,
        language: Option<&str>,
        theme: Option<&str>,
        time_zone: Option<&str>,
    ) -> Result<(), Error> {
        let one_of = |value: Option<&str>, all: &[&str], name: &'static str| match value {
            None => Ok(None),
            Some(value) if all.contains(&value) => Ok(Some(value.to_owned())),
            Some(_) => Err(Error::invalid(name, format!("Invalid '{name}'."))),
        };
        let language = one_of(language, &["", "en", "pl", "ja"], "language")?;
        let theme = one_of(theme, &["", "light", "dark"], "theme")?;
        let zone = time_zone.filter(|zone| zone.len() <= 64 && !zone.chars().any(char::is_control)).map(str::to_owned);
        write_tx!(self.store(), "prefer", |tx| {
            let known = accounts::lock(tx, user).await?;
            let mut account = known.unwrap_or_else(|| new_account(self, user, None, &Context::default()));
            if let Some(language) = language.clone() {
                account.language = language;
            }
            if let Some(theme) = theme.clone() {
                account.theme = theme;
            }
            if let Some(zone) = zone.clone() {
                account.time_zone = zone;
            }
            Ok(accounts::save(tx, &account).await?)
        })
    }
}
