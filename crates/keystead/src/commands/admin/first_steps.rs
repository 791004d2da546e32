//! `keystead admin bootstrap`, `create-key`, `waive` and `reset-second-factor`: the commands of the first hour. Scripts rely
//! on their options and on their JSON.

use keystead_app::keys::{KeyReach, NewKey};
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::secret::Secret;
use serde_json::json;

use super::console::{Console, lost_key};
use super::{CreateKey, Kind};
use crate::cli::Output;
use crate::cli_error::CliError;
use crate::config::Validated;

pub(super) async fn bootstrap(
    config: &Validated,
    email: &str,
    name: &str,
    waive: bool,
    output: Output,
) -> Result<(), CliError> {
    let console = Console::open(config, output.json).await?;
    let (made, change) = console.begin(console.app().bootstrap(email, name, waive)).await?;
    let value = json!({
        "user_id": made.user_id.as_str(),
        "organization_id": made.organization_id.as_str(),
        "project_id": made.project_id.as_str(),
        "admin_key": made.admin_key.expose(),
        "sign_in_link": made.sign_in_link.as_ref().map(Secret::expose),
    });
    let mut lines = vec![
        format!("user          {}", made.user_id),
        format!("organization  {}", made.organization_id),
        format!("project       {} (Default project)", made.project_id),
        format!("admin key     {}", made.admin_key.expose()),
        String::new(),
        "The admin key is shown this once. Keep it like a password.".to_owned(),
    ];
    if let Some(link) = &made.sign_in_link {
        lines.extend([
            String::new(),
            format!("{email} signs in here and chooses a password; the link works once, for an hour:"),
            format!("  {}", link.expose()),
        ]);
    }
    let (organization, owner) = (&made.organization_id, &made.user_id);
    let lost = |reason: &str| {
        format!(
            "the organization {organization} was made, and the admin key of its owner {owner} could not be shown: \
             {reason}. Make another one with keystead admin admin-keys create --organization {organization} --owner \
             {owner}, then revoke the one that keystead admin admin-keys list --organization {organization} shows \
             first; {email} can ask the sign-in page for a link by mail"
        )
    };
    console.show_once(&value, || lines.join("\n"), change, lost).await
}

pub(super) async fn create_key(config: &Validated, wanted: CreateKey) -> Result<(), CliError> {
    let organization: OrganizationId = id("--organization", &wanted.organization)?;
    let owner: UserId = id("--owner", &wanted.owner)?;
    let reach = match (wanted.kind, &wanted.project) {
        (Kind::Project, Some(project)) => KeyReach::Project(id("--project", project)?),
        (Kind::User, None) => KeyReach::EverythingOfOwner,
        (Kind::Project, None) => return Err(CliError::Usage("--project is needed for a project key".to_owned())),
        (Kind::User, Some(_)) => {
            return Err(CliError::Usage(
                "a user key reaches every project of its owner; leave --project out".to_owned(),
            ));
        }
    };
    let asked = NewKey { name: wanted.name, expires_in_seconds: wanted.expires_in, ..NewKey::default() };
    let console = Console::open(config, wanted.output.json).await?;
    let making = console.app().create_key_for_member(console.operator(), &organization, &owner, &reach, &asked);
    let (made, change) = console.begin(making).await?;
    let value = json!({
        "id": made.key.id.as_str(),
        "kind": made.key.kind.as_str(),
        "value": made.secret.expose(),
        "expires_at": made.key.expires_at,
    });
    let text = || format!("key    {}\nvalue  {}", made.key.id, made.secret.expose());
    let lost = |reason: &str| lost_key(made.key.id.as_str(), reason);
    console.show_once(&value, text, change, lost).await
}

pub(super) async fn waive(
    config: &Validated,
    organization: &str,
    requirement: &str,
    reason: &str,
    output: Output,
) -> Result<(), CliError> {
    let organization: OrganizationId = id("--organization", organization)?;
    let known = || CliError::Usage("--requirement must be phone, payment_method or organization".to_owned());
    let requirement = Requirement::from_name(requirement).ok_or_else(known)?;
    let console = Console::open(config, output.json).await?;
    let waived = console.app().waive_requirement(console.operator(), &organization, requirement, None, reason);
    console.run(waived).await?;
    let value =
        json!({ "organization_id": organization.as_str(), "requirement": requirement.as_str(), "status": "waived" });
    console.print_done(&value, format!("{organization} is excused from {}.", requirement.as_str()))
}

pub(super) async fn reset_second_factor(config: &Validated, email: &str, output: Output) -> Result<(), CliError> {
    let console = Console::open(config, output.json).await?;
    let user = console.run(console.app().reset_second_factor(console.operator(), email)).await?;
    let value = json!({ "user_id": user.as_str(), "second_factor": "off" });
    console.print_done(&value, format!("The second factor of {user} is off; every session has ended."))
}

/// Parses an id; the error names the option.
pub(crate) fn id<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, CliError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| CliError::Usage(format!("{option} {text:?}: {error}")))
}
