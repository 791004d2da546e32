//! `cargo xtask kill`: clients under load, `kill -9`, a start on the same folder, and a comparison of what was counted
//! with what clients received completely.

mod admin;
mod client;
mod credit;
mod disk;
mod limits;
mod upstream;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use serde_json::Value;

use self::admin::Admin;
use self::client::{Client, Round};
use self::credit::Credit;
use self::disk::TinyDisk;
use self::limits::Limit;
use self::upstream::{Request, Seen};
use crate::bench::http::send;
use crate::postgres::{Postgres, free_port};
use crate::print;
use crate::product::Product;
use crate::shell::{self, Done};

/// What to play.
#[derive(Debug, Clone, Args)]
pub(crate) struct Arguments {
    /// How often the program is killed.
    #[arg(long, default_value_t = 20)]
    pub(crate) rounds: u64,
    /// The database.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) database: Database,
    /// Connections.
    #[arg(long, default_value_t = 12)]
    pub(crate) clients: usize,
    /// Let clients use streams, too.
    #[arg(long)]
    pub(crate) streams: bool,
    /// Keep the spool on a disk that is full for some time in each round.
    #[arg(long)]
    pub(crate) full_disk: bool,
    /// Give the models prices and the organization a spend limit that is reached in each round, and compare its figures.
    #[arg(long)]
    pub(crate) limits: bool,
    /// Give the models prices and let the organization pay in advance, with credit that is spent in some rounds, and
    /// compare its figures.
    #[arg(long)]
    pub(crate) credit: bool,
    /// Nodes on one database; they are killed in turn. More than one needs PostgreSQL.
    #[arg(long, default_value_t = 1)]
    pub(crate) nodes: usize,
    /// `usage.durability` of the nodes.
    #[arg(long, default_value = "process")]
    pub(crate) durability: String,
    /// Kill this binary instead of building one.
    #[arg(long)]
    pub(crate) binary: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            rounds: 20,
            database: Database::Sqlite,
            clients: 12,
            streams: false,
            full_disk: false,
            limits: false,
            credit: false,
            nodes: 1,
            durability: "process".to_owned(),
            binary: None,
        }
    }
}

/// The database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// One node with everything that belongs to it.
struct Node {
    product: Product,
    address: String,
    metrics: String,
    disk: Option<TinyDisk>,
}

/// The counted requests and tokens of each model.
type Counted = BTreeMap<String, (u64, u64)>;

/// Sums over all rounds.
#[derive(Default)]
struct Sums {
    received: u64,
    unsure: u64,
    unsure_counted: u64,
    refused: u64,
    limited: u64,
    unpaid: u64,
    said_unready: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    if let Some(binary) = &arguments.binary {
        // It is started in another folder, where a relative path would not work.
        let binary = binary.canonicalize().map_err(|error| format!("{}: {error}", binary.display()))?;
        return play(arguments, &binary);
    }
    print::step("building the program");
    let mut build = std::process::Command::new("cargo");
    shell::run(build.current_dir(shell::root()).args(["build", "--package", "keystead"]))?;
    play(arguments, &shell::root().join("target/debug/keystead"))
}

pub(crate) fn play(arguments: &Arguments, binary: &Path) -> Done {
    let Arguments { rounds, clients, nodes, full_disk, .. } = *arguments;
    if nodes > 1 && arguments.database == Database::Sqlite {
        return Err("several nodes need --database postgres".to_owned());
    }
    let postgres = (arguments.database == Database::Postgres).then(Postgres::start).transpose()?;
    let url = postgres.as_ref().map(|server| server.database("keystead_kill")).transpose()?;
    let (upstream, seen) = upstream::start()?;
    let mut running = Vec::new();
    for number in 0..nodes.max(1) {
        running.push(Node::start(arguments, binary, number, url.clone(), &upstream)?);
    }
    let made = running[0].product.bootstrap()?;
    let key = running[0].product.owner_key(&made, &made.owner, false)?;
    let mut sent = vec![0; clients];
    let mut before = Counted::new();
    let mut sums = Sums::default();
    let address = running[0].address.clone();
    let admin = Admin { address: &address, key: &made.admin_key };
    let mut limit = arguments.limits.then(|| Limit::start(admin)).transpose()?;
    let first_credit = || Credit::start(admin, &made.organization, arguments.limits, &running[0].product);
    let mut credit = arguments.credit.then(first_credit).transpose()?;
    let mut spent = 0.0;
    for round in 0..rounds {
        let victim = usize::try_from(round).unwrap_or(0) % running.len();
        let seen_rounds = load(arguments, &mut running, victim, round, &key, &seen, &mut sent, &mut sums)?;
        let after = settled(&running, &made.admin_key)?;
        compare(round, &seen_rounds, &before, &after, &mut sums)?;
        before = after;
        if let Some(limit) = &mut limit {
            spent = limit.compare(round)?;
        }
        if let Some(credit) = &mut credit {
            credit.compare(round, &running[0].product)?;
        }
    }
    if limit.is_some() {
        print::line(&format!(
            "the spend limit was never passed: {spent:.2} USD in all, {} requests refused by it",
            sums.limited
        ));
        // With credit, half of the rounds end without reaching the limit.
        if sums.limited == 0 && !arguments.credit {
            return Err("the limit was never reached".to_owned());
        }
    }
    if credit.is_some() {
        print::line(&format!(
            "the balance was never below zero, and always what was granted without the costs; {} requests refused for \
             want of credit",
            sums.unpaid
        ));
        if sums.unpaid == 0 {
            return Err("the credit was never spent".to_owned());
        }
    }
    print::line(&format!(
        "{rounds} kills on {:?}: {} answers received in full, all counted once; {} were under way, {} of them counted; \
         {} refused with 503 before they were forwarded{}",
        arguments.database,
        sums.received,
        sums.unsure,
        sums.unsure_counted,
        sums.refused,
        if full_disk { format!("; /readyz named the spool {} times", sums.said_unready) } else { String::new() }
    ));
    if full_disk && (sums.refused == 0 || sums.said_unready == 0) {
        return Err("the full disk was never noticed".to_owned());
    }
    Ok(())
}

