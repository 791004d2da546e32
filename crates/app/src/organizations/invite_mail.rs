//! The mail of an invitation, and how many may be sent.

use keystead_core::gate::Requirement;
use keystead_core::id::{JobId, OrganizationId};
use keystead_core::secret::Secret;
use keystead_core::verification::limits::{INVITE_LIMITS, INVITES, VERIFIED_INVITE_LIMITS};
use keystead_store::Tx;
use keystead_store::tables::invites::Invite;
use keystead_store::tables::{accounts, organizations, users};
use serde_json::json;

use crate::accounts::mails::{count_mail, queue_invite_mail};
use crate::audit::{self, AuditEntry};
use crate::entitlements::entitlements;
use crate::request::Origin;
use crate::verification::limits::{Subjects, count_hit, ensure_within, hold_all_hits};
use crate::{Actor, App, Error};

/// Mails the link and records the invitation.
pub(super) async fn send_invite(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &Invite,
    secret: &Secret<String>,
    language: &str,
) -> Result<(), Error> {
    count_invite(app, tx, actor, &row.organization).await?;
    count_mail(app, tx, Origin::default(), &row.email).await?;
    let link = format!("{}/invite?token={}", app.public_url(), secret.expose());
    let names = names_in_invite(app, tx, actor, &row.organization).await?;
    queue_invite_mail(app, tx, &row.email, language, &link, names).await?;
    let details = json!({ "data": { "role": row.role.as_str() } });
    let entry = AuditEntry { organization: &row.organization, action: "invite.sent", target: row.id.as_str(), details };
    app.record(tx, actor, entry).await
}

/// The language of the mail: that of the reader's account, else the given one, else that of the person who acts.
pub(super) async fn readers_language(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    email: &str,
    given: Option<&str>,
) -> Result<String, Error> {
    if let Some(reader) = users::find_by_email(tx, email).await?
        && let Some(account) = accounts::find(tx, &reader.id).await?
        && !account.language.is_empty()
    {
        return Ok(account.language);
    }
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let account = match actor.user() {
        Some(user) => accounts::find(tx, user).await?,
        None => None,
    };
    let own = account.map(|account| account.language).filter(|language| !language.is_empty());
    Ok(own.unwrap_or_else(|| app.settings().language.tag().to_owned()))
}

/// The names of the organization and of the person who invites; the operator's name if a service account's key invites.
async fn names_in_invite(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
) -> Result<(String, String), Error> {
    let organization = organizations::find(tx, organization).await?.map(|row| row.name).unwrap_or_default();
    let inviter = match actor.user() {
        Some(user) => users::find(tx, user).await?.map(|row| row.name),
        None => None,
    };
    Ok((organization, inviter.unwrap_or_else(|| app.settings().operator.clone())))
}

/// Counts an invitation against its sender, their organization and the network of the request.
async fn count_invite(app: &App, tx: &mut Tx, actor: &Actor, organization: &OrganizationId) -> Result<(), Error> {
    let verified = entitlements(tx, organization).await?.meets(Requirement::Phone, app.now());
    let limits = if verified { VERIFIED_INVITE_LIMITS } else { INVITE_LIMITS };
    let who = Subjects {
        user: actor.user(),
        organization: Some(organization),
        ip: audit::client_address(),
        ..Subjects::default()
    };
    hold_all_hits(tx, INVITES).await?;
    ensure_within(app, tx, limits, &who, "").await?;
    let id = app.draw(JobId::generate).to_string();
    count_hit(app, tx, INVITES, &who, &id, "").await
}
