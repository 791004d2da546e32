//! Starts everything in order: secrets, store, sandbox, gateway, routers, listeners.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::middleware::from_fn;
use keystead_api::ApiState;
use keystead_app::Nodes;
use keystead_dashboard::{DashboardState, OpenStreams};
use keystead_gateway::{
    BodyMemory, Catalogue, Directory, DirectoryOptions, Durability, Gateway, GatewayOptions, LastUses, Limits, Meter,
    MeterOptions, RateLimiter, ReadOn, SpendLedgers,
};
use keystead_store::Store;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::cli_error::CliError;
use crate::config::{UsageDurability, Validated};
use crate::secrets;
use crate::serve::access_log::Outcomes;
use crate::serve::client_address::Edge;
use crate::serve::dispatch::{self, Dispatch};
use crate::serve::host::Hosts;
use crate::serve::plain_http::InClear;
use crate::serve::playground::ThroughGateway;
use crate::serve::{connections, descriptors, health, listener, metrics, timed};
use crate::wiring;
use crate::wiring::authenticate::ByGateway;
use crate::wiring::catalogue::Models;
use crate::wiring::change_follower::{self, Follower};
use crate::wiring::keys::StoreKeys;
use crate::wiring::node::Node;
use crate::wiring::objects::StoreOwnership;
use crate::wiring::pending::{self, StorePending};
use crate::wiring::rates::{self, StoreShares};
use crate::wiring::sandbox;
use crate::wiring::spend::{self, StoreLeases};
use crate::wiring::usage_sink::StoreUsage;

/// The bound addresses.
pub(crate) struct Addresses {
    pub(crate) listen: SocketAddr,
    pub(crate) public_url: String,
    /// Whether other machines can reach it, although no public address is set.
    pub(crate) public_url_missing: bool,
    pub(crate) sandbox: Option<String>,
    pub(crate) metrics: Option<SocketAddr>,
}

/// The running tasks.
pub(crate) struct Running {
    pub(crate) addresses: Addresses,
    meter: Arc<Meter>,
    follower: JoinHandle<()>,
    listening: JoinHandle<()>,
    leaving: Arc<Follower>,
    /// The task that saves when keys were last used, the memory it reads, and the store.
    last_uses: (JoinHandle<()>, Arc<LastUses>, Store),
    worker: JoinHandle<()>,
    busy: mpsc::Receiver<()>,
    spend: Arc<SpendLedgers>,
    rates: Arc<RateLimiter>,
    /// Ends with the process.
    _node: Node,
    _sandbox: Option<sandbox::Running>,
}

