//! `cargo xtask bench`: nginx and Keystead alternately, each alone on one core, in front of the same upstream on the
//! other core.

mod database;
mod gate;
pub(crate) mod http;
mod keys;
mod limits;
mod pages;
mod revoke;
mod usage;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use clap::Args;

use crate::postgres::free_port;
use crate::product::Product;
use crate::shell::{self, Done};
use crate::{machine, print};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Rounds; each measures both, in alternating order.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3)]
    seconds: u32,
    /// Connections kept open.
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Measure a million keys instead.
    #[arg(long)]
    keys: bool,
    /// Measure instead queries of usage over a month with 100 million events.
    #[arg(long)]
    usage: bool,
    /// Measure instead what one PostgreSQL does for nodes: usage, leases of budgets and parts of rate limits.
    #[arg(long)]
    database: bool,
    /// Measure instead how soon a verified organization passes the gate.
    #[arg(long)]
    gate: bool,
    /// Measure instead how soon two nodes refuse a deleted key.
    #[arg(long)]
    revoke: bool,
    /// Measure instead the server time and size of each page of the dashboard.
    #[arg(long)]
    pages: bool,
    /// Measure also Keystead with spend limits and with rate limits, and what they cost each request.
    #[arg(long)]
    limits: bool,
    /// How often each page is opened.
    #[arg(long, default_value_t = 200)]
    renders: u32,
    /// Measure this binary instead of building one.
    #[arg(long)]
    binary: Option<PathBuf>,
}

struct Measured {
    per_second: f64,
    cpu_microseconds: f64,
    failed: u64,
}

const ANSWER: &str = r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"A measured answer of ordinary length, so that the body is neither tiny nor large. It goes on for a while and says nothing of interest, as is the habit of answers made for measuring. The end."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":25,"completion_tokens":42,"total_tokens":67}}"#;

pub(crate) fn run(arguments: &Arguments) -> Done {
    if arguments.keys {
        return keys::run();
    }
    if arguments.usage {
        return usage::run();
    }
    if arguments.database {
        return database::run();
    }
    machine::system()?;
    if !arguments.pages && !arguments.revoke && !shell::has("wrk") {
        print::step("installing with apt-get: wrk");
        shell::run(Command::new("apt-get").args(["install", "-y", "wrk"]))?;
    }
    if arguments.binary.is_none() {
        print::step("release build");
        let mut build = Command::new("cargo");
        shell::run(build.current_dir(shell::root()).args(["build", "--release", "--package", "keystead"]))?;
    }
    let binary = match &arguments.binary {
        // It is started in another folder, where a relative path would not work.
        Some(path) => path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?,
        None => shell::root().join("target/release/keystead"),
    };
    if arguments.gate {
        return gate::run(&binary);
    }
    if arguments.revoke {
        return revoke::run(&binary);
    }
    if arguments.pages {
        return pages::run(&binary, arguments.renders);
    }
    let folder = std::env::temp_dir().join(format!("keystead-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let result = measure(arguments, &binary, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn measure(arguments: &Arguments, binary: &Path, folder: &Path) -> Done {
    let upstream_port = free_port()?;
    let proxy_port = free_port()?;
    let answer = format!("location / {{ default_type application/json; return 200 '{ANSWER}'; }}");
    let mut upstream = nginx(folder, "upstream", upstream_port, "1", "", &answer)?;
    let pool = format!("upstream models {{ server 127.0.0.1:{upstream_port}; keepalive 128; }}");
    let pass = "location / { proxy_pass http://models; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }";
    let mut proxy = nginx(folder, "proxy", proxy_port, "0", &pool, pass)?;
    let compare = if arguments.limits { limits::compare } else { compare };
    let result = compare(arguments, binary, folder, [upstream_port, proxy_port], proxy.id());
    shell::stop(&mut proxy);
    shell::stop(&mut upstream);
    result
}

fn compare(arguments: &Arguments, binary: &Path, folder: &Path, ports: [u16; 2], proxy: u32) -> Done {
    let [upstream_port, proxy_port] = ports;
    let upstream = format!("http://127.0.0.1:{upstream_port}/v1");
    let product = Product::start_on(
        "0",
        binary,
        "bench",
        &[
            ("KEYSTEAD_UPSTREAM__0__NAME", "bench"),
            ("KEYSTEAD_UPSTREAM__0__BASE_URL", &upstream),
            ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
        ],
    )?;
    let made = product.bootstrap()?;
    let key = product.owner_key(&made, &made.owner, false)?;
    let script = script(folder, "post.lua", &key)?;
    let targets = [
        ("nginx", format!("http://127.0.0.1:{proxy_port}"), proxy),
        ("keystead", product.address.clone(), product.id()),
    ];
    let mut rounds: [Vec<Measured>; 2] = [Vec::new(), Vec::new()];
    for round in 0..=arguments.rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            let (_, address, process) = &targets[index];
            // The first round warms up and is discarded.
            let seconds = if round == 0 { 1 } else { arguments.seconds };
            let measured = wrk(arguments, seconds, &script, address, *process)?;
            if round > 0 {
                rounds[index].push(measured);
            }
        }
    }
    table(&rounds);
    Ok(())
}

