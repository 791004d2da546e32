//! `keystead admin keys` and `keystead admin admin-keys`.

use std::io::{IsTerminal, Read, stdin};

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};
use keystead_api::command_line::{key_status, new_key};
use keystead_app::KeyRow;
use keystead_app::keys::{KeyReach, KeyState, MintedKey, NewKey};
use keystead_core::id::{KeyId, OrganizationId, UserId};
use keystead_core::secret::Secret;
use serde_json::{Value, json};

use super::console::{Change, Console, Within};
use super::place::Place;
use super::projects::PROJECTS;
use super::request::{Request, Window};
use super::table::{Column, Kind, Listed, column};
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::print;

const STATUS: &str = "/v1/keystead/api_keys";
const ADMIN_KEYS: &str = "/v1/organization/admin_api_keys";
/// Maximum bytes of the text that is searched for a key.
const LARGEST_TEXT: u64 = 64 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List the live keys of a project, the newest first.
    List {
        /// The project.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        /// Which keys, by whether their owner still reaches the project.
        #[arg(long, value_enum, value_name = "WHICH", default_value_t = Access::Active)]
        owner_access: Access,
        #[command(flatten)]
        window: Window,
    },
    /// Show why a key of any organization works or does not, also after it was revoked.
    Show {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make a key for a member, which is shown once.
    Create {
        /// The person who owns the key.
        #[arg(long, value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        owner: String,
        /// The project that the key reaches.
        #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
        project: String,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Replace a key of a service account; the old one works for a while longer.
    Rotate {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Seconds for which the old key works; a day without it.
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<i64>,
    },
    /// Pause a key; from the next request on it is refused, until it is resumed.
    Pause {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Resume a key that is paused; its velocity cap counts from now.
    Resume {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Revoke a key of any kind and organization; it stops working with the next request.
    Revoke {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Find the key of a secret that leaked. The secret is read from the standard input, because every user of the
    /// machine can read a command line.
    Find,
}

/// Whether the owner of a key still reaches its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Access {
    /// Keys that authorize something.
    Active,
    /// Keys that authorize nothing, because their owner does not reach the project any more.
    Inactive,
    /// All keys.
    Any,
}

/// What a new key is like.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The name of the key.
    #[arg(long)]
    name: Option<String>,
    /// A scope that the key is restricted to; it can be given several times.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Seconds until the key stops working; without it, it does not expire.
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<i64>,
}

impl Wanted {
    /// The members of a request that makes such a key.
    pub(super) fn body(&self) -> Value {
        json!({ "name": self.name, "scopes": self.scope, "expires_in_seconds": self.expires_in })
    }
}

impl From<Wanted> for NewKey {
    fn from(wanted: Wanted) -> Self {
        Self { name: wanted.name, scopes: wanted.scope, expires_in_seconds: wanted.expires_in }
    }
}

const LIVE: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("SECRET", &["/redacted_value"], Kind::Id),
    column("OWNER", &["/owner/user/email", "/owner/service_account/name"], Kind::Text),
    column("CREATED", &["/created_at"], Kind::Time),
    column("USED", &["/last_used_at"], Kind::Time),
    column("EXPIRES", &["/expires_at"], Kind::Time),
];

const EXPLAINED: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("STATE", &["/state"], Kind::Text),
    column("KIND", &["/kind"], Kind::Text),
    column("NAME", &["/name"], Kind::Text),
    column("SECRET", &["/redacted_value"], Kind::Id),
    column("SCOPES", &["/scopes"], Kind::Text),
    column("ORGANIZATION", &["/organization_id"], Kind::Id),
    column("PROJECT", &["/project_id"], Kind::Id),
    column("OWNER", &["/owner_id"], Kind::Id),
    column("ISSUED BY RULE", &["/federation_rule_id"], Kind::Id),
    column("CREATED", &["/created_at"], Kind::Time),
    column("USED", &["/last_used_at"], Kind::Time),
    column("EXPIRES", &["/expires_at"], Kind::Time),
    column("REVOKED", &["/revoked_at"], Kind::Time),
    column("REVOKED BY", &["/revoked_by"], Kind::Text),
    column("REASON", &["/revoked_reason"], Kind::Text),
    column("PAUSED", &["/paused_at"], Kind::Time),
    column("PAUSED BECAUSE", &["/pause_reason"], Kind::Text),
    column("REPLACED BY", &["/rotated_to"], Kind::Id),
];

