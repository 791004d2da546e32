//! A person's profile: their name, and how pages are shown to them (language, theme, time zone).

use keystead_core::id::UserId;
use keystead_store::tables::{accounts, users};
use serde_json::json;

use super::new_account::new_account;
use super::{Context, record_for_user};
use crate::validate::checked_person_name;
use crate::{App, Error};

/// The longest name of a time zone; the longest IANA name has about thirty characters.
const LONGEST_ZONE: usize = 64;

/// A person's profile as they typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name that others see.
    pub name: String,
    /// `en`, `pl`, `ja`, or empty for the browser's.
    pub language: String,
    /// `light`, `dark`, or empty for the device's.
    pub theme: String,
    /// An IANA name, or empty for UTC.
    pub time_zone: String,
}

/// The preferences that are saved; `None` keeps the current value.
#[derive(Debug, Clone)]
struct Preferences {
    language: Option<String>,
    theme: Option<String>,
    time_zone: Option<String>,
}

impl Preferences {
    fn checked(language: Option<&str>, theme: Option<&str>, time_zone: Option<&str>) -> Result<Self, Error> {
        let one_of = |value: Option<&str>, all: &[&str], name: &'static str| match value {
            None => Ok(None),
            Some(value) if all.contains(&value) => Ok(Some(value.to_owned())),
            Some(_) => Err(Error::invalid(name, format!("Invalid '{name}'."))),
        };
        let sound = |zone: &&str| zone.len() <= LONGEST_ZONE && !zone.chars().any(char::is_control);
        Ok(Self {
            language: one_of(language, &["", "en", "pl", "ja"], "language")?,
            theme: one_of(theme, &["", "light", "dark"], "theme")?,
            time_zone: time_zone.filter(sound).map(str::to_owned),
        })
    }

    async fn save(&self, app: &App, tx: &mut keystead_store::Tx, user: &UserId) -> Result<(), Error> {
        let known = accounts::lock(tx, user).await?;
        let mut account = known.unwrap_or_else(|| new_account(app, user, None, &Context::default()));
        for (field, value) in [
            (&mut account.language, &self.language),
            (&mut account.theme, &self.theme),
            (&mut account.time_zone, &self.time_zone),
        ] {
            if let Some(value) = value {
                field.clone_from(value);
            }
        }
        Ok(accounts::save(tx, &account).await?)
    }
}

impl App {
    /// Saves a person's preferences; `None` keeps the current value.
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
        let preferences = Preferences::checked(language, theme, time_zone)?;
        write_tx!(self.store(), "prefer", |tx| preferences.save(self, tx, user).await)
    }

    /// Saves a person's profile. A new name is recorded as changed, without the name: audit rows are kept longer than
    /// the account.
    ///
    /// # Errors
    /// When the name is not valid, or a value is unknown.
    pub async fn save_profile(&self, user: &UserId, profile: &Profile) -> Result<(), Error> {
        let name = checked_person_name(&profile.name)?;
        let preferences =
            Preferences::checked(Some(&profile.language), Some(&profile.theme), Some(&profile.time_zone))?;
        write_tx!(self.store(), "save_profile", |tx| {
            let known = users::find(tx, user).await?.filter(|row| row.deactivated_at.is_none());
            let known = known.ok_or_else(|| Error::not_found("user", user.as_str()))?;
            preferences.save(self, tx, user).await?;
            if known.name != name {
                users::rename(tx, user, &name).await?;
                let details = json!({ "changes_requested": { "name": "changed" } });
                record_for_user(self, tx, user, "user.updated", user.as_str(), details).await?;
            }
            Ok(())
        })
    }
}
