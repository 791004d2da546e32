//! `cargo xtask bench --limits`: what limits cost a request. nginx, and Keystead without limits; with a price of the model;
//! with this price and budgets of the organization, the project and the key; with limits of requests; and with limits of
//! requests and tokens, one after the other in every round.

use std::path::Path;

use super::http::send;
use super::{Arguments, Measured, median, script, wrk};
use crate::print;
use crate::product::{Bootstrapped, Product};
use crate::shell::{self, Done};

/// Requests and tokens, so many that no limit is reached.
const MANY: &str = "1000000000";
/// A million dollars.
const CENTS: u64 = 100_000_000;

const REQUESTS: [(&str, &str); 2] =
    [("KEYSTEAD_LIMITS__REQUESTS_PER_MINUTE", MANY), ("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", MANY)];
const TOKENS: [(&str, &str); 2] =
    [("KEYSTEAD_LIMITS__REQUESTS_PER_MINUTE", MANY), ("KEYSTEAD_LIMITS__TOKENS_PER_MINUTE", MANY)];
const PRICE: [(&str, &str); 4] = [
    ("KEYSTEAD_MODEL__0__ID", "gpt-4o"),
    ("KEYSTEAD_MODEL__0__INPUT", "2.50"),
    ("KEYSTEAD_MODEL__0__OUTPUT", "10"),
    ("KEYSTEAD_MODEL__0__MAX_OUTPUT_TOKENS", "16384"),
];

/// Keystead with some settings, and the script that sends its requests.
struct Case {
    name: &'static str,
    product: Product,
    script: std::path::PathBuf,
}

fn start(
    binary: &Path,
    folder: &Path,
    name: &'static str,
    upstream: &str,
    settings: &[(&str, &str)],
    budgets: bool,
) -> Done<Case> {
    let servers = [
        ("KEYSTEAD_UPSTREAM__0__NAME", "bench"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", upstream),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ];
    let all: Vec<(&str, &str)> = servers.into_iter().chain(settings.iter().copied()).collect();
    let product = Product::start_on("0", binary, &format!("bench-{}", name.replace(' ', "-")), &all)?;
    let made = product.bootstrap()?;
    let key = product.owner_key(&made, &made.owner, false)?;
    if budgets {
        set_budgets(&product, &made)?;
    }
    let script = script(folder, &format!("{name}.lua"), &key)?;
    Ok(Case { name, product, script })
}

/// Sets budgets of the organization, the project and its key, which no request reaches.
fn set_budgets(product: &Product, made: &Bootstrapped) -> Done {
    let head = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", made.admin_key);
    let ask = |method: &str, path: &str, body: &str| {
        let answer = send(&product.address, method, path, &head, body)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status == 200 { Ok(text) } else { Err(format!("{path}: {} {text}", answer.status)) }
    };
    let project = format!("/v1/organization/projects/{}", made.project);
    let key = shell::member(&ask("GET", &format!("{project}/api_keys"), "")?, "first_id")?;
    let limit = format!(r#"{{"threshold_amount":{CENTS},"currency":"USD","interval":"month"}}"#);
    let subject = format!(r#"{{"type":"api_key","id":"{key}"}}"#);
    let of_key = format!(r#"{{"subject":{subject},"measure":"money","interval":"month","amount":{CENTS}}}"#);
    ask("POST", "/v1/organization/spend_limit", &limit)?;
    ask("POST", &format!("{project}/spend_limit"), &limit)?;
    ask("POST", "/v1/keystead/budgets", &of_key).map(drop)
}

pub(super) fn compare(arguments: &Arguments, binary: &Path, folder: &Path, ports: [u16; 2], proxy: u32) -> Done {
    let [upstream_port, proxy_port] = ports;
    let upstream = format!("http://127.0.0.1:{upstream_port}/v1");
    let cases = [
        start(binary, folder, "no limits", &upstream, &[], false)?,
        start(binary, folder, "prices", &upstream, &PRICE, false)?,
        start(binary, folder, "prices and budgets", &upstream, &PRICE, true)?,
        start(binary, folder, "requests", &upstream, &REQUESTS, false)?,
        start(binary, folder, "requests and tokens", &upstream, &TOKENS, false)?,
    ];
    let nginx = format!("http://127.0.0.1:{proxy_port}");
    let mut targets = vec![("nginx", nginx.as_str(), proxy, script(folder, "nginx.lua", "none")?)];
    targets.extend(
        cases.iter().map(|case| (case.name, case.product.address.as_str(), case.product.id(), case.script.clone())),
    );
    let mut rounds: Vec<Vec<Measured>> = targets.iter().map(|_| Vec::new()).collect();
    for round in 0..=arguments.rounds {
        for step in 0..targets.len() {
            // Each round begins with another one, and the first round warms up and is discarded.
            let index = (step + usize::try_from(round).unwrap_or(0)) % targets.len();
            let (_, address, process, script) = &targets[index];
            let seconds = if round == 0 { 1 } else { arguments.seconds };
            let measured = wrk(arguments, seconds, script, address, *process)?;
            if round > 0 {
                rounds[index].push(measured);
            }
        }
    }
    let speed: Vec<f64> = rounds.iter().map(|measured| median(measured.iter().map(|one| one.per_second))).collect();
    let cpu: Vec<f64> = rounds.iter().map(|measured| median(measured.iter().map(|one| one.cpu_microseconds))).collect();
    print::line("");
    print::line("                       requests/s   of nginx's   CPU µs/request   more than without limits   failed");
    for (index, (name, ..)) in targets.iter().enumerate() {
        let failed: u64 = rounds[index].iter().map(|one| one.failed).sum();
        let more = if index < 2 { String::new() } else { format!("{:+.2} µs", more(&rounds[index], &rounds[1])) };
        let of = speed[index] / speed[0];
        print::line(&format!(
            "{name:<22} {:>10.0}   {of:>10.2}   {:>14.2}   {more:>24}   {failed:>6}",
            speed[index], cpu[index]
        ));
    }
    // Without budgets, too, what a request costs is computed and counted.
    print::line(&format!("budgets alone: {:+.2} µs", more(&rounds[3], &rounds[2])));
    Ok(())
}

/// The median of what each round cost more than the same round of others: the machine is faster in some rounds.
fn more(rounds: &[Measured], others: &[Measured]) -> f64 {
    median(rounds.iter().zip(others).map(|(one, other)| one.cpu_microseconds - other.cpu_microseconds))
}
