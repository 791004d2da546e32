//! Signing up, in and out, and the first steps of a new account.

pub(crate) mod first_call;
pub(crate) mod forms;
pub(crate) mod oidc;
pub(crate) mod onboarding;
pub(crate) mod passkey;
pub(crate) mod preferences;
