//! `keystead admin …`: the operator's commands, directly on the store, whether the server runs or not. A command has no
//! rules of its own: it calls use cases, most of them through the endpoints of the Administration API, and prints the
//! answer.

mod audit;
mod budgets;
mod console;
mod credit;
mod first_steps;
mod groups;
mod keys;
mod limits;
mod moments;
mod organizations;
mod people;
mod place;
mod prices;
mod projects;
mod request;
mod roles;
mod service_accounts;
mod table;
mod usage;
mod verifications;

use clap::{Args, Subcommand, ValueEnum};

use self::audit::AuditLog;
use self::budgets::{Budgets, Leases};
use self::console::{Console, Within};
use self::credit::Credit;
pub(crate) use self::first_steps::id;
use self::groups::Groups;
use self::keys::{AdminKeys, Keys};
use self::limits::{Limits, Models};
use self::organizations::Organizations;
use self::people::{Invites, Users};
use self::place::{Everywhere, Noun};
use self::prices::Prices;
use self::projects::{ProjectUsers, Projects};
use self::roles::Roles;
use self::service_accounts::ServiceAccounts;
use self::usage::{Costs, Usage};
use self::verifications::Verifications;
use crate::cli::Output;
use crate::cli_error::CliError;
use crate::config::Validated;

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make an organization with its Default project, its owner and an admin key.
    Bootstrap {
        /// The owner's e-mail address.
        #[arg(long)]
        email: String,
        /// The organization's name.
        #[arg(long)]
        organization: String,
        /// Waive neither phone nor payment method.
        #[arg(long)]
        no_waiver: bool,
        #[command(flatten)]
        output: Output,
    },
    /// Make a key for a member of a project's organization.
    CreateKey(CreateKey),
    /// Excuse an organization from a requirement; written into its audit log.
    Waive {
        /// The organization.
        #[arg(long)]
        organization: String,
        /// The requirement: phone, payment_method or organization.
        #[arg(long)]
        requirement: String,
        /// The reason.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        output: Output,
    },
    /// Remove the second factor of a person who lost it and has proven who they are; all their sessions end.
    ResetSecondFactor {
        /// The person's e-mail address.
        #[arg(long)]
        email: String,
        #[command(flatten)]
        output: Output,
    },
    /// Organizations of this installation.
    Organizations(Everywhere<Organizations>),
    /// Projects of an organization.
    Projects(Noun<Projects>),
    /// People with a role of their own in a project.
    ProjectUsers(Noun<ProjectUsers>),
    /// Members of an organization.
    Users(Noun<Users>),
    /// Groups of members.
    Groups(Noun<Groups>),
    /// Roles of an organization or a project, and who holds them.
    Roles(Noun<Roles>),
    /// Invitations to an organization.
    Invites(Noun<Invites>),
    /// Service accounts of a project and their keys.
    ServiceAccounts(Noun<ServiceAccounts>),
    /// API keys: listing, making, finding and revoking them.
    Keys(Noun<Keys>),
    /// Admin keys of an organization.
    #[command(name = "admin-keys")]
    ManagementKeys(Noun<AdminKeys>),
    /// Rate limits of a project.
    Limits(Noun<Limits>),
    /// Budgets of an organization, its projects, its members and its keys.
    Budgets(Noun<Budgets>),
    /// Credit of an organization: what it has, grants, corrections, and how it pays.
    Credit(Noun<Credit>),
    /// What nodes that are gone still hold of budgets.
    Leases(Everywhere<Leases>),
    /// Models and their prices, and which of them a project may use.
    Models(Noun<Models>),
    /// Prices of models, from a date on.
    Prices(Everywhere<Prices>),
    /// Show what was used, a row for each day.
    Usage(Usage),
    /// Show what was spent, a row for each day.
    Costs(Costs),
    /// The audit log of an organization.
    Audit(Noun<AuditLog>),
    /// The verification of an organization, and the cases that people must decide.
    Verifications(Noun<Verifications>),
}

