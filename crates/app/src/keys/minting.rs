//! What all kinds of key have in common: validation, minting, and the gate before a new key.

use keystead_core::caller::Owner;
use keystead_core::gate::Action;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::key::{ApiKey, KeyKind};
use keystead_core::refusal::Refusal;
use keystead_core::rotation::LONGEST_LIFE;
use keystead_core::scope::{ALL_READ, Restriction, Scope};
use keystead_core::secret::Secret;
use keystead_core::text::printable;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::api_keys::KeyRow;
use keystead_store::tables::{organizations, policy};

use crate::entitlements::{entitlements, log_unenforced};
use crate::validate::checked_name;
use crate::{App, Error};

/// Scope literals in one request; there are fewer scopes and aliases than this.
const MOST_SCOPES: usize = 64;

/// The request for a new key.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Its name.
    pub name: Option<String>,
    /// The scopes it is restricted to; empty restricts nothing.
    pub scopes: Vec<String>,
    /// Its lifetime in seconds, if it has one.
    pub expires_in_seconds: Option<i64>,
}

/// A new key. This is the only value that holds the secret; it is not stored.
#[derive(Debug)]
pub struct MintedKey {
    /// The key as it is stored.
    pub key: KeyRow,
    /// The whole secret, to be shown once.
    pub secret: Secret<String>,
}

/// What a new key belongs to.
#[derive(Debug, Clone)]
pub(crate) struct KeyTarget {
    pub(crate) kind: KeyKind,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) owner: Owner,
}

/// Parses scope literals into the form that a key keeps.
pub(crate) fn restriction(literals: &[String]) -> Result<Restriction, Error> {
    if literals.len() > MOST_SCOPES {
        return Err(Error::invalid("scopes", format!("Invalid 'scopes': at most {MOST_SCOPES} are allowed.")));
    }
    for literal in literals {
        if literal != ALL_READ && Scope::from_name(literal).is_none() {
            let shown = printable(literal);
            return Err(Error::invalid("scopes", format!("Invalid 'scopes': unknown scope '{shown}'.")));
        }
    }
    Ok(Restriction::canonical(literals))
}

/// Computes when a lifetime in seconds ends.
pub(crate) fn end_of_life(now: Timestamp, seconds: Option<i64>) -> Result<Option<Timestamp>, Error> {
    match seconds {
        None => Ok(None),
        Some(seconds) if (1..=LONGEST_LIFE).contains(&seconds) => Ok(Some(now.plus(seconds))),
        Some(_) => {
            let message = format!("Invalid 'expires_in_seconds': must be between 1 and {LONGEST_LIFE}.");
            Err(Error::invalid("expires_in_seconds", message))
        }
    }
}

/// Builds a key without saving it.
pub(crate) fn mint_key(app: &App, target: KeyTarget, asked: &NewKey) -> Result<MintedKey, Error> {
    let restriction = restriction(&asked.scopes)?;
    let name = asked.name.as_deref().map(checked_name).transpose()?;
    let created_at = app.now();
    let expires_at = end_of_life(created_at, asked.expires_in_seconds)?;
    let (id, value) = app.draw(|rng| (KeyId::generate(rng), ApiKey::mint(target.kind, &app.inner.tags, rng)));
    let key = KeyRow {
        id,
        kind: target.kind,
        digest: value.digest(&app.inner.pepper),
        redacted: value.redacted(),
        name,
        organization: target.organization,
        project: target.project,
        owner: target.owner,
        restriction,
        created_at,
        expires_at,
        last_used_at: None,
        revoked_at: None,
        revoked_by: None,
        revoked_reason: None,
        rotated_to: None,
        federation_rule: None,
    };
    Ok(MintedKey { key, secret: value.secret().clone() })
}

/// Checks the gate before a new key, in the transaction that makes it. Admin keys pass without it.
pub(crate) async fn gate_new_key(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    if organizations::find(tx, organization).await?.is_some_and(|row| row.deactivated_at.is_some()) {
        return Err(Refusal::AccountDeactivated.into());
    }
    let (_, policy) = policy::find(tx).await?;
    let met = entitlements(tx, organization).await?;
    let verdict = policy.judge(Action::CreateKey, organization, &met, app.now());
    log_unenforced(organization, "api_key.create", &verdict);
    if verdict.allowed() {
        return Ok(());
    }
    let rule = verdict.rule.unwrap_or_default();
    Err(Error::RequirementMissing {
        organization: organization.clone(),
        action: "api_key.create",
        missing: verdict.missing,
        rule,
    })
}
