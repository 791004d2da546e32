//! `cargo xtask bench --gate`: from the identity service's decision to the first request that passes, over real HTTP.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::http::send;
use crate::product::Product;
use crate::shell::{self, Done};
use crate::{machine, print};

const ORGANIZATIONS: u32 = 100;
const IMAGE: &str = r#"{"model":"gpt-image-1","prompt":"a kite","size":"1024x1024"}"#;

pub(crate) fn run(binary: &Path) -> Done {
    machine::system()?;
    let product = Product::start(binary, "gate", None, &[])?;
    let mut took = Vec::new();
    for number in 0..ORGANIZATIONS {
        took.push(one(&product, number)?);
    }
    took.sort_by(f64::total_cmp);
    let at = |part: usize| took.get(took.len() * part / 100).copied().unwrap_or(f64::NAN);
    print::line(&format!(
        "{ORGANIZATIONS} organizations, from the outcome at the service to the first image: p50 {:.0} ms, p99 {:.0} ms",
        at(50),
        at(99)
    ));
    Ok(())
}

/// Returns milliseconds for one organization. It was refused before, and the same key passes afterwards.
fn one(product: &Product, number: u32) -> Done<f64> {
    let made = product.bootstrap_as(&format!("owner{number}@example.com"))?;
    let key = product.owner_key(&made, &made.owner, false)?;
    let image = || ask(&product.address, "/v1/images/generations", &key, IMAGE);
    let (status, text) = image()?;
    if status != 403 {
        return Err(format!("the model was not gated: {status} {text}"));
    }
    let path = "/v1/keystead/organization_verifications";
    let (_, begun) = ask(&product.address, path, &made.admin_key, r#"{"consent":true}"#)?;
    let link = shell::member(&begun, "url").map_err(|_| begun.clone())?;
    let place = link.strip_prefix(&product.sandbox).ok_or("the link does not lead to the sandbox")?;
    let began = Instant::now();
    let (status, text) = ask(&product.sandbox, &format!("{place}/simulate"), "", r#"{"outcome":"approve"}"#)?;
    if status >= 300 {
        return Err(format!("the outcome was not taken: {status} {text}"));
    }
    while image()?.0 != 200 {
        if began.elapsed() > Duration::from_secs(30) {
            return Err("never passed".to_owned());
        }
        sleep(Duration::from_millis(2));
    }
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

/// Returns status and body of one request with a key.
fn ask(base: &str, path: &str, key: &str, body: &str) -> Done<(u16, String)> {
    let head = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    let answer = send(base, "POST", path, &head, body)?;
    Ok((answer.status, String::from_utf8_lossy(&answer.body).into_owned()))
}
