//! `cargo xtask bench --revoke`: how long it takes from the deletion of a key until two nodes on PostgreSQL refuse it.

use std::path::Path;
use std::time::Instant;

use super::http::send;
use crate::postgres::Postgres;
use crate::product::Product;
use crate::shell::{self, Done};
use crate::{machine, print};

const KEYS: usize = 200;

pub(crate) fn run(binary: &Path) -> Done {
    machine::system()?;
    let server = Postgres::start()?;
    let database = server.database("revoke")?;
    let first = Product::start(binary, "revoke-a", Some(database.clone()), &[])?;
    // Another node of the same installation: the same secrets, a separate folder.
    let data = std::env::temp_dir().join(format!("keystead-revoke-data-{}", std::process::id()));
    std::fs::create_dir_all(&data).map_err(|error| error.to_string())?;
    let secrets = first.database().with_file_name("secrets.toml");
    std::fs::copy(secrets, data.join("secrets.toml")).map_err(|error| error.to_string())?;
    let folder = data.display().to_string();
    let second = Product::start(binary, "revoke-b", Some(database), &[("KEYSTEAD_SERVER__DATA_DIR", &folder)])?;
    let measured = measure(&first, &second);
    drop(second);
    let _ = std::fs::remove_dir_all(&data);
    let mut took = measured?;
    took.sort_by(f64::total_cmp);
    let at = |part: usize| took.get(took.len() * part / 100).copied().unwrap_or(f64::NAN);
    print::line(&format!(
        "{KEYS} keys deleted on one of two nodes, until the answer, after which the other node refuses: \
         p50 {:.1} ms, p99 {:.1} ms",
        at(50),
        at(99)
    ));
    Ok(())
}

/// Returns milliseconds for each deletion. Before it the other node serves the key, directly after the response it
/// refuses it.
fn measure(first: &Product, second: &Product) -> Done<Vec<f64>> {
    let made = first.bootstrap()?;
    let mut took = Vec::new();
    for _ in 0..KEYS {
        let path = format!("/v1/organization/projects/{}", made.project);
        let (status, text) =
            ask(first, "POST", &format!("{path}/service_accounts"), &made.admin_key, r#"{"name":"b"}"#)?;
        let key = text.split("\"api_key\"").nth(1).filter(|_| status == 200).ok_or_else(|| text.clone())?;
        let (id, secret) = (shell::member(key, "id")?, shell::member(key, "value")?);
        let models = |node: &Product| ask(node, "GET", "/v1/models", &secret, "");
        if models(second)?.0 != 200 {
            return Err("the other node does not know the key".to_owned());
        }
        let began = Instant::now();
        let (status, text) = ask(first, "DELETE", &format!("{path}/api_keys/{id}"), &made.admin_key, "")?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
        if status != 200 {
            return Err(text);
        }
        if models(second)?.0 != 401 {
            return Err("the other node serves a deleted key".to_owned());
        }
    }
    Ok(took)
}

/// Returns status and body of one request with a key.
fn ask(node: &Product, method: &str, path: &str, key: &str, body: &str) -> Done<(u16, String)> {
    let head = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    let answer = send(&node.address, method, path, &head, body)?;
    Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
}