const NEW: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("VALUE", &["/value"], Kind::Id),
    column("EXPIRES", &["/expires_at"], Kind::Time),
    column("OWNER", &["/owner/user/id", "/owner/service_account/id", "/owner/id"], Kind::Id),
];

pub(super) async fn run(config: &Validated, place: Place, command: Keys) -> Result<(), CliError> {
    match command {
        Keys::List { project, owner_access, window } => {
            let access = match owner_access {
                Access::Active => "active",
                Access::Inactive => "inactive",
                Access::Any => "any",
            };
            let request = Request::get(PROJECTS, &[&project, "api_keys"]).with("owner_project_access", Some(access));
            let listed = Listed { columns: LIVE, nothing: "There are no such keys in this project." };
            Within::open(config, &place).await?.list(request, window, listed).await
        }
        Keys::Show { id } => {
            let console = Console::open(config, place.json).await?;
            let id: KeyId = console.id("API key", &id).await?;
            let (key, state) = found(&console, &place, &id).await?;
            print_status(&console, &key, state).await
        }
        Keys::Pause { id } => {
            let path = Request::post(STATUS, &[&id, "pause"], json!({}));
            within_of(config, &place, &id).await?.object(path, EXPLAINED).await
        }
        Keys::Resume { id } => {
            let path = Request::post(STATUS, &[&id, "resume"], json!({}));
            within_of(config, &place, &id).await?.object(path, EXPLAINED).await
        }
        Keys::Create { owner, project, wanted } => {
            let Within { console, organization } = Within::open(config, &place).await?;
            let reach = KeyReach::Project(console.id("project", &project).await?);
            let (made, change) = make(&console, &organization, &owner, &reach, wanted).await?;
            console.print_secret(&new_key(&made), NEW, change).await
        }
        Keys::Rotate { id, overlap } => {
            let body = json!({ "overlap_in_seconds": overlap });
            let path = Request::post(STATUS, &[&id, "rotate"], body);
            within_of(config, &place, &id).await?.secret(path, NEW).await
        }
        Keys::Revoke { id } => {
            let console = Console::open(config, place.json).await?;
            let id: KeyId = console.id("API key", &id).await?;
            found(&console, &place, &id).await?;
            console.run(console.app().revoke_any_key(console.operator(), &id)).await?;
            let gone = json!({ "id": id, "object": "keystead.api_key.deleted", "deleted": true });
            console.print_done(&gone, format!("{id} does not work any more."))
        }
        Keys::Find => {
            let pasted = pasted()?;
            let console = Console::open(config, place.json).await?;
            let key = console.run(console.app().key_of_secret(console.operator(), &pasted)).await?;
            let (key, state) =
                key.ok_or_else(|| CliError::Other("no key of this installation is in that text".to_owned()))?;
            if !is_within(&console, &place, &key).await? {
                return Err(CliError::Other("no key of this organization is in that text".to_owned()));
            }
            print_status(&console, &key, state).await
        }
    }
}

/// Prints a key with its state, its velocity cap and its pause.
async fn print_status(console: &Console, key: &KeyRow, state: KeyState) -> Result<(), CliError> {
    let cap = console.run(console.app().any_key_cap(console.operator(), &key.id)).await?;
    console.print_object(&key_status(key, state, &cap), EXPLAINED)
}

/// Finds a key, of the named organization where one is named.
async fn found(console: &Console, place: &Place, id: &KeyId) -> Result<(KeyRow, KeyState), CliError> {
    let (key, state) = console.run(console.app().any_key(console.operator(), id)).await?;
    if is_within(console, place, &key).await? {
        Ok((key, state))
    } else {
        Err(console.missing("API key", id.as_str()).await)
    }
}

