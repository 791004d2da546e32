//! `keystead admin …`: the operator's actions, directly on the store, whether the server runs or not.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::secret::Secret;
use serde_json::json;

use crate::cli::{Admin, Kind, Output};
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::{print, wiring};

pub(crate) async fn run(config: &Validated, command: Admin) -> Result<(), CliError> {
    match command {
        Admin::Bootstrap { email, organization, no_waiver, output } => {
            bootstrap(config, &email, &organization, !no_waiver, output).await
        }
        Admin::CreateKey { organization, project, owner, kind, name, expires_in, output } => {
            let asked = NewKey { name, expires_in_seconds: expires_in, ..NewKey::default() };
            create_key(config, &organization, project.as_deref(), &owner, kind, asked, output).await
        }
        Admin::Waive { organization, requirement, reason, output } => {
            waive(config, &organization, &requirement, &reason, output).await
        }
        Admin::ResetSecondFactor { email, output } => reset_second_factor(config, &email, output).await,
    }
}

async fn bootstrap(config: &Validated, email: &str, name: &str, waive: bool, output: Output) -> Result<(), CliError> {
    let app = wiring::app_for_commands(config).await?;
    let made = app.bootstrap(email, name, waive).await?;
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
    print::answer(output.json, &value, &lines);
    Ok(())
}

async fn create_key(
    config: &Validated,
    organization: &str,
    project: Option<&str>,
    owner: &str,
    kind: Kind,
    asked: NewKey,
    output: Output,
) -> Result<(), CliError> {
    let organization: OrganizationId = id("--organization", organization)?;
    let actor = Actor::Person(id::<UserId>("--owner", owner)?);
    let app = wiring::app_for_commands(config).await?;
    let made = match (kind, project) {
        (Kind::Project, Some(project)) => {
            let project: ProjectId = id("--project", project)?;
            app.create_project_key(&actor, &organization, &project, &asked).await?
        }
        (Kind::User, None) => app.create_user_key(&actor, &organization, &asked).await?,
        (Kind::Project, None) => return Err(CliError::Other("--project is needed for a project key".to_owned())),
        (Kind::User, Some(_)) => {
            return Err(CliError::Other(
                "a user key reaches every project of its owner; leave --project out".to_owned(),
            ));
        }
    };
    let value = json!({
        "id": made.key.id.as_str(),
        "kind": made.key.kind.as_str(),
        "value": made.secret.expose(),
        "expires_at": made.key.expires_at,
    });
    let lines = [format!("key    {}", made.key.id), format!("value  {}", made.secret.expose())];
    print::answer(output.json, &value, &lines);
    Ok(())
}

async fn waive(
    config: &Validated,
    organization: &str,
    requirement: &str,
    reason: &str,
    output: Output,
) -> Result<(), CliError> {
    let organization: OrganizationId = id("--organization", organization)?;
    let known = || CliError::Other("--requirement must be phone, payment_method or organization".to_owned());
    let requirement = Requirement::from_name(requirement).ok_or_else(known)?;
    let app = wiring::app_for_commands(config).await?;
    app.waive_requirement(&Actor::operator("command line"), &organization, requirement, None, reason).await?;
    let value =
        json!({ "organization_id": organization.as_str(), "requirement": requirement.as_str(), "status": "waived" });
    print::answer(output.json, &value, &[format!("{organization} is excused from {}.", requirement.as_str())]);
    Ok(())
}

async fn reset_second_factor(config: &Validated, email: &str, output: Output) -> Result<(), CliError> {
    let app = wiring::app_for_commands(config).await?;
    let user = app.reset_second_factor(&Actor::operator("command line"), email).await?;
    let value = json!({ "user_id": user.as_str(), "second_factor": "off" });
    print::answer(output.json, &value, &[format!("The second factor of {user} is off; every session has ended.")]);
    Ok(())
}

/// Parses an id; the error names the option.
pub(super) fn id<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, CliError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| CliError::Other(format!("{option} {text:?}: {error}")))
}
