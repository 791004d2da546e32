//! The dialogs over the list and over the page of a key.

use keystead_core::time::Timestamp;

use super::accounts::Accounts;
use super::permissions::Permissions;
use super::rows::Several;
use crate::pages::phone_step::PhoneStep;

/// The dialog, if one is open.
pub(crate) enum Dialog {
    None,
    Create {
        wrong: Option<String>,
        name: String,
        /// The chosen lifetime in days.
        days: String,
        /// Accounts a key may be created for; `None` if the visitor does not administer the project.
        accounts: Option<Accounts>,
        permissions: Permissions,
    },
    /// The phone step of a new key with this name.
    Phone {
        step: Box<PhoneStep>,
        name: String,
    },
    /// The secret of this key was shown, and is not shown again.
    ShownOnce {
        id: String,
        name: String,
        head: String,
        tail: String,
    },
    Made {
        id: String,
        secret: String,
        tail: String,
        head: String,
        name: String,
        permissions: String,
        expires_at: Option<Timestamp>,
        /// The last four characters of the replaced key, and when it expires.
        replaces: Option<(String, Timestamp)>,
    },
    Edit {
        id: String,
        name: String,
        shown: String,
        wrong: Option<String>,
        permissions: Permissions,
    },
    Rotate {
        id: String,
        name: String,
        tail: String,
        wrong: Option<String>,
        phone: bool,
        last_used_at: Option<Timestamp>,
    },
    Revoke {
        id: String,
        name: String,
        tail: String,
        rotated: bool,
        last_used_at: Option<Timestamp>,
    },
    RevokeSeveral {
        title: String,
        keys: Vec<Several>,
    },
    /// A leaked key is pasted here.
    Leaked {
        wrong: Option<String>,
    },
}
