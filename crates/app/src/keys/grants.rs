//! What a caller's key may grant to a new key: never more than it holds itself. People and operators are judged by
//! their roles.

use keystead_core::caller::Caller;
use keystead_core::scope::{Restriction, Scope, ScopeSet};

use crate::keys::minting::{NewKey, restriction};
use crate::{Actor, App, Error};

/// Limits a new key to what the caller's key holds. Asking for more is refused; a request without scopes or
/// lifetime gets those of the caller's key.
pub(crate) fn limit_to_grant(app: &App, actor: &Actor, asked: NewKey) -> Result<NewKey, Error> {
    let mut asked = within_scopes(actor, asked)?;
    let Actor::Key(caller) = actor else { return Ok(asked) };
    if let Some(end) = caller.expires_at {
        let left = end.since(app.now());
        if asked.expires_in_seconds.is_some_and(|seconds| seconds > left) {
            let message = "Invalid 'expires_in_seconds': an API key cannot grant a longer life than its own.";
            return Err(Error::Forbidden { param: Some("expires_in_seconds"), message: message.to_owned() });
        }
        asked.expires_in_seconds.get_or_insert(left);
    }
    Ok(asked)
}

/// Does the same for scopes alone: the key of a service account may outlive the key that made it.
pub(crate) fn within_scopes(actor: &Actor, mut asked: NewKey) -> Result<NewKey, Error> {
    let wanted = restriction(&asked.scopes)?;
    let Actor::Key(caller) = actor else { return Ok(asked) };
    if caller.scopes == ScopeSet::NONE {
        // An empty restriction would mean everything.
        let message = "This API key holds no scope, so it cannot grant any.".to_owned();
        return Err(Error::Forbidden { param: None, message });
    }
    if asked.scopes.is_empty() {
        asked.scopes = literals(caller);
    } else {
        may_grant(actor, "scopes", wanted.scopes(), ScopeSet::NONE)?;
    }
    Ok(asked)
}

/// Refuses to grant more than the caller's key holds, except what its receiver `has` already.
pub(crate) fn may_grant(actor: &Actor, param: &'static str, wanted: ScopeSet, has: ScopeSet) -> Result<(), Error> {
    let Actor::Key(caller) = actor else { return Ok(()) };
    if wanted.intersection(caller.scopes.union(has)) == wanted {
        return Ok(());
    }
    let message = format!("Invalid '{param}': an API key cannot grant more than it holds itself.");
    Err(Error::Forbidden { param: Some(param), message })
}

/// The scope literals of a key; empty when the key is not restricted.
fn literals(caller: &Caller) -> Vec<String> {
    if caller.scopes == ScopeSet::all() {
        return Vec::new();
    }
    let held = Scope::ALL.into_iter().filter(|scope| caller.scopes.allows(*scope));
    Restriction(held.map(|scope| scope.as_str().to_owned()).collect()).0
}
