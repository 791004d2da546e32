//! `cargo xtask test`.

use std::path::Path;
use std::process::Command;

use crate::kill::{self, Database};
use crate::postgres::Postgres;
use crate::product::Product;
use crate::shell::{self, Done, cargo};
use crate::{check, fuzz_api, journeys, machine, print, setup};

/// What to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Everything,
    /// The official SDKs.
    Sdks,
    /// The journeys in a browser.
    Browser,
}

pub(crate) fn run(part: Part) -> Done {
    if part == Part::Everything {
        setup::install()?;
        check::rust()?;
        suites()?;
    } else {
        machine::system()?;
    }
    print::step("building the program");
    shell::run(cargo().args(["build", "--package", "keystead"]))?;
    if part == Part::Everything {
        kills()?;
    }
    if part != Part::Browser {
        sdks()?;
        fuzz_api::play(&shell::root().join("target/debug/keystead"), &fuzz_api::Arguments::QUICK)?;
    }
    if part == Part::Sdks { Ok(()) } else { journeys::all() }
}

/// Runs a few rounds of `cargo xtask kill` on each database, with a full disk, with a spend limit, and with credit.
fn kills() -> Done {
    let binary = shell::root().join("target/debug/keystead");
    let usual = kill::Arguments { streams: true, rounds: 4, ..kill::Arguments::default() };
    let limited = kill::Arguments { limits: true, ..usual.clone() };
    let paid = kill::Arguments { rounds: 2, credit: true, ..usual.clone() };
    let postgres = Database::Postgres;
    for (about, arguments) in [
        ("on SQLite", usual.clone()),
        ("on PostgreSQL", kill::Arguments { database: postgres, ..usual.clone() }),
        ("on SQLite, on a full disk", kill::Arguments { rounds: 2, full_disk: true, ..usual }),
        ("on SQLite, with a spend limit", limited.clone()),
        (
            "on two nodes over PostgreSQL, with a spend limit",
            kill::Arguments { database: postgres, nodes: 2, ..limited },
        ),
        ("on SQLite, with credit", paid.clone()),
        (
            "on two nodes over PostgreSQL, with a spend limit and credit",
            kill::Arguments { database: postgres, nodes: 2, limits: true, ..paid },
        ),
    ] {
        print::step(&format!("kill -9 under load {about}"));
        kill::play(&arguments, &binary)?;
    }
    Ok(())
}

fn suites() -> Done {
    if shell::has("cargo-nextest") {
        print::step("Rust suites (cargo nextest)");
        shell::run(cargo().args(["nextest", "run", "--workspace"]))?;
        return shell::run(cargo().args(["test", "--workspace", "--doc", "--quiet"]));
    }
    print::step("Rust suites (cargo test; cargo-nextest is not installed)");
    shell::run(cargo().args(["test", "--workspace"]))
}

/// Runs the official SDKs, each against a new Keystead on each database.
fn sdks() -> Done {
    let root = shell::root();
    let binary = root.join("target/debug/keystead");
    let python = machine::python()?;
    let node = machine::node()?;
    let postgres = Postgres::start()?;
    let mut failed = Vec::new();
    for database in ["SQLite", "PostgreSQL"] {
        let subjects = ["documents", "administration", "examples"];
        for (sdk, subject) in ["python", "node"].into_iter().flat_map(|sdk| subjects.map(|subject| (sdk, subject))) {
            print::step(&format!("{sdk} SDK on {database}: {subject}"));
            let url = match database {
                "PostgreSQL" => Some(postgres.database(&format!("keystead_{sdk}_{subject}"))?),
                _ => None,
            };
            let mut command = if sdk == "python" {
                let mut command = Command::new(&python);
                command.arg(root.join(format!("tests/sdk/python/test_{subject}.py")));
                command
            } else {
                // Node searches packages beside the script, so the script is copied beside the installed SDK.
                let script = node.join(format!("{subject}.mjs"));
                let source = root.join(format!("tests/sdk/node/{subject}.mjs"));
                std::fs::copy(source, &script).map_err(|error| error.to_string())?;
                let mut command = Command::new("node");
                command.arg(script);
                command
            };
            if let Err(reason) = one(&binary, &format!("{database}-{sdk}-{subject}"), url, &mut command) {
                failed.push(format!("{sdk} on {database}, {subject}: {reason}"));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

fn one(binary: &Path, name: &str, url: Option<String>, script: &mut Command) -> Done {
    // Certificates can be activated only where a trusted proxy reports those of clients; the SDKs come without a proxy.
    let proxy = [
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "192.0.2.1"),
        ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
        ("KEYSTEAD_TIER__0__NUMBER", "0"),
        ("KEYSTEAD_TIER__1__NUMBER", "1"),
        ("KEYSTEAD_TIER__1__PAID", "5"),
    ];
    let product = Product::start(binary, name, url, &proxy)?;
    let made = product.bootstrap()?;
    let user_key = product.owner_key(&made, &made.owner, true)?;
    let project_key = product.owner_key(&made, &made.owner, false)?;
    script
        .env("SDK_BASE_URL", format!("{}/v1", product.address))
        .env("SDK_SANDBOX_URL", &product.sandbox)
        .env("SDK_ADMIN_KEY", &made.admin_key)
        .env("SDK_USER_KEY", user_key)
        .env("SDK_PROJECT_KEY", project_key)
        .env("SDK_USER_ID", &made.owner)
        .env("SDK_ORGANIZATION_ID", &made.organization)
        .env("SDK_PROJECT_ID", &made.project)
        .env("SDK_CERTIFICATES", shell::root().join("tests/certificates"));
    shell::run(script)
}
