//! `cargo xtask bench --pages`: the server time and size of each page, over real HTTP, signed in.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::http::{Answer, send};
use crate::product::{Bootstrapped, Product};
use crate::shell::{self, Done};
use crate::{machine, print};

const EMAIL: &str = "operator@example.com";
const KEYS: u32 = 20;
const WARM: u32 = 5;

/// Goals for one page: server CPU in milliseconds, and bytes without pictures.
const CPU: f64 = 20.0;
const WEIGHT: usize = 100_000;

/// The measurement of one page.
struct Row {
    path: String,
    cpu: f64,
    wall: f64,
    html: usize,
    all: usize,
}

pub(crate) fn run(binary: &Path, renders: u32) -> Done {
    machine::system()?;
    let product = Product::start(binary, "pages", None, &[])?;
    let made = product.bootstrap_as(EMAIL)?;
    let cookie = sign_in(&product)?;
    fill(&product, &made)?;
    let mut weights = BTreeMap::new();
    let mut rows = Vec::new();
    for route in routes()? {
        let Some(path) = address(&route, &made) else { continue };
        // The pages for strangers redirect a signed-in person.
        let strange = get(&product.address, &path, &cookie)?.status == 303;
        let cookie = if strange { "" } else { &cookie };
        let answer = get(&product.address, &path, cookie)?;
        if answer.status != 200 || !answer.head.to_ascii_lowercase().contains("content-type: text/html") {
            print::line(&format!("{path}: {} – not measured", answer.status));
            continue;
        }
        rows.push(measure(&product, &path, cookie, renders, &mut weights)?);
    }
    table(&mut rows, renders);
    Ok(())
}

/// Returns the pages that can be opened, from the table of routes: each entry with `get(`.
fn routes() -> Done<Vec<String>> {
    let file = shell::root().join("crates/dashboard/src/routes.rs");
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let table = text.split_once("pub static ROUTES").ok_or("no table of routes")?.1;
    let table = table.split_once("\n];").ok_or("the table of routes has no end")?.0;
    let mut found = Vec::new();
    for start in ["public(\"", "signed_in(\"", "recently_authenticated(\"", "link_holder(\""] {
        for entry in table.split(start).skip(1) {
            let (path, rest) = entry.split_once('"').ok_or("a route without a path")?;
            if rest.split("\n    ").next().is_some_and(|own| own.contains("get(")) {
                found.push(path.to_owned());
            }
        }
    }
    Ok(found)
}

/// Returns the route's address; `None` when it needs something that this run does not have.
fn address(route: &str, made: &Bootstrapped) -> Option<String> {
    let project = format!("?project={}", made.project);
    Some(match route {
        "/help/{slug}" => "/help/verification".to_owned(),
        "/settings/organization/members/{id}" => format!("/settings/organization/members/{}{project}", made.owner),
        _ if route.ends_with(".csv") => return None,
        _ if route.starts_with("/settings/organization/projects/{id}") && !route.contains("{account}") => {
            format!("{}{project}", route.replace("{id}", &made.project))
        }
        _ if route.contains('{') => return None,
        _ if route.starts_with("/settings") || ["/home", "/api-keys", "/usage"].contains(&route) => {
            format!("{route}{project}")
        }
        _ => route.to_owned(),
    })
}

