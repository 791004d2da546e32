//! `keystead init`: a configuration from answers that were tried.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use keystead_sandbox::{TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_SERVICE_SID};
use keystead_store::testing::PostgresServer;

use crate::product::{Product, command};

/// Answers every connection as a mail server does; wants no account.
fn mail_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let reader = BufReader::new(stream.try_clone().unwrap());
            stream.write_all(b"220 post.test\r\n").unwrap();
            for line in reader.lines().map_while(Result::ok) {
                let answer = if line.starts_with("QUIT") { "221 bye\r\n" } else { "250 ok\r\n" };
                if stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    url
}

fn init(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut command = command(folder, &variables);
    command.arg("init").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn bootstrap(folder: &Path, file: &str) -> Output {
    let words = ["admin", "bootstrap", "--config", file, "--email", "op@keys.test", "--organization", "Acme", "--json"];
    command(folder, &[]).args(words).output().unwrap()
}

#[test]
fn wrong_answers_are_explained_and_asked_for_again() {
    let product = Product::start(&[]);
    let sandbox = product.sandbox.clone().unwrap();
    let (folder, mail) = (tempfile::tempdir().unwrap(), mail_server());
    let data = folder.path().join("data");
    let twilio = format!("{sandbox}/twilio");
    let input = [
        "keys.test",
        "https://keys.test",
        "nginx",
        "", // the proxies on this machine
        "8080",
        "127.0.0.1:0",
        "/proc/version/data",
        data.to_str().unwrap(),
        "mysql://db",
        "", // SQLite
        "ftp://models",
        "http://127.0.0.1:9/v1", // nothing listens there
        "model-key",
        "", // answer again
        &format!("{sandbox}/v1"),
        "",    // the same key
        "all", // the models that it lists
        "no",
        "Example Inference",
        "op@keys.test, wrong",
        "op@keys.test",
        "",
        "mail.keys.test",
        &mail,
        "",
        "",
        "pigeon",
        "twilio",
        TWILIO_ACCOUNT_SID,
        TWILIO_SERVICE_SID,
        "wrong token",
        "", // answer again
        "twilio",
        TWILIO_ACCOUNT_SID,
        TWILIO_SERVICE_SID,
        TWILIO_AUTH_TOKEN,
        "none", // no one verifies organizations
    ];
    let output = init(folder.path(), &["--sms-url", &twilio], &[], &(input.join("\n") + "\n"));
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for part in [
        "must be an http:// or https:// address",
        "such as 127.0.0.1:8080.",
        "is not a folder.",
        "This must be sqlite",
        "base_url must be an http://",
        "The model server did not work: no connection could be made",
        "Models: gpt-4o",
        "wrong is not an email address",
        "This must begin with smtps://",
        "ok: the mail server accepts the connection",
        "one of: twilio, http, none",
        "Twilio refuses the account or its token (401)",
        "ok: Twilio knows this account and service",
        "Left out. Organizations can't be verified.",
        "ok    configuration",
        "ok    Email",
        "admin bootstrap --config keystead.toml --email op@keys.test",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (file, secrets) = (folder.path().join("keystead.toml"), folder.path().join("keystead.env"));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains("model-key") && !written.contains(TWILIO_AUTH_TOKEN), "{written}");
    assert!(std::fs::read_to_string(&secrets).unwrap().contains("MAIN_API_KEY='model-key'"));
    assert_eq!((mode(&file), mode(&secrets)), (0o600, 0o600));
    let made = bootstrap(folder.path(), "keystead.toml");
    assert!(made.status.success() && data.join("keystead.db").exists(), "{}", said(&made));

    let again = init(folder.path(), &[], &[], "");
    assert!(
        !again.status.success() && said(&again).contains("with --force it is kept as keystead.toml.before"),
        "{}",
        said(&again)
    );
}

#[test]
fn scripts_answer_with_a_file_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let product = Product::start(&[]);
    let sandbox = product.sandbox.clone().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let answers = format!(
        "public_url = \"https://keys.test\"\ndata_dir = {data:?}\nlisten = \"127.0.0.1:0\"\n\
         operator_emails = \"op@keys.test\"\nidentity = \"review\"\n\
         [[upstream]]\nbase_url = \"{sandbox}/v1\"\nmodels = [\"gpt-4o\"]\n\
         [secrets]\nMAIN_API_KEY = \"it's \\\\'a key\\\\\"\n"
    );
    let file = folder.path().join("answers.toml");
    std::fs::write(&file, answers).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let words = [&["--config", "k.toml", "--answers", "answers.toml"], more].concat();
        init(folder.path(), &words, variables, "")
    };
    // Secrets that everybody can read, a password in an option, a database that does not answer, and a wrong answer:
    // nothing is written.
    let public = run(&["--database", "sqlite"], &[]);
    assert!(!public.status.success() && said(&public).contains("chmod o= answers.toml"), "{}", said(&public));
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let password = run(&["--database", "postgres://keystead:hidden@127.0.0.1:9/none"], &[]);
    assert!(!password.status.success() && said(&password).contains("KEYSTEAD_DATABASE__URL"), "{}", said(&password));
    assert!(!said(&password).contains("hidden"), "{}", said(&password));
    let refused = run(&["--database", "postgres://nobody@127.0.0.1:9/none"], &[]);
    assert!(!refused.status.success() && said(&refused).contains("The database did not work"), "{}", said(&refused));
    let wrong = run(&["--identity", "pigeon"], &[]);
    assert!(said(&wrong).contains("--identity: This must be one of"), "{}", said(&wrong));
    let secret = run(&["--sms", "twilio", "--sms-account-sid", "AC1", "--sms-service-sid", "VA1"], &[]);
    assert!(said(&secret).contains("KEYSTEAD_SMS__AUTH_TOKEN is needed"), "{}", said(&secret));
    assert!(!folder.path().join("k.toml").exists() && !folder.path().join("k.env").exists());

    let made = run(&[], &[("KEYSTEAD_DATABASE__URL", &url)]);
    let text = said(&made);
    assert!(made.status.success() && text.contains("PostgreSQL answers"), "{text}");
    let written = std::fs::read_to_string(folder.path().join("k.toml")).unwrap();
    assert!(!written.contains(&url) && written.contains("environment_file = \"k.env\""), "{written}");
    let secrets = std::fs::read_to_string(folder.path().join("k.env")).unwrap();
    assert!(secrets.contains(&url), "{secrets}");
    let done = bootstrap(folder.path(), "k.toml");
    assert!(done.status.success() && !data.join("keystead.db").exists(), "{}", said(&done));

    let existing = run(&["--database", "sqlite"], &[]);
    assert!(!existing.status.success() && said(&existing).contains("exists already"), "{}", said(&existing));
    let server = format!("{sandbox}/v1");
    let forced = run(&["--database", "sqlite", "--force", "--upstream-url", &server, "--upstream-models", "all"], &[]);
    assert!(forced.status.success(), "{}", said(&forced));
    let replaced = std::fs::read_to_string(folder.path().join("k.env")).unwrap();
    assert!(!replaced.contains(&url) && replaced.contains("MAIN_API_KEY"), "{replaced}");
    let kept = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((kept("k.toml.before"), kept("k.env.before")), (written, secrets));
    let models = kept("k.toml");
    assert!(models.contains("\"gpt-4o\", ") && !models.contains("\"all\""), "{models}");
    let twice = run(&["--database", "sqlite", "--force"], &[]);
    assert!(twice.status.success() && said(&twice).contains("Kept: k.toml.before-2"), "{}", said(&twice));
    assert_eq!((kept("k.toml.before-2"), mode(&folder.path().join("k.env.before-2"))), (models, 0o600));
}