/// Starts everything; `stopped` turns true when connections should end.
pub(crate) async fn start(config: Validated, stopped: watch::Receiver<bool>) -> Result<Running, CliError> {
    for (name, meant) in &config.mistyped {
        tracing::warn!("the environment variable {name} is not read; {meant} would be");
    }
    let descriptors = descriptors::raise();
    let main = listener::bind(config.server.listen, "KEYSTEAD_SERVER__LISTEN").await?;
    let listen = main.local_addr()?;
    let secrets = secrets::open(&config.server.data_dir)?;
    let edge = Edge::open(&config.edge)?;
    let store = wiring::open_store(&config).await?;
    wiring::installation::note_set_up(&config, &store).await?;
    let public_url_missing = config.public_url.is_empty() && !listen.ip().is_loopback();
    let public_url = wiring::public_url(&config, listen);
    let sandbox = sandbox::start(&config).await?;
    let sandbox_url = sandbox.as_ref().map(|running| running.url().to_owned());

    let models_at = sandbox.as_ref().map(sandbox::Running::models);
    let mut models = Models::new(&config, models_at.as_deref());
    let model_servers = wiring::model_servers::servers(models.upstreams());
    models.publish(&store).await?;
    // The follower loads it, before anything is served.
    let catalogue = Arc::new(ArcSwap::from_pointee(Catalogue::default()));
    let directory = Arc::new(Directory::new(
        Arc::new(StoreKeys::new(store.clone())),
        DirectoryOptions {
            capacity: config.directory.capacity,
            max_stale_seconds: config.directory.max_stale_seconds,
            ..DirectoryOptions::default()
        },
        wiring::clock(),
    ));
    let meter = wiring::progress("delivering usage of the last run", open_meter(&config, &store)).await?;
    let node = Node::claim(&config.server.data_dir, &store).await;
    let shares = Arc::new(StoreShares::new(store.clone(), node.name.clone()));
    let rates = Arc::new(RateLimiter::shared(wiring::stopwatch(), shares));
    let leases = Arc::new(StoreLeases::new(store.clone()));
    let spend = Arc::new(
        SpendLedgers::new(leases, meter.run(), wiring::clock()).with_lease_seconds(config.budgets.lease_seconds),
    );
    let gateway = Arc::new(Gateway::new(GatewayOptions {
        spend: Arc::clone(&spend),
        directory: Arc::clone(&directory),
        rates: Arc::clone(&rates),
        meter: Arc::clone(&meter),
        catalogue: Arc::clone(&catalogue),
        tags: wiring::tags(&secrets),
        pepper: wiring::pepper(&secrets),
        clock: wiring::clock(),
        ownership: Arc::new(StoreOwnership::new(store.clone())),
        pending: Arc::new(StorePending::new(store.clone())),
        rng: Box::new(wiring::rng()),
        public_url: public_url.clone(),
        limits: limits(&config),
    }));
    let parts = change_follower::Parts {
        store: store.clone(),
        directory,
        rates: Arc::clone(&rates),
        spend: Arc::clone(&spend),
        catalogue,
        models,
        node: node.name.clone(),
        max_stale_seconds: config.directory.max_stale_seconds,
    };
    let follower = Follower::begin(parts).await?;

    let outcomes = Outcomes::default();
    let mut registry = Registry::default();
    outcomes.register(&mut registry);
    gateway.metrics(&mut registry);
    follower.lag().register(&mut registry);
    let bodies = bodies(&config);
    let help = "Memory set aside for request bodies of pages, webhooks and the administration";
    bodies.memory.register(&mut registry, "keystead_body_memory_without_key_bytes", help);
    let terms = terms(&config, descriptors);
    terms.connections.register(&mut registry);

    if let Some(running) = &sandbox {
        running.announce_to(listen);
    }
    let mut services = wiring::services::services(&config, sandbox.as_ref())?;
    services.model_servers = model_servers;
    wiring::services::review(&mut services, &config, &store, &secrets, &public_url)?;
    let app = wiring::app(store.clone(), &secrets, public_url.clone(), services, wiring::settings(&config));
    wiring::installation::log(&app.installation_report().await?);
    wiring::installation::log_unchecked_certificates(&app).await?;
    let nodes: Arc<dyn Nodes> = Arc::clone(&follower) as Arc<dyn Nodes>;
    app.set_nodes(nodes);
    let worker = tokio::spawn(wiring::worker::work(app.clone(), stopped.clone()));
    tokio::spawn(wiring::worker::send_webhooks(app.clone(), stopped.clone()));
    tokio::spawn(wiring::worker::follow_usage(app.clone(), stopped.clone()));
    tokio::spawn(wiring::worker::buy_credit(app.clone(), stopped.clone()));
    tokio::spawn(pending::follow(Arc::clone(&gateway), stopped.clone()));
    tokio::spawn(spend::follow(Arc::clone(&spend), stopped.clone()));
    tokio::spawn(rates::follow(Arc::clone(&rates), stopped.clone()));
    let uses = gateway.last_uses();
    let noting = tokio::spawn(wiring::last_uses::follow(Arc::clone(&uses), store.clone(), stopped.clone()));
    let last_uses = (noting, uses, store.clone());
    let authenticate = Arc::new(ByGateway(Arc::clone(&gateway)));
    let refusals = Arc::new(Semaphore::new(1));
    let playground = ThroughGateway { gateway: Arc::clone(&gateway), app: app.clone(), noting: Arc::clone(&refusals) };
    let pages = keystead_dashboard::router(DashboardState {
        app: app.clone(),
        public_url: public_url.clone(),
        sandbox_url: sandbox_url.clone(),
        form_targets: wiring::services::form_targets(&config, sandbox.as_ref()),
        stopped: stopped.clone(),
        streams: OpenStreams::default(),
        playground: Some(Arc::new(playground)),
    });
    let noter = app.clone();
    let administration = keystead_api::router(ApiState { app, authenticate });
    let dispatch = Arc::new(Dispatch {
        gateway,
        administration: administration.layer(from_fn(dispatch::remember_template)),
        pages: pages.merge(health::router(store, Arc::clone(&meter))).layer(from_fn(dispatch::remember_template)),
        hosts: Hosts::new(&public_url, listen),
        edge,
        follower: Arc::clone(&follower),
        outcomes,
        app: noter,
        noting: refusals,
        bodies,
        https: public_url.starts_with("https://"),
        in_clear: https_only(&config).then(InClear::default),
    });

    let (busy_sender, busy) = mpsc::channel(1);
    let metrics_bound = start_metrics(&config, registry, stopped.clone(), busy_sender.clone()).await?;
    let answer = move |request, peer| Arc::clone(&dispatch).answer(request, peer);
    tokio::spawn(listener::serve(main, terms, answer, stopped, busy_sender));
    let leaving = Arc::clone(&follower);
    let listening = tokio::spawn(Arc::clone(&follower).listen());
    let follower = tokio::spawn(follower.follow());
    let addresses = Addresses { listen, public_url, public_url_missing, sandbox: sandbox_url, metrics: metrics_bound };
    Ok(Running {
        addresses,
        meter,
        follower,
        listening,
        leaving,
        last_uses,
        worker,
        busy,
        spend,
        rates,
        _node: node,
        _sandbox: sandbox,
    })
}