/// Signs in with a password reset; the command line makes accounts without a password.
fn sign_in(product: &Product) -> Done<String> {
    let base = &product.address;
    post(base, "/forgot", &format!("email={}", EMAIL.replace('@', "%40")))?;
    let place = format!("/messages?channel=email&to={}", EMAIL.replace('@', "%40"));
    let mut token = None;
    for _ in 0..200 {
        let mail = get(&product.sandbox, &place, "")?;
        let text = String::from_utf8_lossy(&mail.body).into_owned();
        if let Some((_, rest)) = text.split_once("/reset?token=") {
            token = rest
                .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_')
                .next()
                .map(str::to_owned);
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let token = token.ok_or("no mail with a link came")?;
    let answer = post(base, "/reset", &format!("token={token}&password=correct+horse+battery"))?;
    let line = answer.head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie:"));
    let cookie = line.and_then(|line| line.split_once(": ")).map(|(_, rest)| rest.split(';').next().unwrap_or(rest));
    cookie.map(str::to_owned).ok_or_else(|| format!("not signed in: {}", answer.status))
}

/// Makes keys and calls, so that lists and charts are not empty.
fn fill(product: &Product, made: &Bootstrapped) -> Done {
    let mut key = String::new();
    for _ in 0..KEYS {
        key = product.owner_key(made, &made.owner, false)?;
    }
    let body = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}"#;
    for _ in 0..KEYS {
        let head = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
        send(&product.address, "POST", "/v1/chat/completions", &head, body)?;
    }
    Ok(())
}

fn measure(
    product: &Product,
    path: &str,
    cookie: &str,
    renders: u32,
    weights: &mut BTreeMap<String, usize>,
) -> Done<Row> {
    for _ in 0..WARM {
        get(&product.address, path, cookie)?;
    }
    let before = cpu_nanoseconds(product.id())?;
    let mut took = Vec::new();
    let mut html = Vec::new();
    for _ in 0..renders {
        let began = Instant::now();
        html = get(&product.address, path, cookie)?.body;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    let spent = cpu_nanoseconds(product.id())?.saturating_sub(before);
    took.sort_by(f64::total_cmp);
    let text = String::from_utf8_lossy(&html);
    let mut all = html.len();
    for part in text.split("\"/static/").skip(1) {
        let name = part.split('"').next().unwrap_or_default();
        if !(name.ends_with(".css") || name.ends_with(".js")) {
            continue;
        }
        if !weights.contains_key(name) {
            let file = get(&product.address, &format!("/static/{name}"), "")?;
            weights.insert(name.to_owned(), file.body.len());
        }
        all += weights.get(name).copied().unwrap_or_default();
    }
    let wall = took.get(took.len() / 2).copied().unwrap_or(f64::NAN);
    Ok(Row { path: path.to_owned(), cpu: spent as f64 / 1e6 / f64::from(renders.max(1)), wall, html: html.len(), all })
}

fn table(rows: &mut [Row], renders: u32) {
    rows.sort_by(|one, other| other.cpu.total_cmp(&one.cpu));
    print::line("");
    print::line(&format!("{renders} renders each     CPU ms   p50 ms   HTML kB   all kB"));
    for row in rows.iter() {
        let path = row.path.split('?').next().unwrap_or_default();
        let over = if row.cpu >= CPU || row.all >= WEIGHT { "  over the goal" } else { "" };
        let (html, all) = (row.html as f64 / 1e3, row.all as f64 / 1e3);
        print::line(&format!("{:>6.2} {:>8.2} {html:>9.1} {all:>8.1}  {path}{over}", row.cpu, row.wall));
    }
    let most = rows.iter().map(|row| row.cpu).fold(0.0, f64::max);
    let heaviest = rows.iter().map(|row| row.all).max().unwrap_or_default();
    let inside = rows.iter().filter(|row| row.cpu < CPU && row.all < WEIGHT).count();
    print::line(&format!(
        "{} pages; at most {most:.2} ms of CPU and {:.1} kB; {inside} within {CPU:.0} ms and {} kB",
        rows.len(),
        heaviest as f64 / 1e3,
        WEIGHT / 1_000
    ));
}

/// Returns the processor time of all of a process's threads; it is finer than the ticks of the process.
fn cpu_nanoseconds(process: u32) -> Done<u64> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).map_err(|error| error.to_string())?;
    let mut sum = 0;
    for thread in threads.flatten() {
        // A thread that just ended is not counted.
        let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        sum += text.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
    }
    Ok(sum)
}

fn get(base: &str, path: &str, cookie: &str) -> Done<Answer> {
    send(base, "GET", path, &format!("Cookie: {cookie}\r\nAccept-Encoding: gzip, br\r\n"), "")
}

/// Sends a form as our own page would.
fn post(base: &str, path: &str, body: &str) -> Done<Answer> {
    let head = format!("Origin: {base}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    send(base, "POST", path, &head, body)
}