#[test]
fn without_input_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let ended = init(folder.path(), &[], &[], "https://keys.test\n");
    assert!(!ended.status.success() && said(&ended).contains("the input ended"), "{}", said(&ended));
    let missing = init(folder.path(), &["--yes"], &[], "");
    assert!(said(&missing).contains("--public-url is needed"), "{}", said(&missing));
    let named = init(folder.path(), &["--config", "k.env"], &[], "");
    assert!(said(&named).contains("is the name of the file of secrets"), "{}", said(&named));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // Options alone, untried.
    let words = ["--yes", "--no-try", "--public-url", "https://Keys.test:443", "--listen", "0.0.0.0:0"];
    let words = [&words[..], &["--data-dir", "data", "--upstream-url"]].concat();
    let made =
        init(folder.path(), &[&words[..], &["http://127.0.0.1:9/v1", "--upstream-models", "a, b"]].concat(), &[], "");
    assert!(made.status.success() && said(&made).contains("WRONG Email"), "{}", said(&made));
    let written = std::fs::read_to_string(folder.path().join("keystead.toml")).unwrap();
    assert!(written.contains("models = [\"a\", \"b\"]") && written.contains("# [mail]"), "{written}");
    assert!(written.contains("public_url = \"https://keys.test\""), "{written}");
    assert!(said(&made).contains("Warning: Keystead listens at every address"), "{}", said(&made));
    // Secrets can be added later.
    assert!(written.contains("environment_file = \"keystead.env\""), "{written}");
    assert_eq!(mode(&folder.path().join("keystead.env")), 0o600);
}