impl Node {
    fn start(arguments: &Arguments, binary: &Path, number: usize, url: Option<String>, upstream: &str) -> Done<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let metrics = format!("127.0.0.1:{}", free_port()?);
        let models: Vec<String> = (0..arguments.clients).map(|client| format!("m{client}")).collect();
        let models = models.join(",");
        let mut variables = vec![
            ("KEYSTEAD_SERVER__LISTEN", address.as_str()),
            ("KEYSTEAD_SERVER__METRICS_LISTEN", metrics.as_str()),
            ("KEYSTEAD_UPSTREAM__0__NAME", "killed"),
            ("KEYSTEAD_UPSTREAM__0__BASE_URL", upstream),
            ("KEYSTEAD_UPSTREAM__0__MODELS", models.as_str()),
            ("KEYSTEAD_USAGE__DURABILITY", arguments.durability.as_str()),
            ("KEYSTEAD_LOG__LEVEL", if arguments.full_disk { "off" } else { "warn" }),
        ];
        let priced = if arguments.limits || arguments.credit { limits::priced(arguments.clients) } else { Vec::new() };
        variables.extend(arguments.credit.then_some(credit::PREPAID));
        variables.extend(priced.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let name = format!("kill{number}");
        if number > 0 {
            share_secrets(&Product::folder("kill0"), &Product::folder(&name))?;
        }
        let disk = if arguments.full_disk {
            variables.push(("KEYSTEAD_USAGE__SPOOL_FILE_BYTES", "65536"));
            Some(TinyDisk::under(&Product::folder(&name).join("data/spool"))?)
        } else {
            None
        };
        let through = disk.as_ref().map(TinyDisk::prefix).unwrap_or_default();
        let product = Product::start_through(&through, binary, &name, url, &variables)?;
        Ok(Self { product, address, metrics, disk })
    }

    /// Returns the number of usage events that are not in the store.
    fn waiting(&self) -> Done<u64> {
        let answer = send(&self.metrics, "GET", "/metrics", "", "")?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let value = text.lines().find_map(|line| line.strip_prefix("keystead_usage_waiting "));
        value.and_then(|value| value.trim().parse().ok()).ok_or_else(|| "no keystead_usage_waiting".to_owned())
    }

    fn says_unready(&self) -> bool {
        send(&self.address, "GET", "/readyz", "", "").is_ok_and(|answer| {
            answer.status == 503 && String::from_utf8_lossy(&answer.body).contains("\"usage_spool\":\"failing\"")
        })
    }
}