/// Writes the script of the requests with one key.
fn script(folder: &Path, name: &str, key: &str) -> Done<PathBuf> {
    let script = folder.join(name);
    let body =
        format!("{{\"model\":\"gpt-4o\",\"messages\":[{{\"role\":\"user\",\"content\":\"{}\"}}]}}", "word ".repeat(70));
    let lua = format!(
        "wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.headers['Authorization'] = 'Bearer {key}'\n"
    );
    std::fs::write(&script, lua).map_err(|error| error.to_string())?;
    Ok(script)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn table(rounds: &[Vec<Measured>; 2]) {
    let speed = [0, 1].map(|index| median(rounds[index].iter().map(|m| m.per_second)));
    let cpu = [0, 1].map(|index| median(rounds[index].iter().map(|m| m.cpu_microseconds)));
    let failed = [0, 1].map(|index| rounds[index].iter().map(|m| m.failed).sum::<u64>());
    print::line("");
    print::line("            requests/s   CPU µs/request   not 2xx or failed");
    for (index, name) in ["nginx", "keystead"].into_iter().enumerate() {
        print::line(&format!("{name:<10} {:>11.0}   {:>14.1}   {:>17}", speed[index], cpu[index], failed[index]));
    }
    print::line(&format!("ratio      {:>11.2}   {:>14.2}", speed[1] / speed[0], cpu[1] / cpu[0]));
}

fn wrk(arguments: &Arguments, seconds: u32, script: &Path, address: &str, process: u32) -> Done<Measured> {
    let before = cpu_ticks(process)?;
    let mut command = Command::new("taskset");
    command.args([
        "-c",
        "1",
        "wrk",
        "-t1",
        "-c",
        &arguments.connections.to_string(),
        "-d",
        &format!("{seconds}s"),
        "-s",
    ]);
    let text = shell::read(command.arg(script).arg(format!("{address}/v1/chat/completions")))?;
    let ticks = cpu_ticks(process)?.saturating_sub(before);
    let number = |after: &str| -> Option<f64> {
        text.split_once(after)?.1.split_whitespace().next()?.trim_end_matches(',').parse().ok()
    };
    let per_second = number("Requests/sec:").ok_or("wrk printed no rate")?;
    let total = per_second * f64::from(seconds);
    let bad = number("Non-2xx or 3xx responses:").unwrap_or(0.0);
    let socket: f64 = ["connect ", "read ", "write ", "timeout "].into_iter().filter_map(number).sum();
    // Linux counts in hundredths of a second on every relevant architecture.
    Ok(Measured {
        per_second,
        cpu_microseconds: ticks as f64 * 10_000.0 / total.max(1.0),
        failed: (bad + socket) as u64,
    })
}

/// User and system time of a process and its workers, in clock ticks.
fn cpu_ticks(process: u32) -> Done<u64> {
    let children = shell::read(Command::new("sh").args(["-c", &format!("pgrep -P {process} || true")]))?;
    let ids = children.split_whitespace().map(str::to_owned).chain([process.to_string()]);
    let mut sum = 0;
    for id in ids {
        let stat =
            std::fs::read_to_string(PathBuf::from(format!("/proc/{id}/stat"))).map_err(|error| error.to_string())?;
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let field = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        sum += field(11) + field(12);
    }
    Ok(sum)
}

/// An nginx with one worker on one core.
fn nginx(folder: &Path, name: &str, port: u16, core: &str, before: &str, location: &str) -> Done<Child> {
    let own = folder.join(name);
    std::fs::create_dir_all(&own).map_err(|error| error.to_string())?;
    let place = own.display();
    let text = format!(
        "worker_processes 1;\npid {place}/pid;\nerror_log {place}/error.log;\ndaemon off;\n\
         events {{ worker_connections 4096; }}\nhttp {{ access_log off; keepalive_requests 1000000000;\n\
         client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/f;\n\
         uwsgi_temp_path {place}/u; scgi_temp_path {place}/s; {before}\n\
         server {{ listen 127.0.0.1:{port}; {location} }} }}\n"
    );
    let file = own.join("nginx.conf");
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let mut command = Command::new("taskset");
    command.args(["-c", core, "nginx", "-c"]).arg(&file).arg("-p").arg(&own).stdout(Stdio::null());
    let child = command.spawn().map_err(|error| format!("nginx cannot start: {error}"))?;
    for _ in 0..100 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(child);
        }
        sleep(Duration::from_millis(50));
    }
    Err(format!("nginx ({name}) did not listen"))
}
