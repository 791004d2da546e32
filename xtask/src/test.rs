//! `cargo xtask test`.

use std::path::Path;
use std::process::Command;

use crate::kill::{self, Database};
use crate::postgres::Postgres;
use crate::product::Product;
use crate::shell::{self, Done, cargo};
use crate::{check, fuzz_api, machine, print, setup};

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
    if part == Part::Sdks { Ok(()) } else { journeys() }
}

/// Runs a few rounds of `cargo xtask kill` on each database, and with a full disk.
fn kills() -> Done {
    let binary = shell::root().join("target/debug/keystead");
    for (database, full_disk, rounds) in
        [(Database::Sqlite, false, 4), (Database::Postgres, false, 4), (Database::Sqlite, true, 2)]
    {
        print::step(&format!("kill -9 under load on {database:?}{}", if full_disk { ", on a full disk" } else { "" }));
        kill::play(
            &kill::Arguments { rounds, database, full_disk, streams: true, ..kill::Arguments::default() },
            &binary,
        )?;
    }
    Ok(())
}

/// Runs people's journeys in a real browser, with a picture of every page in every language under `target/pictures`.
fn journeys() -> Done {
    print::step("journeys in Chromium");
    let reviewer =
        [("KEYSTEAD_IDENTITY__PROVIDER", "review"), ("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com,eve@example.com")];
    let two = [("KEYSTEAD_OPERATOR__EMAILS", "one@example.com,two@example.com")];
    let proxied = [
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
    ];
    let rates = [("KEYSTEAD_LIMITS__REQUESTS_PER_MINUTE", "500")];
    let priced = [("KEYSTEAD_MODEL__0__ID", "tts-1"), ("KEYSTEAD_MODEL__0__CHARACTER", "30000")];
    let operator = [
        ("KEYSTEAD_OPERATOR__SUPPORT_EMAIL", "help@example.com"),
        ("KEYSTEAD_OPERATOR__PRIVACY_POLICY_URL", "https://example.com/privacy"),
    ];
    let all: &[(&str, &[(&str, &str)])] = &[
        ("journeys", &operator),
        ("accounts", &[]),
        ("deletion", &[]),
        ("keys", &two),
        ("audit", &[]),
        ("network", &[]),
        ("roles", &[]),
        ("identity", &proxied),
        ("review", &reviewer),
        ("help", &[]),
        ("reference", &[]),
        ("limits", &rates),
        ("spend", &priced),
        ("playground", &[]),
        ("first_hour", &[]),
        ("pages", &[]),
    ];
    // Each of them is played, so that one run shows all that is wrong.
    let failed = all.iter().filter_map(|(name, more)| Some((name, journey(name, more).err()?)));
    let failed: Vec<String> = failed.map(|(name, error)| format!("{name}: {error}")).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// Runs one script of journeys against a separate product.
fn journey(name: &str, more: &[(&str, &str)]) -> Done {
    let root = shell::root();
    let folder = machine::browser()?;
    // Node searches packages beside the script, so the scripts are copied beside the browser's driver while they run.
    for file in ["opening", name] {
        let source = root.join(format!("tests/browser/{file}.mjs"));
        std::fs::copy(source, folder.join(format!("{file}.mjs"))).map_err(|error| error.to_string())?;
    }
    let product = Product::start(&root.join("target/debug/keystead"), name, None, more)?;
    let mut command = Command::new("node");
    command.arg(folder.join(format!("{name}.mjs"))).args([&product.address, &product.sandbox]).arg("/usr/bin/chromium");
    command.current_dir(&root);
    shell::run(command.arg(root.join("target/pictures")).arg(product.database()))
}

/// Copies the pictures of the help pages from the journeys into the folder from which they are compiled in.
pub(crate) fn pictures() -> Done {
    machine::system()?;
    print::step("building the program");
    shell::run(cargo().args(["build", "--package", "keystead"]))?;
    print::step("journeys through the help in Chromium");
    journey("help", &[])?;
    let root = shell::root();
    let (made, kept) = (root.join("target/pictures/help"), root.join("crates/dashboard/static/help"));
    std::fs::create_dir_all(&kept).map_err(|error| error.to_string())?;
    for entry in std::fs::read_dir(&made).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().ok_or("a picture without a name")?;
        std::fs::copy(&path, kept.join(name)).map_err(|error| error.to_string())?;
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