/// Opens the organization of a key, which is the named one where one is named. A legacy user key belongs to none.
async fn within_of(config: &Validated, place: &Place, id: &str) -> Result<Within, CliError> {
    let console = Console::open(config, place.json).await?;
    let id: KeyId = console.id("API key", id).await?;
    let (key, _) = found(&console, place, &id).await?;
    match key.organization {
        Some(organization) => Ok(Within { console, organization }),
        None => Err(console.missing("API key", id.as_str()).await),
    }
}

/// Whether a key belongs to the named organization; without a name, every key does. A legacy user key belongs to none.
/// A key never moves to another organization.
async fn is_within(console: &Console, place: &Place, key: &KeyRow) -> Result<bool, CliError> {
    let Some(named) = place.organization.as_deref() else { return Ok(true) };
    let named = console.organization(Some(named), true).await?;
    Ok(key.organization.as_ref() == Some(&named))
}

/// Makes a key for a member. Its secret is shown before the nodes are waited for.
async fn make(
    console: &Console,
    organization: &OrganizationId,
    owner: &str,
    reach: &KeyReach,
    wanted: Wanted,
) -> Result<(MintedKey, Change), CliError> {
    let owner: UserId = console.id("user", owner).await?;
    let asked = NewKey::from(wanted);
    let made = console.app().create_key_for_member(console.operator(), organization, &owner, reach, &asked);
    console.begin(made).await
}

/// Reads the text that contains the secret.
fn pasted() -> Result<Secret<String>, CliError> {
    let mut input = stdin();
    if input.is_terminal() {
        print::error("Paste the key, then press Enter and Ctrl-D.");
    }
    let mut bytes = Vec::new();
    input.by_ref().take(LARGEST_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_TEXT {
        let text = format!("the text is longer than {LARGEST_TEXT} bytes; send only the lines around the key");
        return Err(CliError::Other(text));
    }
    let bytes = Secret::new(bytes);
    Ok(Secret::new(String::from_utf8_lossy(bytes.expose()).into_owned()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminKeys {
    /// List the live admin keys of an organization, the oldest first.
    List {
        #[command(flatten)]
        window: Window,
    },
    /// Show one admin key.
    Show {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
    /// Make an admin key for an owner, which is shown once.
    Create {
        /// The person who owns the key.
        #[arg(long, value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
        owner: String,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Revoke an admin key; it stops working with the next request.
    Revoke {
        /// The key.
        #[arg(value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
        id: String,
    },
}

const ADMIN_KEY: &[Column] = &[
    column("ID", &["/id"], Kind::Id),
    column("NAME", &["/name"], Kind::Text),
    column("SECRET", &["/redacted_value"], Kind::Id),
    column("OWNER", &["/owner/name"], Kind::Text),
    column("SCOPES", &["/scopes"], Kind::Text),
    column("CREATED", &["/created_at"], Kind::Time),
    column("USED", &["/last_used_at"], Kind::Time),
    column("EXPIRES", &["/expires_at"], Kind::Time),
];

pub(super) async fn run_admin_keys(within: &Within, command: AdminKeys) -> Result<(), CliError> {
    match command {
        AdminKeys::List { window } => {
            let listed = Listed { columns: ADMIN_KEY, nothing: "There are no admin keys." };
            within.list(Request::get(ADMIN_KEYS, &[]), window, listed).await
        }
        AdminKeys::Show { id } => within.object(Request::get(ADMIN_KEYS, &[&id]), ADMIN_KEY).await,
        AdminKeys::Create { owner, wanted } => {
            let Within { console, organization } = within;
            let (made, change) = make(console, organization, &owner, &KeyReach::Administration, wanted).await?;
            // The object of the API, with the secret that only this answer has.
            let shown = within.call(&Request::get(ADMIN_KEYS, &[made.key.id.as_str()])).await;
            let mut key = shown.unwrap_or_else(|_| new_key(&made));
            key["value"] = made.secret.expose().as_str().into();
            console.print_secret(&key, NEW, change).await
        }
        AdminKeys::Revoke { id } => {
            let sentence = format!("{id} does not work any more.");
            within.done(Request::delete(ADMIN_KEYS, &[&id]), sentence).await
        }
    }
}