/// What `keystead admin create-key` makes.
#[derive(Debug, Args)]
pub(crate) struct CreateKey {
    /// The organization that holds the project.
    #[arg(long)]
    organization: String,
    /// The project; for user keys it is left out.
    #[arg(long)]
    project: Option<String>,
    /// The user who owns the key.
    #[arg(long)]
    owner: String,
    /// What kind of key.
    #[arg(long, value_enum, default_value_t = Kind::Project)]
    kind: Kind,
    /// What people call it.
    #[arg(long)]
    name: Option<String>,
    /// Seconds until it stops working.
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<i64>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Bound to one project.
    Project,
    /// Reaches everything its owner reaches.
    User,
}

impl Admin {
    /// Whether the caller is a program, which reads errors as JSON too.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Bootstrap { output, .. } | Self::Waive { output, .. } | Self::ResetSecondFactor { output, .. } => {
                output.json
            }
            Self::CreateKey(create) => create.output.json,
            Self::Organizations(noun) => noun.json,
            Self::Projects(noun) => noun.place.json,
            Self::ProjectUsers(noun) => noun.place.json,
            Self::Users(noun) => noun.place.json,
            Self::Groups(noun) => noun.place.json,
            Self::Roles(noun) => noun.place.json,
            Self::Invites(noun) => noun.place.json,
            Self::ServiceAccounts(noun) => noun.place.json,
            Self::Keys(noun) => noun.place.json,
            Self::ManagementKeys(noun) => noun.place.json,
            Self::Limits(noun) => noun.place.json,
            Self::Budgets(noun) => noun.place.json,
            Self::Credit(noun) => noun.place.json,
            Self::Leases(noun) => noun.json,
            Self::Models(noun) => noun.place.json,
            Self::Prices(noun) => noun.json,
            Self::Usage(usage) => usage.place().json,
            Self::Costs(costs) => costs.place().json,
            Self::Audit(noun) => noun.place.json,
            Self::Verifications(noun) => noun.place.json,
        }
    }
}

pub(crate) async fn run(config: &Validated, command: Admin) -> Result<(), CliError> {
    match command {
        Admin::Bootstrap { email, organization, no_waiver, output } => {
            first_steps::bootstrap(config, &email, &organization, !no_waiver, output).await
        }
        Admin::CreateKey(create) => first_steps::create_key(config, create).await,
        Admin::Waive { organization, requirement, reason, output } => {
            first_steps::waive(config, &organization, &requirement, &reason, output).await
        }
        Admin::ResetSecondFactor { email, output } => first_steps::reset_second_factor(config, &email, output).await,
        Admin::Organizations(noun) => organizations::run(&Console::open(config, noun.json).await?, noun.command).await,
        Admin::Projects(noun) => projects::run(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::ProjectUsers(noun) => projects::run_users(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::Users(noun) => people::run(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::Groups(noun) => groups::run(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::Roles(noun) => roles::run(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::Invites(noun) => people::run_invites(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::ServiceAccounts(noun) => {
            service_accounts::run(&Within::open(config, &noun.place).await?, noun.command).await
        }
        Admin::Keys(noun) => keys::run(config, noun.place, noun.command).await,
        Admin::ManagementKeys(noun) => {
            keys::run_admin_keys(&Within::open(config, &noun.place).await?, noun.command).await
        }
        Admin::Limits(noun) => limits::run(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::Budgets(noun) => budgets::run(&Within::open(config, &noun.place).await?, noun.command).await,
        Admin::Credit(noun) => credit::run(config, noun.place, noun.command).await,
        Admin::Leases(noun) => budgets::run_leases(&Console::open(config, noun.json).await?, noun.command).await,
        Admin::Models(noun) => limits::run_models(config, noun.place, noun.command).await,
        Admin::Prices(noun) => prices::run(&Console::open(config, noun.json).await?, noun.command).await,
        Admin::Usage(usage) => usage::run(&Within::open(config, usage.place()).await?, usage).await,
        Admin::Costs(costs) => usage::run_costs(&Within::open(config, costs.place()).await?, costs).await,
        Admin::Audit(noun) => audit::run(config, noun.place, noun.command).await,
        Admin::Verifications(noun) => verifications::run(config, noun.place, noun.command).await,
    }
}
