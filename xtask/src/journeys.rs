//! People's journeys in a real browser, and the pictures that they take.

use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::product::Product;
use crate::shell::{self, Done, cargo};
use crate::{machine, print};

/// How many run at the same time. Each waits for its browser most of the time; three are too slow on two cores.
const AT_ONCE: usize = 2;

/// A script of `tests/browser`, and the settings of its product.
type Journey<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// Runs people's journeys in a real browser, with a picture of every page in every language under `target/pictures`.
pub(crate) fn all() -> Done {
    print::step("journeys in Chromium");
    let reviewer =
        [("KEYSTEAD_IDENTITY__PROVIDER", "review"), ("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com,eve@example.com")];
    let two = [("KEYSTEAD_OPERATOR__EMAILS", "one@example.com,two@example.com")];
    let proxied = [
        ("KEYSTEAD_SERVER__TRUSTED_PROXIES", "127.0.0.1"),
        ("KEYSTEAD_NETWORK__CLIENT_CERTIFICATE_HEADER", "X-Client-Cert"),
    ];
    let rates = [
        ("KEYSTEAD_LIMITS__REQUESTS_PER_MINUTE", "500"),
        ("KEYSTEAD_TIER__0__NUMBER", "0"),
        ("KEYSTEAD_TIER__1__NUMBER", "1"),
        ("KEYSTEAD_TIER__1__PAID", "5"),
        ("KEYSTEAD_TIER__1__DAYS", "7"),
        ("KEYSTEAD_TIER__1__LIMIT__0__MODELS", "*"),
        ("KEYSTEAD_TIER__1__LIMIT__0__REQUESTS_PER_MINUTE", "900"),
    ];
    let priced = [("KEYSTEAD_MODEL__0__ID", "tts-1"), ("KEYSTEAD_MODEL__0__CHARACTER", "30000")];
    let prepaid = [("KEYSTEAD_CREDIT__MODE", "prepaid")];
    let ops = [("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com")];
    let console = [("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com"), ("KEYSTEAD_CREDIT__MODE", "prepaid")];
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
        ("webhooks", &[]),
        ("budgets", &priced),
        ("prices", &ops),
        ("billing", &prepaid),
        ("credit", &console),
        ("playground", &[]),
        ("first_hour", &[]),
        ("pages", &prepaid),
    ];
    play(all)
}

/// Plays each of them, so that one run shows all that is wrong.
fn play(all: &[Journey<'_>]) -> Done {
    prepare(all)?;
    let (next, failed) = (Mutex::new(all.iter()), Mutex::new(Vec::new()));
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let lane = || {
        while let Some((name, more)) = take() {
            if let Err(error) = journey(name, more) {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{name}: {error}"));
            }
        }
    };
    thread::scope(|lanes| {
        for _ in 0..AT_ONCE {
            lanes.spawn(lane);
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// Copies the scripts beside the browser's driver, because Node searches packages beside a script.
fn prepare(all: &[Journey<'_>]) -> Done {
    let (folder, root) = (machine::browser()?, shell::root());
    for file in all.iter().map(|(name, _)| *name).chain(["opening"]) {
        let source = root.join(format!("tests/browser/{file}.mjs"));
        std::fs::copy(source, folder.join(format!("{file}.mjs"))).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Runs one script against a separate product, and prints what it says when it has ended.
fn journey(name: &str, more: &[(&str, &str)]) -> Done {
    let (root, folder) = (shell::root(), machine::browser()?);
    let product = Product::start(&root.join("target/debug/keystead"), name, None, more)?;
    let mut command = Command::new("node");
    command.arg(folder.join(format!("{name}.mjs"))).args([&product.address, &product.sandbox]).arg("/usr/bin/chromium");
    command.arg(root.join("target/pictures")).arg(product.database()).current_dir(&root);
    let output = command.output().map_err(|error| format!("node cannot start: {error}"))?;
    print::step(&format!("journey {name}"));
    print::lines(&output.stdout);
    print::lines(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(reason(&String::from_utf8_lossy(&output.stderr))) }
}

/// What Node says of the error that ended a script, so that the last line of a run shows it.
fn reason(stderr: &str) -> String {
    let from = stderr.lines().position(|line| line.contains("Error") || line.contains(": ")).unwrap_or(0);
    stderr.lines().skip(from).take(3).map(str::trim).collect::<Vec<_>>().join(" | ")
}

/// Copies the pictures of the help pages from the journeys into the folder from which they are compiled in.
pub(crate) fn pictures() -> Done {
    machine::system()?;
    print::step("building the program");
    shell::run(cargo().args(["build", "--package", "keystead"]))?;
    print::step("journeys through the help in Chromium");
    play(&[("help", &[])])?;
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