/// Copies the secrets: nodes on one database need the same ones to read the same keys.
fn share_secrets(from: &Path, to: &Path) -> Done {
    let (from, to) = (from.join("data/secrets.toml"), to.join("data"));
    let copied = std::fs::create_dir_all(&to).and_then(|()| std::fs::copy(&from, to.join("secrets.toml")));
    copied.map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

/// Lets the clients work, kills a node, waits until all clients have noticed, and starts it again.
#[expect(clippy::too_many_arguments, reason = "what one round is made of")]
fn load(
    arguments: &Arguments,
    running: &mut [Node],
    victim: usize,
    round: u64,
    key: &str,
    seen: &Seen,
    sent: &mut [u64],
    sums: &mut Sums,
) -> Done<Vec<Round>> {
    let stop = AtomicBool::new(false);
    let addresses: Vec<String> = running.iter().map(|node| node.address.clone()).collect();
    let rounds: Result<Vec<Round>, String> = std::thread::scope(|scope| {
        let clients: Vec<_> = sent
            .iter_mut()
            .enumerate()
            .map(|(number, sent)| {
                let address = &addresses[number % addresses.len()];
                let streams = arguments.streams;
                let mut client = Client { number, address, key, seen, streams, sent: *sent };
                let stop = &stop;
                scope.spawn(move || {
                    let round = client.ask(stop);
                    *sent = client.sent;
                    round
                })
            })
            .collect();
        // The moment must differ from round to round.
        sleep(Duration::from_millis(60 + round.wrapping_mul(2_654_435_761) % 240));
        let full = fill(&running[victim], sums);
        running[victim].product.kill();
        stop.store(true, Ordering::Relaxed);
        full?;
        clients.into_iter().map(|client| client.join().map_err(|_| "a client failed".to_owned())?).collect()
    });
    let node = &mut running[victim];
    if let Some(disk) = &node.disk {
        disk.empty()?;
    }
    node.product.start_again()?;
    rounds
}

/// Keeps the small disk full, if there is one, until the node has reported it and a little longer: delivered files free
/// space again and again, so how soon it is noticed depends on the load.
fn fill(node: &Node, sums: &mut Sums) -> Done {
    let Some(disk) = &node.disk else { return Ok(()) };
    let (began, mut noticed) = (Instant::now(), None);
    let lasts = |noticed: Option<Instant>| match noticed {
        None => began.elapsed() < Duration::from_secs(20),
        Some(at) => at.elapsed() < Duration::from_millis(600),
    };
    while lasts(noticed) {
        disk.fill()?;
        if node.says_unready() {
            sums.said_unready += 1;
            noticed.get_or_insert_with(Instant::now);
        }
    }
    Ok(())
}

/// Returns what is counted once nothing waits any more.
fn settled(running: &[Node], admin_key: &str) -> Done<Counted> {
    let until = Instant::now() + Duration::from_secs(60);
    while running.iter().map(Node::waiting).sum::<Done<u64>>()? > 0 {
        if Instant::now() > until {
            return Err("usage waits although everything works".to_owned());
        }
        sleep(Duration::from_millis(20));
    }
    let day_ago = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().saturating_sub(86_400);
    let path =
        format!("/v1/organization/usage/completions?start_time={day_ago}&bucket_width=1d&group_by=model&limit=7");
    let head = format!("authorization: Bearer {admin_key}\r\n");
    let answer = send(&running[0].address, "GET", &path, &head, "")?;
    let value: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    let mut counted = Counted::new();
    for row in value["data"].as_array().into_iter().flatten().flat_map(|bucket| bucket["results"].as_array()).flatten()
    {
        let model = row["model"].as_str().unwrap_or_default().to_owned();
        let sum = counted.entry(model).or_default();
        sum.0 += row["num_model_requests"].as_u64().unwrap_or(0);
        sum.1 += row["output_tokens"].as_u64().unwrap_or(0);
    }
    Ok(counted)
}

/// Checks that everything received was counted once, and in addition only requests that were running, each at most
/// once.
fn compare(round: u64, rounds: &[Round], before: &Counted, after: &Counted, sums: &mut Sums) -> Done {
    for (client, seen) in rounds.iter().enumerate() {
        let model = format!("m{client}");
        let of = |counted: &Counted| counted.get(&model).copied().unwrap_or_default();
        let (was, is) = (of(before), of(after));
        let counted = (is.0.wrapping_sub(was.0), is.1.wrapping_sub(was.1));
        let received = sum(seen.received.iter());
        let Some(more) = explained(counted, received, &seen.unsure) else {
            return Err(format!(
                "round {round}, client {client}: received {received:?} (requests, tokens), counted {counted:?}; under \
                 way: {:?}",
                seen.unsure
            ));
        };
        sums.received += received.0;
        sums.unsure += u64::try_from(seen.unsure.len()).unwrap_or(0);
        sums.unsure_counted += more;
        sums.refused += seen.refused;
        sums.limited += seen.limited;
        sums.unpaid += seen.unpaid;
    }
    Ok(())
}

fn sum<'r>(requests: impl Iterator<Item = &'r Request>) -> (u64, u64) {
    requests.fold((0, 0), |(count, tokens), request| (count + 1, tokens + request.tokens))
}

/// Returns how many of the running requests were counted, if some of them together explain the difference.
fn explained(counted: (u64, u64), received: (u64, u64), unsure: &[Request]) -> Option<u64> {
    let missing = (counted.0.checked_sub(received.0)?, counted.1.checked_sub(received.1)?);
    let subsets = 1u32.checked_shl(u32::try_from(unsure.len()).ok()?).filter(|_| unsure.len() < 20)?;
    let chosen = |set: u32| unsure.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1).map(|(_, one)| one);
    (0..subsets).any(|set| sum(chosen(set)) == missing).then_some(missing.0)
}