fn times(config: &Validated) -> timed::Times {
    let server = &config.server;
    timed::Times {
        head: Duration::from_secs(server.request_head_seconds),
        idle: Duration::from_secs(server.idle_connection_seconds),
        stall: Duration::from_secs(server.stalled_answer_seconds),
    }
}

/// The limits of the main listener, reduced to the descriptors of this process.
fn terms(config: &Validated, descriptors: Option<u64>) -> listener::Terms {
    let wanted = config.server.max_connections;
    let all = descriptors::connections_within(descriptors, wanted);
    if all < wanted / 2 {
        tracing::warn!(
            ?descriptors,
            "the limit of open files allows {all} connections, not the {wanted} of server.max_connections"
        );
    }
    let per_address = config.server.max_connections_per_address.min(all / 2).max(1);
    listener::Terms {
        connections: connections::Connections::new(connections::Bounds { all, per_address }),
        times: times(config),
        proxies: config.edge.trusted.clone(),
    }
}

fn limits(config: &Validated) -> Limits {
    let set = &config.limits;
    Limits {
        json_body: set.json_body_bytes,
        form_body: set.upload_body_bytes,
        body_idle: Duration::from_secs(set.body_pause_seconds),
        body_whole: Duration::from_secs(set.body_seconds),
        upload_whole: Duration::from_secs(set.upload_seconds),
        body_memory: set.body_memory_bytes,
        body_memory_per_key: set.body_memory_per_key_bytes,
        read_on: ReadOn {
            time: Duration::from_secs(set.read_on_seconds),
            bytes: set.read_on_bytes,
            at_once: set.read_on_answers,
        },
        unbounded_output_tokens: set.unbounded_output_tokens,
        ..Limits::default()
    }
}

/// Whether the API refuses unencrypted requests.
fn https_only(config: &Validated) -> bool {
    let https_only = config.public_url.starts_with("https://") && !config.server.allow_plain_http;
    if https_only && config.edge.trusted.is_empty() && !config.server.listen.ip().is_loopback() {
        tracing::warn!(
            "server.public_url is https and no proxy is trusted: calls of the API from other machines are refused as \
             unencrypted. Name the proxy that ends TLS in server.trusted_proxies"
        );
    }
    https_only
}

