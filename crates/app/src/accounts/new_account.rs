//! A person, and an account, that were not known before.

use keystead_core::id::UserId;
use keystead_core::text;
use keystead_store::Tx;
use keystead_store::tables::accounts::Account;
use keystead_store::tables::users::{self, User};

use super::Context;
use crate::{App, Error};

/// Makes an account for a new person. Without a valid name they get the first part of the address as one.
pub(crate) async fn insert_new_user(
    app: &App,
    tx: &mut Tx,
    id: &UserId,
    email: &str,
    name: Option<&str>,
) -> Result<UserId, Error> {
    let usual = email.split('@').next().unwrap_or(email).to_owned();
    let name = name.and_then(|name| text::person_name(name).ok()).unwrap_or(usual);
    let user = User {
        id: id.clone(),
        email: email.to_owned(),
        name,
        created_at: app.now(),
        default_organization: None,
        deactivated_at: None,
    };
    users::insert(tx, &user).await?;
    Ok(user.id)
}

pub(crate) fn new_account(app: &App, user: &UserId, password: Option<String>, context: &Context) -> Account {
    Account {
        user: user.clone(),
        password_changed_at: password.as_ref().map(|_| app.now()),
        password,
        confirmed_at: None,
        language: context.language.clone(),
        theme: String::new(),
        time_zone: String::new(),
        describes: None,
        totp_sealed: None,
        totp_confirmed_at: None,
        totp_last_step: 0,
        muted_mails: Vec::new(),
    }
}