/// A quarter of the memory of the data plane, in addition to it.
fn bodies(config: &Validated) -> dispatch::Bodies {
    let set = &config.limits;
    dispatch::Bodies {
        memory: BodyMemory::new(set.body_memory_bytes / 4),
        per_address: set.body_memory_per_address_bytes,
        pause: Duration::from_secs(set.body_pause_seconds),
        whole: Duration::from_secs(set.body_seconds),
    }
}

async fn open_meter(config: &Validated, store: &Store) -> Result<Arc<Meter>, CliError> {
    let folder = config.server.data_dir.join("spool");
    let sink = Arc::new(StoreUsage::new(store.clone()));
    let usage = &config.usage;
    let options = MeterOptions {
        durability: match usage.durability {
            UsageDurability::Process => Durability::Process,
            UsageDurability::Disk => Durability::Disk,
        },
        unwritten_events: usage.unwritten_events,
        unwritten_time: Duration::from_secs(usage.unwritten_seconds),
        segment: usage.spool_file_bytes,
        ..MeterOptions::default()
    };
    let opened = Meter::open(&folder, sink, options, wiring::stopwatch(), &mut wiring::rng()).await;
    opened.map(Arc::new).map_err(|error| CliError::Other(format!("the usage spool {}: {error}", folder.display())))
}

/// Starts the metrics listener. The default address may be in use by another Keystead on this machine; a set one may
/// not.
async fn start_metrics(
    config: &Validated,
    registry: Registry,
    stopped: watch::Receiver<bool>,
    busy: mpsc::Sender<()>,
) -> Result<Option<SocketAddr>, CliError> {
    let Some(address) = config.metrics else {
        return Ok(None);
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) if !config.metrics_chosen => {
            tracing::warn!(%address, error = %error, "metrics are off, because their default address is in use; set server.metrics_listen");
            return Ok(None);
        }
        Err(_) => listener::bind(address, "KEYSTEAD_SERVER__METRICS_LISTEN").await?,
    };
    let bound = listener.local_addr()?;
    let registry = Arc::new(registry);
    let answer = move |request, _| metrics::answer(Arc::clone(&registry), request);
    let terms = listener::Terms::of_operator(times(config));
    tokio::spawn(listener::serve(listener, terms, answer, stopped, busy));
    Ok(Some(bound))
}

impl Running {
    /// Waits for running requests within `grace`, then until their usage is safe.
    pub(crate) async fn finish(mut self, grace: Duration) {
        if timeout(grace, self.busy.recv()).await.is_err() {
            tracing::warn!(
                "some requests did not finish before the end of server.shutdown_grace_seconds and were stopped"
            );
        }
        if timeout(Duration::from_secs(5), self.meter.flush()).await.is_err() {
            tracing::warn!("usage is left in the usage spool and is delivered at the next start");
        }
        if timeout(Duration::from_secs(2), self.spend.return_all()).await.is_err() {
            tracing::warn!("leases of spend limits are not returned; they are held until the next start");
        }
        if timeout(Duration::from_secs(2), self.rates.return_all()).await.is_err() {
            tracing::warn!("what was used of rate limits in the last second is not saved");
        }
        let (noting, uses, store) = self.last_uses;
        let write = async {
            // It ends by itself; what it was writing is written.
            let _ = noting.await;
            wiring::last_uses::write(&uses, &store).await;
        };
        if timeout(Duration::from_secs(5), write).await.is_err() {
            tracing::warn!("the last use of some keys could not be saved");
        }
        if timeout(Duration::from_secs(5), self.worker).await.is_err() {
            tracing::warn!("a job did not finish in time; it runs again after the next start");
        }
        self.follower.abort();
        self.listening.abort();
        if timeout(Duration::from_secs(2), self.leaving.leave()).await.is_err() {
            tracing::warn!(
                "the database does not answer, so this node is not removed from the list; the other nodes expect it for an hour"
            );
        }
    }
}
